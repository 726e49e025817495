import ipaddr from 'ipaddr.js';

/** What one client surely has: its IPv4 address, or of an IPv6 one the network of 64 bits, which is handed out as a whole. */
export function clientNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  const network = parsed.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}
