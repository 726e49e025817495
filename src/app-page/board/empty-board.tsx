import { useSignal } from '@preact/signals';
import { messageOf } from '../api.js';
import { navigate, query } from '../route.js';
import { canWrite, isTest, key } from '../session.js';
import { complain } from '../ui/messages.js';
import { loadPipelines } from './board.js';
import { filtersOf } from './filters.js';

/** Says why a board has no deals, and what to do about it. */
export function EmptyBoard() {
  const state = useSignal<'idle' | 'busy'>('idle');
  if (Object.keys(filtersOf(query.value)).length > 0)
    return (
      <section class="empty">
        <h2>No deals match these filters</h2>
        <button onClick={() => navigate('/app')}>Remove all filters</button>
      </section>
    );
  const putSample = async (): Promise<void> => {
    state.value = 'busy';
    try {
      const { SampleWriter } = await import('../../sample/sample-writer.js');
      await new SampleWriter(location.origin, key.value ?? '').put(new Date());
      await loadPipelines();
    } catch (error) {
      // By then, the first deals may have taken the place of this view.
      complain(messageOf(error));
    }
    state.value = 'idle';
  };
  return (
    <section class="empty">
      <h2>No deals yet</h2>
      {canWrite.value ? (
        <p>Create the first one with “New deal”{isTest.value && ', or look around with three dozen made-up deals'}.</p>
      ) : (
        <p>This key may only read. A key that may write creates deals.</p>
      )}
      {canWrite.value && isTest.value && (
        <button class="primary" disabled={state.value === 'busy'} onClick={() => void putSample()}>
          {state.value === 'busy' ? 'Adding sample deals…' : 'Add sample deals'}
        </button>
      )}
    </section>
  );
}
