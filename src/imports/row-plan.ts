import { check, isObject } from '../common/body/check.js';
import { isTimestamp, ParameterErrors } from '../common/index.js';
import { CreateOpportunity, PutOpportunity } from '../crm/opportunity/opportunity.dto.js';
import type { DealTimes } from '../crm/opportunity/opportunity.placement.service.js';
import type { DealToPut } from '../crm/opportunity/opportunity.put.service.js';
import type { StoredImport } from './import.entity.js';
import { LISTS } from './readers/attributes.js';
import { lineOf, type DealRow, type RowError } from './readers/deal-row.js';

/** What a row is to do, once it was checked. */
export interface RowPlan {
  row: DealRow;
  deal: DealToPut;
}

/** What finding the deals of the rows has brought. */
export interface Found {
  /** The deals by the key of their rows. */
  deals: ReadonlyMap<string, string>;
  /** The pipelines by their names. */
  pipelines: ReadonlyMap<string, string>;
  /** The first lines of keys that come again. */
  firstLines: ReadonlyMap<string, number>;
}

type Rules = Pick<StoredImport, 'mode' | 'match_by' | 'defaults'>;

/** What the row is found by; undefined for a row without it, or with one that no deal can have. */
export function keyOf({ body }: DealRow, { match_by, mode }: Rules): string | undefined {
  const key = body[mode === 'create' ? 'external_id' : match_by];
  return typeof key === 'string' && key.trim() !== '' && key.length <= 140 && !key.includes('\u0000') ? key : undefined;
}

/** Plans a row, or notes on it what is wrong. */
export function planRow(row: DealRow, rules: Rules, found: Found, maxEntries: number): RowPlan | undefined {
  const own = [...row.errors];
  const key = keyOf(row, rules);
  const first = key === undefined ? undefined : found.firstLines.get(key);
  if (first !== undefined && first < row.line) {
    refused(row, duplicate(rules, key ?? '', first));
    return;
  }
  // A row without a body was not read.
  if (own.some(({ param }) => param === '')) return undefined;
  const { id, pipeline_name, ...body } = row.body;
  const isUnnamed = pipeline_name === undefined || pipeline_name === null;
  if (!isUnnamed && typeof pipeline_name !== 'string')
    refuse(row, ['pipeline_name', 'parameter_invalid', 'pipeline_name must be a string.']);
  else if (!isUnnamed && body['pipeline_id'] === undefined) {
    const pipeline = found.pipelines.get(pipeline_name);
    if (pipeline === undefined)
      refuse(row, ['pipeline_name', 'resource_missing', `No such pipeline: '${pipeline_name}'.`]);
    else body['pipeline_id'] = pipeline;
  }
  const deal = key === undefined ? undefined : found.deals.get(key);
  const method = methodOf(row, rules, { key, deal, isIdGiven: id !== undefined && id !== null });
  if (method === undefined) return undefined;
  const plan =
    method === 'create'
      ? planCreate(row, body, rules, maxEntries)
      : planUpdate(row, deal ?? '', body, rules, maxEntries);
  return row.errors.length === 0 ? plan : undefined;
}

/** The plan, unless an earlier row has given its deal the `external_id` already. */
export function unlessTaken(plan: RowPlan, given: ReadonlyMap<string, number>): RowPlan | undefined {
  const { row } = plan;
  const { external_id } = row.body;
  const line = typeof external_id === 'string' ? given.get(external_id) : undefined;
  if (line === undefined) return plan;
  const message = `The deal of the row on line ${line} already has the external_id '${String(external_id)}'.`;
  refuse(row, ['external_id', 'external_id_taken', message]);
  return undefined;
}

type Problem = readonly [param: string, code: RowError['code'], message: string];

function refuse(row: DealRow, [param, code, message]: Problem): void {
  row.errors.push({ line: row.line, param, code, message });
}

function refused(row: DealRow, problem: Problem): undefined {
  refuse(row, problem);
}

function duplicate({ match_by, mode }: Rules, key: string, line: number): Problem {
  const param = mode === 'create' ? 'external_id' : match_by;
  return [param, 'duplicate_in_file', `The row on line ${line} already has the ${param} '${key}'.`];
}

