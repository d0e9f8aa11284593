import { describe, expect, test } from 'vitest';

import { clientFor, isGood, kinds } from '../src/lib/client_kinds';
import { formatSeconds, languageOf } from '../src/lib/i18n';
import { linkTo, placeOf, routeOf } from '../src/lib/place';
import { formatPolicy, parsePolicy, withRule } from '../src/lib/policy';
import { snippetsFor } from '../src/lib/snippets';
import { whoOf } from '../src/lib/who_data';
import { perHour } from '../src/ui/chart_data';

describe('places', () => {
  test('realm and base path come from the address', () => {
    expect(placeOf('/admin/master/console/')).toEqual({ base: '', realm: 'master', client: 'security-admin-console', api: '/admin' });
    expect(placeOf('/auth/admin/per%C3%BA/console')).toMatchObject({ base: '/auth', realm: 'perú', api: '/auth/admin' });
    expect(placeOf('/auth/realms/per%C3%BA/account/')).toEqual({ base: '/auth', realm: 'perú', client: 'account-console', api: '/auth/realms/per%C3%BA/account' });
    expect(() => placeOf('/somewhere/')).toThrow();
  });
  test('what a link says is read back, whatever is in it', () => {
    const parts = ['users', 'a/b c', '%', '#?&'];
    const route = routeOf(linkTo('perú', ...parts), 'master');
    expect([route.realm, route.page, ...route.rest]).toEqual(['perú', ...parts]);
  });
  test('without a hash there is the overview of the realm one signed in to', () => {
    expect(routeOf('', 'peru')).toMatchObject({ realm: 'peru', page: 'overview', rest: [] });
    expect(routeOf('#/chile', 'peru')).toMatchObject({ realm: 'chile', page: 'overview' });
    expect(routeOf('#/%zz/users', 'peru')).toMatchObject({ realm: '%zz', page: 'users' });
  });
});

describe('password policies', () => {
  const text = 'length(12) and notUsername and regexPattern(^a(b|c)d$) and hashIterations(undefined)';
  test('are read and written as they were', () => {
    const simple = 'length(12) and notUsername and passwordHistory(3)';
    expect(formatPolicy(parsePolicy(simple))).toBe(simple);
    expect(parsePolicy('')).toEqual([]);
    expect(parsePolicy(undefined)).toEqual([]);
    expect(parsePolicy('hashIterations(undefined)')).toEqual([{ id: 'hashIterations', value: undefined }]);
  });
  test('parentheses within a rule stay in it', () => {
    const rules = parsePolicy(text);
    expect(rules.map((r) => r.id)).toEqual(['length', 'notUsername', 'regexPattern', 'hashIterations']);
    expect(rules[2]!.value).toBe('^a(b|c)d$');
  });
  test('rules are added, changed and taken away in their place', () => {
    const rules = parsePolicy('length(8) and digits(1)');
    expect(formatPolicy(withRule(rules, 'length', '14', true))).toBe('length(14) and digits(1)');
    expect(formatPolicy(withRule(rules, 'digits', undefined, false))).toBe('length(8)');
    expect(formatPolicy(withRule(rules, 'notEmail', undefined, true))).toBe('length(8) and digits(1) and notEmail');
  });
});

describe('new clients', () => {
  const wish = { clientId: 'x', name: '', url: 'https://app.example.pe/a' };
  test('none gets the implicit flow, the password grant or all roles', () => {
    for (const kind of kinds)
      expect(clientFor({ ...wish, kind })).toMatchObject({ implicitFlowEnabled: false, directAccessGrantsEnabled: false, fullScopeAllowed: false });
  });
  test('who keeps no secret has PKCE', () => {
    for (const kind of kinds) {
      const client = clientFor({ ...wish, kind });
      if (client.publicClient) expect(client.attributes?.['pkce.code.challenge.method']).toBe('S256');
    }
  });
  test('people are sent back below the address of the application and nowhere else', () => {
    expect(clientFor({ ...wish, kind: 'web' }).redirectUris).toEqual(['https://app.example.pe/a/*']);
    expect(clientFor({ ...wish, kind: 'spa' }).webOrigins).toEqual(['https://app.example.pe']);
    expect(clientFor({ ...wish, kind: 'mobile', url: 'com.example:/done' }).redirectUris).toEqual(['com.example:/done']);
    expect(clientFor({ ...wish, kind: 'service' }).redirectUris).toBeUndefined();
  });
  test('a form that is not complete is not sent', () => {
    expect(isGood({ ...wish, kind: 'web' })).toBe(true);
    expect(isGood({ ...wish, kind: 'web', url: 'not an address' })).toBe(false);
    expect(isGood({ ...wish, kind: 'mobile', url: 'no scheme' })).toBe(false);
    expect(isGood({ ...wish, kind: 'service', url: '' })).toBe(true);
    expect(isGood({ ...wish, kind: 'service', clientId: ' ' })).toBe(false);
  });
});

test('snippets name the issuer and the client, and never a secret', () => {
  const issuer = 'https://id.example.pe/auth/realms/peru';
  const all = [
    { id: '1', clientId: 'spa', publicClient: true, standardFlowEnabled: true },
    { id: '2', clientId: 'web', standardFlowEnabled: true, serviceAccountsEnabled: true, secret: 'hush' },
  ].flatMap((c) => snippetsFor(c, issuer));
  expect(all.map((s) => s.title)).toEqual(['keycloak-js', 'oidc-client-ts', 'openid-client (Node.js)', 'Spring Boot (application.yaml)', 'curl']);
  expect(all[0]!.text).toContain("url: 'https://id.example.pe/auth'");
  expect(JSON.stringify(all)).not.toContain('hush');
  expect(snippetsFor({ id: '3', clientId: 'api', bearerOnly: true }, issuer)).toEqual([]);
});

test('events are counted by hours, those before a day not at all', () => {
  const now = Date.UTC(2026, 0, 2, 12, 30);
  const hour = 3600_000;
  const counts = perHour([now, now - 1, now - hour, now - 23 * hour, now - 25 * hour, now + 2 * hour], now);
  expect(counts).toHaveLength(24);
  expect([counts[23], counts[22], counts[0]]).toEqual([2, 1, 1]);
  expect(counts.reduce((a, b) => a + b)).toBe(4);
});

test('durations are said in two units at most', () => {
  expect(formatSeconds(0)).toBe('0 s');
  expect(formatSeconds(90)).toBe('1 min 30 s');
  expect(formatSeconds(90061)).toBe('1 d 1 h');
});

test('the language is the first one that is spoken here', () => {
  expect(languageOf(['qu-PE', 'es-PE', 'en'])).toBe('es');
  expect(languageOf(['pt_BR'])).toBe('pt');
  expect(languageOf(['de'])).toBe('en');
  expect(languageOf(['constructor'])).toBe('en');
});

test('who administers many realms is told their roles once', () => {
  const told = { userId: 'a', realm: 'master', displayName: 'root', locale: 'en', createRealm: true, realm_sets: { chile: 1, peru: 0, quito: 0 }, role_sets: [['view-users'], ['manage-users', 'view-users']] };
  const who = whoOf(told);
  expect(who.realm_access).toEqual({ chile: ['manage-users', 'view-users'], peru: ['view-users'], quito: ['view-users'] });
  expect(who.realm_access.peru).toBe(who.realm_access.quito);
  expect(who.displayName).toBe('root');
});
