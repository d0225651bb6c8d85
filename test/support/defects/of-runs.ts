import { altered, copyOf, eventOf } from '../planting.ts';
import { attached, type Defect, of, removed, replaced } from './defect.ts';

export const ofEnds: Defect[] = [
  {
    defect: 'Uploaded is gone.',
    breaks: [2],
    says: 'has no end: its last event is JfrCollected',
    plant: (soil) => {
      const around = [soil.find('CollectionRequested'), soil.find('JfrCollected')];
      return removed(soil, soil.find('Uploaded'), ...around);
    },
  },
  {
    defect: 'CollectionFailed is gone.',
    breaks: [2],
    says: 'has no end: its last event is CollectionAttemptFailed',
    plant: (soil) => {
      const begun = soil.find('CollectionRequested', of('broken-0'));
      const last = soil.find('CollectionAttemptFailed', ({ data }) => data.attempt === 2);
      return removed(soil, soil.find('CollectionFailed'), begun, last);
    },
  },
  {
    defect: 'A run ends twice.',
    breaks: [2],
    says: 'ends again: Uploaded after Uploaded',
    plant: (soil) => {
      const end = soil.find('Uploaded');
      const again = copyOf(end);
      return { messages: soil.with(again), concerned: [end, again] };
    },
  },
  {
    defect: 'CollectionRequested is gone.',
    breaks: [2, 5, 6],
    says: 'was never requested',
    plant: (soil) => {
      const ofRun = soil.messages.filter(({ subject }) => subject.includes('.broken-0.'));
      const [request, ...rest] = ofRun;
      if (!request) throw new Error('nothing was requested');
      return removed(soil, request, ...rest);
    },
  },
];

export const ofRecordings: Defect[] = [
  {
    defect: 'Uploaded names another sha256.',
    breaks: [3],
    says: 'uploads … bytes with sha256 …, but what was collected is … bytes with sha256 …',
    plant: (soil) => {
      const uploaded = soil.find('Uploaded');
      const other = altered(uploaded, { data: { sha256: 'cd'.repeat(32) } });
      return replaced(soil, uploaded, other, soil.find('JfrCollected'), other);
    },
  },
  {
    defect: 'JfrCollected is gone.',
    breaks: [3, 5],
    says: 'uploads what nobody collected',
    plant: (soil) =>
      removed(soil, soil.find('JfrCollected', of('by-hand')), soil.find('Uploaded', of('by-hand'))),
  },
  {
    defect: 'Two runs have one recording.',
    breaks: [3],
    says: 'another run has the same url',
    plant: (soil) => {
      const first = soil.find('Uploaded');
      const second = soil.find('Uploaded', of('by-hand'));
      const event = eventOf(first);
      const url = event?.type === 'Uploaded' ? event.data.url : '';
      const other = altered(second, { data: { url } });
      return replaced(soil, second, other, first, other);
    },
  },
  {
    defect: 'A recording lies at the destination that nobody named.',
    breaks: [3],
    says: 'lies at the destination, but no Uploaded names it',
    plant: (soil) => {
      const bucket = { name: 'ALERT_WATCHER_RECORDINGS', objects: ['c/n/-/p/2026/11/20/stray.jfr'] };
      return { messages: [...soil.messages], concerned: [], ending: { bucket } };
    },
  },
];

export const ofAttempts: Defect[] = [
  {
    defect: 'A run has a second recording.',
    breaks: [4],
    says: 'has a second JfrCollected',
    plant: (soil) => {
      const collected = soil.find('JfrCollected');
      const again = copyOf(collected);
      return { messages: soil.with(again, collected), concerned: [collected, again] };
    },
  },
  {
    defect: 'An attempt starts twice.',
    breaks: [4],
    says: 'attempt 1 starts after attempt 1',
    plant: (soil) => {
      const started = soil.find('CollectionAttemptStarted');
      const again = copyOf(started);
      return { messages: soil.with(again, started), concerned: [started, again] };
    },
  },
  {
    defect: 'There is an attempt more than the plan has.',
    breaks: [4],
    says: 'attempt 2 starts, but the plan has 1',
    plant: (soil) => {
      const request = soil.find('CollectionRequested', of('broken-0'));
      const event = eventOf(request);
      const plan = event?.type === 'CollectionRequested' ? event.data.plan : {};
      const other = altered(request, { data: { plan: { ...plan, maxAttempts: 1 } } });
      const second = soil.find('CollectionAttemptStarted', ({ data }) => data.attempt === 2);
      return replaced(soil, request, other, second);
    },
  },
  {
    defect: 'There is an attempt after the last failure that the plan allows with a code.',
    breaks: [4],
    says: 'attempt 2 starts, but the plan has 1 that may fail with collector-exited',
    plant: (soil) => {
      const request = soil.find('CollectionRequested', of('broken-0'));
      const event = eventOf(request);
      const plan = event?.type === 'CollectionRequested' ? event.data.plan : {};
      const retry = [{ code: 'collector-exited', maxAttempts: 1 }, { code: 'pod-not-found', maxAttempts: 1 }]; // prettier-ignore
      const other = altered(request, { data: { plan: { ...plan, retry } } });
      const second = soil.find('CollectionAttemptStarted', ({ data }) => data.attempt === 2);
      return replaced(soil, request, other, second);
    },
  },
  {
    defect: 'A pod is collecting twice at once.',
    breaks: [4, 2, 5],
    says: 'is collecting while run 1 of collection … is collecting',
    plant: (soil) => {
      const request = soil.find('CollectionRequested', of('by-hand'));
      const id = 'other/CollectionRequested';
      const other = altered(request, { id, data: { collectionId: 'c0ffee' } });
      return { messages: soil.with(other, request), concerned: [request, other] };
    },
  },
  {
    defect: 'AlertAttached comes when the pod is no longer being recorded.',
    breaks: [5],
    says: 'AlertAttached is ignored by the fold: the pod is idle',
    plant: (soil) => {
      const late = attached(soil);
      const messages = soil.with(late, soil.find('JfrCollected'));
      messages.splice(messages.indexOf(late), 1);
      return { messages, concerned: [late] };
    },
  },
];
