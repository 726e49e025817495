import 'reflect-metadata';
import { loadConfig } from '../config/config.js';
import { withDatabase } from '../database/with-database.js';
import { loadModules, modulesIn } from '../modules/load-modules.js';
import { ModuleError } from '../modules/module-error.js';
import { registerModules } from '../modules/registry.js';
import { partsOfModule } from '../common/module/service-module.js';
import { runCommand } from './command.js';

const USAGE = `Usage: npm run --silent modules -- <command>
  list             shows the loaded modules from outside, and the modules that the database knows
  remove <name>    removes the tables and attributes of a module from the database, with all their data
Name a module as in MODULES. Works on the database at DATABASE_URL, or else on the embedded one in DATA_DIR.`;

/** Answers what goes to stdout. */
async function run(command: string | undefined, name: string | undefined): Promise<string> {
  const config = loadConfig(process.env);
  await loadModules(config.MODULES);
  if (command === 'list') {
    const { moduleTable } = await import('../database/list-modules.js');
    return withDatabase(config, (url) => moduleTable(config, url));
  }
  if (command !== 'remove' || name === undefined) throw new ModuleError(USAGE);
  const removed = await modulesIn(name);
  registerModules(removed);
  const { removeModule } = await import('../database/remove-module.js');
  const names = removed.flatMap((module) => partsOfModule(module)?.name ?? []);
  return withDatabase(config, async (url) => {
    let reverted = 0;
    for (const module of names) reverted += await removeModule(config, url, module);
    const isLoaded = config.MODULES?.includes(name) === true;
    const hint = isLoaded ? ' Take it out of MODULES, or the next start makes it anew.' : '';
    return reverted === 0
      ? `The database has nothing of ${name}.`
      : `Removed ${name} and its data: ${reverted} migrations reverted.${hint}`;
  });
}

await runCommand(() => {
  const [command, name] = process.argv.slice(2);
  return run(command, name);
});
