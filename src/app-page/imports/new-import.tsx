import { useSignal } from '@preact/signals';
import { call, messageOf } from '../api.js';
import { navigate } from '../route.js';
import type { Import } from '../types.js';
import { ZONE } from '../words.js';
import { FORMATS } from './import-status.js';

const DATES = ['yyyy-MM-dd', 'dd.MM.yyyy', 'dd/MM/yyyy', 'MM/dd/yyyy', 'dd-MM-yyyy', 'MM-dd-yyyy'];
const DECIMALS = { '.': '1,234.5', ',': '1.234,5' };

/** Takes a file, dropped or chosen, and has it checked. */
export function NewImport() {
  const file = useSignal<File | undefined>(undefined);
  const format = useSignal<string>('csv');
  const dates = useSignal('');
  const decimal = useSignal('');
  const isOver = useSignal(false);
  const isSending = useSignal(false);
  const problem = useSignal('');
  const isCsv = format.value.endsWith('csv');
  const take = (given: File | undefined): void => {
    if (given === undefined) return;
    file.value = given;
    problem.value = '';
    if (/\.(ndjson|jsonl)$/i.test(given.name) && isCsv) format.value = 'ndjson';
  };
  const submit = async (): Promise<void> => {
    if (isSending.value) return;
    if (file.value === undefined) {
      problem.value = 'Choose a file.';
      return;
    }
    const recognised = { date_format: dates.value || null, decimal: decimal.value || null };
    isSending.value = true;
    try {
      const options = { format: format.value, timezone: ZONE, ...(isCsv && recognised) };
      const { body: made } = await call<Import>('POST', '/api/imports', { body: options });
      const type = isCsv ? 'text/csv' : 'application/x-ndjson';
      await call('PUT', `/api/imports/${made.id}/file`, { body: new Blob([file.value], { type }) });
      navigate(`/app/imports/${made.id}`);
    } catch (error) {
      problem.value = messageOf(error);
    }
    isSending.value = false;
  };
  return (
    <form
      class={isOver.value ? 'panel new-import is-over' : 'panel new-import'}
      aria-label="New import"
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        take(event.dataTransfer?.files[0]);
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label class="field drop">
        <span>
          {file.value === undefined ? 'Drop a file of deals here, or choose one' : `File: ${file.value.name}`}
        </span>
        <input
          type="file"
          accept=".csv,.ndjson,.jsonl,.json,text/csv"
          onChange={({ currentTarget }) => take(currentTarget.files?.[0])}
        />
      </label>
      <Choice label="Format" value={format.value} options={FORMATS} onPick={(value) => (format.value = value)} />
      {isCsv && (
        <>
          <Choice
            label="Dates"
            value={dates.value}
            options={{ '': 'Recognise', ...Object.fromEntries(DATES.map((each) => [each, each])) }}
            onPick={(value) => (dates.value = value)}
          />
          <Choice
            label="Numbers"
            value={decimal.value}
            options={{ '': '1234.5', ...DECIMALS }}
            onPick={(value) => (decimal.value = value)}
          />
        </>
      )}
      <button type="submit" class="primary" disabled={isSending.value}>
        {isSending.value ? 'Sending…' : 'Check the file'}
      </button>
      <p class="problem" role="alert">
        {problem}
      </p>
    </form>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  /** Their names by their values. */
  options: Record<string, string>;
  onPick: (value: string) => void;
}

function Choice({ label, value, options, onPick }: ChoiceProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => onPick(currentTarget.value)}>
        {Object.entries(options).map(([each, name]) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
