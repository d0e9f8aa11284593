// Roles by name, by id and of clients; and what tools ask first.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, refusal } from './lib/admin.mjs';

let world, kc, token;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
});
after(() => world.close());

const clientId = async (name) => (await world.cli.json('client', 'show', '--realm', 'peru', '--client-id', name)).id;

test('created, read, listed, changed, deleted', async () => {
  const made = await world.call('POST', '/realms/peru/roles', { token, json: { name: 'caja y más', description: 'd', attributes: { a: ['1', '2'] } } });
  assert.equal(made.status, 201);
  assert.equal(made.headers.location, `${world.server.origin}/admin/realms/peru/roles/${encodeURIComponent('caja y más')}`);
  const role = await kc.roles.findOneByName({ name: 'caja y más' });
  assert.deepEqual([role.description, role.attributes, role.composite, role.clientRole], ['d', { a: ['1', '2'] }, false, false]);
  assert.deepEqual((await kc.roles.find({ search: 'caja' })).map((r) => r.name), ['caja y más']);
  assert.equal((await kc.roles.find({ first: 0, max: 2 })).length, 2);
  await kc.roles.updateById({ id: role.id }, { name: 'caja', description: 'otra' });
  assert.equal((await kc.roles.findOneById({ id: role.id })).name, 'caja');
  await kc.roles.updateByName({ name: 'caja' }, { name: 'caja', attributes: {} });
  assert.deepEqual((await kc.roles.findOneById({ id: role.id })).attributes, {});
  await kc.roles.delByName({ name: 'caja' });
  assert.equal((await world.call('GET', `/realms/peru/roles-by-id/${role.id}`, { token })).status, 404);
});

test('conflict, missing, bad bodies', async () => {
  await kc.roles.create({ name: 'doble' });
  const conflict = await refusal(kc.roles.create({ name: 'doble' }));
  assert.deepEqual([conflict.status, conflict.errorMessage], [409, 'Role with name doble already exists']);
  for (const json of [{}, { name: '' }, { name: 7 }, { name: 'x', attributes: [] }]) {
    assert.equal((await world.call('POST', '/realms/peru/roles', { token, json })).status, 400, JSON.stringify(json));
  }
  const missing = await world.call('GET', '/realms/peru/roles/nada', { token });
  assert.deepEqual([missing.status, missing.json], [404, { error: 'Could not find role' }]);
  assert.equal((await world.call('DELETE', '/realms/peru/roles/default-roles-peru', { token })).status, 403);
});

test('a role is made with what it is made of, as exports name that', async () => {
  const make = (json, as = token) => world.call('POST', '/realms/peru/roles', { token: as, json });
  const parts = async (name) => (await world.call('GET', `/realms/peru/roles/${name}/composites`, { token })).json.map((r) => r.name).sort();
  assert.equal((await make({ name: 'parte' })).status, 201);
  const made = await make({ name: 'entero', composite: true, composites: { realm: ['parte'], client: { account: ['view-profile'] } } });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(await parts('entero'), ['parte', 'view-profile']);
  const events = (await world.call('GET', '/realms/peru/admin-events?operationTypes=UPDATE&resourceTypes=REALM_ROLE', { token })).json;
  assert.ok(events.some((e) => e.representation?.includes('view-profile')), 'each part is told of');
  for (const [composites, status] of [[{ realm: ['nobody'] }, 404], [{ client: { nobody: ['x'] } }, 404], [{ client: { account: ['nobody'] } }, 404], [{ realm: 'parte' }, 400], [{ realm: [7] }, 400],
    [{ client: ['account'] }, 400], [{ client: { account: 'view-profile' } }, 400], [['parte'], 400], [{ realm: ['cadena'] }, 409]]) {
    const reply = await make({ name: 'cadena', composite: true, composites });
    assert.equal(reply.status, status, `${JSON.stringify(composites)}: ${reply.text}`);
  }
  assert.equal((await world.call('GET', '/realms/peru/roles/cadena', { token })).status, 404, 'all or nothing');
  await world.addAdmin('corto', ['realm-management/manage-realm'], 'peru');
  const short = await world.token('corto', 'peru');
  assert.equal((await make({ name: 'trampa', composites: { client: { 'realm-management': ['realm-admin'] } } }, short)).status, 403, 'AD-04');
  assert.equal((await make({ name: 'justo', composites: { client: { 'realm-management': ['manage-realm'] } } }, short)).status, 201);
  const { json: [account] } = await world.call('GET', '/realms/peru/clients?clientId=account', { token });
  assert.equal((await world.call('POST', `/realms/peru/clients/${account.id}/roles`, { token, json: { name: 'suma', composites: { realm: ['parte'] } } })).status, 201);
  assert.equal((await world.call('GET', `/realms/peru/clients/${account.id}/roles/suma`, { token })).json.composite, true);
  for (const name of ['entero', 'parte', 'justo']) await world.call('DELETE', `/realms/peru/roles/${name}`, { token });
  await world.call('DELETE', `/realms/peru/clients/${account.id}/roles/suma`, { token });
});

