import { parseArgs } from 'node:util';
import { loadConfig } from '../config/config.js';
import { serviceUrl } from '../config/service-url.js';
import { DataError } from '../data-files/data-error.js';
import { exportToFile } from '../data-files/file-export.js';
import { countsOf, FileImport, isTable, sizeText, type ImportState, type Problem } from '../data-files/file-import.js';
import { Progress } from '../data-files/progress.js';
import { RemoteService } from '../data-files/remote-service.js';
import { runCommand } from './command.js';
import { findServiceKey } from './service-key.js';

const USAGE = `Usage: npm run --silent data -- <command>
  import <file>                checks a file of opportunities, then writes its rows; - reads stdin
    --check                    only checks the file
    --errors <path>            file for the failed rows; by default <file>.errors.csv or .errors.ndjson
    --format <format>          csv, ndjson, erpnext_csv or erpnext_json; by default from .csv, .ndjson or .jsonl
    --mode, --match-by, --on-error, --children, --delimiter, --decimal, --date-format, --timezone <value>
    --mapping, --defaults <JSON>   all as in POST /api/imports
  export [<name>=<value>…]     writes the opportunities to stdout; takes the parameters of the export, such as
                               format=ndjson or status=Open
    --output <file>            writes them to a file, which gets its name when it is complete
  Both take --url <address> for another service, and --quiet to show no progress.
By default, the command calls the service at HOST and PORT, with API_KEY or else the key of npm start.
Exit code: 0 all done, 1 failed, 2 some rows failed, 130 interrupted.`;

/** Of the body of `POST /api/imports`: texts, and objects as JSON. */
const TEXTS = ['format', 'mode', 'match-by', 'on-error', 'children', 'delimiter', 'decimal', 'date-format', 'timezone'];
const OBJECTS = ['mapping', 'defaults'];

const SOME_ROWS_FAILED = 2;
const INTERRUPTED = 130;
const MOST_PROBLEMS = 10;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  quiet: { type: 'boolean' },
  check: { type: 'boolean' },
  ...Object.fromEntries(['url', 'errors', 'output', ...TEXTS, ...OBJECTS].map((name) => [name, { type: 'string' }])),
} as const;

type Values = Readonly<Record<string, string | boolean | undefined>>;

const OF_IMPORT = ['check', 'errors', ...TEXTS, ...OBJECTS];
const OF_EXPORT = ['output'];

function readArguments(): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new DataError(`${(error as Error).message}\n${USAGE}`);
  }
}

const interruption = new AbortController();
let progress = new Progress(undefined);

async function run(): Promise<string | undefined> {
  const { values, positionals } = readArguments();
  const [command, ...rest] = positionals;
  if (values['help'] === true) return USAGE;
  const taken = { import: OF_IMPORT, export: OF_EXPORT }[command ?? ''];
  if (taken === undefined) throw new DataError(USAGE);
  const foreign = Object.keys(values).find((name) => ![...taken, 'url', 'quiet'].includes(name));
  if (foreign !== undefined) throw new DataError(`--${foreign} does not belong to ${command ?? ''}.\n${USAGE}`);
  const config = loadConfig(process.env);
  const origin = textOf(values, 'url') ?? serviceUrl(config);
  if (!URL.canParse(origin)) throw new DataError(`'${origin}' is not an address, such as https://crm.example.com.`);
  if (values['quiet'] !== true) progress = new Progress(process.stderr);
  const service = new RemoteService(origin, await findServiceKey(config, 'data'), interruption.signal);
  return command === 'import' ? importFile(service, values, rest) : exportFile(service, values, rest);
}

async function importFile(service: RemoteService, values: Values, [path, ...more]: string[]): Promise<string> {
  if (path === undefined || more.length > 0) throw new DataError(USAGE);
  const body = bodyOf(values, path);
  const form = isTable(String(body['format'])) ? 'csv' : 'ndjson';
  const errorsPath = textOf(values, 'errors') ?? `${path === '-' ? 'stdin' : withoutSuffix(path)}.errors.${form}`;
  const isCheckOnly = values['check'] === true;
  const file = new FileImport(service, { path, body, isCheckOnly, errorsPath }, progress);
  const state = await file.run().catch(async (error: unknown) => {
    if (!interruption.signal.aborted) throw error;
    progress.clear();
    throw new DataError(interruptedText(await file.cancel()));
  });
  progress.clear();
  tellProblems('Warning', state.warnings, state.warnings.length);
  tellProblems('Error', state.errors, state.failed);
  if (state.failed > 0) {
    await file.writeErrors(state);
    console.error(`The failed rows are in ${errorsPath}. Correct them, and import that file.`);
    process.exitCode = SOME_ROWS_FAILED;
  }
  if (state.status === 'failed') throw new DataError(failedText(state));
  return `${isCheckOnly ? 'Checked' : 'Imported'} ${countsOf(state)} (${state.id})`;
}

async function exportFile(service: RemoteService, values: Values, parameters: string[]): Promise<undefined> {
  const pairs = parameters.map((parameter) => {
    const at = parameter.indexOf('=');
    if (at < 1) throw new DataError(`'${parameter}' is not a parameter, such as status=Open.`);
    return [parameter.slice(0, at), parameter.slice(at + 1)] as [string, string];
  });
  const path = textOf(values, 'output');
  const options = { path, query: new URLSearchParams(pairs) };
  const bytes = await exportToFile(service, options, progress).finally(() => {
    progress.clear();
  });
  if (path !== undefined) console.log(`Exported ${sizeText(bytes)} to ${path}`);
}

function bodyOf(values: Values, path: string): Record<string, unknown> {
  const texts = TEXTS.flatMap((name) => {
    const value = textOf(values, name);
    return value === undefined ? [] : [[name.replaceAll('-', '_'), value === '\\t' ? '\t' : value]];
  });
  const objects = OBJECTS.flatMap((name) => {
    const value = textOf(values, name);
    return value === undefined ? [] : [[name, objectOf(name, value)]];
  });
  return { format: formatOf(path), ...Object.fromEntries([...texts, ...objects]) } as Record<string, unknown>;
}

function formatOf(path: string): string {
  return /\.(?:ndjson|jsonl)(?:\.gz)?$/i.test(path) ? 'ndjson' : 'csv';
}

function objectOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DataError(`--${name} must be JSON, such as --${name} '{"Deal name": "title"}'.`);
  }
}

function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

function withoutSuffix(path: string): string {
  return path.replace(/\.(?:csv|tsv|txt|ndjson|jsonl)(?:\.gz)?$/i, '');
}

function tellProblems(word: string, problems: readonly Problem[], count: number): void {
  for (const { line, message } of problems.slice(0, MOST_PROBLEMS))
    console.error(`${word} on line ${line}: ${message}`);
  if (count > MOST_PROBLEMS) console.error(`There are more: ${count} in all.`);
}

function failedText({ error, id, ...state }: ImportState): string {
  const place = error?.line == null ? '' : ` Line ${error.line}:`;
  return `The import failed.${place} ${error?.message ?? ''} ${countsOf({ error, id, ...state })} (${id})`;
}

function interruptedText(state: ImportState | undefined): string {
  process.exitCode = INTERRUPTED;
  if (state === undefined) return 'Interrupted before the import was made.';
  return `Interrupted; the import is ${state.status}. ${countsOf(state)} (${state.id}). What was written stays; POST /api/imports/${state.id}/revert deletes the deals that it created.`;
}

for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => {
    interruption.abort();
    // Whoever still writes to it would keep the command alive.
    process.stdin.destroy();
  });
await runCommand(run);
if (interruption.signal.aborted) process.exitCode = INTERRUPTED;
