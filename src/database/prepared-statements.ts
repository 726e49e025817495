import { LRUCache } from 'lru-cache';
import { createHash } from 'node:crypto';
import type { RowPlan } from './compiled-row-result.js';

/** A statement that is kept prepared: PostgreSQL parses and plans it once per connection instead of once per request. */
export interface PreparedStatement {
  /** A hash of the text, so that a name never stands for two texts. */
  readonly name: string;
  /** How its rows are made, once an answer has told the columns. */
  rowPlan: RowPlan | undefined;
}

/** Most statements kept prepared on a connection: 100 that may be a passing whim of a client, 400 that have proved useful. */
const MOST_PROBATIONARY = 100;
const MOST_PROTECTED = 400;

/** How many other new texts may come between the first and the second use of one that is then prepared. */
const MOST_SEEN_ONCE = 2000;

/**
 * Decides which statements a process keeps prepared, in a segmented LRU cache. A text is prepared at its second use, and
 * protected at its third. Clients can make any number of texts (`fields`, filters, sets of attributes), and those must not
 * take the place of the statements that everyone uses.
 */
export class PreparedStatements {
  private readonly seenOnce = new LRUCache<string, true>({ max: MOST_SEEN_ONCE });
  private readonly probationary: LRUCache<string, PreparedStatement>;
  private readonly protected: LRUCache<string, PreparedStatement>;

  /** `forget` is told each statement that is no longer kept. */
  constructor(forget: (statement: PreparedStatement) => void) {
    this.probationary = new LRUCache<string, PreparedStatement>({
      max: MOST_PROBATIONARY,
      dispose: (statement, _text, reason) => {
        if (reason === 'evict') forget(statement);
      },
    });
    this.protected = new LRUCache<string, PreparedStatement>({
      max: MOST_PROTECTED,
      dispose: (statement, text) => this.probationary.set(text, statement),
    });
  }

  /** The statement to prepare for this use of a text; undefined if it is to be sent unprepared. */
  use(text: string): PreparedStatement | undefined {
    return this.protected.get(text) ?? this.promote(text) ?? this.admit(text);
  }

  private promote(text: string): PreparedStatement | undefined {
    const statement = this.probationary.peek(text);
    if (statement === undefined) return undefined;
    this.probationary.delete(text);
    this.protected.set(text, statement);
    return statement;
  }

  private admit(text: string): PreparedStatement | undefined {
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 24);
    if (!this.seenOnce.delete(name)) {
      this.seenOnce.set(name, true);
      return undefined;
    }
    const statement = { name, rowPlan: undefined };
    this.probationary.set(text, statement);
    return statement;
  }
}
