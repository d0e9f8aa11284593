// Groups that belong to one organization, through the stock client and by hand: trees beside those of the realm,
// members who are members of the organization, roles that reach tokens while the organization is on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, UUID, idOf, refusal } from './lib/admin.mjs';
import { decode } from './lib/oidc.mjs';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const ids = {};
let world, kc, token, root, acme, bodega, app;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  root = await world.client('root', 'master', 'peru');
  token = await world.token('ana', 'peru');
  await kc.realms.update({ realm: 'peru' }, { organizationsEnabled: true });
  acme = (await kc.organizations.create({ name: 'Acme' })).id;
  bodega = (await kc.organizations.create({ name: 'Bodega' })).id;
  for (const name of ['maria', 'pedro']) {
    await world.addUser(name);
    [{ id: ids[name] }] = await kc.users.find({ username: name });
  }
  for (const orgId of [acme, bodega]) await kc.organizations.addMember({ orgId, userId: ids.maria });
  for (const name of ['clerk', 'boss']) {
    await kc.roles.create({ name });
    ids[name] = await kc.roles.findOneByName({ name });
  }
  await kc.roles.createComposite({ roleId: ids.boss.id }, [ids.clerk]);
  app = await world.addClient('caja', { values: { directAccessGrantsEnabled: true, serviceAccountsEnabled: false } });
});
after(() => world.close());

const below = (org, path = '') => `/realms/peru/organizations/${org}/groups${path}`;
const call = (method, path, json, as = token) => world.call(method, path, { token: as, ...(json === undefined ? {} : { json }) });
const rolesOf = async (name) => decode((await app.password(name)).json.access_token).realm_access.roles;
const has = async (name, role) => (await rolesOf(name)).includes(role);

test('trees of their own: the same path in two organizations and in the realm is three groups', async () => {
  const made = [];
  for (const groups of [kc.organizations.groups(acme), kc.organizations.groups(bodega), kc.groups]) {
    const { id } = await groups.create({ name: 'Engineering', attributes: { floor: ['2'] } });
    assert.match(id, UUID);
    const child = await groups.createChildGroup({ id }, { name: 'Backend' });
    const shown = await groups.findOne({ id: child.id });
    assert.deepEqual([shown.name, shown.path, shown.parentId], ['Backend', '/Engineering/Backend', id]);
    made.push(id, child.id);
  }
  assert.equal(new Set(made).size, 6);
  [ids.engineering, ids.backend, , ids.foreign, ids.ofRealm] = made;
  assert.deepEqual((await kc.organizations.groups(acme).findOne({ id: ids.engineering })).attributes, { floor: ['2'] });
  const reply = await call('POST', below(acme), { name: 'Sales' });
  assert.equal(reply.status, 201);
  assert.ok(reply.headers.location.endsWith(`/admin/realms/peru/organizations/${acme}/groups/${idOf(reply)}`), reply.headers.location);
  ids.sales = idOf(reply);
  assert.equal((await call('POST', below(acme), { name: 'Sales' })).status, 409);
  for (const json of [{}, { name: ' ' }, { name: 'a/b' }, { name: 7 }]) {
    const bad = await call('POST', below(acme), json);
    assert.deepEqual([bad.status, bad.json.field], [400, 'name'], bad.text);
  }
});

