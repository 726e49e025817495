import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** Which addresses deliveries may go to. */
export interface AddressRules {
  /** Networks that the operator has opened. */
  allowed: readonly string[];
  /** Does the service listen on its own machine alone, so that other ports of it are open? */
  isLocal: boolean;
  /** Ports of the service and of its database, and the addresses on which each of them is. */
  own: readonly { port: number; addresses: readonly string[] }[];
}

/** Never sent to, beside what is no unicast address: documentation, translation, tunnels, benchmarks. */
const BLOCKED = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
  ...['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'],
].map((text) => ipaddr.parseCIDR(text));

/** What of IPv6 is public at all. */
const PUBLIC_IPV6 = ipaddr.parseCIDR('2000::/3');

/**
 * Opened only by an entry inside of the first of them that fits: loopback, link-local, and what leads there, which is the
 * unspecified address and IPv4 in IPv6, as compatible, translated and NAT64 addresses have it.
 */
const CLOSE = [
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '::1/128', '::/128', 'fe80::/10'],
  ...['::', '::ffff:0:', '64:ff9b::'].flatMap((start) => [
    `${start}0:0/104`,
    `${start}7f00:0/104`,
    `${start}a9fe:0/112`,
  ]),
].map((text) => ipaddr.parseCIDR(text));

const LOOPBACK = ['127.0.0.0/8', '::1/128'].map((text) => ipaddr.parseCIDR(text));

/** May a delivery go to this address and port? */
export function isAllowed(text: string, port: number, { allowed, isLocal, own }: AddressRules): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  const isOwn = (given: string): boolean => ipaddr.process(given).toString() === address.toString();
  const isLoopback = isIn(address, LOOPBACK);
  for (const { port: taken, addresses } of own)
    if (taken === port && (addresses.some(isOwn) || (isLoopback && addresses.some(isLoopbackText)))) return false;
  if (allowed.some((network) => opens(networkOf(network), address))) return true;
  if (isLocal && isLoopback) return true;
  // IPv4 in IPv6 is another spelling of an address, which nobody needs.
  if (address.toString() !== ipaddr.parse(text).toString()) return false;
  return isPublic(address);
}

function isPublic(address: Address): boolean {
  if (isIn(address, BLOCKED)) return false;
  return address.kind() === 'ipv4' || isIn(address, [PUBLIC_IPV6]);
}

export function isLoopbackText(text: string): boolean {
  return isIn(ipaddr.process(text), LOOPBACK);
}

function isIn(address: Address, networks: readonly Network[]): boolean {
  return networks.some(([base, bits]) => base.kind() === address.kind() && address.match([base, bits] as never));
}

function opens(network: Network, address: Address): boolean {
  if (!isIn(address, [network])) return false;
  const close = CLOSE.find((each) => isIn(address, [each]));
  return close === undefined || (network[1] >= close[1] && isIn(network[0], [close]));
}

function networkOf(text: string): Network {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
