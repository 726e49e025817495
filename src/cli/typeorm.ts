import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { loadConfig } from '../config/config.js';
import { loadEnvFile } from '../config/env-file.js';
import { requireSuitableDatabase } from '../database/suitable-database.js';
import { withDatabase } from '../database/with-database.js';

/** The TypeORM command line on the configured database, so that `npm run migration:*` also works on the embedded one. */
async function typeorm(url: string): Promise<number> {
  await requireSuitableDatabase(url);
  const cli = createRequire(import.meta.url).resolve('typeorm/cli.js');
  const env = { ...process.env, DATABASE_URL: url };
  const child = spawn(process.execPath, [cli, ...process.argv.slice(2)], { stdio: 'inherit', env });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

try {
  loadEnvFile();
  process.exitCode = await withDatabase(loadConfig(process.env), typeorm);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
