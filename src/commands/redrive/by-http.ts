import { Type } from '@sinclair/typebox';
import { createRemote, RemoteFailed } from '../remote/http.ts';
import { pagesOf } from '../remote/pages.ts';
import type { Service } from '../remote/service.ts';
import { idsSince, type Redriver } from './redriver.ts';

const Failed = Type.Object({ id: Type.String(), endedAt: Type.Optional(Type.String()) });
const Redriven = Type.Object({
  event: Type.Object({ data: Type.Object({ run: Type.Integer(), stage: Type.String() }) }),
});

/** Asks a service to do it. */
export function redriverAt(service: Service): Redriver {
  const remote = createRemote(service);
  return {
    failed: async ({ failedSinceMs, ...match }) => {
      const ids: string[] = [];
      const query = new URLSearchParams({ state: 'failed', ...match });
      for await (const items of pagesOf(remote, '/api/v1/collections', { query, item: Failed }))
        ids.push(...idsSince(items, failedSinceMs));
      return ids;
    },
    redrive: async (id, why) => {
      try {
        const { event } = await remote.post(`/api/v1/collections/${id}/redrive`, why, Redriven);
        return { run: `run ${String(event.data.run)}, ${event.data.stage}` };
      } catch (error) {
        if (!(error instanceof RemoteFailed) || ![404, 409].includes(error.status)) throw error;
        return { refused: error.problem, missing: error.status === 404 };
      }
    },
  };
}
