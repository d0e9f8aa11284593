// Every line of Keycloak's Admin API is served, or says with 501 which capability is missing: never a 404 as if
// it were unknown, and never a silent success.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { request } from './lib/http.mjs';
import { keycloakPaths } from './lib/keycloak_paths.mjs';

// What does not exist, and the words that say so.
const ABSENT = [
  [/generate-example-saml-response$/, 'SAML clients'],
  [/\/client-types$/, 'Client types'],
  [/\/vc\//, 'Verifiable credentials'],
  [/\/user-storage\/.*(sync|users)$/, 'User storage providers'],
  [/\/workflows/, 'Workflows'],
  [/\/(testLDAPConnection|ldap-server-capabilities)$/, 'Connections to LDAP servers'],
  [/\/clear-crl-cache$/, 'Certificate revocation lists'],
];
const NOBODY = '00000000-0000-4000-8000-000000000000';

let world, token, ids;
before(async () => {
  world = await AdminWorld.open();
  token = await world.token('root', 'master');
  const root = await world.client('root', 'master', 'peru');
  const { id: client } = await root.clients.create({ clientId: 'tienda' });
  const { id: user } = await root.users.create({ username: 'maria' });
  ids = { client, user };
});
after(() => world.close());

const concrete = (path) => path.replace('{realm}', 'peru').replace('{attr}', 'jwt.credential')
  .replace(/\/clients\/\{[^}]+\}/, `/clients/${ids.client}`).replace(/\/users\/\{[^}]+\}/, `/users/${ids.user}`)
  .replace(/\{[^}]+\}/g, NOBODY);
const ask = ({ method, path }, headers) => request(`${world.server.origin}${concrete(path)}`, {
  method, headers, ...(['POST', 'PUT'].includes(method) ? { json: {} } : {}),
});
const nobody = (route) => ask(route, {});
const administrator = (route) => ask(route, { Authorization: `Bearer ${token}` });
const absence = ({ path }) => ABSENT.find(([pattern]) => pattern.test(path))?.[1];

test('the list is whole, and what is unknown is told from it', async () => {
  assert.ok(keycloakPaths.length > 490, `${keycloakPaths.length}`);
  assert.equal((await nobody({ method: 'GET', path: '/admin/realms/{realm}/no-such-thing' })).status, 404);
});

test('AD-01: nobody is told more than that a token is needed', async () => {
  // texts of pages are anybody's
  for (const route of keycloakPaths.filter(({ path }) => !path.startsWith('/resources/'))) assert.equal((await nobody(route)).status, 401, `${route.method} ${route.path}`);
});

test('a capability that does not exist says so by its name', async () => {
  for (const route of keycloakPaths.filter(absence)) {
    const reply = await administrator(route);
    const what = `${route.method} ${route.path}: ${reply.status} ${reply.text}`;
    assert.equal(reply.status, 501, what);
    assert.equal(reply.json.error, 'not_implemented', what);
    assert.equal(reply.json.error_description, `${absence(route)} do not exist here`, what);
  }
});

test('permissions for single objects are off, and stay off', async () => {
  const paths = [`clients/${ids.client}/management/permissions`, 'users-management-permissions',
    `roles/offline_access/management/permissions`, `clients/${ids.client}/roles/ver/management/permissions`];
  await world.call('POST', `/realms/peru/clients/${ids.client}/roles`, { token, json: { name: 'ver' } });
  for (const path of paths) {
    const put = (enabled) => world.call('PUT', `/realms/peru/${path}`, { token, json: { enabled } });
    assert.deepEqual((await world.call('GET', `/realms/peru/${path}`, { token })).json, { enabled: false }, path);
    assert.deepEqual((await put(false)).json, { enabled: false }, path);
    assert.equal((await put(true)).status, 501, path);
    assert.equal((await put('yes')).status, 400, path);
  }
});

// last: it deletes what the others need
test('all others are served', async () => {
  const isRealm = ({ method, path }) => method === 'DELETE' && path === '/admin/realms/{realm}';
  for (const route of keycloakPaths.filter((r) => !absence(r) && !isRealm(r))) {
    const reply = await administrator(route);
    const what = `${route.method} ${route.path}: ${reply.status} ${reply.text.slice(0, 200)}`;
    // as Keycloak: a mail that cannot be sent is a 500 that says why
    const mailless = route.path.endsWith('/testSMTPConnection') && /names no mail server/.test(reply.text);
    assert.ok(![401, 403, 405].includes(reply.status) && (reply.status < 500 || mailless), what);
  }
});

// A browser takes "clients/.." for what is above: a call about such an object would be one about the realm.
test('AD-04, AD-11: nothing is called so that paths mean something else by it', async () => {
  const oidc = { providerId: 'oidc', config: { authorizationUrl: 'https://a.pe/a', tokenUrl: 'https://a.pe/t', clientId: 'x', clientSecret: 's' } };
  const policy = { name: 'p', providerId: 'max-clients', providerType: 'org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy', config: { 'max-clients': ['1'] } };
  const mapper = { name: 'm', protocol: 'openid-connect', protocolMapper: 'oidc-full-name-mapper', config: {} };
  await world.call('PUT', '/realms/peru', { token, json: { organizationsEnabled: true } });
  for (const name of ['.', '..', 'a/b', 'a\\b', '%2e', 'a?b', 'a#b', 'a;b']) {
    const bodies = {
      clients: { id: name, clientId: 'dots' }, 'client-scopes': { id: name, name: 'dots', protocol: 'openid-connect' },
      components: { id: name, ...policy }, organizations: { id: name, name: 'dots' }, 'client-scopes/..': { name: 'dots', protocol: 'openid-connect', protocolMappers: [{ id: name, ...mapper }] },
      'identity-provider/instances': { alias: name, ...oidc }, 'identity-provider/instances/..': { alias: 'dots', internalId: name, ...oidc },
      ...(name.startsWith('.') ? { roles: { name } } : {}),
    };
    for (const [path, json] of Object.entries(bodies)) {
      const reply = await world.call('POST', `/realms/peru/${path.replace('/..', '')}`, { token, json });
      assert.equal(reply.status, 400, `${path} ${name}: ${reply.status}`);
      assert.ok(reply.json.field, reply.text);
    }
  }
});
