import { invalidParameter, resourceMissing } from '../../common/index.js';
import {
  firstOpenStage,
  stageNamed,
  type PipelineChoice,
  type PipelineChoices,
  type StageChoice,
} from '../pipeline/pipeline.aggregate.js';
import type { UpdateOpportunity } from './opportunity.dto.js';
import type { Opportunity } from './opportunity.entity.js';
import { outcomeOf, probabilityAfter, type Probability } from './opportunity.probability.js';

/** What a deal has to do with stages. */
export type Placement = Pick<Opportunity, 'status' | 'pipeline_id' | 'stage_id' | 'sales_stage'> & Probability;

/** Columns of a deal that decide where it is placed. */
export const PLACEMENT = [
  'status',
  'pipeline_id',
  'stage_id',
  'sales_stage',
  'probability',
  'probability_source',
  'open_probability',
] as const satisfies readonly (keyof Placement)[];

/** What a body may say of it. */
export type WantedPlacement = Pick<
  UpdateOpportunity,
  'status' | 'pipeline_id' | 'sales_stage' | 'probability' | 'probability_source'
>;

const WANTED = ['status', 'pipeline_id', 'sales_stage', 'probability', 'probability_source'] as const;

/** Does the change say anything of it? */
export function isPlaced(change: WantedPlacement): boolean {
  return WANTED.some((name) => change[name] !== undefined);
}

const DEFAULT_TEXT = 'Prospecting';

/** A text, and the stage that it names. */
interface Place {
  text: string;
  stage: StageChoice | undefined;
}

/** Finds out where a deal gets, by what a body says and where it was; a new deal was nowhere. */
export class Placer {
  constructor(
    private readonly choices: PipelineChoices,
    /** Is a text refused that names no stage? */
    private readonly isStrict: boolean,
  ) {}

  /** Throws 400 or 404 that names a parameter of the body. */
  place(wanted: WantedPlacement, before?: Placement): Placement {
    const chosen = this.pipelineFor(wanted, before);
    const { text, stage } = chosen === undefined ? placeWithout(wanted, before) : this.placeIn(chosen, wanted, before);
    const status = wanted.status ?? before?.status ?? 'Open';
    const stageBefore = this.choices.stage(before?.stage_id ?? null);
    const number = probabilityAfter({
      sent: wanted,
      stage,
      outcome: this.outcome(chosen?.id ?? null, status, stage),
      ...(before && { before: { outcome: this.outcome(before.pipeline_id, before.status, stageBefore), ...before } }),
    });
    return { status, pipeline_id: chosen?.id ?? null, stage_id: stage?.id ?? null, sales_stage: text, ...number };
  }

  /** The rule of outcomes is about deals in pipelines. */
  private outcome(pipelineId: string | null, status: Placement['status'], stage: StageChoice | undefined) {
    return pipelineId === null ? 'open' : outcomeOf(status, stage?.type);
  }

  private pipelineFor({ pipeline_id }: WantedPlacement, before?: Placement): PipelineChoice | undefined {
    if (pipeline_id === undefined || pipeline_id === null) {
      if (pipeline_id === null && before !== undefined && before.pipeline_id !== null)
        throw invalidParameter('pipeline_id', 'pipeline_id must not be null while the workspace has a pipeline.');
      return this.choices.pipeline(before?.pipeline_id ?? null) ?? this.choices.default;
    }
    const chosen = this.choices.pipeline(pipeline_id);
    if (chosen === undefined) throw resourceMissing('pipeline', pipeline_id, 'pipeline_id');
    if (chosen.archived && chosen.id !== before?.pipeline_id)
      throw invalidParameter(
        'pipeline_id',
        `pipeline_id must not be the id of an archived pipeline; '${chosen.name}' is archived.`,
      );
    return chosen;
  }

  private placeIn(chosen: PipelineChoice, { sales_stage }: WantedPlacement, before?: Placement): Place {
    const stays = chosen.id === before?.pipeline_id;
    if (sales_stage === undefined && before !== undefined && stays)
      return { text: before.sales_stage, stage: this.choices.stage(before.stage_id) };
    const found =
      sales_stage === undefined
        ? unnamedPlace(chosen, before)
        : { text: sales_stage, stage: stageNamed(chosen, sales_stage) };
    const { text, stage } = found;
    // The stage that it has, in whatever letter case.
    if (before !== undefined && stage !== undefined && stage.id === before.stage_id)
      return { text: before.sales_stage, stage };
    const param = sales_stage === undefined && before !== undefined ? 'pipeline_id' : 'sales_stage';
    if (stage?.archived) throw invalidParameter(param, `The stage '${stage.key}' is archived; no deal can enter it.`);
    const isSame = stays && before.sales_stage === text;
    if (this.isStrict && stage === undefined && sales_stage !== undefined && !isSame)
      throw invalidParameter('sales_stage', `sales_stage must be one of ${keysOf(chosen)}.`);
    return { text: stage?.key ?? text, stage };
  }
}

/** Of a deal that names no stage: a new one, or one that gets into another pipeline. */
function unnamedPlace(chosen: PipelineChoice, before?: Placement): Place {
  const first = firstOpenStage(chosen);
  if (before === undefined) {
    if (first !== undefined) return { text: first.key, stage: first };
    return { text: DEFAULT_TEXT, stage: stageNamed(chosen, DEFAULT_TEXT) };
  }
  const same = stageNamed(chosen, before.sales_stage);
  return { text: before.sales_stage, stage: same ?? first };
}

/** In a workspace without pipelines a stage is only a text. */
function placeWithout({ sales_stage }: WantedPlacement, before?: Placement): Place {
  return { text: sales_stage ?? before?.sales_stage ?? DEFAULT_TEXT, stage: undefined };
}

function keysOf({ stages }: PipelineChoice): string {
  return stages
    .filter(({ archived }) => !archived)
    .map(({ key }) => key)
    .join(', ');
}
