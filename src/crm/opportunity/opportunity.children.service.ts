import { Inject, Injectable } from '@nestjs/common';
import {
  type Call,
  type ChildFields,
  check,
  computedFrom,
  type ExpectedVersions,
  type MergeOptions,
  type Page,
  type ParentWithChildren,
  requireVersion,
  resourceMissing,
  type ChildTables,
  pipeline,
  transactOn,
  errorsOf,
  isObject,
  onlyFields,
  type FieldsRequest,
} from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import { OpportunityItemEntry, type OpportunityItemQuery } from '../opportunity-item/opportunity-item.dto.js';
import type { OpportunityItem } from '../opportunity-item/opportunity-item.entity.js';
import { OpportunityItemService } from '../opportunity-item/opportunity-item.service.js';
import { OpportunityLostReasonDetailEntry } from '../opportunity-lost-reason-detail/opportunity-lost-reason-detail.dto.js';
import type { OpportunityLostReasonDetail } from '../opportunity-lost-reason-detail/opportunity-lost-reason-detail.entity.js';
import { OpportunityLostReasonDetailService } from '../opportunity-lost-reason-detail/opportunity-lost-reason-detail.service.js';
import {
  lockOpportunity,
  requireLostReason,
  retotalOpportunities,
  type LockedOpportunity,
} from './opportunity.aggregate.js';
import type { CreateOpportunity, OpportunityView, ReplaceItems, ReplaceLostReasons } from './opportunity.dto.js';
import type { Opportunity } from './opportunity.entity.js';
import { OpportunityStagesService } from './opportunity.stages.service.js';

/** A new opportunity and the body it came with. */
export interface NewDeal {
  parent: Opportunity;
  body: CreateOpportunity;
}

/** A locked opportunity and the list that is sent for it. */
type DealWith<Child> = ParentWithChildren<LockedOpportunity, Child>;
type MergedAs = Pick<MergeOptions, 'mode' | 'usesIds' | 'matchesEqual'>;

type EntryClass = typeof OpportunityItemEntry | typeof OpportunityLostReasonDetailEntry;

