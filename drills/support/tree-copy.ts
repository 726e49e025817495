import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const NOT_COPIED = ['node_modules', 'dist', '.git', '.data', '.bench', 'coverage'];

/** A copy of the checkout, with the same packages, for what changes its files or builds it anew. */
export class TreeCopy {
  private constructor(readonly folder: string) {}

  static async make(): Promise<TreeCopy> {
    const folder = await mkdtemp(join(tmpdir(), 'crm-copy-'));
    await cp('.', folder, { recursive: true, filter: (path) => !NOT_COPIED.includes(path) });
    await symlink(resolve('node_modules'), join(folder, 'node_modules'));
    return new TreeCopy(folder);
  }

  /** Where a file of the checkout is in the copy. */
  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Runs a line of the shell; answers what it printed if it failed, else undefined. */
  async failureOf(line: string): Promise<string | undefined> {
    return failureIn(this.folder, line);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Runs a line of the shell in a folder; answers the end of what it printed if it failed, else undefined. */
export async function failureIn(folder: string, line: string): Promise<string | undefined> {
  const done = promisify(execFile)('bash', ['-c', line], { cwd: folder, maxBuffer: 1e8 });
  return done.then(
    () => undefined,
    (error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      return `${line}: ${(stdout + stderr).slice(-3000)}`;
    },
  );
}
