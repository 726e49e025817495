import { parse } from 'csv-parse/sync';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Client, Json } from '../test/support/client.js';
import { checkedImport, ran } from '../test/support/imports.js';
import type { Drill, Outcome } from './drill.js';
import { debianProgram } from './support/debian-program.js';
import { drillDirectory } from './support/drill-postgres.js';
import { DrillService } from './support/drill-service.js';

/** Texts that a spreadsheet would run, and texts that only look like them. */
const FORMULAS = [
  ...['=1+1', '+1+1', '-1+1', '@SUM(1)', '\t=1+1', '=HYPERLINK("http://example.com","click")', "=cmd|'/C calc'!A0"],
  ...["'=1+1", "''=1+1", "'", 'a=1+1', '=', '=1+1\n=2+2', '=1,"2"'],
];

/** Everything of a deal that a spreadsheet keeps; it makes doubles of numbers, and numbers of texts that look like some. */
const ROWS = FORMULAS.map((text, at) => ({
  ...{
    opportunity_from: 'Lead',
    party_name: 'Müller & Söhne 😀',
    company: 'Example Corp',
    transaction_date: '2024-01-15',
  },
  ...{ external_id: `S-${at}`, title: text, city: text, order_lost_reason: text, status: 'Lost', currency: 'EUR' },
  ...{
    expected_closing: '2024-06-30',
    probability: 12.5,
    opportunity_amount: -0.000000001 + at,
    metadata: { key: text },
  },
  ...{ lost_reasons: [{ lost_reason: text }], items: [{ item_name: text, qty: 1.5, rate: 89.95 }, { item_name: 'b' }] },
}));

/** Columns whose cells are texts, as they are in the file. */
const TEXTS = ['title', 'city', 'order_lost_reason', 'metadata', 'items.item_name', 'lost_reasons.lost_reason'];

/** A cell that the spreadsheet has taken for a formula. */
const FORMULA = /table:formula=/g;

/** As its dialog offers for a table of commas; without a window it would take another one. */
const UTF_8 = '--infilter=CSV:44,34,76';
const AS_CSV = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false';

export const drill: Drill = {
  promise: 'a spreadsheet shows the texts of an export as texts, and what it saves is imported without a change',
  onlyFull: true,
  async run({ log }): Promise<Outcome> {
    const program = debianProgram('libreoffice', 'libreoffice-calc');
    const service = await DrillService.start({ LOG_LEVEL: 'error' });
    try {
      return await open(service.client(), new Spreadsheet(program, join(await drillDirectory(), 'sheets')), log);
    } finally {
      await service.stop();
    }
  },
};

/** LibreOffice without a window. */
class Spreadsheet {
  constructor(
    private readonly program: string,
    private readonly directory: string,
  ) {}

  /** Opens a CSV file, and saves it in another format. */
  async saved(csv: string, format: string): Promise<string> {
    const [suffix = ''] = format.split(':');
    const [opened, saved] = ['opened', 'saved'].map((name) => join(this.directory, name));
    await mkdir(String(opened), { recursive: true });
    await writeFile(join(String(opened), 'deals.csv'), csv);
    const profile = `-env:UserInstallation=file://${join(this.directory, 'profile')}`;
    const options = ['--headless', UTF_8, '--convert-to', format, '--outdir', String(saved)];
    const args = [profile, ...options, join(String(opened), 'deals.csv')];
    await promisify(execFile)(this.program, args, { timeout: 120_000 });
    return readFile(join(String(saved), `deals.${suffix}`), 'utf8');
  }
}

async function open(api: Client, sheet: Spreadsheet, log: (line: string) => void): Promise<Outcome> {
  const failures: string[] = [];
  const deals = ROWS.map((row) => `${JSON.stringify(row)}\n`).join('');
  const type = { 'content-type': 'application/x-ndjson' };
  const { id } = await checkedImport(api, { format: 'ndjson' }, deals, type);
  const { created } = await ran(api, id as string);
  if (created !== ROWS.length) failures.push(`only ${String(created)} deals could be made`);
  const exported = async (query: string): Promise<string> => (await api.get(`/opportunity/export?${query}`)).text;

  const csv = await exported('format=csv');
  const formulas = formulasIn(await sheet.saved(csv, 'fods'));
  const raw = formulasIn(await sheet.saved(await exported('format=csv&formulas=raw'), 'fods'));
  log(`${formulas} cells are formulas; ${raw} are with formulas=raw`);
  if (formulas > 0) failures.push(`the spreadsheet has taken ${formulas} cells for formulas`);
  if (raw === 0) failures.push('the spreadsheet runs no formula at all, so the drill shows nothing');

  const saved = await sheet.saved(csv, AS_CSV);
  failures.push(...differing(rowsOf(csv), rowsOf(saved)));
  const again = await checkedImport(api, { format: 'csv', children: 'replace' }, saved);
  const { rows, unchanged, errors } = again as { rows: number; unchanged: number; errors: Json[] };
  log(`saved by the spreadsheet and imported: ${unchanged} of ${rows} deals unchanged`);
  if (unchanged !== ROWS.length)
    failures.push(`only ${unchanged} of ${rows} deals are unchanged: ${JSON.stringify(errors)}`);
  const figure = `${formulas} of ${FORMULAS.length * TEXTS.length} cells are formulas (${raw} without the ' before them), ${unchanged} of ${rows} deals come back unchanged`;
  return { passed: failures.length === 0, figure, failures };
}

function formulasIn(document: string): number {
  return document.match(FORMULA)?.length ?? 0;
}

function rowsOf(csv: string): Json[] {
  return parse(csv, { columns: true, bom: true });
}

/** The texts that the spreadsheet has not kept as they were in the file. */
function differing(exported: readonly Json[], saved: readonly Json[]): string[] {
  return exported.flatMap((row, at) =>
    TEXTS.filter((name) => row[name] !== saved[at]?.[name]).map(
      (name) => `row ${at}: ${name} was ${JSON.stringify(row[name])} and is ${JSON.stringify(saved[at]?.[name])}`,
    ),
  );
}
