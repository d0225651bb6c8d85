import { type Static, Type } from '@sinclair/typebox';

const closed = { additionalProperties: false };
const path = Type.String({ minLength: 1 });
const headerName = Type.String({ pattern: '^[A-Za-z0-9-]+$' });

const Auth = Type.Object(
  {
    bearerFile: Type.Optional(path),
    basicFile: Type.Optional(path),
    hmac: Type.Optional(
      Type.Object(
        {
          secretFile: path,
          header: Type.Optional(headerName),
          algorithm: Type.Optional(Type.Union([Type.Literal('sha256'), Type.Literal('sha512')])),
          prefix: Type.Optional(Type.String()),
          timestampHeader: Type.Optional(headerName),
          toleranceSeconds: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
        },
        closed,
      ),
    ),
    // Without control characters, which no name has.
    clientNames: Type.Optional(
      Type.Array(Type.String({ pattern: '^[^\\u0000-\\u001f]+$' }), { minItems: 1 }),
    ),
  },
  closed,
);

/** Who may send alerts, and where. */
export const Source = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' }),
    path: Type.Optional(path),
    format: Type.Optional(Type.Union([Type.Literal('alertmanager'), Type.Literal('alerts')])),
    severities: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
    types: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
    match: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    watchdog: Type.Optional(
      Type.Object(
        {
          match: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
          silenceSeconds: Type.Number({ minimum: 1, maximum: 604_800 }),
        },
        closed,
      ),
    ),
    auth: Type.Optional(Auth),
    allow: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    rate: Type.Optional(
      Type.Object(
        {
          perSecond: Type.Number({ exclusiveMinimum: 0 }),
          burst: Type.Optional(Type.Integer({ minimum: 1 })),
        },
        closed,
      ),
    ),
  },
  closed,
);

/** Who may use the API and the page. */
export const Access = Type.Object(
  { readTokenFile: Type.Optional(path), actTokenFile: Type.Optional(path) },
  closed,
);

/** HTTPS instead of HTTP. With `clientCaFile` clients are asked for a certificate. */
export const Tls = Type.Object({ certFile: path, keyFile: path, clientCaFile: Type.Optional(path) }, closed);

export type AuthConfig = Static<typeof Auth>;
/** False where whoever reaches the source may send, or who has one of its addresses. */
export function asksForCredential(auth: AuthConfig | undefined): boolean {
  return Object.keys(auth ?? {}).length > 0;
}

/** False where whoever reaches the API may read and act. */
export function asksForToken({ readTokenFile, actTokenFile }: AccessConfig): boolean {
  return readTokenFile !== undefined || actTokenFile !== undefined;
}

export type SourceConfig = Static<typeof Source> & { path: string; format: 'alertmanager' | 'alerts' };
export type AccessConfig = Static<typeof Access>;
export type TlsConfig = Static<typeof Tls>;
