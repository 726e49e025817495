import { inWords } from './fields.js';

/** What a resource is called in each place, all of it from its name as in `sales-note`. */
export interface Names {
  resource: string;
  table: string;
  /** As in `SalesNote`, and of several. */
  type: string;
  types: string;
  /** As in `sales note`, and of several. */
  words: string;
  plural: string;
  /** As in `a sales note`. */
  one: string;
  /** As in `Sales Note`. */
  tag: string;
  /** As in `SalesNote1795380793443`. */
  migration: string;
  /** When the migration was made. */
  moment: number;
}

/** What the resource is called whose objects have children. */
export type ParentNames = Pick<Names, 'resource' | 'table' | 'type' | 'words' | 'one'> & {
  /** The attribute of a child with the id of its parent, as in `sales_note_id`. */
  key: string;
};

export function parentNamesOf(resource: string): ParentNames {
  const words = inWords(resource);
  const table = resource.replaceAll('-', '_');
  return { resource, table, type: camel(resource), words, one: oneOf(words), key: `${table}_id` };
}

export function namesOf(resource: string, moment: number): Names {
  const type = camel(resource);
  const words = inWords(resource);
  return {
    resource,
    table: resource.replaceAll('-', '_'),
    type,
    types: pluralOf(type),
    words,
    plural: pluralOf(words),
    one: oneOf(words),
    tag: type.replaceAll(/\B[A-Z]/g, (letter) => ` ${letter}`),
    migration: `${type}${moment}`,
    moment,
  };
}

export function camel(text: string): string {
  return text.replaceAll(/(?:^|[-_])([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function oneOf(words: string): string {
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
}

function pluralOf(text: string): string {
  if (/[^aeiou]y$/.test(text)) return text.replace(/y$/, 'ies');
  return /(?:s|x|ch|sh)$/.test(text) ? `${text}es` : `${text}s`;
}
