import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { KINDS, readField } from './fields.js';
import { camel } from './names.js';
import { requireFreeNames } from './names-taken.js';
import { resourceFiles } from './resource-files.js';

const USAGE = `Usage: npm run generate -- resource <name> <field>...
  A name is as in sales-note; a field is name:kind, with ! for a required one.
  Kinds: ${KINDS.join(', ')}`;

/** Later than any migration there is, as they run in the order of these numbers. */
async function nextMoment(): Promise<number> {
  const names = await readdir('src', { recursive: true });
  const moments = names.map((name) => Number(/(\d{13})-[^/]+\.ts$/.exec(name)?.[1] ?? 0));
  return Math.max(Date.now(), ...moments.map((moment) => moment + 1));
}

try {
  const [what, resource = '', ...fields] = parseArgs({ allowPositionals: true }).positionals;
  if (what !== 'resource' || !/^[a-z]+(-[a-z]+)*$/.test(resource) || fields.length === 0) throw new Error(USAGE);
  const read = fields.map(readField);
  requireFreeNames(
    resource,
    read.map(({ name }) => name),
  );
  const files = await resourceFiles(resource, read, await nextMoment());
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
