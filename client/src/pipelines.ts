import { Resource, type DeleteOptions } from './resource.js';

export class Pipelines extends Resource<'Pipeline', 'Pipelines', DeleteOptions> {
  /** Gives the open deals that follow their stage its present probability. */
  readonly applyProbabilities = this.action<'applyPipelineProbabilities'>('POST', '/apply-probabilities');
}
