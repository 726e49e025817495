import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { canWrite } from '../session.js';
import { Icon } from '../ui/icons.js';
import { Menu } from '../ui/menu.js';
import { ago, date, daysSince, isPast, money, plural, time, today } from '../words.js';
import type { Card } from './board.js';
import { targets } from './board.js';
import type { Column } from './columns.js';
import { watchPointer } from './drag.js';
import { focusAfter, onCardKey, overColumn } from './keys.js';
import { move, moveOn, nameOf, pickUp, putBack, type Hold } from './moving.js';

interface CardProps {
  card: Card;
  column: Column;
  /** Whether the Tab key stops here: once in a column. */
  isStop: boolean;
}

export function CardView({ card, column, isStop }: CardProps) {
  const element = useRef<HTMLLIElement>(null);
  const hold = useSignal<Hold | undefined>(undefined);
  const drag = (event: PointerEvent): void => {
    if (!canWrite.value || element.current === null) return;
    watchPointer(event, element.current, {
      start: () => (hold.value = pickUp(card)),
      over: (id) => (overColumn.value = id),
      drop: (id) => {
        const to = targets.value.find((each) => each.id === id);
        if (hold.value === undefined) return;
        if (to === undefined) putBack(hold.value);
        else void move(hold.value, to);
      },
      cancel: () => hold.value && putBack(hold.value),
    });
  };
  const moveTo = (to: Column): void => {
    focusAfter(card.id);
    void moveOn(card.id, column, to).then(() => focusAfter(card.id));
  };
  const isRotten = column.outcome === 'open' && card.rotten_at != null && isPast(card.rotten_at);
  return (
    <li
      ref={element}
      class={`card${isRotten ? ' is-rotten' : ''}`}
      data-deal={card.id}
      onPointerDown={drag}
      onKeyDown={(event) => onCardKey(event, card, column, moveTo)}
    >
      <a class="card-title" href={`/app/deals/${card.id}`} draggable={false} tabIndex={isStop ? 0 : -1}>
        {nameOf(card)}
      </a>
      {card.title !== null && card.title !== card.party_name && <p class="card-party">{card.party_name}</p>}
      {/* A long amount breaks behind its currency rather than within the number. */}
      <p class="card-amount">{money(card.opportunity_amount, card.currency).replaceAll('\u00a0', ' ')}</p>
      <p class="card-facts">
        <Closing card={card} isOpen={column.outcome === 'open'} />
        <InStage card={card} column={column} isRotten={isRotten} />
      </p>
      {(card.opportunity_owner ?? '') !== '' && <Owner name={card.opportunity_owner ?? ''} />}
      {canWrite.value && (
        <Menu
          label={`Move ${nameOf(card)} to…`}
          class="plain card-move"
          tabIndex={isStop ? 0 : -1}
          items={() =>
            targets.value.map((to) => ({ label: to.label, isCurrent: to.id === column.id, onPick: () => moveTo(to) }))
          }
        >
          <Icon name="move" />
        </Menu>
      )}
    </li>
  );
}

function Closing({ card, isOpen }: { card: Card; isOpen: boolean }) {
  const day = card.expected_closing;
  if (day === null) return null;
  const isOverdue = isOpen && day < today();
  return (
    <span class={isOverdue ? 'is-past' : undefined} title={isOverdue ? 'The closing date has passed.' : 'Closing date'}>
      {isOverdue ? `Overdue ${date(day)}` : date(day)}
    </span>
  );
}

function InStage({ card, column, isRotten }: { card: Card; column: Column; isRotten: boolean }) {
  const since = card.stage_entered_at;
  if (since === undefined) return null;
  const days = daysSince(since);
  if (column.outcome !== 'open') return <span>{ago(since)}</span>;
  return (
    <span class={isRotten ? 'is-past' : undefined} title={`In this stage since ${time(since)}`}>
      {isRotten && 'Rotten, '}
      {days === 0 ? 'since today' : plural(days, 'day')}
    </span>
  );
}

function Owner({ name }: { name: string }) {
  const initials = name
    .split('@')[0]
    ?.split(/[\s._-]+/)
    .map((part) => part.charAt(0).toUpperCase())
    .slice(0, 2)
    .join('');
  return (
    <span class="owner" title={`Owner: ${name}`}>
      <span aria-hidden="true">{initials}</span>
      <span class="sr-only">Owner: {name}</span>
    </span>
  );
}
