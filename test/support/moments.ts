import type { Client, Json } from './client.js';

/** Readings of deals that others write to; each answer has to be of one moment, which shows in what has to add up. */
export class Moments {
  readonly breaks: string[] = [];
  answers = 0;
  private readonly bodies = new Map<string, string>();

  constructor(private readonly api: Client) {}

  /** Reads in one of the ways there are. */
  async read(way: number, id: string): Promise<void> {
    const ways = [
      () => this.deal(id, '?expand=items'),
      () => this.deal(id, '?expand=items,lost_reasons'),
      () => this.deal(id, '?expand=lost_reasons,items&fields=total,base_total,title'),
      () => this.deal(id, ''),
      () => this.list('limit=100&expand=items'),
      () => this.list('limit=100&expand=items,lost_reasons&fields=total,base_total&title=x'),
      () => this.list('limit=100&expand=items&sort=-expected_closing'),
      () => this.list('limit=100&sort=expected_closing'),
      () => this.list('limit=2&sort=-expected_closing'),
      () => this.list(`limit=100&expand=items&starting_after=${id}`, false),
      () => this.list(`limit=2&sort=expected_closing&ending_before=${id}`, false),
      () => this.list('limit=5&offset=3&title[is_null]=true'),
      () => this.list('limit=5&offset=4'),
      () => this.children('opportunity-item', id),
      () => this.children('opportunity-lost-reason-detail', id),
      () => this.history(id),
      () => this.stages(id),
    ];
    await ways[way % ways.length]?.();
    this.answers += 1;
  }

  private async deal(id: string, query: string): Promise<void> {
    const path = `/opportunity/${id}${query}`;
    const { status, body, text, headers } = await this.api.get(path);
    if (status === 404) return;
    this.expect(status === 200, `${path}: ${status}`);
    const version = `${path} ${headers.get('etag') ?? ''}`;
    const known = this.bodies.get(version);
    this.expect(known === undefined || known === text, `${version} has two bodies`);
    this.bodies.set(version, text);
    this.addsUp(path, body);
  }

  private async list(query: string, fromTop = true): Promise<void> {
    const { status, body } = await this.api.get(`/opportunity?${query}`);
    // The deal that a cursor names may be gone.
    if (status === 400 && !fromTop) return;
    this.expect(status === 200, `${query}: ${status}`);
    const { data, has_more: more, total } = body as { data: Json[]; has_more: boolean; total: number };
    const ids = data.flatMap(({ id }) => (id === undefined ? [] : [id]));
    this.expect(new Set(ids).size === ids.length, `${query}: an object twice`);
    const offset = Number(/offset=(\d+)/.exec(query)?.[1] ?? 0);
    const end = offset + data.length;
    const holds = fromTop
      ? data.length === 0
        ? total <= offset && !more
        : more === total > end
      : total >= data.length;
    this.expect(
      holds && (more || !fromTop || data.length === 0 || total === end),
      `${query}: ${data.length} and more: ${more} of ${total}`,
    );
    for (const deal of data) this.addsUp(query, deal);
  }

  private async children(kind: string, id: string): Promise<void> {
    const { status, body } = await this.api.get(`/${kind}?parent_id=${id}`);
    if (status === 404) return;
    this.inOrder(kind, body.data);
    this.expect(body.total === body.data.length && !body.has_more, `${kind}: ${body.total}`);
  }

  private async history(id: string): Promise<void> {
    const { status, body } = await this.api.get(`/opportunity/${id}/history?limit=100`);
    this.expect(status === 200 && body.total > 0, `history: ${status}`);
    const { data, has_more: more, total } = body as { data: Json[]; has_more: boolean; total: number };
    this.expect(data.length === Math.min(total, 100) && more === total > 100, `history: ${data.length} of ${total}`);
  }

  /** The periods of a deal fit each other, and what the deal says of itself. */
  private async stages(id: string): Promise<void> {
    const fields = 'status,sales_stage,created_at,stage_entered_at,won_at,lost_at,closed_at';
    const { status, body } = await this.api.get(`/opportunity/${id}?expand=stages&fields=${fields}`);
    if (status === 404) return;
    const periods = body.stages as Json[];
    const last = periods.at(-1) ?? {};
    const isOpen = ['Open', 'Replied', 'Quotation'].includes(body.status);
    const inOrder = periods.every(
      ({ entered_at, left_at }, at) =>
        (left_at === null ? at === periods.length - 1 : left_at >= entered_at) &&
        (at === 0 ? entered_at === body.created_at : entered_at >= periods[at - 1]?.left_at),
    );
    const fits = isOpen
      ? last.left_at === null && last.entered_at === body.stage_entered_at && last.sales_stage === body.sales_stage
      : last.left_at !== null && (body.won_at ?? body.lost_at ?? body.closed_at) >= last.left_at;
    this.expect(inOrder && fits, `${id}: stages ${JSON.stringify(body)}`);
  }

  private addsUp(where: string, { id, total, base_total, items, lost_reasons }: Json): void {
    if (lost_reasons !== undefined) this.inOrder(where, lost_reasons);
    if (items === undefined) return;
    this.inOrder(where, items);
    const sum = (name: string): number => items.reduce((all: number, item: Json) => all + Number(item[name]), 0);
    this.expect(total === sum('amount'), `${where} ${id}: total ${total}, items ${sum('amount')}`);
    this.expect(
      base_total === sum('base_amount'),
      `${where} ${id}: base_total ${base_total}, items ${sum('base_amount')}`,
    );
  }

  private inOrder(where: string, children: Json[]): void {
    this.expect(
      children.every(({ idx }, index) => idx === index + 1),
      `${where}: positions ${children.map(({ idx }) => idx).join()}`,
    );
  }

  private expect(holds: boolean, otherwise: string): void {
    if (!holds) this.breaks.push(otherwise);
  }
}
