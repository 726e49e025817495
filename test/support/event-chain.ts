import { isDeepStrictEqual } from 'node:util';
import { attributesOf } from '../../src/common/list/attributes.js';
import { Opportunity } from '../../src/crm/opportunity/opportunity.entity.js';
import type { Client, Json } from './client.js';

type Attributes = Record<string, unknown>;

/** What events can tell of, also beyond the default answers. */
const STORED = [
  ...attributesOf(Opportunity).flatMap(({ name, isComputed }) => (isComputed ? [] : [name])),
  ...['items.*', 'items.external_id', 'items.metadata'],
];

const CHILDREN = { opportunity_item: 'items', opportunity_lost_reason_detail: 'lost_reasons' } as const;

/** Values that the service computes: a change of them is no change that an event tells of. */
const COMPUTED = ['updated_at', 'base_opportunity_amount', 'base_total', 'total', 'base_amount', 'amount', 'base_rate'];

/**
 * Replays the history of one deal with its line items and lost reasons: what each event says was there must be what the
 * events before it left.
 */
export class EventChain {
  readonly breaks: string[] = [];
  events = 0;
  private createdBy: string | undefined;
  private version = 0;
  private readonly objects = new Map<string, { table: string; attributes: Attributes }>();

  constructor(
    private readonly id: string,
    /** Requests that number a whole list anew, instead of shifting the siblings of what they write. */
    private readonly listRequests: ReadonlySet<string>,
  ) {}

  /** Replays all there is, and holds the end of it against the objects themselves. */
  async check(api: Client): Promise<this> {
    const events = await wholeHistory(api, this.id);
    for (const event of events.reverse()) this.replay(event);
    const { status, body } = await api.get(`/opportunity/${this.id}?expand=items,lost_reasons&fields=${STORED.join()}`);
    const present = status === 404 ? [] : [body, ...body.items, ...body.lost_reasons];
    const left = [...this.objects.keys()].sort();
    if (!isDeepStrictEqual(left, present.map(({ id }: Json) => id as string).sort()))
      this.breaks.push(`${this.id}: the events leave other objects than there are`);
    for (const object of present) this.compare(object.id, 'in the end', object);
    return this;
  }

  private replay(event: Json): void {
    this.events += 1;
    if (event.version < this.version) this.breaks.push(`${event.id}: the version falls to ${event.version}`);
    this.version = event.version;
    const [table = '', what = ''] = event.type.split('.') as string[];
    // Objects of a module are in the history of the deal, too.
    if (table !== 'opportunity' && !(table in CHILDREN)) return;
    const { object_id: id, before, after } = event;
    if (what === 'reordered') this.reorder(event);
    if (what === 'created') {
      if (table === 'opportunity') this.createdBy = event.request_id;
      if (this.shifts(event, table)) this.shift(table, after.idx, Infinity, 1);
      this.objects.set(id, { table, attributes: { ...after } });
    }
    if (what === 'updated') {
      this.requireDifferences(event);
      this.compare(id, event.id, before, Object.keys(before));
      if (after.idx !== undefined && this.shifts(event, table)) this.move(table, before.idx, after.idx);
      Object.assign(this.objects.get(id)?.attributes ?? {}, after);
    }
    if (what === 'deleted') this.delete(event, table);
  }

  private delete({ object_id: id, id: event, request_id, before }: Json, table: string): void {
    this.compare(id, event, before);
    this.objects.delete(id);
    if (this.shifts({ request_id }, table)) this.shift(table, before.idx, Infinity, -1);
    if (table !== 'opportunity') return;
    for (const [childTable, list] of Object.entries(CHILDREN)) {
      const children: Json[] = before[list] ?? [];
      const ids = children.map(({ id }) => id as string);
      if (!isDeepStrictEqual(ids, this.order(childTable)))
        this.breaks.push(`${event}: the deleted deal lacks ${list}, or has too many`);
      for (const child of children) this.compare(child.id, event, child);
    }
    const amounts = ((before.items ?? []) as Json[]).map(({ amount }) => Number(amount));
    if (before.total !== amounts.reduce((sum, amount) => sum + amount, 0))
      this.breaks.push(`${event}: total and items of the deleted deal do not add up`);
    this.objects.clear();
  }

  private reorder({ id, type, before, after }: Json): void {
    const table = type.split('.')[0] as string;
    if (!isDeepStrictEqual(before.ids, this.order(table))) this.breaks.push(`${id}: reordered from another order`);
    for (const [index, child] of (after.ids as string[]).entries())
      Object.assign(this.objects.get(child)?.attributes ?? {}, { idx: index + 1 });
  }

  private requireDifferences({ id, before, after }: Json): void {
    const names = Object.keys(after ?? {});
    const differs = names.every((name) => !isDeepStrictEqual(before[name], after[name]));
    if (names.length === 0 || !differs || !isDeepStrictEqual(names, Object.keys(before)))
      this.breaks.push(`${id}: tells of what did not change: ${JSON.stringify({ before, after })}`);
  }

  /** What is said of an object, with nothing for null, against what the events so far have told of it. */
  private compare(id: string, at: string, said: Attributes, told?: readonly string[]): void {
    const known = this.objects.get(id)?.attributes;
    if (known === undefined) this.breaks.push(`${at}: ${id} is not there`);
    for (const [name, value] of Object.entries(known ?? {})) {
      if (COMPUTED.includes(name) || told?.includes(name) === false) continue;
      if (isDeepStrictEqual(said[name] ?? null, value)) continue;
      this.breaks.push(
        `${at}: ${id}.${name} is ${JSON.stringify(said[name])}, but was left as ${JSON.stringify(value)}`,
      );
    }
  }

  /** Does the write of a child shift its siblings? Those that a deal is created with come at their places. */
  private shifts({ request_id }: Json, table: string): boolean {
    return table !== 'opportunity' && !this.listRequests.has(request_id) && request_id !== this.createdBy;
  }

  private move(table: string, from: number, to: number): void {
    if (to < from) this.shift(table, to, from - 1, 1);
    else this.shift(table, from + 1, to, -1);
  }

  private shift(table: string, first: number, last: number, by: 1 | -1): void {
    for (const { table: other, attributes } of this.objects.values()) {
      const idx = attributes['idx'] as number;
      if (other === table && idx >= first && idx <= last) attributes['idx'] = idx + by;
    }
  }

  private order(table: string): string[] {
    return [...this.objects]
      .filter(([, object]) => object.table === table)
      .sort(([, a], [, b]) => (a.attributes['idx'] as number) - (b.attributes['idx'] as number))
      .map(([id]) => id);
  }
}

/** All events of a deal, newest first. */
async function wholeHistory(api: Client, id: string): Promise<Json[]> {
  const events: Json[] = [];
  for (let more = true; more;) {
    const { status, body, text } = await api.get(`/opportunity/${id}/history?limit=100&offset=${events.length}`);
    if (status !== 200) throw new Error(`the history of ${id}: ${status} ${text}`);
    events.push(...body.data);
    more = body.has_more;
  }
  return events;
}
