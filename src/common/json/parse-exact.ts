import { readDecimal } from './exact-number.js';

/** In a text without it no number has more digits than a double holds. */
const LONG_NUMBER = /[\d.]{16}/;

/** JSON.parse, but with numbers that a double cannot hold as `ExactNumber`. Throws a SyntaxError for what is no JSON. */
export function parseExact(text: string): unknown {
  return LONG_NUMBER.test(text) ? new ExactParser(text).parse() : JSON.parse(text);
}

/** The closing quote of the string that begins at `start`; the end of the text if there is none. */
export function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) break;
    if (code === BACKSLASH) at++;
  }
  return at;
}

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPENING_BRACKET, CLOSING_BRACKET, OPENING_BRACE, CLOSING_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];
const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20];
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const WORD = /true|false|null/y;
// JSON allows no control characters in a string.
const PLAIN = /^[^\\\u0000-\u001f]*$/;

/** Reads a text as JSON.parse does, which rounds numbers before anyone sees them. */
class ExactParser {
  private at = 0;

  constructor(private readonly text: string) {}

  parse(): unknown {
    const value = this.value();
    if (!Number.isNaN(this.next())) throw this.unexpected();
    return value;
  }

  private value(): unknown {
    switch (this.next()) {
      case QUOTE:
        return this.string();
      case OPENING_BRACE:
        return this.object();
      case OPENING_BRACKET:
        return this.list();
      default:
        return this.numberOrWord();
    }
  }

  private object(): object {
    const object: Record<string, unknown> = {};
    this.at++;
    if (this.next() === CLOSING_BRACE) return this.closed(object);
    for (;;) {
      if (this.next() !== QUOTE) throw this.unexpected();
      const name = this.string();
      if (this.next() !== COLON) throw this.unexpected();
      this.at++;
      const value = this.value();
      if (name === '__proto__') define(object, name, value);
      else object[name] = value;
      if (this.next() === CLOSING_BRACE) return this.closed(object);
      this.skipComma();
    }
  }

  private list(): unknown[] {
    const list: unknown[] = [];
    this.at++;
    if (this.next() === CLOSING_BRACKET) return this.closed(list);
    for (;;) {
      list.push(this.value());
      if (this.next() === CLOSING_BRACKET) return this.closed(list);
      this.skipComma();
    }
  }

  /** What has no escapes and no control characters is taken as it stands; JSON.parse reads, or refuses, the rest. */
  private string(): string {
    const start = this.at;
    const end = endOfString(this.text, start);
    this.at = end + 1;
    const content = this.text.slice(start + 1, end);
    if (end < this.text.length && PLAIN.test(content)) return content;
    return JSON.parse(this.text.slice(start, end + 1)) as string;
  }

  private numberOrWord(): unknown {
    const number = this.token(NUMBER);
    if (number !== undefined) return readDecimal(number);
    const word = this.token(WORD);
    if (word === undefined) throw this.unexpected();
    return JSON.parse(word);
  }

  private token(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return undefined;
    const token = this.text.slice(this.at, pattern.lastIndex);
    this.at = pattern.lastIndex;
    return token;
  }

  /** The next character that says something; NaN at the end. */
  private next(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== SPACE && code !== LINE_FEED && code !== CARRIAGE_RETURN && code !== TAB) return code;
      this.at++;
    }
  }

  private skipComma(): void {
    if (this.next() !== COMMA) throw this.unexpected();
    this.at++;
  }

  private closed<T>(container: T): T {
    this.at++;
    return container;
  }

  private unexpected(): SyntaxError {
    return new SyntaxError(`Unexpected character at position ${this.at}.`);
  }
}

/** Assigned, it would be the prototype of the object. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
