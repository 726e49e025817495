import { isSameStored, type Decimal } from '../../common/index.js';
import type { StageType } from '../pipeline-stage/pipeline-stage.entity.js';
import type { OpportunityStatus } from './opportunity.status.js';

/** Where the probability of a deal comes from. */
export const PROBABILITY_SOURCES = ['stage', 'manual'] as const;

export type ProbabilitySource = (typeof PROBABILITY_SOURCES)[number];

/** What a deal in a pipeline has come to. */
export type Outcome = StageType;

/** By its status, and by the type of its stage where the status leaves that open. */
export function outcomeOf(status: OpportunityStatus, stageType: StageType = 'open'): Outcome {
  if (status === 'Converted') return 'won';
  return status === 'Lost' ? 'lost' : stageType;
}

/** The probability that a deal shows, and the one that is set aside until it is open again. */
export interface Probability {
  probability: Decimal;
  /** Of the number that is set aside, if there is one. */
  probability_source: ProbabilitySource;
  open_probability: Decimal | null;
}

/** The stage of a deal, as far as its probability depends on it. */
export interface StageNumber {
  id: string;
  type: StageType;
  probability: Decimal;
}

export interface ProbabilityChange {
  /** The deal as it was; undefined for a new one. */
  before?: Probability & { stage_id: string | null; outcome: Outcome };
  sent: { probability?: Decimal | undefined; probability_source?: ProbabilitySource | undefined };
  /** The stage and the outcome that the deal has after the change. */
  stage: StageNumber | undefined;
  outcome: Outcome;
}

interface OwnNumber {
  number: Decimal;
  source: ProbabilitySource;
}

const DEFAULT = 100;

/** The one rule of where a probability comes from and when it moves. */
export function probabilityAfter(change: ProbabilityChange): Probability {
  const { before, outcome } = change;
  const sent = isSentBack(change) ? {} : change.sent;
  const own = ownNumber({ ...change, sent });
  const shown = { probability: own.number, probability_source: own.source, open_probability: null };
  if (outcome === 'open') return shown;
  const probability = outcome === 'won' ? 100 : 0;
  if (before?.outcome !== outcome) return { ...shown, probability, open_probability: own.number };
  // A number that is sent is shown, and then nothing is set aside any more.
  if (sent.probability !== undefined || before.open_probability === null) return shown;
  return { ...shown, probability: before.probability, open_probability: own.number };
}

/** Is what was sent what the deal shows, in the same stage? Then it was only sent back with the rest of the deal. */
function isSentBack({ before, sent, stage }: ProbabilityChange): boolean {
  if (before === undefined || before.stage_id !== (stage?.id ?? null)) return false;
  const { probability = before.probability, probability_source = before.probability_source } = sent;
  return isSameStored(probability, before.probability) && probability_source === before.probability_source;
}

/** The deal's own number and its source, which a deal that is won or lost does not show. */
function ownNumber({ before, sent, stage }: ProbabilityChange): OwnNumber {
  const number =
    before === undefined ? (stage?.probability ?? DEFAULT) : (before.open_probability ?? before.probability);
  const source = before?.probability_source ?? 'stage';
  if (sent.probability !== undefined) return { number: sent.probability, source: sent.probability_source ?? 'manual' };
  if (sent.probability_source === 'stage') return { number: stage?.probability ?? number, source: 'stage' };
  if (sent.probability_source === 'manual') return { number, source: 'manual' };
  const entersOpenStage = before !== undefined && stage?.type === 'open' && stage.id !== before.stage_id;
  return { number: entersOpenStage && source === 'stage' ? stage.probability : number, source };
}
