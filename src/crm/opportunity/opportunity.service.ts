import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { invalidParameter, resourceMissing } from '../../common/errors/api.exception.js';
import { computedFrom } from '../../common/errors/computed-amounts.js';
import type { WriteAuthor } from '../../common/events/author.js';
import type { EventView } from '../../history/history.dto.js';
import { HistoryService } from '../../history/history.service.js';
import type { ListRequest } from '../../common/list/list-request.js';
import type { ObjectRequest } from '../../common/list/object-query.js';
import type { Page } from '../../common/list/page.js';
import type { PageQuery } from '../../common/list/page.query.js';
import { RowList } from '../../common/list/row-list.js';
import { idsOf } from '../../common/rows/row-statements.js';
import { Rows } from '../../common/rows/rows.js';
import { together } from '../../common/transactions/together.js';
import { retryConflicts, transact } from '../../common/transactions/transact.js';
import type { ExpectedVersions } from '../../common/versions/versions.js';
import { CONFIG, type Config } from '../../config/config.js';
import { retotalOpportunity } from './opportunity.aggregate.js';
import { OpportunityChildrenService, type NewDeal } from './opportunity.children.service.js';
import { EXPANDABLE, type CreateOpportunity, type UpdateOpportunity } from './opportunity.dto.js';
import { Opportunity } from './opportunity.entity.js';
import { SEARCH_EXPRESSION } from './opportunity.search.js';

const RESOURCE = 'opportunity';
const AMOUNT_PARTS = ['opportunity_amount', 'conversion_rate'];

