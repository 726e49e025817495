import { Inject, Injectable } from '@nestjs/common';
import { isConflict, isStatementTimeout } from '../common/errors/sqlstate.js';
import { ApiException, type Call, databaseFault, idsOf, inTransaction, pipeline } from '../common/index.js';
import { CONFIG, type Config } from '../config/config.js';
import { lockPipelines } from '../crm/pipeline/pipeline.aggregate.js';
import { OpportunityPutService, type PutOutcome } from '../crm/opportunity/opportunity.put.service.js';
import { OpportunityService } from '../crm/opportunity/opportunity.service.js';
import { replayGiven } from './given-external-ids.js';
import type { StoredImport, Outcome } from './import.entity.js';
import { lineOf, type DealRow } from './readers/deal-row.js';
import { keyOf, planRow, unlessTaken, type Found, type RowPlan } from './row-plan.js';

/** What became of a row. */
export interface RowResult {
  row: DealRow;
  outcome: Outcome;
  /** Of its deal, after the row. */
  deal?: { id: string; version: number };
}

interface DealVersion {
  id: string;
  version: number;
}

const FIRST_LINES = `select key, min(line) as line from import_row
  where workspace_id = $1 and import_id = $2 and not is_run and key = any($3) group by key`;
const PIPELINES = 'select id, name from pipeline where workspace_id = $1 and name = any($2)';
const VERSIONS = `select id, version from opportunity where workspace_id = $1 and id = any(${idsOf('$2')})`;

/**
 * Writes the rows of a file the way the endpoints do, many with few statements. Where one of them fails, they are halved
 * until it stands alone, so that it is left out and the others are not.
 */
@Injectable()
export class DealWriter {
  constructor(
    private readonly opportunities: OpportunityService,
    private readonly puts: OpportunityPutService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** In the transaction of the call. Answers every row, in order. */
  async write(call: Call, job: StoredImport, read: readonly DealRow[]): Promise<RowResult[]> {
    // A transaction that is run again finds the problems of its rows again.
    const rows = read.map((row) => ({ ...row, errors: [...row.errors] }));
    const found = await this.find(call, job, rows);
    const planned = rows.map((row) => planRow(row, job, found, this.config.MAX_CHILDREN));
    await this.lock(call, [...found.deals.values()]);
    const given = await replayGiven(
      call,
      job,
      planned.flatMap((plan) => plan?.row ?? []),
    );
    const plans = planned.map((plan) => plan && unlessTaken(plan, given));
    const isStopping = job.on_error === 'stop';
    const firstFailing = isStopping ? plans.indexOf(undefined) : -1;
    const wanted = (firstFailing < 0 ? plans : plans.slice(0, firstFailing)).flatMap((plan) => plan ?? []);
    const written = new Map<DealRow, PutOutcome>();
    await this.attempt(call, job, wanted, written);
    const made = [...written.values()].map(({ id }) => id);
    return resultsOf(rows, written, await this.versions(call, made), isStopping);
  }

  private async find(call: Call, job: StoredImport, rows: readonly DealRow[]): Promise<Found> {
    const keys = rows.flatMap((row) => keyOf(row, job) ?? []);
    const names = rows.flatMap(({ body }) => (typeof body['pipeline_name'] === 'string' ? body['pipeline_name'] : []));
    const { first, deals, pipelines } = await pipeline({
      first: call.manager.query<{ key: string; line: number }[]>(FIRST_LINES, [call.workspaceId, job.id, keys]),
      deals: job.mode === 'create' || keys.length === 0 ? undefined : this.dealsBy(call, job, keys),
      pipelines:
        names.length === 0
          ? undefined
          : call.manager.query<{ id: string; name: string }[]>(PIPELINES, [call.workspaceId, names]),
    });
    const firstLines = new Map(first.map(({ key, line }) => [key, line]));
    for (const row of rows) {
      const key = keyOf(row, job);
      if (key !== undefined) firstLines.set(key, Math.min(row.line, firstLines.get(key) ?? Infinity));
    }
    return { firstLines, deals: deals ?? new Map(), pipelines: new Map(pipelines?.map(({ id, name }) => [name, id])) };
  }

  private async dealsBy(
    call: Call,
    { match_by }: StoredImport,
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    if (match_by === 'external_id') return this.opportunities.rows.externalIds.find(call, keys);
    return new Map([...(await this.versions(call, keys)).keys()].map((id) => [id, id]));
  }

  private async versions(call: Call, ids: readonly string[]): Promise<Map<string, number>> {
    if (ids.length === 0) return new Map();
    const found = await call.manager.query<DealVersion[]>(VERSIONS, [call.workspaceId, ids]);
    return new Map(found.map(({ id, version }) => [id, version]));
  }

  /** The pipelines first: who changes them locks deals behind them, too. */
  private async lock(call: Call, ids: readonly string[]): Promise<void> {
    await pipeline({ pipelines: lockPipelines(call), locked: this.opportunities.rows.lock(call, ids) });
  }

  /** Answers whether all of them could be written; in the mode that stops, nothing is written behind the first that could not. */
  private async attempt(
    call: Call,
    job: StoredImport,
    plans: readonly RowPlan[],
    written: Map<DealRow, PutOutcome>,
  ): Promise<boolean> {
    if (plans.length === 0) return true;
    try {
      const outcomes = await inTransaction(call, (call) => this.putAll(call, job, plans));
      outcomes.forEach((outcome, at) => plans[at] && written.set(plans[at].row, outcome));
      return true;
    } catch (error) {
      const fault = faultOf(error);
      if (plans.length > 1 && (fault !== undefined || isStatementTimeout(error))) {
        const half = Math.ceil(plans.length / 2);
        const isWhole = await this.attempt(call, job, plans.slice(0, half), written);
        if (!isWhole && job.on_error === 'stop') return false;
        return (await this.attempt(call, job, plans.slice(half), written)) && isWhole;
      }
      if (fault === undefined || plans[0] === undefined) throw error;
      note(plans[0].row, fault);
      return false;
    }
  }

  private putAll(call: Call, job: StoredImport, plans: readonly RowPlan[]): Promise<PutOutcome[]> {
    const deals = plans.map(({ deal }) => deal);
    return this.puts.putMany(call, deals, {
      mode: job.mode,
      children: job.children,
      usesChildIds: job.match_by === 'id',
    });
  }
}

function resultsOf(
  rows: readonly DealRow[],
  written: ReadonlyMap<DealRow, PutOutcome>,
  versions: ReadonlyMap<string, number>,
  isStopping: boolean,
): RowResult[] {
  let isStopped = false;
  return rows.map((row) => {
    const put = written.get(row);
    if (put !== undefined) {
      const deal = { id: put.id, version: versions.get(put.id) ?? 0 };
      return { row, outcome: put.outcome, deal };
    }
    const outcome = isStopped ? 'unprocessed' : 'failed';
    isStopped ||= isStopping;
    return { row, outcome };
  });
}

/** What is wrong with a row; undefined for a failure that has nothing to do with it. */
function faultOf(error: unknown): ApiException | undefined {
  if (isConflict(error)) return undefined;
  const exception = error instanceof ApiException ? error : databaseFault(error)?.exception;
  return exception !== undefined && exception.getStatus() < 500 && exception.getStatus() !== 429
    ? exception
    : undefined;
}

function note(row: DealRow, { fault }: ApiException): void {
  const { code, message, param = '', errors = [{ param, code, message }] } = fault;
  for (const { param, code, message } of errors) row.errors.push({ line: lineOf(row, param), param, code, message });
}
