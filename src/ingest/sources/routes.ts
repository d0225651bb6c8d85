import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { AuthConfig, SourceConfig } from '../../http/guard/options.ts';
import { jsonAnswer, problemAnswers, time } from '../../http/schemas/common.ts';
import { formatOf } from '../formats/formats.ts';
import type { SourceSigns } from './look.ts';

const Sources = Type.Object({
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      format: Type.String({ description: 'alertmanager or alerts.' }),
      paths: Type.Array(Type.String(), { description: 'Where it sends to.' }),
      auth: Type.String({
        description:
          'What its senders show: token, password, certificate, hmac, two with + between them; or none.',
      }),
      lastAlertAt: Type.Optional(
        time('when its last alert was stored; absent: none is found within the last ones'),
      ),
      lastHeardAt: Type.Optional(
        time(
          'when it was heard last, also by what is not stored; of one with a watchdog that never was, when the service began to listen',
        ),
      ),
      silentAfterSeconds: Type.Optional(
        Type.Number({ description: 'The silence that its watchdog allows; absent: it has none.' }),
      ),
      silentSince: Type.Optional(time('since when it is silent, by its watchdog; absent: it is not')),
    }),
    { description: 'As configured, in their order.' },
  ),
});

export interface SourceRoutesOptions {
  sources: readonly SourceConfig[];
  look: () => Promise<ReadonlyMap<string, SourceSigns>>;
}

/** `GET /api/v1/sources`: who may send alerts, and when each did. */
export function sourceRoutes({ sources, look }: SourceRoutesOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get(
      '/api/v1/sources',
      { schema: sourcesSchema, config: { access: 'read' } },
      async (): Promise<Static<typeof Sources>> => {
        const signs = await look();
        return { items: sources.map((source) => itemOf(source, signs.get(source.name))) };
      },
    );
    done();
  };
}

function itemOf(source: SourceConfig, signs: SourceSigns = {}): Static<typeof Sources>['items'][number] {
  const { name, path, format, auth, watchdog } = source;
  return {
    ...{ name, format, paths: formatOf(source).sync ? [path, `${path}/sync`] : [path], auth: shown(auth) },
    ...(watchdog ? { silentAfterSeconds: watchdog.silenceSeconds } : {}),
    ...signs,
  };
}

function shown({ bearerFile, basicFile, clientNames, hmac }: AuthConfig = {}): string {
  const asked = { token: bearerFile, password: basicFile, certificate: clientNames, hmac };
  const names = Object.entries(asked).flatMap(([name, option]) => (option === undefined ? [] : [name]));
  return names.join('+') || 'none';
}

const sourcesSchema = {
  ...{ operationId: 'listSources', tags: ['alerts'], summary: 'Sources of alerts, and when each was heard' },
  description:
    'Read from the stream; what is not stored is known to the processes that take alerts, and by the timers of watchdogs to a ' +
    'tenth of the silence. An answer may be 3 s old.',
  response: { 200: jsonAnswer('The sources.', Sources), ...problemAnswers('not-ready') },
};
