// Groups: the tree, who and what belongs to them, and what new people join.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf, refusal, UUID } from './lib/admin.mjs';

let world, kc, token, root;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  root = await world.client('root', 'master', 'peru');
  token = await world.token('ana', 'peru');
});
after(() => world.close());

const call = (method, path, json) => world.call(method, `/realms/peru${path}`, { token, ...(json === undefined ? {} : { json }) });
const make = async (name, parent) => idOf(await call('POST', parent ? `/groups/${parent}/children` : '/groups', { name }));

test('created, read, listed, changed, moved, deleted', async () => {
  const { id } = await kc.groups.create({ name: 'ventas', attributes: { zona: ['norte', 'sur'] } });
  assert.match(id, UUID);
  const lima = await make('lima', id);
  const child = await kc.groups.findOne({ id: lima });
  assert.deepEqual([child.path, child.parentId, child.subGroups], ['/ventas/lima', id, []]);
  const top = await kc.groups.findOne({ id });
  assert.deepEqual([top.attributes, top.subGroupCount, top.realmRoles, top.clientRoles],
    [{ zona: ['norte', 'sur'] }, 1, [], {}]);
  assert.deepEqual((await kc.groups.listSubGroups({ parentId: id })).map((g) => g.name), ['lima']);
  await kc.groups.update({ id }, { name: 'comercial' });
  const renamed = await kc.groups.findOne({ id: lima });
  assert.equal(renamed.path, '/comercial/lima');
  assert.deepEqual((await kc.groups.findOne({ id })).attributes, { zona: ['norte', 'sur'] });
  assert.equal((await call('GET', '/group-by-path/comercial/lima')).json.id, lima);
  assert.equal((await call('GET', '/group-by-path/comercial/nada')).status, 404);
  assert.equal((await call('POST', '/groups', { id: lima, name: 'lima' })).status, 204);
  assert.equal((await kc.groups.findOne({ id: lima })).path, '/lima');
  assert.equal((await call('POST', `/groups/${id}/children`, { id: lima, name: 'lima' })).status, 204);
  const circle = await call('POST', `/groups/${lima}/children`, { id, name: 'comercial' });
  assert.equal(circle.status, 409);
  await kc.groups.del({ id });
  assert.equal((await call('GET', `/groups/${lima}`)).status, 404, 'with what is below');
});

test('a group has a description, of several lines when need be', async () => {
  const { id } = await kc.groups.create({ name: 'descrita', description: 'La primera\nla segunda' });
  const shown = async () => (await kc.groups.findOne({ id })).description;
  assert.equal(await shown(), 'La primera\nla segunda');
  await kc.groups.update({ id }, { name: 'descrita', attributes: { a: ['b'] } });
  assert.equal(await shown(), 'La primera\nla segunda', 'what is not named stays');
  await kc.groups.update({ id }, { name: 'descrita', description: 'Otra' });
  assert.deepEqual([await shown(), (await kc.groups.findOne({ id })).attributes], ['Otra', { a: ['b'] }]);
  assert.equal((await kc.groups.find({ search: 'descrita' }))[0].description, 'Otra');
  assert.deepEqual((await kc.groups.find({ q: 'a:b' })).map((g) => g.name), ['descrita']);
  for (const description of [7, 'x'.repeat(1025), 'bell \u0007', 'escape \u001b[31m']) {
    const reply = await call('PUT', `/groups/${id}`, { name: 'descrita', description });
    assert.deepEqual([reply.status, reply.json.field], [400, 'description'], String(description));
  }
  await kc.groups.update({ id }, { name: 'descrita', description: '' });
  assert.equal(await shown(), undefined);
  await kc.groups.del({ id });
});

