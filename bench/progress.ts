const WIDTH = 30;

/** A bar on a terminal; elsewhere a line for every tenth, so that a log stays readable. */
export class Progress {
  private tenth = 0;

  constructor(
    private readonly label: string,
    private readonly total: number,
  ) {}

  show(done: number): void {
    const part = done / this.total;
    if (process.stderr.isTTY) this.draw(part, done);
    else if (Math.floor(part * 10) > this.tenth) {
      this.tenth = Math.floor(part * 10);
      process.stderr.write(`${this.label}: ${Math.round(part * 100)} %\n`);
    }
  }

  private draw(part: number, done: number): void {
    const bar = '█'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '░');
    process.stderr.write(`\r${this.label} ${bar} ${done} of ${this.total}${part >= 1 ? '\n' : ''}`);
  }
}
