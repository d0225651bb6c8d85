import { BlockList, isIP, isIPv6 } from 'node:net';

/** True for an IP address in one of the networks. */
export type AddressCheck = (address: string) => boolean;

/** Reads `10.0.0.0/8`, `2001:db8::/32` or single addresses. Throws RangeError where one is neither. */
export function addressesIn(networks: readonly string[]): AddressCheck {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const most = family === 'ipv6' ? 128 : 32;
    const prefix = bits === undefined ? most : /^\d+$/.test(bits) ? Number(bits) : Number.NaN;
    if (isIP(address) === 0 || !(prefix <= most)) {
      throw new RangeError(`${network} is no network such as 10.0.0.0/8 or 2001:db8::/32`);
    }
    list.addSubnet(address, prefix, family);
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
