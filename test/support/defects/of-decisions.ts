import { altered, copyOf, eventOf, renewedOf } from '../planting.ts';
import {
  alertIdOf,
  alertOf,
  attached,
  type Defect,
  elapsedCause,
  idOf,
  removed,
  replaced,
  resolved,
  timer,
  waiting,
} from './defect.ts';

const undecided = 'the policy in force matches it, but nothing was decided';
const timerGone = 'its timer for … is gone, and there is no CooldownElapsed';

export const ofDecisions: Defect[] = [
  {
    defect: 'AlertAttached is gone.',
    breaks: [6],
    says: undecided,
    plant: (soil) => removed(soil, attached(soil), alertOf(soil, alertIdOf(attached(soil)))),
  },
  {
    defect: 'CollectionSuppressed is gone.',
    breaks: [6],
    says: undecided,
    plant: (soil) => removed(soil, waiting(soil), alertOf(soil, alertIdOf(waiting(soil)))),
  },
  {
    defect: 'AlertDeclined is gone.',
    breaks: [6],
    says: undecided,
    plant: (soil) => {
      const declined = soil.find('AlertDeclined');
      return removed(soil, declined, alertOf(soil, alertIdOf(declined)));
    },
  },
  {
    defect: 'An alert that fires again (AlertRenewed) is not decided.',
    breaks: [6],
    says: undecided,
    plant: (soil) => {
      const renewed = renewedOf(alertOf(soil, alertIdOf(attached(soil))), 'returned');
      return { messages: soil.with(renewed), concerned: [renewed] };
    },
  },
  {
    defect: 'A decision has another cause.',
    breaks: [6],
    says: undecided,
    plant: (soil) => {
      const other = altered(attached(soil), { id: 'another@1/AlertAttached' });
      return replaced(soil, attached(soil), other, alertOf(soil, alertIdOf(attached(soil))));
    },
  },
  {
    defect: 'A decision is about another alert than its cause.',
    breaks: [6],
    says: undecided,
    plant: (soil) => {
      const alertId = 'ab'.repeat(32);
      const other = altered(attached(soil), { data: { alertId } });
      return replaced(soil, attached(soil), other, alertOf(soil, alertIdOf(attached(soil))));
    },
  },
  {
    defect: 'An alert is decided twice.',
    breaks: [6],
    says: 'is decided again',
    plant: (soil) => {
      const decision = waiting(soil);
      const again = altered(decision, { id: idOf(decision).replace(/[^/]+$/, 'CollectionRequested') });
      return { messages: soil.with(again, decision), concerned: [decision, again] };
    },
  },
  {
    defect: 'An alert that its timer decided is decided itself after that.',
    breaks: [6],
    says: 'is decided again',
    plant: (soil) => {
      const ofTimer = soil.find('AlertAttached', ({ id }) => id.includes(elapsedCause));
      const same = ({ data }: { data: { alertId: string } }) => data.alertId === alertIdOf(ofTimer);
      const decision = soil.find('CollectionSuppressed', same);
      const later = copyOf(decision);
      const messages = soil.with(later, ofTimer).filter((each) => each !== decision);
      return { messages, concerned: [ofTimer, later] };
    },
  },
  {
    defect: 'The timer of an alert that waits for the end of a cooldown is purged.',
    breaks: [6],
    says: timerGone,
    plant: (soil) => removed(soil, timer(soil), waiting(soil)),
  },
  {
    defect: 'CooldownElapsed is gone.',
    breaks: [6],
    says: timerGone,
    plant: (soil) => {
      const event = eventOf(resolved(soil));
      const fingerprint = event?.type === 'AlertReceived' ? event.data.fingerprint : '';
      const same = ({ data }: { data: { fingerprint: string } }) => data.fingerprint === fingerprint;
      return removed(soil, soil.find('CooldownElapsed', same), soil.find('CollectionSuppressed', same));
    },
  },
  {
    defect: 'The decision after a cooldown is gone.',
    breaks: [6],
    says: 'was not decided again after its cooldown',
    plant: (soil) => {
      const decision = soil.find('AlertAttached', ({ id }) => id.includes(elapsedCause));
      const same = ({ data }: { data: { alertId: string } }) => data.alertId === alertIdOf(decision);
      const around = [soil.find('CollectionSuppressed', same), soil.find('CooldownElapsed', same)];
      return removed(soil, decision, ...around);
    },
  },
];
