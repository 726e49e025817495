import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { KINDS, readField } from './fields.js';
import { camel } from './names.js';
import { requireFreeNames } from './names-taken.js';
import { resourceFiles } from './resource-files.js';

const USAGE = `Usage: npm run generate -- resource <name> <field>... [--child-of <resource>]
  A name is written like sales-note; a field is name:kind, with ! for a required field.
  --child-of makes ordered children of the objects of another resource, such as the lines of a quotation.
  Kinds: ${KINDS.join(', ')}`;

/** Later than any migration there is, as they run in the order of these numbers. */
async function nextMoment(): Promise<number> {
  const names = await readdir('src', { recursive: true });
  const moments = names.map((name) => Number(/(\d{13})-[^/]+\.ts$/.exec(name)?.[1] ?? 0));
  return Math.max(Date.now(), ...moments.map((moment) => moment + 1));
}

try {
  const options = { 'child-of': { type: 'string' } } as const;
  const { positionals, values } = parseArgs({ allowPositionals: true, options });
  const [what, resource = '', ...fields] = positionals;
  const { 'child-of': childOf } = values;
  if (what !== 'resource' || !/^[a-z]+(-[a-z]+)*$/.test(resource) || fields.length === 0) throw new Error(USAGE);
  const read = fields.map(readField);
  requireFreeNames(
    resource,
    read.map(({ name }) => name),
    childOf,
  );
  const entity = `src/crm/${childOf}/${childOf}.entity.ts`;
  if (childOf !== undefined && !existsSync(entity))
    throw new Error(`There is no resource '${childOf}' to have children: ${entity} does not exist.`);
  if (childOf !== undefined && (await readFile(entity, 'utf8')).includes('extends ChildResource('))
    throw new Error(`'${childOf}' cannot have children, as its objects are children themselves.`);
  const files = await resourceFiles({ name: resource, fields: read, childOf, moment: await nextMoment() });
  for (const [path, text] of files) {
    await mkdir(dirname(path), { recursive: true });
    // Nothing that is there already is written over.
    await writeFile(path, text, { flag: 'wx' });
    console.log(path);
  }
  console.log(`Now name ${camel(resource)}Module in the imports of src/crm/crm.module.ts.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
