import { expect, test } from 'vitest';

import { answersFor, countryCodes, countryName, countryOf, firstPassword, isColor, isRealmName, languageOfCountry, policies, realmName, representationOf } from '../src/lib/realm_template';

test('each country is there once, with a name in each language', () => {
  const codes = countryCodes();
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes)
    for (const language of ['en', 'es', 'pt']) expect(countryName(code, language)).not.toBe(code);
  for (const code of codes) expect(isRealmName(answersFor(code, 'es').name)).toBe(true);
});

test('the browser says which country comes first', () => {
  expect(countryOf(['es-EC', 'es'])).toBe('EC');
  expect(countryOf(['de-DE', 'es'])).toBe('PE');
  expect(countryOf(['pt'])).toBe('BR');
  expect(countryOf([])).toBe('US');
  expect([languageOfCountry('PE'), languageOfCountry('BR'), languageOfCountry('GB'), languageOfCountry('XX')]).toEqual(['es', 'pt', 'en', 'en']);
});

test('the country fills in names and language', () => {
  expect(answersFor('PE', 'es')).toMatchObject({ country: 'PE', name: 'peru', displayName: 'Perú', language: 'es', policy: 'usual' });
  expect(answersFor('BR', 'en')).toMatchObject({ name: 'brazil', displayName: 'Brazil', language: 'pt' });
});

test('names of realms are safe in addresses', () => {
  expect(realmName('México D.F.')).toBe('mexico-d-f');
  expect(realmName('  São Tomé & Príncipe ')).toBe('sao-tome-principe');
  for (const bad of ['', 'master', 'Peru', 'pe ru', '-pe', 'p/e', 'x'.repeat(37)]) expect([bad, isRealmName(bad)]).toEqual([bad, false]);
});

test('what is sent is one ordinary representation', () => {
  const plain = representationOf({ ...answersFor('PE', 'es'), color: '#123456' }, 'unused');
  expect(plain).toEqual({
    realm: 'peru', displayName: 'Perú', enabled: true, internationalizationEnabled: true, supportedLocales: ['es', 'en', 'pt'], defaultLocale: 'es',
    passwordPolicy: policies.usual, bruteForceProtected: true, attributes: { 'garita.country': 'PE', 'garita.primaryColor': '#123456' },
  });
  const [person] = representationOf({ ...answersFor('PE', 'es'), person: 'maria', email: 'maria@example.pe' }, 'geheim').users as Record<string, unknown>[];
  expect(person).toEqual({
    username: 'maria', enabled: true, email: 'maria@example.pe', emailVerified: true, credentials: [{ type: 'password', value: 'geheim', temporary: true }],
    clientRoles: { 'realm-management': ['realm-admin'] },
  });
  const [other] = representationOf({ ...answersFor('PE', 'es'), person: 'maria', administers: false }, 'x').users as Record<string, unknown>[];
  expect(other).not.toHaveProperty('clientRoles');
  expect(other).not.toHaveProperty('email');
});

test('colours are six digits or none', () => {
  expect(['', '#0b6b50', '#FFFFFF', '#fff', 'red', '#0b6b5', '0b6b50'].map(isColor)).toEqual([true, true, true, false, false, false, false]);
});

test('a first password fits both sets of rules, whatever chance brings', () => {
  for (let round = 0; round < 200; round++) {
    const password = firstPassword();
    expect(password).toMatch(/^[\w-]{21}$/);
    expect(password).toMatch(/[A-Z].*/);
    expect(password).toMatch(/[a-z].*/);
    expect(password).toMatch(/[0-9].*/);
  }
  expect(new Set(Array.from({ length: 50 }, () => firstPassword())).size).toBe(50);
});
