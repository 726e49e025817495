import type { ReadonlySignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

interface DialogProps {
  title: string;
  /** What the button says that submits the form. */
  action: string;
  /** What the button says that closes it; null where there is nothing to go back to. */
  cancel?: string | null;
  problem?: ReadonlySignal<string>;
  onClose: () => void;
  onSubmit: () => void;
  children: ComponentChildren;
}

/** A form in a dialog of the browser's own: it keeps the focus, closes with Escape, and gives the focus back. */
export function Dialog(props: DialogProps) {
  const { title, action, cancel = 'Cancel', problem, onClose, onSubmit, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const label = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Closed before its element is taken away, it gives the focus back.
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <h2 id={label}>{title}</h2>
        {children}
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="actions">
          {cancel !== null && (
            <button type="button" onClick={onClose}>
              {cancel}
            </button>
          )}
          <button type="submit" class="primary">
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
