import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadConfig } from '../config/config.js';
import { withDatabase } from '../database/with-database.js';
import { loadModules } from '../modules/load-modules.js';
import { runCommand } from './command.js';

const USAGE = `Usage: npm run --silent feed -- renew
  renew   begins a new log of events, so that clients of the feed notice that the database was set back
Run it after a recovery in place. A restored or copied database begins a new log by itself.
Works on the database at DATABASE_URL, or else on the embedded one in DATA_DIR.`;

async function renew(url: string): Promise<string> {
  const config = loadConfig(process.env);
  await loadModules(config.MODULES);
  const { dataSourceOptions } = await import('../database/data-source.js');
  const { renewLogs } = await import('../events/renew-logs.js');
  const dataSource = await new DataSource({ ...dataSourceOptions(config, url), poolSize: 2 }).initialize();
  const count = await renewLogs(dataSource).finally(() => dataSource.destroy());
  return `Renewed the log of ${count} workspaces.`;
}

await runCommand(() => {
  const [command, ...rest] = process.argv.slice(2);
  if (command !== 'renew' || rest.length > 0) throw new Error(USAGE);
  return withDatabase(loadConfig(process.env), renew);
});
