// Client scopes, protocol mappers, scope mappings and what tokens would hold.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, UUID, refusal } from './lib/admin.mjs';
import { request } from './lib/http.mjs';
import { PASSWORD } from './lib/oidc.mjs';

let world, kc, token, app, maria, weak;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  app = (await kc.clients.create({ clientId: 'app', publicClient: true, directAccessGrantsEnabled: true, fullScopeAllowed: false })).id;
  maria = (await kc.users.create({ username: 'maria', enabled: true, email: 'maria@example.pe', firstName: 'Maria', lastName: 'Quispe', credentials: [{ type: 'password', value: PASSWORD }] })).id;
  await world.addAdmin('clientela', ['realm-management/manage-clients'], 'peru');
  weak = await world.token('clientela', 'peru');
});
after(() => world.close());

const scopes = '/realms/peru/client-scopes';
const NOBODY = '00000000-0000-4000-8000-000000000000';
const names = (list) => list.map((x) => x.name).sort();
const decoded = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
const accessToken = async (scope = 'openid') => {
  const reply = await request(`${world.server.realm('peru')}/protocol/openid-connect/token`, {
    form: { grant_type: 'password', client_id: 'app', username: 'maria', password: PASSWORD, scope },
  });
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
};
const CLAIM = {
  name: 'sede', protocol: 'openid-connect', protocolMapper: 'oidc-hardcoded-claim-mapper',
  config: { 'claim.name': 'sede', 'claim.value': 'Lima', 'access.token.claim': 'true', 'id.token.claim': 'true', 'userinfo.token.claim': 'true' },
};

test('a client scope is made, read, changed, deleted', async () => {
  const { id } = await kc.clientScopes.create({ name: 'sedes', description: 'd', attributes: { 'include.in.token.scope': 'true' }, protocolMappers: [CLAIM] });
  assert.match(id, UUID);
  const scope = await kc.clientScopes.findOne({ id });
  assert.equal(scope.description, 'd');
  assert.equal(scope.protocolMappers[0].name, 'sede');
  assert.ok(names(await kc.clientScopes.find()).includes('sedes'));
  await kc.clientScopes.update({ id }, { ...scope, description: 'e' });
  const changed = await kc.clientScopes.findOne({ id });
  assert.equal(changed.description, 'e');
  assert.deepEqual(changed.protocolMappers, scope.protocolMappers);
  assert.equal((await refusal(kc.clientScopes.create({ name: 'sedes' }))).status, 409);
  await kc.clientScopes.del({ id });
  assert.equal((await world.call('GET', `${scopes}/${id}`, { token })).status, 404);
  const bad = [{}, { name: 'con espacio' }, { name: 'openid' }, { name: 7 }, { name: 'x', protocol: 'saml' }, { name: 'x', protocolMappers: 1 }, { name: 'x', attributes: [] }];
  for (const json of bad) {
    const reply = await world.call('POST', scopes, { token, json });
    assert.equal(reply.status, 400, JSON.stringify(json));
    assert.ok(reply.json.field, reply.text);
  }
});

test('scopes of new clients, and of one', async () => {
  const { id } = await kc.clientScopes.create({ name: 'nuevos' });
  await kc.clientScopes.addDefaultClientScope({ id });
  assert.ok(names(await kc.clientScopes.listDefaultClientScopes()).includes('nuevos'));
  const made = await kc.clients.create({ clientId: 'con-nuevos' });
  assert.ok(names(await kc.clients.listDefaultClientScopes({ id: made.id })).includes('nuevos'));
  await kc.clientScopes.addDefaultOptionalClientScope({ id });
  assert.ok(!names(await kc.clientScopes.listDefaultClientScopes()).includes('nuevos'));
  assert.ok(names(await kc.clientScopes.listDefaultOptionalClientScopes()).includes('nuevos'));
  await kc.clientScopes.delDefaultOptionalClientScope({ id });
  assert.ok(!names(await kc.clientScopes.listDefaultOptionalClientScopes()).includes('nuevos'));
  await kc.clients.delDefaultClientScope({ id: made.id, clientScopeId: id });
  assert.ok(!names(await kc.clients.listDefaultClientScopes({ id: made.id })).includes('nuevos'));
  await kc.clients.addOptionalClientScope({ id: made.id, clientScopeId: id });
  assert.ok(names(await kc.clients.listOptionalClientScopes({ id: made.id })).includes('nuevos'));
  await kc.clients.delOptionalClientScope({ id: made.id, clientScopeId: id });
  assert.equal((await world.call('PUT', `/realms/peru/clients/${made.id}/default-client-scopes/${NOBODY}`, { token })).status, 404);
});

