import { signal } from '@preact/signals';
import { key } from './session.js';
import type { ChangeEvent } from './types.js';

/* The event feed as a stream. A browser's own EventSource cannot send a key, so the frames are read here. */

type Listener = (event: ChangeEvent) => void;

export const isLive = signal(false);

const listeners = new Set<Listener>();
/** Called where events may have been missed: everything on the screen has to be read anew. */
const resets = new Set<() => void>();

const PAUSE_MS = 2000;

let cursor: string | undefined;
let stream: AbortController | undefined;

export function onEvent(listener: Listener, reset: () => void): () => void {
  listeners.add(listener);
  resets.add(reset);
  return () => {
    listeners.delete(listener);
    resets.delete(reset);
  };
}

/** A hidden page lets go of its stream, as a browser has six connections for all its tabs, and catches up afterwards. */
export function followEvents(): () => void {
  const look = (): void => {
    if (document.hidden) stop();
    else if (stream === undefined) void follow((stream = new AbortController()));
  };
  look();
  document.addEventListener('visibilitychange', look);
  return () => {
    document.removeEventListener('visibilitychange', look);
    stop();
    cursor = undefined;
  };
}

function stop(): void {
  stream?.abort();
  stream = undefined;
  isLive.value = false;
}

async function follow({ signal: ended }: AbortController): Promise<void> {
  let isFirst = cursor === undefined;
  while (key.value !== undefined) {
    try {
      const after = cursor === undefined ? {} : { after: cursor };
      const response = await open(after, ended);
      if (response.status === 410) {
        cursor = undefined;
        continue;
      }
      if (!response.ok || response.body === null) throw new Error(`The feed answered ${response.status}.`);
      isLive.value = true;
      // Without a cursor the feed begins now, and what happened until now is not in it.
      if (cursor === undefined && !isFirst) for (const reset of resets) reset();
      isFirst = false;
      await readFrames(response.body);
    } catch {
      // The next attempt tells whether the service is back.
    }
    isLive.value = false;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (isOver(ended)) return;
  }
}

function open(query: Record<string, string>, ended: AbortSignal): Promise<Response> {
  return fetch(`/api/events?${new URLSearchParams(query)}`, {
    headers: { Authorization: `Bearer ${key.value ?? ''}`, Accept: 'text/event-stream' },
    signal: ended,
  });
}

async function readFrames(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (text + value).split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) take(frame);
  }
}

function take(frame: string): void {
  for (const line of frame.split('\n')) {
    if (line.startsWith('id: ')) cursor = line.slice(4);
    // What follows from another event tells nothing that the other one has not told.
    if (!line.startsWith('data: ')) continue;
    const event = JSON.parse(line.slice(6)) as ChangeEvent;
    if (event.derived_from === null) for (const listener of listeners) listener(event);
  }
}

function isOver({ aborted }: AbortSignal): boolean {
  return aborted;
}
