import { decidedIdOf } from '../ids.ts';
import { nanosOf } from '../instant.ts';
import { SourceHeard, SourceSilent } from '../data/source.ts';
import { sourceSubject } from '../subjects.ts';
import { define, encoded, type Family } from './row.ts';

const family: Family<'source'> = {
  name: 'source',
  tokens: { source: { description: `Name of the source in the configuration, ${encoded}.` } },
};

/** Whether a source of alerts is heard. */
export const sourceRows = {
  SourceSilent: define({
    ...{ family, parts: ['ingest'], timer: 'server', data: SourceSilent },
    subject: ({ source }) => sourceSubject(source, 'SourceSilent'),
    id: (silence) => idOfSilence(silence, 'SourceSilent'),
  }),
  SourceHeard: define({
    ...{ family, parts: ['ingest'], data: SourceHeard },
    subject: ({ source }) => sourceSubject(source, 'SourceHeard'),
    id: (silence) => idOfSilence(silence, 'SourceHeard'),
  }),
} as const;

function idOfSilence({ source, since }: { source: string; since: string }, type: string): string {
  return decidedIdOf(`${source}@${String(nanosOf(since) ?? since)}`, type);
}
