import { Value } from '@sinclair/typebox/value';
import type { Asked } from '../../collection/explain/explanation.ts';
import { podName } from '../../collection/explain/words.ts';
import type { SeveralPods } from '../../collection/read/explanations.ts';
import { timeOf } from '../../events/instant.ts';
import { createRemote, RemoteFailed } from '../remote/http.ts';
import type { Service } from '../remote/service.ts';
import { podArgument } from '../terminal/arguments.ts';
import { type Explained, ExplanationAnswer, NothingAnswer, SeveralAnswer } from './answer.ts';

/** It reads the log, which may be long. */
const answerTimeoutMs = 120_000;

/** Has a service explain it. */
export async function explainBy(service: Service, asked: Asked): Promise<Explained | SeveralPods> {
  const remote = createRemote(service, { answerTimeoutMs });
  try {
    return { ...(await remote.get(`/api/v1/explain${pathOf(asked)}`, ExplanationAnswer)), asked };
  } catch (error) {
    if (!(error instanceof RemoteFailed)) throw error;
    const { status, body } = error;
    if (status === 400 && Value.Check(SeveralAnswer, body))
      return { severalPods: body.pods.map(podArgument) };
    if (status !== 404 || !Value.Check(NothingAnswer, body)) throw error;
    return { asked, at: timeOf(Date.now()), stream: body.stream, pods: [], chapters: [], more: 0 };
  }
}

function pathOf(asked: Asked): string {
  switch (asked.kind) {
    case 'alert':
      return `/${asked.alertId}`;
    case 'fingerprint':
      return `/${asked.fingerprint}`;
    case 'collection':
      return `/${asked.collectionId}`;
    case 'pod':
      return `?${new URLSearchParams({ pod: podName(asked), since: asked.since }).toString()}`;
    case 'pod-name':
      return `?${new URLSearchParams({ pod: asked.pod, since: asked.since }).toString()}`;
  }
}
