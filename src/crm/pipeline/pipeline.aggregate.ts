import { HttpStatus } from '@nestjs/common';
import {
  ApiException,
  type Call,
  deadlineOf,
  type Decimal,
  ExtendRouteConfig,
  idsOf,
  NEXT_VERSION,
  type Page,
  pipeline,
  readTogether,
  resourceMissing,
  type SeenChildren,
  seenParameters,
  someChanged,
  type Versioned,
} from '../../common/index.js';
import type { StageType } from '../pipeline-stage/pipeline-stage.entity.js';

/* What a pipeline and its stages owe each other. Whoever writes stages locks the pipeline first, and holds off all deals. */

export type LockedPipeline = Versioned & { id: string };

/** Its id is the SQL expression `idSql` over `$2`, which is `id`. */
export async function lockPipeline(call: Call, id: string, idSql = '$2'): Promise<LockedPipeline | undefined> {
  const text = `select id, version from pipeline where workspace_id = $1 and id = ${idSql} for update`;
  const { found } = await pipeline({
    locked: lockPipelines(call, true),
    found: call.manager.query<LockedPipeline[]>(text, [call.workspaceId, id]),
  });
  return found[0];
}

/** Notes that stages changed; not on a pipeline whose `seen` stages are all still the same. */
export async function touchPipelines(call: Call, ids: readonly string[], seen?: SeenChildren): Promise<void> {
  const text = `update pipeline set ${NEXT_VERSION} where workspace_id = $1 and id = any(${idsOf('$2')})
    ${someChanged('pipeline', seen)}`;
  await call.manager.query(text, [call.workspaceId, ids, ...seenParameters(seen)]);
}

/**
 * Reads the stages of a pipeline. Where there are none there may be no pipeline: then they are read again, at one moment with
 * the answer to that. Throws 404 naming the parameter that held the id.
 */
export async function listOfPipeline<T>(
  call: Call,
  id: string,
  list: (call: Call) => Promise<Page<T>>,
): Promise<Page<T>> {
  const page = await list(call);
  if (page.total !== 0) return page;
  return readTogether(call, async (call) => {
    const text = 'select id from pipeline where workspace_id = $1 and id = $2';
    const { page, found } = await pipeline({
      page: list(call),
      found: call.manager.query<unknown[]>(text, [call.workspaceId, id]),
    });
    if (found.length === 0) throw resourceMissing('pipeline', id, 'parent_id');
    return page;
  });
}

/** 409 for the deletion of what deals are in. */
export function stageInUse(count: number): ApiException {
  const deals = count === 1 ? '1 deal is' : `${count} deals are`;
  const message = `${deals} in it. Send move_to with the id of another stage, or move the deals first.`;
  return new ApiException(HttpStatus.CONFLICT, { code: 'stage_in_use', message, count });
}

/*
 * The pipelines and stages of a workspace, as those who write deals need them. Who writes deals holds the lock of the
 * workspace's pipelines together with others, who changes pipelines holds it alone; each takes it before the lock of a deal.
 */

/** Any number, the same wherever the lock is taken; the function `has_pipeline` takes it, too. */
const LOCK_SEED = '1795800000000';

/** A stage that a deal may be in. */
export interface StageChoice {
  id: string;
  pipeline_id: string;
  key: string;
  type: StageType;
  probability: Decimal;
  archived: boolean;
}

export interface PipelineChoice {
  id: string;
  name: string;
  is_default: boolean;
  archived: boolean;
  /** In order. */
  stages: StageChoice[];
}

/** The pipelines of a workspace, the default first. */
export class PipelineChoices {
  constructor(readonly pipelines: readonly PipelineChoice[]) {}

  get default(): PipelineChoice | undefined {
    return this.pipelines.find(({ is_default }) => is_default);
  }

  pipeline(id: string | null): PipelineChoice | undefined {
    return this.pipelines.find((each) => each.id === id);
  }

  stage(id: string | null): StageChoice | undefined {
    return this.pipelines.flatMap(({ stages }) => stages).find((each) => each.id === id);
  }
}

/** The stage that a text names: by its key, else by the only key that is the same but for letter case. */
export function stageNamed({ stages }: PipelineChoice, text: string): StageChoice | undefined {
  const exact = stages.find(({ key }) => key === text);
  if (exact !== undefined) return exact;
  const similar = stages.filter(({ key }) => key.toLowerCase() === text.toLowerCase());
  return similar.length === 1 ? similar[0] : undefined;
}

/** Where a deal goes that names no stage. */
export function firstOpenStage({ stages }: PipelineChoice): StageChoice | undefined {
  return stages.find(({ type, archived }) => type === 'open' && !archived);
}

/** The stage of this type, if there is exactly one to enter. */
export function onlyStage({ stages }: PipelineChoice, type: StageType): StageChoice | undefined {
  const fitting = stages.filter((stage) => stage.type === type && !stage.archived);
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** Holds off whoever changes pipelines until the transaction ends; with `alone`, also those who write deals. */
export async function lockPipelines(call: Call, alone = false): Promise<void> {
  const text = `select pg_advisory_xact_lock${alone ? '' : '_shared'}(hashtextextended($1, ${LOCK_SEED}))`;
  await call.manager.query(text, [call.workspaceId]);
}

type ChoiceRow = Omit<PipelineChoice, 'stages'> & { stages: StageChoice[] | null };

const CHOICES = `select id, name, is_default, archived,
    (select json_agg(json_build_object('id', s.id, 'pipeline_id', s.pipeline_id, 'key', s.key, 'type', s.type,
        'probability', s.probability, 'archived', s.archived) order by s.idx)
      from pipeline_stage s where s.workspace_id = $1 and s.pipeline_id = pipeline.id) as stages
  from pipeline where workspace_id = $1 order by is_default desc, created_at, id`;

/** Takes the lock, and reads what is there once it has it. */
export async function readPipelines(call: Call, alone = false): Promise<PipelineChoices> {
  const { rows } = await pipeline({
    locked: lockPipelines(call, alone),
    rows: call.manager.query<ChoiceRow[]>(CHOICES, [call.workspaceId]),
  });
  return new PipelineChoices(rows.map(({ stages, ...row }) => ({ stages: stages ?? [], ...row })));
}

/* Requests about pipelines and stages that may change all deals of a workspace, step by step. */

/** Less than the proxy of docs/operations.md waits for an answer. */
const MOST_MS = 30_000;

/** Marks an operation that may change many deals: it has more time than others. */
export const ChangesDeals = (): MethodDecorator => ExtendRouteConfig({ extraMs: () => MOST_MS });

/** To be called before each step: throws 400 when a request has taken too long. A command has no such end. */
export function timeForDeals(call: Call): () => void {
  const end = deadlineOf(call) === undefined ? Infinity : performance.now() + MOST_MS;
  return () => {
    if (performance.now() > end) throw tooManyDeals();
  };
}

function tooManyDeals(): ApiException {
  return new ApiException(HttpStatus.BAD_REQUEST, {
    code: 'query_too_costly',
    message:
      'One request cannot change so many deals. Nothing was changed. An operator can make the first pipeline of a large workspace with `npm run pipelines`; in all other cases, move some of the deals first.',
  });
}
