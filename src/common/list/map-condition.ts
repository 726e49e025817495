import { METADATA_LIMITS } from '../fields/identity.fields.js';
import { keyProblem } from '../fields/text-map.rule.js';
import type { Attribute } from './attributes.js';
import type { Condition, Operator } from './operators.js';

/** What a key of a map can be asked. */
export const OPERATORS_OF_MAP = ['eq', 'ne', 'in', 'is_null'] as const satisfies readonly Operator[];

/** A key of a map, and what is asked of its text. */
export interface MapKey {
  key: string;
  operator: Operator;
}

/**
 * What stands in brackets behind the name of a map: a key, and an operator in a second pair, such as `region][ne`. Answers
 * what is wrong with it as the rest of a sentence.
 */
export function readMapKey(name: string, brackets: string | undefined): MapKey | string {
  const wanted = `is not a filter of ${name}; use ${OPERATORS_OF_MAP.map((known) => mapParameter(name, 'key', known)).join(', ')}.`;
  if (brackets === undefined) return wanted;
  const [key = '', word, ...more] = brackets.split('][');
  const problem = keyProblem(key, METADATA_LIMITS);
  if (problem !== undefined) return `names no key: it ${problem}`;
  const operator = word === undefined ? 'eq' : OPERATORS_OF_MAP.find((known) => known === word && known !== 'eq');
  return operator === undefined || more.length > 0 ? wanted : { key, operator };
}

/** The query parameter that asks for a key. */
export function mapParameter(name: string, key: string, operator: Operator): string {
  return operator === 'eq' ? `${name}[${key}]` : `${name}[${key}][${operator}]`;
}

/**
 * The condition that a key has such a text. The index has the terms of each map that is not empty: `workspace/key` and
 * `workspace/key=text`. What it cannot find, objects without a text, is compared row by row.
 */
export function mapCondition({ name }: Attribute, { key, operator }: MapKey, texts: readonly string[]): Condition {
  const [text = ''] = texts;
  const hasTerms = (comparison: string, terms: string): string =>
    `(${name} <> '{}' and map_terms(workspace_id, ${name}) ${comparison} ${terms})`;
  const hasTerm = (place: string): string => hasTerms('@>', `array[$1::text || '/' || ${place}::text]`);
  switch (operator) {
    case 'ne':
      return { sql: (place) => `not ${name} @> ${place}::jsonb`, value: JSON.stringify({ [key]: text }) };
    case 'in': {
      const terms = (place: string): string =>
        `array(select $1::text || '/' || term from unnest(${place}::text[]) term)`;
      return { sql: (place) => hasTerms('&&', terms(place)), value: texts.map((each) => `${key}=${each}`) };
    }
    case 'is_null':
      return text === 'true'
        ? { sql: (place) => `not ${name} ? ${place}::text`, value: key }
        : { sql: hasTerm, value: key };
    default:
      return { sql: hasTerm, value: `${key}=${text}` };
  }
}
