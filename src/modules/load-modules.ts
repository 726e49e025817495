import type { Type } from '@nestjs/common';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { partsOfModule } from '../common/module/service-module.js';
import { ModuleError } from './module-error.js';
import { registerModules } from './registry.js';
import { refuseSecondCopies } from './second-copies.js';

/**
 * Loads the modules that MODULES names, packages or paths, in this order. Every entry point does so before it imports what
 * is made of entities. Throws a `ModuleError`.
 */
export async function loadModules(names: readonly string[] = []): Promise<void> {
  for (const name of names) registerModules(await modulesIn(name));
}

/** The modules that a package or a file exports. */
export async function modulesIn(name: string): Promise<Type[]> {
  const specifier = specifierOf(name);
  const folder = folderOf(specifier);
  if (folder !== undefined) refuseSecondCopies(name, folder);
  const found = (await importModule(name, specifier)) as Record<string, unknown>;
  const modules = [...new Set(Object.values(found))].filter(
    (value): value is Type => typeof value === 'function' && partsOfModule(value as Type) !== undefined,
  );
  if (modules.length === 0)
    throw new ModuleError(`MODULES names '${name}', which exports no class with @ServiceModule.`);
  return modules;
}

/** A package is looked for from the current folder, then from that of the service. */
function specifierOf(name: string): string {
  if (/^[./]/.test(name)) return pathToFileURL(resolve(name)).href;
  try {
    return pathToFileURL(createRequire(resolve('package.json')).resolve(name)).href;
  } catch {
    return name;
  }
}

async function importModule(name: string, specifier: string): Promise<unknown> {
  try {
    return await import(specifier);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing =
      code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${isFile(specifier) ? fileURLToPath(specifier) : name}'`);
    throw new ModuleError(
      isMissing
        ? `MODULES names '${name}', which is not installed. Install it, or remove it from MODULES.`
        : `The module '${name}' cannot be loaded: ${message}`,
      { cause: error },
    );
  }
}

/** Where the code of a module lies; undefined if Node does not find it. */
function folderOf(specifier: string): string | undefined {
  try {
    const url = isFile(specifier) ? specifier : import.meta.resolve(specifier);
    return dirname(fileURLToPath(url));
  } catch {
    return undefined;
  }
}

function isFile(specifier: string): boolean {
  return specifier.startsWith('file:');
}
