import { Inject, Injectable, type Type } from '@nestjs/common';
import {
  attributesOf,
  type Call,
  invalidParameter,
  isOptIn,
  type ListRequest,
  propertySchema,
  stringifyExact,
} from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import { CHILD_ENTITIES } from '../opportunity/opportunity.dto.js';
import { Opportunity } from '../opportunity/opportunity.entity.js';
import { OpportunityService } from '../opportunity/opportunity.service.js';
import { CHILD_LISTS } from './columns.js';
import type { ExportRequest } from './export.query.js';
import { columnOf, ERPNEXT_TABLE, TableWriter } from './export.table.js';

/** Read-only attributes that an import takes of a deal it creates, by the name that an export has for them. */
const TAKEN_BACK = ['stage_entered_at', 'won_at', 'lost_at', 'closed_at', 'pipeline_name'];

/** What stands in another form: a workspace knows its pipelines by their names. */
const LEFT_OUT = ['pipeline_id'];

@Injectable()
export class ExportService {
  constructor(
    private readonly opportunities: OpportunityService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The file, piece by piece; what is wrong with the request is thrown before the first. */
  async start(call: Call, request: ExportRequest): Promise<AsyncGenerator<string>> {
    await this.requireSortable(call, request.list);
    const list = shapeOf(request);
    const writer = writerOf(request, list);
    const parts = this.opportunities.all(call, list);
    // What fails at once is still a response.
    const first = await parts.next();
    return pieces(writer, first, parts);
  }

  private async requireSortable(call: Call, list: ListRequest): Promise<void> {
    const [term] = list.sort;
    if (term === undefined || (!term.isText && this.opportunities.rows.hasOrderOf(term.name))) return;
    const most = this.config.EXPORT_SORT_ROWS;
    if (!(await this.opportunities.areMoreThan(call, list, most))) return;
    const message = `sort needs an attribute with an index for more than ${most} opportunities; ${term.name} has no index. Leave sort out, or export fewer opportunities.`;
    throw invalidParameter('sort', message);
  }
}

/** Turns deals into text; a table begins with its header. */
interface Writer {
  header: string;
  lines: (deals: readonly Opportunity[]) => string;
}

async function* pieces(
  writer: Writer,
  first: IteratorResult<Opportunity[]>,
  rest: AsyncGenerator<Opportunity[]>,
): AsyncGenerator<string> {
  try {
    if (writer.header !== '') yield writer.header;
    for (let part = first; !part.done; part = await rest.next()) yield writer.lines(part.value);
  } finally {
    await rest.return(undefined);
  }
}

/** What of the deals is read: everything, unless something is named. */
function shapeOf({ format, isWhole, list }: ExportRequest): ListRequest {
  if (format === 'erpnext_csv') {
    const names = (kind: string | undefined): string[] =>
      ERPNEXT_TABLE.filter((column) => column.list === kind).map(({ name }) => name);
    const children = Object.fromEntries(CHILD_LISTS.map((kind) => [kind, names(kind)]));
    return { ...list, fields: ['id', ...names(undefined)], expand: CHILD_LISTS, childFields: children };
  }
  if (!isWhole) return list;
  const children = Object.entries(CHILD_ENTITIES).map(([kind, entity]) => [kind, exchanged(entity)]);
  return {
    ...list,
    fields: exchanged(Opportunity),
    expand: CHILD_LISTS,
    childFields: Object.fromEntries(children) as Record<string, string[]>,
  };
}

/** The attributes that default answers have, and those that an import takes. */
function exchanged(entity: Type): string[] {
  const isTaken = (name: string): boolean => !propertySchema(entity, name).readOnly || TAKEN_BACK.includes(name);
  return attributesOf(entity)
    .map(({ name }) => name)
    .filter((name) => !LEFT_OUT.includes(name) && (!isOptIn(entity, name) || isTaken(name)));
}

function writerOf({ format, rawFormulas, isWhole }: ExportRequest, list: ListRequest): Writer {
  if (format === 'ndjson') return { header: '', lines: (deals) => deals.map(lineOf).join('') };
  if (format === 'erpnext_csv') return new TableWriter(ERPNEXT_TABLE, false);
  const own = list.fields ?? defaultsOf(Opportunity);
  const ofChildren = list.expand.flatMap((kind) => {
    const names = list.childFields?.[kind] ?? defaultsOf(CHILD_ENTITIES[kind as keyof typeof CHILD_ENTITIES]);
    return names.filter((name) => name !== 'opportunity_id').map((name) => `${kind}.${name}`);
  });
  const paths = isWhole || list.fields === undefined || list.fields.length > 0 ? [...own, ...ofChildren] : ofChildren;
  return new TableWriter(
    paths.map((path) => columnOf(path)),
    !rawFormulas,
  );
}

function lineOf({ version: _version, ...deal }: Opportunity): string {
  return `${stringifyExact(deal)}\n`;
}

function defaultsOf(entity: Type): string[] {
  return attributesOf(entity)
    .map(({ name }) => name)
    .filter((name) => !isOptIn(entity, name));
}
