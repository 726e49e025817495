import 'reflect-metadata';
import type { DiscoveryService } from '@nestjs/core';
import { registerEventTypes } from '../common/events/event-types.js';
import { AfterCommit, ServiceModule } from '../common/index.js';
import { findConsumers } from './find-consumers.js';
import { pauseAfter } from './pause.js';

registerEventTypes('opportunity', 'created', 'updated', 'deleted');

@ServiceModule({ name: 'acme-things' })
class Things {}

class Other {
  id: string;
}

function consumer(types: string | string[], name: string, host: object = Things): object {
  class Provider {
    @AfterCommit(types, { name })
    hear(): Promise<void> {
      return Promise.resolve();
    }
  }
  return { instance: new Provider(), host: { metatype: host } };
}

const find = (...providers: object[]) =>
  findConsumers({ getProviders: () => providers } as unknown as DiscoveryService);

it('finds the consumers of providers, each named after its module', () => {
  const others = [{ instance: null }, { instance: Object.create(null) as object }];
  const found = find(consumer('opportunity.won', 'hand-over'), ...others, consumer(['*'], 'all'));
  expect(found.map(({ name, types }) => [name, types])).toEqual([
    ['acme-things/hand-over', { exact: ['opportunity.won'], tables: [] }],
    ['acme-things/all', undefined],
  ]);
});

it.each([
  [
    [consumer('opportunity.won', 'Hand over')],
    "@AfterCommit has the name 'Hand over': use small letters, digits and hyphens, as in 'hand-over'.",
  ],
  [
    [consumer('opportunity.won', 'hand-over', Other)],
    "The provider with @AfterCommit 'hand-over' belongs to no module with @ServiceModule: list it in the providers of one.",
  ],
  [[consumer('*', 'all'), consumer('*', 'all')], "Two methods with @AfterCommit are both named 'acme-things/all'."],
  [
    [consumer('opportunity.one', 'one')],
    /^@AfterCommit 'one' does not know 'opportunity.one'; it takes \*, .*\bopportunity\.\*/,
  ],
])('refuses one that cannot work, in a sentence', (providers, sentence) => {
  expect(() => find(...providers)).toThrow(sentence);
});

it('pauses longer after each failure, up to ten minutes', () => {
  expect([1, 2, 3, 4, 5, 99].map((failures) => pauseAfter(failures, 0.5) / 1000)).toEqual([1, 5, 30, 120, 600, 600]);
  expect([0, 1].map((random) => pauseAfter(1, random))).toEqual([800, 1200]);
});
