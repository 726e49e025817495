import { createRequire } from 'node:module';
import * as fc from 'fast-check';

/** What the drill reads of a JSON schema. */
export interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  type?: string | string[];
  enum?: unknown[];
  format?: string;
  example?: unknown;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

export type Resolve = (schema: Schema) => Schema;

/** Strings that have broken other people's software. */
export const NAUGHTY_STRINGS = createRequire(import.meta.url)('big-list-of-naughty-strings/blns.json') as string[];

/** Stands for the id of the nth known object of a resource, until the request is sent. */
export const idPlace = (resource: string, n: number): string => `~${resource}~${n}~`;

/** In a body, a number as it is written here; JSON.stringify would round it or write another. */
const rawNumber = (text: string): string => `#${text}#`;

/** The JSON text of a body with its raw numbers. */
export function jsonText(body: unknown): string {
  return (JSON.stringify(body) as string | undefined)?.replace(/"#([^"\\]+)#"/g, '$1') ?? '';
}

const NUMBERS =
  '0 -0 1e400 -1e400 1e-400 1E5 0.1 1.0000000005 999999999999.999999999 1e12 1000000000000.1 -1 2147483648'
    .concat(' 9007199254740993 123456789012345678901234567890 0.000000000049 1e21 1e-7 9223372036854775808')
    .split(' ')
    .map(rawNumber);

const DATES = [
  '2024-02-30',
  '0000-00-00',
  '0000-01-01',
  '9999-12-31',
  '10000-01-01',
  '2024-1-5',
  '2024-01-15T00:00:00Z',
];

const TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '\ufeff',
  '\u202e',
  'é',
  '%',
  '_',
  '\\',
  "'",
  '"',
  '--',
  '50%',
]
  .concat([
    'x'.repeat(141),
    'x'.repeat(10_001),
    '𝒳'.repeat(140),
    '𝒳'.repeat(141),
    '{}',
    '[]',
    'null',
    'true',
    '12',
    'NaN',
  ])
  .concat([
    '__proto__',
    'constructor',
    'toString',
    '$1',
    '${1}',
    'a'.repeat(3000),
    'ﬁ',
    'İ',
    'ß',
    '\u0345',
    '\u00ad',
    '\u200b',
  ]);

/** Values that a validator has to have an opinion on. */
export const nasty: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...TEXTS, ...DATES, ...NUMBERS, ...NAUGHTY_STRINGS),
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, [], {}, [null], [[]], { a: 1 }, ['a', 'b'], {
    __proto__: null,
  }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.double().map((value) => (Number.isFinite(value) ? value : null)),
);

/** Made once: its alphabet is large. */
const graphemes = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });

/** Text that the schema allows, up to the last code point. */
function text({ minLength = 0, maxLength = 200, format, example }: Schema, name: string): fc.Arbitrary<string> {
  const resource = /^([a-z-]+)_[0-9a-z]{26}$/.exec(typeof example === 'string' ? example : '')?.[1];
  if (resource !== undefined || /^ids?$/.test(name)) return idOf(resource);
  if (format === 'date') return date;
  if (format === 'date-time') return date.map((day) => `${day}T09:30:00.000Z`);
  if (format === 'email') return fc.emailAddress();
  const cut = (value: string): string => [...value].slice(0, maxLength).join('');
  const filled = (value: string): string => (value.length < minLength || value.trim() === '' ? `x${value}` : value);
  return fc.oneof(
    { weight: 3, arbitrary: graphemes.map(cut) },
    { weight: 2, arbitrary: fc.constantFrom(...NAUGHTY_STRINGS).map((value) => cut(filled(value))) },
    { weight: 1, arbitrary: fc.constantFrom('x', '𝒳', 'é').map((letter) => letter.repeat(maxLength)) },
    { weight: 2, arbitrary: fc.constant(typeof example === 'string' ? example : 'Text') },
  );
}

const date = fc
  .date({ min: new Date('1990-01-01'), max: new Date('2040-12-31'), noInvalidDate: true })
  .map((day) => day.toISOString().slice(0, 10));

function idOf(resource: string | undefined): fc.Arbitrary<string> {
  const resources = ['opportunity', 'opportunity-item', 'opportunity-lost-reason-detail'];
  return fc
    .tuple(resource === undefined ? fc.constantFrom(...resources) : fc.constant(resource), fc.nat(500))
    .map(([of, n]) => idPlace(of, n));
}

function number(schema: Schema): fc.Arbitrary<unknown> {
  const { minimum = -1_000_000, exclusiveMinimum, maximum = 1_000_000 } = schema;
  const min = exclusiveMinimum ?? minimum;
  const small = fc.integer({ min: Math.ceil(min), max: Math.floor(Math.min(maximum, min + 2_000_000)) });
  if (schema.type === 'integer') return small;
  const scaled = fc.tuple(small, fc.constantFrom(1, 10, 1000, 1e9)).map(([value, by]) => value / by);
  return scaled.filter((value) => value >= minimum && (exclusiveMinimum === undefined || value > exclusiveMinimum));
}

/** Values that the schema allows; `name` is that of the property. */
export function valid(given: Schema, resolve: Resolve, name = ''): fc.Arbitrary<unknown> {
  const schema = resolve(given);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((option) => valid(option, resolve, name)));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const [type, ...others] = [schema.type ?? 'object'].flat();
  const value = ofType({ ...schema, type: type ?? 'object' }, resolve, name);
  if (!others.includes('null')) return value;
  return fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) });
}

function ofType(schema: Schema, resolve: Resolve, name: string): fc.Arbitrary<unknown> {
  const { type, items = {}, minItems = 0, maxItems = 4, properties = {}, required = [] } = schema;
  switch (type) {
    case 'string':
      return text(schema, name);
    case 'number':
    case 'integer':
      return number(schema);
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valid(items, resolve, name), { minLength: minItems, maxLength: Math.min(maxItems, 4) });
    default:
      return objectOf(properties, required, resolve);
  }
}

/** An object with what is required and a few of what is not: all 40 would hardly ever be valid together. */
function objectOf(
  properties: Record<string, Schema>,
  required: readonly string[],
  resolve: Resolve,
): fc.Arbitrary<unknown> {
  const names = Object.keys(properties);
  const values = Object.fromEntries(names.map((name) => [name, valid(properties[name] ?? {}, resolve, name)]));
  const optional = names.filter((name) => !required.includes(name));
  return fc.subarray(optional, { maxLength: Math.min(optional.length, 8) }).chain((chosen) => {
    const wanted = new Set([...required, ...chosen]);
    return fc.record(
      Object.fromEntries(names.filter((name) => wanted.has(name)).map((name) => [name, values[name]])) as Record<
        string,
        fc.Arbitrary<unknown>
      >,
    );
  });
}
