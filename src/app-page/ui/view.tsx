import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { cameFrom } from '../route.js';

interface ViewProps {
  /** Stands before the name of the page in the title of the document. */
  title: string;
  class?: string;
  children: ComponentChildren;
}

/** What an address shows. It takes the focus where a person came by a link or went back, as the link they left is gone. */
export function View({ title, class: look = 'page', children }: ViewProps) {
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = `${title} – Deals`;
  }, [title]);
  useEffect(() => {
    if (cameFrom() !== undefined) main.current?.focus({ preventScroll: true });
  }, []);
  return (
    <main ref={main} class={look} tabIndex={-1}>
      {children}
    </main>
  );
}
