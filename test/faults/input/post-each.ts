import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';

/**
 * Posts every body at once, each on a connection of its own; the statuses, in order. The second halves go out after `begun`
 * has resolved, so that the bodies are under way together.
 */
export async function postEach(
  url: string,
  bodies: readonly string[],
  begun: () => Promise<unknown>,
): Promise<number[]> {
  const sockets = await Promise.all(bodies.map(() => connected(url)));
  try {
    const posts = bodies.map((body, index) => begin(url, body, sockets[index]));
    const statuses = Promise.all(posts.map(({ status }) => status));
    await Promise.race([begun(), statuses]);
    for (const { finish } of posts) finish();
    return await statuses;
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function begin(url: string, body: string, socket: Socket | undefined) {
  if (!socket) throw new RangeError('a body without a connection');
  const half = Math.ceil(body.length / 2);
  const outgoing = request(`${url}/webhook/alertmanager`, {
    method: 'POST',
    createConnection: () => socket,
    // As Alertmanager: a server that closes where it has not read everything may lose its own answer.
    headers: { connection: 'keep-alive', 'content-length': Buffer.byteLength(body) },
    signal: AbortSignal.timeout(20_000),
  });
  outgoing.write(body.slice(0, half));
  return { status: statusOf(outgoing), finish: () => outgoing.end(body.slice(half)) };
}

// Connected is not yet taken by the server: an answer shows that it is.
async function connected(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  return socket;
}

async function statusOf(outgoing: ClientRequest): Promise<number> {
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode ?? 0;
}
