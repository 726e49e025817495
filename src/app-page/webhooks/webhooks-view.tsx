import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call, get, messageOf } from '../api.js';
import { followChanges } from '../live.js';
import type { Page, WebhookDelivery, WebhookEndpoint } from '../types.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { Icon } from '../ui/icons.js';
import { complain, tell } from '../ui/messages.js';
import { Notice } from '../ui/notice.js';
import { View } from '../ui/view.js';
import { ago, attributeName, plural, time } from '../words.js';

const BASE = '/api/webhook-endpoints';
const SENDING_MS = 1000;
/** A browser's timer with a much longer delay fires at once. */
const LONG_MS = 3_600_000;

export function WebhooksView({ id }: { id: string | undefined }) {
  return id === undefined ? <Endpoints /> : <Endpoint key={id} id={id} />;
}

function Endpoints() {
  const endpoints = useSignal<WebhookEndpoint[] | undefined>(undefined);
  const problem = useSignal('');
  const isNew = useSignal(false);
  const read = async (): Promise<void> => {
    endpoints.value = (await get<Page<WebhookEndpoint>>(BASE, { limit: 100 })).data;
  };
  const readOrSay = (): void => {
    read().catch((error: unknown) => (problem.value = messageOf(error)));
  };
  useEffect(() => {
    readOrSay();
    return followChanges(read, () => true);
  }, []);
  return (
    <View title="Webhooks">
      <div class="page-head">
        <h1>Webhooks</h1>
        <button class="primary" onClick={() => (isNew.value = true)}>
          <Icon name="plus" /> New endpoint
        </button>
      </div>
      <Notice text={problem} />
      {endpoints.value === undefined && problem.value === '' && <p class="loading">Loading…</p>}
      {endpoints.value?.length === 0 && (
        <section class="empty">
          <h2>No endpoints</h2>
          <p>The service sends changes to the address of an endpoint. Create the first one with “New endpoint”.</p>
        </section>
      )}
      <ul class="endpoints">
        {endpoints.value?.map((endpoint) => (
          <li key={endpoint.id} class="panel">
            <a href={`/app/webhooks/${endpoint.id}`}>{endpoint.url}</a>
            <State endpoint={endpoint} />
            <p>
              {endpoint.description ?? ''} {endpoint.enabled_events.join(', ')}
            </p>
          </li>
        ))}
      </ul>
      {isNew.value && <NewEndpoint onClose={() => (isNew.value = false)} onMade={readOrSay} />}
    </View>
  );
}

function State({ endpoint: { disabled, disabled_reason, missed_events } }: { endpoint: WebhookEndpoint }) {
  const reason = { gone: 'its address is gone', failing: 'it failed for days', restored: 'the database was restored' };
  if (!disabled) return <span class="badge is-good">On</span>;
  const why = reason[disabled_reason as keyof typeof reason];
  return (
    <span class="badge is-bad">
      Off{why && `: ${why}`}
      {missed_events > 0 && `, ${plural(missed_events, 'event')} missed`}
    </span>
  );
}

