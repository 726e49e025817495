import { attributeNamed, attributes, REPORT_COLUMNS, type Attribute } from './attributes.js';
import { ERPNEXT_COLUMNS, type ErpnextColumn } from '../../crm/data-exchange/columns.js';
import { METADATA_LIMITS } from '../../common/fields/identity.fields.js';
import { keyProblem } from '../../common/fields/text-map.rule.js';
import { FileFault } from './file-fault.js';

/** The first cell of ERPNext's older Data Export file, which is laid out otherwise. */
const OLD_EXPORT = /^\s*(?:column labels:|data import template)/i;

/** The columns of ERPNext by their labels and by the names of their fields, in lower case. */
const ERPNEXT = new Map(
  ERPNEXT_COLUMNS.flatMap((column) =>
    [column.header, column.field, ...(column.formerFields ?? [])].map((name): [string, ErpnextColumn] => [
      name.toLowerCase(),
      column,
    ]),
  ),
);

/** A column of a CSV file. */
export interface Column {
  header: string;
  /** Undefined for a column that is ignored. */
  attribute: Attribute | undefined;
  /** The computed amount to compare the column with. */
  computed?: string;
}

/** Something about a file that is worth a look, but stops nothing. */
export interface Warning {
  line: number;
  param: string;
  code: 'column_ignored' | 'column_missing' | 'value_differs';
  message: string;
}

export interface HeaderOptions {
  format: 'csv' | 'erpnext_csv';
  /** Header → attribute, or null to ignore the column. */
  mapping: Readonly<Record<string, string | null>>;
}

export interface Header {
  columns: Column[];
  warnings: Warning[];
}

/** What the columns of a file stand for. Throws a `FileFault` for a header that cannot be read. */
export function readHeader(cells: readonly string[], line: number, options: HeaderOptions): Header {
  if (OLD_EXPORT.test(cells[0] ?? '')) throw oldExport(line);
  requireUsable(cells, line);
  const columns = cells.map((header) => columnOf(header, options));
  requireOneEach(columns, line);
  const ignored = columns.filter(({ header, attribute, computed }) =>
    isWorthAWarning(header, attribute, computed, options),
  );
  const missing = Object.keys(options.mapping).filter((header) => !cells.some((cell) => cell.trim() === header.trim()));
  return {
    columns: columns.map((column) =>
      column.attribute?.isIgnored === true ? { ...column, attribute: undefined } : column,
    ),
    warnings: [
      ...ignored.map(({ header }) => warning(line, header, 'column_ignored', `The column '${header}' is ignored.`)),
      ...missing.map((header) =>
        warning(line, header, 'column_missing', `mapping names the column '${header}', which the file does not have.`),
      ),
    ],
  };
}

function warning(line: number, param: string, code: Warning['code'], message: string): Warning {
  return { line, param, code, message };
}

function columnOf(header: string, { format, mapping }: HeaderOptions): Column {
  const mapped = Object.entries(mapping).find(([name]) => name.trim() === header.trim());
  if (mapped !== undefined) return { header, attribute: mapped[1] === null ? undefined : attributeNamed(mapped[1]) };
  if (isReportColumn(header)) return { header, attribute: undefined };
  const known = format === 'erpnext_csv' ? ERPNEXT.get(header.trim().toLowerCase()) : undefined;
  if (known !== undefined) return columnOfErpnext(header, known);
  const attribute = attributeNamed(normalised(header));
  // ERPNext's own names are no ids of ours.
  const isForeign = format === 'erpnext_csv' && attribute?.key === 'id';
  return { header, attribute: isForeign ? undefined : attribute };
}

function columnOfErpnext(header: string, { attribute, isComputed }: ErpnextColumn): Column {
  if (attribute === null) return { header, attribute: undefined };
  if (isComputed === true) return { header, attribute: undefined, computed: attribute };
  return { header, attribute: attributeNamed(attribute) };
}

/** Letter case, blanks around a name, and a blank for `_` do not matter, except in the key of a map. */
function normalised(header: string): string {
  const [, prefix = '', key] = /^\s*(items\s*\.\s*)?metadata\.(.+?)\s*$/is.exec(header) ?? [];
  if (key !== undefined) return `${prefix === '' ? '' : 'items.'}metadata.${key}`;
  return header
    .trim()
    .toLowerCase()
    .replaceAll(/\s*\.\s*/g, '.')
    .replaceAll(/\s/g, '_');
}

function isReportColumn(header: string): boolean {
  return (REPORT_COLUMNS as readonly string[]).includes(header.trim().toLowerCase());
}

/** Nobody has to be told of read-only attributes, of report columns, of ids of lost reasons, and of what mapping leaves out. */
function isWorthAWarning(
  header: string,
  attribute: Attribute | undefined,
  computed: string | undefined,
  options: HeaderOptions,
): boolean {
  if (attribute !== undefined || computed !== undefined || isReportColumn(header)) return false;
  if (options.format === 'erpnext_csv' && ERPNEXT.get(header.trim().toLowerCase())?.isUnmissed === true) return false;
  return !Object.keys(options.mapping).some((name) => name.trim() === header.trim());
}

/** Every answer about the import has the headers. */
const LONGEST_HEADER = 500;

function requireUsable(cells: readonly string[], line: number): void {
  const seen = new Set<string>();
  for (const header of cells) {
    const name = header.trim();
    if (name.length > LONGEST_HEADER)
      throw new FileFault(
        'header_invalid',
        `The file has a header of more than ${LONGEST_HEADER} characters: '${name.slice(0, 40).toWellFormed()}…'.`,
        line,
      );
    if (name !== '' && seen.has(name))
      throw new FileFault('header_invalid', `The file has the header '${name}' twice.`, line, name);
    seen.add(name);
  }
}

function requireOneEach(columns: readonly Column[], line: number): void {
  const seen = new Map<string, string>();
  for (const { header, attribute } of columns) {
    if (attribute === undefined || attribute.isIgnored) continue;
    const former = seen.get(attribute.name);
    if (former !== undefined)
      throw new FileFault(
        'header_invalid',
        `The headers '${former}' and '${header}' both name ${attribute.name}.`,
        line,
        header,
      );
    seen.set(attribute.name, header);
  }
}

function oldExport(line: number): FileFault {
  const message =
    "This is a file of ERPNext's older Data Export. Export with Opportunity list → Menu → Export, or with a Data Import's template, as CSV.";
  return new FileFault('header_invalid', message, line);
}

/** Can a column be imported as the attribute with this name, a key of a map included? */
export function isAttribute(name: string): boolean {
  const attribute = attributeNamed(name);
  if (attribute === undefined || attribute.isIgnored) return false;
  return attribute.mapKey === undefined || keyProblem(attribute.mapKey, METADATA_LIMITS) === undefined;
}

/** The attributes of a deal itself, which `defaults` may name. */
export function isDealAttribute(name: string): boolean {
  return attributes().has(name) && !name.includes('.');
}
