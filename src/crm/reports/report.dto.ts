import type { Type } from '@nestjs/common';
import { ApiProperty, ApiSchema, type ApiPropertyOptions } from '@nestjs/swagger';
import { DEFINITIONS, type ReportName } from './definitions.js';
import { ReportQuery } from './report.query.js';
import { ROWS, TOTALS, type ReportSchemas } from './report.schemas.js';
import { AS_OF_SCHEMA, BASE_CURRENCY_SCHEMA, listOf, objectOf, TIMEZONE_SCHEMA } from './schemas.js';

/** The answer of any report. */
export interface ReportAnswer {
  report: ReportName;
  from: string | null;
  to: string | null;
  timezone: string;
  as_of: string;
  base_currency: string | null;
  definitions: Record<string, string>;
  data: object[];
  totals: object;
  won?: object[];
  by_stage?: object[];
}

const moment = (description: string): ApiPropertyOptions => ({ type: String, nullable: true, description });

/** The documented answer of one report. */
function ReportOf(name: ReportName, schema: string, description: string, more: ReportSchemas = {}): Type<ReportAnswer> {
  @ApiSchema({ name: schema, description })
  class Answer {
    @ApiProperty({ type: String, enum: [name], description: 'The name of the report.' })
    report: ReportName;

    @ApiProperty(moment('Start of the window, as the request named it.'))
    from: string | null;

    @ApiProperty(moment('End of the window, as the request named it; it does not belong to the window.'))
    to: string | null;

    @ApiProperty(TIMEZONE_SCHEMA)
    timezone: string;

    @ApiProperty(AS_OF_SCHEMA)
    as_of: string;

    @ApiProperty(BASE_CURRENCY_SCHEMA)
    base_currency: string | null;

    @ApiProperty({
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'The meaning of the words in this report.',
      example: DEFINITIONS[name],
    })
    definitions: Record<string, string>;

    @ApiProperty(listOf(ROWS[name], 'The rows of the report, in order.'))
    data: object[];

    @ApiProperty(objectOf(TOTALS[name], 'The numbers of a row for all deals; each deal counts once.'))
    totals: object;
  }
  for (const [property, options] of Object.entries(more)) ApiProperty(options)(Answer.prototype, property);
  return Answer;
}

export class PipelineReport extends ReportOf('pipeline', 'PipelineReport', 'Open deals by stage.') {}

export class ForecastReport extends ReportOf('forecast', 'ForecastReport', 'Open deals by closing month.', {
  won: listOf(ROWS.forecast_won, 'Won deals by the month in which they were won.'),
}) {}

export class WinRateReport extends ReportOf(
  'win-rate',
  'WinRateReport',
  'The rate of won deals among the deals that ended.',
) {}

export class LossesReport extends ReportOf('losses', 'LossesReport', 'Lost deals by reason and by stage.', {
  by_stage: listOf(ROWS.losses_by_stage, 'Lost deals by the stage in which they were lost.'),
}) {}

export class CycleReport extends ReportOf(
  'cycle',
  'CycleReport',
  'Days from the creation of deals until they were won.',
) {}

export class FunnelReport extends ReportOf('funnel', 'FunnelReport', 'Deals that entered each stage and went on.') {}

export class VelocityReport extends ReportOf(
  'velocity',
  'VelocityReport',
  'The base amount that the open deals bring per day.',
) {}

export class ChangesReport extends ReportOf(
  'changes',
  'ChangesReport',
  'Changes of the open deals between two moments.',
) {}

export class PipelineReportQuery extends ReportQuery({ at: true }) {}

export class ForecastReportQuery extends ReportQuery({ window: 'days' }) {}

export class WinRateReportQuery extends ReportQuery({ window: 'moments', cohort: true }) {}

export class LossesReportQuery extends ReportQuery({ window: 'moments' }) {}

export class CycleReportQuery extends ReportQuery({ window: 'moments', groupBy: true }) {}

export class FunnelReportQuery extends ReportQuery({ window: 'moments', pipelineId: true }) {}

export class VelocityReportQuery extends ReportQuery({ window: 'moments' }) {}

export class ChangesReportQuery extends ReportQuery({ window: 'required' }) {}