function NewEndpoint({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const url = useSignal('');
  const events = useSignal('opportunity.*');
  const problem = useSignal('');
  const secret = useSignal<string | null>(null);
  const submit = async (): Promise<void> => {
    const enabled_events = events.value.split(/[\s,]+/).filter(Boolean);
    try {
      const { body } = await call<{ secret: string | null }>('POST', BASE, {
        body: { url: url.value, enabled_events },
      });
      secret.value = body.secret;
      onMade();
    } catch (error) {
      problem.value = messageOf(error);
    }
  };
  if (secret.value !== null)
    return (
      <Dialog title="New endpoint" action="Done" cancel={null} onClose={onClose} onSubmit={onClose}>
        <p>The service signs its requests with this secret, and shows it only now.</p>
        <code class="secret">{secret}</code>
      </Dialog>
    );
  return (
    <Dialog title="New endpoint" action="Create" problem={problem} onClose={onClose} onSubmit={() => void submit()}>
      <Field label="Address" required value={url} onText={(text) => (url.value = text)} />
      <Field label="Events" required value={events} onText={(text) => (events.value = text)} />
    </Dialog>
  );
}

function Endpoint({ id }: { id: string }) {
  const endpoint = useSignal<WebhookEndpoint | undefined>(undefined);
  const deliveries = useSignal<WebhookDelivery[] | undefined>(undefined);
  const problem = useSignal('');
  const path = `${BASE}/${id}`;
  const read = async (): Promise<void> => {
    const [found, page] = await Promise.all([
      get<WebhookEndpoint>(path),
      get<Page<WebhookDelivery>>(`${path}/deliveries`, { limit: 50 }),
    ]);
    endpoint.value = found;
    if (JSON.stringify(page.data) !== JSON.stringify(deliveries.value)) deliveries.value = page.data;
  };
  const run = (work: () => Promise<string>): void => {
    void work()
      .then(tell, (error: unknown) => complain(messageOf(error)))
      .then(read, () => undefined);
  };
  useEffect(() => {
    read().catch((error: unknown) => (problem.value = messageOf(error)));
    return followChanges(read, () => true);
  }, []);
  useEffect(() => {
    const moments = (deliveries.value ?? []).flatMap(({ next_attempt_at }) => next_attempt_at ?? []).map(Date.parse);
    if (moments.length === 0) return;
    let pause = SENDING_MS;
    let wait: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    // An attempt leaves no event, so the view asks for its outcome when it is due; a delivery that is due may wait long.
    const askLater = (): void => {
      if (isOver) return;
      const now = Date.now();
      const delays = moments.map((moment) => (moment > now ? moment - now + SENDING_MS : pause));
      wait = setTimeout(() => void ask(), Math.min(...delays, LONG_MS));
    };
    const ask = async (): Promise<void> => {
      await read().catch(() => undefined);
      pause *= 2;
      askLater();
    };
    askLater();
    return () => {
      isOver = true;
      clearTimeout(wait);
    };
  }, [deliveries.value]);
  const found = endpoint.value;
  return (
    <View title={found?.url ?? 'Webhook'}>
      <a class="back" href="/app/webhooks">
        <Icon name="back" /> Webhooks
      </a>
      <Notice text={problem} />
      {found === undefined && problem.value === '' && <p class="loading">Loading…</p>}
      {found !== undefined && (
        <>
          <div class="page-head">
            <h1 class="address">{found.url}</h1>
            <State endpoint={found} />
            <button onClick={() => run(() => ping(path))}>Send a ping</button>
            <button onClick={() => run(() => turn(path, !found.disabled))}>
              {found.disabled ? 'Turn on' : 'Turn off'}
            </button>
          </div>
          <h2>Deliveries</h2>
          {deliveries.value?.length === 0 && <p class="panel-empty">Nothing has been sent yet.</p>}
          <ul class="deliveries">
            {deliveries.value?.map((delivery) => (
              <Delivery
                key={delivery.id}
                delivery={delivery}
                onResend={() =>
                  run(async () => {
                    await call('POST', `${path}/deliveries/${delivery.id}/resend`);
                    return 'The service sends it again.';
                  })
                }
              />
            ))}
          </ul>
        </>
      )}
    </View>
  );
}

async function ping(path: string): Promise<string> {
  const { body } = await call<{ status_code: number | null; error: string | null }>('POST', `${path}/ping`);
  const { status_code, error } = body;
  return error === null ? `The endpoint answered ${status_code ?? ''}.` : `The ping failed: ${error}.`;
}

async function turn(path: string, disabled: boolean): Promise<string> {
  await call('PATCH', path, { body: { disabled } });
  return disabled ? 'The endpoint is off.' : 'The endpoint is on.';
}

const LOOKS: Record<string, string> = { delivered: 'is-good', exhausted: 'is-bad', skipped: 'is-closed' };

function Delivery({ delivery, onResend }: { delivery: WebhookDelivery; onResend: () => void }) {
  const { attempts, next_attempt_at, opportunity_id } = delivery;
  return (
    <li class="panel">
      <details>
        <summary>
          <span class={`badge ${LOOKS[delivery.status] ?? ''}`}>{attributeName(delivery.status)}</span> {delivery.type}{' '}
          <time title={time(delivery.created_at)}>{ago(delivery.created_at)}</time>
        </summary>
        {attempts.length === 0 && <p>No attempt yet.</p>}
        <ol>
          {attempts.map(({ attempted_at, status_code, duration_ms, error, response_body }) => (
            <li key={attempted_at}>
              {time(attempted_at)}: {status_code === null ? `failed (${error ?? ''})` : `answered ${status_code}`} after{' '}
              {duration_ms} ms
              {response_body !== null && response_body !== '' && <code>{response_body}</code>}
            </li>
          ))}
        </ol>
        {next_attempt_at !== null && <p>The next attempt is at {time(next_attempt_at)}.</p>}
        <div class="actions">
          {opportunity_id !== null && <a href={`/app/deals/${opportunity_id}`}>Show the deal</a>}
          <button onClick={onResend}>Send again</button>
        </div>
      </details>
    </li>
  );
}
