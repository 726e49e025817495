import { CsvRecords } from './csv-records.js';
import { CsvRows, type CsvRowRules } from './csv-rows.js';
import type { DealRow } from './deal-row.js';
import { readHeader } from './header.js';

const RULES: CsvRowRules = { format: 'csv', decimal: null, timezone: 'UTC', dateFormats: [], children: 'keep' };

function rowsOf(text: string, mostBytes: number): DealRow[] {
  const [header, ...records] = [...new CsvRecords(',', { offset: 0, line: 1 }).push(Buffer.from(text))];
  const { columns } = readHeader(header?.cells ?? [], 1, { format: 'csv', mapping: {} });
  const rows = new CsvRows(columns, RULES, mostBytes);
  return [...records.map((record) => rows.push(record)), rows.finish()].filter((row) => row !== undefined);
}

it('keeps no more of a deal than a row may have, and reads the one behind it', () => {
  const children = ',Chair\n'.repeat(20);
  const rows = rowsOf(`title,items.item_name\nChairs,Chair\n${children}Desks,Desk\n`, 100);
  expect(rows).toMatchObject([
    { line: 2, nextLine: 23, errors: [{ line: 2, param: '', code: 'body_too_large' }] },
    { line: 23, body: { title: 'Desks', items: [{ item_name: 'Desk' }] }, errors: [] },
  ]);
  expect(rows[0]?.body).toEqual({});
});

it('refuses a deal with more lines than a deal can have children', () => {
  const [row] = rowsOf(`title,items.qty\nChairs,1\n${',1\n'.repeat(100_000)}`, 1_000_000);
  expect(row).toMatchObject({
    nextLine: 100_003,
    body: {},
    errors: [{ code: 'body_too_large', message: 'The row has more than 100000 lines.' }],
  });
});

it.each(['metadata.region,metadata', 'metadata,metadata.region'])(
  'joins a map with the columns of its keys, in the order %s',
  (header) => {
    const all = '"{""region"": ""South"", ""source"": ""Fair""}"';
    const line = header.startsWith('metadata,') ? `${all},North` : `North,${all}`;
    const [row] = rowsOf(`${header}\n${line}\n`, 1000);
    expect(row).toMatchObject({ body: { metadata: { region: 'North', source: 'Fair' } }, errors: [] });
  },
);
