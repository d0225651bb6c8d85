import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { TlsConfig } from './guard/options.ts';

const renewEveryMs = 10_000;

/** What a server needs for HTTPS. Throws where a file cannot be read. */
export function readTls({ certFile, keyFile, clientCaFile }: TlsConfig) {
  return {
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    // Asked for, and looked at by the sources that want one: probes and the API have none.
    ...(clientCaFile === undefined
      ? {}
      : { ca: readFileSync(clientCaFile), requestCert: true, rejectUnauthorized: false }),
  };
}

/** Takes certificates that have changed, as cert-manager renews them, for new connections. */
export function renewTls(server: Server, config: TlsConfig, onError: (error: unknown) => void): void {
  if (!(server instanceof HttpsServer)) return;
  let inUse = fingerprintOf(readTls(config));
  const timer = setInterval(() => {
    try {
      const now = readTls(config);
      if (fingerprintOf(now) === inUse) return;
      server.setSecureContext(now);
      inUse = fingerprintOf(now);
    } catch (error) {
      // Half of a pair may be written: the old one holds until both fit.
      onError(error);
    }
  }, renewEveryMs);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}

function fingerprintOf({ cert, key, ca }: ReturnType<typeof readTls>): string {
  return Buffer.concat([cert, key, ca ?? Buffer.alloc(0)]).toString('base64');
}
