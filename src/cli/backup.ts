import 'reflect-metadata';
import { BackupError } from '../backup/backup-format.js';
import { loadConfig } from '../config/config.js';
import { withDatabase } from '../database/with-database.js';
import { loadModules } from '../modules/load-modules.js';
import { runCommand } from './command.js';

const USAGE = `Usage: npm run --silent backup -- <command>
  dump <file>      writes all data to a file; the service may run
  restore <file>   restores a file of this version or an older one into an empty database
Works on the database at DATABASE_URL, or else on the embedded one in DATA_DIR.`;

/** Answers what goes to stdout. */
async function run(command: string, path: string): Promise<string> {
  const config = loadConfig(process.env);
  await loadModules(config.MODULES);
  const { dump } = await import('../backup/dump.js');
  const { restore } = await import('../backup/restore.js');
  const rows = await withDatabase(config, (url) => (command === 'dump' ? dump(url, path) : restore(config, url, path)));
  return command === 'dump' ? `Wrote ${rows} rows to ${path}.` : `Restored ${rows} rows.`;
}

await runCommand(() => {
  const [command = '', path, ...rest] = process.argv.slice(2);
  if (!['dump', 'restore'].includes(command) || path === undefined || rest.length > 0) throw new BackupError(USAGE);
  return run(command, path);
});
