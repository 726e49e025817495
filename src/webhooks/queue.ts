import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId } from '../common/ids/id.js';
import { placeholdersFor } from '../common/table/placeholders.js';
import { opportunityOf } from '../history/event-view.js';
import { ENDPOINT_DISABLED, isWanted } from '../events/event-types.js';
import type { NumberedEvent } from '../events/numbering.js';
import { Subjects } from './subjects.js';

interface Listener {
  id: string;
  enabled_events: string[];
  filter: Record<string, string> | null;
  disabled: boolean;
}

/** Nobody disables an endpoint between this and the commit: what is made due here is then skipped there. */
const LISTENERS = `select id, enabled_events, filter, disabled from webhook_endpoint where workspace_id = $1 order by id for share`;

const ADD = `insert into webhook_delivery (workspace_id, id, endpoint_id, event_id, type, opportunity_id, position, status,
    next_attempt_at, ended_at, tries, attempts, resent)
  select $1, d.id, $2, d.event_id, d.type, d.opportunity_id, d.position, $7::varchar,
    case when $7 = 'pending' then now() end, case when $7 = 'skipped' then now() end, 0, '[]', false
  from unnest($3::text[], $4::text[], $5::text[], $6::text[], $8::bigint[]) as d (id, event_id, type, opportunity_id, position)
  on conflict do nothing`;

const MISSED = `update webhook_endpoint set missed_events = missed_events + $3, version = version + 1
  where workspace_id = $1 and id = $2`;

/** An attempt that is under way keeps its lease, as it still is a request to the endpoint. */
export const SKIP = `with skipped as (update webhook_delivery
    set status = 'skipped', next_attempt_at = null, ended_at = now(), waits_until = null
    where workspace_id = $1 and endpoint_id = $2 and status in ('pending', 'retrying') returning 1)
  update webhook_endpoint set missed_events = missed_events + (select count(*) from skipped), version = version + 1
  where workspace_id = $1 and id = $2 and exists (select from skipped)`;

/** Makes deliveries due, in the transaction that numbers their events. */
@Injectable()
export class DeliveryQueue {
  constructor(private readonly subjects: Subjects) {}

  async add(manager: EntityManager, workspaceId: string, events: readonly NumberedEvent[]): Promise<void> {
    const listeners = await manager.query<Listener[]>(LISTENERS, [workspaceId]);
    for (const listener of listeners) {
      const wanted = events.filter((event) => isFor(event, listener));
      const passing = await this.passing(manager, workspaceId, wanted, listener.filter);
      if (passing.length > 0) await addAll(manager, workspaceId, listener, passing);
    }
  }

  private async passing(
    manager: EntityManager,
    workspaceId: string,
    events: readonly NumberedEvent[],
    filter: Listener['filter'],
  ): Promise<readonly NumberedEvent[]> {
    if (filter === null || events.length === 0) return events;
    const parameters: unknown[] = [workspaceId, [...new Set(events.map(({ subject_id }) => subject_id))]];
    const excluded = this.subjects.excludedSql(filter, 's.id', placeholdersFor(parameters));
    const text = `select s.id from unnest($2::text[]) as s (id) where $1::text is not null and ${excluded}`;
    const rows = await manager.query<{ id: string }[]>(text, parameters);
    const ids = new Set(rows.map(({ id }) => id));
    return events.filter(({ subject_id }) => !ids.has(subject_id));
  }
}

function isFor({ type, subject_id }: NumberedEvent, { id, enabled_events }: Listener): boolean {
  return isWanted(type, enabled_events) && !(type === ENDPOINT_DISABLED && subject_id === id);
}

async function addAll(
  manager: EntityManager,
  workspaceId: string,
  { id, disabled }: Listener,
  events: readonly NumberedEvent[],
): Promise<void> {
  await manager.query(ADD, [
    workspaceId,
    id,
    events.map(() => newId('webhook-delivery')),
    events.map((event) => event.id),
    events.map(({ type }) => type),
    events.map(({ subject_id }) => opportunityOf(subject_id)),
    disabled ? 'skipped' : 'pending',
    events.map(({ position }) => position),
  ]);
  if (disabled) await manager.query(MISSED, [workspaceId, id, events.length]);
}
