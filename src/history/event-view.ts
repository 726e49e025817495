import { stringifyExact } from '../common/json/exact-number.js';
import type { EventView } from './history.dto.js';

/** A part of its own, as workspaces may be on another server than their events. */
const WORKSPACE = '(with named as materialized (select name from workspace where id = $1) select name from named)';

/** What an event's view is made of, over the table `event` and the workspace as `$1`. */
export const EVENT_COLUMNS = `event.id, event.type, event.created_at,
  ${WORKSPACE} as workspace, event.subject_id, event.object_id, event.version,
  event.before, event.after, event.request_id, event.key_id, event.import_id`;

/** A row of `EVENT_COLUMNS`. */
export type EventRow = Omit<EventView, 'opportunity_id' | 'derived_from' | 'truncated'> & { subject_id: string };

/** The length of `evt_` and 32 digits: what is behind it names a derived event. */
export const EVENT_ID_LENGTH = 36;

/**
 * Joins the event of a place `f` in the feed of workspace `$1`, which may be the place of a derived one. With the limit,
 * PostgreSQL looks it up by its key, as no other index serves; it would join all events of a workspace that it takes for small.
 */
export const EVENT_OF_PLACE = `cross join lateral (select * from event where event.workspace_id = $1
  and event.subject_id = f.subject_id and event.created_at = f.created_at and event.id = left(f.id, ${EVENT_ID_LENGTH}) limit 1) event`;

/** Which derived event of its source is meant: the end of its id, and its type. */
export interface Derivation {
  name: string;
  type: string;
}

/** The largest event that is told outside of the history. */
const MOST_BYTES = 256 * 1024;

/** The opportunity that events with this subject are about; null if they are about something else. */
export function opportunityOf(subjectId: string): string | null {
  return subjectId.startsWith('opportunity_') ? subjectId : null;
}

/** An event as the API shows it, whole; with a derivation, the derived event. Keys stand in the order of the document. */
export function eventView(row: EventRow, derivation?: Derivation): EventView {
  const { id, type, created_at, workspace, subject_id, object_id, version } = row;
  const { before, after, request_id, key_id, import_id } = row;
  return {
    id: derivation === undefined ? id : `${id}_${derivation.name}`,
    type: derivation?.type ?? type,
    created_at,
    workspace,
    opportunity_id: opportunityOf(subject_id),
    object_id,
    version,
    derived_from: derivation === undefined ? null : id,
    before,
    after,
    truncated: false,
    request_id,
    key_id,
    import_id,
  };
}

/** The text of an event in the feed and in deliveries: always the same bytes. One that is too large comes without its contents. */
export function eventText(row: EventRow, derivation?: Derivation): string {
  const view = eventView(row, derivation);
  const text = stringifyExact(view);
  if (Buffer.byteLength(text) <= MOST_BYTES) return text;
  return stringifyExact({ ...view, before: null, after: null, truncated: true });
}
