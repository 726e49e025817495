import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  type Call,
  deleted,
  type Deleted,
  type ExpectedVersions,
  invalidParameter,
  OrderedChildren,
  type Page,
  ParameterErrors,
  type ReorderBody,
  Table,
  transact,
  errorsOf,
  onlyFields,
  type FieldsRequest,
  type ObjectRequest,
  TablePager,
} from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import { OpportunityService } from '../opportunity/opportunity.service.js';
import {
  listOfPipeline,
  lockPipeline,
  stageInUse,
  touchPipelines,
  type LockedPipeline,
} from '../pipeline/pipeline.aggregate.js';
import { lockPipelines, readPipelines, type StageChoice } from '../pipeline/pipeline.aggregate.js';
import type { CreatePipelineStage, PipelineStageListQuery, UpdatePipelineStage } from './pipeline-stage.dto.js';
import { StageDeals, type DealsIn } from './pipeline-stage.deals.js';
import { PipelineStage } from './pipeline-stage.entity.js';
import { completeStage } from './pipeline-stage.rules.js';

@Injectable()
export class PipelineStageService {
  /** The stages as a part of their pipeline. */
  readonly collection: OrderedChildren<PipelineStage, LockedPipeline>;
  /** The deals that are in stages. */
  readonly deals: StageDeals;
  private readonly rows: Table<PipelineStage>;
  private readonly pager: TablePager<PipelineStage>;

  constructor(dataSource: DataSource, opportunities: OpportunityService, @Inject(CONFIG) config: Config) {
    this.deals = new StageDeals(opportunities);
    this.rows = new Table(dataSource, PipelineStage, { subjectKey: 'pipeline_id' });
    this.pager = new TablePager(this.rows);
    this.collection = new OrderedChildren({
      rows: this.rows,
      parentResource: 'pipeline',
      parentKey: 'pipeline_id',
      limit: config.MAX_CHILDREN,
      lockParent: lockPipeline,
      afterChange: touchPipelines,
      beforeWrite: completeStage,
    });
  }

  async list(call: Call, { parent_id, fields, ...part }: PipelineStageListQuery): Promise<Page<PipelineStage>> {
    const page = await listOfPipeline(call, parent_id, (call) => this.collection.list(call, parent_id, part, fields));
    return { ...page, data: onlyFields(page.data, fields) };
  }

  retrieve(call: Call, id: string, request: ObjectRequest): Promise<PipelineStage> {
    return this.pager.retrieve(call, id, request);
  }

  /** Does a write, and answers what of the stage is wanted. */
  written(
    call: Call,
    request: ObjectRequest,
    write: (call: Call) => Promise<PipelineStage>,
    parentId?: string,
  ): Promise<PipelineStage> {
    return this.pager.written(call, request, write, parentId);
  }

  create(call: Call, body: CreatePipelineStage, expected: ExpectedVersions): Promise<PipelineStage> {
    const errors = errorsOf(body);
    if (!errors.includes('type') && !errors.includes('probability')) errors.addThrown(() => completeStage(body));
    errors.refuse();
    return transact(call, async (call) => {
      await lockPipelines(call, true);
      const stage = await this.collection.insert(call, body, expected);
      await this.deals.linkStage(call, stage);
      return stage;
    });
  }

  update(call: Call, id: string, body: UpdatePipelineStage, expected: ExpectedVersions): Promise<PipelineStage> {
    return this.collection.update(call, id, body, expected);
  }

  remove(call: Call, id: string, moveTo: string | undefined, expected: ExpectedVersions): Promise<Deleted> {
    return transact(call, async (call) => {
      await lockPipelines(call, true);
      await this.rows.get(call, id, ['id']);
      await this.empty(call, { column: 'stage_id', id }, moveTo);
      await this.collection.remove(call, id, expected);
      return deleted(id);
    });
  }

  async reorder(
    call: Call,
    body: ReorderBody,
    { fields }: FieldsRequest,
    expected: ExpectedVersions,
  ): Promise<Page<PipelineStage>> {
    const page = await this.collection.reorder(call, body, expected, fields);
    return { ...page, data: onlyFields(page.data, fields) };
  }

  /** Adds what is wrong with the stages of a new pipeline, beside what the rules of their fields say. */
  checkNew(entries: readonly Partial<PipelineStage>[], errors: ParameterErrors): void {
    for (const [at, { key }] of entries.entries()) {
      if (entries.findIndex((other) => other.key === key) === at) continue;
      const param = `stages[${at}].key`;
      errors.add(param, 'parameter_not_unique', () => `${param} must be unique; '${key ?? ''}' is given twice.`);
    }
    for (const [at, entry] of entries.entries())
      errors.addThrown(() => completeStage(entry, undefined, `stages[${at}].`));
  }

  /** The stages of a new pipeline, which were checked. */
  completeAll(entries: readonly Partial<PipelineStage>[]): Partial<PipelineStage>[] {
    return entries.map((stage) => completeStage(stage));
  }

  /** Moves the deals out of what is to be deleted. Throws 409 if there are some and nothing says where to. */
  async empty(call: Call, deals: DealsIn, moveTo: string | undefined): Promise<void> {
    const target = moveTo === undefined ? undefined : await this.targetOf(call, deals, moveTo);
    if (target !== undefined) return this.deals.moveAll(call, deals, target);
    const count = await this.deals.count(call, deals);
    if (count > 0) throw stageInUse(count);
  }

  private async targetOf(call: Call, { column, id }: DealsIn, moveTo: string): Promise<StageChoice> {
    const choices = await readPipelines(call, true);
    const stage = choices.stage(moveTo);
    const isLeft = stage !== undefined && (column === 'stage_id' ? stage.id : stage.pipeline_id) === id;
    if (stage === undefined || isLeft)
      throw invalidParameter('move_to', `move_to must be the id of a stage that remains; '${moveTo}' is not.`);
    if (stage.archived || choices.pipeline(stage.pipeline_id)?.archived)
      throw invalidParameter(
        'move_to',
        `move_to must not be an archived stage; '${stage.key}' or its pipeline is archived.`,
      );
    return stage;
  }
}
