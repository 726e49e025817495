import { ApiException, invalidParameters, type ParameterError } from './api.exception.js';
import type { ErrorCode } from './error-codes.js';

/** More than this no person reads, and a body of 1 MB could have an answer of 50. */
const MOST_LISTED = 100;

/** How many more errors are put into words. */
export class ErrorBudget {
  left = MOST_LISTED;
}

/** Everything that is wrong with the parameters of a request: the first hundred errors in words, the others as a number. */
export class ParameterErrors {
  readonly listed: ParameterError[] = [];
  private unlisted = 0;

  /** Operations of one request share a budget, beyond which each of them still lists its first error. */
  constructor(private readonly budget = new ErrorBudget()) {}

  /** The message is a function, as an error that is not listed needs none. */
  add(param: string, code: ErrorCode, message: () => string): void {
    if (this.budget.left <= 0 && this.listed.length > 0) this.unlisted += 1;
    else this.listed.push({ param, code, message: message() });
    this.budget.left -= 1;
  }

  addUnknown(param: string): void {
    this.add(param, 'parameter_unknown', () => `${JSON.stringify(param)} is not a parameter of this operation.`);
  }

  /** Adds the errors of a part, but for those of parameters that are refused already. */
  addAll(part: ParameterErrors, refused: readonly string[] = []): void {
    for (const { param, code, message } of part.listed)
      if (!refused.includes(param)) this.add(param, code, () => message);
    this.unlisted += part.unlisted;
  }

  /** Runs a check that throws, and adds the parameters that it refuses; answers whether it refuses none. */
  addThrown(check: () => unknown): boolean {
    try {
      check();
      return true;
    } catch (error) {
      if (!(error instanceof ApiException) || error.fault.errors === undefined) throw error;
      for (const { param, code, message } of error.fault.errors) this.add(param, code, () => message);
      return false;
    }
  }

  /** Is the parameter or a part of it at fault? Beyond what is listed, every parameter may be. */
  includes(param: string): boolean {
    const isPart = (other: string): boolean => other.startsWith(`${param}.`) || other.startsWith(`${param}[`);
    return this.unlisted > 0 || this.listed.some((error) => error.param === param || isPart(error.param));
  }

  /** The answer to a request with these errors; undefined without any. */
  get exception(): ApiException | undefined {
    const [first, ...more] = this.listed;
    if (first === undefined) return undefined;
    return invalidParameters([first, ...more], this.listed.length + this.unlisted);
  }

  /** Throws 400 if there are any. */
  refuse(): void {
    const { exception } = this;
    if (exception !== undefined) throw exception;
  }
}