test('composites of realm and client roles; who has a role', async () => {
  await kc.roles.create({ name: 'jefe' });
  const jefe = await kc.roles.findOneByName({ name: 'jefe' });
  const account = await clientId('account');
  const part = await kc.clients.findRole({ id: account, roleName: 'view-profile' });
  await kc.roles.createComposite({ roleId: jefe.id }, [await kc.roles.findOneByName({ name: 'doble' }), part]);
  assert.deepEqual((await kc.roles.getCompositeRoles({ id: jefe.id })).map((r) => r.name).sort(), ['doble', 'view-profile']);
  assert.deepEqual((await kc.roles.getCompositeRolesForRealm({ id: jefe.id })).map((r) => r.name), ['doble']);
  assert.deepEqual((await kc.roles.getCompositeRolesForClient({ id: jefe.id, clientId: account })).map((r) => r.name), ['view-profile']);
  assert.equal((await kc.roles.findOneById({ id: jefe.id })).composite, true);
  const circle = await world.call('POST', '/realms/peru/roles/doble/composites', { token, json: [{ id: jefe.id }] });
  assert.equal(circle.status, 409);
  await kc.roles.delCompositeRoles({ id: jefe.id }, [part]);
  assert.deepEqual((await kc.roles.getCompositeRoles({ id: jefe.id })).map((r) => r.name), ['doble']);
  const { id } = await kc.users.create({ username: 'rosa', enabled: true });
  await kc.users.addRealmRoleMappings({ id, roles: [{ id: jefe.id, name: 'jefe' }] });
  assert.deepEqual((await kc.roles.findUsersWithRole({ name: 'jefe' })).map((u) => u.username), ['rosa']);
});

test('roles of a client', async () => {
  await world.addClient('tienda', { isPublic: true });
  const id = await clientId('tienda');
  await kc.clients.createRole({ id, name: 'vendedor', description: 'v' });
  const role = await kc.clients.findRole({ id, roleName: 'vendedor' });
  assert.deepEqual([role.clientRole, role.containerId], [true, id]);
  assert.deepEqual((await kc.clients.listRoles({ id })).map((r) => r.name), ['vendedor']);
  await kc.clients.updateRole({ id, roleName: 'vendedor' }, { name: 'vendedora' });
  assert.equal((await kc.roles.findOneById({ id: role.id })).name, 'vendedora');
  await kc.clients.delRole({ id, roleName: 'vendedora' });
  assert.deepEqual(await kc.clients.listRoles({ id }), []);
  // AD-03: the right for a role by id is that of its container
  await world.addAdmin('clientes', ['realm-management/manage-clients'], 'peru');
  const only = await world.token('clientes', 'peru');
  const realmRole = await kc.roles.findOneByName({ name: 'doble' });
  assert.equal((await world.call('GET', `/realms/peru/roles-by-id/${realmRole.id}`, { token: only })).status, 403);
  assert.equal((await world.call('DELETE', `/realms/peru/roles-by-id/${realmRole.id}`, { token: only })).status, 403);
});

test('AD-04: roles that give rights keep their names; nobody composes what he has not', async () => {
  await world.addAdmin('reyes', ['realm-management/manage-realm', 'realm-management/manage-clients'], 'peru');
  const reyes = await world.token('reyes', 'peru');
  const management = await clientId('realm-management');
  const below = `/realms/peru/clients/${management}/roles`;
  assert.equal((await world.call('PUT', `${below}/query-users`, { token: reyes, json: { name: 'manage-users2' } })).status, 403);
  assert.equal((await world.call('DELETE', `${below}/manage-users`, { token: reyes })).status, 403);
  assert.equal((await world.call('POST', below, { token: reyes, json: { name: 'manage-everything' } })).status, 403);
  const admin = await kc.clients.findRole({ id: management, roleName: 'manage-users' });
  assert.equal((await world.call('POST', '/realms/peru/roles/default-roles-peru/composites', { token: reyes, json: [admin] })).status, 403);
});

test('serverinfo, whoami', async () => {
  const info = await kc.serverInfo.find();
  assert.match(info.systemInfo.version, /^26\./);
  await world.addAdmin('nadie', [], 'peru');
  const nobody = await world.token('nadie', 'peru');
  assert.equal((await world.call('GET', '/serverinfo', { token: nobody })).status, 403);
  const me = await kc.whoAmI.find({ realm: 'peru' });
  assert.equal(me.displayName, 'ana');
  assert.deepEqual(Object.keys(me.realm_access), ['peru']);
  assert.ok(me.realm_access.peru.includes('manage-users'));
  assert.equal(me.createRealm, false);
  const root = await world.token('root', 'master');
  const all = (await world.call('GET', '/master/console/whoami', { token: root })).json;
  assert.deepEqual(Object.keys(all.realm_access).sort(), ['chile', 'master', 'peru']);
  assert.equal(all.createRealm, true);
});

test('the profile of users: read, changed, refused', async () => {
  const profile = await kc.users.getProfile();
  assert.deepEqual(profile.attributes.map((a) => a.name), ['username', 'email', 'firstName', 'lastName']);
  profile.attributes.push({ name: 'dni', permissions: { view: ['admin'], edit: ['admin'] } });
  await kc.users.updateProfile(profile);
  assert.ok((await kc.users.getProfile()).attributes.some((a) => a.name === 'dni'));
  const bad = [
    {}, { attributes: [] }, { attributes: 'x' }, { attributes: [...profile.attributes, { name: 'dni' }] },
    { attributes: [...profile.attributes, { name: 'x', group: 'no' }] }, { ...profile, unmanagedAttributePolicy: 'MAYBE' },
  ];
  for (const json of bad) {
    const reply = await world.call('PUT', '/realms/peru/users/profile', { token, json });
    assert.equal(reply.status, 400, JSON.stringify(json).slice(0, 100));
    assert.ok(reply.json.field);
  }
});
