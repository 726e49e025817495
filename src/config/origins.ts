import { z } from 'zod';

/** Scheme, host and port, as the header `Origin` has them: no path, no pattern. */
const FORM = /^[a-z][a-z\d+.-]*:\/\/[^\s/?#@\\*]+$/i;

/** Pages of every origin may call. */
export const ANY = '*';

/** Origins of pages as in `https://app.example.com,http://localhost:5173`, or `*` for all. */
export const origins = z
  .string()
  .transform((text) => text.split(',').map((entry) => entry.trim()))
  .refine(
    (entries) => entries.join() === ANY || entries.every((entry) => FORM.test(entry) && URL.canParse(entry)),
    'must be origins such as https://app.example.com, without a path and separated by commas, or only *',
  )
  .transform((entries) => entries.map((entry) => (entry === ANY ? ANY : asBrowsersWrite(entry))));

/** In lower case, and without the port that the scheme has anyway. */
function asBrowsersWrite(origin: string): string {
  const { protocol, host } = new URL(origin);
  return `${protocol}//${host}`;
}
