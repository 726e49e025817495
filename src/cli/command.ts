import { loadEnvFile } from '../config/env-file.js';

/** Runs a command and prints what it answers, or in a sentence why it failed. */
export async function runCommand(work: () => Promise<string | undefined>): Promise<void> {
  try {
    loadEnvFile();
    const output = await work();
    if (output !== undefined) console.log(output);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
