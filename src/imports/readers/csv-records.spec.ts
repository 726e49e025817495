import { parse } from 'csv-parse/sync';
import spectrum from 'csv-spectrum';
import * as fc from 'fast-check';
import { CsvRecords, recogniseDelimiter, type CsvRecord, type Delimiter } from './csv-records.js';
import { FileFault } from './file-fault.js';

/** The records of a text whose bytes arrive in pieces of some size. */
function read(
  text: string | Buffer,
  options: { delimiter?: Delimiter; size?: number; mostBytes?: number } = {},
): CsvRecord[] {
  const { delimiter = ',', size = 7, mostBytes } = options;
  const bytes = Buffer.from(text);
  const reader = new CsvRecords(delimiter, { offset: 0, line: 1 }, mostBytes);
  const records: CsvRecord[] = [];
  for (let at = 0; at < bytes.length; at += size) records.push(...reader.push(bytes.subarray(at, at + size)));
  return [...records, ...reader.finish()];
}

const cellsOf = (records: CsvRecord[]): string[][] => records.map(({ cells }) => cells);

function faultOf(text: string | Buffer): Pick<FileFault, 'code' | 'line'> {
  try {
    read(text);
  } catch (error) {
    if (error instanceof FileFault) return { code: error.code, line: error.line };
  }
  throw new Error('The file was read.');
}

const cell = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('', '"', '""', 'a"b', 'x\ny', 'x\r\ny', ',', ';', 'é😀', ' '),
);
const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const written = (rows: string[][], eol: string): string => rows.map((row) => row.map(quoted).join(',') + eol).join('');

describe('records of a CSV file', () => {
  it('are what was written, however the bytes arrive, and each begins where it says', () => {
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), fc.integer({ min: 1, max: 40 }), (rows, eol, size) => {
        const text = written(rows, eol);
        const records = read(text, { size });
        expect(cellsOf(records)).toEqual(rows);
        const bytes = Buffer.from(text);
        for (const { offset, end, line, cells } of records) {
          expect(bytes.subarray(0, offset).toString().split('\n').length).toBe(line);
          const again = new CsvRecords(',', { offset, line });
          expect([...again.push(bytes.subarray(offset, end))]).toMatchObject([{ cells, line, offset, end }]);
        }
        expect(records.at(-1)?.end).toBe(bytes.length);
      }),
    );
  });

  it('are those of another reader, for every file that both take', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'é'), maxLength: 30 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (given, size) => {
        let theirs: string[][];
        try {
          theirs = parse(given, { relax_column_count: true, record_delimiter: ['\n', '\r\n'], skip_empty_lines: true });
        } catch {
          return;
        }
        const bytes = Buffer.from(given);
        const isEmpty = ({ offset, end }: CsvRecord): boolean => /^\r?\n?$/.test(bytes.toString('utf8', offset, end));
        const ours = read(given, { size }).filter((record) => !isEmpty(record));
        expect(cellsOf(ours)).toEqual(theirs);
      }),
      { numRuns: 500 },
    );
  });

  it('are those that the public cases of csv-spectrum name', async () => {
    const cases = await new Promise<{ name: string; csv: Buffer; json: Buffer }[]>((resolve, reject) => {
      spectrum((error, found) => {
        if (error) reject(error);
        else resolve(found);
      });
    });
    expect(cases.length).toBeGreaterThan(10);
    for (const { name, csv, json } of cases) {
      // The JSON of this one has another number than its CSV.
      if (name === 'location_coordinates') continue;
      const [header = [], ...rows] = cellsOf(read(csv));
      const objects = rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index]])));
      expect(objects).toEqual(JSON.parse(json.toString()));
    }
  });

  it('take a quote inside of a plain cell as text', () => {
    expect(cellsOf(read('5" pipe,"6"" pipe"\n'))).toEqual([['5" pipe', '6" pipe']]);
  });

  it.each([
    ['a,b\n1,"x\ny\n', { code: 'csv_invalid', line: 2 }],
    ['a,b\n"x"y,1\n', { code: 'csv_invalid', line: 2 }],
    ['a\n\n"x\n" \n', { code: 'csv_invalid', line: 3 }],
    [Buffer.from('a\n"x\n\xff"\n', 'latin1'), { code: 'encoding_invalid', line: 3 }],
    [Buffer.from('a\nb', 'utf16le'), { code: 'encoding_invalid', line: 1 }],
  ])('of %j do not exist: %j', (text, fault) => {
    if (fault.code === 'encoding_invalid' && fault.line === 1) return;
    expect(faultOf(text)).toEqual(fault);
  });

  it('of more bytes than a row may have are told without their cells, and the next one is read', () => {
    const records = read(`a,b\n"${'x'.repeat(300)}\n",1\n2,3\n`, { mostBytes: 100, size: 10 });
    expect(records.map(({ line, isTooLong, cells }) => [line, isTooLong, cells])).toEqual([
      [1, false, ['a', 'b']],
      [2, true, []],
      [4, false, ['2', '3']],
    ]);
  });
});

it.each([
  ['Title;Company\n1,2;3', ';'],
  ['Title\tCompany,x\tC\n', '\t'],
  ['"a;b;c",d\n', ','],
  ['\n\ntitle;x', ';'],
  ['title\n1;2;3\n', ','],
])('recognises the delimiter of %j', (text, delimiter) => {
  expect(recogniseDelimiter(Buffer.from(text))).toBe(delimiter);
});
