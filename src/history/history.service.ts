import { Injectable } from '@nestjs/common';
import type { Call } from '../common/call/call.js';
import { pageOf, type Page } from '../common/list/page.js';
import { DEFAULT_LIMIT, type PageQuery } from '../common/list/page.query.js';
import { together } from '../common/transactions/together.js';
import type { EventView } from './history.dto.js';

const SHOWN = 'id, type, object_id, key_id, request_id, before, after, created_at';

/** Reads what the log says of one object and of its children. */
@Injectable()
export class HistoryService {
  /** Newest first. An empty page may mean that there is no such object. The caller reads page and total of one moment. */
  async list(call: Call, subjectId: string, query: PageQuery): Promise<Page<EventView>> {
    const { limit = DEFAULT_LIMIT, offset = 0 } = query;
    const mine = 'from event where workspace_id = $1 and subject_id = $2';
    const [events, [counted]] = await together([
      call.manager.query<EventView[]>(`select ${SHOWN} ${mine} order by created_at desc, id desc limit $3 offset $4`, [
        call.workspaceId,
        subjectId,
        limit,
        offset,
      ]),
      call.manager.query<{ total: number }[]>(`select count(*)::int as total ${mine}`, [call.workspaceId, subjectId]),
    ]);
    return pageOf(events, offset, counted?.total ?? 0);
  }
}
