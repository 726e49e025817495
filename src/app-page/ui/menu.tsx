import type { ComponentChildren } from 'preact';
import { useSignal } from '@preact/signals';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

export interface MenuItem {
  label: string;
  onPick: () => void;
  isCurrent?: boolean;
}

interface MenuProps {
  label: string;
  items: () => readonly MenuItem[];
  children: ComponentChildren;
  class?: string;
  tabIndex?: number;
}

const MARGIN = 8;

/** A button with a menu: a popover of the browser's own, so it lies above everything and closes by itself. */
export function Menu({ label, items, children, class: look = 'plain', tabIndex = 0 }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  // A board has hundreds of menus, of which hardly one is opened: its items are made then.
  const isMade = useSignal(false);
  useLayoutEffect(() => {
    if (isMade.value) menu.current?.showPopover();
  }, [isMade.value]);
  const open = (): void => {
    const [box, list] = [button.current?.getBoundingClientRect(), menu.current];
    if (box === undefined || list === null) return;
    const left = Math.min(box.left, innerWidth - list.offsetWidth - MARGIN);
    const isBelow = box.bottom + list.offsetHeight + MARGIN < innerHeight;
    const top = isBelow ? box.bottom + 4 : Math.max(MARGIN, box.top - list.offsetHeight - 4);
    list.style.left = `${Math.max(MARGIN, left)}px`;
    list.style.top = `${top}px`;
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class={look}
        tabIndex={tabIndex}
        aria-haspopup="menu"
        aria-label={label}
        title={label}
        popovertarget={id}
        onClick={(event) => {
          if (!isMade.value) event.preventDefault();
          isMade.value = true;
        }}
        data-menu
      >
        {children}
      </button>
      <div
        ref={menu}
        id={id}
        popover="auto"
        class="menu"
        role="menu"
        aria-label={label}
        onToggle={(event) => event.newState === 'open' && open()}
        onKeyDown={(event) => moveFocus(event, menu.current)}
      >
        {isMade.value &&
          items().map(({ label: text, onPick, isCurrent = false }, at) => (
            <button
              key={text}
              type="button"
              role="menuitemradio"
              aria-checked={isCurrent}
              tabIndex={-1}
              // The browser moves the focus as it opens the menu, before the next key.
              autofocus={at === 0}
              onClick={() => {
                menu.current?.hidePopover();
                button.current?.focus();
                onPick();
              }}
            >
              {text}
            </button>
          ))}
      </div>
    </>
  );
}

function moveFocus(event: KeyboardEvent, menu: HTMLElement | null): void {
  const items = [...(menu?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (event.key === 'Tab') menu?.hidePopover();
  event.stopPropagation();
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}
