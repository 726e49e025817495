import { createDatabase, fillDatabase, type Database, type Server } from './database.js';
import type { Call } from './drive.js';
import { chooseMaterial, type Material } from './material.js';
import { compareInTurns } from './compare-in-turns.js';
import type { Contender } from './measure.js';
import type { Options } from './options.js';
import type { Result } from './result.js';
import { requireSameText } from './same-answers.js';
import { chooseScenarios } from './scenarios.js';
import { Target } from './target.js';

/** Reads whose rate should not depend on the size of the table; the filtered one counts what it finds, so its does. */
const READS = ['retrieve', 'list 20', 'list filtered and sorted'];
const PAGE = '/api/crm/opportunity?limit=20';

interface Size {
  database: Database;
  material: Material;
  service: Target;
}

/** The service on tables of several sizes at once, which take turns like contenders. */
export async function grow(server: Server, options: Options, result: Result): Promise<void> {
  const sizes: Size[] = [];
  try {
    for (const rows of options.sizes) sizes.push(await prepare(server, rows));
    for (const scenario of chooseScenarios(READS)) {
      const contenders = sizes.map((size) => contender(size, named(size), (n) => scenario.call(n, size.material)));
      await compareInTurns(scenario.name, contenders, options, result);
    }
    const largest = sizes.at(-1);
    if (largest !== undefined) await goDeep(largest, options, result);
  } finally {
    await Promise.all(sizes.map(({ service }) => service.stop()));
    await Promise.all(sizes.map(({ database }) => database.client.end()));
  }
}

async function prepare(server: Server, rows: number): Promise<Size> {
  const database = await fillDatabase(await createDatabase(server, `growth_${rows}`), rows);
  const material = await chooseMaterial(database);
  return { database, material, service: await Target.service(database) };
}

async function goDeep(size: Size, options: Options, result: Result): Promise<void> {
  const { deepOffset, cursor } = size.material;
  const floor = await Target.floor(size.database);
  try {
    const plain = contender(size, `plain offset ${deepOffset}`, () =>
      get(`/plain/opportunity?limit=20&offset=${deepOffset}`),
    );
    const own = contender(size, `offset ${deepOffset}`, () => get(`${PAGE}&offset=${deepOffset}`));
    await requireSameText(floor, plain.next(), size.service, own.next());
    await compareInTurns('deep offset', [{ ...plain, target: floor }, own], options, result);
  } finally {
    await floor.stop();
  }
  const first = contender(size, 'first page', () => get(PAGE));
  const deep = contender(size, `page after ${deepOffset}`, () => get(`${PAGE}&starting_after=${cursor}`));
  await compareInTurns('deep cursor', [first, deep], options, result);
}

function contender({ database, service }: Size, name: string, call: (n: number) => Call): Contender {
  let n = 0;
  return { name, target: service, postmaster: database.postmaster, next: () => call(n++) };
}

function named({ database }: Size): string {
  return `${database.rows} rows`;
}

function get(path: string): Call {
  return { method: 'GET', path };
}
