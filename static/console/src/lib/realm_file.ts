/* A realm as a file (Keycloak's export): what is in it, and what of it a call takes along. */
import type { Key } from './i18n';

export type Content = Record<string, any> & { realm?: string };

export const CALL_MOST = 2 * 2 ** 20; // that one call takes: objects that are put into a realm
export const UPLOAD_MOST = 64 * 2 ** 20; // that is taken piece by piece: a whole realm
export const FILE_MOST = UPLOAD_MOST; // that this page reads at all: a browser holds it as a whole
const OBJECTS_MOST = 10_000; // of one partial import

/* What is wrong with a file, as a text of these pages. */
export class FileProblem extends Error {
  constructor(readonly key: Key) {
    super(key);
  }
}

const isObject = (x: unknown): x is Content => typeof x === 'object' && x !== null && !Array.isArray(x);

/* The realms of a file: one, or an array of them. */
export function readRealms(text: string): Content[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new FileProblem('import.no-json');
  }
  const list = Array.isArray(json) ? json : [json];
  if (list.length === 0 || !list.every((r) => isObject(r) && typeof r.realm === 'string')) throw new FileProblem('import.no-realm');
  return list as Content[];
}

const lengthOf = (x: unknown): number => (Array.isArray(x) ? x.length : 0);
const clientRoles = (c: Content): unknown[] => Object.values(isObject(c.roles?.client) ? c.roles.client : {});

/* The parts that stand in files, how many objects each has, and how it is left out. */
const parts = [
  { id: 'clients', text: 'nav.clients', count: (c: Content) => lengthOf(c.clients) },
  { id: 'realm-roles', text: 'import.realm-roles', count: (c: Content) => lengthOf(c.roles?.realm) },
  { id: 'client-roles', text: 'import.client-roles', count: (c: Content) => clientRoles(c).reduce<number>((n, list) => n + lengthOf(list), 0) },
  { id: 'providers', text: 'nav.providers', count: (c: Content) => lengthOf(c.identityProviders) },
  { id: 'groups', text: 'nav.groups', count: (c: Content) => lengthOf(c.groups) },
  { id: 'users', text: 'nav.users', count: (c: Content) => lengthOf(c.users) },
] as const satisfies readonly { id: string; text: Key; count: (c: Content) => number }[];

export type PartId = (typeof parts)[number]['id'];
export interface Part {
  id: PartId;
  text: Key;
  count: number;
}

export function partsOf(content: Content): Part[] {
  return parts.map(({ id, text, count }) => ({ id, text, count: count(content) })).filter((p) => p.count > 0);
}

/* All but the name of a new realm, as text; without its people when they are to stay out. Written once: a file is
 * large, and its name is typed key by key. */
export function restOfRealm(content: Content, withUsers: boolean): Blob {
  const { realm, users, ...rest } = content;
  return new Blob([JSON.stringify({ ...rest, ...(withUsers && users ? { users } : {}) })]);
}

export function namedRealm(name: string, rest: Blob): Blob {
  const isEmpty = rest.size <= '{}'.length;
  return new Blob([`{"realm":${JSON.stringify(name)}${isEmpty ? '' : ','}`, rest.slice(1)]);
}

export type Policy = 'FAIL' | 'SKIP' | 'OVERWRITE';

/* The chosen parts, to be put into a realm that is there. */
export function partialImport(content: Content, chosen: readonly PartId[], policy: Policy): Content {
  const has = (id: PartId) => chosen.includes(id);
  const roles = {
    ...(has('realm-roles') ? { realm: content.roles?.realm } : {}),
    ...(has('client-roles') ? { client: content.roles?.client } : {}),
  };
  return {
    ifResourceExists: policy,
    ...(has('clients') ? { clients: content.clients } : {}),
    ...(Object.keys(roles).length > 0 ? { roles } : {}),
    ...(has('providers') ? { identityProviders: content.identityProviders, identityProviderMappers: content.identityProviderMappers } : {}),
    ...(has('groups') ? { groups: content.groups } : {}),
    ...(has('users') ? { users: content.users } : {}),
  };
}

export function bytesOf(body: Content): number {
  return new TextEncoder().encode(JSON.stringify(body)).length;
}

export function countOf(content: Content, chosen: readonly PartId[]): number {
  return partsOf(content).filter((p) => chosen.includes(p.id)).reduce((n, p) => n + p.count, 0);
}

export function tooMany(content: Content, chosen: readonly PartId[]): boolean {
  return countOf(content, chosen) > OBJECTS_MOST;
}
