import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  type Call,
  computedFrom,
  deleted,
  type Deleted,
  type ExpectedVersions,
  type Filter,
  type ListRequest,
  type ObjectRequest,
  type Page,
  type PageQuery,
  type Placeholder,
  resourceMissing,
  TablePager,
  Table,
  pipeline,
  transact,
  transactOn,
  writeOn,
} from '../../common/index.js';
import type { EventView } from '../../history/history.dto.js';
import { HistoryService } from '../../history/history.service.js';
import { CONFIG, type Config } from '../../config/config.js';
import { lacksReason, lostReasonRequired, requireLostReason, retotalChanged } from './opportunity.aggregate.js';
import { OPPORTUNITY_CHANGES } from './opportunity.changes.js';
import { OpportunityChildrenService, type NewDeal } from './opportunity.children.service.js';
import { STAGE_JOIN } from './opportunity.computed.js';
import { CHILDREN, type CreateOpportunity, type UpdateOpportunity } from './opportunity.dto.js';
import { Opportunity } from './opportunity.entity.js';
import { isPlaced } from './opportunity.placement.js';
import {
  IN_NO_PIPELINE,
  type NewOpportunity,
  OpportunityPlacementService,
  rowOf,
  WITHOUT_PIPELINES,
} from './opportunity.placement.service.js';
import { SEARCH_EXPRESSION } from './opportunity.search.js';

const AMOUNT_PARTS = ['opportunity_amount', 'conversion_rate'];

@Injectable()
export class OpportunityService {
  readonly rows: Table<Opportunity>;
  private readonly pager: TablePager<Opportunity>;

  constructor(
    dataSource: DataSource,
    private readonly children: OpportunityChildrenService,
    private readonly histories: HistoryService,
    private readonly placements: OpportunityPlacementService,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.rows = new Table(dataSource, Opportunity, {
      parts: children.parts,
      joins: STAGE_JOIN,
      changeRules: OPPORTUNITY_CHANGES,
    });
    this.pager = new TablePager(this.rows, {
      search: SEARCH_EXPRESSION,
      readChildren: (call, ids, kinds, fields) => children.read(call, ids, kinds, fields),
      unversioned: ['stages'],
    });
  }

  list(call: Call, request: ListRequest): Promise<Page<Opportunity>> {
    return this.pager.page(call, request);
  }

  retrieve(call: Call, id: string, request: ObjectRequest): Promise<Opportunity> {
    return this.pager.retrieve(call, id, request);
  }

  /** All opportunities that match, some hundred at a time. */
  all(call: Call, request: ListRequest): AsyncGenerator<Opportunity[]> {
    return this.pager.all(call, request);
  }

  /** Do more opportunities match than these? */
  areMoreThan(call: Call, filter: Filter, most: number): Promise<boolean> {
    return this.pager.areMoreThan(call, filter, most);
  }

  /** The SQL condition of the opportunities that match, over the workspace as `$1`. */
  matching(filter: Filter, placeholder: Placeholder): string {
    return this.pager.matching(filter, placeholder);
  }

  /** Does a write of an opportunity, and answers what of it is wanted. */
  written(
    call: Call,
    request: ObjectRequest,
    write: (call: Call) => Promise<Opportunity>,
    id?: string,
  ): Promise<Opportunity> {
    return this.pager.written(call, request, write, id);
  }

  /** What is wanted of opportunities that were written, in the order of their ids. */
  writtenMany(call: Call, ids: readonly string[], fields: readonly string[]): Promise<Opportunity[]> {
    return this.pager.retrieveMany(call, ids, fields);
  }

  /** Every change of the opportunity and its children, newest first; also of one that was deleted. */
  history(call: Call, id: string, query: PageQuery): Promise<Page<EventView>> {
    return this.histories.list(call, this.rows, id, query);
  }

  async create(call: Call, body: CreateOpportunity): Promise<Opportunity> {
    const isAlone = body.items === undefined && body.lost_reasons === undefined;
    if (isAlone && this.placements.canGoWithout(call, body)) {
      this.requireReasonIn(body);
      const row = await computedFrom(AMOUNT_PARTS, body, this.rows.insertIf(call, rowOf(body), WITHOUT_PIPELINES));
      if (row !== undefined) return row;
    }
    const [row] = await transact(call, (call) => this.createMany(call, [body]));
    return row as Opportunity;
  }

  /** Inserts opportunities with their children, with few statements whatever their number; the caller has a transaction. */
  async createMany(call: Call, bodies: readonly NewOpportunity[]): Promise<Opportunity[]> {
    for (const body of bodies) this.requireReasonIn(body);
    const rows = await computedFrom(AMOUNT_PARTS, bodies[0] ?? {}, this.insertMany(call, bodies));
    const deals = rows.flatMap((parent, index) => {
      const body = bodies[index];
      return body?.items || body?.lost_reasons ? [{ parent, body }] : [];
    });
    if (deals.length === 0) return rows;
    const ids = deals.map(({ parent }) => parent.id);
    const { totalled } = await pipeline({
      inserted: computedFrom(['items'], { items: true }, this.children.insertWith(call, deals)),
      totalled: this.rows.findMany(call, ids),
      ...Object.fromEntries(CHILDREN.map((kind) => [kind, this.embedGiven(call, deals, kind)])),
    });
    const byId = new Map(totalled.map((row) => [row.id, row]));
    return rows.map((row) => Object.assign(row, byId.get(row.id)));
  }

