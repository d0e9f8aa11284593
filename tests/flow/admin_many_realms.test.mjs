// Who administers many realms has thousands of roles, which the server reads once: what is taken from him is
// gone at the next call all the same, whichever way he had it (AD-01, AD-04).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf } from './lib/admin.mjs';

const REALMS = 12; // of 21 roles each in master: more than are read anew each time
let world, root, token, jefe, admin;
const status = async (path = '/realms/peru/users', method = 'GET') => (await world.call(method, path, { token })).status;
const asRoot = async (method, path, json, expected = 204) => {
  const reply = await world.call(method, path, { token: root, json });
  assert.equal(reply.status, expected, reply.text);
  return reply;
};
// Twice: the second answer is from what was kept.
async function may(what) {
  assert.deepEqual([await status(), await status()], [200, 200], what);
}
async function mayNot(what) {
  assert.deepEqual([await status(), await status()], [403, 403], what);
}

before(async () => {
  world = await AdminWorld.open();
  root = await world.token('root', 'master');
  for (let i = 2; i < REALMS; i++) await asRoot('POST', '/realms', { realm: `r${i}`, enabled: true }, 201);
  await world.addAdmin('jefe', [], 'master');
  root = await world.token('root', 'master');
  token = await world.token('jefe', 'master');
  [{ id: jefe }] = (await asRoot('GET', '/realms/master/users?username=jefe&exact=true', undefined, 200)).json;
  admin = (await asRoot('GET', '/realms/master/roles/admin', undefined, 200)).json;
  const effective = (await asRoot('GET', `/realms/master/roles-by-id/${admin.id}/composites`, undefined, 200)).json;
  assert.ok(effective.length > 200, `${effective.length} roles`);
});
after(() => world.close());

test('AD-01: a role that is given and taken', async () => {
  await mayNot('without a role');
  await asRoot('POST', `/realms/master/users/${jefe}/role-mappings/realm`, [admin]);
  await may('with it');
  assert.equal((await world.call('POST', '/realms/peru/roles', { token, json: { name: 'uno' } })).status, 201);
  await asRoot('DELETE', `/realms/master/users/${jefe}/role-mappings/realm`, [admin]);
  await mayNot('without it');
  assert.equal((await world.call('POST', '/realms/peru/roles', { token, json: { name: 'dos' } })).status, 403);
});

test('AD-01: a group that has the role', async () => {
  const make = async () => idOf(await asRoot('POST', '/realms/master/groups', { name: 'ops' }, 201));
  let group = await make();
  const upper = idOf(await asRoot('POST', '/realms/master/groups', { name: 'house' }, 201));
  await asRoot('PUT', `/realms/master/users/${jefe}/groups/${group}`);
  await mayNot('of a group without roles');
  await asRoot('POST', `/realms/master/groups/${group}/role-mappings/realm`, [admin]);
  await may('of a group with the role');
  await asRoot('DELETE', `/realms/master/users/${jefe}/groups/${group}`);
  await mayNot('who left the group');
  await asRoot('PUT', `/realms/master/users/${jefe}/groups/${group}`);
  await may('who came back');
  await asRoot('DELETE', `/realms/master/groups/${group}/role-mappings/realm`, [admin]);
  await mayNot('when the group lost it');
  await asRoot('POST', `/realms/master/groups/${upper}/role-mappings/realm`, [admin]);
  await asRoot('POST', `/realms/master/groups/${upper}/children`, { id: group, name: 'ops' });
  await may('below a group that has it');
  await asRoot('POST', '/realms/master/groups', { id: group, name: 'ops' });
  await mayNot('moved away from there');
  await asRoot('POST', `/realms/master/groups/${group}/role-mappings/realm`, [admin]);
  await may('with it again');
  await asRoot('DELETE', `/realms/master/groups/${group}`);
  await mayNot('when the group is gone');
  group = await make();
  await mayNot('with another group of that name');
});

test('AD-01: a role that is made of it', async () => {
  await asRoot('POST', '/realms/master/roles', { name: 'boss' }, 201);
  const boss = (await asRoot('GET', '/realms/master/roles/boss', undefined, 200)).json;
  await asRoot('POST', `/realms/master/users/${jefe}/role-mappings/realm`, [boss]);
  await mayNot('of no parts');
  await asRoot('POST', `/realms/master/roles-by-id/${boss.id}/composites`, [admin]);
  await may('of that part');
  await asRoot('DELETE', `/realms/master/roles-by-id/${boss.id}/composites`, [admin]);
  await mayNot('without it');
  await asRoot('POST', `/realms/master/roles-by-id/${boss.id}/composites`, [admin]);
  await may('with it again');
  await asRoot('DELETE', `/realms/master/roles-by-id/${boss.id}`);
  await mayNot('when the role is gone');
});

test('AD-01: a client whose tokens may carry it', async () => {
  const wide = token;
  const id = idOf(await asRoot('POST', '/realms/master/clients', { clientId: 'narrow', publicClient: true, directAccessGrantsEnabled: true, fullScopeAllowed: false }, 201));
  await asRoot('POST', `/realms/master/users/${jefe}/role-mappings/realm`, [admin]);
  token = await world.token('jefe', 'master', { clientId: 'narrow' });
  await mayNot('that may carry nothing');
  await asRoot('POST', `/realms/master/clients/${id}/scope-mappings/realm`, [admin]);
  await may('that may carry it');
  await asRoot('DELETE', `/realms/master/clients/${id}/scope-mappings/realm`, [admin]);
  await mayNot('that may no longer');
  token = wide;
  await may('another client, full scope');
});

test('AD-04: a realm that goes, and who is disabled', async () => {
  await may('before');
  assert.equal(await status('/realms/r2'), 200);
  await asRoot('DELETE', '/realms/r2');
  assert.equal(await status('/realms/r2'), 404);
  const person = (await asRoot('GET', `/realms/master/users/${jefe}`, undefined, 200)).json;
  await asRoot('PUT', `/realms/master/users/${jefe}`, { ...person, enabled: false });
  assert.equal(await status(), 401);
  await asRoot('PUT', `/realms/master/users/${jefe}`, { ...person, enabled: true });
  token = await world.token('jefe', 'master');
  await may('enabled again');
});

test('the same for many at once, while roles come and go', async () => {
  const answers = [];
  let on = true;
  const asking = Array.from({ length: 6 }, async () => {
    while (on) answers.push(await status());
  });
  for (let i = 0; i < 10; i++) {
    await asRoot('DELETE', `/realms/master/users/${jefe}/role-mappings/realm`, [admin]);
    assert.equal(await status(), 403);
    await asRoot('POST', `/realms/master/users/${jefe}/role-mappings/realm`, [admin]);
    assert.equal(await status(), 200);
  }
  on = false;
  await Promise.all(asking);
  assert.deepEqual([...new Set(answers)].filter((s) => s !== 200 && s !== 403), []);
});