/** The children of opportunities as parts of the whole deal: embedded in answers, written together with it. */
@Injectable()
export class OpportunityChildrenService {
  constructor(
    private readonly items: OpportunityItemService,
    private readonly reasons: OpportunityLostReasonDetailService,
    private readonly stages: OpportunityStagesService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** What the log keeps of the children of a deleted opportunity. */
  get parts(): ChildTables {
    return { items: this.items.collection.part, lost_reasons: this.reasons.collection.part };
  }

  /** Embeds the kinds of children wanted, each with one statement whatever the number of opportunities. */
  async embed(call: Call, opportunities: Opportunity[], kinds: readonly string[]): Promise<void> {
    if (kinds.length === 0 || opportunities.length === 0) return;
    const ids = opportunities.map(({ id }) => id);
    opportunities.forEach(await this.read(call, ids, kinds));
  }

  /** Reads the kinds of children wanted, together; answers what embeds them in their opportunity. */
  async read(
    call: Call,
    ids: readonly string[],
    kinds: readonly string[],
    fields: ChildFields = {},
  ): Promise<(opportunity: Opportunity) => void> {
    const { items, reasons, stages } = await pipeline({
      items: kinds.includes('items') ? this.items.ofOpportunities(call, ids, fields['items']).then(grouped) : undefined,
      reasons: kinds.includes('lost_reasons')
        ? this.reasons.ofOpportunities(call, ids, fields['lost_reasons']).then(grouped)
        : undefined,
      stages: kinds.includes('stages') ? this.stages.ofOpportunities(call, ids) : undefined,
    });
    return (opportunity) => {
      if (items) opportunity.items = onlyFields(items.get(opportunity.id) ?? [], fields['items']);
      if (reasons) opportunity.lost_reasons = onlyFields(reasons.get(opportunity.id) ?? [], fields['lost_reasons']);
      if (stages) (opportunity as OpportunityView).stages = stages.get(opportunity.id) ?? [];
    };
  }

  /** Inserts the children that came with new opportunities, a statement a kind, and takes the sums. */
  async insertWith(call: Call, deals: readonly NewDeal[]): Promise<void> {
    const items = deals.map(({ parent, body }) => ({ parent, entries: body.items ?? [] }));
    const reasons = deals.map(({ parent, body }) => ({ parent, entries: body.lost_reasons ?? [] }));
    const isGiven = ({ items = [], lost_reasons = [] }: CreateOpportunity): boolean =>
      items.length + lost_reasons.length > 0;
    const summed = deals.filter(({ body }) => isGiven(body)).map(({ parent }) => parent.id);
    await pipeline({
      items: this.items.collection.insertAll(call, items, 'items'),
      reasons: this.reasons.collection.insertAll(call, reasons, 'lost_reasons'),
      totals: retotalOpportunities(call, summed),
    });
  }

  replaceItems(
    call: Call,
    id: string,
    body: ReplaceItems,
    { fields }: OpportunityItemQuery,
    expected: ExpectedVersions,
  ): Promise<Page<OpportunityItem>> {
    requireWhole(body, 'items', OpportunityItemEntry);
    const { items } = body;
    const work = transactOn(call, id, async (call) => {
      const parent = await this.lock(call, id, expected);
      await this.items.collection.replace(call, parent, items, 'items');
      return this.items.list(call, { parent_id: id, fields });
    });
    return computedFrom(['items'], { items }, work);
  }

  replaceLostReasons(
    call: Call,
    id: string,
    body: ReplaceLostReasons,
    { fields }: FieldsRequest,
    expected: ExpectedVersions,
  ): Promise<Page<OpportunityLostReasonDetail>> {
    requireWhole(body, 'lost_reasons', OpportunityLostReasonDetailEntry);
    const { lost_reasons } = body;
    return transactOn(call, id, async (call) => {
      const parent = await this.lock(call, id, expected);
      await this.reasons.collection.replace(call, parent, lost_reasons, 'lost_reasons');
      await requireLostReason(call, this.config, id, 'lost_reasons');
      return this.reasons.list(call, { parent_id: id, fields });
    });
  }

  /** Merges lists of line items into those of opportunities that the caller has locked. */
  mergeItems(call: Call, deals: readonly DealWith<OpportunityItem>[], options: MergedAs): Promise<void> {
    const checkNew = (entry: object, path: string): void => {
      check(OpportunityItemEntry, entry, { path }).errors.refuse();
    };
    return this.items.collection.merge(call, deals, { ...options, path: 'items', checkNew });
  }

  /** The same for lost reasons. */
  async mergeLostReasons(
    call: Call,
    deals: readonly DealWith<OpportunityLostReasonDetail>[],
    options: MergedAs,
  ): Promise<void> {
    const checkNew = (entry: object, path: string): void => {
      check(OpportunityLostReasonDetailEntry, entry, { path }).errors.refuse();
    };
    await this.reasons.collection.merge(call, deals, { ...options, path: 'lost_reasons', checkNew });
  }

  /** With REQUIRE_LOST_REASON, throws if one of these is Lost without a reason now. */
  async requireLostReasons(call: Call, ids: readonly string[]): Promise<void> {
    for (const id of ids) await requireLostReason(call, this.config, id, 'lost_reasons');
  }

  /** Replaces the lost reasons of an opportunity that the caller has locked, and changes next. */
  setLostReasons(call: Call, parent: LockedOpportunity, reasons: OpportunityLostReasonDetailEntry[]): Promise<void> {
    return this.reasons.collection.replace(call, parent, reasons, 'lost_reasons', { parentFollows: true });
  }

  /** Throws 404 or 412. */
  async lock(call: Call, id: string, expected: ExpectedVersions): Promise<LockedOpportunity> {
    const parent = await lockOpportunity(call, id);
    if (parent === undefined) throw resourceMissing('opportunity', id);
    requireVersion(parent.version, expected);
    return parent;
  }
}

/** An entry without id makes a new child, so it has to have everything a new one needs. */
function requireWhole<Kind extends string>(body: Partial<Record<Kind, unknown>>, kind: Kind, type: EntryClass): void {
  const errors = errorsOf(body);
  const known = errors.listed.map(({ param }) => param);
  const { [kind]: entries } = body;
  // A list that is refused as a whole may be of any length.
  if (Array.isArray(entries) && !known.includes(kind))
    for (const [index, entry] of (entries as unknown[]).entries())
      if (isObject(entry) && !('id' in entry))
        errors.addAll(check(type, entry, { path: `${kind}[${index}].` }).errors, known);
  errors.refuse();
}

function grouped<T extends { opportunity_id: string }>(children: T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const child of children) {
    const group = groups.get(child.opportunity_id);
    if (group === undefined) groups.set(child.opportunity_id, [child]);
    else group.push(child);
  }
  return groups;
}
