import { headers as natsHeaders } from 'nats';
import { createEvent, encodeEvent } from '../../../src/events/envelope.ts';
import type { Connection } from '../../../src/log/connection.ts';
import { streamName } from '../../../src/log/streams/definitions.ts';
import { outgoingHeaders } from '../../../src/log/write/header.ts';
import type { Ablation } from '../ablations.ts';

const events = 5_000;
const inFlight = 256;
let alerts = 0;

/** An alert that nobody has told yet, as it goes to the stream. */
function nextMessage() {
  const number = String((alerts += 1));
  const labels = {
    alertname: 'CrateDBContainerRestart',
    kube_context: 'prod',
    namespace: 'search',
    pod: `crate-${number}`,
  };
  const at = '2026-11-20T19:10:36.608Z';
  const data = {
    ...{ source: 'bench', receiver: 'alert-watcher', groupKey: 'g', status: 'firing' as const, labels },
    annotations: { summary: 'The container was started again three times in ten minutes.' },
    ...{
      startsAt: at,
      receivedAt: at,
      generatorURL: '',
      externalURL: '',
      fingerprint: number.padStart(16, '0'),
    },
  };
  const event = createEvent('AlertReceived', data, { part: 'ingest', time: at });
  const { subject, headers, body } = encodeEvent(event);
  headers['Nats-Msg-Id'] = event.id;
  headers['Nats-Expected-Last-Subject-Sequence'] = '0';
  return { subject, headers, body };
}

type Message = ReturnType<typeof nextMessage>;

/** Milliseconds of processor time of this process for each thousand alerts that the server has acknowledged. */
async function processorTime(
  connection: Connection,
  publish: (message: Message) => Promise<unknown>,
): Promise<number> {
  await connection.jsm.streams.purge(streamName);
  const messages = Array.from({ length: events }, nextMessage);
  const next = messages.values();
  const takeTurns = async () => {
    for (const message of next) await publish(message);
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: inFlight }, takeTurns));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / events;
}

/** The publisher and the encoder of headers, each against the client's own. */
export function publishing(connection: Connection): Ablation[] {
  const own = (message: Message) => connection.publisher.publish(message);
  const clients = ({ subject, headers, body }: Message) =>
    connection.js.publish(subject, body, { headers: outgoingHeaders(headers) });
  const allClients = ({ subject, headers, body }: Message) => {
    const made = natsHeaders();
    for (const [name, value] of Object.entries(headers)) made.set(name, value);
    return connection.js.publish(subject, body, { headers: made });
  };
  const show = (value: number) => `${value.toFixed(1)} ms`;
  return [
    {
      what: 'publisher: processor time for 1,000 alerts',
      show,
      measure: async () => ({
        own: await processorTime(connection, own),
        without: await processorTime(connection, clients),
      }),
    },
    {
      what: 'encoder of headers: the same, with the publisher of the client',
      show,
      measure: async () => ({
        own: await processorTime(connection, clients),
        without: await processorTime(connection, allClients),
      }),
    },
  ];
}
