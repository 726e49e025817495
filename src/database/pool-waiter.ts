import type { PoolClient } from 'pg';
import type { RequestBudget, Stoppable } from '../common/call/deadline.js';

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
    this.timer = setTimeout(() => {
      // A process that was paused looks at its connections first: one may be free by now.
      setImmediate(() => {
        if (this.end()) this.reject(reason());
      });
    }, milliseconds).unref();
  }

  serve(client: Promise<PoolClient>): void {
    if (this.end()) this.resolve(client);
  }

  stop(): void {
    if (this.end()) this.reject(new Error('The request is over.'));
  }

  private end(): boolean {
    const wasWaiting = this.isWaiting;
    this.isWaiting = false;
    clearTimeout(this.timer);
    this.budget?.deadline.remove(this);
    return wasWaiting;
  }
}
