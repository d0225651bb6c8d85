import { altered, copyOf, renewedOf } from '../planting.ts';
import { alertIdOf, alertOf, attached, type Defect, idOf, removed, replaced, resolved } from './defect.ts';

export const ofAlerts: Defect[] = [
  {
    defect: 'An alert is there twice.',
    breaks: [1],
    says: 'is on the stream again',
    plant: (soil) => {
      const alert = alertOf(soil, alertIdOf(attached(soil)));
      const again = copyOf(alert);
      return { messages: soil.with(again), concerned: [alert, again] };
    },
  },
  {
    defect: 'An alert is gone that its sender was told is accepted (`--accepted`).',
    breaks: [1],
    says: 'was accepted and is not on the stream',
    plant: (soil) => {
      const alert = alertOf(soil, alertIdOf(attached(soil)));
      return { ...removed(soil, alert), ending: { accepted: [idOf(alert)] } };
    },
  },
  {
    defect: 'An alert has the id of another one.',
    breaks: [1],
    says: 'its id does not follow from its data: …',
    plant: (soil) => {
      const alert = resolved(soil);
      const other = altered(alert, { id: 'ab'.repeat(32) });
      return replaced(soil, alert, other, other);
    },
  },
  {
    defect: 'An alert is told again that was never told.',
    breaks: [1],
    says: 'is renewed, but was never received',
    plant: (soil) => {
      const alert = resolved(soil);
      const renewed = renewedOf(alert, 'changed');
      return replaced(soil, alert, renewed, renewed);
    },
  },
];
