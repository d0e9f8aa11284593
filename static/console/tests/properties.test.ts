import { describe, expect, test } from 'vitest';

import { discovers, discoveryUrl, kindName } from '../src/lib/identity';
import { defaults, labelKey, partition, several, single, withValue } from '../src/lib/properties';

const properties = [
  { name: 'connectionUrl', required: true },
  { name: 'bindCredential', secret: true },
  { name: 'unheardOf', type: 'String' },
  { name: 'needed', required: true },
  { name: 'pagination', type: 'boolean', defaultValue: 'false' },
  { name: 'batchSizeForSync', defaultValue: 1000 },
];

describe('settings that the server describes', () => {
  test('what is required, secret or well known comes first; nothing is lost', () => {
    const { first, more } = partition(properties);
    expect(first.map((p) => p.name)).toEqual(['connectionUrl', 'bindCredential', 'needed']);
    expect(more.map((p) => p.name)).toEqual(['unheardOf', 'pagination', 'batchSizeForSync']);
  });

  test('a new one begins with the values that count when nothing is said', () => {
    expect(defaults(properties)).toEqual({ pagination: ['false'], batchSizeForSync: ['1000'] });
  });

  test('an emptied setting is left out, others stay as they came', () => {
    const config = { a: ['1'], unknown: ['x', 'y'] };
    expect(withValue(config, 'a', [''])).toEqual({ unknown: ['x', 'y'] });
    expect(withValue(config, 'b', ['2', ''])).toEqual({ ...config, b: ['2'] });
    expect(config).toEqual({ a: ['1'], unknown: ['x', 'y'] });
  });

  test('names of objects are no labels', () => {
    expect(labelKey('constructor')).toBeUndefined();
    expect(kindName('toString')).toBe('toString');
  });

  test('one value and several', () => {
    expect(single({ a: ['1', '2'], b: [] })).toEqual({ a: '1', b: '' });
    expect(several({ a: '1' })).toEqual({ a: ['1'] });
    expect(several(undefined)).toEqual({});
  });
});

test('a discovery document stands below the issuer', () => {
  expect(discoveryUrl(' https://id.example.pe/realms/x// ')).toBe('https://id.example.pe/realms/x/.well-known/openid-configuration');
  expect(['oidc', 'keycloak-oidc', 'saml', 'google'].map(discovers)).toEqual([true, true, false, false]);
});
