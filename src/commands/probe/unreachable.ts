import { failed, type ProbeOutcome } from './probe.ts';

/** Why a server was not reached, by the code of Node's error; what to do. */
const reasons: Readonly<Record<string, readonly [detail: string, action: string]>> = {
  ECONNREFUSED: ['nothing listens there', 'check host and port, and whether the server runs'],
  ENOTFOUND: ['there is no such host', 'correct the name, or the DNS of this machine'],
  EAI_AGAIN: ['its name cannot be looked up now', 'check the DNS of this machine'],
  ECONNRESET: ['the connection was cut', 'check the scheme (http or https) and the port'],
  EHOSTUNREACH: ['no route leads there', 'check the network and the firewall'],
  ENETUNREACH: ['no route leads there', 'check the network and the firewall'],
  ETIMEDOUT: ['no answer came', 'check the firewall'],
  UND_ERR_CONNECT_TIMEOUT: ['no answer came', 'check the firewall'],
  CERT_HAS_EXPIRED: ['its certificate has expired', 'renew it'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['its certificate is self-signed', 'name its CA in NODE_EXTRA_CA_CERTS'],
  SELF_SIGNED_CERT_IN_CHAIN: ['its certificate is of a CA that is not known', 'name the CA in NODE_EXTRA_CA_CERTS'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['its certificate is of a CA that is not known', 'name the CA in NODE_EXTRA_CA_CERTS'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['its certificate is for another name', 'use the name that the certificate has'],
  ERR_SSL_WRONG_VERSION_NUMBER: ['it does not speak TLS', 'write http:// instead of https://'],
  EPROTO: ['it does not speak TLS', 'write http:// instead of https://'],
  HPE_INVALID_CONSTANT: ['it does not speak HTTP', 'check the port'],
}; // prettier-ignore

/** Says of an error of a connection what is wrong; undefined where it is none. */
export function unreachable(error: unknown): ProbeOutcome | undefined {
  const code = codeOf(error);
  const reason = code === undefined ? undefined : reasons[code];
  return reason && failed(`${reason[0]} (${String(code)})`, reason[1]);
}

/** The first code that is known, among those of an error, of its cause and of its parts. */
function codeOf(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 3) return undefined;
  const own = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (own !== undefined && own in reasons) return own;
  const inner = [error.cause, ...(error instanceof AggregateError ? (error.errors as unknown[]) : [])];
  return inner.map((each) => codeOf(each, depth + 1)).find((code) => code !== undefined);
}