function methodOf(
  row: DealRow,
  { mode, match_by }: Rules,
  { key, deal, isIdGiven }: { key: string | undefined; deal: string | undefined; isIdGiven: boolean },
): 'create' | 'update' | undefined {
  if (mode === 'create') return 'create';
  if (deal !== undefined) return 'update';
  const isKeyless =
    match_by === 'id' ? !isIdGiven : row.body['external_id'] === undefined || row.body['external_id'] === null;
  if (mode === 'upsert') {
    if (match_by === 'id' ? isKeyless : !isKeyless) return 'create';
  }
  if (isKeyless) {
    const hint = mode === 'upsert' ? " The mode 'create' takes rows without it." : '';
    refused(row, [match_by, 'parameter_missing', `${match_by} is required, as rows are matched by it.${hint}`]);
    return;
  }
  const given = key ?? String(row.body[match_by]).slice(0, 140);
  refused(row, [match_by, 'resource_missing', `No such opportunity: '${given}'.`]);
}

function planCreate(row: DealRow, given: Record<string, unknown>, rules: Rules, maxEntries: number): RowPlan {
  const { times, body } = takeTimes({ ...rules.defaults, ...withoutIds(given) });
  const checked = check(CreateOpportunity, body, { maxEntries });
  addErrors(row, checked.errors);
  requireTimes(row, times, body['status']);
  return { row, deal: { ...keyed(row, rules), body: checked.value, times } };
}

function planUpdate(
  row: DealRow,
  id: string,
  given: Record<string, unknown>,
  rules: Rules,
  maxEntries: number,
): RowPlan {
  const { body } = takeTimes(rules.match_by === 'id' ? given : withoutIds(given));
  const checked = check(PutOpportunity, body, { maxEntries });
  addErrors(row, checked.errors);
  return { row, deal: { key: { id }, ...keyed(row, rules), body: checked.value } };
}

/** A deal that another writer makes in the meantime is found by its key, too. */
function keyed(row: DealRow, rules: Rules): { key?: { external_id: string } } {
  const key = keyOf(row, rules);
  return rules.match_by === 'external_id' && rules.mode !== 'create' && key !== undefined
    ? { key: { external_id: key } }
    : {};
}

/** The ids of children say nothing where the deal is not found by its own. */
function withoutIds(body: Record<string, unknown>): Record<string, unknown> {
  const changed = LISTS.filter((list) => Array.isArray(body[list])).map((list) => [
    list,
    (body[list] as unknown[]).map((entry) => (isObject(entry) ? without(entry, 'id') : entry)),
  ]);
  return { ...body, ...(Object.fromEntries(changed) as object) };
}

function without(entry: object, name: string): object {
  const { [name]: _left, ...rest } = entry as Record<string, unknown>;
  return rest;
}

function takeTimes(given: Record<string, unknown>): { times: DealTimes; body: Record<string, unknown> } {
  const { created_at, stage_entered_at, won_at, lost_at, closed_at, ...body } = given;
  const times = Object.entries({ created_at, stage_entered_at, won_at, lost_at, closed_at });
  return { times: Object.fromEntries(times.filter(([, time]) => time !== undefined && time !== null)), body };
}

const STATUS_OF = { won_at: 'Converted', lost_at: 'Lost', closed_at: 'Closed' } as const;

/** The times of a row that creates are in the past, in their order, and fit its status. */
function requireTimes(row: DealRow, times: DealTimes, status: unknown): void {
  const created = momentOf(times.created_at);
  for (const [name, time] of Object.entries(times)) {
    const problem = timeProblem(name, momentOf(time), created, status);
    if (problem !== undefined) refuse(row, [name, 'parameter_invalid', `${name} ${problem}`]);
  }
}

/** NaN for what is no time in the API's form, into which whoever reads a file has brought those that it knows. */
function momentOf(time: unknown): number {
  return typeof time === 'string' && isTimestamp(time) ? Date.parse(time) : NaN;
}

function timeProblem(name: string, time: number, created: number, status: unknown): string | undefined {
  if (Number.isNaN(time)) return 'must be a time, such as 2024-01-15T09:30:00.000Z.';
  if (time > Date.now()) return 'must not be in the future.';
  if (time < created) return 'must not be before created_at.';
  const wanted = (STATUS_OF as Record<string, string>)[name];
  if (wanted !== undefined && status !== wanted) return `must be left out unless status is ${wanted}.`;
  // Without it the deal is created now, and nothing can have happened to it before.
  if (name !== 'created_at' && Number.isNaN(created)) return 'needs created_at beside it.';
  return undefined;
}

/** What the values of cells have failed at already is not told twice. */
function addErrors(row: DealRow, { exception }: ParameterErrors): void {
  const known = new Set(row.errors.map(({ param }) => param));
  for (const { param, code, message } of exception?.fault.errors ?? [])
    if (!known.has(param)) row.errors.push({ line: lineOf(row, param), param, code, message });
}
