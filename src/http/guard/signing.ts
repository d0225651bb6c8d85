import { digestOfSigned, faultOfSignature, faultOfSigning } from './credentials.ts';
import type { AuthConfig } from './options.ts';
import type { Refusal } from './refusal.ts';
import { secretFile } from './secret-file.ts';
import type { GuardDeps, SourceGuard } from './source-guard.ts';

/** Asks for a signature of the body. Throws where the file of secrets cannot be read. */
export function guardSigning(
  { secretFile: path, header = 'x-signature', algorithm = 'sha256', prefix = `${algorithm}=`, timestampHeader, toleranceSeconds = 300 }: NonNullable<AuthConfig['hmac']>, // prettier-ignore
  deps: GuardDeps,
): SourceGuard {
  const secrets = secretFile(path, deps);
  const signature = { header, algorithm, prefix, timestampHeader, toleranceSeconds };
  const refusal = (detail: string | undefined): Refusal | undefined =>
    detail === undefined ? undefined : { code: 'unauthorized', detail, scheme: 'HMAC' };
  return {
    admit: ({ headers }) => refusal(faultOfSigning(headers, signature, deps.now())),
    verify: (headers, body) => refusal(faultOfSignature(headers, body, signature, secrets, deps.now())),
    // The header is not signed: with others, who has seen one request could make new alerts of it.
    idempotencyKey: (headers, body) => digestOfSigned(headers, body, signature),
  };
}
