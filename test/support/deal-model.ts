import * as fc from 'fast-check';

/*
 * What an opportunity and its line items should be after any history, computed without the service's help: amounts are
 * BigInts of billionths, rounded half away from zero at the ninth decimal, as the database's numeric(21,9) does.
 */

const BILLION = 10n ** 9n;
const LIMIT = 10n ** 21n;

export interface Line {
  id: string;
  qty: bigint;
  rate: bigint;
}

/** The values of a write, as the texts of JSON numbers. */
export interface LineValues {
  qty?: string;
  rate?: string;
}

/** What is shown of a line item, amounts in billionths. */
export type ShownLine = Record<'qty' | 'rate' | 'amount' | 'base_rate' | 'base_amount', bigint> & {
  id: string;
  idx: number;
};

/** What is shown of the opportunity, in billionths. */
export type ShownDeal = Record<
  'conversion_rate' | 'opportunity_amount' | 'base_opportunity_amount' | 'total' | 'base_total',
  bigint
>;

/** Billionths of a decimal text, as numeric(21,9) would store it. */
export function toUnits(text: string): bigint {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (sign === undefined) throw new Error(`not a decimal: ${text}`);
  const shift = Number(exponent) - fraction.length + 9;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  return shift >= 0 ? digits * 10n ** BigInt(shift) : divided(digits, 10n ** BigInt(-shift));
}

/** The product of two amounts in billionths. */
export function times(a: bigint, b: bigint): bigint {
  return divided(a * b, BILLION);
}

function divided(value: bigint, by: bigint): bigint {
  const half = value < 0n ? -by / 2n : by / 2n;
  return (value + half) / by;
}

/** JSON.parse that keeps every number as its text, as a double would hide what the tests are after. */
export function parseKeepingNumbers(text: string): unknown {
  const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.]*(?:[eE][+-]?\d+)?/g;
  return JSON.parse(text.replace(token, (found) => (found.startsWith('"') ? found : `"${found}"`)));
}

/** A line item as the API answered it. */
export function readLine(answered: Record<string, string>): ShownLine {
  const { id = '', idx = '', qty = '', rate = '', amount = '', base_rate = '', base_amount = '' } = answered;
  return {
    id,
    idx: Number(idx),
    qty: toUnits(qty),
    rate: toUnits(rate),
    amount: toUnits(amount),
    base_rate: toUnits(base_rate),
    base_amount: toUnits(base_amount),
  };
}

/** An opportunity as the API answered it. */
export function readDeal(answered: Record<string, string>): ShownDeal {
  const { conversion_rate = '', opportunity_amount = '', base_opportunity_amount = '' } = answered;
  return {
    conversion_rate: toUnits(conversion_rate),
    opportunity_amount: toUnits(opportunity_amount),
    base_opportunity_amount: toUnits(base_opportunity_amount),
    total: toUnits(answered['total'] ?? ''),
    base_total: toUnits(answered['base_total'] ?? ''),
  };
}

/** What the amounts of line items must be, given what was entered. */
export function showLines(lines: readonly Line[], conversionRate: bigint): ShownLine[] {
  return lines.map(({ id, qty, rate }, index) => {
    const amount = times(qty, rate);
    const base_rate = times(conversionRate, rate);
    return { id, idx: index + 1, qty, rate, amount, base_rate, base_amount: times(conversionRate, amount) };
  });
}

/** What the amounts of an opportunity must be, given its line items. */
export function showDeal(lines: readonly ShownLine[], conversion_rate: bigint, opportunity_amount: bigint): ShownDeal {
  return {
    conversion_rate,
    opportunity_amount,
    base_opportunity_amount: times(conversion_rate, opportunity_amount),
    total: lines.reduce((sum, line) => sum + line.amount, 0n),
    base_total: lines.reduce((sum, line) => sum + line.base_amount, 0n),
  };
}

/** One opportunity. Every write answers whether the service must accept it; a refused one leaves everything as it was. */
export class DealModel {
  lines: readonly Line[] = [];
  private conversionRate = BILLION;
  private opportunityAmount = 0n;

  shownLines(): ShownLine[] {
    return showLines(this.lines, this.conversionRate);
  }

  shown(): ShownDeal {
    return showDeal(this.shownLines(), this.conversionRate, this.opportunityAmount);
  }

  /** The id of a new line is known only once the service has answered. */
  insert(id: string, { qty = '1', rate = '0' }: LineValues, idx = Infinity): boolean {
    return this.attempt(() => {
      const line = { id, qty: toUnits(qty), rate: toUnits(rate) };
      this.lines = this.lines.toSpliced(Math.min(idx - 1, this.lines.length), 0, line);
    });
  }

