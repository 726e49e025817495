import { HttpStatus } from '@nestjs/common';
import {
  ApiException,
  asAnswer,
  deadlineOf,
  isStatementTimeout,
  limitTime,
  pipeline,
  placeholdersFor,
  readTogether,
  type Call,
  type Placeholder,
} from '../../common/index.js';

/**
 * With less memory, PostgreSQL groups a workspace of a million deals by sorting them on disk. With its own cost of a row that
 * one of its processes hands to another, it reads won deals in one process, as it overrates how many days they have.
 */
const SETTINGS = `select set_config('work_mem', '32MB', true), set_config('parallel_tuple_cost', '0.01', true)`;

/** Runs the statements of a report, which see one moment. The settings travel with the first of them. */
export function readReport<T>(call: Call, read: (call: Call) => Promise<T>): Promise<T> {
  return readTogether(call, async (call) => {
    const { found } = await pipeline({ settings: call.manager.query(SETTINGS), found: read(call) });
    return found;
  });
}

/**
 * Runs a statement that reads many deals; it names the workspace as `$1`. All statements of a report share the time of one;
 * 400 if they take longer.
 */
export async function runReport<Row>(call: Call, write: (placeholder: Placeholder) => string): Promise<Row[]> {
  const values: unknown[] = [call.workspaceId];
  const text = write(placeholdersFor(values));
  try {
    const { found } = await pipeline({
      limited: limitToRest(call),
      found: call.manager.query<Row[]>(asAnswer(text), values),
    });
    return found;
  } catch (error) {
    if (isStatementTimeout(error)) throw tooCostly();
    throw error;
  }
}

function limitToRest(call: Call): Promise<unknown> | undefined {
  const { msLeft = Infinity } = deadlineOf(call) ?? {};
  if (msLeft < 0) throw tooCostly();
  return msLeft === Infinity ? undefined : limitTime(call, msLeft);
}

function tooCostly(): ApiException {
  return new ApiException(HttpStatus.BAD_REQUEST, {
    code: 'query_too_costly',
    message: 'This report takes too long to compute. Add a filter with an index, or ask for fewer groups and measures.',
  });
}

/** A text that a statement names in several places, or in none. */
export function placeholderOnce(placeholder: Placeholder, value: string): () => string {
  let known: string | undefined;
  return () => (known ??= `${placeholder(value)}::text`);
}
