import type { Client, Json } from '../../test/support/client.js';

/** The whole feed, from its beginning. */
export async function wholeFeed(api: Client): Promise<Json[]> {
  const events: Json[] = [];
  for (let cursor = 'beginning', more = true; more;) {
    const { status, body, text } = await api.get(`//api/events?limit=100&after=${cursor}`);
    if (status !== 200) throw new Error(`the feed: ${status} ${text}`);
    events.push(...body.data);
    ({ next: cursor, has_more: more } = body);
  }
  return events;
}

/** What is wrong with a feed: an event twice, or a deal whose events are not its history. */
export async function feedBreaks(api: Client, events: readonly Json[]): Promise<string[]> {
  const breaks: string[] = [];
  const ids = new Set(events.map(({ id }) => id as string));
  if (ids.size !== events.length) breaks.push(`${events.length - ids.size} events are in the feed twice`);
  const byDeal = new Map<string, string[]>();
  for (const { id, opportunity_id, derived_from } of events) {
    if (opportunity_id === null || derived_from !== null) continue;
    byDeal.set(opportunity_id, [...(byDeal.get(opportunity_id) ?? []), id]);
  }
  for (const [deal, told] of byDeal) {
    const { body } = await api.get(`/opportunity/${deal}/history?limit=100`);
    const known = (body.data as Json[]).map(({ id }) => id as string);
    const last = told.toReversed().slice(0, known.length);
    if (body.total !== told.length || known.some((id, at) => id !== last[at]))
      breaks.push(`${deal}: the feed has ${told.length} events, and the history ${body.total}, or in another order`);
  }
  return breaks;
}
