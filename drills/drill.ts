/** One promise of the service, put to the test on a running one: a file `<name>.drill.ts` exports it as `drill`. */
export interface Drill {
  /** What the service promises, in a sentence without a full stop. */
  promise: string;
  /** Too long for the short form: left out of `--all` without `--full`, which says so. */
  onlyFull?: boolean;
  /** The variable that names what cannot be made here: without it the drill is left out, which is said. */
  needs?: string;
  run(options: DrillOptions): Promise<Outcome>;
}

export interface DrillOptions {
  /** The full measure; otherwise the short one, which CI runs. */
  full: boolean;
  /** What is random follows from it, so that a failure can be looked at again with `--seed`. */
  seed: number;
  /** Progress, a line at a time. */
  log: (line: string) => void;
}

export interface Outcome {
  passed: boolean;
  /** The one figure of the drill with its unit, as in `100 % of 4213 acknowledged writes present after 10 rounds`. */
  figure: string;
  /** What did not hold, one line each; empty when the drill passed. */
  failures: string[];
}
