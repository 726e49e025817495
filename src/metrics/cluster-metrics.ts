import { ServiceUnavailableException } from '@nestjs/common';
import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';

/*
 * A scrape of a port that several processes serve reaches one of them, and has to be answered for all. prom-client has the
 * primary process ask every worker and add up what they say; here a worker asks the primary to.
 */

/** From a worker: what do all of us say? The primary answers with the same id, and with a text unless it could not. */
interface Question {
  type: 'metrics';
  id: number;
  text?: string | undefined;
}

const waiting = new Map<number, (text: string | undefined) => void>();
let asked = 0;

/** In the primary process: lets the workers ask, and answers for those outside itself. */
export function metricsOfWorkers(): () => Promise<string> {
  const registry = new AggregatorRegistry();
  const text = (): Promise<string> => registry.clusterMetrics();
  cluster.on('message', (worker: Worker, message: unknown) => {
    if (!isQuestion(message)) return;
    const answer = (metrics?: string): void => {
      worker.send({ ...message, text: metrics }, () => undefined);
    };
    void text().then(answer, () => {
      answer();
    });
  });
  return text;
}

/** In a worker: the primary process may ask for what is in the registry. */
export function offerToPrimary(registry: Registry): void {
  AggregatorRegistry.setRegistries(registry);
  new AggregatorRegistry();
  process.on('message', (message: unknown) => {
    if (isQuestion(message)) waiting.get(message.id)?.(message.text);
  });
}

/** In a worker: what all of them say. */
export async function metricsFromPrimary(): Promise<string> {
  const id = (asked += 1);
  const text = await new Promise<string | undefined>((resolve) => {
    waiting.set(id, resolve);
    process.send?.({ type: 'metrics', id } satisfies Question);
  });
  waiting.delete(id);
  if (text === undefined) throw new ServiceUnavailableException('The metrics cannot be collected.');
  return text;
}

function isQuestion(message: unknown): message is Question {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'metrics';
}