test('listed, searched, found by path, as trees when asked', async () => {
  const groups = kc.organizations.groups(acme);
  const names = (list) => list.map((g) => g.name);
  assert.deepEqual(names(await groups.find()), ['Engineering', 'Sales']);
  assert.deepEqual(names(await groups.find({ first: 1, max: 1 })), ['Sales']);
  assert.deepEqual(names(await groups.find({ search: 'back' })), ['Backend']);
  assert.deepEqual(names(await groups.find({ search: 'back', exact: true })), []);
  assert.deepEqual(names(await groups.find({ q: 'floor:2' })), ['Engineering']);
  const [tree] = await groups.find({ search: 'back', populateHierarchy: true });
  assert.deepEqual([tree.name, tree.subGroups[0].name], ['Engineering', 'Backend']);
  assert.deepEqual(names(await groups.listSubGroups({ parentId: ids.engineering })), ['Backend']);
  assert.equal((await call('GET', below(acme))).json[0].subGroupCount, undefined);
  assert.equal((await call('GET', below(acme, '?subGroupsCount=true'))).json[0].subGroupCount, 1);
  assert.equal((await call('GET', below(acme, '?briefRepresentation=false'))).json[0].attributes.floor[0], '2');
  assert.equal((await call('GET', below(acme, '/group-by-path/Engineering/Backend'))).json.id, ids.backend);
  assert.equal((await call('GET', below(acme, '/group-by-path/Engineering/Nope'))).status, 404);
});

test('AD-03: neither the realm nor another organization finds them', async () => {
  assert.deepEqual((await kc.groups.find()).map((g) => g.id), [ids.ofRealm]);
  assert.equal((await kc.groups.count()).count, 2, 'the realm has two of its own');
  assert.equal((await call('GET', '/realms/peru/group-by-path/Engineering')).json.id, ids.ofRealm);
  for (const [method, path, json] of [
    ['GET', `/realms/peru/groups/${ids.backend}`], ['PUT', `/realms/peru/groups/${ids.backend}`, { name: 'x' }], ['DELETE', `/realms/peru/groups/${ids.backend}`],
    ['POST', '/realms/peru/groups', { id: ids.backend, name: 'Backend' }], ['PUT', `/realms/peru/users/${ids.maria}/groups/${ids.backend}`],
    ['PUT', `/realms/peru/groups/${ids.backend}/members/${ids.maria}`], ['PUT', `/realms/peru/default-groups/${ids.backend}`],
    ['POST', `/realms/peru/groups/${ids.backend}/role-mappings/realm`, [ids.clerk]],
    ['GET', below(bodega, `/${ids.backend}`)], ['DELETE', below(bodega, `/${ids.backend}`)], ['POST', below(bodega), { id: ids.backend, name: 'Backend' }],
    ['POST', below(bodega, `/${ids.foreign}/children`), { id: ids.backend, name: 'Backend' }], ['PUT', below(bodega, `/${ids.backend}/members/${ids.maria}`)],
    ['POST', below(bodega, `/${ids.backend}/role-mappings/realm`), [ids.clerk]],
    ['GET', below(acme, `/${ids.ofRealm}`)], ['POST', below(acme), { id: ids.ofRealm, name: 'Engineering' }], ['GET', below(NOBODY)],
  ]) assert.equal((await call(method, path, json)).status, 404, `${method} ${path}`);
});

test('changed, moved inside the organization, and not below itself', async () => {
  const groups = kc.organizations.groups(acme);
  await groups.update({ id: ids.sales }, { name: 'Ventas', attributes: { zone: ['sur', 'norte'] } });
  const sales = await groups.findOne({ id: ids.sales });
  assert.deepEqual([sales.name, sales.path, sales.attributes], ['Ventas', '/Ventas', { zone: ['sur', 'norte'] }]);
  await groups.updateChildGroup({ id: ids.sales }, { id: ids.backend, name: 'Backend' });
  assert.equal((await groups.findOne({ id: ids.backend })).path, '/Ventas/Backend');
  assert.equal((await call('POST', below(acme, `/${ids.backend}/children`), { id: ids.sales, name: 'Ventas' })).status, 409);
  await groups.updateRoot({ id: ids.backend, name: 'Backend' });
  assert.equal((await groups.findOne({ id: ids.backend })).path, '/Backend');
  await groups.updateChildGroup({ id: ids.engineering }, { id: ids.backend, name: 'Backend' });
  assert.equal((await call('PUT', below(acme, `/${ids.sales}`), { name: 'Engineering' })).status, 409);
});

