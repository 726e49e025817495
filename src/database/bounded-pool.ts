import pg, { type PoolClient, type PoolConfig } from 'pg';

type Connected = (error: Error | undefined, client: PoolClient | undefined, release: (error?: unknown) => void) => void;

/** A timer that is later than this was not looked at in time. */
const LATE_MS = 200;

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
    if (callback === undefined) return this.connection();
    if (this.idleCount > 0) super.connect(callback);
    else
      this.connection().then(
        (client) => {
          callback(undefined, client, (reason) => {
            client.release(reason as Error | undefined);
          });
        },
        (error: unknown) => {
          callback(error as Error, undefined, () => undefined);
        },
      );
  }

  private connection(): Promise<PoolClient> {
    if (this.waitingCount >= this.mostWaiting) return Promise.reject(new PoolFullError(this.waitingCount));
    return this.idleCount > 0 ? super.connect() : this.patientConnection();
  }

  /**
   * A process that was stopped, or busy for long, finds its timers due before it has read what came meanwhile, such as the
   * answers that free connections. Then the wait says nothing about the database, and starts anew.
   */
  private async patientConnection(): Promise<PoolClient> {
    const limit = this.options.connectionTimeoutMillis ?? Infinity;
    const since = performance.now();
    try {
      return await super.connect();
    } catch (error) {
      if (performance.now() - since < limit + LATE_MS) throw error;
      return super.connect();
    }
  }
}
