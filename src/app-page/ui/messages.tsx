import { signal } from '@preact/signals';
import { Icon } from './icons.js';

/* What the page says in passing: aloud to screen readers, and on the screen where something went wrong. */

interface Message {
  id: number;
  text: string;
  isComplaint: boolean;
}

const SHOWN_MS = 4000;
const COMPLAINT_MS = 12_000;

const messages = signal<Message[]>([]);
const spoken = signal('');
let last = 0;

export function announce(text: string): void {
  spoken.value = text;
}

export function tell(text: string): void {
  show(text, false);
}

export function complain(text: string): void {
  show(text, true);
}

function show(text: string, isComplaint: boolean): void {
  const id = ++last;
  messages.value = [...messages.value, { id, text, isComplaint }];
  setTimeout(() => dismiss(id), isComplaint ? COMPLAINT_MS : SHOWN_MS);
}

function dismiss(id: number): void {
  messages.value = messages.value.filter((message) => message.id !== id);
}

export function Messages() {
  return (
    <>
      <div class="sr-only" role="status">
        {spoken}
      </div>
      <div class="messages" role="alert">
        {messages.value.map(({ id, text, isComplaint }) => (
          <p key={id} class={isComplaint ? 'message is-complaint' : 'message'}>
            <span>{text}</span>
            <button class="plain" aria-label="Dismiss" onClick={() => dismiss(id)}>
              <Icon name="close" />
            </button>
          </p>
        ))}
      </div>
    </>
  );
}