test('members of the organization join and leave; the roles of the tree above reach their tokens', async () => {
  const at = below(acme, `/${ids.backend}`);
  assert.equal((await call('PUT', `${at}/members/${NOBODY}`)).status, 404);
  const stranger = await call('PUT', `${at}/members/${ids.pedro}`);
  assert.deepEqual([stranger.status, stranger.json.error_description], [400, 'User is not member of the organization']);
  assert.equal((await call('PUT', `${at}/members/${ids.maria}`)).status, 204);
  assert.equal((await call('PUT', `${at}/members/${ids.maria}`)).status, 409);
  assert.deepEqual((await kc.organizations.groups(acme).listMembers({ id: ids.backend })).map((u) => u.username), ['maria']);
  assert.deepEqual((await call('GET', `/realms/peru/organizations/${acme}/members/${ids.maria}/groups`)).json.map((g) => g.path), ['/Engineering/Backend']);
  assert.deepEqual((await call('GET', `/realms/peru/organizations/${bodega}/members/${ids.maria}/groups`)).json, []);
  assert.equal((await call('GET', `/realms/peru/organizations/${acme}/members/${ids.pedro}/groups`)).status, 404);
  assert.deepEqual(await kc.users.listGroups({ id: ids.maria }), [], 'groups of the realm stand there');

  assert.equal(await has('maria', 'clerk'), false);
  const groups = kc.organizations.groups(acme);
  await groups.addRealmRoleMappings({ id: ids.engineering, roles: [ids.boss] });
  assert.deepEqual((await groups.listRealmRoleMappings({ id: ids.engineering })).map((r) => r.name), ['boss']);
  assert.deepEqual((await groups.listCompositeRealmRoleMappings({ id: ids.backend })).map((r) => r.name).sort(), ['boss', 'clerk']);
  assert.ok(!(await groups.listAvailableRealmRoleMappings({ id: ids.engineering })).some((r) => r.name === 'boss'));
  assert.deepEqual((await groups.findOne({ id: ids.engineering })).realmRoles, ['boss']);
  assert.deepEqual((await groups.listRoleMappings({ id: ids.engineering })).realmMappings.map((r) => r.name), ['boss']);
  assert.equal(await has('maria', 'boss'), true);
  assert.equal(await has('maria', 'clerk'), true);
  assert.deepEqual((await kc.users.listCompositeRealmRoleMappings({ id: ids.maria })).map((r) => r.name).filter((n) => ['boss', 'clerk'].includes(n)).sort(), ['boss', 'clerk']);

  assert.equal((await call('DELETE', `${at}/members/${ids.maria}`)).status, 204);
  assert.equal((await call('DELETE', `${at}/members/${ids.maria}`)).status, 204, 'who is not in it stays so');
  assert.equal(await has('maria', 'boss'), false);
  await call('PUT', `${at}/members/${ids.maria}`);
});

test('roles of clients', async () => {
  const [{ id: client }] = await kc.clients.find({ clientId: 'caja' });
  await kc.clients.createRole({ id: client, name: 'approve' });
  const role = await kc.clients.findRole({ id: client, roleName: 'approve' });
  const groups = kc.organizations.groups(acme);
  await groups.addClientRoleMappings({ id: ids.backend, clientUniqueId: client, roles: [{ id: role.id, name: role.name }] });
  assert.deepEqual((await groups.listClientRoleMappings({ id: ids.backend, clientUniqueId: client })).map((r) => r.name), ['approve']);
  assert.deepEqual((await groups.listCompositeClientRoleMappings({ id: ids.backend, clientUniqueId: client })).map((r) => r.name), ['approve']);
  assert.deepEqual(await groups.listAvailableClientRoleMappings({ id: ids.backend, clientUniqueId: client }), []);
  assert.deepEqual(decode((await app.password('maria')).json.access_token).resource_access.caja.roles, ['approve']);
  await groups.delClientRoleMappings({ id: ids.backend, clientUniqueId: client, roles: [{ id: role.id, name: role.name }] });
  assert.deepEqual(await groups.listClientRoleMappings({ id: ids.backend, clientUniqueId: client }), []);
});