test('search shows where its findings stand; count; pages', async () => {
  const a = await make('a');
  const b = await make('b-caja', a);
  const c = await make('c-caja', b);
  await make('otra', b);
  const [tree] = await kc.groups.find({ search: 'CAJA' });
  assert.deepEqual([tree.id, tree.subGroups[0].id, tree.subGroups[0].subGroups.map((g) => g.id)], [a, b, [c]]);
  const flat = await kc.groups.find({ search: 'caja', populateHierarchy: false });
  assert.deepEqual(flat.map((g) => g.name), ['b-caja', 'c-caja']);
  assert.deepEqual(await kc.groups.find({ search: 'caja', exact: true }), []);
  assert.deepEqual((await kc.groups.find({ first: 0, max: 1 })).map((g) => [g.name, g.subGroupCount, g.attributes]), [['a', 1, undefined]]);
  assert.deepEqual((await kc.groups.find({ max: 1, briefRepresentation: false })).map((g) => g.attributes), [{}]);
  assert.equal((await kc.groups.count()).count, 4);
  assert.equal((await kc.groups.count({ top: true })).count, 1);
  assert.equal((await kc.groups.count({ search: 'caja' })).count, 2);
  await kc.groups.update({ id: c }, { name: 'c-caja', attributes: { piso: ['3'] } });
  const found = await call('GET', '/groups?q=piso:3&populateHierarchy=false');
  assert.deepEqual(found.json.map((g) => g.id), [c]);
  await kc.groups.del({ id: a });
});

test('members, roles, and which groups have a role', async () => {
  const id = await make('equipo');
  const user = await kc.users.create({ username: 'rosa', enabled: true });
  await kc.users.addToGroup({ id: user.id, groupId: id });
  assert.deepEqual((await kc.groups.listMembers({ id })).map((u) => u.username), ['rosa']);
  assert.deepEqual(await kc.groups.listMembers({ id, first: 1 }), []);
  for (const [method, left] of [['DELETE', []], ['PUT', ['rosa']]]) {
    assert.equal((await call(method, `/groups/${id}/members/${user.id}`, {})).status, 204);
    assert.deepEqual((await kc.groups.listMembers({ id })).map((u) => u.username), left);
  }
  await kc.roles.create({ name: 'cajero' });
  const role = await kc.roles.findOneByName({ name: 'cajero' });
  assert.ok((await kc.groups.listAvailableRealmRoleMappings({ id })).some((r) => r.name === 'cajero'));
  await kc.groups.addRealmRoleMappings({ id, roles: [role] });
  assert.deepEqual((await kc.groups.listRealmRoleMappings({ id })).map((r) => r.name), ['cajero']);
  assert.deepEqual((await kc.groups.listCompositeRealmRoleMappings({ id })).map((r) => r.name), ['cajero']);
  assert.deepEqual((await kc.groups.listRoleMappings({ id })).realmMappings.map((r) => r.name), ['cajero']);
  assert.deepEqual((await kc.groups.findOne({ id })).realmRoles, ['cajero']);
  assert.deepEqual((await call('GET', '/roles/cajero/groups')).json.map((g) => g.id), [id]);
  await kc.groups.delRealmRoleMappings({ id, roles: [role] });
  assert.deepEqual(await kc.groups.listRealmRoleMappings({ id }), []);
  const account = (await world.cli.json('client', 'show', '--realm', 'peru', '--client-id', 'account')).id;
  const part = await kc.clients.findRole({ id: account, roleName: 'view-profile' });
  await kc.groups.addClientRoleMappings({ id, clientUniqueId: account, roles: [part] });
  assert.deepEqual((await kc.groups.listClientRoleMappings({ id, clientUniqueId: account })).map((r) => r.name), ['view-profile']);
  assert.deepEqual((await kc.groups.findOne({ id })).clientRoles, { account: ['view-profile'] });
  await kc.groups.delClientRoleMappings({ id, clientUniqueId: account, roles: [part] });
});

