import type { Signal } from '@preact/signals';

/** Says in the place of a view why it cannot show something; nothing where the text is empty. */
export function Notice({ text }: { text: Signal<string> }) {
  if (text.value === '') return null;
  return (
    <p class="notice is-bad" role="alert">
      {text}
    </p>
  );
}
