import { Type } from '@sinclair/typebox';

const source = Type.String({ description: 'The name of the source, as it is configured.' });

export const SourceSilent = Type.Object(
  {
    source,
    since: Type.String({
      description: 'RFC 3339: when it was heard last; when the service began to listen, where it never was.',
    }),
    silenceSeconds: Type.Number({ description: 'The silence that is allowed, as it was configured then.' }),
  },
  {
    description: 'A source of alerts that has a watchdog was not heard for too long: alerts may be missing.',
  },
);

export const SourceHeard = Type.Object(
  {
    source,
    since: Type.String({ description: 'RFC 3339: as in the SourceSilent that this ends.' }),
    heardAt: Type.String({ description: 'RFC 3339: when it was heard again.' }),
  },
  { description: 'A source that was silent is heard again.' },
);
