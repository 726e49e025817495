import { AsyncLocalStorage } from 'node:async_hooks';

/** What is noted about a request while it is served, for its log line and its trace. */
export class RequestStats {
  statements = 0;
  /** How long at least one of its statements was under way. */
  databaseMs = 0;
  /** Begins the span of a statement, and answers what ends it; undefined without traces. */
  traceStatement: ((text: string) => (failed: boolean) => void) | undefined = undefined;
  private underWay = 0;
  private since = 0;

  /** Statements that are sent together are not added up. */
  beginStatement(): void {
    this.statements += 1;
    this.underWay += 1;
    if (this.underWay === 1) this.since = performance.now();
  }

  endStatement(): void {
    this.underWay -= 1;
    if (this.underWay === 0) this.databaseMs += performance.now() - this.since;
  }
}

/** As long as nobody runs anything with notes, asking for them costs next to nothing. */
const current = new AsyncLocalStorage<RequestStats>();

/** Does the work, and all that follows from it, with these notes. */
export function withStats(notes: RequestStats, work: () => void): void {
  current.run(notes, work);
}

/** Notes a statement that has been sent, if what sent it belongs to a request that takes notes. */
export function countStatement(text: string, answer: unknown): void {
  const notes = current.getStore();
  if (notes === undefined || !(answer instanceof Promise)) return;
  notes.beginStatement();
  const endSpan = notes.traceStatement?.(text);
  const end = (failed: boolean): void => {
    notes.endStatement();
    endSpan?.(failed);
  };
  answer.then(
    () => {
      end(false);
    },
    () => {
      end(true);
    },
  );
}
