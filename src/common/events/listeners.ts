import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Call } from '../call/call.js';
import type { Change, ChangeFilter, ChangeListener } from './on-change.decorator.js';

interface Listener {
  filter: ChangeFilter<object>;
  run: ChangeListener<object>;
}

/** The methods that hear of the changes of one entity, in the order in which their modules are loaded. */
export class Listeners {
  private readonly all: Listener[] = [];

  add(filter: ChangeFilter<object>, run: ChangeListener<object>): void {
    this.all.push({ filter, run });
  }

  /** Tells of changes one after the other; answers whether anybody wanted to hear of one. */
  async tell<E extends object>(call: Call, changes: readonly Change<E>[]): Promise<boolean> {
    let isHeard = false;
    for (const change of changes as readonly Change<object>[])
      for (const { filter, run } of this.all)
        if (passes(change, filter)) {
          isHeard = true;
          await run(call, change);
        }
    return isHeard;
  }
}

/** By data source, as one process may have several services in tests. */
const known = new WeakMap<DataSource, Map<Type, Listeners>>();

/** Undefined as long as nobody listens. */
export function listenersOf(dataSource: DataSource, entity: Type): Listeners | undefined {
  return known.get(dataSource)?.get(entity);
}

export function listen(
  dataSource: DataSource,
  entity: Type,
  filter: ChangeFilter<object>,
  run: ChangeListener<object>,
): void {
  const byEntity = known.get(dataSource) ?? new Map<Type, Listeners>();
  known.set(dataSource, byEntity);
  const listeners = byEntity.get(entity) ?? new Listeners();
  byEntity.set(entity, listeners);
  listeners.add(filter, run);
}

function passes({ type, before, after }: Change<object>, { to, types }: ChangeFilter<object>): boolean {
  if (types !== undefined && !types.includes(type)) return false;
  if (to === undefined) return true;
  if (after === null) return false;
  const wanted = Object.entries(to);
  const has = (row: object, [name, value]: [string, unknown]): boolean =>
    (row as Record<string, unknown>)[name] === value;
  if (!wanted.every((entry) => has(after, entry))) return false;
  // What was not sent has not changed.
  return before === null || wanted.some((entry) => Object.hasOwn(before, entry[0]) && !has(before, entry));
}
