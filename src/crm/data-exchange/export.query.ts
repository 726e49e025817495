import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  attributesOf,
  fieldParameters,
  type ListRequest,
  ParameterReader,
  type ParameterErrors,
  type RawQuery,
  readFilters,
  readShape,
  readSort,
  withTieBreak,
} from '../../common/index.js';
import { CHILD_ENTITIES, OPPORTUNITY_FILTERS, REPORT_FILTER_PARAMETERS } from '../opportunity/opportunity.dto.js';
import { Opportunity } from '../opportunity/opportunity.entity.js';
import { CHILD_LISTS } from './columns.js';

export const EXPORT_FORMATS = ['csv', 'ndjson', 'erpnext_csv'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What a client wants exported, checked. */
export interface ExportRequest {
  format: ExportFormat;
  /** Are texts left alone that a spreadsheet would run? */
  rawFormulas: boolean;
  list: ListRequest;
  /** Is everything wanted, as nothing was named? */
  isWhole: boolean;
}

const OLDEST_FIRST = [{ name: 'created_at', descending: false, nullable: false }];

/** The filters of the list, and what of the opportunities is written how. */
function readExportRequest(raw: RawQuery): { value: ExportRequest; errors: ParameterErrors } {
  const attributes = attributesOf(Opportunity);
  const reader = new ParameterReader(raw);
  const format = reader.take('format', (text) => wordOf(text, EXPORT_FORMATS))?.word ?? 'csv';
  const formulas = reader.take('formulas', (text) => wordOf(text, ['escaped', 'raw']))?.word;
  const sort = reader.takeList('sort', (text) => readSort(text, attributes)) ?? OLDEST_FIRST;
  const isNamed = ['fields', 'expand'].filter((name) => raw[name] !== undefined || raw[`${name}[]`] !== undefined);
  if (format === 'erpnext_csv')
    for (const name of isNamed)
      reader.refuse(name, 'cannot be combined with format=erpnext_csv, which has its own columns.');
  if (formulas !== undefined && format !== 'csv') reader.refuse('formulas', 'is only for format=csv.');
  const shape = readShape(reader, attributes, CHILD_LISTS, CHILD_ENTITIES);
  const filter = readFilters(reader, attributes, OPPORTUNITY_FILTERS);
  reader.refuseRest();
  const paging = { limit: 0, offset: 0, cursor: undefined, includeTotal: false };
  const list = { ...filter, ...paging, ...shape, sort: withTieBreak(sort) };
  return {
    value: { format, rawFormulas: formulas === 'raw', list, isWhole: isNamed.length === 0 },
    errors: reader.errors,
  };
}

function wordOf<W extends string>(text: string, words: readonly W[]): { word: W } | string {
  const word = words.find((known) => known === text);
  return word === undefined ? `must be one of ${words.join(', ')}.` : { word };
}

const PARAMETERS: Record<string, object> = {
  format: { type: String, enum: EXPORT_FORMATS, default: 'csv', description: 'Format of the file.' },
  formulas: {
    type: String,
    enum: ['escaped', 'raw'],
    default: 'escaped',
    description:
      "Only for `csv`. `escaped` puts a `'` before a text that a spreadsheet would run as a formula. `raw` leaves texts as they are.",
  },
  sort: {
    type: String,
    description:
      'As in the list. The default is oldest first. For many opportunities, only attributes with an index are allowed.',
  },
  ...fieldParameters(attributesOf(Opportunity), CHILD_LISTS, CHILD_ENTITIES),
  ...REPORT_FILTER_PARAMETERS,
};

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the document reads its parameters from a class
export class ExportQuery {
  static readonly read = readExportRequest;
}
for (const [name, schema] of Object.entries(PARAMETERS)) ApiPropertyOptional(schema)(ExportQuery.prototype, name);