  change(id: string, { qty, rate }: LineValues, idx?: number): boolean {
    return this.attempt(() => {
      const at = this.lines.findIndex((line) => line.id === id);
      const { ...line } = this.lines[at] as Line;
      if (qty !== undefined) line.qty = toUnits(qty);
      if (rate !== undefined) line.rate = toUnits(rate);
      this.lines = this.lines.toSpliced(at, 1).toSpliced(idx === undefined ? at : idx - 1, 0, line);
    });
  }

  remove(id: string): boolean {
    return this.attempt(() => {
      this.lines = this.lines.filter((line) => line.id !== id);
    });
  }

  reorder(ids: readonly string[]): boolean {
    return this.attempt(() => {
      this.lines = this.lines.toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
    });
  }

  revalue(conversionRate: string, opportunityAmount?: string): boolean {
    return this.attempt(() => {
      this.conversionRate = toUnits(conversionRate);
      if (opportunityAmount !== undefined) this.opportunityAmount = toUnits(opportunityAmount);
    });
  }

  private attempt(write: () => void): boolean {
    const { lines, conversionRate, opportunityAmount } = this;
    write();
    if (this.isPossible()) return true;
    Object.assign(this, { lines, conversionRate, opportunityAmount });
    return false;
  }

  private isPossible(): boolean {
    const amounts = [this.shown(), ...this.shownLines()].flatMap((shown) => Object.values(shown));
    const fits = amounts.every((value) => typeof value !== 'bigint' || (value < LIMIT && value > -LIMIT));
    return fits && this.conversionRate > 0n && this.lines.every((line) => line.qty >= 0n);
  }
}

/** One write; `line` counts through the lines there are, `keys` sort them anew. */
export type Operation =
  | { kind: 'insert'; values: LineValues; idx?: number | undefined; isNamed: boolean }
  | { kind: 'change'; line: number; values: LineValues; idx?: number | undefined; isNamed: boolean }
  | { kind: 'remove'; line: number }
  | { kind: 'reorder'; keys: number[]; named: boolean }
  | { kind: 'revalue'; conversionRate: string; opportunityAmount?: string | undefined };

const digits = (most: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: most });

/** JSON numbers as text, of `whole` digits and more decimals than are kept; a five at the tenth is where rounding shows. */
const decimal = (whole: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      digits(whole),
      fc.option(
        fc.oneof(
          digits(12),
          digits(9).map((text) => text.padEnd(9, '0') + '5'),
        ),
      ),
    )
    .map(([before, after]) => before.replace(/^0+(?=.)/, '') + (after === null ? '' : `.${after}`));

const signed = (numbers: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(fc.boolean(), numbers).map(([negative, text]) => (negative ? `-${text}` : text));

const quantity = fc.oneof(
  { weight: 6, arbitrary: decimal(3) },
  { weight: 1, arbitrary: fc.constantFrom('0', '1e-9', '25e-1', '-1', '999999999999') },
);
const rate = fc.oneof(
  { weight: 6, arbitrary: signed(decimal(5)) },
  { weight: 2, arbitrary: signed(decimal(12)) },
  { weight: 1, arbitrary: fc.constantFrom('0.1', '1.005', '-1e-9', '600000000000', '-600000000000', '1e12') },
);
const conversionRate = fc.oneof(
  { weight: 6, arbitrary: decimal(2).filter((text) => Number(text) > 1e-9) },
  { weight: 1, arbitrary: fc.constantFrom('0.917431', '1e-9', '90', '1000000', '0', '-1') },
);

/** Prints counterexamples without `__proto__: null` in every object. */
const plain = { noNullPrototype: true };
const values = fc.record({ qty: quantity, rate }, { requiredKeys: [], ...plain });
const place = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined });
const line = fc.nat(50);
const keys = fc.array(fc.nat(), { minLength: 5, maxLength: 5 });

/** Any write, with amounts that round, cancel out and overflow. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('insert'), values, idx: place, isNamed: fc.boolean() }, plain),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('change'), line, values, idx: place, isNamed: fc.boolean() }, plain),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove'), line }, plain) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reorder'), keys, named: fc.boolean() }, plain) },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        kind: fc.constant('revalue'),
        conversionRate,
        opportunityAmount: fc.option(rate, { nil: undefined }),
      },
      plain,
    ),
  },
);
