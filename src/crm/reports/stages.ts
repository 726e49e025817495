import type { ReportRun } from './report-run.js';

export interface Stage {
  pipeline_id: string;
  stage_id: string;
  key: string;
  label: string;
  type: 'open' | 'won' | 'lost';
  archived: boolean;
  idx: number;
  is_default: boolean;
}

/** The stages of all pipelines in order: those of the default first, then the others as they were created. */
export function readStages(run: ReportRun): Promise<Stage[]> {
  return run.query<Stage>(
    () => `select g.pipeline_id, g.id as stage_id, g.key, g.label, g.type, g.archived, g.idx, p.is_default
      from pipeline p join pipeline_stage g on g.workspace_id = p.workspace_id and g.pipeline_id = p.id
      where p.workspace_id = $1 order by p.is_default desc, p.created_at, p.id, g.idx`,
  );
}