@Injectable()
export class OpportunityService {
  readonly rows: Rows<Opportunity>;
  private readonly rowList: RowList<Opportunity>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly children: OpportunityChildrenService,
    private readonly histories: HistoryService,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.rows = new Rows(dataSource, Opportunity, RESOURCE, { parts: children.parts });
    this.rowList = new RowList(this.rows, SEARCH_EXPRESSION);
  }

  async list(workspaceId: string, request: ListRequest, manager = this.dataSource.manager): Promise<Page<Opportunity>> {
    const page = await this.rowList.page(manager, workspaceId, request);
    await this.children.embed(manager, workspaceId, page.data, request.expand);
    if (request.fields?.includes('id') === false) page.data.forEach(hideId);
    return page;
  }

  async retrieve(
    workspaceId: string,
    id: string,
    { fields, expand }: ObjectRequest = { fields: undefined, expand: [] },
    manager = this.dataSource.manager,
  ): Promise<Opportunity> {
    const names = fields && [...new Set(['id', ...fields, 'version'])];
    const row = await this.rows.get(manager, workspaceId, id, names);
    await this.children.embed(manager, workspaceId, [row], expand);
    if (fields?.includes('id') === false) hideId(row);
    return row;
  }

  /** Every change of the opportunity and its children, newest first; also of one that was deleted. */
  async history(
    workspaceId: string,
    id: string,
    query: PageQuery,
    manager = this.dataSource.manager,
  ): Promise<Page<EventView>> {
    const page = await this.histories.list(manager, workspaceId, id, query);
    if (page.total === 0) await this.rows.get(manager, workspaceId, id, ['id']);
    return page;
  }

  async create(author: WriteAuthor, body: CreateOpportunity, manager = this.dataSource.manager): Promise<Opportunity> {
    if (body.items === undefined && body.lost_reasons === undefined) {
      this.requireReason(body.status, body.order_lost_reason);
      return computedFrom(AMOUNT_PARTS, body, this.rows.insert(manager, author, attributesOf(body)));
    }
    const [row] = await transact(manager, (inner) => this.createMany(inner, author, [body]));
    return row as Opportunity;
  }

  /** Inserts opportunities with their children, with few statements whatever their number; the caller has a transaction. */
  async createMany(
    manager: EntityManager,
    author: WriteAuthor,
    bodies: readonly CreateOpportunity[],
  ): Promise<Opportunity[]> {
    for (const body of bodies)
      this.requireReason(body.status, body.order_lost_reason, (body.lost_reasons?.length ?? 0) > 0);
    const insert = this.rows.insertMany(manager, author, bodies.map(attributesOf));
    const rows = await computedFrom(AMOUNT_PARTS, bodies[0] ?? {}, insert);
    const deals = rows.flatMap((parent, index) => {
      const body = bodies[index];
      return body?.items || body?.lost_reasons ? [{ parent, body }] : [];
    });
    if (deals.length === 0) return rows;
    const ids = deals.map(({ parent }) => parent.id);
    const [, totalled] = await together([
      computedFrom(['items'], { items: true }, this.children.insertWith(manager, author, deals)),
      this.rows.findMany(manager, author.workspaceId, ids),
      ...EXPANDABLE.map((kind) => this.embedGiven(manager, author.workspaceId, deals, kind)),
    ]);
    const byId = new Map(totalled.map((row) => [row.id, row]));
    return rows.map((row) => Object.assign(row, byId.get(row.id)));
  }

  /** Embeds a kind of children in the new deals that were created with it. */
  private embedGiven(
    manager: EntityManager,
    workspaceId: string,
    deals: readonly NewDeal[],
    kind: (typeof EXPANDABLE)[number],
  ): Promise<void> {
    const given = deals.filter(({ body }) => body[kind] !== undefined).map(({ parent }) => parent);
    // Already here, as answers name the kinds in one order, whichever is read first.
    for (const parent of given) parent[kind] = [];
    return this.children.embed(manager, workspaceId, given, [kind]);
  }

  async update(
    author: WriteAuthor,
    id: string,
    body: UpdateOpportunity,
    expected?: ExpectedVersions,
    manager = this.dataSource.manager,
  ): Promise<Opportunity> {
    const update = this.needsLock(body)
      ? transact(manager, (inner) => this.updateLocked(inner, author, id, body, expected))
      : this.rows.update(manager, author, id, body, expected);
    return computedFrom(AMOUNT_PARTS, body, update);
  }

  remove(author: WriteAuthor, id: string, expected?: ExpectedVersions): Promise<void> {
    return retryConflicts(() => this.rows.delete(this.dataSource.manager, author, id, expected));
  }

  /** Locks opportunities in one order, so that two who change the same ones do not wait for each other. */
  async lockMany(manager: EntityManager, workspaceId: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const text = `select id from opportunity where workspace_id = $1 and id = any(${idsOf('$2')}) order by id for update`;
    await manager.query(text, [workspaceId, ids]);
  }

  /** Changes several opportunities, of which none is named twice; the caller has a transaction. Throws 404 for the first missing. */
  async updateMany(
    manager: EntityManager,
    author: WriteAuthor,
    changes: readonly ({ id: string } & UpdateOpportunity)[],
  ): Promise<Opportunity[]> {
    // The id alone changes nothing, and a change that reaches further than its row is made alone.
    const isAlone = (change: UpdateOpportunity): boolean => this.needsLock(change) || Object.keys(change).length === 1;
    const together = changes.filter((change) => !isAlone(change));
    const updated = computedFrom(AMOUNT_PARTS, together[0] ?? {}, this.rows.updateMany(manager, author, together));
    const rows = new Map((await updated).map((row) => [row.id, row]));
    for (const { id, ...body } of changes.filter(isAlone))
      rows.set(id, await this.update(author, id, body, undefined, manager));
    return changes.map(({ id }) => rows.get(id) ?? this.missing(id));
  }

  /** Deletes several opportunities; the caller has a transaction. Throws 404 for the first missing. */
  async removeMany(manager: EntityManager, author: WriteAuthor, ids: readonly string[]): Promise<void> {
    const gone = new Set(await this.rows.deleteMany(manager, author, ids));
    for (const id of ids) if (!gone.has(id)) this.missing(id);
  }

  private missing(id: string): never {
    throw resourceMissing(RESOURCE, id);
  }

  /** Does the change reach further than its row? */
  private needsLock({ conversion_rate, status }: UpdateOpportunity): boolean {
    return conversion_rate !== undefined || (status === 'Lost' && this.config.REQUIRE_LOST_REASON);
  }

  /** A new conversion rate changes the amounts of every line item, and with them the totals. */
  private async updateLocked(
    manager: EntityManager,
    author: WriteAuthor,
    id: string,
    body: UpdateOpportunity,
    expected: ExpectedVersions,
  ): Promise<Opportunity> {
    const { workspaceId } = author;
    const locked = await this.children.lock(manager, workspaceId, id, expected);
    if (body.status === 'Lost' && this.config.REQUIRE_LOST_REASON)
      await this.requireStoredReason(manager, workspaceId, id, body);
    const row = await this.rows.update(manager, author, id, body);
    if (body.conversion_rate === undefined || row.conversion_rate === locked.conversion_rate) return row;
    const text = `update opportunity_item set conversion_rate = $3, version = version + 1
      where workspace_id = $1 and opportunity_id = $2 and conversion_rate <> $3`;
    await manager.query(text, [workspaceId, id, row.conversion_rate]);
    await retotalOpportunity(manager, workspaceId, id);
    return this.rows.get(manager, workspaceId, id);
  }

  private async requireStoredReason(
    manager: EntityManager,
    workspaceId: string,
    id: string,
    body: UpdateOpportunity,
  ): Promise<void> {
    const stored = await this.rows.get(manager, workspaceId, id, ['order_lost_reason']);
    const detail = body.order_lost_reason === undefined ? stored.order_lost_reason : body.order_lost_reason;
    this.requireReason('Lost', detail, await this.children.hasLostReasons(manager, workspaceId, id));
  }

  /** With REQUIRE_LOST_REASON a deal is lost for a reason: one of its lost reasons, or the detail. */
  private requireReason(status: string | undefined, detail: string | null | undefined, hasReasons = false): void {
    if (!this.config.REQUIRE_LOST_REASON || status !== 'Lost' || hasReasons || detail?.trim()) return;
    throw invalidParameter(
      'status',
      `status Lost needs a reason: use POST /api/crm/opportunity/{id}/lose, or give one first.`,
    );
  }
}

/** A deal without its children, which have rows of their own; copied only where there are any. */
function attributesOf(body: CreateOpportunity): Partial<Opportunity> {
  if (body.items === undefined && body.lost_reasons === undefined) return body as Partial<Opportunity>;
  const { items: _items, lost_reasons: _reasons, ...attributes } = body;
  return attributes;
}

function hideId(row: { id?: string | undefined }): void {
  row.id = undefined;
}
