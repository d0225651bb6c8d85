import { createSecureContext } from 'node:tls';
import type { Rules } from '../../config/file.ts';
import { secretFile } from '../../http/guard/secret-file.ts';
import { tokenFile } from '../../http/guard/tokens.ts';
import { readTls } from '../../http/tls.ts';
import { failed, ok, type NamedProbe } from './probe.ts';

/** The files that the configuration names: of tokens, of secrets, and of the certificate. Their content is not shown. */
export function probeFiles({ access, sources, tls }: Rules): NamedProbe[] {
  const { readTokenFile, actTokenFile } = access;
  return [
    ...fileProbe('access.readTokenFile', readTokenFile, tokensIn),
    ...fileProbe('access.actTokenFile', actTokenFile, tokensIn),
    ...sources.flatMap(({ name, auth: { bearerFile, basicFile, hmac } = {} }) => [
      ...fileProbe(`bearerFile of source ${name}`, bearerFile, tokensIn),
      ...fileProbe(`basicFile of source ${name}`, basicFile, secretsIn),
      ...fileProbe(`hmac.secretFile of source ${name}`, hmac?.secretFile, secretsIn),
    ]),
    ...fileProbe('tls', tls?.certFile, () => {
      if (tls) createSecureContext(readTls(tls));
      return 'certificate and key can be used';
    }),
  ];
}

function fileProbe(what: string, path: string | undefined, read: (path: string) => string): NamedProbe[] {
  if (path === undefined) return [];
  const run: NamedProbe['run'] = () => {
    try {
      return Promise.resolve(ok(read(path)));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const action = `make it a file that this user may read; what belongs in it: docs/configuration.md, ${what === 'tls' ? '`tls`' : '"Files of secrets"'}`;
      return Promise.resolve(failed(message, action));
    }
  };
  return [{ name: `file ${path} (${what})`, run }];
}

const deps = { onUnreadable: ignore, onBadLine: ignore, onEmptied: ignore };

function tokensIn(path: string): string {
  const names = tokenFile(path, '', deps)();
  return `${String(names.length)} ${names.length === 1 ? 'token' : 'tokens'}`;
}

function secretsIn(path: string): string {
  const { length } = secretFile(path, deps)();
  return `${String(length)} ${length === 1 ? 'secret' : 'secrets'}`;
}

function ignore(): void {
  // Nothing changes while it is looked at.
}
