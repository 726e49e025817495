import type { Target } from './target.js';

interface Page {
  data: { created_at: string }[];
  next: string;
}

/** Follows the feed, and notes how old events are when it reads them. */
export class FeedReader {
  readonly lagsMs: number[] = [];
  private stopped = false;
  private reading: Promise<void> | undefined;

  constructor(private readonly target: Target) {}

  /** From now on. */
  async start(): Promise<void> {
    const { next } = await this.get('');
    this.reading = this.follow(next);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.reading;
  }

  private async follow(after: string): Promise<void> {
    for (let cursor = after; !this.stopped;) {
      const { data, next } = await this.get(`&wait=1&after=${cursor}`);
      const now = Date.now();
      this.lagsMs.push(...data.map(({ created_at }) => now - Date.parse(created_at)));
      cursor = next;
    }
  }

  private async get(query: string): Promise<Page> {
    const { url, headers } = this.target;
    const response = await fetch(`${url}/api/events?limit=100${query}`, { headers });
    if (!response.ok) throw new Error(`The feed answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Page;
  }
}
