// Organizations through the stock client and by hand: made, found, changed, deleted; members; identity providers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, UUID, idOf } from './lib/admin.mjs';

const NOBODY = '00000000-0000-4000-8000-000000000000';

let world, kc, token, viewer, root;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  root = await world.token('root', 'master');
  await world.addAdmin('mira', ['realm-management/view-realm'], 'peru');
  viewer = await world.token('mira', 'peru');
});
after(() => world.close());

const call = (method, path, json, as = token) => world.call(method, `/realms/peru/organizations${path}`, { token: as, ...(json === undefined ? {} : { json }) });
const make = async (name, more) => idOf(await call('POST', '', { name, ...more }));

test('OA-16: while they are switched off there are none', async () => {
  for (const [method, path, json] of [['GET', ''], ['POST', '', { name: 'x' }], ['GET', '/count'], ['GET', `/${NOBODY}`], ['GET', `/${NOBODY}/members`], ['GET', `/members/${NOBODY}/organizations`]]) {
    const reply = await call(method, path, json);
    assert.equal(reply.status, 404, path);
    assert.match(reply.json.error, /not enabled/);
  }
  await kc.realms.update({ realm: 'peru' }, { organizationsEnabled: true });
  assert.equal((await kc.realms.findOne({ realm: 'peru' })).organizationsEnabled, true);
  assert.deepEqual(await kc.organizations.find(), []);
});

test('made, read, listed, changed, deleted', async () => {
  const { id } = await kc.organizations.create({ name: 'Acme Perú', description: 'Ferretería', redirectUrl: 'https://acme.example.pe/', domains: [{ name: 'Acme.example.pe', verified: true }], attributes: { ruc: ['20123456789'] } });
  assert.match(id, UUID);
  const shown = await kc.organizations.findOne({ id });
  assert.deepEqual(shown, {
    id, name: 'Acme Perú', alias: 'Acme-Perú', enabled: true, description: 'Ferretería', redirectUrl: 'https://acme.example.pe/',
    attributes: { ruc: ['20123456789'] }, domains: [{ name: 'acme.example.pe', verified: true }],
  });
  await kc.organizations.updateById({ id }, { ...shown, name: 'Acme', domains: [{ name: 'acme.pe', verified: false }] });
  const changed = await kc.organizations.findOne({ id });
  assert.deepEqual([changed.name, changed.alias, changed.domains], ['Acme', 'Acme-Perú', [{ name: 'acme.pe', verified: false }]]);
  await kc.organizations.create({ name: 'Bodega', domains: [{ name: 'bodega.example', verified: false }] });
  await make('Cantina');
  const found = async (query) => (await kc.organizations.find(query)).map((o) => o.name).sort();
  assert.deepEqual(await found({}), ['Acme', 'Bodega', 'Cantina']);
  assert.deepEqual(await found({ search: 'ODEG' }), ['Bodega']);
  assert.deepEqual(await found({ search: 'bodega.example', exact: true }), ['Bodega']);
  assert.deepEqual(await found({ search: 'bodeg', exact: true }), []);
  assert.deepEqual(await found({ q: 'ruc:20123456789' }), ['Acme']);
  assert.equal((await found({ first: 1, max: 1 })).length, 1);
  assert.equal((await call('GET', '/count?search=a')).text, '3');
  assert.equal((await kc.organizations.find({ search: 'Acme' }))[0].attributes, undefined);
  assert.deepEqual((await kc.organizations.find({ search: 'Acme', briefRepresentation: false }))[0].attributes, { ruc: ['20123456789'] });
  const [{ id: gone }] = await kc.organizations.find({ search: 'Cantina' });
  await kc.organizations.delById({ id: gone });
  assert.equal((await call('GET', `/${gone}`)).status, 404);
});

