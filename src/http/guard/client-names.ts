import type { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** True where the peer shows a certificate that the configured CA signed, and one of the names is its name. */
export function hasClientName(socket: Socket, names: readonly string[]): boolean {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return false;
  const certificate = socket.getPeerX509Certificate();
  return certificate !== undefined && names.some((name) => isNameOf(certificate, name));
}

/**
 * A name is the common name, or an alternative name of its kind: a URI (`spiffe://…`), an IP address, an e-mail address or a DNS
 * name. Alternative names of one kind never count as another's, whatever they look like.
 */
function isNameOf(certificate: X509Certificate, name: string): boolean {
  const { CN: commonName } = certificate.toLegacyObject().subject;
  return [commonName].flat().includes(name) || isAlternativeNameOf(certificate, name);
}

const exactly = { subject: 'never', wildcards: false } as const;

function isAlternativeNameOf(certificate: X509Certificate, name: string): boolean {
  if (isIP(name) !== 0) return certificate.checkIP(name) !== undefined;
  if (/^[a-z][-+.a-z0-9]*:/i.test(name)) return urisOf(certificate).includes(name);
  if (name.includes('@')) return certificate.checkEmail(name, exactly) !== undefined;
  return certificate.checkHost(name, exactly) !== undefined;
}

/** Node quotes, as JSON, each name that has a comma or a quote in it. */
function urisOf({ subjectAltName = '' }: X509Certificate): string[] {
  const entries = subjectAltName.split(', ').filter((entry) => entry.startsWith('URI:'));
  return entries.map((entry) => {
    const value = entry.slice('URI:'.length);
    return value.startsWith('"') ? (JSON.parse(value) as string) : value;
  });
}
