import type { Type } from '@nestjs/common';
import type { EntityMetadata } from 'typeorm';
import { answerConstraint, type ParameterConstraint } from '../errors/constraints.js';
import { resourceOf } from '../fields/entity-keys.js';

/**
 * Has the unique constraints and foreign keys of an entity answered on their parameters. A deferred constraint is one that
 * the service itself has to keep, such as an order, and no parameter is to blame for it.
 */
export function answerConstraints(metadata: EntityMetadata, documented: readonly string[]): void {
  const resource = resourceOf(metadata.target as Type);
  const answer = (
    name: string,
    columns: EntityMetadata['columns'],
    references?: ParameterConstraint['references'],
  ): void => {
    const param = columns.map(({ databaseName }) => databaseName).findLast((column) => documented.includes(column));
    if (param !== undefined)
      answerConstraint(metadata.tableName, name, { param, resource, ...(references && { references }) });
  };
  for (const { name, columns, deferrable } of metadata.uniques) if (deferrable === undefined) answer(name, columns);
  for (const { name, columns, isUnique } of metadata.indices) if (isUnique) answer(name, columns);
  for (const { name, columns, referencedEntityMetadata } of metadata.foreignKeys) {
    const { tableName: table, target } = referencedEntityMetadata;
    if (columns.length > 1) answer(name, columns, { resource: resourceOf(target as Type), table });
  }
}
