import { execFile } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './documents.js';

/** Builds our client as its packing does, into the packages of a folder; its types are checked elsewhere. */
export async function installClient(nodeModules: string): Promise<void> {
  const target = join(nodeModules, 'crm-opportunity-client');
  await mkdir(target, { recursive: true });
  await copyFile(join(ROOT, 'client/package.json'), join(target, 'package.json'));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const words = ['-p', join(ROOT, 'client'), '--outDir', join(target, 'dist'), '--noCheck'];
  await promisify(execFile)(process.execPath, [compiler, ...words]);
}
