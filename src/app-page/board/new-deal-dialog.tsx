import { useSignal } from '@preact/signals';
import { call, messageOf } from '../api.js';
import { navigate } from '../route.js';
import type { Deal } from '../types.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { attributeName, numberOrText, today } from '../words.js';
import { contents, pipeline } from './board.js';

const FIELDS = [
  { name: 'title', type: 'text', isRequired: false },
  { name: 'party_name', type: 'text', isRequired: true },
  { name: 'company', type: 'text', isRequired: true },
  { name: 'opportunity_amount', type: 'text', isRequired: false },
  { name: 'currency', type: 'text', isRequired: false },
  { name: 'expected_closing', type: 'date', isRequired: false },
] as const;

/** Creates a deal with what most deals have; everything else is on its own page. */
export function NewDealDialog({ onClose }: { onClose: () => void }) {
  const like = Object.values(contents.value).flatMap(({ cards }) => cards)[0];
  const values = useSignal<Record<string, string>>({ company: like?.company ?? '', currency: like?.currency ?? '' });
  const problem = useSignal('');
  const submit = async (): Promise<void> => {
    const given = Object.entries(values.value).filter(([, value]) => value.trim() !== '');
    const body = {
      opportunity_from: 'Lead',
      transaction_date: today(),
      ...(pipeline.value && { pipeline_id: pipeline.value.id }),
      ...Object.fromEntries(
        given.map(([name, value]) => [name, name === 'opportunity_amount' ? numberOrText(value.trim()) : value.trim()]),
      ),
    };
    try {
      const { body: deal } = await call<Deal>('POST', '/api/crm/opportunity', { body });
      onClose();
      navigate(`/app/deals/${deal.id}`);
    } catch (error) {
      problem.value = messageOf(error);
    }
  };
  return (
    <Dialog title="New deal" action="Create" problem={problem} onClose={onClose} onSubmit={() => void submit()}>
      <div class="fields">
        {FIELDS.map(({ name, type, isRequired }) => (
          <Field
            key={name}
            label={attributeName(name)}
            type={type}
            isNumber={name === 'opportunity_amount'}
            required={isRequired}
            maxLength={name === 'currency' ? 3 : 140}
            value={values.value[name] ?? ''}
            onText={(text) =>
              (values.value = { ...values.value, [name]: name === 'currency' ? text.toUpperCase() : text })
            }
          />
        ))}
      </div>
    </Dialog>
  );
}
