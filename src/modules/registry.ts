import type { Type } from '@nestjs/common';
import semver from 'semver';
import { schemaName } from '../common/fields/property-metadata.js';
import { referencesFrom, referencesTo } from '../common/fields/reference.field.js';
import { applyExtension, prefixOf } from '../common/module/extend-resource.js';
import { KIT, describedModules, partsOfModule, type ServiceModuleParts } from '../common/module/service-module.js';
import { ModuleError } from './module-error.js';
import { thisPackage } from './this-package.js';

const registered: Type[] = [];
let isTaken = false;

/**
 * Adds modules from outside to the service of this process. Comes before everything that is made of entities, as modules
 * add to them. Throws a `ModuleError` for a module that does not fit.
 */
export function registerModules(modules: readonly Type[]): void {
  if (modules.length === 0) return;
  if (isTaken)
    throw new ModuleError(
      'Modules were given after the service was loaded. Import only createService before it is called.',
    );
  for (const module of modules) if (!registered.includes(module)) register(module);
}

/** The modules from outside. Whoever asks makes something of them, so none can be added afterwards. */
export function outsideModules(): readonly Type[] {
  isTaken = true;
  return registered;
}

function register(module: Type): void {
  const own = partsOfModule(module);
  if (own === undefined)
    throw new ModuleError(`${module.name} is not a module of the service: it lacks @ServiceModule.`);
  requireSameKit(own);
  requireCompatible(own);
  for (const parts of fitting([...registered, module]).filter(isNew)) {
    requireSameKit(parts);
    requirePrefixedCodes(parts);
    requireFreeEmbeddings(parts);
    for (const extension of parts.extends ?? [])
      asModuleError(() => {
        applyExtension(extension, parts.name);
      });
    extended.add(parts.name);
  }
  registered.push(module);
}

/** Names of the modules whose extensions are made. */
const extended = new Set<string>();

function isNew({ name }: ServiceModuleParts): boolean {
  return !extended.has(name);
}

function fitting(modules: readonly Type[]): ServiceModuleParts[] {
  return asModuleError(() => describedModules(modules));
}

/** Runs what only modules can make fail. */
export function asModuleError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new ModuleError(error instanceof Error ? error.message : String(error));
  }
}

function requireSameKit({ name, kit }: ServiceModuleParts): void {
  if (kit === KIT) return;
  throw new ModuleError(
    `The module '${name}' was made with a second copy of crm-opportunity-service, in ${kit}. List it in the ` +
      `peerDependencies of the module, and install again: the service and its modules share one copy.`,
  );
}

function requirePrefixedCodes({ name, errors = {} }: ServiceModuleParts): void {
  const code = Object.keys(errors).find((candidate) => !candidate.startsWith(prefixOf(name)));
  if (code === undefined) return;
  throw new ModuleError(
    `The module '${name}' has the error code '${code}': a code that a module adds begins with '${prefixOf(name)}'.`,
  );
}

/** What a module embeds in an object of another one stands among the attributes of that. */
function requireFreeEmbeddings({ name, entities = [] }: ServiceModuleParts): void {
  for (const { entity, target, options } of entities.flatMap(referencesFrom)) {
    const { expandAs } = options;
    const other = target();
    if (expandAs === undefined || entities.includes(other)) continue;
    if (!expandAs.startsWith(prefixOf(name)))
      throw new ModuleError(
        `The module '${name}' embeds '${expandAs}' in ${schemaName(other)}: the name of what a module embeds begins with '${prefixOf(name)}'.`,
      );
    const twin = referencesTo(other).find((each) => each.entity !== entity && each.options.expandAs === expandAs);
    if (twin !== undefined)
      throw new ModuleError(
        `${schemaName(twin.entity)} and ${schemaName(entity)} are both embedded in ${schemaName(other)} as '${expandAs}'.`,
      );
  }
}

function requireCompatible({ name, compatible }: ServiceModuleParts): void {
  const { version } = thisPackage.file;
  if (compatible === undefined)
    throw new ModuleError(
      `The module '${name}' does not say which versions of the service it works with: add compatible: '^${version}'.`,
    );
  if (semver.validRange(compatible) === null)
    throw new ModuleError(
      `The module '${name}' has compatible: '${compatible}', which is no range of versions, such as '^${version}'.`,
    );
  if (!semver.satisfies(version, compatible, { includePrerelease: true }))
    throw new ModuleError(
      `The module '${name}' works with version ${compatible} of the service, and this is ${version}.`,
    );
}
