import * as fc from 'fast-check';
import type { Json } from './support/client.js';
import { createOpportunity } from './support/fixtures.js';
import { storeRows } from './support/list-model.js';
import { startService, type Service } from './support/service.js';

/* How texts are found, compared and ordered, whatever their script. */

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

async function titles(query: Record<string, string>): Promise<string[]> {
  const { status, body, text } = await service.api.get(`/opportunity?${new URLSearchParams(query).toString()}`);
  if (status !== 200) throw new Error(text);
  return body.data.map(({ title }: Json) => title);
}

async function store(all: readonly string[]): Promise<void> {
  await service.database.query('delete from opportunity');
  const rows = all.map((title, n) => ({ id: `opportunity_${String(n).padStart(4, '0')}`, title, party_name: 'p' }));
  if (rows.length > 0) await storeRows(service.database, rows);
}

/** The text, and what each of the ways to look for a part of it has to find it by. */
const FOUND: [title: string, ...wanted: string[]][] = [
  ['Łódź', 'lodz', 'ŁÓDŹ', 'Lodz', 'łodz', 'lód'],
  ['Søren Kierkegaard', 'soren', 'SØREN', 'kierkegaard'],
  ['Straße', 'strasse', 'STRASSE', 'Straße', 'STRAẞE', 'stras'],
  ['STRASSE', 'straße'],
  ['Þórður Æsir', 'thordur', 'aesir', 'ÞÓRÐUR', 'æsir'],
  ['Œuvre', 'oeuvre', 'ŒUVRE'],
  ['Đặng Thị Ngọc', 'dang thi', 'ĐẶNG', 'ngoc'],
  ['Ħal Għargħur', 'hal gharghur'],
  ['İstanbul', 'istanbul', 'ISTANBUL', 'İSTANBUL'],
  ['Diyarbakır', 'diyarbakir', 'DİYARBAKIR'],
  ['ΟΔΟΣ Αθηνών', 'οδος', 'οδός', 'αθηνων', 'ΑΘΗΝΏΝ', 'οδοσ'],
  ['Ёлка', 'елка', 'ёлка', 'ЕЛКА'],
  ['Андрей Київ', 'андрей', 'АНДРЕИ', 'київ', 'киів'],
  ['شَرِكَة التِّجارة', 'شركة', 'التجارة', 'شَرِكَة'],
  ['شركة', 'شَرِكَة', 'شركـــة'],
  ['שָׁלוֹם מלך', 'שלום', 'מלך', 'מלכ', 'שָׁלוֹם'],
  ['हिन्दी विश्वविद्यालय', 'हिन्दी', 'विश्व', 'विश्वविद्यालय'],
  ['株式会社東京商事', '商事', '東', '東京', '東京商事', '株式会社東京商事', '会社東京商', '事'],
  ['東京タワー株式会社', 'タワー', 'ﾀﾜｰ', '京タ'],
  ['がんばれ日本', 'がんばれ', 'か\u3099んば', '日本', 'ばれ日'],
  ['บริษัทไทยจำกัด', 'ไทย', 'จำกัด', 'บริษัท'],
  ['ບໍລິສັດລາວ', 'ລາວ'],
  ['ក្រុមហ៊ុនខ្មែរ', 'ខ្មែរ'],
  ['မြန်မာကုမ္ပဏီ', 'ကုမ္ပဏီ'],
  ['삼성전자', '삼성', '삼성전자', '삼성'.normalize('NFD')],
  ['ＮＴＴデータ', 'ntt', 'NTT', 'データ', 'nttデータ'],
  ['㈱商事 №7', '株', 'no7', '商事'],
  ['Rechnung ٣٤٥ ๒๕๖๗', '345', '2567', '٣٤٥'],
  ['Café', 'cafe', 'CAFÉ', 'Cafe\u0301'],
  ['co\u00adoperate', 'cooperate'],
  ['ﬁnance', 'finance', 'FINANCE'],
];

it.each(FOUND)('%s is found by %s and the like: as words, as a part and as a beginning', async (title, ...wanted) => {
  await store([title, 'Another']);
  for (const text of wanted) {
    expect([text, await titles({ q: text })]).toEqual([text, [title]]);
    expect([text, await titles({ 'title[contains]': text })]).toEqual([text, [title]]);
    const [first = ''] = title.split(' ');
    expect(await titles({ 'title[starts_with]': first.toLowerCase() })).toEqual([title]);
  }
});

it.each([
  ['東京と京都', '東京都'],
  ['商 事', '商事'],
  ['가각', '각가'],
  ['간', '가'],
  ['かんばれ', 'がんばれ'],
  ['Lodz', 'lodzer'],
  ['Acme', 'cme'],
])('%s is not found by %s', async (title, text) => {
  await store([title]);
  expect(await titles({ q: text })).toEqual([]);
});

