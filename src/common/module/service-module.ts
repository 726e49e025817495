import { Module, type ModuleMetadata, type Type } from '@nestjs/common';
import type { MigrationInterface } from 'typeorm';

/** What a module brings beside what Nest knows of. All of it is known before Nest makes anything. */
export interface ServiceParts {
  /** Entities, each with its table. */
  entities?: readonly Type[];
  /** The migrations that make and change those tables, oldest first. */
  migrations?: readonly Type<MigrationInterface>[];
  /** Tags of the API document, each with its description, in the order in which they are shown. */
  tags?: Readonly<Record<string, string>>;
}

export interface ServiceModuleOptions extends ModuleMetadata, ServiceParts {
  /** The name of the module, unique in the service. */
  name: string;
}

type Parts = ServiceParts & { name: string };

const PARTS = Symbol('parts of the service');

/** A module of Nest's that also says which entities, migrations and tags it brings. */
export function ServiceModule({ name, entities, migrations, tags, ...nest }: ServiceModuleOptions): ClassDecorator {
  return (target) => {
    Module(nest)(target);
    const parts: Parts = {
      name,
      ...(entities && { entities }),
      ...(migrations && { migrations }),
      ...(tags && { tags }),
    };
    Reflect.defineMetadata(PARTS, parts, target);
  };
}

/** What modules and those they import bring, a module before its imports, each once. */
export function partsOf(modules: readonly Type[]): Required<ServiceParts> {
  const parts = withImports(modules).flatMap((module) => (Reflect.getOwnMetadata(PARTS, module) ?? []) as Parts | []);
  const names = parts.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new Error(`Two modules are named '${twice}'.`);
  return {
    entities: parts.flatMap(({ entities }) => entities ?? []),
    migrations: parts.flatMap(({ migrations }) => migrations ?? []),
    tags: Object.assign({}, ...parts.map(({ tags }) => tags)) as Record<string, string>,
  };
}

function withImports(modules: readonly Type[], found = new Set<Type>()): Type[] {
  for (const module of modules) {
    if (found.has(module)) continue;
    found.add(module);
    withImports((Reflect.getOwnMetadata('imports', module) ?? []) as Type[], found);
  }
  return [...found];
}
