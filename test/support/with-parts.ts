/* The parts of statements, as an engine sees them that runs a `with` part by part. */

export interface Part {
  /** Undefined for what stands behind the `with`. */
  name: string | undefined;
  text: string;
}

/** The parts of a `with` in order, and last what stands behind it; a single part for a statement without one. */
export function partsOf(statement: string): Part[] {
  const begin = /^\s*with\s+(?=\w)/i.exec(statement);
  if (begin === null) return [{ name: undefined, text: statement }];
  const parts: Part[] = [];
  let rest = statement.slice(begin[0].length);
  for (;;) {
    const head = /^\s*(\w+)\s+as\s+(?:not\s+materialized\s+|materialized\s+)?\(/i.exec(rest);
    if (head === null) throw new Error(`No part of a with: ${rest.slice(0, 80)}`);
    const end = closingOf(rest, head[0].length);
    parts.push({ name: head[1], text: rest.slice(head[0].length, end) });
    const next = /^\)\s*,/.exec(rest.slice(end));
    if (next === null) return [...parts, { name: undefined, text: rest.slice(end + 1) }];
    rest = rest.slice(end + next[0].length);
  }
}

/** Where the parenthesis is closed that was opened before `from`. */
function closingOf(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === "'" || character === '"') at = text.indexOf(character, at + 1);
    else if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return at;
  }
  throw new Error(`A parenthesis is not closed: ${text.slice(from, from + 80)}`);
}

const WRITES = /\b(?:insert into|(?<!for )(?<!do )(?<!no key )update|delete from)\s+(\w+)/gi;

/** The tables that a part writes. */
export function written({ text }: Part): string[] {
  return [...text.matchAll(WRITES)].map(([, table = '']) => table);
}

/** Of these tables those that a part reads, the ones that it updates or deletes from among them. */
export function readOf({ text }: Part, tables: readonly string[]): string[] {
  const reading = text.replaceAll(/\binsert into \w+ \([^)]*\)/gi, '');
  return tables.filter((table) =>
    new RegExp(`\\b(?:from|join|using|update)\\s+${table}\\b|[^(\\w],\\s*${table}\\s+(?:\\w|,|$)`, 'i').test(reading),
  );
}

/** What the updates of a part set. */
export function setsOf({ text }: Part): string[] {
  const sets = [...text.matchAll(/\bupdate\s+\w+(?:\s+(?:as\s+)?(?!set\b)\w+)?\s+set\s/gi)];
  return sets.map((found) => untilClause(text.slice(found.index + found[0].length)));
}

/** The text up to the first clause behind it that no parenthesis encloses. */
function untilClause(text: string): string {
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "'" || character === '"') at = text.indexOf(character, at + 1);
    else if (character === '(') at = closingOf(text, at + 1);
    else if (/^\s(?:from|where|returning)\s/i.test(text.slice(at, at + 11))) return text.slice(0, at);
  }
  return text;
}
