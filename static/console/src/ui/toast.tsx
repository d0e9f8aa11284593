/* What just happened, said to eyes and to screen readers. */
import { useEffect, useState } from 'preact/hooks';

import { t } from '../lib/i18n';

interface Toast {
  id: number;
  kind: 'good' | 'bad';
  text: string;
  undo?: () => void;
}

let last = 0;
let toasts: Toast[] = [];
let listener = () => {};

function change(next: Toast[]): void {
  toasts = next;
  listener();
}

function dismiss(id: number): void {
  change(toasts.filter((x) => x.id !== id));
}

function say(kind: Toast['kind'], text: string, undo?: () => void): void {
  const id = ++last;
  change([...toasts.filter((x) => x.text !== text).slice(-3), { id, kind, text, undo }]);
  if (kind === 'good') setTimeout(() => dismiss(id), undo ? 10_000 : 5_000);
}

export const toast = {
  good: (text: string, undo?: () => void) => say('good', text, undo),
  bad: (text: string) => say('bad', text),
};

export function Toasts() {
  const [, redraw] = useState(0);
  useEffect(() => {
    listener = () => redraw((n) => n + 1);
    return () => {
      listener = () => {};
    };
  }, []);
  return (
    <div class="toasts" role="region" aria-label={t('toast.region')} aria-live="polite">
      {toasts.map((x) => (
        <div key={x.id} class={`toast ${x.kind}`} role={x.kind === 'bad' ? 'alert' : 'status'}>
          <span>{x.text}</span>
          {x.undo && (
            <button
              type="button"
              onClick={() => {
                dismiss(x.id);
                x.undo!();
              }}
            >
              {t('undo')}
            </button>
          )}
          <button type="button" class="close" aria-label={t('close')} onClick={() => dismiss(x.id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
