import type { DataSource } from 'typeorm';
import type { Call } from '../common/call/call.js';
import { Deadline } from '../common/call/deadline.js';
import { ApiException } from '../common/errors/api.exception.js';
import { FeedWaits } from './feed-waits.js';
import type { Sequencer } from './sequencer.js';

let deadline: Deadline;
let call: Call;
let waits: FeedWaits;
beforeEach(() => {
  deadline = new Deadline(Infinity);
  const manager = { dataSource: { budget: { workspaceId: 'w', deadline } } };
  call = { workspaceId: 'w', keyId: 'k', requestId: 'r', manager } as unknown as Call;
  waits = new FeedWaits({} as DataSource, { follow: () => undefined } as unknown as Sequencer);
});
afterEach(() => {
  waits.onModuleDestroy();
});

it('ends a wait when its client leaves, and begins none afterwards', () => {
  const wait = waits.begin(call, 0);
  expect([wait.isOver, [...waits.workspaces()]]).toEqual([false, ['w']]);
  deadline.end();
  expect([wait.isOver, [...waits.workspaces()]]).toEqual([true, []]);
  expect(() => waits.begin(call, 0)).toThrow(ApiException);
  expect([...waits.workspaces()]).toEqual([]);
});

it('ends waits when the service stops, those that begin afterwards included', () => {
  const wait = waits.begin(call, 0);
  waits.onModuleDestroy();
  expect([wait.isOver, waits.begin(call, 0).isOver, [...waits.workspaces()]]).toEqual([true, true, []]);
});
