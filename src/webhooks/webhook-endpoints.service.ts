import { HttpStatus, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import {
  ApiException,
  type Call,
  deleted,
  errorsOf,
  type Deleted,
  type ExpectedVersions,
  limitReached,
  type ListRequest,
  NEXT_VERSION,
  type ObjectRequest,
  type Page,
  type ParameterErrors,
  requireVersion,
  resourceMissing,
  Table,
  TablePager,
  transact,
  withoutFaults,
} from '../common/index.js';
import { stringifyExact } from '../common/json/exact-number.js';
import { wantedTypes } from '../events/event-types.js';
import { Dispatcher } from './dispatcher.js';
import { headerErrors } from './headers.js';
import { SKIP } from './queue.js';
import { newSecret, rotated, signatureHeaders, signingSecrets, type StoredSecret } from './secrets.js';
import { Sender } from './sender.js';
import { Subjects } from './subjects.js';
import { Targets } from './target.js';
import { releaseAll } from './waiting.js';
import type { Attempt } from './webhook-delivery.dto.js';
import {
  RotateSecret,
  type CreateWebhookEndpoint,
  type UpdateWebhookEndpoint,
  type WebhookEndpointWithSecret,
} from './webhook-endpoint.dto.js';
import { WebhookEndpoint } from './webhook-endpoint.entity.js';

const MOST_ENDPOINTS = 50;

/** Weak enough that rows which refer to the workspace can still be written. */
const LOCK_WORKSPACE = 'select name from workspace where id = $1 for no key update';
const COUNT = 'select count(*)::int as n from webhook_endpoint where workspace_id = $1';

/** What is kept of an endpoint beside what is shown. */
export type LockedEndpoint = WebhookEndpoint;
const LOCK = 'select * from webhook_endpoint where workspace_id = $1 and id = $2 for update';
const SECRETS = `update webhook_endpoint set secrets = $3, ${NEXT_VERSION}
  where workspace_id = $1 and id = $2`;

/** The endpoints of one workspace, as its administrators see and change them. */
@Injectable()
export class WebhookEndpointsService {
  readonly rows: Table<WebhookEndpoint>;
  private readonly pager: TablePager<WebhookEndpoint>;

  constructor(
    dataSource: DataSource,
    private readonly targets: Targets,
    private readonly subjects: Subjects,
    private readonly sender: Sender,
    private readonly dispatcher: Dispatcher,
  ) {
    this.rows = new Table(dataSource, WebhookEndpoint);
    this.pager = new TablePager(this.rows);
  }

  list(call: Call, request: ListRequest): Promise<Page<WebhookEndpoint>> {
    return this.pager.page(call, request);
  }

  retrieve(call: Call, id: string, request: ObjectRequest): Promise<WebhookEndpoint> {
    return this.pager.retrieve(call, id, request);
  }

  /** Throws 400 for the errors of the body: here, so that a repeated request gets its first answer all the same. */
  async create(call: Call, body: CreateWebhookEndpoint, errors: ParameterErrors): Promise<WebhookEndpointWithSecret> {
    errors.refuse();
    const secret = newSecret();
    const secrets: StoredSecret[] = [{ secret, expires_at: null }];
    const created = await transact(call, async (call) => {
      await call.manager.query(LOCK_WORKSPACE, [call.workspaceId]);
      const [counted] = await call.manager.query<{ n: number }[]>(COUNT, [call.workspaceId]);
      if ((counted?.n ?? 0) >= MOST_ENDPOINTS) throw tooManyEndpoints();
      const row = await this.rows.insert(call, { ...body, ...stateOf(body.disabled), secrets: asJson(secrets) });
      return { ...row, secret };
    });
    this.dispatcher.wake(call.workspaceId);
    return created;
  }

  /** The caller has refused the errors of the body. */
  async update(
    call: Call,
    id: string,
    body: UpdateWebhookEndpoint,
    expected: ExpectedVersions,
  ): Promise<WebhookEndpoint> {
    const updated = await transact(call, async (call) => {
      const current = await this.lock(call, id);
      const isSwitched = body.disabled !== undefined && body.disabled !== current.disabled;
      const state = isSwitched ? stateOf(body.disabled) : {};
      const row = await this.rows.update(call, id, { ...body, ...state }, expected);
      if (body.ordering === 'none' && current.ordering !== 'none') await releaseAll(call.manager, call.workspaceId, id);
      if (!isSwitched || body.disabled !== true) return row;
      await call.manager.query(SKIP, [call.workspaceId, id]);
      return this.rows.get(call, id);
    });
    this.dispatcher.wake(call.workspaceId);
    return updated;
  }

  async remove(call: Call, id: string, expected: ExpectedVersions): Promise<Deleted> {
    await this.rows.delete(call, id, expected);
    return deleted(id);
  }

  rotate(
    outer: Call,
    id: string,
    { expire_old_after_s }: RotateSecret,
    expected: ExpectedVersions,
  ): Promise<WebhookEndpointWithSecret> {
    return transact(outer, async (call) => {
      const { secrets, version } = await this.lock(call, id);
      requireVersion(version, expected);
      const secret = newSecret();
      const kept = rotated(secrets, secret, (expire_old_after_s ?? RotateSecret.defaultOverlap) * 1000);
      if (kept === undefined) throw tooManySecrets();
      await call.manager.query(SECRETS, [call.workspaceId, id, JSON.stringify(kept)]);
      return { ...(await this.rows.get(call, id)), secret };
    });
  }

  /** Sends a body that no event has, now. The outcome is the answer, whatever it is. */
  async ping(call: Call, id: string): Promise<Attempt> {
    const text = `select e.*, w.name as workspace from webhook_endpoint e join workspace w on w.id = e.workspace_id
      where e.workspace_id = $1 and e.id = $2`;
    const parameters = [call.workspaceId, id];
    const [endpoint] = await call.manager.query<(LockedEndpoint & { workspace: string })[]>(text, parameters);
    if (endpoint === undefined) throw resourceMissing(this.rows.resource, id);
    const body = pingOf(endpoint);
    const timestamp = Math.floor(Date.now() / 1000);
    const signatures = signatureHeaders(body.id, timestamp, body.text, signingSecrets(endpoint.secrets));
    const outcome = await this.sender.post(endpoint.url, { ...endpoint.headers, ...signatures }, body.text);
    const { retryAfter: _unused, ...attempt } = outcome;
    return attempt;
  }

  /** Throws 404. */
  async lock(call: Call, id: string): Promise<LockedEndpoint> {
    const [row] = await call.manager.query<LockedEndpoint[]>(LOCK, [call.workspaceId, id]);
    if (row === undefined) throw resourceMissing(this.rows.resource, id);
    return row;
  }

  /** Everything that is wrong with a body, also what the rules of the fields cannot know. It is asked once for each request. */
  async errorsIn(body: UpdateWebhookEndpoint): Promise<ParameterErrors> {
    const errors = errorsOf(body);
    const refuse = (param: string, problem: string | undefined): void => {
      if (problem !== undefined) errors.add(param, 'parameter_invalid', () => `${param} ${problem}`);
    };
    const { url, enabled_events, filter, headers } = withoutFaults(body, errors);
    if (url !== undefined) refuse('url', await this.targets.problemOf(url));
    const wanted = wantedTypes(enabled_events ?? []);
    if (typeof wanted === 'string') refuse('enabled_events', wanted);
    if (filter !== undefined && filter !== null) errors.addAll(this.subjects.filterErrors(filter));
    if (headers !== undefined) errors.addAll(headerErrors(headers));
    return errors;
  }
}

/** The driver would take a list for an array of PostgreSQL's. */
function asJson(secrets: readonly StoredSecret[]): StoredSecret[] {
  return JSON.stringify(secrets) as unknown as StoredSecret[];
}

function stateOf(disabled: boolean | undefined): Partial<WebhookEndpoint> {
  if (disabled === undefined) return {};
  return disabled
    ? { disabled_reason: 'manual', disabled_at: new Date().toISOString() }
    : { disabled_reason: null, disabled_at: null, failing_since: null };
}

function pingOf({ id: object_id, workspace, include_object }: LockedEndpoint & { workspace: string }): {
  id: string;
  text: string;
} {
  const id = `evt_${randomUUID().replaceAll('-', '')}`;
  const event = {
    ...{ id, type: 'ping', created_at: new Date().toISOString(), workspace, opportunity_id: null, object_id },
    ...{ version: null, derived_from: null, before: null, after: null, truncated: false },
    ...{ request_id: null, key_id: null, import_id: null },
    ...(include_object && { data: null }),
  };
  return { id, text: stringifyExact(event) };
}

function tooManyEndpoints(): ApiException {
  const message = `A workspace may have at most ${MOST_ENDPOINTS} webhook endpoints. Delete one first.`;
  return limitReached('endpoints_limit_reached', 'url', message);
}

function tooManySecrets(): ApiException {
  return new ApiException(HttpStatus.CONFLICT, {
    code: 'secrets_limit_reached',
    message:
      'Two old secrets still sign beside the current one. Wait until one ends, or rotate with expire_old_after_s 0, which ends both.',
  });
}
