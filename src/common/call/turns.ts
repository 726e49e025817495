import type { Call } from './call.js';
import { deadlineOf, type Deadline, type Stoppable } from './deadline.js';
import { serviceUnavailable } from '../errors/sqlstate.js';

/** A writer that waits until those before it are done, or its request is over. */
class Turn implements Stoppable {
  readonly come: Promise<void>;
  private resolve: () => void;
  private reject: (error: Error) => void;

  constructor(
    private readonly queue: Turn[],
    private readonly deadline: Deadline | undefined,
  ) {
    this.come = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    deadline?.add(this);
  }

  begin(): void {
    this.deadline?.remove(this);
    this.resolve();
  }

  stop(): void {
    this.queue.splice(this.queue.indexOf(this), 1);
    this.reject(serviceUnavailable());
  }
}

/** Who waits for an object that somebody writes; undefined as long as nobody does. */
const queues = new Map<string, Turn[] | undefined>();

/**
 * Has the writers of one object wait for each other in the process, in order, before they take a connection: else each
 * holds one while it waits for the lock of the row. Writers in other processes wait for the lock itself. A writer that
 * holds a connection already must not wait here.
 */
export async function inTurn<T>(call: Call, id: string, work: () => Promise<T>): Promise<T> {
  const key = `${call.workspaceId}/${id}`;
  if (queues.has(key)) await waitForTurn(key, deadlineOf(call));
  else queues.set(key, undefined);
  try {
    return await work();
  } finally {
    const next = queues.get(key)?.shift();
    if (next === undefined) queues.delete(key);
    else next.begin();
  }
}

function waitForTurn(key: string, deadline: Deadline | undefined): Promise<void> {
  const queue = queues.get(key) ?? [];
  queues.set(key, queue);
  const turn = new Turn(queue, deadline);
  queue.push(turn);
  return turn.come;
}
