import { describe, expect, test } from 'vitest';

import { bytesOf, FileProblem, namedRealm, partialImport, partsOf, readRealms, restOfRealm, tooMany } from '../src/lib/realm_file';
import { realmsMatching } from '../src/lib/realm_names';

const file = {
  realm: 'banco',
  clients: [{ clientId: 'a' }, { clientId: 'b' }],
  roles: { realm: [{ name: 'r' }], client: { a: [{ name: 'x' }], b: [{ name: 'y' }, { name: 'z' }] } },
  identityProviders: [{ alias: 'i' }],
  identityProviderMappers: [{ name: 'm' }],
  groups: [],
  users: [{ username: 'ana' }],
};

describe('a file of realms', () => {
  test('one realm or several', () => {
    expect(readRealms(JSON.stringify(file)).map((r) => r.realm)).toEqual(['banco']);
    expect(readRealms(JSON.stringify([file, { realm: 'otro' }])).map((r) => r.realm)).toEqual(['banco', 'otro']);
  });

  test.each([['{', 'import.no-json'], ['', 'import.no-json'], ['[]', 'import.no-realm'], ['{}', 'import.no-realm'], ['null', 'import.no-realm'], ['[{"realm":1}]', 'import.no-realm'], ['"realm"', 'import.no-realm']])('%s is refused in words', (text, key) => {
    expect(() => readRealms(text)).toThrow(FileProblem);
    try {
      readRealms(text);
    } catch (error) {
      expect((error as FileProblem).key).toBe(key);
    }
  });

  test('its parts are counted, empty ones are not shown', () => {
    expect(partsOf(file).map((p) => [p.id, p.count])).toEqual([['clients', 2], ['realm-roles', 1], ['client-roles', 3], ['providers', 1], ['users', 1]]);
    expect(partsOf({ realm: 'x', users: 'many', roles: { client: [] } })).toEqual([]);
  });

  test('a new realm, under another name, without people', async () => {
    const named = async (name: string, content: object, withUsers: boolean) => JSON.parse(await namedRealm(name, restOfRealm(content, withUsers)).text());
    expect(await named('prueba', file, true)).toEqual({ ...file, realm: 'prueba' });
    const { users, ...rest } = file;
    expect(users.length).toBe(1);
    expect(await named('prueba', file, false)).toEqual({ ...rest, realm: 'prueba' });
    expect(await named('ñ"', { realm: 'x' }, true)).toEqual({ realm: 'ñ"' });
    expect(file.realm).toBe('banco');
  });

  test('only what was chosen goes along', () => {
    expect(partialImport(file, ['client-roles', 'users'], 'SKIP')).toEqual({ ifResourceExists: 'SKIP', roles: { client: file.roles.client }, users: file.users });
    expect(partialImport(file, ['providers'], 'FAIL')).toEqual({
      ifResourceExists: 'FAIL', identityProviders: file.identityProviders, identityProviderMappers: file.identityProviderMappers,
    });
    expect(partialImport(file, [], 'OVERWRITE')).toEqual({ ifResourceExists: 'OVERWRITE' });
  });

  test('size is that of what is sent, in bytes', () => {
    expect(bytesOf({ realm: 'ñ' })).toBe('{"realm":"x"}'.length + 1);
  });

  test('ten thousand objects are the most', () => {
    const many = { realm: 'x', users: Array.from({ length: 9_999 }, () => ({})), groups: [{}, {}] };
    expect(tooMany(many, ['users', 'groups'])).toBe(true);
    expect(tooMany(many, ['users'])).toBe(false);
  });
});

test('a realm is found by any part of its name, beginnings first', () => {
  const names = ['peru-staging', 'Chile', 'old-peru', 'peru', 'master'];
  expect(realmsMatching(names, ' PERU ')).toEqual(['peru', 'peru-staging', 'old-peru']);
  expect(realmsMatching(names, '')).toEqual(['Chile', 'master', 'old-peru', 'peru', 'peru-staging']);
  expect(realmsMatching(names, 'x')).toEqual([]);
});
