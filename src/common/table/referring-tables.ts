import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { propertyNames } from '../fields/property-metadata.js';
import { referencesTo, type Reference } from '../fields/reference.field.js';
import { jsonOfValues, shownColumns } from './column-sql.js';
import type { ChildTables } from './table-events.js';

/** The rows of other resources that go when a row of the entity is deleted, for what the log keeps of the deletion. */
export function referringParts(dataSource: DataSource, entity: Type): ChildTables {
  const cascading = inSchema(dataSource, entity).filter(({ options }) => options.onDelete === 'cascade');
  return Object.fromEntries(
    cascading.map(({ entity: other, name, options, isOrdered }) => {
      const metadata = dataSource.getMetadata(other);
      const { tableName: table } = metadata;
      const json = (alias: string): string => jsonOfValues(shownColumns(metadata, propertyNames(other), alias));
      const order = isOrdered ? 'c.idx' : 'c.created_at desc, c.id desc';
      return [options.expandAs ?? table, { table, parentKey: name, json, order }];
    }),
  );
}

/** The tables whose changes stand in the history of a row of the entity. */
export function historyTablesOf(dataSource: DataSource, entity: Type): string[] {
  return inSchema(dataSource, entity)
    .filter(({ options }) => options.history)
    .map((reference) => dataSource.getMetadata(reference.entity).tableName);
}

function inSchema(dataSource: DataSource, entity: Type): Reference[] {
  return referencesTo(entity).filter((reference) => dataSource.hasMetadata(reference.entity));
}