test('a body that is wrong is told by its member', async () => {
  for (const [json, field] of [
    [{}, 'name'], [{ name: 7 }, 'name'], [{ name: 'x', alias: 'a b' }, 'alias'], [{ name: 'x', domains: [{ name: 'no domain' }] }, 'domains'],
    [{ name: 'x', domains: 'a.pe' }, 'domains'], [{ name: 'x', domains: [{ verified: true }] }, 'domains'], [{ name: 'x', domains: [{ name: '-a.pe' }] }, 'domains'],
    [{ name: 'x', domains: [{ name: 'a.pe' }, { name: 'A.PE' }] }, 'domains'], [{ name: 'x', domains: Array.from({ length: 65 }, (_, i) => ({ name: `d${i}.pe` })) }, 'domains'],
    [{ name: 'x', redirectUrl: 'javascript:alert(1)' }, 'redirectUrl'], [{ name: 'x', attributes: { a: 1 } }, 'attributes'], [{ name: 'x', enabled: 'yes' }, 'enabled'],
    [{ name: 'x', domains: [{ name: 'acme.pe' }] }, 'domains'],
  ]) {
    const reply = await call('POST', '', json);
    assert.equal(reply.status, 400, JSON.stringify(json));
    assert.equal(reply.json.field, field, reply.text);
  }
  assert.equal((await call('POST', '', { name: 'Acme' })).status, 409);
  assert.equal((await call('POST', '', { name: 'Otra', alias: 'Acme-Perú' })).status, 409);
  const [{ id }] = await kc.organizations.find({ search: 'Acme' });
  assert.equal((await call('PUT', `/${id}`, { alias: 'otro' })).json.field, 'alias');
  assert.equal((await call('PUT', `/${id}`, { name: 'Bodega' })).status, 409);
});

test('members are people of the realm', async () => {
  const id = await make('Gremio');
  const maria = (await kc.users.create({ username: 'maria', email: 'maria@gremio.example', attributes: { dni: ['1'] } })).id;
  const pedro = (await kc.users.create({ username: 'pedro' })).id;
  await kc.organizations.addMember({ orgId: id, userId: maria });
  assert.equal((await world.call('POST', `/realms/peru/organizations/${id}/members`, { token, headers: { 'Content-Type': 'application/json' }, body: pedro })).status, 201, 'an id without quotes');
  const names = async (query = '') => (await call('GET', `/${id}/members${query}`)).json.map((u) => u.username);
  assert.deepEqual(await names(), ['maria', 'pedro']);
  assert.deepEqual(await names('?search=MAR'), ['maria']);
  assert.deepEqual(await names('?search=maria@gremio.example&exact=true'), ['maria']);
  assert.deepEqual(await names('?search=mari&exact=true'), []);
  assert.deepEqual(await names('?first=1&max=1'), ['pedro']);
  assert.deepEqual(await names('?membershipType=MANAGED'), []);
  assert.equal((await call('GET', `/${id}/members?membershipType=x`)).status, 400);
  assert.equal((await call('GET', `/${id}/members/count`)).text, '2');
  const member = await kc.organizations.getMember({ orgId: id, userId: maria });
  assert.deepEqual([member.username, member.membershipType], ['maria', 'UNMANAGED']);
  assert.deepEqual((await kc.organizations.memberOrganizations({ userId: maria })).map((o) => o.id), [id]);
  assert.deepEqual((await call('GET', `/${id}/members/${maria}/organizations`)).json.map((o) => o.id), [id]);
  assert.equal((await call('POST', `/${id}/members`, maria)).status, 409);
  assert.equal((await call('POST', `/${id}/members`, NOBODY)).status, 404);
  assert.equal((await call('POST', `/${id}/members`, '')).status, 400);
  await kc.organizations.delMember({ orgId: id, userId: pedro });
  assert.equal((await call('DELETE', `/${id}/members/${pedro}`)).status, 404);
  assert.equal((await call('GET', `/${id}/members/${pedro}`)).status, 404, 'AD-03: people who are no members are missing here');
  await kc.users.del({ id: maria });
  assert.deepEqual(await names(), [], 'who is deleted is no member any more');
});

test('AD-07: who members are is for who looks at people', async () => {
  const [{ id }] = await kc.organizations.find({ search: 'Gremio' });
  assert.equal((await call('GET', `/${id}`, undefined, viewer)).status, 200);
  const [{ id: ana }] = await kc.users.find({ username: 'ana' });
  for (const path of [`/${id}/members`, `/${id}/members/count`, `/${id}/members/${ana}`, `/${id}/members/${ana}/organizations`, `/members/${ana}/organizations`, `/${id}/identity-providers`]) {
    assert.equal((await call('GET', path, undefined, viewer)).status, 403, path);
  }
});

