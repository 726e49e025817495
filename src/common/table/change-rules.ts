/**
 * What a change of a row brings with it, in the statement of the change itself: columns that follow from others, and what it
 * leaves in another table.
 */
export interface ChangeRules {
  /** They hold for changes of any of these columns. */
  watched: readonly string[];
  /** Further columns of the row as it was that `derived` and `also` need. */
  reads: readonly string[];
  /**
   * The columns that follow from a change of the columns `names`, as SQL over `former`, the row as it was, and `at.now`, the
   * time of the change; `next` gives a column as it will be.
   */
  derived: (names: readonly string[], next: (name: string) => string) => Readonly<Record<string, string>>;
  /** A statement for each changed row, over `former` and `written`, the row as it is now. */
  also: string;
}

/** The time of a change: later than the one before, even if the clock stands still or went back. */
export const CHANGE_TIME = `lateral (
  select greatest(clock_timestamp(), former.updated_at + interval '1 millisecond')::timestamptz(3) as now) at`;
