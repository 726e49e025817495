import { HttpStatus } from '@nestjs/common';
import type { Call } from '../call/call.js';
import { ApiException } from '../errors/api.exception.js';
import { isStatementTimeout } from '../errors/sqlstate.js';
import { limitTimeToShare } from '../call/limit-time.js';
import { readTogether } from '../call/read-together.js';
import { pipeline } from '../call/pipeline.js';
import { isUnfiltered, type ListRequest } from './list-request.js';
import { NEWEST_FIRST } from './sort.js';

/** From this offset on, skipping the rows takes longer than reading the page. */
export const DEEP_OFFSET = 1000;

/** One way to find a page. */
export interface Attempt extends ListRequest {
  /** Through the search index, whatever the planner thinks of it. */
  bySearchIndex?: boolean;
}

/** What the first of two attempts may take of a statement's time; the second one gets the rest. */
const SHARE_OF_FIRST = 0.6;

/**
 * The ways to find a page, each within its share of the time. Counting can take longer than the page, so the second way
 * goes without. The search index finds every match before the first is sorted, which is right for a rare word; for one that
 * most rows have, the planner walks an index in the order of the list. Neither is always fast, so a search tries both.
 */
export function attemptsOf(request: ListRequest): Attempt[] {
  if (request.search !== undefined) {
    const search = { bySearchIndex: true, ...request };
    return request.includeTotal ? [search, { ...request, includeTotal: false }] : [request, search];
  }
  if (!request.includeTotal || isUnfiltered(request)) return [request];
  return [request, { ...request, includeTotal: false }];
}

/** Answers the first attempt that PostgreSQL can make in time; 400 if there is none, as there will not be one next time. */
export async function tryInTurn<T>(
  call: Call,
  attempts: readonly Attempt[],
  read: (call: Call, attempt: Attempt) => Promise<T>,
): Promise<T> {
  for (const [index, attempt] of attempts.entries()) {
    try {
      if (attempts.length === 1) return await read(call, attempt);
      const share = index === 0 ? SHARE_OF_FIRST : 1 - SHARE_OF_FIRST;
      return await readTogether(call, async (limited) => {
        const { answer } = await pipeline({
          limited: limitTimeToShare(limited, share),
          answer: read(limited, attempt),
        });
        return answer;
      });
    } catch (error) {
      if (!isStatementTimeout(error)) throw error;
    }
  }
  throw tooCostly(attempts.some(({ includeTotal }) => includeTotal));
}

/** Is it so cheap to answer that only a database in trouble takes too long? */
export function isPlain(request: ListRequest): boolean {
  return isUnfiltered(request) && request.offset < DEEP_OFFSET && request.sort[0]?.name === NEWEST_FIRST[0]?.name;
}

function tooCostly(counts: boolean): ApiException {
  const message = `This list takes too long to find, sort or search. Add a filter with an index, sort by an attribute with an index, or use a cursor instead of a deep offset.${counts ? ' Or send include_total=false.' : ''}`;
  return new ApiException(HttpStatus.BAD_REQUEST, { code: 'query_too_costly', message });
}
