/* Where this page stands: BASE/admin/REALM/console/ or BASE/realms/REALM/account/. The realm is the one that
 * people sign in to; the realms that administrators look after are in the hash: #/peru/users. */
export interface Place {
  base: string; // "" or "/auth"
  realm: string;
  client: string; // as which the page signs in
  api: string; // what it calls
}

const consoles = [
  { at: /^(.*)\/admin\/([^/]+)\/console\/?$/, client: 'security-admin-console', api: () => '/admin' },
  { at: /^(.*)\/realms\/([^/]+)\/account\/?$/, client: 'account-console', api: (realm: string) => `/realms/${realm}/account` },
];

export function placeOf(path: string): Place {
  for (const { at, client, api } of consoles) {
    const [, base, realm] = at.exec(path) ?? [];
    if (base !== undefined && realm) return { base, realm: decodeURIComponent(realm), client, api: base + api(realm) };
  }
  throw new Error(`no console is served at ${path}`);
}

export interface Route {
  realm: string; // "" on pages of the whole server
  page: string;
  rest: string[];
  query: URLSearchParams;
}

/* Realms are named first, as in Keycloak's console, so that links into that one go on. */
export function routeOf(hash: string, home: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const parts = path.split('/').filter(Boolean).map(decode);
  const [realm = home, page = 'overview', ...rest] = parts;
  return { realm, page, rest, query: new URLSearchParams(query) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a link that somebody typed
  }
}

export function linkTo(realm: string, ...parts: string[]): string {
  return `#/${[realm, ...parts].map(encodeURIComponent).join('/')}`;
}
