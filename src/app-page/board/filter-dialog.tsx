import { useSignal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import { get } from '../api.js';
import { query, setQuery } from '../route.js';
import type { Aggregate } from '../types.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import type { Kind } from './filters.js';

const OFFERED = 50;

/** Asks for the value of a filter. */
export function FilterDialog({ kind, onClose }: { kind: Kind; onClose: () => void }) {
  const value = useSignal(query.value.get(kind.name) ?? '');
  const offered = useSignal<string[]>([]);
  const list = useId();
  useEffect(() => {
    if (!kind.isOffered) return;
    const wanted = { group_by: kind.name, measures: 'count', sort: '-count', limit: OFFERED };
    void get<Aggregate>('/api/crm/opportunity/aggregate', wanted).then(
      ({ data }) => (offered.value = data.flatMap(({ keys }) => keys[kind.name] ?? [])),
      () => undefined,
    );
  }, [kind]);
  const submit = (): void => {
    const given = value.value.trim();
    setQuery({ [kind.name]: given === '' ? undefined : given });
    onClose();
  };
  return (
    <Dialog title={`Filter: ${kind.label}`} action="Show" onClose={onClose} onSubmit={submit}>
      <Field
        label={kind.label}
        autofocus
        type={kind.input === 'date' ? 'date' : 'text'}
        isNumber={kind.input === 'number'}
        list={kind.isOffered ? list : undefined}
        value={value}
        onText={(text) => (value.value = text)}
      />
      <datalist id={list}>
        {offered.value.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </Dialog>
  );
}
