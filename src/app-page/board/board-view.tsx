import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { cameFrom } from '../route.js';
import { canWrite } from '../session.js';
import type { Group } from '../types.js';
import { Notice } from '../ui/notice.js';
import { View } from '../ui/view.js';
import { count, money, shortMoney } from '../words.js';
import { contents, failure, NOTHING, openBoard, pipelines, shownColumns, showMore, sums } from './board.js';
import { CardView } from './card.js';
import { followDeals } from './changes.js';
import type { Column } from './columns.js';
import { EmptyBoard } from './empty-board.js';
import { focusCard, overColumn, stops } from './keys.js';
import { LostDialog } from './lost-dialog.js';
import { Toolbar } from './toolbar.js';

export function BoardView() {
  useEffect(() => openBoard(), []);
  useEffect(() => followDeals(), []);
  useEffect(() => {
    // The cards are still there from before, so a person who comes back from a deal goes on where they were.
    const [view, id] = cameFrom() ?? [];
    if (view === 'deals' && id !== undefined) focusCard(id);
  }, []);
  return (
    <View title="Board" class="board-page">
      <h1 class="sr-only">Board</h1>
      <Toolbar />
      <Notice text={failure} />
      {pipelines.value === undefined && failure.value === '' && <p class="loading">Loading…</p>}
      {sums.value?.total === 0 && <EmptyBoard />}
      {pipelines.value !== undefined && (
        <div class="board" tabIndex={-1}>
          {shownColumns.value.map((column) => (
            <ColumnView key={column.id} column={column} />
          ))}
        </div>
      )}
      {canWrite.value && pipelines.value !== undefined && sums.value?.total !== 0 && (
        <p class="keys-hint">
          <kbd>↑</kbd> <kbd>↓</kbd> <kbd>←</kbd> <kbd>→</kbd> go from deal to deal. With <kbd>Shift</kbd>, <kbd>←</kbd>{' '}
          <kbd>→</kbd> move the deal. <kbd>M</kbd> opens its menu.
        </p>
      )}
      <LostDialog />
    </View>
  );
}

function ColumnView({ column }: { column: Column }) {
  const { id, label, outcome } = column;
  const { cards, hasMore, isLoading } = useComputed(() => contents.value[id]).value ?? NOTHING;
  const stop = cards.some((card) => card.id === stops.value[id]) ? stops.value[id] : cards[0]?.id;
  return (
    <section
      class={`column is-${outcome}${overColumn.value === id && column.takesDeals ? ' is-over' : ''}`}
      data-column={id}
      aria-labelledby={`column-${id}`}
    >
      <header class="column-head">
        <h2 id={`column-${id}`} title={label}>
          {label}
        </h2>
        <Sums column={column} />
      </header>
      <ul class="cards" tabIndex={-1}>
        {cards.map((card) => (
          <CardView key={card.id} card={card} column={column} isStop={card.id === stop} />
        ))}
      </ul>
      {cards.length === 0 && <p class="column-empty">{isLoading ? 'Loading…' : 'No deals'}</p>}
      {hasMore && (
        <button class="more" disabled={isLoading} onClick={() => void showMore(column)}>
          {isLoading ? 'Loading…' : 'Show more'}
        </button>
      )}
    </section>
  );
}

/** Number and amounts of all deals in a column, not only of those on the screen. */
function Sums({ column: { id, outcome } }: { column: Column }) {
  if (sums.value === undefined) return <p class="sums">…</p>;
  const { groups, baseCurrency } = sums.value;
  const group = groups[id];
  if (group === undefined)
    return (
      <p class="sums" data-count="0">
        <span class="sums-count">0</span>
      </p>
    );
  const base = group['sum.base_opportunity_amount'];
  const weighted = group['sum.weighted_amount'];
  return (
    <div class="sums" data-count={group.count} data-base={base} data-weighted={weighted}>
      <span class="sums-count">{count(group.count)}</span>
      <Total base={base} baseCurrency={baseCurrency} />
      {outcome === 'open' && weighted != null && (
        <p class="sums-weighted" title={`Weighted by probability: ${money(weighted, baseCurrency)}`}>
          {shortMoney(weighted, baseCurrency)} weighted
        </p>
      )}
      <Currencies group={group} />
    </div>
  );
}

function Total({ base, baseCurrency }: { base: number | null | undefined; baseCurrency: string | null }) {
  if (base == null) return <p class="sums-base">Several companies</p>;
  const title = `Sum in the currency of the company: ${money(base, baseCurrency)}`;
  return (
    <p class="sums-base" title={title}>
      {shortMoney(base, baseCurrency)}
    </p>
  );
}

const SHOWN = 3;

/** Amounts of several currencies are not added. */
function Currencies({ group: { by_currency } }: { group: Group }) {
  const areAllShown = useSignal(false);
  const given = by_currency.filter(({ currency, sum }) => currency !== null && sum !== 0);
  if (given.length === 0) return null;
  const largest = [...given].sort((one, other) => other.count - one.count);
  const shown = areAllShown.value ? largest : largest.slice(0, SHOWN);
  const all = given.map(({ currency, sum }) => money(sum, currency)).join('\n');
  return (
    <p class="sums-currencies" title={all}>
      {shown.map(({ currency, sum }) => (
        <span key={currency}>{shortMoney(sum, currency)}</span>
      ))}
      {given.length > SHOWN && (
        <button
          class="plain"
          aria-expanded={areAllShown.value}
          aria-label={`All ${given.length} currencies`}
          onClick={() => (areAllShown.value = !areAllShown.value)}
        >
          {areAllShown.value ? 'Less' : `+${given.length - SHOWN}`}
        </button>
      )}
    </p>
  );
}
