import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { canWrite } from '../session.js';
import { Icon } from '../ui/icons.js';
import { numberOrText } from '../words.js';
import type { Input } from './attributes.js';

export interface EditableProps {
  label: string;
  /** The value as the API has it. */
  value: string | number | null | undefined;
  /** The same for people. */
  text: string;
  input: Input;
  isRequired?: boolean;
  /** What a choice offers: names by values. */
  options?: Record<string, string> | undefined;
  /** Answers the sentence of a refusal. */
  onChange: (value: string | number | null) => Promise<string | undefined>;
}

/** A value that becomes an input when it is pressed. Enter and leaving it save, Escape does not. */
export function Editable({ label, value, text, input, isRequired = false, options, onChange }: EditableProps) {
  const draft = useSignal<string | undefined>(undefined);
  const isSaving = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  if (input === 'shown' || !canWrite.value)
    return <span class={text === '–' ? 'value is-empty' : 'value'}>{text}</span>;
  const close = (): void => {
    draft.value = undefined;
    requestAnimationFrame(() => document.activeElement === document.body && button.current?.focus());
  };
  const save = async (): Promise<void> => {
    if (draft.value === undefined || isSaving.value) return;
    const given = valueOf(draft.value, input);
    const isSame = draft.value === draftOf(value, input) || given === (value ?? null);
    if (isSame || (given === null && isRequired)) {
      close();
      return;
    }
    isSaving.value = true;
    const refusal = await onChange(given);
    isSaving.value = false;
    if (refusal === undefined) close();
  };
  if (draft.value === undefined)
    return (
      <button
        ref={button}
        type="button"
        class={text === '–' ? 'value editable is-empty' : 'value editable'}
        aria-label={`${label}: ${text === '–' ? 'empty' : text}. Change`}
        onClick={() => (draft.value = draftOf(value, input))}
      >
        <span>{text}</span>
        <Icon name="pencil" />
      </button>
    );
  return (
    <Box
      label={label}
      input={input}
      options={options}
      draft={draft.value}
      onInput={(given) => (draft.value = given)}
      onSave={() => void save()}
      onCancel={close}
    />
  );
}

interface BoxProps {
  label: string;
  input: Input;
  options: Record<string, string> | undefined;
  draft: string;
  onInput: (text: string) => void;
  onSave: () => void;
  onCancel: () => void;
}

function Box({ label, input, options = {}, draft, onInput, onSave, onCancel }: BoxProps) {
  const box = useRef<HTMLInputElement & HTMLTextAreaElement & HTMLSelectElement>(null);
  const isLeft = useRef(false);
  useEffect(() => {
    box.current?.focus();
    if (input !== 'date' && input !== 'time' && input !== 'choice') box.current?.select();
  }, []);
  const props = {
    ref: box,
    class: 'box',
    'aria-label': label,
    value: draft,
    onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
    onBlur: () => !isLeft.current && onSave(),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === 'Escape') {
        isLeft.current = true;
        onCancel();
      } else if (event.key === 'Enter' && (input !== 'long' || event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        onSave();
      }
    },
  };
  if (input === 'choice')
    return (
      <select {...props}>
        {Object.entries(options).map(([each, name]) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </select>
    );
  if (input === 'long') return <textarea rows={4} {...props} />;
  if (input === 'date') return <input type="date" {...props} />;
  if (input === 'time') return <input type="datetime-local" {...props} />;
  return <input type="text" inputMode={input === 'number' ? 'decimal' : undefined} {...props} />;
}

function draftOf(value: string | number | null | undefined, input: Input): string {
  if (value === null || value === undefined) return '';
  if (input !== 'time') return String(value);
  const moment = new Date(value);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The draft as the API takes it. */
function valueOf(draft: string, input: Input): string | number | null {
  const given = draft.trim();
  if (given === '') return null;
  if (input === 'number') return numberOrText(given);
  return input === 'time' ? new Date(given).toISOString() : given;
}
