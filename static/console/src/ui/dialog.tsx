/* Questions before something happens. The browser's own dialog keeps the focus and answers Escape. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

import { useAction } from '../lib/data';
import { t } from '../lib/i18n';
import { attempt, Button } from './basics';

export function Dialog(props: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  wide?: boolean;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current!;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  return (
    <dialog
      ref={ref}
      class={props.wide ? 'wide' : ''}
      aria-labelledby={id}
      onCancel={(e) => {
        e.preventDefault();
        props.onClose();
      }}
    >
      <h2 id={id}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

/* A form in a dialog: closes when the work is done, stays with what was typed when it is not. */
export function FormDialog(props: {
  title: string;
  submit: string;
  kind?: 'main' | 'danger';
  done?: string;
  disabled?: boolean;
  wide?: boolean;
  onClose: () => void;
  work: () => Promise<void>;
  children: ComponentChildren;
}) {
  const [busy, run] = useAction();
  return (
    <Dialog title={props.title} onClose={props.onClose} wide={props.wide}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void run(async () => {
            if (await attempt(props.work, props.done)) props.onClose();
          });
        }}
      >
        {props.children}
        <div class="actions end">
          <Button onClick={props.onClose}>{t('cancel')}</Button>
          <Button type="submit" kind={props.kind ?? 'main'} busy={busy} disabled={props.disabled}>
            {props.submit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/* What destroys is confirmed by typing its name. */
export function ConfirmDialog(props: {
  title: string;
  text: string;
  submit: string;
  name?: string; // to be typed
  done?: string;
  onClose: () => void;
  work: () => Promise<void>;
}) {
  const [typed, setTyped] = useState('');
  const id = useId();
  return (
    <FormDialog {...props} kind="danger" disabled={!!props.name && typed !== props.name}>
      <p>{props.text}</p>
      {props.name && (
        <div class="field">
          <label for={id}>{t('confirm.type', { name: props.name })}</label>
          <input id={id} value={typed} autocomplete="off" onInput={(e) => setTyped(e.currentTarget.value)} />
        </div>
      )}
    </FormDialog>
  );
}
