import { useSignal } from '@preact/signals';
import { canWrite } from '../session.js';
import type { Deal } from '../types.js';
import { Icon } from '../ui/icons.js';
import { change, write } from './deal.js';
import { Editable } from './editable.js';

const BASE = '/api/crm/opportunity-lost-reason-detail';

/** Why the deal was lost; also of a deal that was reopened, if there are reasons. */
export function Reasons({ deal }: { deal: Deal }) {
  const reasons = deal.lost_reasons ?? [];
  const another = useSignal('');
  if (deal.status !== 'Lost' && reasons.length === 0 && deal.order_lost_reason === null) return null;
  const add = async (): Promise<void> => {
    const lost_reason = another.value.trim();
    if (lost_reason === '') return;
    if ((await write('POST', BASE, { body: { opportunity_id: deal.id, lost_reason } })) === undefined)
      another.value = '';
  };
  return (
    <section class="panel" aria-labelledby="reasons">
      <header class="panel-head">
        <h2 id="reasons">Lost reasons</h2>
      </header>
      <ul class="reasons">
        {reasons.map(({ id, lost_reason }) => (
          <li key={id} class="chip">
            <span>{lost_reason}</span>
            {canWrite.value && (
              <button
                class="plain"
                aria-label={`Remove the reason ${lost_reason}`}
                onClick={() => void write('DELETE', `${BASE}/${id}`, { isOfDeal: false })}
              >
                <Icon name="close" />
              </button>
            )}
          </li>
        ))}
      </ul>
      {canWrite.value && (
        <form
          class="inline-form"
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <input
            aria-label="Another reason"
            placeholder="Another reason"
            maxLength={140}
            value={another}
            onInput={(event) => (another.value = event.currentTarget.value)}
          />
          <button type="submit">
            <Icon name="plus" /> Add
          </button>
        </form>
      )}
      <div class="reason-details">
        <span class="label">Details</span>
        <Editable
          label="Details of the loss"
          value={deal.order_lost_reason}
          text={deal.order_lost_reason ?? '–'}
          input="long"
          onChange={(value) => change('order_lost_reason', value)}
        />
      </div>
    </section>
  );
}
