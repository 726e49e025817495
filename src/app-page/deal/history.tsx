import type { ChangeEvent, Pipeline } from '../types.js';
import { ago, time } from '../words.js';
import { history, moreHistory, pipelines } from './deal.js';
import { keyNames } from './key-names.js';
import { sentencesOf } from './sentences.js';

export function History() {
  const { events, hasMore } = history.value;
  return (
    <section class="panel" aria-labelledby="history">
      <header class="panel-head">
        <h2 id="history">History</h2>
      </header>
      {events.length === 0 && <p class="panel-empty">No changes are kept.</p>}
      <ol class="history">
        {events.map((event) => (
          <Entry key={event.id} event={event} all={pipelines.value} />
        ))}
      </ol>
      {hasMore && (
        <button class="more" onClick={() => void moreHistory()}>
          Show older changes
        </button>
      )}
    </section>
  );
}

function Entry({ event, all }: { event: ChangeEvent; all: readonly Pipeline[] }) {
  const who = event.key_id === null ? 'The service' : (keyNames.value[event.key_id] ?? 'Another key');
  const names = Object.fromEntries(
    all.flatMap(({ id: pipeline, name, stages = [] }) => [
      [pipeline, name] as const,
      ...stages.map(({ id, label }) => [id, label] as const),
    ]),
  );
  return (
    <li>
      <p>
        <strong>{who}</strong> {sentencesOf(event, names)}
      </p>
      <time dateTime={event.created_at} title={time(event.created_at)}>
        {ago(event.created_at)}
      </time>
    </li>
  );
}
