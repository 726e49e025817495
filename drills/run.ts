import 'reflect-metadata';
import { readdir } from 'node:fs/promises';
import { inspect, parseArgs } from 'node:util';
import type { Drill, Outcome } from './drill.js';

/* `npm run drill -- <name>… [--full] [--seed <number>]`: runs drills one after the other, prints a figure for each; 1 if one failed. */

const SUFFIX = '.drill.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const seed = Number(values.seed);
const known = (await readdir(import.meta.dirname))
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length))
  .sort();
const wanted = values.all ? known : positionals;
const unknown = wanted.filter((name) => !known.includes(name));

if (wanted.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`No such drill: ${unknown.join(', ')}.`);
  console.error(`Usage: npm run drill -- <name>… [--full] [--seed <number>], or --all. Drills: ${known.join(', ')}.`);
  process.exit(2);
}

const leftOut: string[] = [];
for (const name of wanted) {
  const { drill } = (await import(`./${name}${SUFFIX}`)) as { drill: Drill };
  if (drill.needs !== undefined && (process.env[drill.needs] ?? '') === '')
    console.log(`Left out, as ${drill.needs} is not set: ${name}.`);
  else if (values.all && drill.onlyFull === true && !values.full) leftOut.push(name);
  else if (!(await passes(name, drill))) process.exitCode = 1;
}
if (leftOut.length > 0) console.log(`Left out, as only --full has them: ${leftOut.join(', ')}.`);

async function passes(name: string, drill: Drill): Promise<boolean> {
  const log = (line: string): void => {
    console.log(`  ${line}`);
  };
  console.log(`${name}: ${drill.promise} (seed ${seed})`);
  const since = performance.now();
  const { passed, figure, failures } = await drill.run({ full: values.full, seed, log }).catch(gaveUp);
  failures.slice(0, 20).forEach(log);
  const seconds = Math.round((performance.now() - since) / 1000);
  console.log(`${passed ? 'PASSED' : 'FAILED'} ${name}: ${figure} (${seconds} s)\n`);
  return passed;
}

/** A drill that cannot be carried out has not passed, and does not keep the others from their turn. */
function gaveUp(error: unknown): Outcome {
  return { passed: false, figure: 'no figure, as it could not be carried out', failures: [inspect(error)] };
}
