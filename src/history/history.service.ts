import { Injectable } from '@nestjs/common';
import type { Call } from '../common/call/call.js';
import { callParameters, eventInsert } from '../common/events/event-sql.js';
import { pageOf, type Page } from '../common/list/page.js';
import { DEFAULT_LIMIT, type PageQuery } from '../common/list/page.query.js';
import { asAnswer } from '../common/table/answer-limit.js';
import type { Table } from '../common/table/table.js';
import { readTogether } from '../common/call/read-together.js';
import { pipeline } from '../common/call/pipeline.js';
import type { Versioned } from '../common/versions/versions.js';
import { EVENT_COLUMNS, eventView, type EventRow } from './event-view.js';
import type { EventView } from './history.dto.js';

/** The events of one object of a resource: an id of another resource has none here, whoever may read those. */
const itsOwn = (id: string, tables: string): string =>
  `workspace_id = $1 and subject_id = ${id} and split_part(type, '.', 1) = any(${tables}::text[])`;

/** Reads what the log says of one object and of its children. */
@Injectable()
export class HistoryService {
  /** Newest first. Throws 404 for what neither is a row nor was one. */
  async list<E extends Versioned>(call: Call, rows: Table<E>, id: string, query: PageQuery): Promise<Page<EventView>> {
    const { limit = DEFAULT_LIMIT, offset = 0 } = query;
    const parameters = [call.workspaceId, id, rows.historyTables];
    const mine = `from event where ${itsOwn('$2', '$3')}`;
    const page = asAnswer(`select ${EVENT_COLUMNS} ${mine} order by created_at desc, id desc limit $4 offset $5`);
    return readTogether(call, async (call) => {
      const { events, counted } = await pipeline({
        events: call.manager.query<EventRow[]>(page, [...parameters, limit, offset]),
        counted: call.manager.query<{ total: number }[]>(`select count(*)::int as total ${mine}`, parameters),
      });
      const total = counted[0]?.total ?? 0;
      // Whose events were forgotten, or were made by no request, is there all the same.
      if (total === 0) await rows.get(call, id, ['id']);
      return pageOf(
        events.map((row) => eventView(row)),
        offset,
        total,
      );
    });
  }

  /**
   * Takes the contents out of the history of an object, and notes once that it was erased; answers how many events there
   * were. `version` is the one of the erasure; of an object that is gone, it is the last.
   */
  async erase<E extends Versioned>(call: Call, rows: Table<E>, id: string, version?: number): Promise<number> {
    const type = `${rows.name}.erased`;
    const isFirst = `(select where not exists (select from emptied where type = '${type}')) is_first`;
    const event = eventInsert({
      type,
      subject: '$4',
      object: '$4',
      version: 'coalesce($6::integer, (select max(version) from emptied), 1)',
      from: isFirst,
    });
    const text = `with emptied as (update event set before = null, after = null where ${itsOwn('$4', '$5')} returning type, version),
      logged as (${event})
      select count(*)::int as total from emptied`;
    const parameters = [...callParameters(call), id, rows.historyTables, version ?? null];
    const [counted] = await call.manager.query<{ total: number }[]>(text, parameters);
    return counted?.total ?? 0;
  }
}
