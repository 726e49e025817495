import { HttpStatus, Injectable } from '@nestjs/common';
import {
  ApiException,
  type Call,
  type ExpectedVersions,
  invalidParameter,
  pipeline,
  transactOn,
} from '../../common/index.js';
import {
  firstOpenStage,
  onlyStage,
  stageNamed,
  type PipelineChoices,
  type StageChoice,
} from '../pipeline/pipeline.aggregate.js';
import { OpportunityChildrenService } from './opportunity.children.service.js';
import type { LockedOpportunity } from './opportunity.aggregate.js';
import type { LoseOpportunity, MoveOpportunity } from './opportunity.dto.js';
import type { Opportunity } from './opportunity.entity.js';
import { OpportunityPlacementService } from './opportunity.placement.service.js';
import { OpportunityService } from './opportunity.service.js';
import { OpportunityStagesService } from './opportunity.stages.service.js';
import { actionProblem, isEnded, STATUS_ACTIONS, type StatusAction } from './opportunity.status.js';

/** An opportunity that an action has locked, and the pipelines, which stay as they are meanwhile. */
interface Held {
  locked: LockedOpportunity;
  choices: PipelineChoices;
}

/** Why a deal is lost. */
type Reasons = Partial<LoseOpportunity>;

/** The guarded ways from one status to another, and through the stages of a pipeline. */
@Injectable()
export class OpportunityActionsService {
  constructor(
    private readonly opportunities: OpportunityService,
    private readonly children: OpportunityChildrenService,
    private readonly placements: OpportunityPlacementService,
    private readonly stages: OpportunityStagesService,
  ) {}

  lose(call: Call, id: string, body: LoseOpportunity, expected: ExpectedVersions): Promise<Opportunity> {
    return this.hold(call, id, expected, (call, held) => this.end(call, held, 'lose', stageOfType(held, 'lost'), body));
  }

  /** Takes back the reasons too. */
  reopen(call: Call, id: string, expected: ExpectedVersions): Promise<Opportunity> {
    return this.hold(call, id, expected, async (call, held) => {
      requirePossible('reopen', held);
      const stage = await this.stageToReturnTo(call, held);
      return this.write(call, held, { ...(await this.takeBackReasons(call, held)), status: 'Open' }, stage);
    });
  }

  convert(call: Call, id: string, expected: ExpectedVersions): Promise<Opportunity> {
    return this.hold(call, id, expected, (call, held) => this.end(call, held, 'convert', stageOfType(held, 'won')));
  }

  close(call: Call, id: string, expected: ExpectedVersions): Promise<Opportunity> {
    return this.hold(call, id, expected, (call, held) => this.end(call, held, 'close'));
  }

  /** Moves the deal to a stage, and to the status that belongs there. Where it is there already, nothing changes. */
  move(call: Call, id: string, body: MoveOpportunity, expected: ExpectedVersions): Promise<Opportunity> {
    return this.hold(call, id, expected, async (call, held) => {
      const { stage: name, ...reasons } = body;
      const stage = stageToEnter(held, name);
      refuseReasons(stage, reasons);
      if (isThere(held.locked, stage)) return this.opportunities.rows.get(call, id);
      if (stage.type === 'lost') return this.end(call, held, 'lose', stage, withReasons(stage, reasons));
      if (stage.type === 'won') return this.end(call, held, 'convert', stage);
      const reopened = isEnded(held.locked.status)
        ? { ...(await this.takeBackReasons(call, held)), status: 'Open' as const }
        : {};
      return this.write(call, held, reopened, stage);
    });
  }

  private hold(
    call: Call,
    id: string,
    expected: ExpectedVersions,
    work: (call: Call, held: Held) => Promise<Opportunity>,
  ): Promise<Opportunity> {
    return transactOn(call, id, async (call) =>
      work(
        call,
        await pipeline({
          choices: this.placements.choices(call),
          locked: this.children.lock(call, id, expected),
        }),
      ),
    );
  }

