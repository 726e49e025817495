import { HttpStatus, type Type } from '@nestjs/common';
import type { Call } from '../call/call.js';
import { ApiException } from '../errors/api.exception.js';
import { externalIdOf, parentKeyOf, resourceOf } from '../fields/entity-keys.js';
import { idsOf } from './column-sql.js';

type Values = Readonly<Record<string, unknown>>;

/**
 * Keeps the ids that other systems gave to the rows of one table apart. The unique index is what keeps them apart for good;
 * this tells who has an id already, before the index would fail the transaction.
 */
export class ExternalIds {
  readonly name: string | undefined;
  private readonly parentKey: string | undefined;
  private readonly resource: string;

  constructor(
    private readonly table: string,
    entity: Type,
  ) {
    this.name = externalIdOf(entity);
    this.parentKey = parentKeyOf(entity);
    this.resource = resourceOf(entity);
  }

  /** Are rows known by these ids in the whole workspace, and not only among the children of a parent? */
  get areOfWorkspace(): boolean {
    return this.name !== undefined && this.parentKey === undefined;
  }

  /** Does a write give a row such an id? */
  isGiven(values: object): boolean {
    return this.name !== undefined && typeof (values as Values)[this.name] === 'string';
  }

  /**
   * Throws 409 if another row has an id that one of these is to have, be it in the table or among them. Rows that there are
   * come with their ids, new children with that of their parent.
   */
  async requireFree(call: Call, rows: readonly object[]): Promise<void> {
    const { name } = this;
    const wanted = rows.filter((row) => this.isGiven(row)) as Values[];
    if (name === undefined || wanted.length === 0) return;
    const holders = await this.holders(call, name, wanted);
    const seen = new Set<unknown>();
    for (const row of wanted) {
      const externalId = row[name] as string;
      const holder = holders.get(externalId);
      if (holder !== undefined && holder !== row['id']) throw externalIdTaken(name, externalId, this.resource, holder);
      if (seen.has(externalId)) throw externalIdTaken(name, externalId, this.resource);
      seen.add(externalId);
    }
  }

  /** The ids of the rows with these ids of other systems. */
  async find(call: Call, externalIds: readonly string[]): Promise<Map<string, string>> {
    return this.holders(
      call,
      this.name ?? '',
      externalIds.map((each) => ({ [this.name ?? '']: each })),
    );
  }

  private async holders(call: Call, name: string, wanted: readonly Values[]): Promise<Map<string, string>> {
    const ids = wanted.map((row) => row[name]);
    const among = this.parentKey === undefined ? '' : ` and ${this.siblings(this.parentKey, wanted)}`;
    const text = `select id, ${name} as external_id from ${this.table}
      where workspace_id = $1 and ${name} = any(${idsOf('$2')})${among}`;
    const parent = wanted[0]?.[this.parentKey ?? ''] ?? wanted[0]?.['id'];
    const parameters = [call.workspaceId, ids, ...(this.parentKey === undefined ? [] : [parent])];
    const found = await call.manager.query<{ id: string; external_id: string }[]>(text, parameters);
    return new Map(found.map(({ id, external_id }) => [external_id, id]));
  }

  /** The condition of the children of the parent `$3`, or of the one that has the child `$3`. */
  private siblings(parentKey: string, [first]: readonly Values[]): string {
    if (first?.[parentKey] !== undefined) return `${parentKey} = $3`;
    return `${parentKey} = (select ${parentKey} from ${this.table} where workspace_id = $1 and id = $3)`;
  }
}

/** 409 for an id of another system that another object has. */
export function externalIdTaken(param: string, externalId: string, resource: string, holder?: string): ApiException {
  const who = holder === undefined ? `Another ${resource}` : `The ${resource} '${holder}'`;
  const message = `${who} already has the ${param} '${externalId}'.`;
  return new ApiException(HttpStatus.CONFLICT, {
    code: 'external_id_taken',
    message,
    param,
    errors: [{ param, code: 'external_id_taken', message }],
  });
}
