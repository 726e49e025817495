import { format, resolveConfig } from 'prettier';
import type { Field } from './fields.js';
import { namesOf } from './names.js';
import * as templates from './templates.js';

/** The files of a new resource, by their paths, in the order in which one reads them. `moment` is the number of its migration. */
export async function resourceFiles(
  resource: string,
  fields: readonly Field[],
  moment: number,
): Promise<Map<string, string>> {
  const names = namesOf(resource, moment);
  const folder = `src/crm/${resource}`;
  const files: Record<string, string> = {
    [`${folder}/${resource}.entity.ts`]: templates.entityFile(names, fields),
    [`${folder}/${resource}.dto.ts`]: templates.bodiesFile(names),
    [`${folder}/${resource}.controller.ts`]: templates.controllerFile(names),
    [`${folder}/${resource}.module.ts`]: templates.moduleFile(names),
    [`${folder}/${moment}-${resource}.ts`]: templates.migrationFile(names, fields),
    [`test/${resource}.e2e-spec.ts`]: templates.testFile(names, fields),
  };
  const options = await resolveConfig('src/main.ts');
  const formatted = Object.entries(files).map(
    async ([path, text]) => [path, await format(text, { ...options, filepath: path })] as const,
  );
  return new Map(await Promise.all(formatted));
}
