/* Who is signed in, as the server tells it and as the pages use it. */
export interface Who {
  userId: string;
  realm: string;
  displayName: string;
  locale: string;
  createRealm: boolean;
  realm_access: Record<string, string[]>;
}

/* As it comes: each set of roles once, and the realms by its number. */
export type Told = Omit<Who, 'realm_access'> & { realm_sets: Record<string, number>; role_sets: string[][] };

export function whoOf({ realm_sets: realms, role_sets: sets, ...who }: Told): Who {
  return { ...who, realm_access: Object.fromEntries(Object.entries(realms).map(([name, at]) => [name, sets[at] ?? []])) };
}
