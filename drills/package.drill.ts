import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadConfig } from '../src/config/config.js';
import { withDatabase } from '../src/database/with-database.js';
import { minimal } from '../test/support/fixtures.js';
import { SCHEMA_CONTENTS } from '../test/support/schema-contents.js';
import { freePort, StartedService } from '../test/support/started-service.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { drillDirectory, queryOnce } from './support/drill-postgres.js';
import { failureIn, TreeCopy } from './support/tree-copy.js';

const MODULE = 'acme-tickets';
const MODULE_SOURCE = `test/fixtures/${MODULE}`;

/** Packages come from npm's cache where it has them. */
const INSTALL = 'npm install --prefer-offline --no-audit --no-fund';

/** All that a module may leave behind: the schema, its migrations, its consumers, and counts of rows that are gone. */
const LEFT = [
  SCHEMA_CONTENTS,
  'select name from migrations order by name',
  'select type, name, value from typeorm_metadata order by 1, 2, 3',
  'select consumer from consumer_position order by 1',
  'select distinct table_name from row_count where to_regclass(table_name) is null order by 1',
];

/** What the service prints, as its only line, when a module does not fit, by how the installed module is changed. */
const REFUSALS: [change: (crm: Installed) => Promise<string>, sentence: string][] = [
  [(crm) => crm.variant('acme-new', ['^0.1', '^9.1']), 'works with version ^9.1 of the service, and this is'],
  [(crm) => crm.variant('acme-bare', ['acme_region:', 'region:']), "begins with 'acme_'"],
  [async (crm) => `${MODULE},${await crm.variant('acme-same')}`, "both have a table 'acme_ticket'"],
  [(crm) => crm.withSecondCopy('acme-copy', 'typeorm'), 'has a second copy of typeorm in'],
  [() => Promise.resolve('acme-none'), "MODULES names 'acme-none', which is not installed."],
];

const NOT_LOADED = `The database has tables or attributes of the module '${MODULE}', which is not loaded.`;

export const drill: Drill = {
  promise:
    'Service and module, each packed and installed by npm, serve the endpoints of the module, and nothing of it stays after its removal',
  async run({ log }: DrillOptions): Promise<Outcome> {
    const folder = await drillDirectory();
    try {
      const failures = (await install(folder, log)) ?? (await serveAndRemove(new Installed(folder), log));
      const figure = failures.length === 0 ? 'installed, served and removed without a trace' : 'not as promised';
      return { passed: failures.length === 0, figure, failures };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Packs both and installs them as their users do; answers what failed. */
async function install(folder: string, log: DrillOptions['log']): Promise<string[] | undefined> {
  const copy = await TreeCopy.make();
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'crm', private: true, type: 'module' }));
  await cp(MODULE_SOURCE, join(folder, 'source'), { recursive: true });
  // The module is built against the declarations of the installed service, by the compiler of the checkout.
  const steps: [string, string][] = [
    [copy.folder, `npm pack --pack-destination ${folder}`],
    [folder, `${INSTALL} ./crm-opportunity-service-*.tgz`],
    [join(folder, 'source'), `node ${resolve('node_modules/typescript/bin/tsc')} && npm pack --pack-destination ..`],
    [folder, `rm -r source && ${INSTALL} ./${MODULE}-*.tgz`],
  ];
  try {
    for (const [where, line] of steps) {
      log(line);
      const failure = await failureIn(where, line);
      if (failure !== undefined) return [failure];
    }
    return undefined;
  } finally {
    await copy.remove();
  }
}

