import type { Signal } from '@preact/signals';

interface FieldProps {
  label: string;
  value: string | Signal<string>;
  onText: (text: string) => void;
  type?: 'text' | 'date' | 'password';
  isNumber?: boolean;
  required?: boolean;
  autofocus?: boolean;
  maxLength?: number;
  /** The id of a datalist with values to choose from. */
  list?: string | undefined;
  isWrong?: boolean;
  describedBy?: string;
}

/** A line of text with its name. */
export function Field({ label, onText, type = 'text', isNumber, isWrong, describedBy, ...rest }: FieldProps) {
  // Preact's types want the type of an input to be written out.
  const kind = { type } as { type: 'text' };
  const isKept = type !== 'password';
  return (
    <label class="field">
      <span>{label}</span>
      <input
        {...rest}
        {...kind}
        inputMode={isNumber ? 'decimal' : undefined}
        autocomplete={isKept ? undefined : 'off'}
        spellcheck={isKept ? undefined : false}
        aria-invalid={isWrong}
        aria-describedby={describedBy}
        onInput={(event) => onText(event.currentTarget.value)}
      />
    </label>
  );
}
