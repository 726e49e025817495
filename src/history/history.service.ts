import { Injectable } from '@nestjs/common';
import type { Call } from '../common/call/call.js';
import { stringifyExact } from '../common/json/exact-number.js';
import { pageOf, type Page } from '../common/list/page.js';
import { DEFAULT_LIMIT, type PageQuery } from '../common/list/page.query.js';
import { asAnswer } from '../common/rows/answer-limit.js';
import type { EventView } from './history.dto.js';

const SHOWN = 'id, type, object_id, key_id, request_id, before, after, created_at';

/** Reads what the log says of one object and of its children. */
@Injectable()
export class HistoryService {
  /** Newest first. An empty page may mean that there is no such object. */
  async list(call: Call, subjectId: string, query: PageQuery): Promise<Page<EventView>> {
    const { limit = DEFAULT_LIMIT, offset = 0 } = query;
    const mine = 'from event where workspace_id = $1 and subject_id = $2';
    const [events, [counted]] = await Promise.all([
      call.manager.query<EventView[]>(
        asAnswer(`select ${SHOWN} ${mine} order by created_at desc, id desc limit $3 offset $4`),
        [call.workspaceId, subjectId, limit, offset],
      ),
      call.manager.query<{ total: number }[]>(`select count(*)::int as total ${mine}`, [call.workspaceId, subjectId]),
    ]);
    return pageOf(events.map(onlyChanges), offset, counted?.total ?? 0);
  }
}

/** The log keeps every attribute that a change named; those that kept their value did not change. */
function onlyChanges(event: EventView): EventView {
  const { before, after } = event;
  if (before === null || after === null) return event;
  const changed = Object.keys(after).filter((name) => stringifyExact(before[name]) !== stringifyExact(after[name]));
  return { ...event, before: only(changed, before), after: only(changed, after) };
}

function only(names: readonly string[], attributes: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, attributes[name]]));
}
