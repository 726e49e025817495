import type { Answer } from './client.js';
import { addItem, addReason, createOpportunity, minimal } from './fixtures.js';
import type { Service } from './service.js';

/** Where a resource is created and updated, and a body with what it needs. */
export interface WriteTarget {
  create: string;
  update: string;
  body: object;
}

/** An opportunity with a child of each kind, as what is written to. */
export async function writeTargets({ api }: Service): Promise<Record<string, WriteTarget>> {
  const { id } = await createOpportunity(api);
  const item = await addItem(api, id);
  const reason = await addReason(api, id);
  const child = { opportunity_id: id };
  return {
    opportunity: { create: '/opportunity', update: `/opportunity/${id}`, body: minimal },
    item: { create: '/opportunity-item', update: `/opportunity-item/${item.id}`, body: child },
    reason: {
      create: '/opportunity-lost-reason-detail',
      update: `/opportunity-lost-reason-detail/${reason.id}`,
      body: { ...child, lost_reason: 'Price' },
    },
  };
}

/** All rows of all resources: what a refused request must leave as it is. */
export async function everyRow({ database }: Service): Promise<unknown> {
  const texts = ['opportunity', 'opportunity_item', 'opportunity_lost_reason_detail'].map((table) =>
    database.query(`select * from ${table} order by id`),
  );
  return Promise.all(texts);
}

/** A body as JSON text, in which one attribute has a value that may be any JSON. */
export function bodyWith(body: object, name: string, value: string): string {
  const { [name]: _replaced, ...rest } = body as Record<string, unknown>;
  return `${JSON.stringify(rest).replace(/}$/, Object.keys(rest).length > 0 ? ',' : '')}${JSON.stringify(name)}:${value}}`;
}

/** Status, type, code and parameter of an error. */
export function refusal({ status, body }: Answer): unknown[] {
  return [status, body.error?.type, body.error?.code, body.error?.param];
}