/** Answers what was not as it should be. */
async function serveAndRemove(crm: Installed, log: DrillOptions['log']): Promise<string[]> {
  const failures: string[] = [];
  const expect = (what: string, holds: boolean): void => {
    log(`${what}: ${holds ? 'yes' : 'no'}`);
    if (!holds) failures.push(what);
  };
  await crm.serving({}, () => Promise.resolve());
  const before = await crm.left();
  for (const [change, sentence] of REFUSALS) {
    const said = await crm.refusal({ MODULES: await change(crm) });
    log(said);
    expect(`one line says: ${sentence}`, said.includes(sentence) && !said.includes('\n'));
  }
  await crm.serving({ MODULES: MODULE }, async (service) => {
    const call = callerOf(service);
    const deal = await call('POST', 'opportunity', { ...minimal, acme_region: 'North' });
    const opportunity_id = deal.body.id ?? '';
    const ticket = await call('POST', 'acme-ticket', { opportunity_id, subject: 'Measure' });
    expect('a ticket is created', ticket.status === 201);
    await call('POST', `opportunity/${opportunity_id}/convert`);
    const { body } = await call('GET', `acme-ticket?opportunity_id=${opportunity_id}`);
    expect('the hook has made another one', body.total === 2);
    const { status } = await call('POST', `opportunity/${opportunity_id}/erase`);
    expect('the operation that it hides is not there', status === 404);
  });
  expect('the module has made something', JSON.stringify(await crm.left()) !== JSON.stringify(before));
  const said = await crm.refusal();
  expect(`one line says: ${NOT_LOADED}`, said.startsWith(NOT_LOADED) && !said.includes('\n'));
  const removal = await failureIn(crm.folder, `DATA_DIR=data npx crm-opportunity-service modules remove ${MODULE}`);
  if (removal !== undefined) failures.push(removal);
  const known = new Set(before.map((row) => JSON.stringify(row)));
  const left = (await crm.left()).filter((row) => !known.has(JSON.stringify(row)));
  left.forEach((row) => {
    log(`left: ${JSON.stringify(row)}`);
  });
  expect('nothing of it stays', left.length === 0);
  await crm.serving({}, async (service) => {
    const { status, body } = await callerOf(service)('GET', 'opportunity');
    expect('the deals stay', status === 200 && body.total === 1);
  });
  return failures;
}

/** The installed service, on a PostgreSQL of its own. */
class Installed {
  constructor(readonly folder: string) {}

  /** Serves while the work is done, and ends as a signal ends it. */
  async serving(environment: Record<string, string>, work: (service: StartedService) => Promise<void>): Promise<void> {
    const service = await this.start(environment);
    try {
      await service.started();
      await work(service);
    } finally {
      service.signal('SIGTERM');
      await service.exit();
    }
  }

  /** What it prints when it does not start. */
  async refusal(environment: Record<string, string> = {}): Promise<string> {
    const service = await this.start(environment);
    await service.exit();
    return service.output.trim();
  }

  /** Installs the module once more under another name, with a text replaced in its code; answers the name. */
  async variant(name: string, [from, to] = [MODULE, name]): Promise<string> {
    const folder = join(this.folder, 'node_modules', name);
    await cp(join(this.folder, 'node_modules', MODULE), folder, { recursive: true });
    const file = join(folder, 'dist/index.js');
    const code = await readFile(file, 'utf8');
    await writeFile(file, code.replaceAll(MODULE, name).replace(from, to));
    return name;
  }

  /** The same with a copy of a library that is its own. */
  async withSecondCopy(name: string, library: string): Promise<string> {
    await this.variant(name);
    const folder = join(this.folder, 'node_modules', name, 'node_modules', library);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: library, version: '1.0.0' }));
    return name;
  }

  /** What there is in the database, while the service does not run. */
  async left(): Promise<object[]> {
    const config = loadConfig({ DATA_DIR: join(this.folder, 'data') });
    return withDatabase(config, async (url) => {
      const parts: object[] = [];
      for (const text of LEFT) parts.push(...(await queryOnce<object>(url, text)));
      return parts;
    });
  }

  private async start(environment: Record<string, string>): Promise<StartedService> {
    const program = join(this.folder, 'node_modules/crm-opportunity-service/dist/src/main.js');
    const settings = { PORT: await freePort(), DATA_DIR: 'data', ...environment };
    return new StartedService(this.folder, settings, [program]);
  }
}

interface Answered {
  status: number;
  body: { id?: string; total?: number };
}

type Caller = (method: string, path: string, body?: object) => Promise<Answered>;

function callerOf(service: StartedService): Caller {
  const base = service.printed('API').replace(/opportunity$/, '');
  const key = service.firstKey();
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) };
    const response = await fetch(base + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: response.status, body: (await response.json()) as Answered['body'] };
  };
}