test('while the organization is off, or all are, its groups give nothing', async () => {
  assert.equal(await has('maria', 'boss'), true);
  await kc.organizations.updateById({ id: acme }, { name: 'Acme', enabled: false });
  assert.equal(await has('maria', 'boss'), false);
  const made = await kc.organizations.groups(acme).create({ name: 'Nueva' });
  await kc.organizations.groups(acme).addRealmRoleMappings({ id: made.id, roles: [ids.boss] });
  assert.equal((await call('PUT', below(acme, `/${made.id}/members/${ids.maria}`))).status, 204);
  assert.equal(await has('maria', 'boss'), false, 'a group that is made meanwhile sleeps, too');
  await kc.realms.update({ realm: 'peru' }, { organizationsEnabled: false });
  assert.equal((await call('GET', below(acme))).status, 404, 'OA-16');
  await kc.realms.update({ realm: 'peru' }, { organizationsEnabled: true });
  assert.equal(await has('maria', 'boss'), false, 'the organization is still off');
  await kc.organizations.updateById({ id: acme }, { name: 'Acme', enabled: true });
  assert.equal(await has('maria', 'boss'), true);
  await kc.realms.update({ realm: 'peru' }, { organizationsEnabled: false });
  assert.equal(await has('maria', 'boss'), false);
  await kc.realms.update({ realm: 'peru' }, { organizationsEnabled: true });
  assert.equal(await has('maria', 'boss'), true);
  await kc.organizations.groups(acme).del({ id: made.id });
});

test('AD-04: nobody gives by such a group what he has not, nor wakes it', async () => {
  const { roles } = await world.roleOf(root, 'peru', 'realm-management', 'realm-admin');
  const { id: client } = await world.roleOf(root, 'peru', 'realm-management', 'realm-admin');
  const groups = root.organizations.groups(acme);
  const power = (await groups.create({ name: 'Poder' })).id;
  await groups.addClientRoleMappings({ id: power, clientUniqueId: client, roles });
  await world.addAdmin('medio', ['realm-management/manage-realm', 'realm-management/manage-users'], 'peru');
  const half = await world.token('medio', 'peru');
  const ask = (method, path, json) => call(method, path, json, half);
  assert.equal((await ask('PUT', below(acme, `/${power}/members/${ids.maria}`))).status, 403, 'joining');
  assert.equal((await ask('POST', below(acme, `/${ids.backend}/role-mappings/clients/${client}`), roles)).status, 403, 'mapping');
  assert.equal((await ask('POST', below(acme, `/${power}/children`), { id: ids.engineering, name: 'Engineering' })).status, 403, 'moving below');
  await kc.organizations.updateById({ id: acme }, { name: 'Acme', enabled: false });
  assert.equal((await ask('PUT', `/realms/peru/organizations/${acme}`, { enabled: true })).status, 403, 'waking');
  assert.equal((await ask('PUT', `/realms/peru/organizations/${acme}`, { description: 'x' })).status, 204);
  assert.equal((await ask('PUT', '/realms/peru', { organizationsEnabled: false })).status, 204);
  assert.equal((await ask('PUT', '/realms/peru', { organizationsEnabled: true })).status, 403, 'waking all');
  await kc.realms.update({ realm: 'peru' }, { organizationsEnabled: true });
  await kc.organizations.updateById({ id: acme }, { name: 'Acme', enabled: true });
  await groups.del({ id: power });
});

