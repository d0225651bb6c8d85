import { nkeys } from 'nats';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { pairOf, useCertificates } from '../support/certificates.ts';
import { type NatsProcess, startNats } from '../support/nats.ts';
import { until } from '../support/until.ts';

const certificates = useCertificates('alert-watcher');
interface UserKey {
  getSeed: () => Uint8Array;
  getPublicKey: () => string;
}
// The client's types say nothing of it.
const { createUser } = nkeys as { createUser: () => UserKey };
const user = createUser();
let server: NatsProcess | undefined;
let files = { ca: '', cert: '', key: '', seed: '' };
const connections: Connection[] = [];

beforeAll(async () => {
  const { ca, server: pair, client, write } = certificates();
  files = {
    ca: await write('ca.pem', ca.cert),
    cert: await write('client.pem', client.cert),
    key: await write('client.key', client.key),
    seed: await write('user.nk', `${new TextDecoder().decode(user.getSeed())}\n`),
  };
  const tls = {
    cert_file: await write('server.pem', pair.cert),
    key_file: await write('server.key', pair.key),
    ca_file: files.ca,
    verify: true,
  };
  server = await startNats([
    `tls: ${JSON.stringify(tls)}`,
    `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`,
  ]);
});
afterAll(async () => {
  await Promise.all(connections.map((each) => each.close()));
  await server?.stop();
});

const open = async (auth: Parameters<typeof openConnection>[1]) => {
  const connection = await openConnection(`tls://127.0.0.1:${String(server?.port ?? 0)}`, auth);
  connections.push(connection);
  return connection;
};

describe('a NATS server with TLS, client certificates and nkeys', () => {
  it('takes a process that has them all', async () => {
    const { ca: tlsCaFile, cert: tlsCertFile, key: tlsKeyFile, seed: nkeyFile } = files;
    const connection = await open({ tlsCaFile, tlsCertFile, tlsKeyFile, nkeyFile });
    expect(connection.isConnected()).toBe(true);
  });

  it('takes a key that was changed in its file, at the next connect', async () => {
    const { ca: tlsCaFile, cert: tlsCertFile, key: tlsKeyFile } = files;
    const { write } = certificates();
    const other = await write('other.nk', new TextDecoder().decode(createUser().getSeed()));
    const auth = { tlsCaFile, tlsCertFile, tlsKeyFile, nkeyFile: other };
    await expect(open(auth)).rejects.toThrow(/Authorization/i);
    await writeFile(other, user.getSeed());
    await until('a connection', async () => (await open(auth)).isConnected());
  });

  it.concurrent.each([
    ['the key', { nkeyFile: undefined }],
    ['the CA', { tlsCaFile: undefined }],
    ['the client certificate', { tlsCertFile: undefined, tlsKeyFile: undefined }],
  ])('takes none without %s', async (_, missing) => {
    const { ca: tlsCaFile, cert: tlsCertFile, key: tlsKeyFile, seed: nkeyFile } = files;
    const auth = { tlsCaFile, tlsCertFile, tlsKeyFile, nkeyFile, ...missing };
    await expect(open(auth)).rejects.toThrow('no NATS server answers');
  });

  it.concurrent('takes none with the certificate of another CA', async () => {
    const { write } = certificates();
    const pair = await pairOf('alert-watcher');
    const auth = {
      tlsCaFile: files.ca,
      tlsCertFile: await write('foreign.pem', pair.cert),
      tlsKeyFile: await write('foreign.key', pair.key),
      nkeyFile: files.seed,
    };
    await expect(open(auth)).rejects.toThrow('no NATS server answers');
  });
});

it('a file that is not there is named', async () => {
  await expect(openConnection('nats://127.0.0.1:1', { credsFile: '/none.creds' })).rejects.toThrow(
    '/none.creds',
  );
});
