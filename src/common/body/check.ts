import type { Type } from '@nestjs/common';
import type { ParameterError } from '../errors/api.exception.js';
import { ExactNumber } from '../json/exact-number.js';
import { rulesOf, type FieldRules, type Rule } from './rules-of.js';

export interface Checked {
  /** The known, writable attributes that were given; a plain object. */
  value: Record<string, unknown>;
  /** Every failing parameter, in the order the fields are declared, then the unknown ones. */
  errors: ParameterError[];
}

/**
 * Checks a parsed body or query against the rules of its class. `strict` refuses read-only attributes instead of ignoring
 * them. A body of known attributes is its own value: a copy, made one by one, is an object that is slow ever after.
 */
export function check(type: Type, given: object, strict = false, path = ''): Checked {
  const { fields, ignored } = rulesOf(type);
  const errors: ParameterError[] = [];
  const body = given as Record<string, unknown>;
  const nested: Record<string, unknown> = {};
  for (const field of fields.values()) {
    const { name } = field;
    const entry = body[name];
    const problem = checkField(field, entry, body, path + name);
    if (problem !== undefined) errors.push(problem);
    else if (field.nested && Array.isArray(entry))
      nested[name] = checkNested(field.nested, entry, strict, path + name, errors);
  }
  const others = Object.keys(body).filter((name) => !fields.has(name));
  for (const name of others) {
    if (!ignored.has(name))
      errors.push({ param: path + name, code: 'parameter_unknown', message: unknownMessage(path + name) });
    else if (strict)
      errors.push({ param: path + name, code: 'parameter_read_only', message: `${path}${name} is read-only.` });
  }
  const known = others.length === 0 ? body : onlyKnown(body, fields);
  return { value: Object.keys(nested).length === 0 ? known : { ...known, ...nested }, errors };
}

function onlyKnown(body: object, fields: ReadonlyMap<string, FieldRules>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => fields.has(name)));
}

/** The first rule that fails tells; the rules of a field are declared from the most basic on. */
function checkField(field: FieldRules, entry: unknown, body: object, param: string): ParameterError | undefined {
  if (!field.conditions.every((holds) => holds(body, entry))) return undefined;
  if (entry === undefined && field.rules.length > 0)
    return { param, code: 'parameter_missing', message: `${param} is required.` };
  if (entry === null && field.rules.length > 0) return invalid(param, `${param} must not be null.`);
  for (const rule of field.rules) {
    const problem =
      rule.each && Array.isArray(entry) ? checkEach(rule, entry, body, param) : checkRule(rule, entry, body, param);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkEach(rule: Rule, entries: unknown[], body: object, param: string): ParameterError | undefined {
  for (const [index, entry] of entries.entries()) {
    const problem = checkRule(rule, entry, body, `${param}[${index}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkRule(rule: Rule, value: unknown, body: object, property: string): ParameterError | undefined {
  const args = { value, constraints: rule.constraints, targetName: '', property, object: body };
  return rule.passes(value, args) ? undefined : invalid(property, rule.message(args));
}

function checkNested(
  type: Type,
  entries: unknown[],
  strict: boolean,
  param: string,
  errors: ParameterError[],
): unknown[] {
  return entries.map((item, index) => {
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
