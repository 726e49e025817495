import type { SchemaCheck } from '../../test/support/schema-check.js';
import type { FuzzRequest } from './fuzz-requests.js';
import type { RawAnswer, RawClient } from './raw-client.js';

const MOST_IDS = 300;
const PLACE = /~([a-z-]+)~(\d+)~/g;
const IDENTIFIER = /^([a-z-]+)_[0-9a-z]{26}$/;

/** Sends requests and judges the answers: no 5xx, nothing that is not documented, text as it was sent. */
export class FuzzRun {
  readonly failures: string[] = [];
  readonly statuses = new Map<number, number>();
  requests = 0;
  serverErrors = 0;
  undocumented = 0;
  changedTexts = 0;
  private readonly ids = new Map<string, string[]>();

  constructor(
    private readonly client: RawClient,
    private readonly check: SchemaCheck,
  ) {}

  async send(planned: FuzzRequest): Promise<RawAnswer | undefined> {
    const request = this.placed(planned);
    this.requests += 1;
    const answer = await this.answerTo(request);
    if (answer === undefined) return undefined;
    this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
    this.judge(request, answer);
    return answer;
  }

  private async answerTo(request: FuzzRequest): Promise<RawAnswer | undefined> {
    try {
      return await this.client.send(request);
    } catch (error) {
      this.fail(request, `no answer: ${String(error)}`);
      return undefined;
    }
  }

  private judge(request: FuzzRequest, answer: RawAnswer): void {
    if (answer.status >= 500) {
      this.serverErrors += 1;
      this.fail(request, `${answer.status} ${answer.text}`);
    }
    try {
      this.checkDocumented(request, answer);
    } catch (error) {
      this.undocumented += 1;
      this.fail(request, String(error));
    }
    if (answer.status < 300) this.checkTexts(request, answer);
  }

  private checkDocumented({ method, path }: FuzzRequest, { status, headers, text }: RawAnswer): void {
    if (headers['request-id'] === undefined) throw new Error(`${status} without a Request-Id`);
    if (!path.startsWith('/api/') || method === 'HEAD' || status === 304) return;
    const [mediaType = ''] = String(headers['content-type'] ?? 'application/json').split(';');
    const body: unknown = mediaType === 'application/json' ? jsonOf(text) : text;
    this.check(method, new URL(path, 'http://service'), status, body, mediaType);
  }

  /** What was accepted is answered as it was sent. */
  private checkTexts(request: FuzzRequest, { text }: RawAnswer): void {
    const [sent, answered] = [objectOf(request.body), objectOf(text)];
    this.remember(request, answered);
    // A repeated key answers what an earlier request wrote.
    if (request.method === 'GET' || request.headers['idempotency-key'] !== undefined) return;
    for (const [name, value] of Object.entries(sent)) {
      if (typeof value !== 'string' || typeof answered[name] !== 'string' || name === 'id' || value === answered[name])
        continue;
      // What a client cannot write is answered as it is.
      if (['created_at', 'updated_at', 'image_view'].includes(name)) continue;
      this.changedTexts += 1;
      this.fail(request, `${name} came back as ${JSON.stringify(answered[name])}`);
    }
  }

  /** The ids of the object that was answered, and of those in it. */
  private remember(request: FuzzRequest, answered: Record<string, unknown>): void {
    this.rememberId(request, answered.id);
    for (const list of Object.values(answered)) {
      if (!Array.isArray(list)) continue;
      for (const entry of list as ({ id?: unknown } | null)[]) this.rememberId(request, entry?.id);
    }
  }

  private rememberId({ method, path }: FuzzRequest, id: unknown): void {
    const [, resource] = typeof id === 'string' ? (IDENTIFIER.exec(id) ?? []) : [];
    if (resource === undefined) return;
    const known = this.ids.get(resource) ?? [];
    this.ids.set(resource, known);
    if (method === 'DELETE' && path.includes(id as string)) known.splice(known.indexOf(id as string), 1);
    else if (!known.includes(id as string)) known.push(id as string);
    if (known.length > MOST_IDS) known.shift();
  }

  private placed(request: FuzzRequest): FuzzRequest {
    const filled = (text: string): string =>
      text.replace(PLACE, (_place, resource: string, n: string) => {
        const known = this.ids.get(resource) ?? [];
        return known[Number(n) % known.length] ?? `${resource}_00000000000000000000000000`;
      });
    const { path, body } = request;
    return { ...request, path: filled(path), body: typeof body === 'string' ? filled(body) : body };
  }

  private fail({ method, path, headers, body }: FuzzRequest, what: string): void {
    const sent = body === undefined ? '' : ` ${body.toString().slice(0, 600)}`;
    this.failures.push(
      `${method} ${path.slice(0, 300)} ${JSON.stringify(headers)}${sent}\n    → ${what.slice(0, 600)}`,
    );
  }
}

/** The value of a JSON answer; undefined for an answer without content. */
function jsonOf(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text);
}

function objectOf(text: string | Buffer | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text?.toString() ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
