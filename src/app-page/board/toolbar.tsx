import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { query, setQuery } from '../route.js';
import { canWrite } from '../session.js';
import { Icon } from '../ui/icons.js';
import { Menu } from '../ui/menu.js';
import { columns, pipeline, pipelines } from './board.js';
import { FilterDialog } from './filter-dialog.js';
import { filtersOf, filterText, KINDS, SORTS, type Kind } from './filters.js';
import { NewDealDialog } from './new-deal-dialog.js';

export function Toolbar() {
  const kind = useSignal<Kind | undefined>(undefined);
  const isNew = useSignal(false);
  const chips = Object.entries(filtersOf(query.value))
    .filter(([name]) => name !== 'q')
    .map(([name, value]) => ({ name, text: chipText(name, String(value)) }));
  const sort = query.value.get('sort') ?? '';
  const order = SORTS.find(({ value }) => value === sort)?.label ?? 'Custom order';
  return (
    <div class="toolbar">
      <Pipelines />
      <Search />
      <Menu
        label={`Order: ${order}`}
        class="quiet"
        items={() =>
          SORTS.map(({ label, value }) => ({
            label,
            isCurrent: value === sort,
            onPick: () => setQuery({ sort: value === '' ? undefined : value }),
          }))
        }
      >
        {order} <Icon name="unfold" />
      </Menu>
      <Menu
        label="Add a filter"
        class="quiet"
        items={() =>
          KINDS.map((each) => ({
            label: each.label,
            onPick: () => (each.input === 'flag' ? setQuery({ [each.name]: 'true' }) : (kind.value = each)),
          }))
        }
      >
        <Icon name="plus" /> Filter
      </Menu>
      <ul class="chips" aria-label="Filters">
        {chips.map(({ name, text }) => (
          <li key={name} class="chip">
            <span>{text}</span>
            <button
              class="plain"
              aria-label={`Remove the filter: ${text}`}
              onClick={() => setQuery({ [name]: undefined })}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      {canWrite.value && (
        <button class="primary new-deal" onClick={() => (isNew.value = true)}>
          <Icon name="plus" /> New deal
        </button>
      )}
      {kind.value && <FilterDialog kind={kind.value} onClose={() => (kind.value = undefined)} />}
      {isNew.value && <NewDealDialog onClose={() => (isNew.value = false)} />}
    </div>
  );
}

/** A stage is told by its label. */
function chipText(name: string, value: string): string {
  const stage = name === 'stage_id' ? columns.value.find(({ id }) => id === value) : undefined;
  return stage === undefined ? filterText(name, value) : `Stage is ${stage.label}`;
}

function Pipelines() {
  const all = pipelines.value ?? [];
  if (all.length < 2) return null;
  return (
    <label class="picker">
      <span class="sr-only">Pipeline</span>
      <select
        value={pipeline.value?.id}
        onChange={({ currentTarget: { value } }) =>
          setQuery({ pipeline: value, pipeline_id: undefined, stage_id: undefined })
        }
      >
        {all.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

const PAUSE_MS = 250;

function Search() {
  const text = useSignal(query.value.get('q') ?? '');
  const wait = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const given = query.value.get('q') ?? '';
  useEffect(() => {
    text.value = given;
  }, [given]);
  return (
    <label class="search">
      <Icon name="search" />
      <span class="sr-only">Search deals</span>
      <input
        type="search"
        placeholder="Search deals"
        value={text}
        onInput={({ currentTarget: { value } }) => {
          text.value = value;
          clearTimeout(wait.current);
          wait.current = setTimeout(() => setQuery({ q: value.trim() === '' ? undefined : value }), PAUSE_MS);
        }}
      />
    </label>
  );
}
