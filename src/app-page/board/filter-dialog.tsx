import { useSignal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import { get } from '../api.js';
import { query, setQuery } from '../route.js';
import type { Aggregate } from '../types.js';
import { Dialog } from '../ui/dialog.js';
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
  const type = kind.input === 'date' ? 'date' : 'text';
  return (
    <Dialog title={`Filter: ${kind.label}`} onClose={onClose} onSubmit={submit}>
      <label class="field">
        <span>{kind.label}</span>
        <input
          autofocus
          type={type}
          inputMode={kind.input === 'number' ? 'decimal' : undefined}
          list={kind.isOffered ? list : undefined}
          value={value}
          onInput={(event) => (value.value = event.currentTarget.value)}
        />
      </label>
      <datalist id={list}>
        {offered.value.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <div class="actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class="primary">
          Show
        </button>
      </div>
    </Dialog>
  );
}
