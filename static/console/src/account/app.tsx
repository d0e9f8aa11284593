/* The frame of the account console. */
import { useEffect, useState } from 'preact/hooks';

import { hooks } from '../lib/api';
import { answered, config, forgetAnswer, place, signIn, signOut } from '../lib/auth';
import { keepLanguage, language, languages, useLanguage, type Language } from '../lib/i18n';
import { lazy } from '../lib/lazy';
import { Button, Page } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { toast, Toasts } from '../ui/toast';
import { t, type AccountKey } from './text';
import type { Me } from './types';

export interface PageProps {
  me: Me;
  roles: string[];
  rest: string[];
}

interface Section {
  id: string;
  text: AccountKey;
  needs: string[]; // one of them; none: everybody
  page: ReturnType<typeof lazy<PageProps>>;
}

const sections: Section[] = [
  { id: 'profile', text: 'profile', needs: ['manage-account', 'view-profile'], page: lazy(() => import('./pages/profile')) },
  { id: 'security', text: 'security', needs: ['manage-account', 'view-profile'], page: lazy(() => import('./pages/security')) },
  { id: 'devices', text: 'devices', needs: ['manage-account', 'view-profile'], page: lazy(() => import('./pages/devices')) },
  { id: 'applications', text: 'applications', needs: ['manage-account', 'view-applications'], page: lazy(() => import('./pages/applications')) },
  { id: 'linked-accounts', text: 'links', needs: ['manage-account', 'view-profile'], page: lazy(() => import('./pages/links')) },
  { id: 'my-applications', text: 'own', needs: ['manage-applications'], page: lazy(() => import('./pages/own')) },
  { id: 'data', text: 'data', needs: ['manage-account', 'view-profile', 'delete-account'], page: lazy(() => import('./pages/data')) },
];

function partsOf(hash: string): string[] {
  return hash.replace(/^#\/?/, '').split('?')[0]!.split('/').filter(Boolean).map(decodeURIComponentSafely);
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a link that somebody typed
  }
}

function useParts(): string[] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const listen = () => setHash(location.hash);
    addEventListener('hashchange', listen);
    return () => removeEventListener('hashchange', listen);
  }, []);
  return partsOf(hash);
}

const allowed = (roles: string[]) =>
  sections.filter((s) => s.needs.length === 0 || s.needs.some((r) => roles.includes(r)));

function Bar(props: { me: Me; onMenu: () => void; redraw: () => void }) {
  return (
    <header class="bar">
      <button type="button" class="menu" aria-label={t('nav.menu')} onClick={props.onMenu}>☰</button>
      <a class="brand" href="#/profile">{config.logo && <img src={config.logo} alt="" />}{config.displayName || place.realm}</a>
      <span class="grow" />
      <select
        aria-label={t('language')}
        value={language}
        onChange={async (e) => {
          const wanted = e.currentTarget.value as Language;
          keepLanguage(wanted);
          await useLanguage(wanted);
          props.redraw();
        }}
      >
        {Object.entries(languages).map(([id, name]) => <option key={id} value={id}>{name}</option>)}
      </select>
      <span>{props.me.username}</span>
      <Button kind="plain" onClick={signOut}>{t('sign-out')}</Button>
    </header>
  );
}

function Navigation(props: { current: string; roles: string[]; onGo: () => void }) {
  return (
    <nav class="side" aria-label={t('nav')}>
      <ul onClick={props.onGo}>
        {allowed(props.roles).map((s) => (
          <li key={s.id}>
            <a href={`#/${s.id}`} aria-current={s.id === props.current ? 'page' : undefined}>{t(s.text)}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/* What became of what the person went to the login pages for. */
function useAnswer(): void {
  useEffect(() => {
    const { status } = answered;
    forgetAnswer();
    if (status === 'success') toast.good(t('action.success'));
    else if (status === 'cancelled') toast.good(t('action.cancelled'));
    else if (status) toast.bad(t('action.error'));
  }, []);
}

export function App(props: { me: Me; roles: string[] }) {
  const [current = allowed(props.roles)[0]?.id ?? '', ...rest] = useParts();
  const [ended, setEnded] = useState(false);
  const [menu, setMenu] = useState(false);
  const [turn, redraw] = useState(0);
  useAnswer();
  useEffect(() => {
    hooks.sessionEnded = () => setEnded(true);
  }, []);
  const Found = allowed(props.roles).find((s) => s.id === current)?.page;
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => {
        e.preventDefault();
        document.querySelector<HTMLElement>('main h1')?.focus();
      }}>{t('skip')}</a>
      <div class={`frame ${menu ? 'open' : ''}`} key={turn}>
        <Bar me={props.me} onMenu={() => setMenu(!menu)} redraw={() => redraw((n) => n + 1)} />
        <Navigation current={current} roles={props.roles} onGo={() => setMenu(false)} />
        <main id="main">
          {Found ? <Found key={current} me={props.me} roles={props.roles} rest={rest} /> : <Page title={t('missing.page')} lead={t('missing.page.lead')} />}
        </main>
      </div>
      <Toasts />
      {ended && (
        <Dialog title={t('session.ended')} onClose={() => setEnded(false)}>
          <p>{t('session.ended.lead')}</p>
          <div class="actions end">
            <Button onClick={() => setEnded(false)}>{t('cancel')}</Button>
            <Button kind="main" onClick={() => void signIn()}>{t('sign-in')}</Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
