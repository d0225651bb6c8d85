import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a stub answers; undefined: it never does. */
export type StubAnswer = { status?: number; json: unknown } | undefined;

/** A server that answers as the API would, and what it was asked. */
export async function stubApi(answer: (url: URL, request: IncomingMessage) => StubAnswer) {
  const asked: { url: URL; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://stub');
    asked.push({ url, authorization: request.headers.authorization });
    request.resume();
    const answered = answer(url, request);
    if (!answered) return;
    response.statusCode = answered.status ?? 200;
    response.end(JSON.stringify(answered.json));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url, asked, close };
}
