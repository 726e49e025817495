import { HttpStatus } from '@nestjs/common';
import { ApiException, asAnswer, isStatementTimeout, type Call, type Placeholder } from '../../common/index.js';

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
    message:
      'This report takes longer to compute than a statement may take. Add a filter with an index, or ask for fewer groups and measures.',
  });
}

/** A text that a statement names in several places, or in none. */
export function placedOnce(place: Placeholder, value: string): () => string {
  let known: string | undefined;
  return () => (known ??= `${place(value)}::text`);
}
