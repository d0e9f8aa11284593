// POST ~/partialImport: objects put into a realm that is there, all or none, with the caller's own rights.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, UUID } from './lib/admin.mjs';
import { request } from './lib/http.mjs';
import { PASSWORD } from './lib/oidc.mjs';

const NOBODY = '00000000-0000-4000-8000-000000000000';

let world, kc, token;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
});
after(() => world.close());

const post = (json, as = token, realm = 'peru') => world.call('POST', `/realms/${realm}/partialImport`, { token: as, json });
const get = async (path) => (await world.call('GET', `/realms/peru${path}`, { token })).json;
const user = async (username) => (await get(`/users?username=${username}&exact=true`))[0];
const events = async () => (await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000'));
const kinds = ({ json }) => json.results.map((r) => `${r.action} ${r.resourceType} ${r.resourceName}`);

const SOCIO = {
  alias: 'socio', providerId: 'oidc', internalId: NOBODY,
  config: { clientId: 'garita', clientSecret: 'una-clave-de-canario', authorizationUrl: 'https://id.example.pe/auth', tokenUrl: 'https://id.example.pe/token' },
};
const document = (rest = {}) => ({
  clients: [{
    id: NOBODY, clientId: 'tienda', publicClient: false, secret: 'c2VjcmV0LW9mLXRoZS1zaG9wLWFwcGxpY2F0aW9uLTI', serviceAccountsEnabled: true,
    redirectUris: ['https://tienda.example.pe/cb'],
    protocolMappers: [{ id: NOBODY, name: 'zona', protocol: 'openid-connect', protocolMapper: 'oidc-usermodel-attribute-mapper',
      config: { 'user.attribute': 'zona', 'claim.name': 'zona', 'jsonType.label': 'String', 'access.token.claim': 'true' } }],
  }],
  roles: {
    realm: [{ name: 'jefe', composites: { realm: ['cajero'], client: { tienda: ['lector'] } } }, { name: 'cajero', description: 'Cobra' }],
    client: { tienda: [{ name: 'lector', attributes: { nivel: ['1'] } }] },
  },
  identityProviders: [SOCIO],
  identityProviderMappers: [{ name: 'correo', identityProviderAlias: 'socio', identityProviderMapper: 'hardcoded-attribute-idp-mapper', config: { attribute: 'origen', 'attribute.value': 'socio', syncMode: 'INHERIT' } }],
  groups: [{ id: NOBODY, name: 'ventas', attributes: { zona: ['norte'] }, realmRoles: ['cajero'], subGroups: [{ name: 'lima', clientRoles: { tienda: ['lector'] } }] }],
  users: [
    { id: NOBODY, username: 'maria', email: 'maria@example.pe', enabled: true, credentials: [{ type: 'password', value: PASSWORD }],
      realmRoles: ['jefe'], groups: ['/ventas/lima'], federatedIdentities: [{ identityProvider: 'socio', userId: '7', userName: 'mar' }] },
    { username: 'service-account-tienda', serviceAccountClientId: 'tienda', enabled: true, clientRoles: { tienda: ['lector'] } },
  ],
  ...rest,
});
const NAMES = ['CLIENT tienda', 'REALM_ROLE jefe', 'REALM_ROLE cajero', 'CLIENT_ROLE lector', 'IDP socio', 'IDP_MAPPER correo', 'GROUP ventas',
  'USER maria', 'USER service-account-tienda'];

async function signsIn(username) {
  const reply = await request(`${world.server.realm('peru')}/protocol/openid-connect/token`, {
    form: { grant_type: 'password', client_id: 'admin-cli', username, password: PASSWORD },
  });
  return reply.status;
}

test('a document comes in with all that hangs on its objects, through the stock client', async () => {
  const before = (await events()).length;
  const json = await kc.realms.partialImport({ realm: 'peru', rep: document({ ifResourceExists: 'FAIL' }) });
  assert.deepEqual([json.added, json.overwritten, json.skipped], [9, 0, 0]);
  assert.deepEqual(kinds({ json }), NAMES.map((name) => `ADDED ${name}`));
  for (const result of json.results) {
    assert.match(result.id, UUID);
    assert.notEqual(result.id, NOBODY, 'ids are given anew');
  }
  const maria = await user('maria');
  assert.equal(maria.id, json.results.find((r) => r.resourceName === 'maria').id);
  assert.equal(await signsIn('maria'), 200);
  assert.deepEqual((await get(`/users/${maria.id}/groups`)).map((g) => g.path), ['/ventas/lima']);
  assert.ok((await get(`/users/${maria.id}/role-mappings/realm`)).some((r) => r.name === 'jefe'));
  assert.deepEqual((await get(`/users/${maria.id}/federated-identity`)).map((f) => [f.identityProvider, f.userId]), [['socio', '7']]);
  assert.deepEqual((await get('/roles/jefe/composites')).map((r) => r.name).sort(), ['cajero', 'lector']);
  const [client] = await get('/clients?clientId=tienda');
  assert.equal(client.protocolMappers[0].name, 'zona');
  const account = await get(`/clients/${client.id}/service-account-user`);
  assert.deepEqual((await get(`/users/${account.id}/role-mappings/clients/${client.id}`)).map((r) => r.name), ['lector']);
  const lima = await get('/group-by-path/ventas/lima');
  assert.deepEqual((await get(`/groups/${lima.id}/role-mappings/clients/${client.id}`)).map((r) => r.name), ['lector']);
  const mine = (await events()).length - before;
  assert.ok(mine >= 9, `each object has its event: ${mine}`);
  assert.doesNotMatch(JSON.stringify(await events()), /una-clave-de-canario|c2VjcmV0LW9mLXRoZS1zaG9w/);
});

test('a dry run says what would be done, keeps nothing of it, and leaves no event', async () => {
  const before = await events();
  const tried = await world.call('POST', '/realms/peru/partialImport?dryRun=true', { token, json: document({ ifResourceExists: 'OVERWRITE', groups: [{ name: 'probado' }] }) });
  assert.equal(tried.status, 200, tried.text);
  assert.deepEqual([tried.json.added, tried.json.overwritten, tried.json.skipped], [1, 8, 0]);
  assert.equal((await world.call('GET', '/realms/peru/group-by-path/probado', { token })).status, 404);
  assert.deepEqual((await events()).map((e) => e.id), before.map((e) => e.id));
  assert.equal(await signsIn('maria'), 200);
  const refused = await world.call('POST', '/realms/peru/partialImport?dryRun=true', { token, json: document({ ifResourceExists: 'FAIL' }) });
  assert.equal(refused.status, 409);
  for (const unsaid of ['perhaps', '', '%20', 'true&dryRun=false', '1'])
    assert.equal((await world.call('POST', `/realms/peru/partialImport?dryRun=${unsaid}`, { token, json: document({ ifResourceExists: 'OVERWRITE', groups: [{ name: 'probado' }] }) })).status, 400, unsaid);
  assert.equal((await world.call('POST', '/realms/peru/partialImport?dryRun', { token, json: document({ ifResourceExists: 'OVERWRITE', groups: [{ name: 'probado' }] }) })).status, 400);
  assert.equal((await world.call('GET', '/realms/peru/group-by-path/probado', { token })).status, 404);
});

test('AD-03, AD-04: a dry run needs the rights of the real one', async () => {
  await world.addAdmin('prueba', ['realm-management/manage-realm'], 'peru');
  const as = await world.token('prueba', 'peru');
  const tried = await world.call('POST', '/realms/peru/partialImport?dryRun=true', { token: as, json: { users: [{ username: 'otro' }] } });
  assert.equal(tried.status, 403);
});

test('FAIL changes nothing, and names what is there', async () => {
  const refused = await post({ ...document(), groups: [{ name: 'otro' }] });
  assert.equal(refused.status, 409);
  assert.match(refused.json.errorMessage, /^client tienda: it already exists$/);
  assert.equal((await world.call('GET', '/realms/peru/group-by-path/otro', { token })).status, 404);
  const byAddress = await post({ users: [{ username: 'otra', email: 'MARIA@example.pe' }] });
  assert.deepEqual([byAddress.status, byAddress.json.errorMessage], [409, 'user otra: it already exists']);
});

test('SKIP leaves what is there and adds the rest', async () => {
  const maria = await user('maria');
  const answer = await post(document({ ifResourceExists: 'SKIP', users: [{ username: 'maria', firstName: 'Otra' }, { username: 'luis', enabled: true }] }));
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual([answer.json.added, answer.json.skipped], [1, 8]);
  assert.deepEqual(await user('maria'), maria);
  assert.equal(answer.json.results.find((r) => r.resourceName === 'maria').id, maria.id);
});

test('OVERWRITE puts the document in the place of what is there', async () => {
  const old = await user('maria');
  const answer = await post(document({ ifResourceExists: 'OVERWRITE', roles: { realm: [{ name: 'jefe' }, { name: 'nuevo' }] } }));
  assert.equal(answer.status, 400, 'the group names a role of a client that goes without its roles');
  assert.deepEqual(await user('maria'), old, 'and nothing was changed');
  const whole = await post(document({ ifResourceExists: 'OVERWRITE' }));
  assert.equal(whole.status, 200, whole.text);
  assert.deepEqual(kinds(whole), NAMES.map((name) => `OVERWRITTEN ${name}`));
  const maria = await user('maria');
  assert.notEqual(maria.id, old.id);
  assert.equal(await signsIn('maria'), 200);
  assert.deepEqual((await get('/roles/jefe/composites')).map((r) => r.name).sort(), ['cajero', 'lector']);
});

test('a failure at the last object takes back the first', async () => {
  const answer = await post({ clients: [{ clientId: 'kiosco' }], users: [{ username: 'pedro', realmRoles: ['no-hay'] }] });
  assert.equal(answer.status, 400);
  assert.match(answer.text, /user pedro: there is no role no-hay/);
  assert.deepEqual(await get('/clients?clientId=kiosco'), []);
  assert.equal(await user('pedro'), undefined);
});

test('what it refuses as a document', async () => {
  for (const [json, words] of [
    [{ ifResourceExists: 'MERGE' }, /ifResourceExists/], [{ users: {} }, /users/], [{ users: ['x'] }, /user/], [{ clients: [{}] }, /clientId|name/],
    [{ roles: [] }, /roles/], [{ roles: { client: { tienda: {} } } }, /roles.client/], [{ identityProviderMappers: [{ name: 'x' }] }, /belongs/],
    [{ roles: { client: { 'no-hay': [{ name: 'x' }] } } }, /there is no client no-hay/],
    [{ users: Array.from({ length: 101 }, (_, i) => ({ username: `u${i}`, credentials: [{ value: PASSWORD }] })) }, /100 passwords/],
  ]) {
    const answer = await post(json);
    assert.equal(answer.status, 400, `${JSON.stringify(json).slice(0, 80)}: ${answer.text}`);
    assert.match(answer.text, words);
  }
  assert.deepEqual((await post({})).json, { overwritten: 0, added: 0, skipped: 0, results: [] });
});

test('AD-01, AD-04: the line needs manage-realm, each object what its own call needs, and nobody gives what he lacks', async () => {
  await world.addAdmin('ajustes', ['realm-management/manage-realm', 'realm-management/view-realm'], 'peru');
  await world.addAdmin('gente', ['realm-management/manage-users', 'realm-management/manage-realm', 'realm-management/view-clients'], 'peru');
  const settings = await world.token('ajustes', 'peru'), people = await world.token('gente', 'peru');
  const mira = { users: [{ username: 'mira' }] };
  assert.equal((await post({ roles: { realm: [{ name: 'libre' }] } }, settings)).status, 200);
  assert.equal((await post(mira, settings)).status, 403, 'manage-realm makes no people');
  assert.equal((await post({ clients: [{ clientId: 'mira' }] }, people)).status, 403, 'nor clients');
  for (const users of [
    [{ username: 'mira', clientRoles: { 'realm-management': ['realm-admin'] } }], [{ username: 'mira', clientRoles: { 'realm-management': ['impersonation'] } }],
  ]) assert.equal((await post({ users }, people)).status, 403, JSON.stringify(users));
  const group = { groups: [{ name: 'jefes', clientRoles: { 'realm-management': ['realm-admin'] } }] };
  assert.equal((await post(group, people)).status, 403, 'by way of a group');
  const composite = { roles: { realm: [{ name: 'puente', composites: { client: { 'realm-management': ['realm-admin'] } } }] } };
  assert.equal((await post(composite, people)).status, 403, 'by way of a role');
  assert.equal((await post({ ifResourceExists: 'OVERWRITE', users: [{ username: 'ana' }] }, people)).status, 403, 'who may more stays');
  for (const thing of ['/group-by-path/jefes', '/roles/puente']) assert.equal((await world.call('GET', `/realms/peru${thing}`, { token })).status, 404, thing);
  assert.equal(await user('mira'), undefined);
  assert.equal((await post(mira, people)).status, 200);
});

test('AD-02, AD-04: what carries rights is not overwritten, and other realms are out of reach', async () => {
  const overwrite = (rest) => post({ ifResourceExists: 'OVERWRITE', ...rest });
  assert.equal((await overwrite({ clients: [{ clientId: 'realm-management' }] })).status, 403);
  assert.equal((await overwrite({ roles: { client: { 'realm-management': [{ name: 'view-users' }] } } })).status, 403);
  for (const realm of ['chile', 'master', 'nowhere']) assert.equal((await post({ users: [{ username: 'x' }] }, token, realm)).status, 403, realm);
});
