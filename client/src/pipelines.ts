import type { Http, RequestOptions } from './http.js';
import type { Result } from './operations.js';
import { OrderedChildren, Resource } from './resource.js';

export interface DeleteOptions extends RequestOptions {
  /** The stage that the deals move to. */
  moveTo?: string;
}

export class Pipelines extends Resource<'Pipeline', 'Pipelines'> {
  constructor(http: Http) {
    super(http, '/api/crm/pipeline');
  }

  override delete(id: string, { moveTo, ...options }: DeleteOptions = {}): Promise<Result<'deleteOpportunity'>> {
    return this.http.request('DELETE', this.pathOf(id), { ...options, query: { move_to: moveTo } });
  }

  /** Gives the open deals that follow their stage its present probability. */
  applyProbabilities(id: string, options?: RequestOptions): Promise<Result<'applyPipelineProbabilities'>> {
    return this.action<'applyPipelineProbabilities'>(id, '/apply-probabilities', undefined, options);
  }
}

export class PipelineStages extends OrderedChildren<'PipelineStage', 'PipelineStages'> {
  constructor(http: Http) {
    super(http, '/api/crm/pipeline-stage');
  }

  override delete(id: string, { moveTo, ...options }: DeleteOptions = {}): Promise<Result<'deleteOpportunity'>> {
    return this.http.request('DELETE', this.pathOf(id), { ...options, query: { move_to: moveTo } });
  }
}
