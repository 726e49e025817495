import { ValidateBy } from 'class-validator';
import { ExactNumber } from '../json/exact-number.js';
import { textProblem } from './rules.js';

/** What a map of texts may have. */
export interface TextMapLimits {
  key: RegExp;
  /** Keys that the pattern allows, but nobody may use. */
  refusedKeys: readonly string[];
  /** What is said of a key that is not allowed, as the rest of a sentence. */
  keyRule: string;
  mostKeys: number;
  /** Of a text, in code points. */
  maxLength: number;
}

export const TEXT_MAP = 'isTextMap';

/** A problem of a map: of one of its keys, or of the map itself. */
export interface MapProblem {
  key?: string;
  /** The rest of a sentence. */
  message: string;
}

/** A map of texts; null stands for a key that is to be removed. The check of bodies names each key that is wrong. */
export function IsTextMap(limits: TextMapLimits): PropertyDecorator {
  const validator = {
    validate: (value: unknown) => mapProblems(value, limits).length === 0,
    defaultMessage: () => '$property must be an object with texts.',
  };
  return ValidateBy({ name: TEXT_MAP, constraints: [limits], validator });
}

/** Everything that is wrong with a map that was sent. */
export function mapProblems(value: unknown, limits: TextMapLimits): MapProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof ExactNumber)
    return [{ message: 'must be an object.' }];
  const entries = Object.entries(value);
  const problems = entries.flatMap(([key, text]): MapProblem[] => {
    const message = keyProblem(key, limits) ?? (text === null ? undefined : textProblem(text, limits.maxLength));
    return message === undefined ? [] : [{ key, message }];
  });
  const given = entries.filter(([, text]) => text !== null).length;
  return given > limits.mostKeys ? [tooManyKeys(limits), ...problems] : problems;
}

/** Undefined for a key that is allowed. */
export function keyProblem(name: string, { key, refusedKeys, keyRule }: TextMapLimits): string | undefined {
  return key.test(name) && !refusedKeys.includes(name) ? undefined : `${keyRule}.`;
}

function tooManyKeys({ mostKeys }: TextMapLimits): MapProblem {
  return { message: `must not have more than ${mostKeys} keys.` };
}
