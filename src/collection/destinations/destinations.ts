import type { Destination } from '../../events/data/plan.ts';
import type { Connection } from '../../log/connection.ts';
import { recordingsBucket } from '../../log/streams/definitions.ts';
import type { DestinationPort } from './destination.ts';
import { objectStoreDestination } from './object-store.ts';
import { s3Destination } from './s3.ts';

/** One client per place: a plan names its destination, and the configuration may have changed since. */
export function createDestinations(connection: Connection): (destination: Destination) => DestinationPort {
  const known = new Map<string, DestinationPort>();
  return (destination) => {
    const key = JSON.stringify(destination);
    const port =
      known.get(key) ??
      (destination.type === 's3'
        ? s3Destination(destination)
        : objectStoreDestination(connection, recordingsBucket));
    known.set(key, port);
    return port;
  };
}
