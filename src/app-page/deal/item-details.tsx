import { canWrite } from '../session.js';
import type { Item } from '../types.js';
import { attributeName, money } from '../words.js';
import { ITEM_DETAILS } from './attributes.js';
import { changeItem } from './deal.js';
import { Metadata } from './metadata.js';
import { Pair } from './pair.js';

/** Everything about a line item that its row in the grid does not show. */
export function ItemDetails({ item, name }: { item: Item; name: string }) {
  const metadata = item.metadata ?? {};
  return (
    <div class="item-details">
      <dl>
        {ITEM_DETAILS.map(({ name: attribute, input }) => {
          const value = item[attribute] as string | number | null | undefined;
          return (
            <Pair
              key={attribute}
              name={attributeName(attribute)}
              label={`${attributeName(attribute)} of ${name}`}
              value={value}
              text={textOf(value)}
              input={input}
              onChange={(given) => changeItem(item, attribute, given)}
            />
          );
        })}
      </dl>
      {(canWrite.value || Object.keys(metadata).length > 0) && (
        <section>
          <h3 class="label">Metadata</h3>
          <Metadata
            metadata={metadata}
            suffix={` of ${name}`}
            onChange={(given) => changeItem(item, 'metadata', given)}
          />
        </section>
      )}
    </div>
  );
}

function textOf(value: string | number | null | undefined): string {
  if (typeof value === 'number') return money(value);
  return (value ?? '') === '' ? '–' : String(value);
}
