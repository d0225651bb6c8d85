import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { useNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody, webhook } from '../support/webhook.ts';
import { rawWebhook, useSockets } from './input/sockets.ts';
import { storedAlertIds } from './input/stored.ts';

const nats = useNats();
const start = useServices();
const open = useSockets();
const mebibyte = 1024 * 1024;
const head = (how: string) => `POST /webhook/alertmanager HTTP/1.1\r\nHost: localhost\r\n${how}\r\n\r\n`;
const declared = head(`Content-Length: ${String(31 * mebibyte)}`);

/** What hostile senders do, each on connections of its own: what they write first, and then for ever. */
type Attack = (timesRefused: number) => [first: string, again: string];
const attacks: Record<string, Attack> = {
  'declare 31 MiB and send nothing': () => [declared, ''],
  'stall, with as much as they can get': (refused) => [
    declared + ' '.repeat((31 * mebibyte - 1) >> (refused % 16)),
    '',
  ],
  'send a byte at a time': () => [head('Transfer-Encoding: chunked'), '1\r\n \r\n'.repeat(1_000)],
  'send as much as they can': () => [declared, ' '.repeat(64 * 1024)],
  'send bodies of 16 MiB, whole, that are no JSON': () => [
    '',
    head(`Content-Length: ${String(16 * mebibyte)}`) + ' '.repeat(16 * mebibyte),
  ],
};

it.each([
  ['of each kind', Object.values(attacks)],
  ['that stall, with as much as they can get', [attacks['stall, with as much as they can get']]],
])(
  'a sender at 64 KiB/s beside 100 hostile connections of the same source loses nothing: %s',
  async (__, kinds) => {
    const service = await start(nats.freshUrl(), { roles: ['ingest'] });
    const ending = new AbortController();
    let opened = 0;
    const run = async (attack: Attack) => {
      for (let refused = 0; !ending.signal.aborted; refused += 1) {
        const { socket } = await open(service.url);
        opened += 1;
        let isRefused = false;
        socket.on('data', () => (isRefused = true));
        const [first, again] = attack(refused);
        socket.write(first);
        const isOver = () => ending.signal.aborted || socket.destroyed || (again === '' && isRefused);
        while (!isOver()) {
          if (again === '' || socket.writableNeedDrain) await delay(10);
          else socket.write(again);
          await delay(1);
        }
        socket.destroy();
      }
    };
    const attacking = Array.from({ length: 100 }, (_, number) => run(kinds[number % kinds.length] as Attack));
    await until('all of them', () => opened >= 100);

    try {
      const alerts = Array.from(
        { length: 200 },
        (_, number) =>
          alertBody({ alertname: 'Other', number: String(number), text: 'x'.repeat(2_000) }).alerts[0],
      );
      const request = rawWebhook({ ...webhook(), alerts });
      const { socket, answers } = await open(service.url);
      const began = performance.now();
      for (let sent = 0; sent < request.length; sent += 16_384) {
        socket.write(request.slice(sent, sent + 16_384));
        await delay(250);
      }
      const [answer] = await answers(1);
      expect(answer).toMatchObject({ status: 200 });
      expect(performance.now() - began).toBeGreaterThan((request.length / 65_536) * 1_000 - 1_000);
      // And one that sends as fast as it can, meanwhile.
      for (let number = 200; number < 220; number += 1)
        expect((await service.post(alertBody({ alertname: 'Other', number: String(number) }))).status).toBe(
          200,
        );
      expect(await storedAlertIds(service.app.log.connection)).toHaveLength(220);
    } finally {
      ending.abort();
      await Promise.all(attacking);
    }
  },
  120_000,
);
