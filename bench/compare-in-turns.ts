import { measure, ratios, warmUp, type Contender } from './measure.js';
import type { Options } from './options.js';
import { growthTable } from './report.js';
import { errorsIn, type Result } from './result.js';

/** Measures the contenders against each other, at each number of connections; the first is what ratios are to. */
export async function compareInTurns(
  question: string,
  contenders: Contender[],
  options: Options,
  result: Result,
): Promise<void> {
  await warmUp(contenders, options.seconds);
  for (const connections of options.connections) {
    const figures = await measure(contenders, { ...options, connections });
    result.errors.push(...errorsIn(`${question} at ${connections} connections`, figures.values()));
    const [base] = figures.values();
    if (base === undefined) continue;
    const named = [...figures].map(([name, taken]) => ({ name, figures: taken, ratio: ratios(taken, base) }));
    const growth = { question, connections, contenders: named };
    result.growth.push(growth);
    console.log(`${growthTable(growth)}\n`);
  }
}
