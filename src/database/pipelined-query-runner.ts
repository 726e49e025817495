import type { ClientBase, PoolClient, QueryResult } from 'pg';
import pg from 'pg';
import { QueryFailedError } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner.js';
import type { ReplicationMode } from 'typeorm';
import type { RequestBudget } from '../common/call/deadline.js';
import { StoppedAnswerError } from '../common/table/answer-limit.js';
import type { FairPool } from './fair-pool.js';

type IsolationLevel = Parameters<PostgresQueryRunner['startTransaction']>[0];

const BEGIN = 'START TRANSACTION';
/** All statements see the moment of the first. Nothing is written, so there is no conflict to give it up for. */
const BEGIN_READING = `${BEGIN} ISOLATION LEVEL REPEATABLE READ, READ ONLY`;
const READS = /^\s*select\b/i;
const ROLLBACK = /^ROLLBACK\b/;

/**
 * TypeORM's query runner without its listeners, which nobody here has and which cost a quarter of a small statement, and
 * with a begin that does not wait: it goes out with the lock that a transaction begins with, which saves a round trip.
 */
export class PipelinedQueryRunner extends PostgresQueryRunner {
  private connecting: Promise<PoolClient> | undefined;

  constructor(
    driver: PostgresDriver,
    mode: ReplicationMode,
    private readonly budget: RequestBudget | undefined,
  ) {
    super(driver, mode);
  }

  // TypeORM's own asks the pool without saying for whom.
  override connect(): Promise<PoolClient> {
    this.connecting ??= this.acquire();
    return this.connecting;
  }

  private async acquire(): Promise<PoolClient> {
    const client = await (this.driver.master as FairPool).acquire(this.budget);
    const onError = (error: Error): void => {
      this.giveUpConnection(error);
      void this.release();
    };
    client.on('error', onError);
    this.releaseCallback = (error?: Error) => {
      client.removeListener('error', onError);
      client.release(error);
    };
    this.driver.connectedQueryRunners.push(this);
    this.databaseConnection = client;
    return client;
  }

  /** The begin of the transaction, as long as nothing has been heard of it. */
  private begun: Promise<unknown> | undefined;

  // The types of TypeORM's own method; statements of its query builder ask for the structured result.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  override async query(text: string, parameters?: any, structured = false): Promise<any> {
    if (structured || this.isReleased) return super.query(text, parameters as unknown[] | undefined, structured);
    if (!ROLLBACK.test(text)) this.budget?.deadline.throwIfOver();
    const client = (this.databaseConnection ?? (await this.connect())) as ClientBase;
    // A write whose transaction could not begin would stay: only what reads or locks goes out before that is known.
    if (this.begun !== undefined && !READS.test(text)) await this.begun;
    try {
      const result = await client.query(text, parameters as unknown[] | undefined);
      await this.hasBegun();
      return rawResult(result);
    } catch (error) {
      if (error instanceof QueryFailedError) throw error;
      if (!isOfTheStatement(error)) this.giveUpConnection(error);
      throw new QueryFailedError(text, parameters as unknown[] | undefined, error as Error);
    }
  }

  /** When the runner is released, its connection is closed instead of going back to the pool. */
  private giveUpConnection(error: unknown): void {
    const release = this.releaseCallback;
    if (release !== undefined)
      this.releaseCallback = () => {
        release(error);
      };
  }

  /** `REPEATABLE READ` is for reading alone. */
  override async startTransaction(isolationLevel?: IsolationLevel): Promise<void> {
    if (this.transactionDepth > 0) return super.startTransaction(isolationLevel);
    const begin = isolationLevel === 'REPEATABLE READ' ? BEGIN_READING : BEGIN;
    const client = (await this.connect()) as ClientBase;
    this.isTransactionActive = true;
    this.transactionDepth = 1;
    this.begun = client.query(begin).catch((error: unknown) => {
      throw new QueryFailedError(begin, undefined, error as Error);
    });
    // Whoever comes next is told.
    this.begun.catch(() => undefined);
  }

  private async hasBegun(): Promise<void> {
    if (this.begun === undefined) return;
    await this.begun;
    this.begun = undefined;
  }

  override async commitTransaction(): Promise<void> {
    await this.hasBegun();
    await super.commitTransaction();
  }
}

/** Runs one statement on a connection of the pool, as the runner would. */
export async function queryOnce(
  pool: FairPool,
  budget: RequestBudget | undefined,
  text: string,
  parameters?: unknown[],
): Promise<unknown> {
  const client = await pool.acquire(budget);
  try {
    const answer = rawResult(await client.query(text, parameters));
    client.release();
    return answer;
  } catch (error) {
    client.release(isOfTheStatement(error) ? undefined : (error as Error));
    throw new QueryFailedError(text, parameters, error as Error);
  }
}

/** A connection that failed, or that still waits for an answer nobody waits for any more, is not for anyone else. */
function isOfTheStatement(error: unknown): boolean {
  return error instanceof pg.DatabaseError || error instanceof StoppedAnswerError;
}

/** As TypeORM answers: the rows, and for a plain update or delete also how many there were. */
function rawResult({ command, rows, rowCount }: QueryResult): unknown {
  return command === 'UPDATE' || command === 'DELETE' ? [rows, rowCount] : rows;
}