it('a long text of a script without blanks is taken and found inside', async () => {
  await store([]);
  const letters = Array.from({ length: 9_990 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000)));
  const { id } = await createOpportunity(service.api, { contact_display: letters.join('') });
  for (const place of [0, 5000, 9_980]) {
    const { body } = await service.api.get(
      `/opportunity?q=${encodeURIComponent(letters.slice(place, place + 10).join(''))}&fields=id`,
    );
    expect(body.data).toEqual([{ id }]);
  }
});

it('a text that folding makes many times as long is taken', async () => {
  for (const character of ['\ufdfa', '\u3300', 'ß', '㌔㍍㌘'])
    await createOpportunity(service.api, {
      contact_display: character.repeat(Math.floor(10_000 / character.length)),
      title: 'expands',
    });
  expect(await titles({ q: 'expands' })).toHaveLength(4);
});

/** Letters and signs that long since are in Unicode, by script. */
const SCRIPTS: Record<string, [number, number][]> = {
  Latin: [
    [0x41, 0x5a],
    [0x61, 0x7a],
    [0xc0, 0xd6],
    [0xd8, 0xf6],
    [0xf8, 0x17f],
    [0x1e00, 0x1e95],
  ],
  Greek: [
    [0x391, 0x3a1],
    [0x3a3, 0x3ce],
  ],
  Cyrillic: [
    [0x400, 0x45f],
    [0x490, 0x4bf],
  ],
  Armenian: [
    [0x531, 0x556],
    [0x561, 0x586],
  ],
  Hebrew: [[0x5d0, 0x5ea]],
  Arabic: [
    [0x621, 0x63a],
    [0x641, 0x64a],
  ],
  Devanagari: [
    [0x905, 0x939],
    [0x93e, 0x94d],
    [0x958, 0x95f],
  ],
  Tamil: [
    [0xb85, 0xb8a],
    [0xb95, 0xb95],
    [0xbbe, 0xbc2],
    [0xbc6, 0xbc8],
    [0xbca, 0xbcd],
  ],
  Georgian: [[0x10d0, 0x10f0]],
  Hangul: [[0xac00, 0xac80]],
  Thai: [
    [0xe01, 0xe3a],
    [0xe40, 0xe4e],
  ],
  Khmer: [
    [0x1780, 0x17b3],
    [0x17b6, 0x17d1],
  ],
  Kana: [
    [0x3041, 0x3096],
    [0x30a1, 0x30fa],
  ],
  Han: [
    [0x4e00, 0x4e80],
    [0x20000, 0x20020],
  ],
};
const UNSPACED = ['Thai', 'Khmer', 'Kana', 'Han'];

const letter = (script: string): fc.Arbitrary<string> =>
  fc
    .oneof(...(SCRIPTS[script] ?? []).map(([min, max]) => fc.integer({ min, max })))
    .map((c) => String.fromCodePoint(c));
const word = (script: string): fc.Arbitrary<{ script: string; text: string }> =>
  fc.array(letter(script), { minLength: 1, maxLength: 8 }).map((letters) => ({ script, text: letters.join('') }));
const anyWord = fc.constantFrom(...Object.keys(SCRIPTS)).chain(word);

/** The ways to write the same text without its case and its accents. */
function plainForms(script: string, text: string): string[] {
  const cases = [text.toLowerCase(), text.toUpperCase()];
  const composed = ['NFC', 'NFD'].map((form) => text.normalize(form));
  const accents = ['Latin', 'Greek', 'Cyrillic'].includes(script)
    ? [text.normalize('NFD').replaceAll(/\p{Mn}/gu, '')]
    : [];
  return [text, ...cases, ...composed, ...accents];
}

