import type { Type } from '@nestjs/common';
import type { ParameterError } from '../errors/api.exception.js';
import { ExactNumber } from '../json/exact-number.js';
import { rulesOf, type FieldRules } from './rules-of.js';

export interface Checked {
  /** The known, writable attributes that were given; a plain object. */
  value: Record<string, unknown>;
  /** Every failing parameter, in the order the fields are declared, then the unknown ones. */
  errors: ParameterError[];
}

/** Checks a parsed body or query against the rules of its class. `strict` refuses read-only attributes instead of ignoring them. */
export function check(type: Type, given: object, strict = false, path = ''): Checked {
  const { fields, ignored } = rulesOf(type);
  const value: Record<string, unknown> = {};
  const errors: ParameterError[] = [];
  const body = given as Record<string, unknown>;
  for (const field of fields.values()) {
    const present = Object.hasOwn(body, field.name);
    const entry = present ? body[field.name] : undefined;
    const problem = checkField(field, entry, body, path + field.name);
    if (problem !== undefined) errors.push(problem);
    else if (present) value[field.name] = checkNested(field, entry, strict, path + field.name, errors);
  }
  for (const name of Object.keys(body)) {
    if (fields.has(name)) continue;
    if (!ignored.has(name))
      errors.push({ param: path + name, code: 'parameter_unknown', message: unknownMessage(path + name) });
    else if (strict)
      errors.push({ param: path + name, code: 'parameter_read_only', message: `${path}${name} is read-only.` });
  }
  return { value, errors };
}

/** The first rule that fails tells; the rules of a field are declared from the most basic on. */
function checkField(field: FieldRules, entry: unknown, body: object, param: string): ParameterError | undefined {
  if (!field.conditions.every((holds) => holds(body, entry))) return undefined;
  if (entry === undefined && field.rules.length > 0)
    return { param, code: 'parameter_missing', message: `${param} is required.` };
  if (entry === null && field.rules.length > 0) return invalid(param, `${param} must not be null.`);
  for (const rule of field.rules) {
    const entries = rule.each && Array.isArray(entry) ? (entry as unknown[]) : [entry];
    for (const [index, value] of entries.entries()) {
      const property = rule.each ? `${param}[${index}]` : param;
      const args = { value, constraints: rule.constraints, targetName: '', property, object: body };
      if (!rule.passes(value, args)) return invalid(property, rule.message(args));
    }
  }
  return undefined;
}

function checkNested(
  field: FieldRules,
  entry: unknown,
  strict: boolean,
  param: string,
  errors: ParameterError[],
): unknown {
  const type = field.nested;
  if (type === undefined || !Array.isArray(entry)) return entry;
  return entry.map((item: unknown, index) => {
    const itemParam = `${param}[${index}]`;
    if (!isObject(item)) {
      errors.push(invalid(itemParam, `${itemParam} must be an object.`));
      return item;
    }
    const checked = check(type, item, strict, `${itemParam}.`);
    errors.push(...checked.errors);
    return checked.value;
  });
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

function invalid(param: string, message: string): ParameterError {
  return { param, code: 'parameter_invalid', message };
}

function unknownMessage(param: string): string {
  return `${JSON.stringify(param)} is not a parameter of this operation.`;
}
