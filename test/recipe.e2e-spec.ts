import { readFileSync } from 'node:fs';
import { readField } from '../scripts/generate/fields.js';
import { requireFreeNames } from '../scripts/generate/names-taken.js';
import { resourceFiles } from '../scripts/generate/resource-files.js';

const page = readFileSync(new URL('../docs/adding-a-resource.md', import.meta.url), 'utf8');

/** The files of each resource that the page generates, with the number that the page has in the name of a migration. */
function generated(): Promise<Map<string, string>>[] {
  const moment = Number(/`src\/crm\/\S+\/(\d{13})-\S+\.ts`/.exec(page)?.[1]);
  return [...page.matchAll(/npm run generate -- resource (\S+) (.*?)(?: --child-of (\S+))?\n/g)].map(
    ([, name = '', fields = '', childOf]) => {
      const read = fields.replaceAll("'", '').split(' ').map(readField);
      return resourceFiles({ name, fields: read, childOf, moment });
    },
  );
}

it('shows what the generator writes, byte for byte, and all of a first resource', async () => {
  const [first = new Map(), ...more] = await Promise.all(generated());
  const written = new Map([first, ...more].flatMap((files) => [...files]));
  const shown = [...page.matchAll(/\n`(\S+)`\n\n```ts\n([^]*?)```/g)].map(
    ([, path = '', text]) => [path, text] as const,
  );
  expect(shown).toEqual(shown.map(([path]) => [path, written.get(path)]));
  expect(shown.slice(0, first.size)).toEqual([...first]);
  expect([more.length, shown.length]).toEqual([1, first.size + 1]);
});

it('changes files at lines that they have', () => {
  const diffs = [...page.matchAll(/\n`(\S+)`\n\n```diff\n([^]*?)```/g)];
  expect(diffs).not.toEqual([]);
  const madeByGenerator = 'src/crm/note/';
  for (const [, path = '', text = ''] of diffs.filter(([, path = '']) => !path.startsWith(madeByGenerator))) {
    const lines = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8').split('\n');
    const known = text.split('\n').filter((line) => line !== '' && !line.startsWith('+'));
    expect(lines).toEqual(expect.arrayContaining(known.map((line) => line.slice(1))));
  }
});

it.each(['title', 'title:words', 'Title:text', 'title:enum', 'title:text(a)', 'title:text!!'])(
  'a field is not taken that is written as %s',
  (text) => {
    expect(() => readField(text)).toThrow('is no field');
  },
);

it.each([
  ['order', ['title'], "'order' is a word of PostgreSQL and cannot name a table."],
  ['note', ['user'], "'user' is a word of PostgreSQL and cannot name a column."],
  ['note', ['limit'], "'limit' is a word of PostgreSQL and cannot name a column."],
  ['note', ['version'], "'version' is a column or a list parameter that every resource has."],
  ['note', ['sort'], "'sort' is a column or a list parameter that every resource has."],
  ['note', ['title', 'body', 'title'], "The field 'title' is given twice."],
  ['note-link', ['url', 'idx'], "'idx' is a column that every child has."],
  ['note-link', ['url', 'note_id'], "'note_id' is a column that every child has."],
])('the generator refuses %s with %j', (resource, fields, problem) => {
  expect(() => {
    requireFreeNames(resource, fields, resource === 'note-link' ? 'note' : undefined);
  }).toThrow(problem);
});

it.each(["kind:enum(it's|b)", 'x:constructor', 'x:nothing', 'X:text'])('the generator knows no field %s', (field) => {
  expect(() => readField(field)).toThrow(`'${field}' is no field`);
});
