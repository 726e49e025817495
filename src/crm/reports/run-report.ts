import { HttpStatus } from '@nestjs/common';
import {
  ApiException,
  asAnswer,
  isStatementTimeout,
  pipeline,
  readTogether,
  type Call,
  type Placeholder,
} from '../../common/index.js';

/** With less, PostgreSQL groups a workspace of a million deals by sorting them on disk. */
const MORE_MEMORY = `set local work_mem = '32MB'`;

/** Runs the statements of a report, which see one moment, with memory for the groups. The setting travels with the first of them. */
export function readReport<T>(call: Call, read: (call: Call) => Promise<T>): Promise<T> {
  return readTogether(call, async (call) => {
    const { found } = await pipeline({ memory: call.manager.query(MORE_MEMORY), found: read(call) });
    return found;
  });
}

/** Runs a statement that reads many deals; it names the workspace as `$1`. 400 if it takes longer than a statement may. */
export async function runReport<Row>(call: Call, write: (place: Placeholder) => string): Promise<Row[]> {
  const values: unknown[] = [call.workspaceId];
  const text = write((value) => `$${values.push(value)}`);
  try {
    return await call.manager.query<Row[]>(asAnswer(text), values);
  } catch (error) {
    if (isStatementTimeout(error)) throw tooCostly();
    throw error;
  }
}

function tooCostly(): ApiException {
  return new ApiException(HttpStatus.BAD_REQUEST, {
    code: 'query_too_costly',
    message: 'This report takes too long to compute. Add a filter with an index, or ask for fewer groups and measures.',
  });
}

/** A text that a statement names in several places, or in none. */
export function placedOnce(place: Placeholder, value: string): () => string {
  let known: string | undefined;
  return () => (known ??= `${place(value)}::text`);
}
