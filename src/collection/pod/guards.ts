import type { CollectionEventType } from '../../events/catalogue.ts';
import type { Event } from '../../events/envelope.ts';
import { own } from '../../events/own.ts';
import type { Failed, MachineStep } from './context.ts';

// Whether an event fits what the pod's log says so far. Pure.

type Of<T extends CollectionEventType> = Event<T>;

export const isNew = ({ context, event }: MachineStep) => !context.decided.includes(event.id);
export const isOfCurrent = ({
  context: { current },
  event: { data },
}: MachineStep<
  Of<'JfrCollected' | 'CollectionAttemptStarted' | 'CollectionAttemptFailed' | 'CollectionFailed'>
>) => current?.collectionId === data.collectionId && current.run === data.run;
export const uploadOf = ({
  context,
  event: { data },
}: MachineStep<Of<'Uploaded' | 'UploadAttemptFailed' | 'CollectionFailed'>>) => {
  const upload = own(context.uploads, data.collectionId);
  return upload?.run === data.run ? upload : undefined;
};
export const isRedriven = (step: MachineStep<Of<'CollectionRedriven'>>, stage: Failed['stage']) => {
  const failed = own(step.context.failed, step.event.data.collectionId);
  return failed?.stage === stage && step.event.data.stage === stage && step.event.data.run === failed.run + 1;
};
