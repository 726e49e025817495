import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  type Call,
  computedFrom,
  deleted,
  type Deleted,
  type ExpectedVersions,
  type ListRequest,
  type ObjectRequest,
  type Page,
  type PageQuery,
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
import { lacksReason, lostReasonRequired, requireLostReason, retotalOpportunity } from './opportunity.aggregate.js';
import { endedWhenCreated, OPPORTUNITY_CHANGES } from './opportunity.changes.js';
import { OpportunityChildrenService, type NewDeal } from './opportunity.children.service.js';
import { STAGE_JOIN } from './opportunity.computed.js';
import { EXPANDABLE, type CreateOpportunity, type UpdateOpportunity } from './opportunity.dto.js';
import { Opportunity } from './opportunity.entity.js';
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
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.rows = new Table(dataSource, Opportunity, {
      parts: children.parts,
      joins: STAGE_JOIN,
      changeRules: OPPORTUNITY_CHANGES,
    });
    this.pager = new TablePager(this.rows, {
      search: SEARCH_EXPRESSION,
      readChildren: (call, ids, kinds) => children.read(call, ids, kinds),
    });
  }

  list(call: Call, request: ListRequest): Promise<Page<Opportunity>> {
    return this.pager.page(call, request);
  }

  retrieve(call: Call, id: string, request: ObjectRequest): Promise<Opportunity> {
    return this.pager.retrieve(call, id, request);
  }

  /** Every change of the opportunity and its children, newest first; also of one that was deleted. */
  history(call: Call, id: string, query: PageQuery): Promise<Page<EventView>> {
    return this.histories.list(call, this.rows, id, query);
  }

  async create(call: Call, body: CreateOpportunity): Promise<Opportunity> {
    if (body.items === undefined && body.lost_reasons === undefined) {
      this.requireReasonIn(body);
      return computedFrom(AMOUNT_PARTS, body, this.rows.insert(call, attributesOf(body)));
    }
    const [row] = await transact(call, (call) => this.createMany(call, [body]));
    return row as Opportunity;
  }

  /** Inserts opportunities with their children, with few statements whatever their number; the caller has a transaction. */
  async createMany(call: Call, bodies: readonly CreateOpportunity[]): Promise<Opportunity[]> {
    for (const body of bodies) this.requireReasonIn(body);
    const insert = this.rows.insertMany(call, bodies.map(attributesOf));
    const rows = await computedFrom(AMOUNT_PARTS, bodies[0] ?? {}, insert);
    const deals = rows.flatMap((parent, index) => {
      const body = bodies[index];
      return body?.items || body?.lost_reasons ? [{ parent, body }] : [];
    });
    if (deals.length === 0) return rows;
    const ids = deals.map(({ parent }) => parent.id);
    const { totalled } = await pipeline({
      inserted: computedFrom(['items'], { items: true }, this.children.insertWith(call, deals)),
      totalled: this.rows.findMany(call, ids),
      ...Object.fromEntries(EXPANDABLE.map((kind) => [kind, this.embedGiven(call, deals, kind)])),
    });
    const byId = new Map(totalled.map((row) => [row.id, row]));
    return rows.map((row) => Object.assign(row, byId.get(row.id)));
  }

  /** Embeds a kind of children in the new deals that were created with it. */
  private embedGiven(call: Call, deals: readonly NewDeal[], kind: (typeof EXPANDABLE)[number]): Promise<void> {
    const given = deals.filter(({ body }) => body[kind] !== undefined).map(({ parent }) => parent);
    // Already here, as answers name the kinds in one order, whichever is read first.
    for (const parent of given) parent[kind] = [];
    return this.children.embed(call, given, [kind]);
  }

  async update(call: Call, id: string, body: UpdateOpportunity, expected?: ExpectedVersions): Promise<Opportunity> {
    const update = this.needsLock(body)
      ? transactOn(call, id, (call) => this.updateLocked(call, id, body, expected))
      : writeOn(call, id, () => this.rows.update(call, id, body, expected));
    return computedFrom(AMOUNT_PARTS, body, update);
  }

  async remove(call: Call, id: string, expected: ExpectedVersions): Promise<Deleted> {
    await this.rows.delete(call, id, expected);
    return deleted(id);
  }

  /** Changes several opportunities, of which none is named twice; the caller has a transaction. Throws 404 for the first missing. */
  async updateMany(call: Call, changes: readonly ({ id: string } & UpdateOpportunity)[]): Promise<Opportunity[]> {
    // The id alone changes nothing, and a change that reaches further than its row is made alone.
    const isAlone = (change: UpdateOpportunity): boolean => this.needsLock(change) || Object.keys(change).length === 1;
    const together = changes.filter((change) => !isAlone(change));
    const updated = computedFrom(AMOUNT_PARTS, together[0] ?? {}, this.rows.updateMany(call, together));
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

  /** A new conversion rate changes the amounts of every line item, and with them the totals. */
  private async updateLocked(
    call: Call,
    id: string,
    body: UpdateOpportunity,
    expected: ExpectedVersions,
  ): Promise<Opportunity> {
    const locked = await this.children.lock(call, id, expected);
    const row = await this.rows.update(call, id, body);
    if (this.mayLackReason(body))
      await requireLostReason(call, this.config, id, body.status === 'Lost' ? 'status' : 'order_lost_reason');
    if (body.conversion_rate === undefined || row.conversion_rate === locked.conversion_rate) return row;
    const text = `update opportunity_item set conversion_rate = $3, version = version + 1
      where workspace_id = $1 and opportunity_id = $2 and conversion_rate <> $3`;
    const [, moved] = await call.manager.query<[unknown[], number]>(text, [call.workspaceId, id, row.conversion_rate]);
    if (moved === 0) return row;
    await retotalOpportunity(call, id);
    return this.rows.get(call, id);
  }

  /** A new opportunity is all in its body. */
  private requireReasonIn({ status = 'Open', order_lost_reason = null, lost_reasons }: CreateOpportunity): void {
    if (!this.config.REQUIRE_LOST_REASON) return;
    const has_lost_reasons = lost_reasons !== undefined && lost_reasons.length > 0;
    if (lacksReason({ status, order_lost_reason, has_lost_reasons })) throw lostReasonRequired('status');
  }
}

/** The row of a new deal: without its children, which have rows of their own. */
function attributesOf(body: CreateOpportunity): Partial<Opportunity> {
  const { items: _items, lost_reasons: _reasons, ...attributes } = body;
  return { ...attributes, ...endedWhenCreated(body.status) };
}
