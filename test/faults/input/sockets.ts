import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { until } from '../../support/until.ts';

/** A connection below HTTP: what is written to it goes out as it is. */
export interface RawConnection {
  socket: Socket;
  /** Waits for so many answers; status and body each, in order. */
  answers: (count: number) => Promise<{ status: number; body: string }[]>;
}

/** Opens raw connections to a service, and destroys them after each test. */
export function useSockets() {
  const opened: Socket[] = [];
  afterEach(() => {
    for (const socket of opened.splice(0)) socket.destroy();
  });
  return async (url: string): Promise<RawConnection> => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    opened.push(socket);
    let received = '';
    socket.on('data', (part: Buffer) => (received += part.toString('latin1')));
    await once(socket, 'connect');
    // Being reset is what some tests are about.
    socket.on('error', () => undefined);
    const answers = (count: number) =>
      until(`${String(count)} answers`, () => {
        const all = answersIn(received);
        return all.length >= count && all;
      });
    return { socket, answers };
  };
}

/** A webhook's request as it goes over the wire. */
export function rawWebhook(body: unknown): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const length = String(Buffer.byteLength(text));
  return `POST /webhook/alertmanager HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n${text}`;
}

/** `alert_watcher_webhook_inflight_bytes` of a service. */
export async function inflightBytes(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^alert_watcher_webhook_inflight_bytes (\d+)$/m.exec(metrics)?.[1]);
}

function answersIn(text: string): { status: number; body: string }[] {
  const answers: { status: number; body: string }[] = [];
  for (let rest = text; ;) {
    const [, status, headers = '', after = ''] = /^HTTP\/1\.1 (\d+)(.*?)\r\n\r\n(.*)$/s.exec(rest) ?? [];
    const length = Number(/content-length: (\d+)/i.exec(headers)?.[1]);
    if (status === undefined || after.length < length) return answers;
    answers.push({ status: Number(status), body: after.slice(0, length) });
    rest = after.slice(length);
  }
}
