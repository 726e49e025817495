import { HttpStatus, Injectable } from '@nestjs/common';
import {
  ApiException,
  type Call,
  errorsOf,
  type Page,
  type ParameterErrors,
  pageOf,
  pipeline,
  placeholdersFor,
  readTogether,
  resourceMissing,
  transact,
  withoutFaults,
} from '../common/index.js';
import { newId } from '../common/ids/id.js';
import { ENDPOINT_DISABLED, isWanted, knownTypes, wantedTypes } from '../events/event-types.js';
import { opportunityOf } from '../history/event-view.js';
import { OUTDATED_LEASE } from './claims.js';
import { Dispatcher } from './dispatcher.js';
import { Subjects } from './subjects.js';
import type { DeliveryQuery, DeliveryView } from './webhook-delivery.dto.js';
import type { Replayed, ReplayEvents } from './webhook-endpoint.dto.js';
import { WebhookEndpointsService, type LockedEndpoint } from './webhook-endpoints.service.js';

const MOST_REPLAYED = 10_000;
const OLDEST_MS = 30 * 86_400_000;

const SHOWN = 'id, created_at, event_id, type, opportunity_id, status, next_attempt_at, delivered_at, attempts';

const ONE = `select ${SHOWN} from webhook_delivery where workspace_id = $1 and endpoint_id = $2 and id = $3`;

const WANTED = `from webhook_delivery where workspace_id = $1 and endpoint_id = $2
  and ($3::text is null or status = $3) and ($4::text is null or type = $4) and ($5::text is null or event_id = $5)`;

/**
 * The schedule begins anew, and the attempts stay. What was skipped is missed no more. An attempt that is under way keeps its
 * place among the requests to the endpoint; of one that is resent, it records no outcome any more.
 */
const AGAIN = `with former as (select id, status from webhook_delivery
    where workspace_id = $1 and endpoint_id = $2 and id = any($3) order by id for update),
  due as (update webhook_delivery d set status = 'pending', next_attempt_at = now(), delivered_at = null, ended_at = null,
      tries = 0, resent = $4, waits_until = null,
      lease = case when $4 then ${OUTDATED_LEASE} else d.lease end
    from former where d.workspace_id = $1 and d.id = former.id)
  update webhook_endpoint
  set missed_events = missed_events - (select count(*) from former where status = 'skipped'), version = version + 1
  where workspace_id = $1 and id = $2 and exists (select from former where status = 'skipped')`;

const ADD = `insert into webhook_delivery (workspace_id, id, endpoint_id, event_id, type, opportunity_id, position, status,
    next_attempt_at, tries, attempts, resent)
  select $1, d.id, $2, d.event_id, d.type, d.opportunity_id, d.position, 'pending', now(), 0, '[]', false
  from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[]) as d (id, event_id, type, opportunity_id, position)
  on conflict do nothing`;

interface Candidate {
  id: string;
  type: string;
  subject_id: string;
  position: number;
  delivery_id: string | null;
}

/** What was sent to an endpoint, and what is sent again. */
@Injectable()
export class WebhookDeliveriesService {
  constructor(
    private readonly endpoints: WebhookEndpointsService,
    private readonly subjects: Subjects,
    private readonly dispatcher: Dispatcher,
  ) {}

  /** Newest first. */
  async list(call: Call, endpointId: string, query: DeliveryQuery): Promise<Page<DeliveryView>> {
    const { limit = 20, offset = 0, status = null, type = null, event_id = null } = query;
    const parameters = [call.workspaceId, endpointId, status, type, event_id];
    const page = `select ${SHOWN} ${WANTED} order by created_at desc, id desc limit $6 offset $7`;
    return readTogether(call, async (call) => {
      const { found, counted } = await pipeline({
        endpoint: this.endpoints.rows.get(call, endpointId, ['id']),
        found: call.manager.query<DeliveryView[]>(page, [...parameters, limit, offset]),
        counted: call.manager.query<{ n: number }[]>(`select count(*)::int as n ${WANTED}`, parameters),
      });
      return pageOf(found, offset, counted[0]?.n ?? 0);
    });
  }

  async retrieve(call: Call, endpointId: string, id: string): Promise<DeliveryView> {
    const [row] = await call.manager.query<DeliveryView[]>(ONE, [call.workspaceId, endpointId, id]);
    if (row === undefined) throw resourceMissing('webhook-delivery', id);
    return row;
  }

