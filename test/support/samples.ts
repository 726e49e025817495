/** The samples of Prometheus' text format: value by `name{labels}`, as they are written. */
export class Samples {
  readonly values: ReadonlyMap<string, number>;

  constructor(text: string) {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    this.values = new Map(
      lines.map((line) => {
        const end = line.lastIndexOf(' ');
        return [line.slice(0, end), Number(line.slice(end + 1))];
      }),
    );
  }

  /** Of `name` with these labels; 0 for one that has not been counted yet. */
  get(name: string, labels: Record<string, string | number> = {}): number {
    const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return this.values.get(text.length === 0 ? name : `${name}{${text.join(',')}}`) ?? 0;
  }

  /** All of one name. */
  of(name: string): [key: string, value: number][] {
    return [...this.values].filter(([key]) => key === name || key.startsWith(`${name}{`));
  }
}