  private async insertMany(call: Call, bodies: readonly NewOpportunity[]): Promise<Opportunity[]> {
    const rows = bodies.every((body) => this.placements.canGoWithout(call, body))
      ? await this.rows.insertManyIf(call, bodies.map(rowOf), WITHOUT_PIPELINES)
      : undefined;
    return rows ?? this.rows.insertMany(call, await this.placements.rowsOfNew(call, bodies));
  }

  /** Embeds a kind of children in the new deals that were created with it. */
  private embedGiven(call: Call, deals: readonly NewDeal[], kind: (typeof CHILDREN)[number]): Promise<void> {
    const given = deals.filter(({ body }) => body[kind] !== undefined).map(({ parent }) => parent);
    // Already here, as answers name the kinds in one order, whichever is read first.
    for (const parent of given) parent[kind] = [];
    return this.children.embed(call, given, [kind]);
  }

  async update(call: Call, id: string, body: UpdateOpportunity, expected?: ExpectedVersions): Promise<Opportunity> {
    return computedFrom(AMOUNT_PARTS, body, this.updateInWay(call, id, body, expected));
  }

  /** In one statement where that is enough. */
  private async updateInWay(
    call: Call,
    id: string,
    body: UpdateOpportunity,
    expected: ExpectedVersions,
  ): Promise<Opportunity> {
    const locked = (): Promise<Opportunity> =>
      transactOn(call, id, (call) => this.updateLocked(call, id, body, expected));
    if (this.needsLock(body)) return locked();
    if (!isPlaced(body)) return writeOn(call, id, () => this.rows.update(call, id, body, expected));
    if (!this.placements.canGoWithout(call, body)) return locked();
    const { pipeline_id: _none, ...change } = body;
    const row = await writeOn(call, id, () => this.rows.updateIf(call, id, change, expected, IN_NO_PIPELINE));
    return row ?? locked();
  }

  async remove(call: Call, id: string, expected: ExpectedVersions): Promise<Deleted> {
    await this.rows.delete(call, id, expected);
    return deleted(id);
  }

  /** Changes several opportunities, of which none is named twice; the caller has a transaction. Throws 404 for the first missing. */
  async updateMany(call: Call, changes: readonly ({ id: string } & UpdateOpportunity)[]): Promise<Opportunity[]> {
    // The id alone changes nothing, and a change that reaches further than its row is made alone.
    const isAlone = (change: UpdateOpportunity): boolean => this.needsLock(change) || Object.keys(change).length === 1;
    const placed = await this.placements.placedChanges(
      call,
      changes.filter((change) => !isAlone(change)),
    );
    const updated = computedFrom(AMOUNT_PARTS, placed[0] ?? {}, this.rows.updateMany(call, placed));
    const rows = new Map((await updated).map((row) => [row.id, row]));
    for (const { id, ...body } of changes.filter(isAlone)) rows.set(id, await this.update(call, id, body));
    return changes.map(({ id }) => rows.get(id) ?? this.missing(id));
  }

  /** Deletes several opportunities; the caller has a transaction. Throws 404 for the first missing. */
  async removeMany(call: Call, ids: readonly string[]): Promise<void> {
    const gone = new Set(await this.rows.deleteMany(call, ids));
    for (const id of ids) if (!gone.has(id)) this.missing(id);
  }

  private missing(id: string): never {
    throw resourceMissing(this.rows.resource, id);
  }

  /** Does the change reach further than its row? */
  private needsLock(change: UpdateOpportunity): boolean {
    return change.conversion_rate !== undefined || this.mayLackReason(change);
  }

  private mayLackReason({ status, order_lost_reason }: UpdateOpportunity): boolean {
    return this.config.REQUIRE_LOST_REASON && (status === 'Lost' || order_lost_reason !== undefined);
  }

  /** What reaches further than a row: a place in a pipeline; a new conversion rate, which changes the amounts of every line item, and with them the totals. */
  private async updateLocked(
    call: Call,
    id: string,
    body: UpdateOpportunity,
    expected: ExpectedVersions,
  ): Promise<Opportunity> {
    // First, as it waits for whoever changes pipelines.
    const choices = isPlaced(body) ? await this.placements.choices(call) : undefined;
    const locked = await this.children.lock(call, id, expected);
    const change = choices ? { ...body, ...this.placements.placer(choices).place(body, locked) } : body;
    const row = await this.rows.update(call, id, change);
    if (this.mayLackReason(body))
      await requireLostReason(call, this.config, id, body.status === 'Lost' ? 'status' : 'order_lost_reason');
    if (body.conversion_rate === undefined || row.conversion_rate === locked.conversion_rate) return row;
    const text = `update opportunity_item set conversion_rate = $3, version = version + 1
      where workspace_id = $1 and opportunity_id = $2 and conversion_rate <> $3`;
    const [, moved] = await call.manager.query<[unknown[], number]>(text, [call.workspaceId, id, row.conversion_rate]);
    if (moved === 0) return row;
    await retotalChanged(call, id);
    return this.rows.get(call, id);
  }

  /** A new opportunity is all in its body. */
  private requireReasonIn({ status = 'Open', order_lost_reason = null, lost_reasons }: CreateOpportunity): void {
    if (!this.config.REQUIRE_LOST_REASON) return;
    const has_lost_reasons = lost_reasons !== undefined && lost_reasons.length > 0;
    if (lacksReason({ status, order_lost_reason, has_lost_reasons })) throw lostReasonRequired('status');
  }
}
