import { hostOf } from './target.js';
import { isAllowed, type AddressRules } from './addresses.js';

const PUBLIC: AddressRules = { allowed: [], isLocal: false, own: [] };

/** As a client may write it in a URL. */
function allows(host: string, rules = PUBLIC, port = 443): boolean {
  return isAllowed(hostOf(new URL(`http://${host}:${port}/`)), port, rules);
}

it.each(['8.8.8.8', '1.1.1.1', '[2606:4700:4700::1111]', '[2a00:1450::1]'])('sends to %s', (host) => {
  expect(allows(host)).toBe(true);
});

it.each([
  ...['127.0.0.1', '127.1', '0x7f.1', '2130706433', '017700000001', '0177.0.0.1', '0x7f000001', '[::1]'],
  ...['10.0.0.1', '10.1', '0xa.1', '012.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '3232235777'],
  ...['169.254.169.254', '0xa9fea9fe', '2852039166', '100.64.0.1', '0.0.0.0', '0', '192.0.0.8', '192.0.2.1'],
  ...['198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '192.88.99.1'],
  ...['[::]', '[::ffff:10.0.0.1]', '[::ffff:8.8.8.8]', '[::10.0.0.1]', '[::ffff:0:10.0.0.1]', '[64:ff9b::a00:1]'],
  ...['[64:ff9b:1::1]', '[2002:a00:1::]', '[2001:0:1::1]', '[2001:db8::1]', '[3fff::1]', '[fc00::1]', '[fd00::1]'],
  ...['[fe80::1]', '[fec0::1]', '[ff02::1]', '[100::1]', '[5f00::1]', '[2001:20::1]'],
])('does not send to %s', (host) => {
  expect(allows(host)).toBe(false);
});

it('sends to networks that the operator has opened, and to close ones only if they are named', () => {
  const rules = { ...PUBLIC, allowed: ['10.0.0.0/8', '192.168.1.20', 'fd00::/8', '0.0.0.0/1'] };
  expect(['10.1.2.3', '192.168.1.20', '[fd12::1]'].map((host) => allows(host, rules))).toEqual([true, true, true]);
  expect(['192.168.1.21', '127.0.0.1', '[::1]'].map((host) => allows(host, rules))).toEqual([false, false, false]);
  expect(allows('169.254.1.1', { ...PUBLIC, allowed: ['128.0.0.0/1'] })).toBe(false);
  const named = { ...PUBLIC, allowed: ['127.0.0.0/8', '169.254.1.1', 'fe80::/64'] };
  expect(['127.0.0.1', '169.254.1.1', '[fe80::1]'].map((host) => allows(host, named))).toEqual([true, true, true]);
});

it.each([
  ...['0.0.0.0', '0', '127.0.0.1', '169.254.169.254', '[::]', '[::1]', '[fe80::1]', '[::127.0.0.1]', '[::0.0.0.9]'],
  ...['[::169.254.169.254]', '[::ffff:0:127.0.0.1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::169.254.169.254]'],
])('sends to %s only by an entry inside of its own range', (host) => {
  const wide = ['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1', '::/64', '64:ff9b::/32', '::ffff:0:0:0/96'];
  expect(allows(host, { ...PUBLIC, allowed: wide })).toBe(false);
  expect(allows(host, { ...PUBLIC, allowed: [hostOf(new URL(`http://${host}/`))] })).toBe(true);
});

it('sends to other ports of the machine while the service listens there alone, and never to its own', () => {
  const own = [{ port: 3000, addresses: ['127.0.0.1', '::1', '8.8.8.8'] }];
  const rules = { ...PUBLIC, isLocal: true, own };
  expect(allows('127.0.0.1', rules, 4000)).toBe(true);
  expect(allows('[::1]', rules, 4000)).toBe(true);
  expect(allows('10.0.0.1', rules, 4000)).toBe(false);
  for (const host of ['127.0.0.1', '127.9.9.9', '[::1]', '[::ffff:127.0.0.1]', '8.8.8.8'])
    expect([host, allows(host, { ...rules, allowed: ['127.0.0.0/8'] }, 3000)]).toEqual([host, false]);
});
