import { endOfString } from './parse-exact.js';

/** Objects and lists in each other, and in all; entries of all lists; and the names of one object. */
const MOST_LEVELS = 32;
const MOST_CONTAINERS = 20_000;
const MOST_ENTRIES = 100_000;
const MOST_NAMES = 500;

const [QUOTE, COMMA, COLON] = [0x22, 0x2c, 0x3a];
const [OPENING_BRACKET, CLOSING_BRACKET, OPENING_BRACE, CLOSING_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * In what way a JSON text is beyond every bound of a body; undefined if it is not. Asked before JSON.parse, which takes
 * many times longer for lists, objects and names than for as many bytes of text.
 */
export function beyondBounds(text: string): string | undefined {
  /** Names of the objects that are open, from the outermost to the innermost. */
  const names: number[] = [];
  let containers = 0;
  /** Commas of lists: with each name, a colon takes one back. */
  let entries = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPENING_BRACE:
      case OPENING_BRACKET:
        names.push(0);
        if (names.length > MOST_LEVELS) return `is nested more than ${MOST_LEVELS} levels deep`;
        if ((containers += 1) > MOST_CONTAINERS) return `has more than ${MOST_CONTAINERS} objects and lists`;
        break;
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        names.pop();
        break;
      case COMMA:
        if ((entries += 1) >= MOST_ENTRIES) return `has lists with more than ${MOST_ENTRIES} entries in all`;
        break;
      case COLON: {
        entries -= 1;
        const inside = names.length - 1;
        if ((names[inside] = (names[inside] ?? 0) + 1) > MOST_NAMES)
          return `has an object with more than ${MOST_NAMES} names`;
      }
    }
  }
  return undefined;
}
