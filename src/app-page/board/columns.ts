import type { Query } from '../api.js';
import type { Deal, Pipeline, Stage, Status } from '../types.js';

/** What happens to a deal that comes into a column. */
export type Outcome = 'open' | 'won' | 'lost' | 'closed';

export interface Column {
  id: string;
  label: string;
  outcome: Outcome;
  /** The filters of the list that find its deals. */
  filter: Query;
  /** False where no deal can be moved to. */
  takesDeals: boolean;
  stage?: Stage;
  status?: Status;
}

/** Deals of the pipeline that are in none of its stages. */
export const NO_STAGE = 'none';

/** The pipeline that an address asks for, by itself or by a stage, as the links of reports do; else the default one. */
export function chosenPipeline(all: readonly Pipeline[], query: URLSearchParams): Pipeline | undefined {
  const wanted = query.get('pipeline') ?? query.get('pipeline_id');
  const stage = query.get('stage_id');
  return (
    all.find(({ id }) => id === wanted) ??
    all.find(({ stages = [] }) => stages.some(({ id }) => id === stage)) ??
    all.find((each) => each.is_default) ??
    all[0]
  );
}

export function columnsOf(pipeline: Pipeline | undefined): Column[] {
  return pipeline === undefined
    ? STATUSES
    : stagesOf(pipeline)
        .map((stage) => stageColumn(pipeline, stage))
        .concat(rest(pipeline));
}

export function stagesOf({ stages = [] }: Pipeline): Stage[] {
  return [...stages].sort((one, other) => one.idx - other.idx);
}

function stageColumn({ id }: Pipeline, stage: Stage): Column {
  return {
    id: stage.id,
    label: stage.label,
    outcome: stage.type,
    filter: { pipeline_id: id, stage_id: stage.id },
    takesDeals: !stage.archived,
    stage,
  };
}

function rest({ id }: Pipeline): Column {
  return {
    id: NO_STAGE,
    label: 'In no stage',
    outcome: 'open',
    filter: { pipeline_id: id, 'stage_id[is_null]': true },
    takesDeals: false,
  };
}

/** A workspace without pipelines has the statuses for columns. */
const STATUSES: Column[] = (
  [
    ['Open', 'open'],
    ['Replied', 'open'],
    ['Quotation', 'open'],
    ['Converted', 'won'],
    ['Lost', 'lost'],
    ['Closed', 'closed'],
  ] as const
).map(([status, outcome]) => ({
  id: status,
  label: status === 'Converted' ? 'Won' : status,
  outcome,
  filter: { status },
  takesDeals: true,
  status,
}));

/** The column that a deal belongs to, as its attributes say. */
export function columnOf(deal: Pick<Deal, 'status' | 'stage_id'>, pipeline: Pipeline | undefined): string {
  if (pipeline === undefined) return deal.status;
  return deal.stage_id ?? NO_STAGE;
}

/** Do the filters ask for the deals of another column? */
export function excludes(filter: Query, column: Column): boolean {
  return Object.entries(column.filter).some(
    ([name, value]) => name in filter && String(filter[name]) !== String(value),
  );
}
