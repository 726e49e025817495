import { signal, type Signal } from '@preact/signals';

/** How often a person has tried again to see a view. Each time it is made anew, and reads anew. */
export const attempts = signal(0);

/** Says in the place of a view why it cannot show something; nothing where the text is empty. */
export function Notice({ text }: { text: Signal<string> }) {
  if (text.value === '') return null;
  return (
    <div class="notice is-bad" role="alert">
      <p>{text}</p>
      <button onClick={() => attempts.value++}>Try again</button>
    </div>
  );
}
