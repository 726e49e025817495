import { residentMemory } from './cpu.js';
import { fillDatabase, type Database, type Server } from './database.js';
import { chooseMaterial, type Material } from './material.js';
import { measure, ratios, warmUp, type Contender } from './measure.js';
import type { Options } from './options.js';
import { comparisonTable } from './report.js';
import { errorsIn, type Comparison, type Result } from './result.js';
import { requireSameAnswers } from './same-answers.js';
import { chooseScenarios, type Scenario } from './scenarios.js';
import { Target } from './target.js';

interface Field {
  database: Database;
  material: Material;
  service: Target;
  floor: Target;
}

/** The service against the floor, on one database, scenario by scenario. Answers the key to that database. */
export async function contest(server: Server, options: Options, result: Result): Promise<string> {
  const scenarios = chooseScenarios(options.scenarios);
  const database = await fillDatabase(server.url, options.rows);
  const field = {
    database,
    material: await chooseMaterial(database),
    service: await Target.service(database),
    floor: await Target.floor(database),
  };
  try {
    for (const scenario of scenarios) await compare(scenario, field, options, result);
    result.residentMemoryMiB = { service: residentMemory(field.service.pid), floor: residentMemory(field.floor.pid) };
  } finally {
    await Promise.all([field.service.stop(), field.floor.stop()]);
    await database.client.end();
  }
  return database.key;
}

async function compare(scenario: Scenario, field: Field, options: Options, result: Result): Promise<void> {
  const { database, material, service, floor } = field;
  await requireSameAnswers(service, floor, scenario, material, database);
  let n = 0;
  const next = () => scenario.call(n++, material);
  const { postmaster } = database;
  const contenders: Contender[] = [service, floor].map((target) => ({ name: target.name, target, postmaster, next }));
  await warmUp(contenders, options.seconds);
  const most = scenario.mostConnections ?? Infinity;
  for (const connections of new Set(options.connections.map((each) => Math.min(each, most)))) {
    const figures = await measure(contenders, { ...options, connections });
    await scenario.tidy?.(database);
    result.errors.push(...errorsIn(`${scenario.name} at ${connections} connections`, figures.values()));
    const [mine, theirs] = [figures.get('service'), figures.get('floor')];
    if (mine === undefined || theirs === undefined) continue;
    const comparison: Comparison = {
      scenario: scenario.name,
      connections,
      service: mine,
      floor: theirs,
      ratio: ratios(mine, theirs),
    };
    result.comparisons.push(comparison);
    console.log(`${comparisonTable([comparison])}\n`);
  }
}
