import { isIP } from 'node:net';
import { addressesIn } from './addresses.ts';

/** True for a Host header with a name that is known, whatever its port. */
export type HostCheck = (host: string | undefined) => boolean;

const loopback = ['127.0.0.0/8', '::1'];

/** Knows `localhost`, the addresses of loopback, and what is named: host names and addresses, without port. */
export function knownHosts(named: readonly string[]): HostCheck {
  const names = new Set(['localhost', ...named.map((name) => name.toLowerCase())]);
  const isKnownAddress = addressesIn([...loopback, ...named.filter((name) => isIP(name) !== 0)]);
  return (host = '') => {
    const [, bracketed, name = ''] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d*)?$/.exec(host) ?? [];
    return isKnownAddress(bracketed ?? name) || names.has(name.toLowerCase());
  };
}

/** False for what can be no entry of such a list: a port, a scheme, a wildcard. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$/.test(text);
}

/** What is said of a Host that is not known. `who` asks for no credential. */
export function unknownHost(who: string, host = '') {
  const asked = JSON.stringify(host.slice(0, 256));
  const detail =
    `${who} asks for no credential, and so answers only under localhost and the names in allowedHosts ` +
    `(configuration file), which ${asked} is not`;
  return { code: 'unknown-host' as const, detail };
}
