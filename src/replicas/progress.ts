/**
 * Where the primary was when: the measure of how old the data of a replica are. A replica that has replayed what the
 * primary had written at a moment lacks nothing from before it. So an idle primary makes no replica old, one that gets
 * nothing any more becomes it with the next write, and the clocks of the servers do not matter.
 */
export class Progress {
  /** Oldest first. */
  private samples: { at: number; position: number }[] = [];

  constructor(private readonly maxLagMs: number) {}

  /** The primary had written up to `position` at the moment `at`, or had not even come so far. */
  note(at: number, position: number): void {
    const oldest = at - this.maxLagMs;
    this.samples = [...this.samples.filter((sample) => sample.at > oldest), { at, position }];
  }

  /** Until when a replica that has come to `position` is not too old; a moment that is past when it is. */
  freshUntil(position: number): number {
    const known = this.samples.findLast((sample) => sample.position <= position);
    return known === undefined ? 0 : known.at + this.maxLagMs;
  }
}
