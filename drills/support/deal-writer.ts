import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Answer, Client } from '../../test/support/client.js';
import {
  DealModel,
  parseKeepingNumbers,
  readDeal,
  readLine,
  type ShownDeal,
  type ShownLine,
} from '../../test/support/deal-model.js';
import { minimal } from '../../test/support/fixtures.js';
import { planWrite, type OwnDeal, type PlannedWrite } from './deal-writes.js';
import type { Random } from './random.js';

/** Does the answer tell what became of the request? */
const isAnswer = ({ status }: Answer): boolean => status < 500;

/**
 * A client that writes deals no one else writes, one request at a time, and knows what each must be. When the service
 * dies under it, one request is left without an answer: it is repeated with its key, or looked for.
 */
export class DealWriter {
  readonly deals: OwnDeal[] = [];
  readonly failures: string[] = [];
  acknowledged = 0;
  /** Requests that got no answer, by what became of them. */
  readonly unanswered = { repeated: 0, present: 0, absent: 0 };
  private open: PlannedWrite | undefined;

  constructor(
    readonly name: string,
    private readonly api: Client,
    private readonly random: Random,
  ) {}

  /** Writes until a request gets no answer. */
  async write(): Promise<void> {
    while (this.open === undefined) {
      this.open = planWrite(this.deals, this.random, `${this.name}/${this.acknowledged}-${randomUUID().slice(0, 8)}`);
      const answer = await this.send(this.open).catch(() => undefined);
      if (answer !== undefined && isAnswer(answer)) this.acknowledge(this.open, answer);
    }
  }

  /** After the service is back: finds out what became of the open request. */
  async settle(): Promise<void> {
    const { open } = this;
    if (open === undefined) return;
    if (open.key === undefined) return this.look(open);
    this.unanswered.repeated += 1;
    this.acknowledge(open, await this.send(open));
  }

  /** How many of the acknowledged writes are not there, as far as the deals that hold them are not what they must be. */
  async lost(): Promise<number> {
    let lost = 0;
    for (const deal of this.deals) {
      if (isDeepStrictEqual(await this.shown(deal.id), expectedOf(deal))) continue;
      this.failures.push(`${deal.id} of ${this.name} is not what ${deal.writes} writes have made of it`);
      lost += deal.writes;
    }
    return lost;
  }

  private send({ method, path, body, key }: PlannedWrite): Promise<Answer> {
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    return this.api.request(method, path, { headers, ...(body && { body }) });
  }

  private acknowledge(write: PlannedWrite, answer: Answer): void {
    this.open = undefined;
    if (answer.status >= 300) {
      this.failures.push(`${write.method} ${write.path} answered ${answer.status}: ${answer.text.slice(0, 300)}`);
      return;
    }
    this.acknowledged += 1;
    this.apply(write, answer.body as object);
  }

  private apply(write: PlannedWrite, answered: object): void {
    const { deal } = write;
    write.apply(deal.model, answered);
    deal.writes += 1;
    if (write.kind === 'create') this.deals.push(Object.assign(deal, { id: (answered as { id: string }).id }));
    if (write.kind === 'delete') this.deals.splice(this.deals.indexOf(deal), 1);
  }

  /** The deal is what it was, or what the write was to make of it; nothing between. */
  private async look(write: PlannedWrite): Promise<void> {
    this.open = undefined;
    const { deal } = write;
    const id = write.kind === 'create' ? await this.idOf(write.title) : deal.id;
    const shown = id === undefined ? undefined : await this.shown(id);
    if (write.kind !== 'create' && isDeepStrictEqual(shown, expectedOf(deal))) {
      this.count('absent');
      return;
    }
    if (write.kind === 'create' && shown === undefined) {
      this.count('absent');
      return;
    }
    this.apply(write, { id, ...(shown && answerFrom(write, deal.model, shown)) });
    const wanted = write.kind === 'delete' ? undefined : expectedOf(deal);
    if (isDeepStrictEqual(shown, wanted)) {
      this.count('present');
      return;
    }
    this.failures.push(`${write.kind} ${deal.id} got no answer and is half done`);
  }

  private count(what: 'present' | 'absent'): void {
    this.unanswered[what] += 1;
  }

  private async idOf(title: string): Promise<string | undefined> {
    const { body } = await this.api.get(`/opportunity?title=${encodeURIComponent(title)}`);
    const [found, ...others] = body.data as { id: string }[];
    if (others.length > 0) this.failures.push(`${title} is there ${others.length + 1} times`);
    return found?.id;
  }

  private async shown(id: string): Promise<ShownState | undefined> {
    const deal = await this.api.get(`/opportunity/${id}`);
    if (deal.status === 404) return undefined;
    const list = await this.api.get(`/opportunity-item?parent_id=${id}`);
    return {
      deal: readDeal(parseKeepingNumbers(deal.text) as Record<string, string>),
      lines: (parseKeepingNumbers(list.text) as { data: Record<string, string>[] }).data.map(readLine),
      party: deal.body.party_name as string,
      stage: `${deal.body.sales_stage} ${deal.body.status}`,
    };
  }
}

interface ShownState {
  deal: ShownDeal;
  lines: ShownLine[];
  party: string;
  /** And the status that belongs there. */
  stage: string;
}

function expectedOf({ model, stage }: OwnDeal): ShownState {
  const status = { Won: 'Converted', Lost: 'Lost' }[stage] ?? 'Open';
  return {
    deal: model.shown(),
    lines: model.shownLines(),
    party: minimal.party_name,
    stage: `${stage} ${status}`,
  };
}

/** What the service would have answered, as far as the model needs it: the ids of the line items that came with it. */
function answerFrom({ kind }: PlannedWrite, model: DealModel, { lines }: ShownState): object {
  const added = lines.filter(({ id }) => !model.lines.some((known) => known.id === id));
  return kind === 'add' ? { id: added[0]?.id ?? 'none' } : { items: lines, data: lines };
}