test('mappers of a client and of a scope, seen in tokens', async () => {
  await kc.clients.addProtocolMapper({ id: app }, CLAIM);
  const [mapper] = await kc.clients.listProtocolMappers({ id: app });
  assert.match(mapper.id, UUID);
  assert.equal(decoded((await accessToken()).access_token).sede, 'Lima');
  await kc.clients.updateProtocolMapper({ id: app, mapperId: mapper.id }, { ...mapper, config: { ...mapper.config, 'claim.value': 'Cusco' } });
  assert.equal((await kc.clients.findProtocolMapperById({ id: app, mapperId: mapper.id })).config['claim.value'], 'Cusco');
  assert.equal(decoded((await accessToken()).access_token).sede, 'Cusco');
  assert.equal((await refusal(kc.clients.addProtocolMapper({ id: app }, CLAIM))).status, 409);
  assert.equal((await kc.clients.findProtocolMappersByProtocol({ id: app, protocol: 'openid-connect' })).length, 1);
  assert.deepEqual(await kc.clients.findProtocolMappersByProtocol({ id: app, protocol: 'saml' }), []);
  await kc.clients.addMultipleProtocolMappers({ id: app }, [{ ...CLAIM, name: 'uno' }, { ...CLAIM, name: 'dos' }]);
  assert.equal((await kc.clients.listProtocolMappers({ id: app })).length, 3);
  for (const m of await kc.clients.listProtocolMappers({ id: app })) await kc.clients.delProtocolMapper({ id: app, mapperId: m.id });
  assert.equal(decoded((await accessToken()).access_token).sede, undefined);
  const { id } = await kc.clientScopes.create({ name: 'mapas' });
  await kc.clientScopes.addProtocolMapper({ id }, CLAIM);
  const [own] = await kc.clientScopes.listProtocolMappers({ id });
  await kc.clientScopes.updateProtocolMapper({ id, mapperId: own.id }, { ...own, name: 'otra' });
  assert.equal((await kc.clientScopes.findProtocolMapper({ id, mapperId: own.id })).name, 'otra');
  await kc.clientScopes.delProtocolMapper({ id, mapperId: own.id });
  assert.deepEqual(await kc.clientScopes.listProtocolMappers({ id }), []);
  // a mapper of another owner is missing here (AD-03)
  const [theirs] = (await kc.clientScopes.find()).find((s) => s.name === 'email').protocolMappers;
  const below = `/realms/peru/clients/${app}/protocol-mappers/models/${theirs.id}`;
  for (const [method, json] of [['GET'], ['PUT', {}], ['DELETE']]) assert.equal((await world.call(method, below, { token, json })).status, 404, method);
});

test('AD-09, AD-14: kinds of mappers that do not exist are refused', async () => {
  for (const json of [{}, { name: 'x' }, { ...CLAIM, protocolMapper: 'oidc-script-based-protocol-mapper' }, { ...CLAIM, protocol: 'saml' }, { ...CLAIM, config: { a: 1 } }]) {
    const reply = await world.call('POST', `/realms/peru/clients/${app}/protocol-mappers/models`, { token, json });
    assert.equal(reply.status, 400, JSON.stringify(json));
    assert.ok(reply.json.field);
  }
});

