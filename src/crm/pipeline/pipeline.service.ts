import { HttpStatus, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  ApiException,
  type Call,
  deleted,
  errorsOf,
  type Deleted,
  type ExpectedVersions,
  invalidParameter,
  type ListRequest,
  type ObjectRequest,
  type Page,
  Table,
  TablePager,
  transact,
  withoutFaults,
} from '../../common/index.js';
import type { PipelineStage } from '../pipeline-stage/pipeline-stage.entity.js';
import { PipelineStageService } from '../pipeline-stage/pipeline-stage.service.js';
import { readPipelines, type PipelineChoices } from './pipeline.aggregate.js';
import type { AppliedProbabilities, CreatePipeline, UpdatePipeline } from './pipeline.dto.js';
import { Pipeline } from './pipeline.entity.js';
import { stagesOf, TEMPLATE_NAME } from './pipeline.template.js';

/** Who changes pipelines holds off those who write deals, so a rule that was checked still holds when the change is made. */
@Injectable()
export class PipelineService {
  private readonly rows: Table<Pipeline>;
  private readonly pager: TablePager<Pipeline>;

  constructor(
    dataSource: DataSource,
    private readonly stages: PipelineStageService,
  ) {
    this.rows = new Table(dataSource, Pipeline, { parts: { stages: stages.collection.part } });
    this.pager = new TablePager(this.rows, { readChildren: (call, ids) => this.readStages(call, ids) });
  }

  list(call: Call, request: ListRequest): Promise<Page<Pipeline>> {
    return this.pager.page(call, request);
  }

  retrieve(call: Call, id: string, request: ObjectRequest): Promise<Pipeline> {
    return this.pager.retrieve(call, id, request);
  }

  create(call: Call, body: CreatePipeline, query: ObjectRequest): Promise<Pipeline> {
    this.check(body);
    return this.pager.written(call, query, (call) => this.insert(call, body));
  }

  /** Adds what the rules of the fields cannot know to the errors of the request, and refuses. */
  private check(body: CreatePipeline): void {
    const errors = errorsOf(body);
    const { name, template, stages } = withoutFaults(body, errors);
    const isNamed = name !== undefined || errors.includes('name') || errors.includes('template');
    if (template !== undefined && body.stages !== undefined)
      errors.add('stages', 'parameter_invalid', () => 'stages must not be given together with template.');
    else if (stages !== undefined) this.stages.checkNew(stages, errors);
    if (!isNamed && template === undefined)
      errors.add('name', 'parameter_missing', () => 'name is required without template.');
    errors.refuse();
  }

  private insert(call: Call, { template, stages, ...body }: CreatePipeline): Promise<Pipeline> {
    const entries = this.entriesOf(template, stages);
    const name = body.name ?? TEMPLATE_NAME;
    return transact(call, async (call) => {
      const choices = await readPipelines(call, true);
      const isFirst = choices.pipelines.length === 0;
      requireName(choices, name);
      // A client that writes the defaults of the document out sends false with the first one, too.
      const is_default = isFirst || body.is_default === true;
      requireDefault({ ...body, is_default }, isFirst);
      if (is_default) await this.unmarkDefault(call, choices);
      const row = await this.rows.insert(call, { ...body, name, is_default });
      if (entries !== undefined) await this.stages.collection.insertAll(call, [{ parent: row, entries }], 'stages');
      if (isFirst) await this.stages.deals.linkAll(call, row.id);
      if (entries !== undefined) (await this.readStages(call, [row.id]))(row);
      return row;
    });
  }

  update(
    call: Call,
    id: string,
    body: UpdatePipeline,
    query: ObjectRequest,
    expected: ExpectedVersions,
  ): Promise<Pipeline> {
    const update = async (call: Call): Promise<Pipeline> => {
      const choices = await readPipelines(call, true);
      const present = choices.pipeline(id);
      if (present !== undefined) {
        const { is_default = present.is_default, archived = present.archived } = body;
        if (body.name !== undefined) requireName(choices, body.name, id);
        requireDefault({ is_default, archived }, present.is_default);
        if (body.is_default && !present.is_default) await this.unmarkDefault(call, choices);
      }
      return this.rows.update(call, id, body, expected);
    };
    return transact(call, (call) => this.pager.written(call, query, update));
  }

  remove(call: Call, id: string, moveTo: string | undefined, expected: ExpectedVersions): Promise<Deleted> {
    return transact(call, async (call) => {
      const choices = await readPipelines(call, true);
      await this.rows.get(call, id, ['id']);
      if (choices.default?.id === id && choices.pipelines.length > 1) throw defaultPipeline();
      await this.stages.empty(call, { column: 'pipeline_id', id }, moveTo);
      await this.rows.delete(call, id, expected);
      return deleted(id);
    });
  }

  applyProbabilities(call: Call, id: string): Promise<AppliedProbabilities> {
    return transact(call, async (call) => {
      await readPipelines(call, true);
      await this.rows.get(call, id, ['id']);
      return { pipeline_id: id, changed: await this.stages.deals.applyProbabilities(call, id) };
    });
  }

  private entriesOf(
    template: CreatePipeline['template'],
    stages: CreatePipeline['stages'],
  ): Partial<PipelineStage>[] | undefined {
    return template === undefined ? stages && this.stages.completeAll(stages) : stagesOf(template);
  }

  private async unmarkDefault(call: Call, choices: PipelineChoices): Promise<void> {
    if (choices.default !== undefined) await this.rows.update(call, choices.default.id, { is_default: false });
  }

  private async readStages(call: Call, ids: readonly string[]): Promise<(pipeline: Pipeline) => void> {
    const stages = await this.stages.collection.ofParents(call, ids);
    return (pipeline) => {
      pipeline.stages = stages.filter(({ pipeline_id }) => pipeline_id === pipeline.id);
    };
  }
}

function requireName(choices: PipelineChoices, name: string, own?: string): void {
  const isTaken = choices.pipelines.some((each) => each.id !== own && each.name.toLowerCase() === name.toLowerCase());
  if (isTaken)
    throw invalidParameter('name', `name must be unique; there is a pipeline '${name}'.`, 'parameter_not_unique');
}

/** There is always a default pipeline, and deals can enter it. */
function requireDefault(
  { is_default, archived }: Partial<Pick<Pipeline, 'is_default' | 'archived'>>,
  isDefault: boolean,
): void {
  if (isDefault && is_default === false)
    throw invalidParameter('is_default', 'is_default must stay true: mark another pipeline as the default instead.');
  if (is_default && archived)
    throw invalidParameter('archived', 'archived must be false for the default pipeline, which new deals enter.');
}

function defaultPipeline(): ApiException {
  return new ApiException(HttpStatus.CONFLICT, {
    code: 'default_pipeline',
    message:
      'The default pipeline cannot be deleted while the workspace has other pipelines. Mark another one as the default first.',
  });
}
