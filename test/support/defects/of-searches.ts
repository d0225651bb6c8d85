import { altered } from '../planting.ts';
import { type Defect, removed, replaced } from './defect.ts';

/** What is told of the search for the pods of a StatefulSet. */
export const ofSearches: Defect[] = [
  {
    defect: 'TargetsFound is gone.',
    breaks: [7],
    says: 'its search has no end: its last event is TargetsRequested',
    plant: (soil) => {
      const found = soil.find('TargetsFound');
      return removed(
        soil,
        found,
        soil.find('TargetsRequested', ({ data }) => data.sts === 'whole'),
      );
    },
  },
  {
    defect: 'TargetsRequested is gone.',
    breaks: [7],
    says: 'TargetsFound of a search that was never requested',
    plant: (soil) => {
      const requested = soil.find('TargetsRequested', ({ data }) => data.sts === 'whole');
      return removed(soil, requested, soil.find('TargetsFound'));
    },
  },
  {
    defect: 'A search ends twice.',
    breaks: [7],
    says: 'TargetsFound after the search has ended',
    plant: (soil) => {
      const found = soil.find('TargetsFound');
      const again = altered(found, { id: 'another@1/TargetsFound' });
      return { messages: soil.with(again, found), concerned: [found, again] };
    },
  },
  {
    defect: 'A search has an attempt more than its plan.',
    breaks: [7],
    says: 'search attempt 3 fails, but the plan has 2',
    plant: (soil) => {
      const last = soil.find('TargetsAttemptFailed', ({ data }) => data.attempt === 2);
      const more = altered(last, { id: 'another@1/3/TargetsAttemptFailed', data: { attempt: 3 } });
      return { messages: soil.with(more, last), concerned: [more] };
    },
  },
  {
    defect: 'A search ends in vain, and AlertDeclined is gone.',
    breaks: [7],
    says: 'its search found nothing, and it is not declined',
    plant: (soil) => {
      const declined = soil.find('AlertDeclined', ({ data }) => data.message.includes('StatefulSet'));
      return removed(soil, declined, soil.find('TargetsNotFound'));
    },
  },
  {
    defect: 'A pod that was found for an alert is not decided on.',
    breaks: [6],
    says: 'the pod was found for it, but nothing was decided',
    plant: (soil) => {
      const found = soil.find('TargetsFound');
      const more = altered(found, { data: { pods: ['whole-0', 'whole-1', 'whole-2'] } });
      return replaced(soil, found, more, more);
    },
  },
];
