import type { LookupAddress } from 'node:dns';
import { setImmediate as turn } from 'node:timers/promises';
import { AddressLookup } from './address-lookup.js';

it('looks up two names at a time and each once, and goes on after one that fails', async () => {
  const asked: { host: string; answer: (found: LookupAddress[]) => void; fail: (error: Error) => void }[] = [];
  const lookup = new AddressLookup(
    (host) =>
      new Promise((answer, fail) => {
        asked.push({ host, answer, fail });
      }),
  );
  const found = ['silent', 'unknown', 'silent', 'known'].map((host) => lookup.addressesOf(host));
  const settled = Promise.allSettled(found);
  await turn();
  expect(asked.map(({ host }) => host)).toEqual(['silent', 'unknown']);

  const addresses = [{ address: '192.0.2.1', family: 4 }];
  asked[1]?.fail(new Error('ENOTFOUND'));
  await expect(found[1]).rejects.toThrow('ENOTFOUND');
  await turn();
  expect(asked.map(({ host }) => host)).toEqual(['silent', 'unknown', 'known']);
  for (const { answer } of asked) answer(addresses);
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);

  const again = lookup.addressesOf('silent');
  await turn();
  expect(asked.at(-1)?.host).toBe('silent');
  expect(asked).toHaveLength(4);
  asked[3]?.answer([]);
  expect(await again).toEqual([]);
});
