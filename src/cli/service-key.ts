import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.js';

/** The key with which a command calls a service: the one given, else the one that the service was started with. */
export async function findServiceKey({ BOOTSTRAP_API_KEY, DATA_DIR }: Config, command: string): Promise<string> {
  const { API_KEY = '' } = process.env;
  if (API_KEY !== '') return API_KEY;
  if (BOOTSTRAP_API_KEY !== undefined) return BOOTSTRAP_API_KEY;
  const path = join(DATA_DIR, 'api-key');
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(
      `There is no key in ${path}. Start the service first, or give a key: API_KEY=sk_test_… npm run ${command}`,
    );
  });
  return text.trim();
}