it('what is stored is found by itself, without case and accents, and by a part where there are no blanks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyWord, { minLength: 1, maxLength: 4 }), fc.nat(), async (words, place) => {
      await store(words.map(({ text }) => text));
      for (const { script, text } of words)
        for (const form of plainForms(script, text)) {
          expect([form, await titles({ q: form, limit: '100' })]).toEqual([form, expect.arrayContaining([text])]);
          expect(await titles({ 'title[contains]': form })).toContain(text);
          expect(await titles({ 'title[starts_with]': form })).toContain(text);
        }
      for (const { script, text } of words.filter((each) => UNSPACED.includes(each.script))) {
        const letters = [...text.normalize('NFC')];
        const part = letters.slice(place % letters.length).join('');
        // A sign on its own, without the letter it belongs to, is no word.
        if (script !== 'Kana' || /^\p{L}/u.test(part))
          expect([part, await titles({ q: part })]).toEqual([part, expect.arrayContaining([text])]);
      }
      for (const { text } of words)
        for (const form of [text, text.normalize('NFC'), text.normalize('NFD')]) {
          const same = words.filter((each) => each.text.normalize() === text.normalize()).map((each) => each.text);
          expect((await titles({ title: form, sort: 'id' })).toSorted()).toEqual(same.toSorted());
          expect((await titles({ 'title[in]': `${form},x` })).toSorted()).toEqual(same.toSorted());
          expect(await titles({ 'title[ne]': form })).toHaveLength(words.length - same.length);
        }
    }),
    { numRuns: 20, plugins: [fc.interruptAfterTimeLimit(40_000)] },
  );
});

describe('equality', () => {
  const FORMS: [string, string][] = [
    ['Caf\u00e9', 'Cafe\u0301'],
    ['10 \u212b', '10 \u00c5'],
    ['\u1ebf', '\u00ea\u0301'],
    ['q\u0323\u0307', 'q\u0307\u0323'],
    ['\ud55c', '\u1112\u1161\u11ab'],
    ['\u0958', '\u0915\u093c'],
  ];

  it.each(FORMS)('takes two ways to write %j for one, and answers what was written', async (one, two) => {
    await store([one, two, 'Other', 'other']);
    for (const text of [one, two]) {
      expect(await titles({ title: text, sort: 'id' })).toEqual([one, two]);
      expect(await titles({ 'title[in]': `${text},Other`, sort: 'id' })).toEqual([one, two, 'Other']);
      expect(await titles({ 'title[ne]': text, sort: 'id' })).toEqual(['Other', 'other']);
    }
    expect(await titles({ title: one.toUpperCase() === one ? 'none' : one.toUpperCase() })).toEqual([]);
  });

  it('of owners is planned on an index, whatever they are written in', async () => {
    await service.database.query(`create function plan_of(query text) returns setof text language plpgsql
      set enable_seqscan = off set enable_sort = off as $$ begin return query execute 'explain ' || query; end $$`);
    const condition = `octet_length(opportunity_owner) <> length(opportunity_owner) and composed_text(opportunity_owner) = 'é'`;
    const query = `select id from opportunity where workspace_id = 'w' and ${condition} order by created_at desc, id desc`;
    const plan = await service.database.query<{ line: string }>('select plan_of($1) as line', [query]);
    expect(plan.map(({ line }) => line).join('\n')).toContain('Index Scan Backward using opportunity_owner_composed');
  });
});

describe('the order of texts', () => {
  it('has letter case and accents after letters', async () => {
    const ordered = [
      '',
      ' x',
      '_',
      '-',
      '2',
      '10',
      'apple',
      'Apple',
      'eclair',
      'Éclair',
      'zebra',
      'Zürich',
      'Ωμέγα',
      'Яблоко',
    ];
    const expected = ordered.toSorted(new Intl.Collator('en').compare);
    await store(ordered.toReversed());
    expect(await titles({ sort: 'title', limit: '100' })).toEqual(expected);
    expect(await titles({ sort: '-title', limit: '100' })).toEqual(expected.toReversed());
    expect(expected.indexOf('Éclair')).toBeLessThan(expected.indexOf('zebra'));
    expect(expected.indexOf('zebra')).toBeLessThan(expected.indexOf('Zürich'));
  });

  it('is that of all languages, page by page as on one', async () => {
    const scripts = ['Latin', 'Greek', 'Cyrillic', 'Hebrew', 'Georgian', 'Hangul', 'Kana'];
    const text = fc
      .constantFrom(...scripts)
      .chain(word)
      .map((each) => each.text);
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 20 }), fc.integer({ min: 1, max: 7 }), async (all, limit) => {
        await store(all);
        const whole = await titles({ sort: 'title', limit: '100' });
        const { compare } = new Intl.Collator('en');
        expect(whole).toEqual(all.toSorted((a, b) => compare(a, b) || Buffer.compare(Buffer.from(a), Buffer.from(b))));
        const pages: string[] = [];
        for (let after = '', more = true; more;) {
          const { body } = await service.api.get(`/opportunity?sort=title&limit=${limit}${after}`);
          pages.push(...body.data.map(({ title }: Json) => title));
          after = `&starting_after=${body.data.at(-1)?.id}`;
          more = body.has_more;
        }
        expect(pages).toEqual(whole);
      }),
      { numRuns: 40, plugins: [fc.interruptAfterTimeLimit(20_000)] },
    );
  });
});
