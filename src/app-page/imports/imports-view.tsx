import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, messageOf } from '../api.js';
import type { Import, Page } from '../types.js';
import { complain } from '../ui/messages.js';
import { View } from '../ui/view.js';
import { ago, count, time } from '../words.js';
import { FORMATS, ImportStatus } from './import-status.js';
import { ImportView } from './import-view.js';
import { NewImport } from './new-import.js';

export function ImportsView({ id }: { id: string | undefined }) {
  return id === undefined ? <Imports /> : <ImportView key={id} id={id} />;
}

function Imports() {
  const imports = useSignal<Import[] | undefined>(undefined);
  useEffect(() => {
    get<Page<Import>>('/api/imports', { limit: 50 }).then(
      ({ data }) => (imports.value = data),
      (error: unknown) => complain(messageOf(error)),
    );
  }, []);
  const found = imports.value;
  return (
    <View title="Imports">
      <div class="page-head">
        <h1>Imports</h1>
      </div>
      <NewImport />
      {found === undefined && <p class="loading">Loading…</p>}
      {found !== undefined && found.length > 0 && (
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
                {found.map((each) => (
                  <Row key={each.id} found={each} />
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </View>
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
