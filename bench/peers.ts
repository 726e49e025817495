import { fillDatabase, type Database, type Server } from './database.js';
import { chooseMaterial, type Material } from './material.js';
import { compareInTurns } from './compare-in-turns.js';
import type { Contender } from './measure.js';
import type { Options } from './options.js';
import type { Result } from './result.js';
import { chooseScenarios, type Scenario } from './scenarios.js';
import { Target } from './target.js';
import { makeTutorialTables } from './tutorial/tables.js';

/** What the tutorial has an answer to. */
const REQUESTS = ['retrieve', 'list 20', 'list filtered and sorted', 'update', 'create', 'create with 10 items'];

/** The service beside one that was made as tutorials of its framework make them: the same requests, the same rows. */
export async function meetPeers(server: Server, options: Options, result: Result): Promise<void> {
  const database = await fillDatabase(server.url, options.rows);
  const material = await chooseMaterial(database);
  await makeTutorialTables(database);
  const targets = [await Target.tutorial(database), await Target.service(database)];
  try {
    for (const scenario of chooseScenarios(REQUESTS)) {
      const contenders = targets.map((target) => contender(target, database, scenario, material));
      await compareInTurns(scenario.name, contenders, options, result);
      await scenario.tidy?.(database);
      if (scenario.tidy !== undefined) await makeTutorialTables(database);
    }
  } finally {
    await Promise.all(targets.map((target) => target.stop()));
    await database.client.end();
  }
}

function contender(target: Target, database: Database, scenario: Scenario, material: Material): Contender {
  let n = 0;
  return { name: target.name, target, postmaster: database.postmaster, next: () => scenario.call(n++, material) };
}