test('scope mappings: which roles tokens carry', async () => {
  await kc.roles.create({ name: 'cajera' });
  await kc.roles.create({ name: 'jefa' });
  const [cajera, jefa] = [await kc.roles.findOneByName({ name: 'cajera' }), await kc.roles.findOneByName({ name: 'jefa' })];
  await kc.users.addRealmRoleMappings({ id: maria, roles: [cajera, jefa] });
  const carried = async () => decoded((await accessToken()).access_token).realm_access?.roles ?? [];
  assert.ok(!(await carried()).includes('cajera'));
  await kc.clients.addRealmScopeMappings({ id: app }, [cajera]);
  assert.deepEqual(names(await kc.clients.listRealmScopeMappings({ id: app })), ['cajera']);
  assert.ok(!names(await kc.clients.listAvailableRealmScopeMappings({ id: app })).includes('cajera'));
  assert.deepEqual(names(await kc.clients.listCompositeRealmScopeMappings({ id: app })), ['cajera']);
  assert.ok((await carried()).includes('cajera'));
  assert.ok(!(await carried()).includes('jefa'));
  const all = await kc.clients.listScopeMappings({ id: app });
  assert.deepEqual(names(all.realmMappings), ['cajera']);
  const granted = (what) => world.call('GET', `/realms/peru/clients/${app}/evaluate-scopes/scope-mappings/peru/${what}`, { token });
  assert.deepEqual(names((await granted('granted')).json), ['cajera']);
  assert.ok(names((await granted('not-granted')).json).includes('jefa'));
  await kc.clients.delRealmScopeMappings({ id: app }, [cajera]);
  assert.deepEqual(await kc.clients.listRealmScopeMappings({ id: app }), []);
  // roles of clients, and by way of a scope
  await kc.clients.createRole({ id: app, name: 'vender' });
  const vender = await kc.clients.findRole({ id: app, roleName: 'vender' });
  const { id } = await kc.clientScopes.create({ name: 'ventas' });
  await kc.clientScopes.addClientScopeMappings({ id, client: app }, [vender]);
  assert.deepEqual(names(await kc.clientScopes.listClientScopeMappings({ id, client: app })), ['vender']);
  assert.deepEqual(names(await kc.clientScopes.listCompositeClientScopeMappings({ id, client: app })), ['vender']);
  assert.deepEqual(await kc.clientScopes.listAvailableClientScopeMappings({ id, client: app }), []);
  await kc.clientScopes.delClientScopeMappings({ id, client: app }, [vender]);
  await kc.clientScopes.addRealmScopeMappings({ id }, [jefa]);
  assert.deepEqual(names((await kc.clientScopes.listScopeMappings({ id })).realmMappings), ['jefa']);
  await kc.clients.addDefaultClientScope({ id: app, clientScopeId: id });
  assert.ok((await carried()).includes('jefa'));
  assert.equal((await world.call('POST', `/realms/peru/clients/${app}/scope-mappings/realm`, { token, json: [{ id: NOBODY }] })).status, 404);
  assert.equal((await world.call('POST', `/realms/peru/clients/${app}/scope-mappings/realm`, { token, json: [vender] })).status, 404, 'AD-03: of another container');
});