  /** Sends a delivery now, whatever became of it. */
  async resend(outer: Call, endpointId: string, id: string): Promise<DeliveryView> {
    const resent = await transact(outer, async (call) => {
      requireEnabled(await this.endpoints.lock(call, endpointId));
      await this.retrieve(call, endpointId, id);
      await call.manager.query(AGAIN, [call.workspaceId, endpointId, [id], true]);
      return this.retrieve(call, endpointId, id);
    });
    this.dispatcher.wake(outer.workspaceId);
    return resent;
  }

  /** Everything that is wrong with a replay, also what the rules of the fields cannot know. It is asked once for each request. */
  errorsIn(body: ReplayEvents): ParameterErrors {
    const errors = errorsOf(body);
    const { since, types = [] } = withoutFaults(body, errors);
    if (since !== undefined && Date.parse(since) < Date.now() - OLDEST_MS)
      errors.add('since', 'parameter_invalid', () => 'since must not be more than 30 days ago.');
    const wanted = wantedTypes(types);
    if (typeof wanted === 'string') errors.add('types', 'parameter_invalid', () => `types ${wanted}`);
    return errors;
  }

  /**
   * Makes events of the feed that are of a time due again, or for the first time. Throws 400 for the errors of the body: here,
   * so that a repeated request gets its first answer also when its time is more than 30 days ago by then.
   */
  async replay(outer: Call, endpointId: string, body: ReplayEvents, errors: ParameterErrors): Promise<Replayed> {
    errors.refuse();
    const replayed = await transact(outer, async (call) => {
      const endpoint = await this.endpoints.lock(call, endpointId);
      requireEnabled(endpoint);
      const found = await this.candidates(call, endpoint, body);
      await this.makeDue(call, endpointId, found.slice(0, MOST_REPLAYED));
      return { count: Math.min(found.length, MOST_REPLAYED), has_more: found.length > MOST_REPLAYED };
    });
    this.dispatcher.wake(outer.workspaceId);
    return replayed;
  }

  /** Oldest first. What is under way already is left alone. */
  private candidates(call: Call, endpoint: LockedEndpoint, body: ReplayEvents): Promise<Candidate[]> {
    const { since, until, only = 'undelivered' } = body;
    const done = ['exhausted', 'skipped', ...(only === 'all' ? ['delivered'] : [])];
    const parameters: unknown[] = [call.workspaceId, endpoint.id, since, until ?? null, done, typesOf(endpoint, body)];
    const excluded =
      endpoint.filter === null
        ? 'false'
        : this.subjects.excludedSql(endpoint.filter, 'f.subject_id', placeholdersFor(parameters));
    // The order has PostgreSQL look each delivery up by its event: by its endpoint it would read all of them, for each event.
    const text = `select f.id, f.type, f.subject_id, f.position, d.id as delivery_id from feed_entry f
      left join lateral (select id, status from webhook_delivery
        where workspace_id = $1 and endpoint_id = $2 and event_id between f.id and f.id order by event_id limit 1) d on true
      where f.workspace_id = $1 and f.created_at >= $3 and ($4::timestamptz is null or f.created_at < $4)
        and (d.id is null or d.status = any($5)) and f.type = any($6)
        and not (f.type = '${ENDPOINT_DISABLED}' and f.subject_id = $2) and not ${excluded}
      order by f.position limit ${MOST_REPLAYED + 1}`;
    return call.manager.query<Candidate[]>(text, parameters);
  }

  private async makeDue(call: Call, endpointId: string, events: readonly Candidate[]): Promise<void> {
    const again = events.flatMap(({ delivery_id }) => delivery_id ?? []);
    const fresh = events.filter(({ delivery_id }) => delivery_id === null);
    await call.manager.query(AGAIN, [call.workspaceId, endpointId, again, false]);
    await call.manager.query(ADD, [
      call.workspaceId,
      endpointId,
      fresh.map(() => newId('webhook-delivery')),
      fresh.map(({ id }) => id),
      fresh.map(({ type }) => type),
      fresh.map(({ subject_id }) => opportunityOf(subject_id)),
      fresh.map(({ position }) => position),
    ]);
  }
}

/** The exact types that both the endpoint and the request want. */
function typesOf({ enabled_events }: LockedEndpoint, { types }: ReplayEvents): string[] {
  return knownTypes().filter(
    (type) => isWanted(type, enabled_events) && (types === undefined || isWanted(type, types)),
  );
}

function requireEnabled({ disabled }: LockedEndpoint): void {
  if (!disabled) return;
  throw new ApiException(HttpStatus.CONFLICT, {
    code: 'endpoint_disabled',
    message: 'The endpoint is disabled. Enable it first: PATCH {"disabled": false}.',
  });
}
