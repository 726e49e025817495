import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ModuleError } from './module-error.js';
import { thisPackage } from './this-package.js';

/** Libraries that know classes by identity: a module has to use the copy of the service. */
const SHARED = [
  'crm-opportunity-service',
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/swagger',
  'typeorm',
  'class-validator',
];

/** Throws if code in `folder` would get another copy of a shared library than the service. */
export function refuseSecondCopies(name: string, folder: string): void {
  for (const library of SHARED) {
    const ours = library === SHARED[0] ? thisPackage.folder : copyFrom(thisPackage.folder, library);
    const theirs = copyFrom(folder, library);
    if (ours === undefined || theirs === undefined || theirs === realpathSync(ours)) continue;
    throw new ModuleError(
      `The module '${name}' has a second copy of ${library} in ${theirs}. List ${library} in its peerDependencies, not in its ` +
        `dependencies, and install again: the service and its modules share one copy.`,
    );
  }
}

/** Where Node finds a library from a folder. */
function copyFrom(folder: string, library: string): string | undefined {
  const candidate = join(folder, 'node_modules', library);
  if (existsSync(candidate)) return realpathSync(candidate);
  return dirname(folder) === folder ? undefined : copyFrom(dirname(folder), library);
}
