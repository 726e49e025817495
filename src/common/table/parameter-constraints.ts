import type { Type } from '@nestjs/common';
import type { EntityMetadata } from 'typeorm';
import { answerConstraint, type ParameterConstraint } from '../errors/constraints.js';
import { externalIdOf, mapsOf, resourceOf } from '../fields/entity-keys.js';
import { METADATA_LIMITS } from '../fields/identity.fields.js';

/**
 * Has the unique constraints and foreign keys of an entity answered on their parameters. A deferred constraint is one that
 * the service itself has to keep, such as an order, and no parameter is to blame for it.
 */
export function answerConstraints(metadata: EntityMetadata, documented: readonly string[]): void {
  const entity = metadata.target as Type;
  const resource = resourceOf(entity);
  const answer = (
    name: string,
    columns: EntityMetadata['columns'],
    references?: ParameterConstraint['references'],
  ): void => {
    const param = columns.map(({ databaseName }) => databaseName).findLast((column) => documented.includes(column));
    if (param === undefined) return;
    const kind = param === externalIdOf(entity) ? { isExternalId: true as const } : references && { references };
    answerConstraint(metadata.tableName, name, { param, resource, ...kind });
  };
  for (const { name, columns, deferrable } of metadata.uniques) if (deferrable === undefined) answer(name, columns);
  for (const { name, columns, isUnique } of metadata.indices) if (isUnique) answer(name, columns);
  const { mostKeys } = METADATA_LIMITS;
  const rule = `must not have more than ${mostKeys} keys.`;
  for (const param of mapsOf(entity))
    answerConstraint(metadata.tableName, `${param}_at_most_${mostKeys}_keys`, { param, resource, rule });
  for (const { name, columns, referencedEntityMetadata } of metadata.foreignKeys) {
    const { tableName: table, target } = referencedEntityMetadata;
    if (columns.length > 1) answer(name, columns, { resource: resourceOf(target as Type), table });
  }
}
