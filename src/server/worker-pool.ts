import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Logger } from 'pino';

/** The variable that tells a worker where the database is that the primary has prepared; nobody else sets it. */
export const DATABASE = 'CRM_PREPARED_DATABASE';

/** What the primary process tells a worker: take nothing new and finish what is in flight. */
export const STOP = 'stop';
/** What the worker says when it has. */
export const FINISHED = 'finished';
/** What it waits for: by now it has seen, and given back, every connection that was on its way to it. */
export const END = 'end';

/** A worker that lived for less than this did not end by chance. */
const SHORT_LIFE_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

/**
 * The worker processes behind one port, forked by the primary process, which hands them the connections in turn. One that
 * ends is replaced; while they keep ending soon after their start, the pause before the next one doubles.
 */
export class WorkerPool {
  private readonly workers = new Set<Worker>();
  private readonly listening = new WeakSet<Worker>();
  private readonly pauses = new Set<NodeJS.Timeout>();
  private shortLives = 0;
  private state: 'starting' | 'serving' | 'stopping' = 'starting';

  constructor(
    private readonly databaseUrl: string,
    private readonly logger: Logger,
  ) {}

  /** Resolves when all of them serve; rejects when one of them ends instead. */
  async start(size: number): Promise<void> {
    const workers = Array.from({ length: size }, () => this.fork());
    const ended = workers.map((worker) =>
      once(worker, 'exit').then(() => {
        throw new Error('A worker process did not start.');
      }),
    );
    await Promise.race([Promise.all(workers.map((worker) => once(worker, 'listening'))), ...ended]);
    this.state = 'serving';
  }

  /** Has every worker finish what is in flight, and resolves when all of them have ended. */
  async close(): Promise<void> {
    this.state = 'stopping';
    this.pauses.forEach(clearTimeout);
    await Promise.all([...this.workers].map((worker) => this.stop(worker)));
  }

  /** A worker that does not listen yet has no request, and may not hear a message while it loads libraries that listen, too. */
  private async stop(worker: Worker): Promise<void> {
    const ended = once(worker, 'exit');
    worker.on('message', (message) => {
      if (message === FINISHED) tell(worker, END);
    });
    if (this.listening.has(worker)) tell(worker, STOP);
    else worker.process.kill('SIGKILL');
    await ended;
  }

  private fork(): Worker {
    const since = performance.now();
    const worker = cluster.fork({ [DATABASE]: this.databaseUrl });
    this.workers.add(worker);
    worker.on('listening', () => this.listening.add(worker));
    worker.on('exit', (code: number | null, signal: string | null) => {
      this.workers.delete(worker);
      if (this.state !== 'serving') return;
      this.shortLives = performance.now() - since < SHORT_LIFE_MS ? this.shortLives + 1 : 0;
      this.forkAfter(pauseAfter(this.shortLives), worker, signal ?? `exit code ${code ?? 'unknown'}`);
    });
    return worker;
  }

  private forkAfter(pause: number, { process: { pid } }: Worker, reason: string): void {
    this.logger.warn({ worker: pid, reason, pause_ms: pause, msg: 'a worker process ended; starting another' });
    const timer = setTimeout(() => {
      this.pauses.delete(timer);
      this.fork();
    }, pause);
    this.pauses.add(timer);
  }
}

/** None after a long life; 100 ms after the first short one, twice as long after each further one in a row, 30 s at most. */
export function pauseAfter(shortLives: number): number {
  return shortLives === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (shortLives - 1), LONGEST_PAUSE_MS);
}

/** One that is just ending cannot be told anything any more, which is no failure. */
function tell(worker: Worker, message: string): void {
  worker.send(message, () => undefined);
}
