import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Answer, Client } from '../../test/support/client.js';
import type { Operation } from '../../test/support/operations.js';
import { Sample } from '../../test/support/sample.js';
import { changeBetween, type Content } from './content.js';
import type { Fault, FaultyLink } from './faulty-link.js';

/** A write, with or without a key that makes it safe to repeat. */
export interface Write {
  operation: Operation;
  keyed: boolean;
}

/** A kind of fault, to be made at every statement in turn. */
export type FaultAt = (nth: number) => Fault;

/** Makes every statement of a write fail in turn and compares what is stored with what was, and with what should be. */
export class NthQuery {
  readonly failures: string[] = [];
  faults = 0;
  /** Writes that were done although a statement of theirs failed. */
  repaired = 0;
  /** Writes that were done, but not answered. */
  unanswered = 0;

  constructor(
    private readonly api: Client,
    private readonly link: FaultyLink,
    private readonly content: Content,
    private readonly operations: readonly Operation[],
  ) {}

  async try(write: Write, faultAt: FaultAt): Promise<void> {
    const expected = await this.undisturbed(write);
    for (let nth = 1; await this.tryAt(write, faultAt(nth), expected); nth += 1) this.faults += 1;
  }

  /** What the write does when nothing fails. */
  private async undisturbed(write: Write): Promise<string[]> {
    const { send, before } = await this.prepare(write);
    const answer = await send();
    const { operationId, status } = write.operation;
    if (answer.status !== status) throw new Error(`${operationId} answered ${answer.status}: ${answer.text}`);
    return changeBetween(before, await this.content.rows());
  }

  /** False when the write needs no such statement. */
  private async tryAt(write: Write, fault: Fault, expected: readonly string[]): Promise<boolean> {
    const { send, before } = await this.prepare(write);
    this.link.arm(fault);
    const answer = await send();
    this.link.disarm();
    if (!this.link.struck) return false;
    const problem =
      problemOf(answer) ??
      (await this.problemOfState(answer, fault, before, expected)) ??
      (write.keyed ? await this.problemOfRepetition(send, before, expected) : undefined) ??
      (await this.problemOfService());
    const name = `${write.operation.operationId}${write.keyed ? ' with a key' : ''}, ${describe(fault)}`;
    if (problem !== undefined) this.failures.push(`${name}: ${problem}`);
    return true;
  }

  /** An object for this write alone, so that it finds the same every time. */
  private async prepare({ operation, keyed }: Write): Promise<{ send: () => Promise<Answer>; before: string[] }> {
    await this.content.clear();
    const sample = await Sample.for(operation, this.api, this.operations);
    const body = sample.body(operation);
    const options = {
      headers: keyed ? { 'idempotency-key': randomUUID() } : {},
      ...(body !== undefined && { body }),
    };
    const send = (): Promise<Answer> =>
      this.api.request(operation.method.toUpperCase(), sample.path(operation), options);
    return { send, before: await this.content.rows() };
  }

  private async problemOfState(
    { status }: Answer,
    { kind }: Fault,
    before: readonly string[],
    expected: readonly string[],
  ): Promise<string | undefined> {
    const change = changeBetween(before, await this.content.rows());
    const [isDone, isUndone] = [isDeepStrictEqual(change, expected), change.length === 0];
    if (isDone && status < 300) this.repaired += 1;
    if (isDone && status >= 300) this.unanswered += 1;
    if (!isDone && !isUndone) return `is half done: ${change.join('; ').slice(0, 400)}`;
    if (status < 300) return isDone ? undefined : `answered ${status}, but is not done`;
    if (isUndone || kind === 'cut after') return undefined;
    return `answered ${status}, but is done`;
  }

  /** Whatever became of it: repeated with its key, it is done once. */
  private async problemOfRepetition(
    send: () => Promise<Answer>,
    before: readonly string[],
    expected: readonly string[],
  ): Promise<string | undefined> {
    let again = await send();
    // PostgreSQL may not have noticed yet that the connection is gone which holds the key.
    for (let left = 20; left > 0 && again.body.error?.code === 'idempotency_key_in_use'; left--) {
      await wait(100);
      again = await send();
    }
    if (again.status >= 300) return `repeated with its key, answered ${again.status}: ${again.text}`;
    const change = changeBetween(before, await this.content.rows());
    return isDeepStrictEqual(change, expected)
      ? undefined
      : `repeated with its key, is not done once: ${change.join('; ')}`;
  }

  /** The pool has few connections, so one that were never given back would soon be missed. */
  private async problemOfService(): Promise<string | undefined> {
    const { status } = await this.api.get('/opportunity?limit=1');
    return status === 200 ? undefined : `afterwards the service answers ${status}`;
  }
}

function problemOf({ status, text, body }: Answer): string | undefined {
  if (status < 300) return undefined;
  if (status !== 409 && status !== 503) return `answered ${status}: ${text}`;
  const { error } = (body ?? {}) as { error?: { code: string } };
  return error?.code === (status === 409 ? 'conflict' : 'service_unavailable') ? undefined : `answered ${text}`;
}

function describe(fault: Fault): string {
  const what = fault.kind === 'error' ? `${fault.sqlState}${fault.lasting ? ' from' : ' at'}` : fault.kind;
  return `${what} statement ${fault.nth}`;
}
