// Who may call the Admin API: tokens, realms, roles (AD-01, AD-02, AD-04, AD-10).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { bearer, request } from './lib/http.mjs';
import { PASSWORD } from './lib/oidc.mjs';

let world, root, ana;
before(async () => {
  world = await AdminWorld.open();
  root = await world.token('root', 'master');
  ana = await world.token('ana', 'peru');
});
after(() => world.close());

const users = '/realms/peru/users';

test('without a good token 401 and a challenge', async () => {
  const bare = await world.call('GET', users);
  assert.equal(bare.status, 401);
  assert.match(bare.headers['www-authenticate'], /^Bearer/);
  assert.deepEqual(bare.json, { error: 'HTTP 401 Unauthorized' });
  for (const token of ['x.y.z', `${ana}x`, '']) {
    const reply = await world.call('GET', users, { headers: bearer(token) });
    assert.equal(reply.status, 401, token);
  }
  const basic = await world.call('GET', users, { headers: { Authorization: 'Basic YTpi' } });
  assert.equal(basic.status, 401);
  assert.equal((await world.call('GET', '/realms/nowhere/users')).status, 401, 'realms are not told to strangers');
});

test('OT-15: tokens of other kinds are none', async () => {
  const reply = await request(`${world.server.realm('peru')}/protocol/openid-connect/token`, {
    form: { grant_type: 'password', client_id: 'admin-cli', username: 'ana', password: PASSWORD, scope: 'openid' },
  });
  const { id_token: id, refresh_token: refresh } = reply.json;
  for (const token of [id, refresh]) assert.equal((await world.call('GET', users, { token })).status, 401);
});

test('AD-02: an administrator of one realm neither sees nor touches another', async () => {
  assert.equal((await world.call('GET', users, { token: ana })).status, 200);
  for (const realm of ['chile', 'master', 'nowhere']) {
    for (const [method, path, json] of [
      ['GET', ''], ['GET', '/users'], ['PUT', '', { displayName: 'x' }], ['DELETE', ''],
      ['POST', '/users', { username: 'eve' }], ['GET', '/users/count'],
    ]) {
      const reply = await world.call(method, `/realms/${realm}${path}`, { token: ana, json });
      assert.equal(reply.status, 403, `${method} ${realm}${path}`);
      assert.equal(reply.json.error, 'HTTP 403 Forbidden');
    }
  }
  assert.deepEqual((await world.call('GET', '/realms', { token: ana })).json.map((r) => r.realm), ['peru']);
  assert.equal((await world.call('POST', '/realms', { token: ana, json: { realm: 'mine' } })).status, 403);
});

test('administrators of master reach every realm and are told of those that are missing', async () => {
  for (const realm of ['peru', 'chile', 'master']) {
    assert.equal((await world.call('GET', `/realms/${realm}/users`, { token: root })).status, 200, realm);
  }
  const reply = await world.call('GET', '/realms/nowhere', { token: root });
  assert.equal(reply.status, 404);
  assert.deepEqual(reply.json, { error: 'Realm not found.' });
});

test("a role of master's client for one realm counts there alone", async () => {
  await world.addAdmin('carlos', ['peru-realm/view-users'], 'master');
  const token = await world.token('carlos', 'master');
  assert.equal((await world.call('GET', users, { token })).status, 200);
  assert.equal((await world.call('GET', '/realms/chile/users', { token })).status, 403);
  assert.equal((await world.call('GET', '/realms/master/users', { token })).status, 403);
  assert.equal((await world.call('POST', users, { token, json: { username: 'x' } })).status, 403);
  assert.deepEqual((await world.call('GET', '/realms', { token })).json.map((r) => r.realm), ['peru']);
});

test('rights are those of now, not those of the token', async () => {
  await world.addAdmin('berta', [], 'peru');
  const token = await world.token('berta', 'peru');
  assert.equal((await world.call('GET', users, { token })).status, 403);
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'realm-management/view-users', '--username', 'berta');
  assert.equal((await world.call('GET', users, { token })).status, 200);
  await world.cli.ok('role', 'revoke', '--realm', 'peru', '--role', 'realm-management/view-users', '--username', 'berta');
  assert.equal((await world.call('GET', users, { token })).status, 403);
  await world.cli.ok('user', 'disable', '--realm', 'peru', '--username', 'berta');
  assert.equal((await world.call('GET', users, { token })).status, 401);
});

test('a client that may not carry the roles gives no rights', async () => {
  await world.addClient('app', { isPublic: true, values: { directAccessGrantsEnabled: true, fullScopeAllowed: false } });
  const token = await world.token('ana', 'peru', { clientId: 'app' });
  assert.equal((await world.call('GET', users, { token })).status, 403);
});

test('a disabled realm: its own administrators are out, those of master can enable it', async () => {
  await world.addRealm('bolivia');
  await world.addAdmin('dora', ['realm-management/realm-admin'], 'bolivia');
  const dora = await world.token('dora', 'bolivia');
  assert.equal((await world.call('PUT', '/realms/bolivia', { token: root, json: { enabled: false } })).status, 204);
  assert.equal((await world.call('GET', '/realms/bolivia', { token: dora })).status, 401);
  assert.equal((await world.call('GET', '/realms/bolivia', { token: root })).json.enabled, false);
  assert.equal((await world.call('PUT', '/realms/bolivia', { token: root, json: { enabled: true } })).status, 204);
  assert.equal((await world.call('GET', '/realms/bolivia', { token: dora })).status, 200);
});

test('AD-04: who manages people cannot become more by changing those who have more', async () => {
  await world.addAdmin('manager', ['realm-management/manage-users', 'realm-management/view-users'], 'peru');
  const token = await world.token('manager', 'peru');
  const [boss] = (await world.call('GET', `${users}?username=ana&exact=true`, { token })).json;
  assert.equal((await world.call('PUT', `${users}/${boss.id}`, { token, json: { email: 'eve@example.pe' } })).status, 403);
  assert.equal((await world.call('DELETE', `${users}/${boss.id}`, { token })).status, 403);
  const made = await world.call('POST', users, { token, json: { username: 'plain' } });
  assert.equal(made.status, 201);
});

test('WE-11: scripts of the origins of the client of the token may read, others not', async () => {
  await world.addClient('console', { isPublic: true, values: { directAccessGrantsEnabled: true, webOrigins: ['https://console.example.pe'] } });
  const token = await world.token('ana', 'peru', { clientId: 'console' });
  const from = (Origin, method = 'GET', headers = {}) => world.call(method, users, { token, headers: { Origin, ...headers } });
  const own = await from('https://console.example.pe');
  assert.equal(own.headers['access-control-allow-origin'], 'https://console.example.pe');
  assert.match(own.headers['access-control-expose-headers'], /Location/);
  for (const origin of ['https://evil.example', 'null']) {
    assert.equal((await from(origin)).headers['access-control-allow-origin'], undefined);
  }
  const preflight = await world.call('OPTIONS', users, {
    headers: { Origin: 'https://console.example.pe', 'Access-Control-Request-Method': 'POST' },
  });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers['access-control-allow-headers'], /Authorization.*X-Justification/);
});
