import { placeholdersFor } from '../common/table/placeholders.js';
import type { EntityManager } from 'typeorm';
import { EVENT_COLUMNS, EVENT_OF_PLACE, type EventRow } from '../history/event-view.js';
import type { WantedTypes } from './event-types.js';

/** Which events are wanted. */
export interface FeedFilter {
  types: WantedTypes | undefined;
  opportunityId: string | undefined;
}

/** An event with its place in the feed; `entry` is its id there, by which a derived one is known. */
export type PlacedEvent = EventRow & { entry: string; position: number };

/** Which places to look at: those behind `from`, up to `last`, and at most `limit` events of them. */
interface PlacesWanted {
  from: number;
  last: number;
  filter: FeedFilter;
  limit: number;
}

/** Events in their order, the position behind them, and whether more places follow. */
interface PlacesFound {
  events: PlacedEvent[];
  next: number;
  hasMore: boolean;
}

/** How many places of the feed one call looks at: filters that let little through must not take a call for ever. */
const MOST_PLACES = 20_000;
/** How much text one call reads, beyond its first event. */
const MOST_BYTES = 2_097_152;

/** Reads a part of the feed of a workspace. */
export async function readPlaces(
  manager: EntityManager,
  workspaceId: string,
  { from, last, filter, limit }: PlacesWanted,
): Promise<PlacesFound> {
  const until = Math.min(last, from + MOST_PLACES);
  if (until <= from) return { events: [], next: Math.max(from, last), hasMore: false };
  const { text, parameters } = pageStatement(workspaceId, from, until, filter, limit);
  const events = await manager.query<(PlacedEvent & { more: boolean })[]>(text, parameters);
  const isCut = events.at(-1)?.more === true;
  const next = isCut ? (events.at(-1)?.position ?? until) : until;
  return { events, next, hasMore: next < last };
}

function pageStatement(
  workspaceId: string,
  from: number,
  until: number,
  { types, opportunityId }: FeedFilter,
  limit: number,
): { text: string; parameters: unknown[] } {
  const parameters: unknown[] = [workspaceId, from, until, limit + 1];
  const placeholder = placeholdersFor(parameters);
  const conditions = ['workspace_id = $1 and position > $2 and position <= $3'];
  if (opportunityId !== undefined) conditions.push(`subject_id = ${placeholder(opportunityId)}`);
  if (types !== undefined)
    conditions.push(
      `(type = any(${placeholder(types.exact)}::text[]) or split_part(type, '.', 1) = any(${placeholder(types.tables)}::text[]))`,
    );
  const size = `coalesce(octet_length(event.before::text), 0) + coalesce(octet_length(event.after::text), 0)`;
  // An event that is too much for this page begins the next one.
  const text = `select *, (count > rank) as more from (
      select f.id as entry, f.position, ${EVENT_COLUMNS},
        row_number() over (order by f.position) as rank, count(*) over () as count,
        sum(${size}) over (order by f.position) as bytes
      from (select * from feed_entry where ${conditions.join(' and ')} order by position limit $4) f ${EVENT_OF_PLACE}) page
    where rank = 1 or (rank <= ${placeholder(limit)} and bytes <= ${MOST_BYTES}) order by position`;
  return { text, parameters };
}
