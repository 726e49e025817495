import { ParameterErrors } from '../errors/parameter-errors.js';
import { textProblem } from '../fields/rules.js';

export type RawQuery = Readonly<Record<string, string | string[]>>;

/** Takes parameters out of a raw query one by one and notes everything that is wrong with them. */
export class ParameterReader {
  readonly errors = new ParameterErrors();
  private readonly left: Map<string, string | string[]>;

  constructor(raw: RawQuery) {
    this.left = new Map(Object.entries(raw));
  }

  /**
   * What `read` makes of the parameter's text; a string is the rest of a sentence that says what is wrong with it, `several`
   * one that says what to do with more than one value.
   */
  take<T extends object>(param: string, read: (text: string) => T | string, several = ONLY_ONCE): T | undefined {
    const text = this.left.get(param);
    this.left.delete(param);
    return this.result(param, text, Array.isArray(text) ? () => several : read);
  }

  /** The same for a parameter that is a list: it may be given several times, also as `name[]`, and its texts are one list. */
  takeList<T extends object>(param: string, read: (text: string) => T | string): T | undefined {
    const names = [param, `${param}[]`];
    const texts = names.flatMap((name) => this.left.get(name) ?? []);
    for (const name of names) this.left.delete(name);
    return this.result(param, texts.length === 0 ? undefined : texts.join(','), read);
  }

  integer(param: string, min: number, max: number): number | undefined {
    return this.take(param, (text) => {
      const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
      if (!Number.isSafeInteger(value)) return 'must be an integer.';
      if (value < min) return `must not be less than ${min}.`;
      return value > max ? `must not be greater than ${max}.` : { value };
    })?.value;
  }

  flag(param: string): boolean | undefined {
    return this.take(param, (text) =>
      text === 'true' || text === 'false' ? { value: text === 'true' } : 'must be true or false.',
    )?.value;
  }

  /** The parameters that nobody has taken yet. */
  rest(): string[] {
    return [...this.left.keys()];
  }

  private result<T extends object>(
    param: string,
    text: string | string[] | undefined,
    read: (text: string) => T | string,
  ): T | undefined {
    if (text === undefined) return undefined;
    // The filter of a webhook endpoint is JSON, in which a text can have a lone surrogate.
    const result = textProblem(String(text), Infinity) ?? read(String(text));
    if (typeof result !== 'string') return result;
    this.refuse(param, result);
    return undefined;
  }

  /** `subject` is what the problem is about, where it is a part of the parameter. */
  refuse(param: string, problem: string, subject = param): void {
    this.left.delete(param);
    this.errors.add(param, 'parameter_invalid', () => `${subject} ${problem}`);
  }

  /** Whatever is left is unknown. */
  refuseRest(): void {
    for (const param of this.rest()) this.errors.addUnknown(param);
  }
}

const ONLY_ONCE = 'must be given only once.';
