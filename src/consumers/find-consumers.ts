import type { Type } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { consumerMethodsOf } from '../common/events/after-commit.decorator.js';
import type { EventConsumer } from '../common/index.js';
import { partsOfModule } from '../common/module/service-module.js';
import { wantedTypes, type WantedTypes } from '../events/event-types.js';
import { ModuleError } from '../modules/module-error.js';

/** A method with `@AfterCommit`, ready to be called. */
export interface Consumer {
  /** As in `acme-tickets/hand-over`. */
  name: string;
  types: WantedTypes | undefined;
  run: EventConsumer;
}

interface Provider {
  instance?: unknown;
  host?: { metatype?: Type | null };
}

/** The consumers of all providers, in the order of their modules. Throws a `ModuleError` for one that cannot work. */
export function findConsumers(discovery: DiscoveryService): Consumer[] {
  const consumers = (discovery.getProviders() as Provider[]).flatMap(consumersOf);
  const names = consumers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new ModuleError(`Two methods with @AfterCommit are both named '${twice}'.`);
  return consumers;
}

function consumersOf({ instance, host }: Provider): Consumer[] {
  if (typeof instance !== 'object' || instance === null) return [];
  return consumerMethodsOf(instance).map(({ name, types, method }) => {
    const run = (instance as Record<string, EventConsumer>)[method] as EventConsumer;
    return { name: fullName(name, host?.metatype), types: typesOf(name, types), run: run.bind(instance) };
  });
}

/** The module is a part of the name, so that two modules may use the same one, and the removal of a module finds its own. */
function fullName(name: string, host: Type | null | undefined): string {
  if (!/^[a-z][a-z0-9-]{0,79}$/.test(name))
    throw new ModuleError(
      `@AfterCommit has the name '${name}': use small letters, digits and hyphens, as in 'hand-over'.`,
    );
  const module = host && partsOfModule(host)?.name;
  if (!module)
    throw new ModuleError(
      `The provider with @AfterCommit '${name}' belongs to no module with @ServiceModule: list it in the providers of one.`,
    );
  return `${module}/${name}`;
}

function typesOf(name: string, types: readonly string[]): WantedTypes | undefined {
  const found = wantedTypes(types);
  if (typeof found === 'string') throw new ModuleError(`@AfterCommit '${name}' ${found}`);
  return found.wanted;
}
