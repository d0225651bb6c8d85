import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between one service and nats-server, and can strike at the very message that a fault is aimed at. */
export interface NatsProxy {
  url: string;
  /**
   * Calls `strike` when the service is about to send these bytes; neither they nor anything after them is passed on, nor what goes
   * out with them. `inTheMidst`: the messages before that one are passed on.
   */
  aim: (bytes: string, strike: () => void, options?: { inTheMidst?: boolean }) => void;
  clear: () => void;
  /** Passes nothing on, and accepts nobody, until `join`. */
  split: () => void;
  join: () => void;
  close: () => Promise<void>;
}

/** Listens on loopback and passes everything on to a port, both ways. */
export async function startNatsProxy(targetPort: number): Promise<NatsProxy> {
  const sockets = new Set<Socket>();
  let aimed: { bytes: string; strike: () => void; inTheMidst: boolean } | undefined;
  let isSplit = false;

  const server = createServer((client) => {
    if (isSplit) {
      client.destroy();
      return;
    }
    const upstream = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
    upstream.on('data', (data) => void client.write(data));
    client.on('data', (data: Buffer) => {
      if (aimed && data.includes(aimed.bytes)) {
        const { strike, bytes, inTheMidst } = aimed;
        aimed = undefined;
        if (inTheMidst) upstream.write(data.subarray(0, data.lastIndexOf('HPUB ', data.indexOf(bytes))));
        strike();
        client.destroy();
        return;
      }
      upstream.write(data);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `nats://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    aim: (bytes, strike, { inTheMidst = false } = {}) => {
      aimed = { bytes, strike, inTheMidst };
    },
    clear: () => {
      aimed = undefined;
    },
    split: () => {
      isSplit = true;
      cut();
    },
    join: () => {
      isSplit = false;
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
