/* Who is signed in and what he may do, as the server says; the server decides again at each call. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import { get } from './api';
import { place } from './auth';

export interface Who {
  userId: string;
  realm: string;
  displayName: string;
  locale: string;
  createRealm: boolean;
  realm_access: Record<string, string[]>;
}

export function loadWho(): Promise<Who> {
  return get<Who>(`/${encodeURIComponent(place.realm)}/console/whoami`);
}

export const WhoContext = createContext<Who>(undefined as unknown as Who);
export const useWho = () => useContext(WhoContext);

export type May = (...roles: string[]) => boolean;

export function mayIn(who: Who, realm: string): May {
  const has = who.realm_access[realm] ?? [];
  return (...roles) => roles.some((r) => has.includes(r)) || has.includes('realm-admin');
}

export function useMay(realm: string): May {
  return mayIn(useWho(), realm);
}
