import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { readFile } from 'node:fs/promises';
import { DemoFailed } from './failed.ts';
import type { Screen } from './screen.ts';

const Answer = Type.Object({ accepted: Type.Number(), duplicates: Type.Number() });

/** What Alertmanager 0.33.1 posted in a run of its own; only laid out over lines. */
const captured = new URL('webhook.json', import.meta.url);

/** Posts a captured webhook, and again, as Alertmanager does for as long as the alert fires. */
export async function postTwice(serviceUrl: string, screen: Screen, signal: AbortSignal): Promise<void> {
  const url = `${serviceUrl}/webhook/alertmanager`;
  const body = await readFile(captured);
  screen.line(`POST ${url}  (${String(body.length)} bytes, captured from Alertmanager 0.33.1)`);
  const first = await post(url, body, screen, signal);
  if (first.accepted !== 1) throw new DemoFailed('the alert was not accepted');
  screen.line(`POST ${url}  (the very same: Alertmanager repeats itself)`);
  const second = await post(url, body, screen, signal);
  if (second.accepted !== 0 || second.duplicates !== 1) throw new DemoFailed('the repeat was not recognised');
  screen.line('The repeat is a duplicate: nothing was added to the stream.');
}

async function post(
  url: string,
  body: Buffer<ArrayBuffer>,
  screen: Screen,
  signal: AbortSignal,
): Promise<Static<typeof Answer>> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  const text = await response.text();
  screen.line(`${String(response.status)} ${text}`);
  const answer: unknown = response.ok ? JSON.parse(text) : undefined;
  if (!Value.Check(Answer, answer)) throw new DemoFailed('the service did not take the webhook');
  return answer;
}
