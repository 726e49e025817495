import { Injectable } from '@nestjs/common';
import {
  type Call,
  check,
  computedFrom,
  errorsOf,
  type ExpectedVersions,
  idsOf,
  isSameStored,
  type MergeOptions,
  pipeline,
  preconditionFailed,
  requireVersion,
  resourceMissing,
  transactOn,
} from '../../common/index.js';
import { lockPipelines } from '../pipeline/pipeline.aggregate.js';
import { LOCKED, type LockedOpportunity } from './opportunity.aggregate.js';
import { OpportunityChildrenService } from './opportunity.children.service.js';
import { CreateOpportunity, type PutOpportunity, type UpdateOpportunity } from './opportunity.dto.js';
import type { Opportunity } from './opportunity.entity.js';
import type { DealTimes } from './opportunity.placement.service.js';
import { OpportunityService } from './opportunity.service.js';

/** A deal as somebody else has it: its attributes and children, and what it is known by here. */
export interface DealToPut {
  /** Without a key it is a new deal. */
  key?: { external_id: string } | { id: string };
  /** Checked as a `PutOpportunity`, which requires nothing. */
  body: PutOpportunity;
  /** When things happened, of a new deal. */
  times?: DealTimes;
}

export interface PutOptions {
  /** What may be done; a deal that is to be created has all that POST requires. */
  mode: 'upsert' | 'create' | 'update';
  children: MergeOptions['mode'];
  /** Do children come with their ids? Else these are ignored. */
  usesChildIds: boolean;
}

export interface PutOutcome {
  id: string;
  outcome: 'created' | 'updated' | 'unchanged';
}

/** What the request of a single deal says of the deal that there is. */
export interface PutCondition {
  expected: ExpectedVersions;
  mustExist: boolean;
}

type Found = LockedOpportunity & { external_id: string | null };

/** A deal that there is, and what becomes of it. */
interface Put {
  found: Found;
  body: PutOpportunity;
}

const BY_KEY = { id: 'id', external_id: 'external_id' } as const;

/** Creates deals, or changes them, whichever it takes for them to be as they were sent. */
@Injectable()
export class OpportunityPutService {
  constructor(
    private readonly opportunities: OpportunityService,
    private readonly children: OpportunityChildrenService,
  ) {}

  /** One deal by the id that another system gave it; answers the deal as POST or PATCH would. */
  put(
    call: Call,
    externalId: string,
    body: PutOpportunity,
    condition: PutCondition,
  ): Promise<{ isNew: boolean; opportunity: Opportunity }> {
    const errors = errorsOf(body);
    if (body.external_id !== undefined && body.external_id !== externalId && !errors.includes('external_id'))
      errors.add(
        'external_id',
        'parameter_invalid',
        () => `external_id must be '${externalId}', as in the path, or be left out.`,
      );
    errors.refuse();
    return transactOn(call, `external_id:${externalId}`, async (call) => {
      const key = { external_id: externalId };
      const [found] = await this.find(call, 'external_id', [externalId]);
      requireCondition(found, condition);
      const options = { mode: 'upsert', children: 'replace', usesChildIds: true } as const;
      if (found === undefined) {
        const [opportunity] = await this.create(call, [{ key, body }], options);
        return { isNew: true, opportunity: opportunity as Opportunity };
      }
      await this.update(call, [{ found, body }], options);
      return { isNew: false, opportunity: await this.opportunities.rows.get(call, found.id) };
    });
  }

  /**
   * Any number of deals, of which none is named twice, with a fixed number of statements; answers what became of each, in
   * order. The caller has a transaction, which is of no more use after a failure. A failure names the parameter, but not the
   * deal.
   */
  async putMany(call: Call, deals: readonly DealToPut[], options: PutOptions): Promise<PutOutcome[]> {
    const found = await this.findAll(call, deals, options);
    const puts = deals.flatMap(({ body }, at): Put[] => {
      const known = found[at];
      return known === undefined ? [] : [{ found: known, body }];
    });
    const created = await this.create(
      call,
      deals.filter((_deal, at) => found[at] === undefined),
      options,
    );
    const changed = await this.update(call, puts, options);
    return found.map((known): PutOutcome => {
      if (known === undefined) return { id: created.shift()?.id ?? '', outcome: 'created' };
      return { id: known.id, outcome: changed.has(known.id) ? 'updated' : 'unchanged' };
    });
  }

  /** The deals that there are, locked. Throws 404 for one that is named and may not be created. */
  private async findAll(call: Call, deals: readonly DealToPut[], { mode }: PutOptions): Promise<(Found | undefined)[]> {
    if (mode === 'create') return deals.map(() => undefined);
    const keys = deals.map(({ key }) => key as Partial<Record<keyof typeof BY_KEY, string>> | undefined);
    const column = keys.some((key) => key?.id !== undefined) ? 'id' : 'external_id';
    const wanted = keys.flatMap((key) => key?.[column] ?? []);
    const found = new Map((await this.find(call, column, wanted)).map((row) => [row[column], row]));
    return keys.map((key) => {
      const value = key?.[column];
      const known = value === undefined ? undefined : found.get(value);
      if (known === undefined && (mode === 'update' || (value !== undefined && column === 'id')))
        throw resourceMissing('opportunity', value ?? '', column);
      return known;
    });
  }

  /** The pipelines first: who changes them locks deals behind them, too. */
  private async find(call: Call, column: keyof typeof BY_KEY, values: readonly string[]): Promise<Found[]> {
    const text = `select ${LOCKED}, external_id from opportunity
      where workspace_id = $1 and ${BY_KEY[column]} = any(${idsOf('$2')}) order by id for no key update`;
    const { found } = await pipeline({
      pipelines: lockPipelines(call),
      found: call.manager.query<Found[]>(text, [call.workspaceId, values]),
    });
    return found;
  }

