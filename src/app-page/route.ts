import { computed, signal } from '@preact/signals';

/* The address of the page is its state: views, filters and reports can be bookmarked, sent and gone back to. */

const address = signal(new URL(location.href));

/** The parts of the path behind `/app`. */
export const path = computed(() => address.value.pathname.split('/').slice(2).filter(Boolean).map(decodeURIComponent));
export const query = computed(() => address.value.searchParams);

let left: string[] | undefined;
let boardQuery: string | undefined;

/** The parts of the path that was shown before; undefined for the first one. */
export function cameFrom(): readonly string[] | undefined {
  return left;
}

/** Where the board was left, with its filters; that of a pipeline where the board has not been shown yet. */
export function boardAddress(pipeline: string | null | undefined): string {
  return `/app${boardQuery ?? (pipeline == null ? '' : `?pipeline=${pipeline}`)}`;
}

export function navigate(href: string, { replace = false } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', href);
  follow();
  if (!replace) scrollTo(0, 0);
}

function follow(): void {
  const next = new URL(location.href);
  if (next.pathname !== address.value.pathname) {
    left = path.value;
    if (left.length === 0) boardQuery = address.value.search;
  }
  address.value = next;
}

/** Changes parameters of the address; undefined takes one out. */
export function setQuery(changes: Record<string, string | undefined>): void {
  const next = new URLSearchParams(query.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(name);
    else next.set(name, value);
  }
  navigate(address.value.pathname + (next.size > 0 ? `?${next}` : ''), { replace: true });
}

/** Links within the page change its address without loading it anew. */
export function followLinks(): void {
  addEventListener('popstate', follow);
  addEventListener('click', (event) => {
    const link = (event.target as Element).closest('a');
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!isPlain || link === null || event.defaultPrevented || link.target !== '' || link.download !== '') return;
    if (link.origin !== location.origin || !/^\/app(\/|$)/.test(link.pathname) || link.hash !== '') return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}
