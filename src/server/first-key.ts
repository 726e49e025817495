import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperatorKeys } from '../auth/operator-keys.js';
import { SCOPES } from '../common/routes/scopes.js';

/** The key of the embedded database: where it is kept, and the key itself if this start has made it. */
export interface FirstKey {
  path: string;
  made: string | undefined;
}

/**
 * Makes a key at the first start on the embedded database, in workspace `default`, and keeps it in a file only its owner
 * can read; makes it anew if it was revoked or the file is gone.
 */
export async function firstKey(dataDir: string, keys: OperatorKeys): Promise<FirstKey> {
  const path = join(dataDir, 'api-key');
  const kept = await readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
  if (kept !== '' && (await keys.isValid(kept))) return { path, made: undefined };
  const { secret } = await keys.create({ workspace: 'default', name: 'first key', scopes: SCOPES, mode: 'test' });
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  return { path, made: secret };
}
