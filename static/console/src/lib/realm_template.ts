/* A first realm from a few answers. What comes out is an ordinary representation for POST /admin/realms, so a
 * script makes the same realm in the same one call. */
import { languageOf, languages, type Language } from './i18n';

/* ISO 3166 codes by the language of their sites; names are the browser's. */
const countries: Record<Language, string> = {
  es: 'AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE',
  pt: 'AO BR CV GW MZ PT ST TL',
  en: 'AU BB BS BZ CA GB GH GY IE IN JM KE NG NZ PH SG TT US ZA',
};

export function countryCodes(): string[] {
  return Object.values(countries).flatMap((codes) => codes.split(' '));
}

export function languageOfCountry(code: string): Language {
  const found = Object.entries(countries).find(([, codes]) => codes.split(' ').includes(code));
  return (found?.[0] as Language) ?? 'en';
}

/* The country of the browser's language tag (es-PE), where it is one of ours. */
export function countryOf(tags: readonly string[]): string {
  const codes = countryCodes();
  for (const tag of tags) {
    const code = tag.toUpperCase().split('-').slice(1).pop();
    if (code && codes.includes(code)) return code;
  }
  return { es: 'PE', pt: 'BR', en: 'US' }[languageOf(tags)];
}

export function countryName(code: string, language: string): string {
  return new Intl.DisplayNames([language], { type: 'region' }).of(code) ?? code;
}

/* "México D.F." -> "mexico-d-f": what stands in addresses. */
export function realmName(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 36);
}

export const policies = {
  usual: 'length(10) and notUsername and notEmail',
  strict: 'length(14) and upperCase(1) and lowerCase(1) and digits(1) and notUsername and notEmail and passwordHistory(5)',
} as const;
export type PolicyId = keyof typeof policies;

export interface Answers {
  country: string;
  name: string;
  displayName: string;
  language: Language;
  policy: PolicyId;
  color: string; // "#rrggbb"; empty: as it comes
  logo: string; // address; empty: none
  person: string; // user name of the first person; empty: nobody yet
  email: string;
  administers: boolean;
}

export function answersFor(country: string, shown: string): Answers {
  const english = countryName(country, 'en');
  return {
    country,
    name: realmName(english),
    displayName: countryName(country, shown),
    language: languageOfCountry(country),
    policy: 'usual',
    color: '',
    logo: '',
    person: '',
    email: '',
    administers: true,
  };
}

export function isRealmName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,35}$/.test(name) && name !== 'master';
}

export function isColor(text: string): boolean {
  return text === '' || /^#[0-9a-f]{6}$/i.test(text);
}

/* For a first sign-in, where it has to be changed: fits every policy above. */
export function firstPassword(random: (bytes: Uint8Array) => Uint8Array = (b) => crypto.getRandomValues(b)): string {
  const letters = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'; // none that looks like another
  const picked = [...random(new Uint8Array(48))].filter((b) => b < letters.length * 4).map((b) => letters[b % letters.length]);
  const groups = [0, 1, 2].map((n) => picked.slice(n * 5, n * 5 + 5).join(''));
  return `${groups.join('-')}-Kq7`;
}

function personOf(a: Answers, password: string) {
  return {
    username: a.person,
    enabled: true,
    ...(a.email ? { email: a.email, emailVerified: true } : {}),
    credentials: [{ type: 'password', value: password, temporary: true }],
    ...(a.administers ? { clientRoles: { 'realm-management': ['realm-admin'] } } : {}),
  };
}

export function representationOf(a: Answers, password: string): Record<string, unknown> {
  const attributes: Record<string, string> = { 'garita.country': a.country };
  if (a.color) attributes['garita.primaryColor'] = a.color;
  if (a.logo) attributes['garita.logoUri'] = a.logo;
  const others = (Object.keys(languages) as Language[]).filter((l) => l !== a.language);
  return {
    realm: a.name,
    displayName: a.displayName,
    enabled: true,
    internationalizationEnabled: true,
    supportedLocales: [a.language, ...others],
    defaultLocale: a.language,
    passwordPolicy: policies[a.policy],
    bruteForceProtected: true,
    attributes,
    ...(a.person ? { users: [personOf(a, password)] } : {}),
  };
}
