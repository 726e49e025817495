import { minimal } from '../../test/support/fixtures.js';
import type { Random } from './random.js';

/** A row of the file, and what must become of it where no other writer is at its deal. */
export interface FileRow {
  key: string;
  line: number;
  title: string;
  probability: number;
  items: { item_name: string; qty: number; rate: number }[];
  outcome: 'created' | 'updated' | 'unchanged' | 'failed';
}

export interface ImportFile {
  format: 'csv' | 'ndjson';
  rows: FileRow[];
  text: string;
}

const TOO_PROBABLE = 140;

/** Of a hundred rows, ten change a deal, ten leave one as it is, and some fail: by themselves, or as their key came before. */
export function makeFile(format: ImportFile['format'], count: number, random: Random): ImportFile {
  let line = format === 'csv' ? 2 : 1;
  const rows = Array.from({ length: count }, (_none, n): FileRow => {
    const isRepeated = n % 50 === 49;
    const isBad = n % 17 === 16;
    const items = Array.from({ length: random.between(0, 3) }, (_item, at) => ({
      item_name: `item ${at}`,
      qty: random.between(1, 9999) / 1000,
      rate: random.between(-1e6, 1e9) / 1e6,
    }));
    const row: FileRow = {
      key: isRepeated ? `R-${n - 1}` : `R-${n}`,
      ...{ line, title: `row ${n}`, probability: isBad ? TOO_PROBABLE : 50, items },
      outcome: isRepeated || isBad ? 'failed' : n % 10 === 0 ? 'updated' : n % 10 === 5 ? 'unchanged' : 'created',
    };
    line += format === 'csv' ? Math.max(1, items.length) : 1;
    return row;
  });
  return { format, rows, text: format === 'csv' ? tableOf(rows) : linesOf(rows) };
}

/** The body of the deal that there is before the import; undefined where it is to make one. */
export function bodyBefore(row: FileRow): object | undefined {
  if (row.outcome === 'unchanged') return bodyOf(row);
  return row.outcome === 'updated' ? { ...minimal, external_id: row.key, title: 'before' } : undefined;
}

function bodyOf({ key, title, probability, items }: FileRow): object {
  return { external_id: key, ...minimal, title, probability, items };
}

function linesOf(rows: readonly FileRow[]): string {
  return rows.map((row) => `${JSON.stringify(bodyOf(row))}\n`).join('');
}

function tableOf(rows: readonly FileRow[]): string {
  const { opportunity_from, party_name, company, transaction_date } = minimal;
  const header = `external_id,${Object.keys(minimal).join()},title,probability,items.item_name,items.qty,items.rate\n`;
  const fixed = [opportunity_from, party_name, company, transaction_date].join();
  const lines = rows.map(({ key, title, probability, items }) => {
    const parts = items.length === 0 ? [',,'] : items.map(({ item_name, qty, rate }) => `${item_name},${qty},${rate}`);
    return parts
      .map((part, at) => `${at === 0 ? `${key},${fixed},${title},${probability}` : ',,,,,,'},${part}\n`)
      .join('');
  });
  return header + lines.join('');
}
