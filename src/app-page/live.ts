import { signal } from '@preact/signals';
import { failureOf, get } from './api.js';
import { key } from './session.js';
import type { ChangeEvent, EventPage } from './types.js';

/* The event feed as a stream. A browser's own EventSource cannot send a key, so the frames are read here. */

type Listener = (event: ChangeEvent) => unknown;

export const isLive = signal(false);

const listeners = new Set<Listener>();
/** Called where events may have been missed: everything on the screen has to be read anew. */
const resets = new Set<() => void>();

const PAUSE_MS = 2000;

let cursor = '';
let stream: AbortController | undefined;

export function onEvent(listener: Listener, reset: () => void): () => void {
  listeners.add(listener);
  resets.add(reset);
  return () => {
    listeners.delete(listener);
    resets.delete(reset);
  };
}

const REST_MS = 1000;
/** A view reads for at most a fifth of the time, however slow its answers are. */
const REST_PER_READ = 4;

/** Reads anew where others have changed what a view shows: soon after the first change, then in the rhythm of its reads. */
export function followChanges(read: () => Promise<unknown>, concerns: (event: ChangeEvent) => boolean): () => void {
  let rest = REST_MS;
  let wait: ReturnType<typeof setTimeout> | undefined;
  let isReading = false;
  let isStale = false;
  let isOver = false;
  const refresh = async (): Promise<void> => {
    const since = performance.now();
    wait = undefined;
    isReading = true;
    isStale = false;
    // The next change is the next attempt.
    await read().catch(() => undefined);
    rest = Math.max(REST_MS, REST_PER_READ * (performance.now() - since));
    isReading = false;
    goOn();
  };
  const goOn = (): void => {
    if (isStale && !isReading && !isOver) wait ??= setTimeout(() => void refresh(), rest);
  };
  const note = (): void => {
    isStale = true;
    goOn();
  };
  const stop = onEvent((event) => concerns(event) && note(), note);
  return () => {
    isOver = true;
    clearTimeout(wait);
    stop();
  };
}

/** Is it a change of a deal, of what belongs to it, or of a pipeline? */
export function concernsDeals({ opportunity_id, type }: ChangeEvent): boolean {
  return opportunity_id !== null || type.startsWith('pipeline');
}

/** The place in the feed now: whoever reads afterwards, and follows from here, misses nothing. */
export async function placeInFeed(ended: AbortSignal): Promise<string> {
  return (await get<EventPage>('/api/events', { limit: 1 }, ended)).next;
}

/** A hidden page lets go of its stream, as a browser has six connections for all its tabs, and catches up afterwards. */
export function followEvents(place: string, ended: AbortSignal): void {
  cursor = place;
  const look = (): void => {
    if (document.hidden) stop();
    else if (stream === undefined) void follow((stream = new AbortController()).signal);
  };
  look();
  document.addEventListener('visibilitychange', look, { signal: ended });
  ended.addEventListener('abort', stop);
}

function stop(): void {
  stream?.abort();
  stream = undefined;
  isLive.value = false;
}

async function follow(ended: AbortSignal): Promise<void> {
  while (!isOver(ended)) {
    try {
      const response = await open(ended);
      if (response.status === 410) {
        cursor = await placeInFeed(ended);
        for (const reset of resets) reset();
        continue;
      }
      if (!response.ok || response.body === null) throw await failureOf(response);
      isLive.value = true;
      await readFrames(response.body);
    } catch {
      // The next attempt tells whether the service is back.
    }
    if (isOver(ended)) return;
    isLive.value = false;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function open(ended: AbortSignal): Promise<Response> {
  return fetch(`/api/events?${new URLSearchParams({ after: cursor })}`, {
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
