import type { OpportunityItem } from './opportunity-item.entity.js';

type Images = Pick<OpportunityItem, 'image' | 'image_view'>;

/** `image_view` shows `image` while it has no value of its own. */
export function withImageFallback<T extends Images>(item: T): T {
  item.image_view ??= item.image;
  return item;
}

/** The same in SQL, over an alias. */
export function imageViewSql(alias: string): string {
  return `coalesce(${alias}.image_view, ${alias}.image)`;
}

/**
 * Writing back the `image_view` that was only shown does not make it a value of its own; else a client that reads an item,
 * changes `image` and writes all of it back would pin the old picture, and so would a copy of an item. `current` is the
 * item that changes; a new one has no pictures yet.
 */
export function ownImages<T extends Partial<Images>>(
  changes: T,
  current: Images = { image: null, image_view: null },
): T {
  const { image = current.image, image_view } = changes;
  if (image_view === undefined || image_view === null) return changes;
  const isEcho = current.image_view === null && image_view === current.image;
  return isEcho || image_view === image ? { ...changes, image_view: null } : changes;
}
