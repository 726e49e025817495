import { Resource } from './resource.js';

export class Pipelines extends Resource<'Pipeline', 'Pipelines'> {
  /** Gives the open deals that follow their stage its present probability. */
  readonly applyProbabilities = this.action<'applyPipelineProbabilities'>('POST', '/{id}/apply-probabilities');
}