  private create(call: Call, deals: readonly DealToPut[], options: PutOptions): Promise<Opportunity[]> {
    if (deals.length === 0) return Promise.resolve([]);
    return this.opportunities.createMany(
      call,
      deals.map(({ key, body, times }) => {
        if (options.usesChildIds) refuseIds(body);
        const { value, errors } = check(CreateOpportunity, withoutIds({ ...body, ...externalIdIn(key) }));
        errors.refuse();
        return { ...value, ...times };
      }),
    );
  }

  /**
   * Lost reasons first, as a deal may become Lost for them; line items last, as they take the conversion rate of the deal.
   * Answers the ids of the deals that are not as they were.
   */
  private async update(call: Call, puts: readonly Put[], options: PutOptions): Promise<Set<string>> {
    if (puts.length === 0) return new Set();
    const merging = { mode: options.children, usesIds: options.usesChildIds, matchesEqual: true };
    await this.children.mergeLostReasons(call, given(puts, 'lost_reasons'), merging);
    const changes = puts.map(({ found, body }) => ({ ...changesOf(body, found), id: found.id }));
    const rows = await this.opportunities.updateMany(
      call,
      changes.filter((change) => Object.keys(change).length > 1),
    );
    await this.children.requireLostReasons(
      call,
      given(puts, 'lost_reasons').map(({ parent }) => parent.id),
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    const parents = puts.map(({ found, body }) => {
      const { conversion_rate } = byId.get(found.id) ?? found;
      return { found: { ...found, conversion_rate }, body };
    });
    await computedFrom(['items'], { items: true }, this.children.mergeItems(call, given(parents, 'items'), merging));
    return this.changed(call, puts);
  }

  private async changed(call: Call, puts: readonly Put[]): Promise<Set<string>> {
    const text = `select id, version from opportunity where workspace_id = $1 and id = any(${idsOf('$2')})`;
    const ids = puts.map(({ found }) => found.id);
    const rows = await call.manager.query<{ id: string; version: number }[]>(text, [call.workspaceId, ids]);
    const versions = new Map(rows.map(({ id, version }) => [id, version]));
    return new Set(puts.flatMap(({ found: { id, version } }) => (versions.get(id) === version ? [] : [id])));
  }
}

function requireCondition(found: Found | undefined, { expected, mustExist }: PutCondition): void {
  if (found !== undefined) requireVersion(found.version, expected);
  else if (mustExist) throw preconditionFailed(undefined, expected);
}

function externalIdIn(key: DealToPut['key']): { external_id?: string } {
  return key !== undefined && 'external_id' in key ? { external_id: key.external_id } : {};
}

/** The deals that come with a list of children, as parents with the entries of the list. */
function given<Kind extends 'items' | 'lost_reasons'>(
  puts: readonly Put[],
  kind: Kind,
): { parent: Found; entries: NonNullable<PutOpportunity[Kind]> }[] {
  return puts.flatMap(({ found, body }) => {
    const entries = body[kind];
    return entries === undefined ? [] : [{ parent: found, entries: entries }];
  });
}

/** Without a conversion rate that the deal has already: a new one changes its line items, and such a deal is written alone. */
function changesOf(
  { items: _items, lost_reasons: _reasons, ...sent }: PutOpportunity,
  found: Found,
): UpdateOpportunity {
  const attributes = isProbabilityAside(sent, found) ? withoutProbability(sent) : sent;
  const { conversion_rate, ...rest } = attributes;
  return conversion_rate === undefined || isSameStored(conversion_rate, found.conversion_rate) ? rest : attributes;
}

/**
 * Is the probability the one that the deal set aside when it got to the status or the stage of the body? Then the body comes a
 * second time, and changes nothing.
 */
function isProbabilityAside(
  { status, sales_stage, probability, probability_source = 'manual' }: UpdateOpportunity,
  found: Found,
): boolean {
  if (probability === undefined || found.open_probability === null) return false;
  const isThere =
    (status ?? found.status) === found.status &&
    (sales_stage ?? found.sales_stage).toLowerCase() === found.sales_stage.toLowerCase();
  return (
    (status ?? sales_stage) !== undefined &&
    isThere &&
    isSameStored(probability, found.open_probability) &&
    probability_source === found.probability_source
  );
}

function withoutProbability({
  probability: _probability,
  probability_source: _source,
  ...rest
}: UpdateOpportunity): UpdateOpportunity {
  return rest;
}

/** A new deal has no children yet that an id could name. */
function refuseIds({ items = [], lost_reasons = [] }: PutOpportunity): void {
  const lists = [
    { path: 'items', resource: 'opportunity-item', entries: items },
    { path: 'lost_reasons', resource: 'opportunity-lost-reason-detail', entries: lost_reasons },
  ];
  for (const { path, resource, entries } of lists)
    for (const [index, { id }] of entries.entries())
      if (id !== undefined) throw resourceMissing(resource, id, `${path}[${index}].id`);
}

function withoutIds({ items, lost_reasons, ...attributes }: PutOpportunity): object {
  const bare = (entries: readonly { id?: string }[]): object[] => entries.map(({ id: _id, ...entry }) => entry);
  return {
    ...attributes,
    ...(items && { items: bare(items) }),
    ...(lost_reasons && { lost_reasons: bare(lost_reasons) }),
  };
}
