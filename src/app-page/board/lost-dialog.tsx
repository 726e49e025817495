import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { asksWhy, knownReasons, nameOf, type Loss } from './moving.js';

/** Asks why a deal was lost, before it is. */
export function LostDialog() {
  return asksWhy.value === undefined ? null : <Questions key={asksWhy.value.card.id} {...asksWhy.value} />;
}

const USUAL = ['Price', 'Timing', 'Competitor', 'No budget', 'No answer'];

function Questions({ card, answer }: NonNullable<typeof asksWhy.value>) {
  const reasons = useSignal<string[]>([]);
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const other = useSignal('');
  const details = useSignal('');
  const problem = useSignal('');
  // A person who leaves the view has not answered, before they can come back to it.
  useLayoutEffect(() => () => answer(undefined), []);
  useEffect(() => {
    void knownReasons().then(
      (known) => (reasons.value = [...new Set([...known, ...USUAL])].slice(0, 12)),
      () => (reasons.value = USUAL),
    );
  }, []);
  const submit = (): void => {
    const all = [...chosen.value, ...(other.value.trim() === '' ? [] : [other.value.trim()])];
    problem.value = all.length === 0 ? 'Choose a reason, or write one.' : '';
    if (all.length === 0) return;
    const loss: Loss = { lost_reasons: all.map((lost_reason) => ({ lost_reason })) };
    answer(details.value.trim() === '' ? loss : { ...loss, order_lost_reason: details.value.trim() });
  };
  const toggle = (reason: string): void => {
    const next = new Set(chosen.value);
    if (!next.delete(reason)) next.add(reason);
    chosen.value = next;
  };
  return (
    <Dialog
      title={`Why was ${nameOf(card)} lost?`}
      action="Mark as lost"
      cancel="Keep it open"
      problem={problem}
      onClose={() => answer(undefined)}
      onSubmit={submit}
    >
      <fieldset class="choices">
        <legend>Reasons</legend>
        {reasons.value.map((reason) => (
          <label key={reason} class="choice">
            <input type="checkbox" checked={chosen.value.has(reason)} onChange={() => toggle(reason)} />
            <span>{reason}</span>
          </label>
        ))}
      </fieldset>
      <Field
        label="Another reason"
        value={other}
        maxLength={140}
        isWrong={problem.value !== ''}
        onText={(text) => (other.value = text)}
      />
      <label class="field">
        <span>Details</span>
        <textarea rows={3} value={details} onInput={(event) => (details.value = event.currentTarget.value)} />
      </label>
    </Dialog>
  );
}
