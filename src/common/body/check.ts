import type { Type } from '@nestjs/common';
import { childrenLimitMessage } from '../errors/limits.js';
import { ParameterErrors } from '../errors/parameter-errors.js';
import { mapProblems } from '../fields/text-map.rule.js';
import { ExactNumber } from '../json/exact-number.js';
import { rulesOf, type FieldRules, type Rule } from './rules-of.js';

const LONGEST_NAME = 200;

export interface CheckOptions {
  /** Refuses read-only attributes instead of ignoring them. */
  strict?: boolean;
  /** What stands before the names of parameters in errors. */
  path?: string;
  /** Most entries of a list of objects whose rules say no other number. */
  maxEntries?: number;
  /** Where the errors go; a list of their own unless given. */
  errors?: ParameterErrors;
}

export interface Checked {
  /** The known, writable attributes that were given; a plain object. */
  value: Record<string, unknown>;
  /** The failing parameters, in the order the fields are declared, then the unknown ones. */
  errors: ParameterErrors;
}

/** What stays the same from the body to the entries of its lists. */
interface Context {
  strict: boolean;
  maxEntries: number;
  errors: ParameterErrors;
}

/** Checks a parsed body or query against the rules of its class. */
export function check(type: Type, given: object, options: CheckOptions = {}): Checked {
  const { strict = false, path = '', maxEntries = Infinity, errors = new ParameterErrors() } = options;
  return { value: checkObject(type, given, path, { strict, maxEntries, errors }), errors };
}

/** A body of known attributes is its own value: a copy, made one by one, is an object that is slow ever after. */
function checkObject(type: Type, given: object, path: string, context: Context): Record<string, unknown> {
  const { fields, ignored } = rulesOf(type);
  const { errors, strict } = context;
  const body = given as Record<string, unknown>;
  const nested: Record<string, unknown> = {};
  for (const field of fields.values()) {
    const { name } = field;
    const entry = body[name];
    if (entry === undefined && field.mayBeAbsent) continue;
    if (!checkField(field, entry, body, path + name, context)) continue;
    if (field.nested && Array.isArray(entry)) nested[name] = checkNested(field.nested, entry, path + name, context);
  }
  const others = Object.keys(body).filter((name) => !fields.has(name));
  for (const name of others) {
    const param = path + inErrors(name);
    if (!ignored.has(name)) errors.addUnknown(param);
    else if (strict) errors.add(param, 'parameter_read_only', () => `${param} is read-only.`);
  }
  const known = others.length === 0 ? body : onlyKnown(body, fields);
  return Object.keys(nested).length === 0 ? known : { ...known, ...nested };
}

/** Goes through the fields, as a body may have any number of other names. */
function onlyKnown(body: Record<string, unknown>, fields: ReadonlyMap<string, FieldRules>): Record<string, unknown> {
  const names = [...fields.keys()].filter((name) => Object.hasOwn(body, name));
  return Object.fromEntries(names.map((name) => [name, body[name]]));
}

/** Does the value pass? The first rule that fails tells; the rules of a field are declared from the most basic on. */
function checkField(field: FieldRules, entry: unknown, body: object, param: string, context: Context): boolean {
  const { errors, maxEntries } = context;
  if (!field.conditions.every((holds) => holds(body, entry))) return true;
  if (entry === undefined && field.rules.length > 0) {
    errors.add(param, 'parameter_missing', () => `${param} is required.`);
    return false;
  }
  if (entry === null && field.rules.length > 0) {
    errors.add(param, 'parameter_invalid', () => `${param} must not be null.`);
    return false;
  }
  if (field.map) {
    for (const { key, message } of mapProblems(entry, field.map)) {
      const part = key === undefined ? param : `${param}.${inErrors(key)}`;
      errors.add(part, 'parameter_invalid', () => `${part} ${message}`);
    }
    return true;
  }
  for (const rule of field.rules) {
    const passes =
      rule.each && Array.isArray(entry)
        ? entry.every((value, index) => checkRule(rule, value, body, `${param}[${index}]`, errors))
        : checkRule(rule, entry, body, param, errors);
    if (!passes) return false;
  }
  // Before any entry is looked at, so that a list that is too long costs nothing more.
  if (!field.nested || field.hasMaxSize || !Array.isArray(entry) || entry.length <= maxEntries) return true;
  errors.add(param, 'children_limit_reached', () => childrenLimitMessage(maxEntries));
  return false;
}

function checkRule(rule: Rule, value: unknown, body: object, property: string, errors: ParameterErrors): boolean {
  const args = { value, constraints: rule.constraints, targetName: '', property, object: body };
  if (rule.passes(value, args)) return true;
  errors.add(property, 'parameter_invalid', () => rule.message(args));
  return false;
}

function checkNested(type: Type, entries: unknown[], param: string, context: Context): unknown[] {
  return entries.map((item, index) => {
    const itemParam = `${param}[${index}]`;
    if (isObject(item)) return checkObject(type, item, `${itemParam}.`, context);
    context.errors.add(itemParam, 'parameter_invalid', () => `${itemParam} must be an object.`);
    return item;
  });
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** A name of any length could be an attribute; an error repeats its beginning. */
function inErrors(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}…`;
}
