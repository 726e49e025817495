import type { OpportunityItem } from './opportunity-item.entity.js';

type Images = Pick<OpportunityItem, 'image' | 'image_view'>;

/** `image_view` shows `image` while it has no value of its own. */
export function withImageFallback<T extends Images>(item: T): T {
  item.image_view ??= item.image;
  return item;
}

/** What has to be read for these attributes: `image_view` may show `image`. */
export function readFor(fields: readonly string[] | undefined): readonly string[] | undefined {
  return fields && [...fields, 'image'];
}

/** An item that was read with `readFor`, with no more than these attributes. */
export function withFields<T extends Images>(item: T, fields: readonly string[] | undefined): T {
  const shown: { -readonly [name in keyof Images]?: string | null | undefined } = withImageFallback(item);
  if (fields?.includes('image') === false) shown.image = undefined;
  if (fields?.includes('image_view') === false) shown.image_view = undefined;
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
