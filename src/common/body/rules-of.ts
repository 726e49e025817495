import type { Type } from '@nestjs/common';
import {
  ARRAY_MAX_SIZE,
  getMetadataStorage,
  IS_OPTIONAL,
  ValidationTypes,
  type ValidationArguments,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { propertySchema } from '../fields/property-metadata.js';
import { isGiven } from '../fields/rules.js';
import { TEXT_MAP, type TextMapLimits } from '../fields/text-map.rule.js';
import { readOnlyAttributes } from './read-only-attributes.js';

/*
 * class-validator's own engine looks its metadata up, groups it and allocates errors on every call: 164 µs for a body of
 * 45 attributes. The rules of a class never change after it is declared, so they are looked up once and then only run.
 */

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];
type Condition = (body: object, value: unknown) => boolean;

/** One check of one field, and the sentence for when it fails. */
export interface Rule {
  passes: (value: unknown, args: ValidationArguments) => boolean;
  message: (args: ValidationArguments) => string;
  constraints: unknown[];
  each: boolean;
}

export interface FieldRules {
  name: string;
  /** All must hold, else the field is not checked. */
  conditions: Condition[];
  /** Is it one that most bodies leave out, of which nothing is then to be checked? */
  mayBeAbsent: boolean;
  rules: Rule[];
  /** Documented class of the entries of a field marked with `@ValidateNested()`. */
  nested: Type | undefined;
  /** What a map of texts may have, where it is one: each of its keys is named in errors. */
  map: TextMapLimits | undefined;
  /** Has it a rule about its length? */
  hasMaxSize: boolean;
  /** Declared type `number`: what a query parameter's text is turned into. */
  numeric: boolean;
}

export interface ClassRules {
  fields: ReadonlyMap<string, FieldRules>;
  ignored: ReadonlySet<string>;
}

const compiled = new WeakMap<Type, ClassRules>();

/** The rules of a class that is decorated with class-validator, looked up once. Throws for rules that need waiting. */
export function rulesOf(type: Type): ClassRules {
  let rules = compiled.get(type);
  if (rules === undefined) compiled.set(type, (rules = compile(type)));
  return rules;
}

function compile(type: Type): ClassRules {
  const byField = new Map<string, Metadata[]>();
  for (const metadata of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false))
    byField.set(metadata.propertyName, [...(byField.get(metadata.propertyName) ?? []), metadata]);
  const fields = [...byField].map(([name, list]) => [name, compileField(type, name, list)] as const);
  return { fields: new Map(fields), ignored: readOnlyAttributes(type) };
}

function compileField(type: Type, name: string, list: Metadata[]): FieldRules {
  const ofType = (wanted: string): Metadata[] => list.filter((metadata) => metadata.type === wanted);
  const conditions = ofType(ValidationTypes.CONDITIONAL_VALIDATION).map(
    (metadata) => metadata.constraints[0] as Condition,
  );
  return {
    name,
    conditions,
    mayBeAbsent: conditions.includes(isGiven) || list.some((metadata) => metadata.name === IS_OPTIONAL),
    // Stacked decorators are applied from the last to the first; people write the most basic first.
    rules: ofType(ValidationTypes.CUSTOM_VALIDATION).map(compileRule).reverse(),
    nested: ofType(ValidationTypes.NESTED_VALIDATION).length > 0 ? nestedType(type, name) : undefined,
    map: list.find((metadata) => metadata.name === TEXT_MAP)?.constraints[0] as TextMapLimits | undefined,
    hasMaxSize: list.some((metadata) => metadata.name === ARRAY_MAX_SIZE),
    numeric: Reflect.getMetadata('design:type', type.prototype as object, name) === Number,
  };
}

function compileRule(metadata: Metadata): Rule {
  const [constraint] = getMetadataStorage().getTargetValidatorConstraints(metadata.constraintCls);
  if (constraint === undefined || constraint.async)
    throw new Error(`The rule on ${metadata.propertyName} cannot run at once; check it in the service instead.`);
  const { instance } = constraint;
  return {
    passes: (value, args) => instance.validate(value, args) === true,
    message: (args) => fillIn(messageOf(metadata, instance, args), args),
    constraints: (metadata.constraints as unknown[] | undefined) ?? [],
    each: metadata.each,
  };
}

function messageOf(metadata: Metadata, instance: ValidatorConstraintInterface, args: ValidationArguments): string {
  const { message } = metadata as { message?: Metadata['message'] };
  if (typeof message === 'function') return message(args);
  return message ?? instance.defaultMessage?.(args) ?? '$property is not valid';
}

/** class-validator's tokens in messages; whole sentences, as everywhere in the API. */
function fillIn(message: string, args: ValidationArguments): string {
  const text = message
    .replace(/^each value in /, '')
    .replaceAll('$property', () => args.property)
    .replaceAll(/\$constraint(\d+)/g, (_token, n: string) => String(args.constraints[Number(n) - 1]));
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function nestedType(type: Type, name: string): Type {
  const { type: documented } = propertySchema(type, name) as { type?: unknown };
  const entry: unknown = Array.isArray(documented) ? documented[0] : documented;
  if (typeof entry !== 'function')
    throw new Error(`${type.name}.${name} needs @ApiProperty({ type: [Class] }) beside @ValidateNested().`);
  return entry as Type;
}
