/* Directories and their mappers are components. */
import { create, get, put, queryOf, realmPath, remove } from './api';
import type { Config } from './properties';

export const STORAGE = 'org.keycloak.storage.UserStorageProvider';
export const LDAP_MAPPER = 'org.keycloak.storage.ldap.mappers.LDAPStorageMapper';

export interface Component {
  id?: string;
  name: string;
  providerId: string;
  providerType: string;
  parentId?: string;
  config: Config;
}

export const componentsPath = (realm: string, ...parts: string[]) => realmPath(realm, 'components', ...parts);

export function listComponents(realm: string, q: { type: string; parent?: string }, signal: AbortSignal): Promise<Component[]> {
  return get(`${componentsPath(realm)}${queryOf(q)}`, signal);
}

export async function saveComponent(realm: string, c: Component): Promise<string> {
  if (!c.id) return create(componentsPath(realm), c);
  await put(componentsPath(realm, c.id), c);
  return c.id;
}

export const removeComponent = (realm: string, id: string) => remove(componentsPath(realm, id));
