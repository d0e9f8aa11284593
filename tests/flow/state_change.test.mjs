// What an operator takes away is gone at once, wherever it was in use (OT-06, OT-07, OT-08, WE-03).
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Browser, decode } from './lib/oidc.mjs';
import { sleep } from './lib/server.mjs';
import { World } from './lib/world.mjs';

let world, portal, api, login, n = 0, user;
before(async () => {
  world = await World.open();
  portal = await world.addClient('portal', { serviceAccount: true, values: { directAccessGrantsEnabled: true } });
  api = await world.addClient('api');
  await world.addMapper('portal', 'aud', 'oidc-audience-mapper', { 'included.client.audience': 'api', 'access.token.claim': 'true' });
});
after(() => world.close());

beforeEach(async () => {
  user = `user${n++}`;
  await world.addUser(user);
  login = await portal.login(user);
});

// Everything that was alive and must be dead now.
async function assertOver({ browser = true, asker = portal } = {}) {
  const { access_token, refresh_token } = login.tokens;
  assert.deepEqual((await asker.introspect(access_token)).json, { active: false });
  assert.equal((await portal.userinfo(access_token)).status, 401);
  const refreshed = await portal.refresh(refresh_token);
  assert.notEqual(refreshed.status, 200, refreshed.text);
  if (browser) assert.equal((await login.browser.authorize({ client_id: 'portal', prompt: 'none' })).callback?.code, undefined);
}

test('before: everything is alive', async () => {
  assert.equal((await api.introspect(login.tokens.access_token)).json.active, true);
  assert.equal((await portal.userinfo(login.tokens.access_token)).status, 200);
  assert.ok((await login.browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.code);
  assert.equal((await portal.refresh(login.tokens.refresh_token)).status, 200);
});

test('OT-06, WE-03: disabling a user ends sessions, tokens and logins', async () => {
  const pending = await login.browser.code({ client_id: 'portal' });
  await world.setUser(user, { enabled: false });
  await assertOver();
  assert.notEqual((await portal.redeem(pending)).status, 200);
  assert.notEqual((await portal.password(user)).status, 200);
  const fresh = new Browser(world.server, 'peru');
  const page = await fresh.obtain({ client_id: 'portal' }, user);
  assert.ok(!page.isRedirect || !page.callback.code);
});

test('OT-06: a user enabled again gets new sessions, the old tokens stay dead or are at least not spent twice', async () => {
  await world.setUser(user, { enabled: false });
  await assertOver();
  await world.setUser(user, { enabled: true });
  assert.equal((await portal.password(user)).status, 200);
});

test('OT-06: deleting a user', async () => {
  await world.cli.ok('user', 'delete', '--realm', 'peru', '--username', user);
  await assertOver();
});

test('WE-03: changing the password ends the other sessions', async () => {
  await world.cli.withFile('an entirely new password', (file) =>
    world.cli.ok('user', 'password', '--realm', 'peru', '--username', user, '--password-file', file));
  await assertOver();
  assert.notEqual((await portal.password(user)).status, 200);
  assert.equal((await portal.password(user, 'an entirely new password')).status, 200);
});

test('OT-06: logging a user out by the command line', async () => {
  await world.cli.ok('user', 'logout', '--realm', 'peru', '--username', user);
  await assertOver();
});

test('OT-08: not-before of the user', async () => {
  await sleep(1100);
  await world.setUser(user, { notBefore: Math.floor(Date.now() / 1000) });
  await assertOver({ browser: false });
});

test('OT-08: not-before of the client, introspection by another client included', async () => {
  await sleep(1100);
  await world.setClient('portal', { notBefore: Math.floor(Date.now() / 1000) });
  await assertOver({ browser: false, asker: api });
  await world.setClient('portal', { notBefore: 0 });
});

test('OT-08: not-before of the realm', async () => {
  await sleep(1100);
  await world.setRealm({ notBefore: Math.floor(Date.now() / 1000) });
  await assertOver({ browser: false });
  await sleep(1100);
  const fresh = await portal.password(user);
  assert.equal(fresh.status, 200);
  assert.ok(fresh.json['not-before-policy'] > 0);
  await world.setRealm({ notBefore: 0 });
});

test('OT-07: a disabled client gets nothing from any endpoint', async () => {
  const pending = await login.browser.code({ client_id: 'portal' });
  await world.setClient('portal', { enabled: false });
  const { access_token, refresh_token } = login.tokens;
  const replies = [await portal.redeem(pending), await portal.refresh(refresh_token), await portal.service(), await portal.password(user),
    await portal.introspect(access_token), await portal.revoke(refresh_token)];
  for (const reply of replies) assert.ok([400, 401].includes(reply.status), reply.text);
  assert.equal((await portal.userinfo(access_token)).status, 401);
  assert.deepEqual((await api.introspect(access_token)).json, { active: false });
  const page = await login.browser.authorize({ client_id: 'portal' });
  assert.equal(page.isRedirect, false);
  await world.setClient('portal', { enabled: true });
});

test('OT-06: a client whose service account or flow is taken away', async () => {
  await world.setClient('portal', { serviceAccountsEnabled: false });
  assert.notEqual((await portal.service()).status, 200);
  await world.setClient('portal', { serviceAccountsEnabled: true, standardFlowEnabled: false });
  assert.equal((await login.browser.authorize({ client_id: 'portal', prompt: 'none' })).callback?.code, undefined);
  await world.setClient('portal', { standardFlowEnabled: true });
});

test('a disabled realm answers nobody', async () => {
  await world.setRealm({ enabled: false });
  assert.ok([400, 401, 403, 404].includes((await portal.password(user)).status));
  assert.ok([400, 401, 403, 404].includes((await portal.userinfo(login.tokens.access_token)).status));
  assert.equal((await login.browser.authorize({ client_id: 'portal' })).isRedirect, false);
  await world.setRealm({ enabled: true });
  assert.equal((await portal.password(user)).status, 200);
});

test('sessions survive a restart of the server, and so does what was ended', async () => {
  const alive = login;
  const dead = await portal.login(user);
  await portal.revoke(dead.tokens.refresh_token);
  await world.server.restart();
  assert.equal((await portal.userinfo(alive.tokens.access_token)).status, 200);
  assert.ok((await alive.browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.code);
  assert.equal((await portal.refresh(alive.tokens.refresh_token)).status, 200);
  assert.equal((await portal.refresh(dead.tokens.refresh_token)).json.error, 'invalid_grant');
  assert.equal((await portal.userinfo(dead.tokens.access_token)).status, 401);
  assert.equal(decode(alive.tokens.access_token).azp, 'portal');
});
