import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { installClient } from './built-client.js';
import { ROOT, type Block } from './documents.js';

const BETWEEN = '---- next block ----';

/** A package that the documents ask to install. */
const CLIENT = "from 'crm-opportunity-client'";

/** The address that the documents name. */
const DOCUMENTED_ORIGIN = 'http://127.0.0.1:3000';

export interface Surroundings {
  origin: string;
  /** What the file `.data/api-key` holds. */
  key: string;
  databaseUrl: string;
}

export interface Printed {
  stdout: string;
  stderr: string;
}

/**
 * Runs the blocks of one page in one shell, in a folder that looks like that of the service, and answers what each of them
 * printed. A command that fails ends the shell: the blocks behind it have printed nothing.
 */
export async function runBlocks(blocks: Block[], surroundings: Surroundings): Promise<Printed[]> {
  const directory = await mkdtemp(join(tmpdir(), 'crm-page-'));
  try {
    await furnish(directory, blocks, surroundings);
    const commands = blocks.filter(({ language }) => language === 'sh');
    const { stdout, stderr } = await runShell(directory, script(commands, surroundings), surroundings);
    const [printed, complaints] = [stdout, stderr].map((text) => text.split(`${BETWEEN}\n`));
    return commands.map((_block, index) => ({
      stdout: printed?.[index] ?? 'It was not reached.',
      stderr: complaints?.[index] ?? 'It was not reached.',
    }));
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function furnish(directory: string, blocks: Block[], { origin, key }: Surroundings): Promise<void> {
  for (const name of ['package.json', '.npmrc', 'dist']) await symlink(join(ROOT, name), join(directory, name));
  if (blocks.some(({ text }) => text.includes(CLIENT))) await furnishWithClient(join(directory, 'node_modules'));
  else await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  await mkdir(join(directory, '.data'));
  await writeFile(join(directory, '.data', 'api-key'), `${key}\n`);
  for (const { file, text } of blocks)
    if (file !== undefined) await writeFile(join(directory, file), text.replaceAll(DOCUMENTED_ORIGIN, origin));
}

async function furnishWithClient(nodeModules: string): Promise<void> {
  await installClient(nodeModules);
  // The workspace has a link of this name, to a folder that may not be built.
  const packages = (await readdir(join(ROOT, 'node_modules'))).filter((name) => name !== 'crm-opportunity-client');
  await Promise.all(packages.map((name) => symlink(join(ROOT, 'node_modules', name), join(nodeModules, name))));
}

function script(commands: Block[], { origin }: Surroundings): string {
  const blocks = commands.map(({ text }) => `${text}echo '${BETWEEN}'\necho '${BETWEEN}' >&2\n`);
  return `set -eu\n${blocks.join('')}`.replaceAll(DOCUMENTED_ORIGIN, origin);
}

async function runShell(directory: string, text: string, { origin, databaseUrl }: Surroundings): Promise<Printed> {
  const { PATH = '', HOME = directory } = process.env;
  const env = { PATH: await withCurl(directory, PATH), HOME, DATABASE_URL: databaseUrl, PORT: new URL(origin).port };
  return promisify(execFile)('sh', ['-c', text], { cwd: directory, env }).catch((error: unknown) => error as Printed);
}

/** A machine with Node alone has no curl; it then gets one that knows what the documents use of it. */
async function withCurl(directory: string, path: string): Promise<string> {
  const has = await promisify(execFile)('sh', ['-c', 'command -v curl'], { env: { PATH: path } }).then(
    () => true,
    () => false,
  );
  if (has) return path;
  const folder = join(directory, 'bin');
  await mkdir(folder);
  const program = join(import.meta.dirname, 'curl.js');
  await writeFile(join(folder, 'curl'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 });
  return folder + delimiter + path;
}
