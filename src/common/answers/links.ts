import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Page } from '../list/page.js';

/** Clients and proxies take 8 or 16 kB of headers, and a query may have 16 kB. */
const MOST_LENGTH = 4096;

const CURSORS = new Set(['starting_after', 'ending_before', 'offset']);

/** Gives a page its neighbours as a `Link` header (RFC 8288). */
export function linkPage(page: Page<unknown>, { url }: FastifyRequest, reply: FastifyReply): Page<unknown> {
  const links = linksOf(url, page);
  page.edges = undefined;
  if (links.length > 0) void reply.header('Link', links.join(', '));
  return page;
}

/**
 * The neighbours of a page, by cursor, so that following them neither repeats nor skips. `url` is path and query of the
 * request; what it says beside the place goes into the links as it stands, as far as the header stays short.
 */
export function linksOf(url: string, { edges, has_more }: Page<unknown>): string[] {
  const { first, last } = edges ?? {};
  if (first === undefined || last === undefined) return [];
  const start = url.indexOf('?');
  const path = start < 0 ? url : url.slice(0, start);
  const parameters =
    start < 0
      ? []
      : asInLink(url.slice(start + 1))
          .split('&')
          .filter(Boolean);
  const place = parameters.filter((parameter) => CURSORS.has(nameOf(parameter)));
  const kept = parameters.filter((parameter) => !CURSORS.has(nameOf(parameter)));
  const backwards = place.some((parameter) => nameOf(parameter) === 'ending_before');
  const isLater = place.some((parameter) => !/^offset=0*$/.test(parameter));
  const link = (cursor: string, id: string, rel: string): string =>
    `<${path}?${[...kept, `${cursor}=${encodeURIComponent(id)}`].join('&')}>; rel="${rel}"`;
  const next = backwards || has_more ? link('starting_after', last, 'next') : '';
  const prev = (backwards ? has_more : isLater) ? link('ending_before', first, 'prev') : '';
  return backwards ? fitting(prev, next).reverse() : fitting(next, prev);
}

/** Both links if they fit together, else the one that leads on; none if that is too long on its own. */
function fitting(onward: string, back: string): string[] {
  const both = [onward, back].filter((link) => link !== '');
  if (both.join(', ').length <= MOST_LENGTH) return both;
  return onward !== '' && onward.length <= MOST_LENGTH ? [onward] : [];
}

/** Characters that would mean something in the header are encoded; most queries have none. */
function asInLink(query: string): string {
  return /^[\w.~%=&+,:@!*-]*$/.test(query) ? query : new URLSearchParams(query).toString();
}

function nameOf(parameter: string): string {
  const [name = ''] = parameter.split('=');
  return name.includes('%') ? decodeURIComponent(name) : name;
}
