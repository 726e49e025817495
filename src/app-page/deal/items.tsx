import { useSignal } from '@preact/signals';
import { canWrite } from '../session.js';
import type { Deal, Item } from '../types.js';
import { Icon } from '../ui/icons.js';
import { attributeName, money, plain } from '../words.js';
import { ITEM_COLUMNS } from './attributes.js';
import { changeItem, write } from './deal.js';
import { Editable } from './editable.js';
import { ItemDetails } from './item-details.js';

const BASE = '/api/crm/opportunity-item';

/** The line items, with sums that the service computes. */
export function Items({ deal }: { deal: Deal }) {
  const items = deal.items ?? [];
  const add = (): void => void write('POST', BASE, { body: { opportunity_id: deal.id, item_name: 'New item' } });
  return (
    <section class="panel" aria-labelledby="items">
      <header class="panel-head">
        <h2 id="items">Items</h2>
        {canWrite.value && (
          <button onClick={add}>
            <Icon name="plus" /> Add item
          </button>
        )}
      </header>
      {items.length === 0 ? (
        <p class="panel-empty">No items. The amount of the deal does not depend on them.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of the items">
          <table class="grid">
            <thead>
              <tr>
                {ITEM_COLUMNS.map(({ name, isNumber }) => (
                  <th key={name} scope="col" class={isNumber ? 'is-number' : ''}>
                    {attributeName(name)}
                  </th>
                ))}
                <th scope="col" class="is-number">
                  Amount
                </th>
                <th scope="col">
                  <span class="sr-only">Details and order</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((item, at) => (
                <Row key={item.id} item={item} at={at} items={items} deal={deal} />
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row" colSpan={ITEM_COLUMNS.length}>
                  Total
                </th>
                <td class="is-number" data-total={deal.total}>
                  {money(deal.total, deal.currency)}
                </td>
                <td />
              </tr>
            </tfoot>
          </table>
        </div>
      )}
    </section>
  );
}

interface RowProps {
  item: Item;
  at: number;
  items: readonly Item[];
  deal: Deal;
}

function Row({ item, at, items, deal }: RowProps) {
  const name = item.item_name ?? item.item_code ?? `item ${item.idx}`;
  const place = (to: number): void => {
    const ids = items.map(({ id }) => id);
    ids.splice(to, 0, ...ids.splice(at, 1));
    void write('POST', `${BASE}/reorder`, { body: { parent_id: deal.id, ids } });
  };
  const isOpen = useSignal(false);
  return (
    <>
      <tr>
        {ITEM_COLUMNS.map(({ name: attribute, input, isNumber }) => (
          <td key={attribute} class={isNumber ? 'is-number' : 'is-words'}>
            <Editable
              label={`${attributeName(attribute)} of ${name}`}
              value={item[attribute]}
              text={isNumber ? plain(item[attribute] as number) : String(item[attribute] ?? '–')}
              input={input}
              isRequired={isNumber === true}
              onChange={(value) => changeItem(item, attribute, value)}
            />
          </td>
        ))}
        <td class="is-number">{money(item.amount, deal.currency)}</td>
        <td class="row-actions">
          <button
            class="plain"
            aria-label={`Details of ${name}`}
            title="Details"
            aria-expanded={isOpen.value}
            onClick={() => (isOpen.value = !isOpen.value)}
          >
            <Icon name={isOpen.value ? 'fold' : 'unfold'} />
          </button>
          {canWrite.value && <Actions item={item} at={at} last={items.length - 1} name={name} onPlace={place} />}
        </td>
      </tr>
      {isOpen.value && (
        <tr>
          <td colSpan={ITEM_COLUMNS.length + 2}>
            <ItemDetails item={item} name={name} />
          </td>
        </tr>
      )}
    </>
  );
}

interface ActionsProps {
  item: Item;
  at: number;
  last: number;
  name: string;
  onPlace: (to: number) => void;
}

function Actions({ item, at, last, name, onPlace }: ActionsProps) {
  return (
    <>
      <button class="plain" disabled={at === 0} aria-label={`Move ${name} up`} onClick={() => onPlace(at - 1)}>
        <Icon name="up" />
      </button>
      <button class="plain" disabled={at === last} aria-label={`Move ${name} down`} onClick={() => onPlace(at + 1)}>
        <Icon name="down" />
      </button>
      <button
        class="plain"
        aria-label={`Delete ${name}`}
        onClick={() => void write('DELETE', `${BASE}/${item.id}`, { isOfDeal: false })}
      >
        <Icon name="trash" />
      </button>
    </>
  );
}
