import type { Computed } from '../fields/computed.fields.js';

/** What a statement reads rows from: the table, or the table with the attributes that SQL computes. */
export class RowSource {
  constructor(
    private readonly table: string,
    private readonly computed: Readonly<Record<string, Computed>>,
    /** Joins that the expressions need; none of them changes the number of rows. */
    private readonly joins: string,
  ) {}

  has(name: string): boolean {
    return name in this.computed;
  }

  /**
   * For a `from`: the table by its name, with the computed ones of these attributes. `base` is another place to take the rows
   * from. PostgreSQL pulls the subquery up, so indexes serve as they do without it.
   */
  from(names: Iterable<string>, base = this.table): string {
    const wanted = [...new Set(names)].filter((name) => this.has(name));
    if (wanted.length === 0 && base === this.table) return this.table;
    const list = wanted.map((name) => `, ${this.computed[name]?.sql ?? 'null'} as ${name}`).join('');
    const joins = wanted.length === 0 ? '' : ` ${this.joins}`;
    return `(select ${this.table}.*${list} from ${base} ${this.table}${joins}) ${this.table}`;
  }
}
