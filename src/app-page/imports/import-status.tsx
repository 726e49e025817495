import type { Import } from '../types.js';

export const FORMATS: Record<Import['format'], string> = {
  csv: 'CSV',
  ndjson: 'JSON lines',
  erpnext_csv: 'ERPNext, CSV',
  erpnext_json: 'ERPNext, JSON lines',
};

/** States that end by themselves: the service says nothing when they do, so views ask. */
export const WORKING: ReadonlySet<string> = new Set(['awaiting_upload', 'checking', 'running', 'reverting']);

const STATES: Record<Import['status'], { name: string; look: string }> = {
  awaiting_upload: { name: 'Waits for its file', look: '' },
  checking: { name: 'Checking', look: 'is-open' },
  checked: { name: 'Checked', look: 'is-open' },
  running: { name: 'Running', look: 'is-open' },
  succeeded: { name: 'Done', look: 'is-good' },
  succeeded_with_errors: { name: 'Done, rows failed', look: '' },
  failed: { name: 'Failed', look: 'is-bad' },
  cancelled: { name: 'Cancelled', look: 'is-closed' },
  reverting: { name: 'Reverting', look: 'is-open' },
  reverted: { name: 'Reverted', look: 'is-closed' },
};

export function ImportStatus({ status }: { status: Import['status'] }) {
  const { name, look } = STATES[status];
  return <span class={`badge ${look}`}>{name}</span>;
}
