import type { Type } from '@nestjs/common';
import { propertyNames, propertySchema, documentProperty, schemaName } from '../fields/property-metadata.js';
import { addDefaults } from '../fields/defaults.js';
import { OPT_IN } from '../fields/field.js';

/** What a module adds to the resource of another module. */
export interface ExtensionOptions<E> {
  /** New attributes, each with the decorator of its field. Their names begin with the prefix of the module. */
  attributes?: Readonly<Record<string, PropertyDecorator>>;
  /** Further rules for attributes that are there: decorators of class-validator. */
  rules?: Readonly<Partial<Record<keyof E & string, readonly PropertyDecorator[]>>>;
  /** Values for a new object whose body lacks the attribute. */
  defaults?: Readonly<Partial<E>>;
  /** Operations that the service does not offer, by their ids in the API document. */
  hide?: readonly string[];
}

export interface ResourceExtension extends ExtensionOptions<Record<string, unknown>> {
  resource: Type;
}

/** For `extends` of a module: adds to a resource of another module. It takes effect when the module is loaded. */
export function extendResource<E extends object>(resource: Type<E>, options: ExtensionOptions<E>): ResourceExtension {
  return { resource, ...(options as ExtensionOptions<Record<string, unknown>>) };
}

/** The beginning of the names of all attributes that a module adds: the first word of its name. */
export function prefixOf(module: string): string {
  return `${module.split('-')[0] ?? module}_`;
}

/** Makes the extension of a module, before bodies and statements are made of the resource. Throws for what does not fit. */
export function applyExtension(extension: ResourceExtension, module: string): void {
  const { resource, attributes = {}, rules = {}, defaults = {} } = extension;
  const prototype = resource.prototype as object;
  for (const [name, decorate] of Object.entries(attributes)) {
    requireFreeName(resource, name, module);
    decorate(prototype, name);
    documentProperty(resource, name, { ...propertySchema(resource, name), ...OPT_IN });
    refuseRequired(resource, name, module);
    owners.set(`${resource.name}.${name}`, module);
  }
  for (const [name, decorators] of Object.entries(rules)) {
    requireAttribute(resource, name, module, 'rules');
    for (const decorate of [...(decorators ?? [])].reverse()) decorate(prototype, name);
  }
  for (const [name, value] of Object.entries(defaults)) {
    requireAttribute(resource, name, module, 'defaults');
    documentProperty(resource, name, { ...propertySchema(resource, name), default: value });
  }
  addDefaults(resource, defaults);
}

/** Which module added an attribute, by `Entity.attribute`. */
const owners = new Map<string, string>();

function requireFreeName(resource: Type, name: string, module: string): void {
  const prefix = prefixOf(module);
  if (!name.startsWith(prefix) || name === prefix)
    throw new Error(
      `The module '${module}' adds '${name}' to ${schemaName(resource)}: the name of an attribute that a module adds begins with '${prefix}'.`,
    );
  const owner = owners.get(`${resource.name}.${name}`);
  if (owner !== undefined)
    throw new Error(`The modules '${owner}' and '${module}' both add '${name}' to ${schemaName(resource)}.`);
  if (propertyNames(resource).includes(name))
    throw new Error(`The module '${module}' adds '${name}' to ${schemaName(resource)}, which has it already.`);
}

/** Clients that know nothing of the module do not send its attributes. */
function refuseRequired(resource: Type, name: string, module: string): void {
  const schema = propertySchema(resource, name);
  if (schema.nullable || schema.readOnly || schema['default'] !== undefined) return;
  throw new Error(
    `The module '${module}' adds '${name}' to ${schemaName(resource)} as a required attribute: give it a default, or let it be null.`,
  );
}

function requireAttribute(resource: Type, name: string, module: string, where: string): void {
  if (propertyNames(resource).includes(name)) return;
  throw new Error(
    `The module '${module}' has ${where} for '${name}', which is no attribute of ${schemaName(resource)}.`,
  );
}