test('AD-04: scope mappings, scopes and mappers do not let through what the caller has not', async () => {
  const { id: management, roles } = await world.roleOf(kc, 'peru', 'realm-management', 'manage-users');
  const at = (path) => `/realms/peru${path}`;
  const { id } = await kc.clientScopes.create({ name: 'poder' });
  const refused = async (method, path, json) => {
    const reply = await world.call(method, at(path), { token: weak, json });
    assert.equal(reply.status, 403, `${method} ${path}: ${reply.text}`);
  };
  await refused('POST', `/clients/${app}/scope-mappings/clients/${management}`, roles);
  await refused('POST', `/client-scopes/${id}/scope-mappings/clients/${management}`, roles);
  await kc.clientScopes.addClientScopeMappings({ id, client: management }, roles);
  await refused('PUT', `/clients/${app}/default-client-scopes/${id}`);
  await refused('PUT', `/default-default-client-scopes/${id}`);
  await refused('PUT', `/client-scopes/${id}`, { description: 'x' });
  await refused('DELETE', `/client-scopes/${id}`);
  await refused('POST', '/clients', { clientId: 'puente', defaultClientScopes: ['poder'] });
  const forged = { name: 'f', protocolMapper: 'oidc-hardcoded-role-mapper', config: { role: 'realm-management.manage-users' } };
  await refused('POST', `/clients/${app}/protocol-mappers/models`, forged);
  await refused('POST', `/clients/${app}/protocol-mappers/add-models`, [forged]);
  await refused('POST', '/clients', { clientId: 'puente', protocolMappers: [forged] });
  await refused('POST', '/client-scopes', { name: 'puente', protocolMappers: [forged] });
  const renamed = { name: 'r', protocolMapper: 'oidc-role-name-mapper', config: { role: 'cajera', 'new.role.name': 'realm-management.manage-users' } };
  await refused('POST', `/clients/${app}/protocol-mappers/models`, renamed);
  // a client that carries such a mapping is out of his reach
  await kc.clients.addClientScopeMappings({ id: app, client: management }, roles);
  await refused('PUT', `/clients/${app}`, { redirectUris: ['https://evil.example/cb'] });
  await kc.clients.delClientScopeMappings({ id: app, client: management }, roles);
  assert.equal((await world.call('PUT', at(`/clients/${app}`), { token: weak, json: { description: 'suya' } })).status, 204);
});

test('what tokens would hold: the same as those that are made, never signed', async () => {
  await kc.clients.addProtocolMapper({ id: app }, CLAIM);
  const query = { id: app, userId: maria, scope: 'openid profile' };
  const example = await kc.clients.evaluateGenerateAccessToken(query);
  const real = decoded((await accessToken('openid profile')).access_token);
  assert.deepEqual(Object.keys(example).sort(), Object.keys(real).sort());
  for (const claim of ['iss', 'aud', 'sub', 'azp', 'scope', 'sede', 'name', 'preferred_username', 'acr', 'typ']) assert.deepEqual(example[claim], real[claim], claim);
  assert.equal(example.sede, 'Lima');
  const id = await kc.clients.evaluateGenerateIdToken(query);
  assert.deepEqual([id.typ, id.aud, id.sub, id.sede], ['ID', 'app', maria, 'Lima']);
  const info = await kc.clients.evaluateGenerateUserInfo(query);
  assert.deepEqual([info.sub, info.sede, info.name], [maria, 'Lima', 'Maria Quispe']);
  const mappers = await kc.clients.evaluateListProtocolMapper({ id: app, scope: 'openid phone' });
  assert.ok(mappers.some((m) => m.containerType === 'client' && m.mapperName === 'sede'));
  assert.ok(mappers.some((m) => m.containerName === 'phone'));
  const reply = await world.call('GET', `/realms/peru/clients/${app}/evaluate-scopes/generate-example-access-token?userId=${maria}&scope=openid`, { token });
  assert.doesNotMatch(reply.text, /eyJ/);
  assert.equal((await kc.users.listSessions({ id: maria })).some((s) => s.id === reply.json.sid), false);
  const path = `/realms/peru/clients/${app}/evaluate-scopes/generate-example-access-token`;
  assert.equal((await world.call('GET', path, { token })).status, 400);
  assert.equal((await world.call('GET', `${path}?userId=${NOBODY}`, { token })).status, 404);
  assert.equal((await world.call('GET', `${path}?userId=${maria}&scope=nada`, { token })).status, 400);
  for (const what of ['access-token', 'id-token', 'userinfo']) {
    const denied = await world.call('GET', `/realms/peru/clients/${app}/evaluate-scopes/generate-example-${what}?userId=${maria}`, { token: weak });
    assert.equal(denied.status, 403, `AD-07: ${what}`);
    assert.doesNotMatch(denied.text, /Quispe/);
  }
});

test('each change is an event', async () => {
  const log = JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000'));
  for (const type of ['ClientScopeCreated', 'ClientScopeModified', 'ClientScopeDeleted']) assert.match(log, new RegExp(type));
});
