import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import {
  ApiException,
  type Call,
  check,
  type CheckOptions,
  databaseFault,
  deadlineOf,
  deleted,
  errorBody,
  ErrorBudget,
  errorsOf,
  inTransaction,
  isInTransaction,
  isObject,
  isStrict,
  ParameterErrors,
  pipeline,
  resourceMissing,
  transact,
  transactOn,
  type FieldsRequest,
} from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import { lockPipelines } from '../pipeline/pipeline.aggregate.js';
import {
  BATCH_METHODS,
  MOST_OPERATIONS,
  type OpportunityBatch,
  type OpportunityOperation,
  type OpportunityOutcome,
  type OpportunityOutcomes,
} from './opportunity.batch.dto.js';
import { CreateOpportunity, CHILDREN, UpdateOpportunity } from './opportunity.dto.js';
import type { Opportunity } from './opportunity.entity.js';
import { runsOf } from './opportunity.batch.runs.js';
import { OpportunityService } from './opportunity.service.js';

/** An operation that was checked, and what is wrong with it. */
interface CheckedOperation extends OpportunityOperation {
  errors: ParameterErrors;
}

/** An operation, and the attributes wanted of its object; undefined for the default ones. */
type AskedOperation = CheckedOperation & FieldsRequest;

/** Many changes in one request: all or nothing with few statements, or each on its own. */
@Injectable()
export class OpportunityBatchService {
  constructor(
    private readonly opportunities: OpportunityService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async run(call: Call, batch: OpportunityBatch, { fields }: FieldsRequest): Promise<OpportunityOutcomes> {
    const errors = errorsOf(batch);
    const operations = this.check(batch, errors).map((operation) => ({ ...operation, fields }));
    const isSound = errors.listed.length === 0;
    if (isSound && batch.atomic === false) return { data: await this.each(call, operations) };
    for (const operation of operations) errors.addAll(operation.errors);
    errors.refuse();
    return { data: await transact(call, (call) => this.all(call, operations)) };
  }

  /** Checks each operation that can be read, as the batch itself may have errors. */
  private check(batch: OpportunityBatch, errors: ParameterErrors): CheckedOperation[] {
    const { operations } = batch as { operations: unknown };
    if (!Array.isArray(operations) || operations.length > MOST_OPERATIONS) return [];
    if (!this.haveRoom(operations, errors)) return [];
    const options = { strict: isStrict(batch), maxEntries: this.config.MAX_CHILDREN };
    const budget = new ErrorBudget();
    return operations.flatMap((operation: unknown, index) =>
      isReadable(operation)
        ? [checkOperation(operation, index, { ...options, errors: new ParameterErrors(budget) })]
        : [],
    );
  }

  /** By the lengths of the lists alone, before anything in them is looked at. One operation is bounded as the single call is. */
  private haveRoom(operations: readonly unknown[], errors: ParameterErrors): boolean {
    const { MAX_BATCH_ROWS } = this.config;
    const rows = operations.reduce<number>((sum, operation) => sum + 1 + childrenGiven(operation), 0);
    if (operations.length === 1 || rows <= MAX_BATCH_ROWS) return true;
    errors.add('operations', 'rows_limit_reached', () => tooManyRows(MAX_BATCH_ROWS, rows));
    return false;
  }

  /** In runs of the same method, each one statement; only to find out which operation failed are they made one by one. */
  private async all(call: Call, operations: readonly AskedOperation[]): Promise<OpportunityOutcome[]> {
    await this.lock(call, operations);
    try {
      return await inTransaction(call, (call) => this.inRuns(call, operations));
    } catch (error) {
      if (!(error instanceof ApiException)) throw error;
      return this.oneByOne(call, operations);
    }
  }

  private async inRuns(call: Call, operations: readonly AskedOperation[]): Promise<OpportunityOutcome[]> {
    const outcomes: OpportunityOutcome[] = [];
    for (const run of runsOf(operations)) outcomes.push(...(await this.makeRun(call, run)));
    return outcomes;
  }

  private async makeRun(call: Call, run: readonly AskedOperation[]): Promise<OpportunityOutcome[]> {
    const [first] = run;
    if (first?.method === 'create') {
      const rows = await this.opportunities.createMany(
        call,
        run.map(({ body }) => body as CreateOpportunity),
      );
      return this.outcomes(call, first, HttpStatus.CREATED, rows);
    }
    const ids = await this.idsOf(call, run);
    if (first?.method === 'delete') {
      await this.opportunities.removeMany(call, ids);
      return ids.map((id) => ({ status: HttpStatus.OK, object: deleted(id) }));
    }
    const changes = run.map(({ body }, at) => ({ ...(body as UpdateOpportunity), id: ids[at] ?? '' }));
    const rows = await this.opportunities.updateMany(call, changes);
    return this.outcomes(call, first, HttpStatus.OK, rows);
  }

  /** Read anew where certain attributes are wanted, as the rows have the default ones. */
  private async outcomes(
    call: Call,
    asked: AskedOperation | undefined,
    status: HttpStatus,
    rows: Opportunity[],
  ): Promise<OpportunityOutcome[]> {
    const ids = rows.map(({ id }) => id);
    const fields = asked?.fields;
    const shown = fields === undefined ? rows : await this.opportunities.writtenMany(call, ids, fields);
    return shown.map((object) => ({ status, object: withoutVersion(object) }));
  }

  /** Looked up when it is their turn: an operation before them may have made the objects. Throws 404 for the first missing. */
  private async idsOf(call: Call, run: readonly CheckedOperation[]): Promise<string[]> {
    const external = run.flatMap(({ external_id }) => external_id ?? []);
    const found = external.length === 0 ? undefined : await this.opportunities.rows.externalIds.find(call, external);
    return run.map(({ id, external_id = '' }) => {
      const known = id ?? found?.get(external_id);
      if (known === undefined) throw resourceMissing('opportunity', external_id);
      return known;
    });
  }

  private async oneByOne(call: Call, operations: readonly AskedOperation[]): Promise<OpportunityOutcome[]> {
    const outcomes: OpportunityOutcome[] = [];
    for (const [index, operation] of operations.entries()) {
      try {
        outcomes.push(...(await this.makeRun(call, [operation])));
      } catch (error) {
        throw placed(error, index, operation);
      }
    }
    return outcomes;
  }

  /** Every operation in a transaction of its own, or a savepoint of the one there is. */
  private async each(call: Call, operations: readonly AskedOperation[]): Promise<OpportunityOutcome[]> {
    const outcomes: OpportunityOutcome[] = [];
    const isInside = isInTransaction(call);
    // Inside of one transaction locks stay until its end, so two batches could wait for each other.
    if (isInside) await this.lock(call, operations);
    let isStopped = false;
    for (const [index, operation] of operations.entries()) {
      isStopped ||= !isInside && deadlineOf(call)?.isNear === true;
      try {
        if (isStopped) throw notBegun();
        operation.errors.refuse();
        const attempt = (call: Call): Promise<OpportunityOutcome[]> => this.makeRun(call, [operation]);
        outcomes.push(...(await (isInside ? inTransaction(call, attempt) : transactOn(call, operation.id, attempt))));
      } catch (error) {
        const outcome = outcomeOf(placed(error, index, operation), call.requestId);
        // What was done stays done, and the client has to learn of it; else the whole batch failed.
        if (outcome.status >= 500 && (isInside || outcomes.length === 0)) throw error;
        isStopped ||= outcome.status >= 500;
        outcomes.push(outcome);
      }
    }
    return outcomes;
  }

  /** The pipelines first: who changes them locks deals behind them, too. */
  private async lock(call: Call, operations: readonly CheckedOperation[]): Promise<void> {
    const ids = operations.flatMap(({ id }) => id ?? []);
    const external = operations.flatMap(({ external_id }) => external_id ?? []);
    const { found } = await pipeline({
      pipelines: lockPipelines(call),
      found: external.length === 0 ? undefined : this.opportunities.rows.externalIds.find(call, external),
    });
    await this.opportunities.rows.lock(call, [...ids, ...(found?.values() ?? [])]);
  }
}

function tooManyRows(limit: number, rows: number): string {
  return `The operations would write ${rows} rows, children included; a batch may write at most ${limit}. Send smaller batches.`;
}

/** Is it an operation whose body can be checked, whatever else is wrong with it? */
function isReadable(operation: unknown): operation is OpportunityOperation {
  if (!isObject(operation)) return false;
  const { method, body } = operation as { method?: unknown; body?: unknown };
  return BATCH_METHODS.some((known) => known === method) && (body === undefined || isObject(body));
}

/** How many children an operation brings along. */
function childrenGiven(operation: unknown): number {
  const { body } = (operation ?? {}) as { body?: Record<string, unknown> | null };
  const lists = CHILDREN.map((kind) => body?.[kind]);
  return lists.reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
}

/** Checks an operation as the single call would be; parameters are named by their place in the batch. */
function checkOperation(
  { method, id, external_id, body }: OpportunityOperation,
  index: number,
  { errors, ...options }: CheckOptions & { errors: ParameterErrors },
): CheckedOperation {
  const path = `operations[${index}]`;
  if (external_id === undefined) checkPresence(errors, `${path}.id`, id, method !== 'create');
  else if (id !== undefined || method === 'create') checkPresence(errors, `${path}.external_id`, external_id, false);
  checkPresence(errors, `${path}.body`, body, method !== 'delete');
  const operation = {
    method,
    ...(id !== undefined && { id }),
    ...(external_id !== undefined && { external_id }),
    errors,
  };
  if (body === undefined || method === 'delete') return operation;
  const type = method === 'create' ? CreateOpportunity : UpdateOpportunity;
  return { ...operation, body: check(type, body, { ...options, errors, path: `${path}.body.` }).value };
}

function checkPresence(errors: ParameterErrors, param: string, value: unknown, wanted: boolean): void {
  if (wanted === (value !== undefined)) return;
  if (wanted) errors.add(param, 'parameter_missing', () => `${param} is required for this method.`);
  else
    errors.add(
      param,
      'parameter_invalid',
      () => `${param} must be left out: the method does not take it, or the operation has an id.`,
    );
}

/** The failure of one operation, with its parameters named by their place in the batch. */
function placed(error: unknown, index: number, operation: OpportunityOperation): unknown {
  const exception = error instanceof ApiException ? error : databaseFault(error)?.exception;
  if (exception === undefined) return error;
  if (exception.getStatus() >= 500) return exception;
  const { fault } = exception;
  const path = `operations[${index}]`;
  const place = (param: string): string => (param.startsWith(path) ? param : `${path}.body.${param}`);
  const errors = fault.errors?.map((entry) => ({ ...entry, param: place(entry.param) }));
  const param = fault.param === undefined ? path + nameOf(operation) : place(fault.param);
  return new ApiException(exception.getStatus(), { ...fault, param, ...(errors && { errors }) });
}

/** The parameter that names the object of an operation. */
function nameOf({ id, external_id }: Pick<OpportunityOperation, 'id' | 'external_id'>): string {
  if (id !== undefined) return '.id';
  return external_id === undefined ? '' : '.external_id';
}

/** Throws what nobody knows the meaning of. */
function outcomeOf(error: unknown, requestId: string): OpportunityOutcome {
  if (!(error instanceof ApiException)) throw error;
  const status = error.getStatus();
  return { status, error: errorBody(status, error.fault, requestId).error };
}

function notBegun(): ApiException {
  return new ApiException(HttpStatus.SERVICE_UNAVAILABLE, {
    code: 'operation_not_begun',
    message:
      'The service did not begin this operation: the request ran out of time, or the database failed. Send the operation again.',
  });
}

function withoutVersion<T extends { version?: number | undefined }>(object: T): T {
  object.version = undefined;
  return object;
}
