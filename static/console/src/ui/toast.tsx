/* What just happened, said to eyes and to screen readers. */
import { useEffect, useState } from 'preact/hooks';

import { t } from '../lib/i18n';
import { said, settled, type Toast } from './toast_data';

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

function say(kind: Toast['kind'], text: string, place: string, undo?: () => void): void {
  const id = ++last;
  change(said(toasts, { id, kind, text, place, undo }));
  if (kind === 'good') setTimeout(() => dismiss(id), undo ? 10_000 : 5_000);
}

/* Where an action belongs that begins now: it may lead elsewhere before it is told. */
export const here = (): string => location.hash;

export const toast = {
  good: (text: string, o: { undo?: () => void; place?: string } = {}) => say('good', text, o.place ?? here(), o.undo),
  bad: (text: string, place = here()) => say('bad', text, place),
  /* Done without a word: what failed there before is no longer so. */
  settled: (place: string) => change(settled(toasts, place)),
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
