import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemOf, type ProblemCode } from './problem.ts';
import type { Refusals } from './refusals.ts';
import { requestIdHeader } from './request-id.ts';

const codes: Partial<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** Answers what is not HTTP, or not in time: no route and no reply exists for it yet. */
export function answerClientError(
  error: Error & { code: string },
  socket: Socket,
  { tellConnection }: Refusals,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const problem = problemOf(codes[error.code] ?? 'bad-request', error.message, requestId);
  // Browsers open connections that they may need, and send nothing. Who leaves is not refused.
  if (socket.bytesRead > 0 && error.code !== 'HPE_INVALID_EOF_STATE')
    tellConnection(socket.remoteAddress ?? 'unknown', requestId, problem);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${String(problem.status)} ${STATUS_CODES[problem.status] ?? ''}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    `${requestIdHeader}: ${requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
