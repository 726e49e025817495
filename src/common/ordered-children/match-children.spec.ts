import * as fc from 'fast-check';
import { matchChildren, type ChildEntry, type MatchRules } from './match-children.js';
import { hasValues } from './same-values.js';

interface Child {
  id: string;
  external_id: string | null;
  name: string;
}

const RULES: MatchRules<Child> = {
  externalId: 'external_id',
  usesIds: true,
  isSame: (child, { id: _id, ...given }) => hasValues(child, given),
};

const child = (id: string, external_id: string | null = null, name = id): Child => ({ id, external_id, name });
const matched = (children: Child[], entries: ChildEntry[], rules: Partial<MatchRules<Child>> = {}) => {
  const { children: found, problem } = matchChildren(children, entries, { ...RULES, ...rules });
  return problem ?? found.map((each) => each?.id);
};

describe('an entry stands for', () => {
  const children = [child('a', 'A'), child('b', null, 'same'), child('c', null, 'same')];

  it.each<[string, ChildEntry[], (string | undefined)[]]>([
    ['the child with its external_id', [{ external_id: 'A', name: 'new' }], ['a']],
    ['the child with its id', [{ id: 'c' }], ['c']],
    [
      'the first equal child that is left',
      [{ name: 'same' }, { name: 'same' }, { name: 'same' }],
      ['b', 'c', undefined],
    ],
    ['the child it names, though an earlier entry equals it', [{ name: 'same' }, { id: 'b' }], ['c', 'b']],
    ['the child with its id, which gets a new external_id', [{ id: 'b', external_id: 'N' }], ['b']],
    ['a new child where nothing has its external_id', [{ external_id: 'N', name: 'same' }], [undefined]],
    ['any child where it says nothing', [{}], ['a']],
  ])('%s', (_case, entries, ids) => {
    expect(matched(children, entries)).toEqual(ids);
  });

  it('a new child where it only equals one and that does not count', () => {
    expect(matched(children, [{ name: 'same' }], { isSame: undefined })).toEqual([undefined]);
  });

  it('the child by what it has, where ids do not count', () => {
    expect(matched(children, [{ id: 'x', name: 'same' }], { usesIds: false })).toEqual(['b']);
  });

  it('nothing where what it names contradicts itself or the entries before it', () => {
    expect(matched(children, [{}, { id: 'x' }])).toMatchObject({ index: 1, attribute: 'id', kind: 'unknown' });
    expect(matched(children, [{ id: 'b', external_id: 'A' }])).toMatchObject({ kind: 'taken', holder: 'a' });
    expect(matched(children, [{ id: 'a' }, { external_id: 'A' }])).toMatchObject({ index: 1, kind: 'repeated' });
  });
});

const text = fc.constantFrom('x', 'y', 'z');
const family = fc
  .uniqueArray(fc.nat(20), { maxLength: 8 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((n) => fc.tuple(fc.boolean(), text).map(([has, name]) => child(`${n}`, has ? `E${n}` : null, name))),
    ),
  );
const entriesOf = fc.uniqueArray(
  fc.record({ external_id: fc.constantFrom('E1', 'E2', 'E3', null), name: text }, { requiredKeys: [] }),
  // Who sends one id twice is refused before.
  { maxLength: 8, selector: ({ external_id }) => external_id ?? Symbol('none') },
);

describe('whatever is sent', () => {
  it('no child is taken twice, and the list that this leads to is matched by itself, child by child', () => {
    fc.assert(
      fc.property(family, entriesOf, (children, entries) => {
        const { children: found, problem } = matchChildren(children, entries, RULES);
        fc.pre(problem === undefined);
        const taken = found.filter((each) => each !== undefined);
        expect(new Set(taken).size).toBe(taken.length);
        // Written: the same entries change nothing any more.
        const written = entries.map((entry, at) => ({ ...(found[at] ?? child(`new${at}`, null, 'x')), ...entry }));
        const again = matchChildren(written, entries, RULES);
        expect(again.problem).toBeUndefined();
        for (const [at, each] of again.children.entries())
          expect(each !== undefined && hasValues(each, entries[at] as object)).toBe(true);
        expect(new Set(again.children).size).toBe(entries.length);
      }),
    );
  });
});
