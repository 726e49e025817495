import { useSignal } from '@preact/signals';
import { canWrite } from '../session.js';
import { Icon } from '../ui/icons.js';
import { Pair } from './pair.js';

interface MetadataProps {
  metadata: Readonly<Record<string, string | null>>;
  /** Behind the names of keys, where several objects have metadata. */
  suffix?: string;
  /** Sets keys of the metadata; null removes a key. Answers the sentence of a refusal. */
  onChange: (change: Record<string, unknown>) => Promise<string | undefined>;
}

/** Texts by keys that people choose themselves. A text that is emptied removes its key. */
export function Metadata({ metadata, suffix = '', onChange }: MetadataProps) {
  const key = useSignal('');
  const text = useSignal('');
  const add = async (): Promise<void> => {
    const [name, value] = [key.value.trim(), text.value.trim()];
    if (name === '' || value === '') return;
    if ((await onChange({ [name]: value })) !== undefined) return;
    key.value = '';
    text.value = '';
  };
  return (
    <>
      <dl>
        {Object.entries(metadata).map(([name, value]) => (
          <Pair
            key={name}
            name={name}
            label={`Metadata ${name}${suffix}`}
            value={value}
            text={value ?? '–'}
            input="text"
            onChange={(given) => onChange({ [name]: given })}
          />
        ))}
      </dl>
      {canWrite.value && (
        <form
          class="inline-form"
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <input
            aria-label={`Key of new metadata${suffix}`}
            placeholder="Key"
            value={key}
            onInput={(event) => (key.value = event.currentTarget.value)}
          />
          <input
            aria-label={`Text of new metadata${suffix}`}
            placeholder="Text"
            maxLength={500}
            value={text}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
          <button type="submit" aria-label={`Add metadata${suffix}`} title="Add metadata">
            <Icon name="plus" />
          </button>
        </form>
      )}
    </>
  );
}
