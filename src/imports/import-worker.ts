import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { endWithin, Ticker } from '../common/background.js';
import { count } from '../common/counts.js';
import { isConflict, isTimeout } from '../common/errors/sqlstate.js';
import { ApiException, databaseFault } from '../common/index.js';
import { CONFIG, type Config } from '../config/config.js';
import { ImportJob, LeaseLostError } from './import-jobs.js';
import { ImportRevert } from './import-revert.js';
import type { ImportError } from './import.entity.js';
import { ImportWork } from './import-work.js';
import { FileFault } from './readers/file-fault.js';

/** How often imports are looked for that nobody has told of: those of other processes, and of those that died. */
const TICK_MS = 500;
const RENEW_MS = 3000;
/** Most imports at a time in one process; those of a workspace take turns. */
const MOST_AT_A_TIME = 2;
/** The steps of an import after which it makes way for one of another workspace. */
const STEPS_OF_A_TURN = 4;
const LONGEST_PAUSE_MS = 5000;
/** How often a step is tried: after failures that last, and after those that should pass. */
const MOST_TRIES = { lasting: 5, passing: 20 };

/** The service stops: the rest is for another process. */
class StoppedError extends Error {}

/** An import of another workspace has waited: the rest is for a later turn. */
class TurnOverError extends Error {}

/** Works on imports, in every process: a lease in the database decides who works on which. */
@Injectable()
export class ImportWorker implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly logger = new Logger(ImportWorker.name);
  private readonly jobs = new Map<ImportJob, Promise<void>>();
  private readonly stop = new AbortController();
  private readonly ticker = new Ticker(
    TICK_MS,
    () => this.look(),
    (error) => {
      this.logger.warn({ msg: 'imports were not looked for; the next try is soon', error: String(error) });
    },
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly work: ImportWork,
    private readonly reverts: ImportRevert,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.ticker.start();
  }

  onModuleDestroy(): void {
    this.ticker.stop();
    this.stop.abort();
  }

  /** Lets the transactions that are under way come to their end, if that is soon. */
  async onApplicationShutdown(): Promise<void> {
    const all = this.allEnded();
    await endWithin(this.config.SHUTDOWN_TIMEOUT_MS, all);
    for (const { deadline } of this.jobs.keys()) deadline.end();
    await all;
  }

  private async allEnded(): Promise<void> {
    await this.ticker.ended();
    await Promise.all(this.jobs.values());
  }

  /** There may be something to do. */
  wake(): void {
    void this.ticker.now();
  }

  private async look(): Promise<void> {
    while (!this.stop.signal.aborted && this.jobs.size < MOST_AT_A_TIME) {
      const job = await ImportJob.claim(this.dataSource);
      if (job === undefined) break;
      this.begin(job);
    }
  }

  private begin(job: ImportJob): void {
    const renewal = setInterval(() => void job.renew().catch(() => undefined), RENEW_MS).unref();
    const done = this.untilDone(job)
      .catch((error: unknown) => {
        this.logger.warn({ msg: 'an import was left to another try', import_id: job.row.id, error: String(error) });
      })
      .finally(() => {
        clearInterval(renewal);
        this.jobs.delete(job);
        this.wake();
      });
    this.jobs.set(job, done);
  }

  private async untilDone(job: ImportJob): Promise<void> {
    for (let failures = 0, place = ''; ; failures++) {
      try {
        await this.step(job);
        return;
      } catch (error) {
        if (error instanceof LeaseLostError) return;
        if (this.stop.signal.aborted || error instanceof TurnOverError) {
          await job.release();
          return;
        }
        const { place: at, revert } = job.row;
        const now = JSON.stringify([at, revert]);
        if (now !== place) [failures, place] = [0, now];
        if (failures + 1 >= mostTries(error)) {
          await this.giveUp(job, error);
          return;
        }
        this.logger.warn({ msg: 'an import goes on after a failure', import_id: job.row.id, error: String(error) });
        const pause = this.pauseAfter(failures);
        await delay(pause, undefined, { ref: false, signal: this.stop.signal }).catch(() => undefined);
      }
    }
  }

  /** Public so that a test can replace it. */
  pauseAfter(failures: number): number {
    return Math.min(LONGEST_PAUSE_MS, 100 * 2 ** failures);
  }

  private async step(job: ImportJob): Promise<void> {
    await job.reload();
    const { status, id } = job.row;
    if (this.stop.signal.aborted) throw new StoppedError();
    let steps = 0;
    const goOn = async (): Promise<void> => {
      if (this.stop.signal.aborted) throw new StoppedError();
      if (steps >= STEPS_OF_A_TURN && (await job.isAwaited())) throw new TurnOverError();
      steps += 1;
    };
    this.logger.log({ msg: `import ${status}`, import_id: id });
    try {
      if (status === 'checking') await this.work.check(job, goOn);
      else if (status === 'running') await this.work.run(job, goOn);
      else if (status === 'reverting') await this.reverts.revert(job, goOn);
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      const { code, message, line, param } = error;
      job.row = await job.fail(job.call.manager, { code, message, line, param }, this.config.IMPORT_RETENTION_DAYS);
    }
    this.tell(job);
  }

  private tell({ row }: ImportJob): void {
    const { id, status, rows, created, updated, unchanged, failed } = row;
    this.logger.log({ msg: `import ${status}`, import_id: id, rows, created, updated, unchanged, failed });
    if (row.finished_at === null) return;
    count('imports_ended');
    if (status === 'failed') count('imports_failed');
  }

  private async giveUp(job: ImportJob, error: unknown): Promise<void> {
    this.logger.error({ msg: 'an import was given up', import_id: job.row.id, error: (error as Error).stack });
    const { status, place } = job.row;
    const line = status === 'reverting' ? null : (place?.line ?? null);
    const failure = { ...causeOf(error, line), line, param: null };
    job.row = await job.fail(job.call.manager, failure, this.config.IMPORT_RETENTION_DAYS);
    this.tell(job);
  }
}

const FAILED = {
  code: 'internal_error',
  message: 'The service failed. Rows that were written stay. Quote the id of the import when you report it.',
} as const;

function causeOf(error: unknown, line: number | null): Pick<ImportError, 'code' | 'message'> {
  const rows = line === null ? 'these rows' : `the rows from line ${line} on`;
  const tries = `in each of ${MOST_TRIES.passing} tries. Rows that were written stay.`;
  if (isTimeout(error))
    return { code: 'service_unavailable', message: `The database took too long for ${rows} ${tries}` };
  if (isConflict(error))
    return { code: 'conflict', message: `Other requests changed the same data as ${rows} ${tries}` };
  return FAILED;
}

function mostTries(error: unknown): number {
  if (isBusy(error)) return MOST_TRIES.passing;
  const exception = error instanceof ApiException ? error : databaseFault(error)?.exception;
  // A database that is away comes back.
  const isAway = exception !== undefined && (exception.getStatus() >= 500 || exception.getStatus() === 429);
  return isAway ? Infinity : MOST_TRIES.lasting;
}

/** Did the database have too much to do, or too much at once with the same rows? */
function isBusy(error: unknown): boolean {
  return isConflict(error) || isTimeout(error);
}