test('AD-03: an identity provider gets to an organization only by who manages organizations, whatever the call', async () => {
  const id = await make('Ajena');
  await world.addAdmin('puente', ['realm-management/manage-identity-providers'], 'peru');
  const weak = await world.token('puente', 'peru');
  const write = (method, path, json, as) => world.call(method, `/realms/peru/identity-provider/instances${path}`, { token: as, json });
  const provider = { alias: 'puente', providerId: 'oidc', config: { authorizationUrl: 'https://a.pe/a', tokenUrl: 'https://a.pe/t', clientId: 'x', clientSecret: 's' } };
  assert.equal((await write('POST', '', { ...provider, organizationId: id }, weak)).status, 403);
  assert.equal((await write('POST', '', provider, weak)).status, 201);
  assert.equal((await write('PUT', '/puente', { organizationId: id }, weak)).status, 403);
  assert.equal((await write('PUT', '/puente', { organizationId: id }, token)).status, 204);
  assert.equal((await write('PUT', '/puente', { displayName: 'Puente', organizationId: id }, weak)).status, 204, 'what stays may be said');
  assert.equal((await write('PUT', '/puente', { organizationId: '' }, weak)).status, 403);
  await kc.identityProviders.del({ alias: 'puente' });
  await kc.organizations.delById({ id });
});

test('identity providers of an organization', async () => {
  const [{ id }] = await kc.organizations.find({ search: 'Gremio' });
  const [{ id: other }] = await kc.organizations.find({ search: 'Bodega' });
  const config = { clientId: 'a', clientSecret: 'un-canario', authorizationUrl: 'https://id.example.pe/a', tokenUrl: 'https://id.example.pe/t' };
  await kc.identityProviders.create({ alias: 'suyo', providerId: 'oidc', config });
  await kc.organizations.linkIdp({ orgId: id, alias: 'suyo' });
  const [shown] = await kc.organizations.listIdentityProviders({ orgId: id });
  assert.deepEqual([shown.alias, shown.organizationId, shown.config.clientSecret], ['suyo', id, '**********']);
  assert.equal((await call('GET', `/${id}/identity-providers/suyo`)).json.alias, 'suyo');
  assert.equal((await call('POST', `/${other}/identity-providers`, 'suyo')).status, 409);
  assert.equal((await call('POST', `/${id}/identity-providers`, 'nadie')).status, 404);
  assert.equal((await call('GET', `/${other}/identity-providers/suyo`)).status, 404, 'AD-03');
  assert.deepEqual(await kc.identityProviders.find({ realmOnly: true }), []);
  const wrong = await world.call('PUT', '/realms/peru/identity-provider/instances/suyo', { token, json: { organizationId: NOBODY } });
  assert.equal(wrong.json.field, 'organizationId');
  await kc.organizations.unLinkIdp({ orgId: id, alias: 'suyo' });
  assert.deepEqual(await kc.organizations.listIdentityProviders({ orgId: id }), []);
  await kc.organizations.linkIdp({ orgId: id, alias: 'suyo' });
  await kc.organizations.delById({ id });
  assert.notEqual((await kc.identityProviders.findOne({ alias: 'suyo' })).organizationId, id, 'it stays, and is nobody’s');
});

test('AD-02, AD-03, AD-10: missing, of another realm, without the right', async () => {
  const [{ id }] = await kc.organizations.find({ search: 'Acme' });
  await world.call('PUT', '/realms/chile', { token: root, json: { organizationsEnabled: true } });
  for (const [method, path, json] of [['GET', ''], ['PUT', '', {}], ['DELETE', ''], ['GET', '/members'], ['POST', '/members', NOBODY], ['GET', '/identity-providers']]) {
    assert.equal((await call(method, `/${NOBODY}${path}`, json)).status, 404, `${method} ${path}`);
    assert.equal((await world.call(method, `/realms/chile/organizations/${id}${path}`, { token: root, json })).status, 404, `${method} ${path}`);
    assert.equal((await world.call(method, `/realms/chile/organizations/${id}${path}`, { token, json })).status, 403, `${method} ${path}`);
    if (method !== 'GET') assert.equal((await call(method, `/${id}${path}`, json, viewer)).status, 403, `${method} ${path}`);
  }
});

test('each change is an event', async () => {
  const log = JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000'));
  for (const type of ['OrganizationCreated', 'OrganizationModified', 'OrganizationDeleted', 'OrganizationMemberAdded', 'OrganizationMemberRemoved']) assert.match(log, new RegExp(type));
  assert.doesNotMatch(log, /un-canario/);
});
