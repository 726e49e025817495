import type { DataSource } from 'typeorm';

/** By data source, as one process may have several services in tests. */
const known = new WeakMap<DataSource, readonly string[]>();

/** The names of the consumers of a service. Positions of others wait for their module to be loaded again. */
export function knownConsumers(dataSource: DataSource): readonly string[] {
  return known.get(dataSource) ?? [];
}

export function registerConsumers(dataSource: DataSource, names: readonly string[]): void {
  known.set(dataSource, names);
}
