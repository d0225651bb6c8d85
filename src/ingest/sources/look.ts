import type { LookUp } from '../../book/told.ts';
import { filterOf } from '../../events/catalogue.ts';
import { decodeEvent, isEvent, isTold, type StoredMessage } from '../../events/envelope.ts';
import { millisOf, timeOf } from '../../events/instant.ts';
import { silenceScheduleSubject, sourceSubject } from '../../events/subjects.ts';
import { readBackwards } from '../../log/backwards.ts';
import { lookUpIn, type Source } from '../../log/read.ts';
import { readSilence } from '../watchdog.ts';

/** What the stream and this process know of a source. Times are RFC 3339. */
export interface SourceSigns {
  /** When its last alert was stored, as far as was looked back. */
  lastAlertAt?: string;
  /** When it was heard last; of one with a watchdog that never was, when the service began to listen. */
  lastHeardAt?: string;
  /** Since when it is silent, by its watchdog. */
  silentSince?: string;
}

export interface LookOptions {
  sources: readonly { name: string; watchdog?: object }[];
  /** When this process heard it, milliseconds since 1970. */
  heardHere: (source: string) => number | undefined;
}

/** An alert of each source is looked for so long. */
const patienceMs = 1_000;

/** Looks at the signs of life of all sources. Throws LogUnavailable. */
export async function lookAtSources(
  log: Source,
  { sources, heardHere }: LookOptions,
): Promise<Map<string, SourceSigns>> {
  const alerts = await lastAlerts(
    log,
    sources.map(({ name }) => name),
  );
  // Of the stream's leader, which every user that reads the log may ask.
  const lookUp = lookUpIn(log);
  const signs = sources.map(async ({ name, watchdog }): Promise<[string, SourceSigns]> => {
    const lastAlertAt = alerts.get(name);
    const [timed, silence] = watchdog
      ? await Promise.all([heardByTimer(lookUp, name), readSilence(lookUp, name)])
      : [];
    const here = heardHere(name);
    const heard = [lastAlertAt, timed, ...(here === undefined ? [] : [timeOf(here)])]
      .filter((each) => each !== undefined)
      .sort((a, b) => millisOf(a) - millisOf(b))
      .at(-1);
    return [
      name,
      {
        ...(lastAlertAt === undefined ? {} : { lastAlertAt }),
        ...(heard === undefined ? {} : { lastHeardAt: heard }),
        ...(silence ? { silentSince: silence.data.since } : {}),
      },
    ];
  });
  return new Map(await Promise.all(signs));
}

/** When the last alert of each was stored. */
async function lastAlerts({ connection, stream }: Source, names: readonly string[]) {
  const found = new Map<string, string>();
  // As our own encoder writes it: much faster than decoding.
  const missing = new Map(names.map((name) => [name, `"source":${JSON.stringify(name)}`]));
  const mayBe = ({ body }: StoredMessage) => {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    return [...missing.values()].some((text) => bytes.includes(text));
  };
  const deadline = performance.now() + patienceMs;
  const range = { filter: [filterOf('AlertReceived'), filterOf('AlertRenewed')], mayBe };
  for await (const { messages } of readBackwards(connection, stream, range)) {
    for (const message of messages) {
      if (missing.size === 0) break;
      if (!mayBe(message)) continue;
      const event = decodeEvent(message);
      if (isEvent(event) && isTold(event) && missing.delete(event.data.source))
        found.set(event.data.source, event.storedAt);
    }
    if (missing.size === 0 || performance.now() > deadline) break;
  }
  return found;
}

/** The timer of a watchdog is moved by whichever process hears the source, at most ten times in a silence. */
async function heardByTimer(lookUp: LookUp, name: string): Promise<string | undefined> {
  const [timer, heard] = await Promise.all([
    lookUp(silenceScheduleSubject(name)),
    lookUp(sourceSubject(name, 'SourceHeard')),
  ]);
  const times = [timeIn(timer, 'since'), timeIn(heard, 'heardAt')].filter((each) => each !== undefined);
  return times.sort((a, b) => millisOf(a) - millisOf(b)).at(-1);
}

function timeIn(message: StoredMessage | undefined, field: string): string | undefined {
  if (!message) return undefined;
  const data: unknown = JSON.parse(new TextDecoder().decode(message.body));
  const value = typeof data === 'object' && data !== null ? Object.entries(data) : [];
  const text: unknown = value.find(([name]) => name === field)?.[1];
  return typeof text === 'string' && !Number.isNaN(millisOf(text)) ? text : undefined;
}
