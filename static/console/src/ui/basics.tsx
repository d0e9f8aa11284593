/* The small parts that every page is made of. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { ApiError } from '../lib/api';
import { config } from '../lib/auth';
import type { Data } from '../lib/data';
import { t } from '../lib/i18n';
import { here, toast } from './toast';

type Children = { children?: ComponentChildren };

/* What went wrong and what to do, in the words of who reads it. */
export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return String((error as Error)?.message ?? error);
  if (error.status === 0) return t('error.unreachable');
  if (error.status === 403) return t('error.forbidden');
  if (error.status === 404 && !error.message) return t('error.missing');
  if (error.status === 503) return t('error.unavailable', { reason: error.message });
  return error.field ? `${error.field}: ${error.message}` : error.message;
}

/* True when there is nothing more to do: it was done, or waits for a second person. */
export async function attempt(work: () => Promise<void>, done?: string, refused?: (error: unknown) => void): Promise<boolean> {
  const place = here();
  try {
    await work();
    if (done) toast.good(done, { place });
    else toast.settled(place);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 202) {
      toast.good(t('change.waits'), { place });
      return true;
    }
    toast.bad(errorText(error), place);
    refused?.(error);
    return false;
  }
}

export function Page(props: Children & { title: string; lead?: string; actions?: ComponentChildren; up?: { href: string; text: string } }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} · ${config?.displayName || 'Garita'}`;
  }, [props.title]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <>
      {props.up && (
        <nav class="crumbs" aria-label={t('breadcrumb')}>
          <a href={props.up.href}>{props.up.text}</a>
        </nav>
      )}
      <header class="page-head">
        <div>
          <h1 tabIndex={-1} ref={heading}>{props.title}</h1>
          {props.lead && <p class="lead">{props.lead}</p>}
        </div>
        <div class="actions">{props.actions}</div>
      </header>
      {props.children}
    </>
  );
}

export function Card(props: Children & { title?: string; lead?: string; class?: string }) {
  return (
    <section class={`card ${props.class ?? ''}`}>
      {props.title && <h2>{props.title}</h2>}
      {props.lead && <p class="lead">{props.lead}</p>}
      {props.children}
    </section>
  );
}

export function Spinner() {
  return <div class="spinner" role="status"><span class="unseen">{t('loading')}</span></div>;
}

export function Failure(props: { error: unknown; retry?: () => void }) {
  return (
    <div class="failure" role="alert">
      <p>{errorText(props.error)}</p>
      {props.retry && <button type="button" onClick={props.retry}>{t('retry')}</button>}
    </div>
  );
}

/* Draws what there is; an error beside older data does not take it away. */
export function Loaded<T>(props: { of: Data<T>; children: (data: T) => ComponentChildren }) {
  const { data, error, busy, reload } = props.of;
  return (
    <>
      {error && <Failure error={error} retry={reload} />}
      {data !== undefined ? props.children(data) : busy && <Spinner />}
    </>
  );
}

export function Button(props: Children & {
  onClick?: () => unknown;
  kind?: 'main' | 'danger' | 'plain';
  type?: 'button' | 'submit';
  disabled?: boolean;
  busy?: boolean;
  title?: string;
  label?: string;
}) {
  return (
    <button
      type={props.type ?? 'button'}
      class={props.kind ?? ''}
      disabled={props.disabled || props.busy}
      aria-busy={props.busy}
      title={props.title}
      aria-label={props.label}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}

export function Badge(props: Children & { kind?: 'good' | 'bad' | 'soft' }) {
  return <span class={`badge ${props.kind ?? 'soft'}`}>{props.children}</span>;
}

export function Tabs(props: { base: string; tabs: [id: string, text: string][]; current: string }) {
  return (
    <nav class="tabs" aria-label={t('tabs')}>
      {props.tabs.map(([id, text]) => (
        <a key={id} href={`${props.base}/${id}`} aria-current={id === props.current ? 'page' : undefined}>
          {text}
        </a>
      ))}
    </nav>
  );
}

export function Copy(props: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  return (
    <button
      type="button"
      class="plain"
      onClick={async () => {
        await navigator.clipboard.writeText(props.text);
        setDone(true);
        setTimeout(() => setDone(false), 2000);
      }}
    >
      {done ? t('copied') : (props.label ?? t('copy'))}
    </button>
  );
}

export function Code(props: { text: string; label: string }) {
  return (
    <div class="code">
      <pre tabIndex={0} aria-label={props.label}><code>{props.text}</code></pre>
      <Copy text={props.text} />
    </div>
  );
}

export function Facts(props: { of: [term: string, value: ComponentChildren][] }) {
  return (
    <dl class="facts">
      {props.of.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
