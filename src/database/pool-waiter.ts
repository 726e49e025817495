import type { PoolClient } from 'pg';
import type { RequestBudget, Stoppable } from '../common/call/deadline.js';
import { serviceUnavailable } from '../common/errors/sqlstate.js';

/** A request that waits for a connection, until it gets one, loses its patience, or is over. */
export class Waiter implements Stoppable {
  private timer: NodeJS.Timeout | undefined;
  private isWaiting = true;

  constructor(
    readonly budget: RequestBudget | undefined,
    private readonly resolve: (client: Promise<PoolClient>) => void,
    private readonly reject: (error: Error) => void,
  ) {
    budget?.deadline.add(this);
  }

  giveUpAfter(milliseconds: number, reason: () => Error): void {
    const due = performance.now() + milliseconds;
    this.timer = setTimeout(() => {
      // A process that was paused has not looked at its connections yet: the wait says nothing, and starts anew.
      if (isLate(due)) this.giveUpAfter(milliseconds, reason);
      else if (this.end()) this.reject(reason());
    }, milliseconds).unref();
  }

  serve(client: Promise<PoolClient>): void {
    if (this.end()) this.resolve(client);
  }

  stop(): void {
    if (this.end()) this.reject(serviceUnavailable());
  }

  private end(): boolean {
    const wasWaiting = this.isWaiting;
    this.isWaiting = false;
    clearTimeout(this.timer);
    this.budget?.deadline.remove(this);
    return wasWaiting;
  }
}

/** A timer that fires later than this fires in a process that was stopped, or busy for long. */
const LATE_MS = 500;

export function isLate(due: number): boolean {
  return performance.now() > due + LATE_MS;
}
