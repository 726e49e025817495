import { medianOf } from './measure.js';
import { freePort, productionArguments } from '../test/support/started-service.js';
import { Target } from './target.js';

const RUNS = 5;

/** From the start of the process to its first 200, with the embedded database of `dataDir`, which is there but not running. */
export async function coldStart(dataDir: string, key: string): Promise<{ median: number; runs: number[] }> {
  const runs: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const env = { PORT: await freePort(), DATA_DIR: dataDir };
    const service = await Target.start('service', productionArguments(), key, env);
    runs.push(service.startedInMs);
    await service.stop();
  }
  return { median: medianOf(runs) ?? 0, runs };
}
