import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call, get, messageOf, readText } from '../api.js';
import { followChanges } from '../live.js';
import type { Import } from '../types.js';
import { Icon } from '../ui/icons.js';
import { complain } from '../ui/messages.js';
import { saveFile } from '../ui/save-file.js';
import { Notice } from '../ui/notice.js';
import { View } from '../ui/view.js';
import { attributeName, count, plural, time } from '../words.js';
import { FORMATS, ImportStatus, WORKING } from './import-status.js';

const POLL_MS = 500;
const ENDED = new Set(['succeeded', 'succeeded_with_errors', 'failed', 'cancelled']);

/** An import: the counts and errors of its check, and afterwards those of its run. */
export function ImportView({ id }: { id: string }) {
  const found = useSignal<Import | undefined>(undefined);
  const problem = useSignal('');
  const path = `/api/imports/${id}`;
  const status = found.value?.status;
  useEffect(() => {
    if (status !== undefined && !WORKING.has(status))
      return followChanges(
        async () => (found.value = await get<Import>(path)),
        ({ import_id }) => import_id === id,
      );
    const ended = new AbortController();
    void follow(path, ended.signal, (next) => (found.value = next)).catch((error: unknown) => {
      if (!ended.signal.aborted) problem.value = messageOf(error);
    });
    return () => ended.abort();
  }, [status]);
  const act = async (action: string): Promise<void> => {
    if (action === 'revert' && !confirm('Delete the deals that this import has created?')) return;
    try {
      found.value = (await call<Import>('POST', `${path}/${action}`)).body;
    } catch (error) {
      complain(messageOf(error));
    }
  };
  return (
    <View title={found.value === undefined ? 'Import' : nameOf(found.value)}>
      <a class="back" href="/app/imports">
        <Icon name="back" /> Imports
      </a>
      <Notice text={problem} />
      {found.value === undefined && problem.value === '' && <p class="loading">Loading…</p>}
      {found.value !== undefined && <Contents found={found.value} path={path} onAct={(action) => void act(action)} />}
    </View>
  );
}

async function follow(path: string, ended: AbortSignal, take: (found: Import) => void): Promise<void> {
  for (;;) {
    const found = await get<Import>(path, undefined, ended);
    if (ended.aborted) return;
    take(found);
    if (!WORKING.has(found.status)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function nameOf({ format, created_at }: Import): string {
  return `${FORMATS[format]}, ${time(created_at)}`;
}

function Contents({ found, path, onAct }: { found: Import; path: string; onAct: (action: string) => void }) {
  const { status, format, created, updated, failed, started_at, progress, error, revert } = found;
  const download = async (): Promise<void> => {
    const name = format.endsWith('csv') ? 'errors.csv' : 'errors.ndjson';
    try {
      saveFile(name, await readText(`${path}/${name}`));
    } catch (problem) {
      complain(messageOf(problem));
    }
  };
  return (
    <>
      <div class="page-head">
        <h1>{nameOf(found)}</h1>
        <ImportStatus status={status} />
        {status === 'checked' && created + updated > 0 && (
          <button class="primary" onClick={() => onAct('run')}>
            Import {plural(created + updated, 'deal')}
          </button>
        )}
        {failed > 0 && !WORKING.has(status) && <button onClick={() => void download()}>Download failed rows</button>}
        {!ENDED.has(status) && !status.startsWith('revert') && <button onClick={() => onAct('cancel')}>Cancel</button>}
        {ENDED.has(status) && started_at !== null && <button onClick={() => onAct('revert')}>Revert</button>}
      </div>
      {WORKING.has(status) && progress !== null && (
        <progress class="progress" value={progress} aria-label="Progress of the import" />
      )}
      {error !== null && (
        <p class="notice is-bad" role="alert">
          {error.message}
          {error.line !== null && ` (line ${error.line})`}
        </p>
      )}
      {revert !== null && (
        <p class="notice">
          {plural(revert.deleted, 'deal')} deleted. {plural(revert.kept, 'deal')} kept because of later changes.
        </p>
      )}
      <Counts found={found} />
      <div class="panels">
        <Problems title="Errors" rows={found.errors} />
        <Problems title="Warnings" rows={found.warnings} />
        <Columns columns={found.columns} />
      </div>
    </>
  );
}

function Counts({ found: { rows, created, updated, unchanged, failed, started_at } }: { found: Import }) {
  const isWritten = started_at !== null;
  const figures = {
    Rows: rows,
    [isWritten ? 'Created' : 'To create']: created,
    [isWritten ? 'Updated' : 'To update']: updated,
    Unchanged: unchanged,
    Failed: failed,
  };
  return (
    <dl class="panel figures">
      {Object.entries(figures).map(([name, number]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd data-count={name}>{count(number)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Problems({
  title,
  rows,
}: {
  title: string;
  rows: readonly { line: number; param: string; message: string }[];
}) {
  if (rows.length === 0) return null;
  return (
    <section class="panel">
      <h2>{title}</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label={title}>
        <table class="grid problems">
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Attribute or column</th>
              <th scope="col">Problem</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ line, param, message }, at) => (
              <tr key={at}>
                <td>{line}</td>
                <td>{param}</td>
                <td class="is-text">{message}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Columns({ columns }: { columns: Import['columns'] }) {
  if (columns.length === 0) return null;
  return (
    <section class="panel">
      <h2>Columns</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Columns">
        <table class="grid">
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Attribute</th>
              <th scope="col" class="is-number">
                Filled cells
              </th>
              <th scope="col">First values</th>
            </tr>
          </thead>
          <tbody>
            {columns.map(({ header, attribute, filled, samples }, at) => (
              <tr key={at}>
                <td>{header}</td>
                <td>{attribute === null ? 'Ignored' : attributeName(attribute)}</td>
                <td class="is-number">{count(filled)}</td>
                <td class="is-text">{samples.join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
