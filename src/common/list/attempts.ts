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
  /** How much of a statement's time it may take, in percent; undefined for all of it. */
  percentOfTime?: number;
}

type Read<T> = (call: Call, attempt: Attempt) => Promise<T>;

/** What the first of two attempts may take of a statement's time; the second one gets the rest. */
const PERCENT_OF_FIRST = 60;

/**
 * The ways to find a page, each within its share of the time. Counting can take longer than the page, so the second way
 * goes without. The search index finds every match before the first is sorted, which is right for a rare word; for one that
 * most rows have, the planner walks an index in the order of the list. Neither is always fast, so a search tries both.
 */
export function attemptsOf(request: ListRequest): [Attempt, Attempt?] {
  const uncounted = { ...request, includeTotal: false };
  if (request.search !== undefined) {
    const bySearchIndex = { bySearchIndex: true, ...request };
    return request.includeTotal ? [bySearchIndex, uncounted] : [request, bySearchIndex];
  }
  return request.includeTotal && !isUnfiltered(request) ? [request, uncounted] : [request];
}

/** Answers the first attempt that can be made in time; 400 if there is none, as there will not be one next time. */
export async function tryInTurn<T>(call: Call, [first, second]: [Attempt, Attempt?], read: Read<T>): Promise<T> {
  try {
    return await read(call, second === undefined ? first : { percentOfTime: PERCENT_OF_FIRST, ...first });
  } catch (error) {
    if (!isStatementTimeout(error)) throw error;
  }
  if (second === undefined) throw tooCostly(first.includeTotal);
  try {
    return await inRestOfTime(call, second, read);
  } catch (error) {
    throw isStatementTimeout(error) ? tooCostly(first.includeTotal) : error;
  }
}

/**
 * The connection watches the time of a first attempt, which costs nothing where that is quick. PostgreSQL watches that of a
 * second one, as it tells a wait for a lock from a search that takes too long.
 */
function inRestOfTime<T>(call: Call, attempt: Attempt, read: Read<T>): Promise<T> {
  return readTogether(call, async (call) => {
    const { answer } = await pipeline({
      limited: limitTimeToShare(call, 1 - PERCENT_OF_FIRST / 100),
      answer: read(call, attempt),
    });
    return answer;
  });
}

/** Is it so cheap to answer that only a database in trouble takes too long? */
export function isPlain(request: ListRequest): boolean {
  return isUnfiltered(request) && request.offset < DEEP_OFFSET && request.sort[0]?.name === NEWEST_FIRST[0]?.name;
}

function tooCostly(counts: boolean): ApiException {
  const message = `This list takes too long to find, sort or search. Add a filter with an index, sort by an attribute with an index, or use a cursor instead of a deep offset.${counts ? ' Or send include_total=false.' : ''}`;
  return new ApiException(HttpStatus.BAD_REQUEST, { code: 'query_too_costly', message });
}
