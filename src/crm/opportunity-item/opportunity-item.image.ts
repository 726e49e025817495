import type { OpportunityItem } from './opportunity-item.entity.js';

type Images = Pick<OpportunityItem, 'image' | 'image_view'>;

/** `image_view` shows `image` while it has no value of its own. */
export function shown<T extends Images>(item: T): T {
  item.image_view ??= item.image;
  return item;
}

/**
 * Writing back the `image_view` that was only shown does not make it a value of its own; else a client that reads an
 * item, changes `image` and writes all of it back would pin the old picture.
 */
export function ownImages<T extends Partial<Images>>(changes: T, current: Images): T {
  const isEcho = current.image_view === null && changes.image_view === current.image;
  if (!isEcho) return changes;
  const { image_view: _shown, ...own } = changes;
  return own as T;
}
