import type { Sentences } from '../kernel/explain/sentence.ts';
import { count } from '../kernel/explain/words.ts';

export const sourceSentences: Sentences<'source'> = {
  SourceSilent: ({ since, silenceSeconds }) =>
    `not heard since ${since}, for more than ${count(silenceSeconds, 'second')}`,
  SourceHeard: ({ heardAt, since }) => `heard again at ${heardAt}, after silence since ${since}`,
};
