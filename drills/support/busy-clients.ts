import { minimal } from '../../test/support/fixtures.js';
import { isGood } from './loopback-load.js';
import { RawClient } from './raw-client.js';

const OPPORTUNITY = '/api/crm/opportunity';
const headers = { 'content-type': 'application/json' };

/** Clients that read and write in turn, each as soon as it has its last answer. */
export class BusyClients {
  readonly failures: string[] = [];
  private readonly client: RawClient;
  private id = '';

  constructor(
    origin: string,
    key: string,
    private readonly count: number,
  ) {
    this.client = new RawClient(origin, key);
  }

  /** Makes the opportunity that they read and change. */
  async begin(): Promise<void> {
    const { text } = await this.client.send({
      method: 'POST',
      path: OPPORTUNITY,
      headers,
      body: JSON.stringify(minimal),
    });
    this.id = (JSON.parse(text) as { id: string }).id;
  }

  /** How many requests a second they get answered. */
  async rate(seconds: number): Promise<number> {
    const since = performance.now();
    const until = since + seconds * 1000;
    const work = async (): Promise<number> => {
      let answered = 0;
      while (performance.now() < until) answered += await this.turn();
      return answered;
    };
    const answered = await Promise.all(Array.from({ length: this.count }, work));
    return answered.reduce((sum, each) => sum + each, 0) / ((performance.now() - since) / 1000);
  }

  close(): void {
    this.client.close();
  }

  private async turn(): Promise<number> {
    const one = `${OPPORTUNITY}/${this.id}`;
    const requests = [
      { method: 'GET', path: one },
      { method: 'GET', path: `${OPPORTUNITY}?limit=5` },
      { method: 'POST', path: OPPORTUNITY, body: JSON.stringify(minimal) },
      { method: 'GET', path: one },
      { method: 'PATCH', path: one, body: '{"title":"Again"}' },
    ];
    for (const request of requests) {
      const { status, text } = await this.client.send({ ...request, headers });
      if (!isGood(status)) this.failures.push(`${request.method} ${request.path}: ${status} ${text}`);
    }
    return requests.length;
  }
}
