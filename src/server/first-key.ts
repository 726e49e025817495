import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperatorKeys } from '../auth/operator-keys.js';
import { SCOPES } from '../auth/scopes.js';

/**
 * The key that a start on the embedded database prints. Made at the first start, in workspace `default`, and kept in a
 * file only its owner can read; made anew if it was revoked or the file is gone.
 */
export async function firstKey(dataDir: string, keys: OperatorKeys): Promise<string> {
  const path = join(dataDir, 'api-key');
  const kept = await readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
  if (kept !== '' && (await keys.isValid(kept))) return kept;
  const { secret } = await keys.create({ workspace: 'default', name: 'first key', scopes: SCOPES, mode: 'test' });
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  return secret;
}
