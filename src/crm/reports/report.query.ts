import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import {
  exampleId,
  ParameterReader,
  type ParameterErrors,
  type RawQuery,
  type SelfReadingQuery,
} from '../../common/index.js';
import { REPORT_FILTER_PARAMETERS } from '../opportunity/opportunity.dto.js';
import { readDealFilter } from './deal-filter.js';
import { readDay, readMoment } from './moments.js';
import type { ReportRequest } from './report-run.js';
import { readTimezone, TIMEZONE } from './timezone.js';

/** The parameters of one report beside its filters. */
export interface ReportParameters {
  /** From when until when; `required` if both are. */
  window?: 'moments' | 'days' | 'required';
  at?: true;
  pipelineId?: true;
  cohort?: true;
  groupBy?: true;
}

const MOMENT = 'A date, which means its midnight in `timezone`, or a time.';
const DAY = { type: String, format: 'date' };
const COHORTS = ['ended', 'created'] as const;
const CYCLE_GROUPS = ['opportunity_owner', 'opportunity_type'] as const;

function documented({ window, at, pipelineId, cohort, groupBy }: ReportParameters): Record<string, object> {
  const moment = (text: string): object => (window === 'days' ? DAY : { type: String, description: text });
  const required = (example: string): object => (window === 'required' ? { required: true, example } : {});
  const named: Record<string, object> = {
    ...(window && {
      from: {
        ...moment(''),
        ...required('2024-01-01'),
        description: `Start of the window. ${window === 'days' ? 'A date.' : MOMENT}`,
      },
      to: {
        ...moment(''),
        ...required('2024-02-01'),
        description: `End of the window; it does not belong to the window. ${window === 'days' ? 'A date.' : MOMENT}`,
      },
    }),
    ...(at && { at: { type: String, description: `Shows the pipeline as it was at this moment. ${MOMENT}` } }),
    ...(cohort && {
      cohort: {
        type: String,
        enum: COHORTS,
        default: 'ended',
        description:
          '`ended` groups deals by the month in which they ended, `created` by the month in which they were created.',
      },
    }),
    ...(groupBy && {
      group_by: {
        type: String,
        enum: CYCLE_GROUPS,
        default: 'opportunity_owner',
        description: 'The attribute that groups the rows.',
      },
    }),
    timezone: TIMEZONE,
    ...REPORT_FILTER_PARAMETERS,
  };
  if (pipelineId)
    named['pipeline_id'] = {
      type: String,
      description: 'Id of the pipeline; by default the default pipeline.',
      example: exampleId('pipeline'),
    };
  return named;
}

/** The query of a report: what it takes, and the filters of the list. */
export function ReportQuery(parameters: ReportParameters): SelfReadingQuery<ReportRequest> {
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the document reads its parameters from a class
  class Query {
    static read(raw: RawQuery): { value: ReportRequest; errors: ParameterErrors } {
      return readReport(raw, parameters);
    }
  }
  for (const [name, schema] of Object.entries(documented(parameters))) {
    const decorator = 'required' in schema ? ApiProperty(schema as ApiPropertyOptions) : ApiPropertyOptional(schema);
    decorator(Query.prototype, name);
  }
  return Query as unknown as SelfReadingQuery<ReportRequest>;
}

function readReport(
  raw: RawQuery,
  { window, at, pipelineId, cohort, groupBy }: ReportParameters,
): { value: ReportRequest; errors: ParameterErrors } {
  const reader = new ParameterReader(raw);
  const moment = (name: string): string | undefined => {
    const isMissing = window === 'required' && raw[name] === undefined;
    if (isMissing) reader.errors.add(name, 'parameter_missing', () => `${name} is required.`);
    return reader.take(name, window === 'days' ? readDay : readMoment)?.text;
  };
  const oneOf = <T extends string>(name: string, known: readonly T[]): T | undefined =>
    reader.take(name, (text) => {
      const value = known.find((each) => each === text);
      return value === undefined ? `must be one of ${known.join(', ')}.` : { value };
    })?.value;
  const value = {
    ...(window && { from: moment('from'), to: moment('to') }),
    ...(at && { at: moment('at') }),
    ...(pipelineId && { pipelineId: reader.take('pipeline_id', (text) => ({ text }))?.text }),
    ...(cohort && { cohort: oneOf('cohort', COHORTS) }),
    ...(groupBy && { groupBy: oneOf('group_by', CYCLE_GROUPS) }),
    timezone: readTimezone(reader),
  };
  return { value: { ...value, filter: readDealFilter(reader, raw) }, errors: reader.errors };
}
