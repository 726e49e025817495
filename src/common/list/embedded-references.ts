import type { Type } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import type { DataSource } from 'typeorm';
import type { Call } from '../call/call.js';
import { propertyNames } from '../fields/property-metadata.js';
import { whenLoaded } from '../docs/when-loaded.js';
import { referencesTo, type Reference } from '../fields/reference.field.js';
import { asAnswer } from '../table/answer-limit.js';
import { columnList, idsOf } from '../table/column-sql.js';

type Row = Record<string, unknown>;

/** What `expand` takes for an entity: kinds of children, and the references to it that have a name for it. */
export function expandableOf(entity: Type, children: readonly string[] = []): string[] {
  return [...children, ...referencesTo(entity).flatMap(({ options }) => options.expandAs ?? [])];
}

/** Documents the objects that refer to one of an entity, on the class that shows it with what `expand` embeds. */
export function EmbedsReferences(entity: Type): ClassDecorator {
  return (view) => {
    whenLoaded(() => {
      for (const { entity: type, options, isOrdered } of referencesTo(entity)) {
        if (options.expandAs === undefined) continue;
        const embedded = isOrdered ? 'Its children, in order' : 'The objects that refer to it, newest first';
        const description = `${embedded}, with \`expand=${options.expandAs}\`.`;
        ApiPropertyOptional({ type: [type], description })(view.prototype as object, options.expandAs);
      }
    });
  };
}

/** Reads the objects that refer to rows with these ids, a statement a kind; answers what embeds them in a row. */
export async function readReferences(
  call: Call,
  dataSource: DataSource,
  entity: Type,
  ids: readonly string[],
  kinds: readonly string[],
): Promise<(row: { id: string }) => void> {
  const wanted = referencesTo(entity).filter(({ options }) => kinds.includes(options.expandAs ?? ''));
  const groups = await Promise.all(wanted.map((reference) => groupsOf(call, dataSource, reference, ids)));
  return (row) => {
    for (const [at, { options }] of wanted.entries())
      Object.assign(row, { [options.expandAs ?? '']: groups[at]?.get(row.id) ?? [] });
  };
}

async function groupsOf(
  call: Call,
  dataSource: DataSource,
  { entity, name, isOrdered }: Reference,
  ids: readonly string[],
): Promise<Map<unknown, Row[]>> {
  const { tableName } = dataSource.getMetadata(entity);
  const order = isOrdered ? 'idx' : 'created_at desc, id desc';
  const text = `select ${columnList(propertyNames(entity), tableName)} from ${tableName}
    where workspace_id = $1 and ${name} = any(${idsOf('$2')}) order by ${order}`;
  const rows = await call.manager.query<Row[]>(asAnswer(text), [call.workspaceId, ids]);
  const groups = new Map<unknown, Row[]>();
  for (const row of rows) {
    const group = groups.get(row[name]);
    if (group === undefined) groups.set(row[name], [row]);
    else group.push(row);
  }
  return groups;
}
