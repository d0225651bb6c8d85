import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { generate } from 'selfsigned';

/** A certificate and its key, PEM. */
export interface Pair {
  cert: string;
  key: string;
}

/** A CA of the test, what it signed, and files of them. */
export interface Certificates {
  ca: Pair;
  server: Pair;
  client: Pair;
  folder: string;
  write: (name: string, text: string) => Promise<string>;
}

const ec = { keyType: 'ec', algorithm: 'sha256' } as const;

/** Makes, once for a test file, a CA and certificates for 127.0.0.1 and for a client of this name. */
export function useCertificates(clientName: string): () => Certificates {
  let made: Certificates | undefined;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alert-watcher-tls-'));
    const ca = await pairOf('CA of a test', {
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, critical: true },
      ],
    });
    // The NATS client looks for localhost where it is given an IP address.
    const altNames = [
      { type: 7 as const, ip: '127.0.0.1' },
      { type: 2 as const, value: 'localhost' },
    ];
    const extensions = [{ name: 'subjectAltName' as const, altNames }];
    const server = await pairOf('server', { ca, extensions });
    const client = await pairOf(clientName, {
      ca,
      extensions: [{ name: 'extKeyUsage', clientAuth: true }],
    });
    const write = async (name: string, text: string) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    made = { ca, server, client, folder, write };
  });
  afterAll(async () => {
    if (made) await rm(made.folder, { recursive: true, force: true });
  });
  return () => {
    if (!made) throw new Error('certificates are made before the tests of a file');
    return made;
  };
}

/** A pair of this common name, signed by `ca` or by itself. */
export async function pairOf(
  commonName: string,
  options: NonNullable<Parameters<typeof generate>[1]> = {},
): Promise<Pair> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], { ...ec, ...options }); // prettier-ignore
  return { cert, key };
}
