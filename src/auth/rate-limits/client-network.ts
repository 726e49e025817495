import { isIPv6 } from 'node:net';

/** What one client surely has: its IPv4 address, or of an IPv6 one the network of 64 bits, which is handed out as a whole. */
export function clientNetwork(address: string): string {
  const [plain = ''] = address.split('%');
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain) ?? [];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  return `${groupsOf(plain)
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** All groups, with those that `::` stands for; an IPv4 tail takes the place of two, and is not among the first four. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  if (tail === undefined) return before;
  const after = tail === '' ? [] : tail.split(':');
  const length = before.length + after.length + (tail.includes('.') ? 1 : 0);
  return [...before, ...Array<string>(8 - length).fill('0'), ...after];
}
