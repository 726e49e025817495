/** What is counted beside requests, and what it means; each is the metric `crm_<name>_total`. */
export const COUNTED = {
  validator_misses: 'Values that the database refused, but that validation should have refused.',
  transaction_retries: 'Transactions run again after a deadlock or a serialisation failure.',
  idempotent_replays: 'Requests that got the stored response of an earlier request with the same Idempotency-Key.',
  rate_limited_requests: 'Requests refused because their key, workspace or address had made too many.',
  webhook_attempts_delivered: 'Requests to webhook endpoints that got a 2xx.',
  webhook_attempts_failed: 'Requests to webhook endpoints that failed or got another status.',
  webhook_deliveries_exhausted: 'Deliveries that the service gave up after their last attempt.',
  webhook_endpoints_disabled: 'Endpoints that the service disabled because they are gone or have failed for five days.',
  consumer_calls_succeeded: 'Calls of methods with @AfterCommit that succeeded.',
  consumer_calls_failed: 'Calls of methods with @AfterCommit that threw an error or took too long.',
  imports_ended: 'Imports that ended in this process, by a run, a revert or a failure.',
  imports_failed: 'Imports that failed: the file could not be read, a row stopped the run, or the service failed.',
} as const;

export type CounterName = keyof typeof COUNTED;

const counts = new Map<CounterName, number>();

/** Counts one more, in this process and since its start. */
export function count(name: CounterName): void {
  counts.set(name, countOf(name) + 1);
}

export function countOf(name: CounterName): number {
  return counts.get(name) ?? 0;
}
