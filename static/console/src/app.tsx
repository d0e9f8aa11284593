/* The frame of all pages: realms, sections, who is here. */
import { useEffect, useMemo, useState } from 'preact/hooks';

import { hooks } from './lib/api';
import { place, signIn, signOut } from './lib/auth';
import { keepLanguage, language, languages, t, useLanguage, type Key, type Language } from './lib/i18n';
import { lazy } from './lib/lazy';
import { linkTo, routeOf, type Route } from './lib/place';
import { mayIn, WhoContext, type May, type Who } from './lib/who';
import { Button, Page } from './ui/basics';
import { Dialog } from './ui/dialog';
import { RealmPicker } from './ui/realm_picker';
import { Toasts } from './ui/toast';
import { WhyDialog } from './ui/why';

export interface PageProps {
  realm: string;
  rest: string[];
  query: URLSearchParams;
}

interface Section {
  id: string;
  text: Key;
  needs: string[]; // one of them
  unlisted?: boolean; // reached by a link alone
  ofNode?: boolean; // about the server itself: for administrators of master, on master's pages
  page: ReturnType<typeof lazy<PageProps>>;
}

const sections: Section[] = [
  { id: 'overview', text: 'nav.overview', needs: [], page: lazy(() => import('./pages/overview')) },
  { id: 'users', text: 'nav.users', needs: ['view-users', 'query-users', 'manage-users'], page: lazy(() => import('./pages/users')) },
  { id: 'groups', text: 'nav.groups', needs: ['view-users', 'query-groups', 'manage-users'], page: lazy(() => import('./pages/groups')) },
  { id: 'roles', text: 'nav.roles', needs: ['view-realm', 'manage-realm'], page: lazy(() => import('./pages/roles')) },
  { id: 'clients', text: 'nav.clients', needs: ['view-clients', 'query-clients', 'manage-clients'], page: lazy(() => import('./pages/clients')) },
  { id: 'client-scopes', text: 'nav.scopes', needs: ['view-clients', 'manage-clients'], page: lazy(() => import('./pages/scopes')) },
  { id: 'sessions', text: 'nav.sessions', needs: ['view-realm', 'manage-realm'], page: lazy(() => import('./pages/sessions')) },
  { id: 'events', text: 'nav.events', needs: ['view-events', 'manage-events'], page: lazy(() => import('./pages/events')) },
  { id: 'requests', text: 'nav.requests', needs: [], page: lazy(() => import('./pages/requests')) },
  { id: 'authentication', text: 'nav.authentication', needs: ['view-realm', 'manage-realm'], page: lazy(() => import('./pages/authentication')) },
  { id: 'identity-providers', text: 'nav.providers', needs: ['view-identity-providers', 'manage-identity-providers'], page: lazy(() => import('./pages/providers')) },
  { id: 'user-federation', text: 'nav.federation', needs: ['view-realm', 'manage-realm'], page: lazy(() => import('./pages/federation')) },
  { id: 'operations', text: 'nav.operations', needs: ['view-realm', 'manage-realm'], ofNode: true, page: lazy(() => import('./pages/operations')) },
  { id: 'realm-settings', text: 'nav.settings', needs: ['view-realm', 'manage-realm'], page: lazy(() => import('./pages/settings')) },
  { id: 'first-run', text: 'first-run', needs: ['manage-realm'], ofNode: true, unlisted: true, page: lazy(() => import('./pages/first_run')) },
];
const realmsPage = lazy<PageProps>(() => import('./pages/realms'));

function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const listen = () => setHash(location.hash);
    addEventListener('hashchange', listen);
    return () => removeEventListener('hashchange', listen);
  }, []);
  return useMemo(() => routeOf(hash, place.realm), [hash]);
}

function allowed(may: May, realm: string): Section[] {
  return sections.filter((s) => (s.needs.length === 0 || may(...s.needs)) && (!s.ofNode || realm === 'master'));
}

function Navigation(props: { route: Route; may: May; who: Who; onGo: () => void }) {
  return (
    <nav class="side" aria-label={t('nav')}>
      <RealmPicker who={props.who} realm={props.route.realm} />
      <ul onClick={props.onGo}>
        {allowed(props.may, props.route.realm).filter((s) => !s.unlisted).map((s) => (
          <li key={s.id}>
            <a href={linkTo(props.route.realm, s.id)} aria-current={s.id === props.route.page ? 'page' : undefined}>
              {t(s.text)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Bar(props: { who: Who; onMenu: () => void; redraw: () => void }) {
  return (
    <header class="bar">
      <button type="button" class="menu" aria-label={t('nav.menu')} onClick={props.onMenu}>☰</button>
      <a class="brand" href={linkTo(place.realm)}>Garita</a>
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
      <span>{props.who.displayName}</span>
      <Button kind="plain" onClick={signOut}>{t('sign-out')}</Button>
    </header>
  );
}

function Content(props: { route: Route; may: May; who: Who }) {
  const { realm, page, rest, query } = props.route;
  const section = allowed(props.may, realm).find((s) => s.id === page);
  if (!(realm in props.who.realm_access) && page !== 'realms')
    return <Page title={t('missing.realm')} lead={t('missing.realm.lead', { realm })} />;
  const Found = page === 'realms' ? realmsPage : section?.page;
  if (!Found) return <Page title={t('missing.page')} lead={t('missing.page.lead')} />;
  return <Found key={`${realm}/${page}`} realm={realm} rest={rest} query={query} />;
}

export function App(props: { who: Who }) {
  const route = useRoute();
  const [ended, setEnded] = useState(false);
  const [why, setWhy] = useState<(text: string | undefined) => void>();
  const [menu, setMenu] = useState(false);
  const [turn, redraw] = useState(0);
  const may = mayIn(props.who, route.realm);
  useEffect(() => {
    hooks.sessionEnded = () => setEnded(true);
    hooks.askWhy = () => new Promise((resolve) => setWhy(() => resolve));
  }, []);
  return (
    <WhoContext.Provider value={props.who}>
      <a class="skip" href="#main" onClick={(e) => {
        e.preventDefault();
        document.querySelector<HTMLElement>('main h1')?.focus();
      }}>{t('skip')}</a>
      <div class={`frame ${menu ? 'open' : ''}`} key={turn}>
        <Bar who={props.who} onMenu={() => setMenu(!menu)} redraw={() => redraw((n) => n + 1)} />
        <Navigation route={route} may={may} who={props.who} onGo={() => setMenu(false)} />
        <main id="main">
          <Content route={route} may={may} who={props.who} />
        </main>
      </div>
      <Toasts />
      {why && (
        <WhyDialog answer={(text) => {
          setWhy(undefined);
          why(text);
        }} />
      )}
      {ended && (
        <Dialog title={t('session.ended')} onClose={() => setEnded(false)}>
          <p>{t('session.ended.lead')}</p>
          <div class="actions end">
            <Button onClick={() => setEnded(false)}>{t('cancel')}</Button>
            <Button kind="main" onClick={() => void signIn()}>{t('sign-in')}</Button>
          </div>
        </Dialog>
      )}
    </WhoContext.Provider>
  );
}
