import pg, { type PoolClient, type PoolConfig } from 'pg';

type Connected = (error: Error | undefined, client: PoolClient | undefined, release: (error?: unknown) => void) => void;

/** There is no connection, and too many wait for one already. */
export class PoolFullError extends Error {
  /** PostgreSQL's own word for it: too many connections. */
  readonly code = '53300';

  constructor(waiting: number) {
    super(`${waiting} requests already wait for a connection`);
  }
}

/** The driver's pool with a bound on those who wait for a connection: whoever comes later is told at once. */
export class BoundedPool extends pg.Pool {
  private readonly mostWaiting: number;

  constructor(config: PoolConfig & { mostWaiting?: number }) {
    super(config);
    this.mostWaiting = config.mostWaiting ?? Infinity;
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<PoolClient> | void {
    if (this.waitingCount < this.mostWaiting) {
      if (callback === undefined) return super.connect();
      super.connect(callback);
      return;
    }
    const error = new PoolFullError(this.waitingCount);
    if (callback === undefined) return Promise.reject(error);
    callback(error, undefined, () => undefined);
  }
}
