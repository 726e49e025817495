import { oneOfName } from '../../src/common/fields/stored-rules.js';

/** A field as the command line names it, such as `title:text!`. */
export interface Field {
  name: string;
  /** The decorator, and its options beside the common ones. */
  decorator: string;
  options: Record<string, unknown>;
  required: boolean;
  /** The type in TypeScript, when it is not null. */
  type: string;
  /** A value for the document and the test. */
  example: string | number;
  /** The type of the column. */
  column: string;
  /** Conditions that the column holds, by the names of their constraints. */
  checks: Record<string, string>;
}

type Kind = Pick<Field, 'decorator' | 'type' | 'example' | 'column'> & { checks?: Record<string, string> };

const NUMERIC = 'numeric(21,9)';

function kinds(name: string): Record<string, Kind> {
  const text = (decorator: string, length: number, example = `Example ${inWords(name)}`): Kind => {
    return { decorator, type: 'string', example, column: `varchar(${length})` };
  };
  const number = (decorator: string, example: number, checks: Record<string, string>, column = NUMERIC): Kind => {
    return { decorator, type: column === NUMERIC ? 'Decimal' : 'number', example, column, checks };
  };
  const atLeast0 = { [`${name}_at_least_0`]: `${name} >= 0` };
  return {
    text: text('TextField', 140),
    longtext: text('LongTextField', 10_000),
    url: text('UrlField', 2048, 'https://example.com'),
    email: text('EmailField', 254, 'robin@example.com'),
    currency: text('CurrencyField', 3, 'EUR'),
    date: { decorator: 'DateField', type: 'string', example: '2024-01-15', column: 'date' },
    int: number('IntField', 3, {}, 'integer'),
    money: number('MoneyField', 12.5, {}),
    quantity: number('QuantityField', 2, atLeast0),
    rate: number('RateField', 1.25, { [`${name}_positive`]: `${name} > 0` }),
    percent: number('PercentField', 40, { ...atLeast0, [`${name}_at_most_100`]: `${name} <= 100` }),
  };
}

/** Reads `name:kind`, with `!` for a required one, or `name:enum(a|b)`. Throws for anything else. */
export function readField(text: string): Field {
  const [, name = '', kind = '', values, mark] = /^([a-z][a-z0-9_]*):([a-z]+)(?:\(([^()]+)\))?(!?)$/.exec(text) ?? [];
  const required = mark === '!';
  if (kind === 'enum' && values !== undefined && !/['"\\]/.test(values))
    return enumField(name, values.split('|'), required);
  const all = kinds(name);
  const known = Object.hasOwn(all, kind) ? all[kind] : undefined;
  if (known === undefined || values !== undefined)
    throw new Error(`'${text}' is no field; write name:kind, with ! for a required one. Kinds: ${KINDS.join(', ')}.`);
  const checks = { ...known.checks };
  if (required && known.column.startsWith('varchar') && /^(Text|LongText|Url)Field$/.test(known.decorator))
    checks[`${name}_not_blank`] = `btrim(${name}, E' \\\\t\\\\n\\\\v\\\\f\\\\r') <> ''`;
  return { ...known, name, required, options: {}, checks };
}

export const KINDS = [...Object.keys(kinds('')), 'enum(a|b)'];

function enumField(name: string, values: string[], required: boolean): Field {
  const list = values.map((value) => `'${value}'`);
  return {
    name,
    decorator: 'EnumField',
    options: { values },
    required,
    type: list.join(' | '),
    example: values[0] ?? '',
    column: 'varchar(140)',
    checks: { [`${name}_${oneOfName(values)}`]: `${name} in (${list.join(', ')})` },
  };
}

export function inWords(name: string): string {
  return name.replaceAll(/[-_]/g, ' ');
}
