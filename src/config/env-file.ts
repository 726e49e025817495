import { existsSync } from 'node:fs';

/** Takes variables that are not set from a file `.env` in the current folder, where there is one. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}
