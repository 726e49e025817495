import type { IncomingHttpHeaders } from 'node:http';
import { invalidParameter } from '../errors/api.exception.js';
import type { ExpectedVersions } from './versions.js';

/** RFC 9110, section 8.8.3. */
const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;

/** A tag of ours as we send it, and as a proxy makes it that compresses: weak, or with the name of the coding. */
const OUR_TAG = /^(?:W\/)?"(\d{1,9})(?:--?(?:gzip|br|zstd|deflate))?"$/;

/** Entries of a header between its commas, of which a tag may have some, too. */
const ENTRIES = /(?:"[^"]*"|[^,])+/g;

const ANY = '*';

function entriesOf(header: string): string[] {
  return (header.match(ENTRIES) ?? []).map((entry) => entry.trim()).filter((entry) => entry !== '');
}

/** Undefined for a tag that is not ours, which no object has. */
function versionOf(tag: string): number | undefined {
  const [, version] = OUR_TAG.exec(tag) ?? [];
  return version === undefined ? undefined : Number(version);
}

/** The versions in an `If-Match` header. Throws 400 for one that is not valid, as nothing has changed then. */
export function versionsIn(header: string | undefined): ExpectedVersions {
  if (header === undefined) return undefined;
  const tags = entriesOf(header);
  if (tags.length === 1 && tags[0] === ANY) return undefined;
  if (tags.length === 0 || !tags.every((tag) => ENTITY_TAG.test(tag)))
    throw invalidParameter('If-Match', 'If-Match must be * or ETags in double quotes, separated by commas: "2", "3".');
  return tags.flatMap((tag) => versionOf(tag) ?? []);
}

/** Does an `If-None-Match` header name the version? One that is not valid names none: the whole answer is right in any case. */
export function namesVersion(header: string, version: number): boolean {
  return entriesOf(header).some((tag) => tag === ANY || versionOf(tag) === version);
}

/** The versions that a write may change. `If-None-Match: *` lets it change none, as it asks that there be no object. */
export function expectedBy(headers: IncomingHttpHeaders): ExpectedVersions {
  const expected = versionsIn(headers['if-match']);
  const { 'if-none-match': unwanted } = headers;
  if (unwanted === undefined) return expected;
  if (unwanted.trim() === ANY) return [];
  throw invalidParameter(
    'If-None-Match',
    'With a write, If-None-Match can only be *. To change one version, use If-Match.',
  );
}
