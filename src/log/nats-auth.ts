import { type ConnectionOptions, credsAuthenticator, nkeyAuthenticator } from 'nats';
import { readFileSync } from 'node:fs';
import { NatsSettingWrong } from './errors.ts';

/** How this process shows NATS who it is, besides what the URL holds; paths of files. */
export interface NatsAuth {
  /** User JWT and seed, as `nsc generate creds` writes them. */
  credsFile?: string | undefined;
  /** Seed of a user nkey. */
  nkeyFile?: string | undefined;
  /** CA certificates, PEM, where the server's is signed by none that the system knows. */
  tlsCaFile?: string | undefined;
  /** Client certificate and its key, PEM. */
  tlsCertFile?: string | undefined;
  tlsKeyFile?: string | undefined;
  /** What subjects of answers begin with, where the user may subscribe to those only. */
  inboxPrefix?: string | undefined;
}

/** Secrets are read at each connect, so that changed ones count. Throws NatsSettingWrong where one cannot be read now. */
export function authOptions(auth: NatsAuth): Partial<ConnectionOptions> {
  const { inboxPrefix, ...paths } = auth;
  const { credsFile, nkeyFile, tlsCaFile, tlsCertFile, tlsKeyFile } = paths;
  for (const path of Object.values<string | undefined>(paths)) if (path !== undefined) read(path);
  const authenticators = [
    ...(credsFile === undefined ? [] : [lazily(() => credsAuthenticator(read(credsFile)))]),
    ...(nkeyFile === undefined ? [] : [lazily(() => nkeyAuthenticator(seedIn(read(nkeyFile))))]),
  ];
  const files = {
    ...(tlsCaFile === undefined ? {} : { caFile: tlsCaFile }),
    ...(tlsCertFile === undefined ? {} : { certFile: tlsCertFile }),
    ...(tlsKeyFile === undefined ? {} : { keyFile: tlsKeyFile }),
  };
  return {
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    ...(authenticators.length === 0 ? {} : { authenticator: authenticators }),
    ...(Object.keys(files).length === 0 ? {} : { tls: files }),
  };
}

type Authenticator = ReturnType<typeof nkeyAuthenticator>;

function lazily(build: () => Authenticator): Authenticator {
  return (nonce) => build()(nonce);
}

function seedIn(text: Uint8Array): Uint8Array {
  const line = new TextDecoder().decode(text).split('\n').find((each) => each.startsWith('SU')); // prettier-ignore
  if (line === undefined) throw new NatsSettingWrong('NATS_NKEY_FILE holds no seed of a user (SU…)');
  return new TextEncoder().encode(line.trim());
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new NatsSettingWrong(
      `a file for NATS cannot be read: ${error instanceof Error ? error.message : path}`,
    );
  }
}