test('AD-07: members and roles are for who looks at people, changes of them for who manages people', async () => {
  await world.addAdmin('mira', ['realm-management/view-realm'], 'peru');
  await world.addAdmin('manda', ['realm-management/manage-realm'], 'peru');
  const mira = await world.token('mira', 'peru');
  const manda = await world.token('manda', 'peru');
  const one = below(acme, `/${ids.backend}`);
  for (const path of [below(acme), one, `${one}/children`, below(acme, '/group-by-path/Engineering')]) assert.equal((await call('GET', path, undefined, mira)).status, 200, path);
  for (const path of [`${one}/members`, `${one}/role-mappings`, `${one}/role-mappings/realm`, `${one}/role-mappings/realm/composite`, `/realms/peru/organizations/${acme}/members/${ids.maria}/groups`]) {
    assert.equal((await call('GET', path, undefined, mira)).status, 403, path);
  }
  assert.equal((await call('POST', below(acme), { name: 'x' }, mira)).status, 403);
  assert.equal((await call('PUT', one, { name: 'Backend', attributes: { by: ['manda'] } }, manda)).status, 204);
  for (const [method, path, json] of [['PUT', `${one}/members/${ids.maria}`], ['DELETE', `${one}/members/${ids.maria}`], ['POST', `${one}/role-mappings/realm`, [ids.clerk]], ['DELETE', `${one}/role-mappings/realm`, [ids.clerk]]]) {
    assert.equal((await call(method, path, json, manda)).status, 403, `${method} ${path}`);
  }
});

test('identity providers: the groups that theirs may be', async () => {
  await kc.identityProviders.create({ alias: 'corp', providerId: 'oidc', config: { clientId: 'x', clientSecret: 'y', authorizationUrl: 'https://a.pe/a', tokenUrl: 'https://a.pe/t' } });
  const path = `/realms/peru/organizations/${acme}/identity-providers/corp/groups`;
  assert.equal((await call('GET', path)).status, 404, 'it is not linked');
  await kc.organizations.linkIdp({ orgId: acme, alias: 'corp' });
  assert.deepEqual((await call('GET', path)).json.map((g) => g.name), ['Engineering', 'Ventas']);
});

test('events say whose group it is', async () => {
  const events = await kc.realms.findAdminEvents({ realm: 'peru', resourceTypes: 'ORGANIZATION_GROUP', operationTypes: 'CREATE', max: 100 });
  assert.ok(events.some((e) => e.resourcePath === `organizations/${acme}/groups/${ids.engineering}`), JSON.stringify(events.map((e) => e.resourcePath)));
  const joined = await kc.realms.findAdminEvents({ realm: 'peru', resourceTypes: 'ORGANIZATION_GROUP_MEMBERSHIP' });
  assert.ok(joined.length >= 2);
});

test('who leaves the organization leaves its groups; with it they go, and people stay', async () => {
  assert.equal(await has('maria', 'boss'), true);
  await kc.organizations.delMember({ orgId: acme, userId: ids.maria });
  assert.equal(await has('maria', 'boss'), false);
  await kc.organizations.addMember({ orgId: acme, userId: ids.maria });
  assert.equal(await has('maria', 'boss'), false, 'he is not back in the group');
  await call('PUT', below(acme, `/${ids.backend}/members/${ids.maria}`));
  assert.equal(await has('maria', 'boss'), true);
  await kc.organizations.groups(acme).del({ id: ids.engineering });
  assert.equal(await has('maria', 'boss'), false);
  assert.equal((await refusal(kc.organizations.groups(acme).update({ id: ids.backend }, { name: 'x' }))).status, 404, 'what is below goes with it');
  await kc.organizations.delById({ id: acme });
  assert.equal((await call('GET', below(acme))).status, 404);
  assert.equal((await kc.users.findOne({ id: ids.maria })).username, 'maria');
  assert.deepEqual((await kc.organizations.groups(bodega).find()).map((g) => g.name), ['Engineering']);
  assert.equal((await kc.groups.count()).count, 2);
});
