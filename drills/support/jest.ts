import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const JEST = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];

/** Runs test files, and answers what they said of a failure; undefined if all passed. */
export async function failureOfTests(...args: string[]): Promise<string | undefined> {
  return promisify(execFile)(process.execPath, [...JEST, ...args]).then(
    () => undefined,
    (error: unknown) => (error as { stderr?: string }).stderr ?? String(error),
  );
}
