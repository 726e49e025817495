import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadConfig, type Config } from '../config/config.js';
import { requireSuitableDatabase } from '../database/suitable-database.js';
import { withDatabase } from '../database/with-database.js';
import { loadModules } from '../modules/load-modules.js';
import { ModuleError } from '../modules/module-error.js';
import { runCommand } from './command.js';

const USAGE = `Usage: npm run migration:<command>
  run | revert | show                     runs pending migrations, reverts the last one, or lists all
  generate -- --module <name> <path>      writes the migration that the module needs, as in src/migrations/add-colour
Works on the database at DATABASE_URL, or else on the embedded one in DATA_DIR.`;

/** What the command line of TypeORM reads. */
const ORMCONFIG = fileURLToPath(new URL('../../ormconfig.js', import.meta.url));

/** TypeORM's own command, on the configured database, so that it also works on the embedded one. */
async function typeorm(config: Config, url: string, words: readonly string[]): Promise<number> {
  await requireSuitableDatabase(url, config);
  const cli = createRequire(import.meta.url).resolve('typeorm/cli.js');
  const env = { ...process.env, DATABASE_URL: url };
  const child = spawn(process.execPath, [cli, ...words, '-d', ORMCONFIG], { stdio: 'inherit', env });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** Writes the migration into a file; answers what to say of it. */
async function generate(url: string, words: readonly string[]): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { module: { type: 'string' } },
  });
  const [path] = positionals;
  if (values.module === undefined || path === undefined || positionals.length > 1) throw new ModuleError(USAGE);
  const config = loadConfig(process.env);
  await loadModules(config.MODULES);
  const { generateMigration, nextMoment } = await import('../database/generate-migration.js');
  const moment = nextMoment();
  const text = await generateMigration(config, url, values.module, `${inCamelCase(basename(path))}${moment}`);
  if (text === undefined) return `The database already has everything that the module '${values.module}' needs.`;
  const file = join(dirname(path), `${moment}-${basename(path)}.ts`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(file, text);
  return `Wrote ${file}. Read it, and name its class in the module.`;
}

function inCamelCase(name: string): string {
  return name.replaceAll(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

await runCommand(() => {
  const [command = '', ...words] = process.argv.slice(2);
  if (!['run', 'revert', 'show', 'generate'].includes(command)) throw new ModuleError(USAGE);
  const config = loadConfig(process.env);
  return withDatabase(config, async (url) => {
    if (command === 'generate') return generate(url, words);
    process.exitCode = await typeorm(config, url, [`migration:${command}`, ...words]);
    return undefined;
  });
});
