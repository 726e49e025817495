import { Injectable } from '@nestjs/common';
import type { Call } from '../common/call/call.js';
import { stringifyExact } from '../common/json/exact-number.js';
import { pageOf, type Page } from '../common/list/page.js';
import { DEFAULT_LIMIT, type PageQuery } from '../common/list/page.query.js';
import type { Rows } from '../common/rows/rows.js';
import type { Versioned } from '../common/versions/versions.js';
import type { EventView } from './history.dto.js';

const SHOWN = 'id, type, object_id, key_id, request_id, before, after, created_at';
/** The events of one object of a resource: an id of another resource has none here, whoever may read those. */
const ITS_OWN = `workspace_id = $1 and subject_id = $2 and split_part(type, '.', 1) = any($3::text[])`;

/** Reads what the log says of one object and of its children. */
@Injectable()
export class HistoryService {
  /** Newest first. Throws 404 for what neither is a row nor was one. */
  async list<E extends Versioned>(call: Call, rows: Rows<E>, id: string, query: PageQuery): Promise<Page<EventView>> {
    const { limit = DEFAULT_LIMIT, offset = 0 } = query;
    const parameters = [call.workspaceId, id, rows.historyTables];
    const page = `select ${SHOWN} from event where ${ITS_OWN} order by created_at desc, id desc limit $4 offset $5`;
    const [events, [counted]] = await Promise.all([
      call.manager.query<EventView[]>(page, [...parameters, limit, offset]),
      call.manager.query<{ total: number }[]>(
        `select count(*)::int as total from event where ${ITS_OWN}`,
        parameters,
      ),
    ]);
    const total = counted?.total ?? 0;
    // Whose events were forgotten, or were made by no request, is there all the same.
    if (total === 0) await rows.get(call, id, ['id']);
    return pageOf(events.map(onlyChanges), offset, total);
  }
}

/** The log keeps every attribute that a change named; those that kept their value did not change. */
function onlyChanges(event: EventView): EventView {
  const { before, after } = event;
  if (before === null || after === null) return event;
  const valueIn = (attributes: Record<string, unknown>, name: string): string => stringifyExact(attributes[name] ?? null);
  const changed = Object.keys(after).filter((name) => valueIn(before, name) !== valueIn(after, name));
  return { ...event, before: only(changed, before), after: only(changed, after) };
}

function only(names: readonly string[], attributes: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, attributes[name]]));
}
