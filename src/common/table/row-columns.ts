import type { Type } from '@nestjs/common';
import type { DataSource, EntityMetadata } from 'typeorm';
import { isOptIn } from '../fields/property-metadata.js';
import { mapsOf } from '../fields/entity-keys.js';
import { columnList } from './column-sql.js';

/** Columns that no body changes. */
const KEYS = new Set(['workspace_id', 'id', 'created_at', 'updated_at']);

/** A column of an entity as statements need it. */
export interface RowColumn {
  name: string;
  /** As in SQL, such as `numeric(21,9)`. */
  type: string;
  /** SQL expression; undefined where null is the default. */
  default: string | undefined;
  /** Is it a map, into which a change merges? */
  isMap: boolean;
}

/** The columns of one entity's table, in document order, by what statements do with them. */
export class RowColumns {
  /** All that are shown. */
  readonly stored: readonly string[];
  /** Those of default answers. */
  readonly byDefault: readonly string[];
  readonly writable: readonly RowColumn[];
  /** Those that a body may change. */
  readonly changeable: readonly RowColumn[];
  readonly hasChangeTime: boolean;
  private readonly writableNames: readonly string[];

  constructor(dataSource: DataSource, metadata: EntityMetadata, entity: Type, documented: readonly string[]) {
    const selected = new Set(metadata.columns.filter((column) => column.isSelect).map((column) => column.databaseName));
    this.stored = documented.filter((name) => selected.has(name));
    this.byDefault = this.stored.filter((name) => !isOptIn(entity, name));
    this.hasChangeTime = selected.has('updated_at');
    const maps = new Set(mapsOf(entity));
    this.writable = metadata.columns
      .filter((column) => column.isInsert && column.databaseName !== 'workspace_id')
      .map((column) => ({
        name: column.databaseName,
        type: dataSource.driver.createFullType({ ...column, type: dataSource.driver.normalizeType(column) } as never),
        default: dataSource.driver.normalizeDefault(column),
        isMap: maps.has(column.databaseName),
      }));
    this.writableNames = this.writable.map(({ name }) => name);
    this.changeable = this.writable.filter(({ name }) => !KEYS.has(name));
  }

  /** The names among the writable columns, in their order, so that bodies with the same keys share one prepared statement. */
  given(values: object): string[] {
    return this.writableNames.filter((name) => Object.hasOwn(values, name));
  }

  shown(names: readonly string[]): string[] {
    return names.filter((name) => this.stored.includes(name));
  }

  isMap(name: string): boolean {
    return this.find(name)?.isMap === true;
  }

  /** The type of a column as its values are stored; text that is too long is refused when it is written, not cut. */
  comparedAs(name: string): string {
    const type = this.find(name)?.type ?? 'text';
    return type.startsWith('character varying') ? 'text' : type;
  }

  /** The columns of default answers and the version, of the table or of an alias. */
  answered(alias: string): string {
    return columnList([...this.byDefault, 'version'], alias);
  }

  /** All that is shown and the version. */
  everything(alias: string): string {
    return columnList([...this.stored, 'version'], alias);
  }

  private find(wanted: string): RowColumn | undefined {
    return this.writable.find(({ name }) => name === wanted);
  }
}
