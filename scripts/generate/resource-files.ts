import { format, resolveConfig } from 'prettier';
import type { Field } from './fields.js';
import * as childTemplates from './child-templates.js';
import { namesOf, parentNamesOf, type Names, type ParentNames } from './names.js';
import * as templates from './templates.js';

export interface NewResource {
  name: string;
  fields: readonly Field[];
  /** The resource whose ordered children the new ones are, if they are any. */
  childOf?: string | undefined;
  /** The number of the migration. */
  moment: number;
}

/** The files of a new resource, by their paths, in the order in which one reads them. */
export async function resourceFiles({ name, fields, childOf, moment }: NewResource): Promise<Map<string, string>> {
  const names = namesOf(name, moment);
  const files = childOf === undefined ? plainFiles(names, fields) : childFiles(names, fields, parentNamesOf(childOf));
  const folder = `src/crm/${name}`;
  const paths: Record<string, string> = {
    [`${folder}/${name}.entity.ts`]: files.entity,
    [`${folder}/${name}.dto.ts`]: files.bodies,
    [`${folder}/${name}.controller.ts`]: files.controller,
    [`${folder}/${name}.module.ts`]: templates.moduleFile(names),
    [`${folder}/${moment}-${name}.ts`]: files.migration,
    [`test/${name}.e2e-spec.ts`]: files.test,
  };
  const options = await resolveConfig('src/main.ts');
  const formatted = Object.entries(paths).map(
    async ([path, text]) => [path, await format(text, { ...options, filepath: path })] as const,
  );
  return new Map(await Promise.all(formatted));
}

/** The texts of the files that differ between resources and children. */
interface Texts {
  entity: string;
  bodies: string;
  controller: string;
  migration: string;
  test: string;
}

function plainFiles(names: Names, fields: readonly Field[]): Texts {
  return {
    entity: templates.entityFile(names, fields),
    bodies: templates.bodiesFile(names),
    controller: templates.controllerFile(names),
    migration: templates.migrationFile(names, fields),
    test: templates.testFile(names, fields),
  };
}

function childFiles(names: Names, fields: readonly Field[], parent: ParentNames): Texts {
  return {
    entity: childTemplates.entityFile(names, fields, parent),
    bodies: childTemplates.bodiesFile(names, parent),
    controller: childTemplates.controllerFile(names, parent),
    migration: childTemplates.migrationFile(names, fields, parent),
    test: childTemplates.testFile(names, fields, parent),
  };
}