test('new people join the default groups; a deleted one is none any more', async () => {
  const id = await make('todos');
  const realm = 'peru';
  assert.equal((await call('PUT', `/default-groups/${id}`)).status, 204);
  assert.deepEqual((await call('GET', '/default-groups')).json.map((g) => g.path), ['/todos']);
  const user = await kc.users.create({ username: 'nuevo', enabled: true });
  assert.deepEqual((await kc.users.listGroups({ id: user.id })).map((g) => g.name), ['todos']);
  assert.equal((await call('DELETE', `/default-groups/${id}`)).status, 204);
  const other = await kc.users.create({ username: 'otro', enabled: true });
  assert.deepEqual(await kc.users.listGroups({ id: other.id, realm }), []);
  await call('PUT', `/default-groups/${id}`);
  await kc.groups.del({ id });
  assert.deepEqual((await call('GET', '/default-groups')).json, []);
});

test('conflict, missing, bad bodies', async () => {
  await make('doble');
  const conflict = await refusal(kc.groups.create({ name: 'doble' }));
  assert.deepEqual([conflict.status, conflict.errorMessage], [409, "Top level group named 'doble' already exists."]);
  for (const json of [{}, { name: '' }, { name: ' ' }, { name: 7 }, { name: 'a/b' }, { name: 'x', attributes: 'y' }]) {
    assert.equal((await call('POST', '/groups', json)).status, 400, JSON.stringify(json));
  }
  assert.equal((await call('POST', '/groups', { name: 'z', subGroups: [{ name: 'y' }] })).status, 501);
  assert.equal((await call('GET', '/groups/00000000-0000-4000-8000-000000000000')).status, 404);
});

test('AD-03: a group of another realm is missing here; AD-07: who may only ask sees and counts none', async () => {
  const foreign = (await root.groups.create({ realm: 'chile', name: 'ajena' })).id;
  for (const [method, path] of [['GET', `/groups/${foreign}`], ['DELETE', `/groups/${foreign}`], ['PUT', `/default-groups/${foreign}`]]) {
    assert.equal((await call(method, path)).status, 404, `${method} ${path}`);
  }
  assert.equal((await call('POST', '/groups', { id: foreign, name: 'ajena' })).status, 404);
  await world.addAdmin('mira', ['realm-management/query-groups'], 'peru');
  const mira = await world.token('mira', 'peru');
  assert.deepEqual((await world.call('GET', '/realms/peru/groups', { token: mira })).json, []);
  assert.equal((await world.call('GET', '/realms/peru/groups/count', { token: mira })).json.count, 0);
});

test('AD-04: no group gives more than its giver has: by roles, by a place in the tree, by default', async () => {
  const power = await make('poder');
  const { id: management, roles } = await world.roleOf(root, 'peru', 'realm-management', 'realm-admin');
  await root.groups.addClientRoleMappings({ realm: 'peru', id: power, clientUniqueId: management, roles });
  const weak = await make('debil');
  await world.addAdmin('jefa', ['realm-management/manage-users', 'realm-management/manage-realm'], 'peru');
  const jefa = await world.token('jefa', 'peru');
  const tries = [
    ['POST', `/groups/${weak}/role-mappings/clients/${management}`, roles],
    ['POST', `/groups/${power}/children`, { id: weak, name: 'debil' }],
    ['PUT', `/default-groups/${power}`, {}],
    ['PUT', `/groups/${power}/members/${(await kc.users.create({ username: 'peon' })).id}`, {}],
  ];
  for (const [method, path, json] of tries) {
    assert.equal((await world.call(method, `/realms/peru${path}`, { token: jefa, json })).status, 403, path);
  }
  assert.equal((await kc.groups.findOne({ id: weak })).path, '/debil');
});

test('the chain tells what was before and after', async () => {
  const id = await make('antes');
  await kc.groups.update({ id }, { name: 'luego' });
  const events = (await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'GroupModified'));
  const last = (events.events ?? events).map((e) => (typeof e.data === 'string' ? JSON.parse(e.data) : e.data)).find((d) => d.after?.name === 'luego');
  assert.deepEqual([last.before.name, last.after.name], ['antes', 'luego']);
});
