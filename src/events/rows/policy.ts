import { decidedIdOf } from '../ids.ts';
import { PolicyConfigured } from '../data/policy.ts';
import { policySubject } from '../subjects.ts';
import { define, type Family } from './row.ts';

const family: Family<'policy'> = { name: 'policy', tokens: {} };

/** What decides which alerts lead to a recording. */
export const policyRows = {
  PolicyConfigured: define({
    ...{ family, parts: ['intake'], data: PolicyConfigured },
    subject: () => policySubject('PolicyConfigured'),
    id: ({ hash }, causeId) => decidedIdOf(`${causeId}/${hash}`, 'PolicyConfigured'),
  }),
} as const;
