import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayNotEmpty, IsBoolean, IsIn, IsObject, ValidateNested } from 'class-validator';
import {
  Deleted,
  ErrorDetail,
  FurtherChecks,
  ID_LENGTH,
  IfGiven,
  IsList,
  IsText,
  TEXT_LENGTH,
  schemaRef,
  FieldsQuery,
} from '../../common/index.js';
import { CreateOpportunity, OpportunityView, UpdateOpportunity } from './opportunity.dto.js';
import { Opportunity } from './opportunity.entity.js';

export const MOST_OPERATIONS = 200;

export const BATCH_METHODS = ['create', 'update', 'delete'] as const;

@ApiSchema({ name: 'OpportunityOperation', description: 'One change, as a single call would make it.' })
@ApiExtraModels(CreateOpportunity, UpdateOpportunity)
export class OpportunityOperation {
  @IsIn(BATCH_METHODS, { message: `$property must be one of ${BATCH_METHODS.join(', ')}.` })
  @ApiProperty({ type: String, enum: BATCH_METHODS, description: 'Kind of change.' })
  method: (typeof BATCH_METHODS)[number];

  @IfGiven()
  @IsText(ID_LENGTH)
  @ApiPropertyOptional({
    type: String,
    description: 'Id of the opportunity; update and delete need it, or `external_id`; create has neither.',
  })
  id?: string;

  @IfGiven()
  @IsText(TEXT_LENGTH)
  @ApiPropertyOptional({ type: String, description: '`external_id` of the opportunity, instead of `id`.' })
  external_id?: string;

  @IfGiven()
  @IsObject({ message: '$property must be an object.' })
  @ApiPropertyOptional({
    description: 'The body of the single call; required for create and update, absent for delete.',
    anyOf: [schemaRef(CreateOpportunity), schemaRef(UpdateOpportunity)],
  })
  body?: object;
}

@FurtherChecks()
@ApiSchema({ name: 'OpportunityBatch', description: `Up to ${MOST_OPERATIONS} changes in one request.` })
export class OpportunityBatch {
  static readonly example = {
    operations: [
      {
        method: 'create',
        body: { ...CreateOpportunity.example, items: [{ item_name: 'Office chair', qty: 12, rate: 89.95 }] },
      },
      { method: 'create', body: { ...CreateOpportunity.example, title: 'Desks' } },
    ],
  };

  @IfGiven()
  @IsBoolean({ message: '$property must be true or false.' })
  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    description: '`true`: all operations or none. `false`: every operation has its own outcome.',
  })
  atomic?: boolean;

  @IsList()
  @ArrayNotEmpty({ message: '$property must name at least one operation.' })
  @ArrayMaxSize(MOST_OPERATIONS, { message: `$property must not name more than ${MOST_OPERATIONS} operations.` })
  @ValidateNested()
  @ApiProperty({
    type: [OpportunityOperation],
    minItems: 1,
    maxItems: MOST_OPERATIONS,
    description: 'The changes, made in this order.',
  })
  operations: OpportunityOperation[];
}

@ApiSchema({ name: 'OpportunityOutcome', description: 'Outcome of one operation: its object or its error.' })
@ApiExtraModels(OpportunityView, Deleted, ErrorDetail)
export class OpportunityOutcome {
  @ApiProperty({ type: 'integer', description: 'Status that the single call would have.', example: 201 })
  status: number;

  @ApiPropertyOptional({
    description: 'The object, or the confirmation of a delete.',
    anyOf: [schemaRef(OpportunityView), schemaRef(Deleted)],
  })
  object?: OpportunityView | Deleted;

  @ApiPropertyOptional({ type: ErrorDetail, description: 'Why it failed; only with `atomic: false`.' })
  error?: ErrorDetail;
}

@ApiSchema({ name: 'OpportunityOutcomes', description: 'The outcome of every operation, in the order given.' })
export class OpportunityOutcomes {
  @ApiProperty({ type: [OpportunityOutcome], description: 'The outcomes.' })
  data: OpportunityOutcome[];
}

/** What is wanted of the objects of a batch. */
export class OpportunityBatchQuery extends FieldsQuery(Opportunity) {}
