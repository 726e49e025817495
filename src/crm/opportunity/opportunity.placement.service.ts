import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type Call, columnList, idsOf, pipeline } from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import { readPipelines, type PipelineChoices } from '../pipeline/pipeline.aggregate.js';
import { endedWhenCreated } from './opportunity.changes.js';
import type { CreateOpportunity, UpdateOpportunity } from './opportunity.dto.js';
import type { Opportunity } from './opportunity.entity.js';
import { isPlaced, PLACEMENT, Placer, type Placement, type WantedPlacement } from './opportunity.placement.js';

/** A condition of a new deal that holds where a workspace has no pipeline; waits for whoever makes its first one. */
export const WITHOUT_PIPELINES = 'not has_pipeline($1)';

/** The same of a deal that there is. */
export const IN_NO_PIPELINE = 'pipeline_id is null';

const MOST_REMEMBERED = 10_000;

const LOCK_PLACED = `select id, ${columnList(PLACEMENT, 'opportunity')} from opportunity
  where workspace_id = $1 and id = any(${idsOf('$2')}) order by id for no key update`;

/** What a deal is made of. */
export type NewOpportunity = CreateOpportunity & DealTimes;

export type OpportunityChange = { id: string } & UpdateOpportunity;

/**
 * Puts deals into pipelines and stages. Most workspaces have no pipelines: their deals are written with a condition that says
 * so, in the same statement, and only where it does not hold are the pipelines read first.
 */
@Injectable()
export class OpportunityPlacementService {
  /** Workspaces that had pipelines when they were last read. It is not more than a guess which way is the shorter one. */
  private readonly withPipelines = new LRUCache<string, true>({ max: MOST_REMEMBERED });

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** May a write of this body go without reading the pipelines, under its condition? */
  canGoWithout({ workspaceId }: Call, body: WantedPlacement): boolean {
    return !this.withPipelines.has(workspaceId) && (body.pipeline_id ?? undefined) === undefined;
  }

  /** The pipelines, which stay as they are until the transaction ends. Before the lock of any deal. */
  async choices(call: Call): Promise<PipelineChoices> {
    const choices = await readPipelines(call);
    if (choices.pipelines.length > 0) this.withPipelines.set(call.workspaceId, true);
    else this.withPipelines.delete(call.workspaceId);
    return choices;
  }

  placer(choices: PipelineChoices): Placer {
    return new Placer(choices, this.config.STRICT_STAGES);
  }

  /** The rows of new deals; the caller has a transaction. */
  async rowsOfNew(call: Call, bodies: readonly NewOpportunity[]): Promise<Partial<Opportunity>[]> {
    const placer = this.placer(await this.choices(call));
    return bodies.map((body) => Object.assign(rowOf(body), placer.place(body)));
  }

  /** The changes with all that follows from them; locks the deals. The caller has a transaction. */
  async placedChanges(call: Call, changes: readonly OpportunityChange[]): Promise<OpportunityChange[]> {
    const placed = changes.filter(isPlaced);
    if (placed.length === 0) return [...changes];
    const ids = placed.map(({ id }) => id);
    const { choices, deals } = await pipeline({
      choices: this.choices(call),
      deals: call.manager.query<(Placement & { id: string })[]>(LOCK_PLACED, [call.workspaceId, ids]),
    });
    const placer = this.placer(choices);
    const before = new Map(deals.map(({ id, ...placement }) => [id, placement]));
    return changes.map((change) => {
      const was = before.get(change.id);
      return was === undefined ? change : Object.assign({}, change, placer.place(change, was));
    });
  }
}

/** When things happened to a deal before it came here. */
export type DealTimes = Partial<
  Pick<Opportunity, 'created_at' | 'stage_entered_at' | 'won_at' | 'lost_at' | 'closed_at'>
>;

/** The row of a new deal in a workspace without pipelines: its children have rows of their own. */
export function rowOf({ items: _items, lost_reasons: _reasons, ...attributes }: NewOpportunity): Partial<Opportunity> {
  const { status, probability, probability_source, created_at } = attributes;
  const isByHand = probability !== undefined && probability_source === undefined;
  const began = created_at === undefined ? {} : { stage_entered_at: created_at };
  const ended = endedWhenCreated(status, created_at);
  return { ...began, ...ended, ...attributes, ...(isByHand && { probability_source: 'manual' }) };
}
