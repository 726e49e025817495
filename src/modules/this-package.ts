import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NAME = 'crm-opportunity-service';

export interface PackageFile {
  name?: string;
  version: string;
}

/** The folder of this package, be it built or not, and its package.json. */
export const thisPackage: { folder: string; file: PackageFile } = find(dirname(fileURLToPath(import.meta.url)));

function find(folder: string): typeof thisPackage {
  const file = readPackage(folder);
  if (file?.name === NAME) return { folder, file };
  if (dirname(folder) === folder) throw new Error(`The service runs outside of its package ${NAME}.`);
  return find(dirname(folder));
}

/** The package.json of a folder, if it has one. */
export function readPackage(folder: string): PackageFile | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageFile;
  } catch {
    return undefined;
  }
}
