/* Where this page stands: BASE/admin/REALM/console/. The realm is the one that people sign in to;
 * the realms that they look after are in the hash: #/peru/users. */
export interface Place {
  base: string; // "" or "/auth"
  realm: string;
}

export function placeOf(path: string): Place {
  const match = /^(.*)\/admin\/([^/]+)\/console\/?$/.exec(path);
  if (!match) throw new Error(`the console is not served at ${path}`);
  return { base: match[1] ?? '', realm: decodeURIComponent(match[2] ?? '') };
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
