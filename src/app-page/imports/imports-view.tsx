import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, messageOf } from '../api.js';
import { followChanges } from '../live.js';
import type { Import, Page } from '../types.js';
import { Notice } from '../ui/notice.js';
import { View } from '../ui/view.js';
import { ago, count, time } from '../words.js';
import { FORMATS, ImportStatus, WORKING } from './import-status.js';
import { ImportView } from './import-view.js';
import { NewImport } from './new-import.js';

const POLL_MS = 2000;

export function ImportsView({ id }: { id: string | undefined }) {
  return id === undefined ? <Imports /> : <ImportView key={id} id={id} />;
}

function Imports() {
  const imports = useSignal<Import[] | undefined>(undefined);
  const problem = useSignal('');
  const read = async (): Promise<void> => {
    imports.value = (await get<Page<Import>>('/api/imports', { limit: 50 })).data;
  };
  useEffect(() => {
    read().catch((error: unknown) => (problem.value = messageOf(error)));
    return followChanges(read, ({ import_id }) => import_id !== null);
  }, []);
  const found = imports.value;
  const isWorking = found?.some(({ status }) => WORKING.has(status)) ?? false;
  useEffect(() => {
    if (!isWorking) return;
    const rhythm = setInterval(() => void read().catch(() => undefined), POLL_MS);
    return () => clearInterval(rhythm);
  }, [isWorking]);
  return (
    <View title="Imports">
      <div class="page-head">
        <h1>Imports</h1>
      </div>
      <Notice text={problem} />
      <div class="panels">
        <NewImport />
        {found?.length === 0 && (
          <section class="panel">
            <h2>No imports yet</h2>
            <p class="panel-empty">
              A file is checked first. The check changes nothing, and shows what the import would do.
            </p>
          </section>
        )}
        {found !== undefined && found.length > 0 && <Table imports={found} />}
      </div>
      {found === undefined && problem.value === '' && <p class="loading">Loading…</p>}
    </View>
  );
}

function Table({ imports }: { imports: readonly Import[] }) {
  return (
    <section class="panel">
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of the imports">
        <table class="grid">
          <thead>
            <tr>
              <th scope="col">Import</th>
              <th scope="col">State</th>
              {['Rows', 'Created', 'Updated', 'Failed'].map((name) => (
                <th key={name} scope="col" class="is-number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {imports.map((each) => (
              <Row key={each.id} found={each} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ found }: { found: Import }) {
  const { id, status, format, rows, created, updated, failed, created_at, started_at } = found;
  const isWritten = started_at !== null;
  return (
    <tr>
      <td>
        <a href={`/app/imports/${id}`} title={time(created_at)}>
          {FORMATS[format]}, {ago(created_at)}
        </a>
      </td>
      <td>
        <ImportStatus status={status} />
      </td>
      <td class="is-number">{count(rows)}</td>
      <td class="is-number">{isWritten ? count(created) : '–'}</td>
      <td class="is-number">{isWritten ? count(updated) : '–'}</td>
      <td class="is-number">{count(failed)}</td>
    </tr>
  );
}
