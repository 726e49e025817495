import { Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { getMetadataArgsStorage, type MigrationInterface } from 'typeorm';
import type { ResourceExtension } from './extend-resource.js';

/** What a module brings beside what Nest knows of. All of it is known before Nest makes anything. */
export interface ServiceParts {
  /** Entities, each with its table. */
  entities?: readonly Type[];
  /** The migrations that make and change those tables, oldest first. */
  migrations?: readonly Type<MigrationInterface>[];
  /** Tags of the API document, each with its description, in the order in which they are shown. */
  tags?: Readonly<Record<string, string>>;
  /** Codes of errors that only this module answers, each with its meaning. */
  errors?: Readonly<Record<string, string>>;
  /** What it adds to resources of other modules. */
  extends?: readonly ResourceExtension[];
}

export interface ServiceModuleOptions extends ModuleMetadata, ServiceParts {
  /** The name of the module, unique in the service. */
  name: string;
  /** The versions of the service that a module from outside works with, as in `^0.2`. */
  compatible?: string;
}

/** A module as it describes itself. */
export interface ServiceModuleParts extends ServiceParts {
  name: string;
  compatible?: string;
  /** Where the copy of the kit lies that the module was made with. */
  kit: string;
}

/** One key for all copies of the kit, so that a module made with another copy is known as such. */
const PARTS = Symbol.for('crm-opportunity-service/parts of a module');

/** Where this copy of the kit lies. */
export const KIT = new URL('..', import.meta.url).href;

/** A module of Nest's that also says which entities, migrations and tags it brings. */
export function ServiceModule(options: ServiceModuleOptions): ClassDecorator {
  const { name, compatible, entities, migrations, tags, errors, extends: extensions, ...nest } = options;
  return (target) => {
    Module(nest)(target);
    const parts: ServiceModuleParts = {
      name,
      kit: KIT,
      ...(compatible !== undefined && { compatible }),
      ...(entities && { entities }),
      ...(migrations && { migrations }),
      ...(tags && { tags }),
      ...(errors && { errors }),
      ...(extensions && { extends: extensions }),
    };
    Reflect.defineMetadata(PARTS, parts, target);
  };
}

/** What a class says of itself as a module; undefined for one that is no module of the service. */
export function partsOfModule(module: Type): ServiceModuleParts | undefined {
  return Reflect.getOwnMetadata(PARTS, module) as ServiceModuleParts | undefined;
}

/** The modules and those they import, a module before its imports, each once. Throws for two with one name or one table. */
export function describedModules(modules: readonly Type[]): ServiceModuleParts[] {
  const parts = withImports(modules).flatMap((module) => partsOfModule(module) ?? []);
  const names = parts.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new Error(`Two modules are named '${twice}'.`);
  refuseSharedTables(parts);
  return parts;
}

/** What modules and those they import bring, a module before its imports, each once. */
export function partsOf(modules: readonly Type[]): Required<Omit<ServiceParts, 'extends'>> {
  const parts = describedModules(modules);
  const merged = (lists: (Readonly<Record<string, string>> | undefined)[]): Record<string, string> =>
    Object.assign({}, ...lists) as Record<string, string>;
  return {
    entities: parts.flatMap(({ entities }) => entities ?? []),
    migrations: parts.flatMap(({ migrations }) => migrations ?? []),
    tags: merged(parts.map(({ tags }) => tags)),
    errors: merged(parts.map(({ errors }) => errors)),
  };
}

/** The same, but a module after those it imports: the order in which their migrations run. */
export function importsFirst(modules: readonly Type[]): ServiceModuleParts[] {
  const found = new Set<Type>();
  const visit = (module: Type): void => {
    if (found.has(module)) return;
    importsOf(module).forEach(visit);
    found.add(module);
  };
  modules.forEach(visit);
  return [...found].flatMap((module) => partsOfModule(module) ?? []);
}

function refuseSharedTables(parts: readonly ServiceModuleParts[]): void {
  const owners = new Map<string, { module: string; entity: Type }>();
  for (const { name: module, entities = [] } of parts)
    for (const entity of entities) {
      const [{ name = entity.name } = {}] = getMetadataArgsStorage().filterTables(entity);
      const other = owners.get(name);
      if (other !== undefined && other.entity !== entity)
        throw new Error(`The modules '${other.module}' and '${module}' both have a table '${name}'.`);
      owners.set(name, { module, entity });
    }
}

/** The modules and those they import, each once. */
export function withImports(modules: readonly Type[], found = new Set<Type>()): Type[] {
  for (const module of modules) {
    if (found.has(module)) continue;
    found.add(module);
    withImports(importsOf(module), found);
  }
  return [...found];
}

function importsOf(module: Type): Type[] {
  return (Reflect.getOwnMetadata('imports', module) ?? []) as Type[];
}
