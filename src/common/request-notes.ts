import { AsyncLocalStorage } from 'node:async_hooks';

/** What is noted about a request while it is served, for its log line and its trace. */
export class RequestNotes {
  statements = 0;
  /** The sum of what its statements took. */
  databaseMs = 0;
  /** Begins the span of a statement, and answers what ends it; undefined without traces. */
  traceStatement: ((text: string) => (failed: boolean) => void) | undefined = undefined;
}

/** As long as nobody runs anything with notes, asking for them costs next to nothing. */
const current = new AsyncLocalStorage<RequestNotes>();

/** Does the work, and all that follows from it, with these notes. */
export function withNotes(notes: RequestNotes, work: () => void): void {
  current.run(notes, work);
}

/** Notes a statement that has been sent, if what sent it belongs to a request that takes notes. */
export function noteStatement(text: string, answer: unknown): void {
  const notes = current.getStore();
  if (notes === undefined || !(answer instanceof Promise)) return;
  const start = performance.now();
  const endSpan = notes.traceStatement?.(text);
  const end = (failed: boolean): void => {
    notes.statements += 1;
    notes.databaseMs += performance.now() - start;
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
