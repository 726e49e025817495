import type { Client, Json } from './client.js';

/** The keys of every event, in their order. */
export const KEYS_OF_AN_EVENT = [
  'id',
  'type',
  'created_at',
  'workspace',
  'opportunity_id',
  'object_id',
  'version',
  'derived_from',
  'before',
  'after',
  'truncated',
  'request_id',
  'key_id',
  'import_id',
];

/** All events behind a cursor, read page by page while others write, and once more when `isOver` says that they have ended. */
export async function followed(api: Client, after: string, isOver: () => boolean, limit = 7): Promise<Json[]> {
  const events: Json[] = [];
  for (let cursor = after; ;) {
    const isLast = isOver();
    const { status, body, text } = await api.get(`//api/events?limit=${limit}&after=${cursor}`);
    if (status !== 200) throw new Error(`the feed: ${status} ${text}`);
    events.push(...body.data);
    cursor = body.next;
    if (isLast && !body.has_more) return events;
  }
}
