/* Who is signed in and what he may do, as the server says; the server decides again at each call. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import { get } from './api';
import { place } from './auth';
import { whoOf, type Told, type Who } from './who_data';

export type { Who } from './who_data';

export async function loadWho(): Promise<Who> {
  return whoOf(await get<Told>(`/${encodeURIComponent(place.realm)}/console/whoami?sets=true`));
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