  /** Ends an open deal, in the stage if there is one to enter. */
  private async end(
    call: Call,
    held: Held,
    action: StatusAction,
    stage?: StageChoice,
    { lost_reasons, order_lost_reason }: Reasons = {},
  ): Promise<Opportunity> {
    requirePossible(action, held);
    if (lost_reasons !== undefined) await this.children.setLostReasons(call, held.locked, lost_reasons);
    const reason = order_lost_reason === undefined ? {} : { order_lost_reason };
    return this.write(call, held, { ...reason, status: STATUS_ACTIONS[action].to }, stage);
  }

  private async takeBackReasons(call: Call, { locked }: Held): Promise<Partial<Opportunity>> {
    await this.children.setLostReasons(call, locked, []);
    return { order_lost_reason: null };
  }

  private write(
    call: Call,
    { locked, choices }: Held,
    change: Partial<Opportunity>,
    stage?: StageChoice,
  ): Promise<Opportunity> {
    const entered = stage === undefined ? {} : { pipeline_id: stage.pipeline_id, sales_stage: stage.key };
    const placed =
      locked.pipeline_id === null ? {} : this.placements.placer(choices).place({ ...change, ...entered }, locked);
    return this.opportunities.rows.update(call, locked.id, { ...change, ...placed });
  }

  /** From a won or lost stage: the open stage that the deal was in last, else the first one. */
  private async stageToReturnTo(call: Call, { locked, choices }: Held): Promise<StageChoice | undefined> {
    const inPipeline = choices.pipeline(locked.pipeline_id);
    const present = choices.stage(locked.stage_id);
    if (inPipeline === undefined || present === undefined || present.type === 'open') return undefined;
    const ids = inPipeline.stages.filter(({ type, archived }) => type === 'open' && !archived).map(({ id }) => id);
    const last = await this.stages.lastOf(call, locked.id, ids);
    return choices.stage(last) ?? firstOpenStage(inPipeline);
  }
}

function requirePossible(action: StatusAction, { locked }: Held): void {
  const problem = actionProblem(action, locked.status);
  if (problem !== undefined)
    throw new ApiException(HttpStatus.CONFLICT, { code: 'status_transition_invalid', message: problem });
}

/** The stage to which an action leads, where the pipeline leaves no choice. */
function stageOfType({ locked, choices }: Held, type: 'won' | 'lost'): StageChoice | undefined {
  const inPipeline = choices.pipeline(locked.pipeline_id);
  return inPipeline && onlyStage(inPipeline, type);
}

/** By its key in the pipeline of the deal, or by its id in any. */
function stageToEnter({ locked, choices }: Held, name: string): StageChoice {
  const inPipeline = choices.pipeline(locked.pipeline_id);
  const stage = (inPipeline && stageNamed(inPipeline, name)) ?? choices.stage(name);
  if (stage === undefined)
    throw invalidParameter(
      'stage',
      `stage must be the key of a stage in the pipeline of the deal, or the id of a stage; '${name}' is neither.`,
    );
  const isEntered = stage.id !== locked.stage_id;
  const isNewPipeline = stage.pipeline_id !== locked.pipeline_id;
  if ((isEntered && stage.archived) || (isNewPipeline && choices.pipeline(stage.pipeline_id)?.archived))
    throw invalidParameter('stage', `The stage '${stage.key}' or its pipeline is archived; no deal can enter it.`);
  return stage;
}

/** Is the deal in the stage, in the status that belongs there? */
function isThere({ stage_id, status }: LockedOpportunity, stage: StageChoice): boolean {
  if (stage_id !== stage.id) return false;
  if (stage.type === 'open') return !isEnded(status);
  return status === (stage.type === 'won' ? 'Converted' : 'Lost');
}

function withReasons({ key }: StageChoice, reasons: Reasons): Reasons {
  if (reasons.lost_reasons?.length) return reasons;
  const message = `lost_reasons is required because '${key}' is a lost stage.`;
  throw invalidParameter('lost_reasons', message, 'parameter_missing');
}

function refuseReasons(stage: StageChoice, reasons: Reasons): void {
  if (stage.type === 'lost') return;
  for (const param of ['lost_reasons', 'order_lost_reason'] as const)
    if (reasons[param] !== undefined)
      throw invalidParameter(
        param,
        `${param} must be left out unless the stage is a lost stage; '${stage.key}' is not.`,
      );
}
