import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--no-color'];

/** Runs test files, and answers what they said of a failure; undefined if all passed. */
export async function failureOfTests(
  files: string,
  environment: Record<string, string> = {},
): Promise<string | undefined> {
  return promisify(execFile)(process.execPath, [...VITEST, files], { env: { ...process.env, ...environment } }).then(
    () => undefined,
    (error: unknown) => (error as { stderr?: string }).stderr ?? String(error),
  );
}
