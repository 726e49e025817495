import { ParameterErrors } from '../errors/parameter-errors.js';

export type RawQuery = Readonly<Record<string, string | string[]>>;

/** Takes parameters out of a raw query one by one and notes everything that is wrong with them. */
export class ParameterReader {
  readonly errors = new ParameterErrors();
  private readonly left: Map<string, string | string[]>;

  constructor(raw: RawQuery) {
    this.left = new Map(Object.entries(raw));
  }

  /** What `read` makes of the parameter's text; a string is the rest of a sentence that says what is wrong with it. */
  take<T extends object>(param: string, read: (text: string) => T | string): T | undefined {
    const text = this.left.get(param);
    this.left.delete(param);
    if (text === undefined) return undefined;
    const result = Array.isArray(text) ? 'must be given only once.' : text.includes('\u0000') ? NUL : read(text);
    if (typeof result !== 'string') return result;
    this.refuse(param, result);
    return undefined;
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

const NUL = 'must not contain the character U+0000.';
