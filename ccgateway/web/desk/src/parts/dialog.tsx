import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Something laid over the page, until Esc, its button, or a click beside it. */
export function Dialog(props: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="dialog-title"
      onClose={props.close}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <form method="dialog">
        <h2 id="dialog-title">{props.title}</h2>
        <button type="submit" aria-label="Close">✕</button>
      </form>
      {props.children}
    </dialog>
  );
}
