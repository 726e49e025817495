import type { Attribute } from './attributes.js';
import { operatorsFor } from './operators.js';

/** One condition in the parameter `filter`: what it would be called as a parameter of its own, such as `total[gte]`, and its values. */
export interface FilterPart {
  name: string;
  values: string[];
}

export const MOST_FILTER_PARTS = 100;

const NAME = /\s*([a-z_]+(?:\[[A-Za-z0-9_.-]*\]){0,2})\s*:/y;
const QUOTED = /\s*"((?:[^"]|"")*)"\s*(?=[,|]|$)/y;
const PLAIN = /(?!\s*")[^,]*/y;
/** Of several values, each ends at a `|` as well. */
const PLAIN_OF_SEVERAL = /(?!\s*")[^,|]*/y;

/** The conditions of `status:Open,title[in]:"Acme, Inc."|Roe`, or what is wrong with it. */
export function readFilter(text: string, maps: readonly string[] = []): FilterPart[] | string {
  const parts: FilterPart[] = [];
  if (text.trim() === '') return parts;
  const scanner = new Scanner(text);
  do {
    const start = scanner.position;
    const part = readPart(scanner, maps);
    if (part === undefined) return notACondition(text.slice(start));
    parts.push(part);
  } while (scanner.skip(','));
  if (!scanner.isAtEnd) return notACondition(text.slice(scanner.position));
  return parts.length > MOST_FILTER_PARTS ? `takes at most ${MOST_FILTER_PARTS} conditions.` : parts;
}

function readPart(scanner: Scanner, maps: readonly string[]): FilterPart | undefined {
  const name = scanner.take(NAME);
  if (name === undefined) return undefined;
  // The first bracket behind a map is a key, whatever it says.
  const isList = name.endsWith('[in]') && !maps.some((map) => name === `${map}[in]`);
  const values: string[] = [];
  do {
    const quoted = scanner.take(QUOTED);
    const value = quoted?.replaceAll('""', '"') ?? scanner.take(isList ? PLAIN_OF_SEVERAL : PLAIN)?.trim();
    if (value === undefined) return undefined;
    values.push(value);
  } while (isList && scanner.skip('|'));
  return { name, values };
}

function notACondition(rest: string): string {
  const shown = rest.length > 60 ? `${rest.slice(0, 60)}…` : rest;
  const where = rest === '' ? 'ends where another condition should follow' : `cannot be read from here on: '${shown}'`;
  return `takes conditions such as status:Open,title[in]:"Acme, Inc."|Roe, and ${where}.`;
}

/** A text that is taken piece by piece. */
class Scanner {
  position = 0;

  constructor(private readonly text: string) {}

  get isAtEnd(): boolean {
    return this.position === this.text.length;
  }

  /** What the sticky pattern matches here: its group, or all of it if it has none. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.position = pattern.lastIndex;
    return match[1] ?? match[0];
  }

  skip(character: string): boolean {
    const isHere = this.text[this.position] === character;
    if (isHere) this.position += 1;
    return isHere;
  }
}

/** For the document: how the parameter is written, and which attributes it takes. */
export function filterDescription(attributes: readonly Attribute[]): string {
  const byOperators = new Map<string, string[]>();
  const maps = attributes.filter(({ kind }) => kind === 'map');
  for (const attribute of attributes) {
    if (attribute.kind === 'map') continue;
    const operators = operatorsFor({ ...attribute, nullable: false }).filter((operator) => operator !== 'eq');
    const key = inCode(operators);
    byOperators.set(key, [...(byOperators.get(key) ?? []), attribute.name]);
  }
  const lines = [...byOperators].map(([operators, names]) => `- ${operators}: ${inCode(names)}.`);
  const ofMaps = maps.map(({ name }) => `\n\n${mapDescription(name)}`).join('');
  return `${SYNTAX}\n\n${lines.join('\n')}\n- \`is_null\`: every attribute that may be null.${ofMaps}`;
}

function mapDescription(name: string): string {
  return `Write a key of \`${name}\` in brackets, and its operator in a second pair of brackets: \`${name}[region]:EMEA\`, \`${name}[region][in]:EMEA|APAC\`.
A key takes equality, \`ne\`, \`in\` and \`is_null\`. It can also be a parameter of its own: \`${name}[region]=EMEA\`.`;
}

function inCode(texts: readonly string[]): string {
  return texts.map((text) => `\`${text}\``).join(', ');
}

const SYNTAX = `All filters in one parameter: conditions, separated by commas. An object must meet all of them. An example:
\`status:Open,total[gte]:1000,title[in]:"Acme, Inc."|Roe\`. A condition is an attribute, an operator in brackets, a colon and a
value; without an operator it means equality. \`in\` takes up to 100 values, separated by \`|\`. Put a value in double quotes
if it has a comma, or for \`in\` a \`|\`; inside quotes, write a quote twice. Blanks around values are ignored.

Every attribute takes equality. Further operators:`;
