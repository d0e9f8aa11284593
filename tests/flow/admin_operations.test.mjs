// Lockouts, logout of everybody, not-before, counting, caches and impersonation by the Admin API.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, refusal } from './lib/admin.mjs';
import { request } from './lib/http.mjs';
import { formById } from './lib/html.mjs';
import { assertError, assertErrorPage, Browser, PASSWORD, decode } from './lib/oidc.mjs';

let world, ana, maria, portal;
before(async () => {
  world = await AdminWorld.open({ realm: { failureFactor: 2, waitIncrementSeconds: 300 } });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  await world.addUser('maria');
  ana = await world.client('ana', 'peru');
  [maria] = await ana.users.find({ username: 'maria', exact: true });
});
after(() => world.close());

const tryLogin = (username, password) => request(`${world.server.realm('peru')}/protocol/openid-connect/token`, {
  form: { grant_type: 'password', client_id: 'admin-cli', username, password },
});

test('attack detection: shown, forgiven for one and for all', async () => {
  const clean = await ana.attackDetection.findOne({ id: maria.id });
  assert.deepEqual([clean.numFailures, clean.disabled, clean.lastFailure, clean.lastIPFailure], [0, false, 0, 'n/a']);
  for (let i = 0; i < 2; i++) assert.equal((await tryLogin('maria', 'wrong')).status, 401);
  const locked = await ana.attackDetection.findOne({ id: maria.id });
  assert.deepEqual([locked.numFailures, locked.disabled, locked.lastIPFailure], [2, true, '127.0.0.1']);
  assert.ok(Math.abs(locked.lastFailure - Date.now()) < 3600_000);
  assert.ok(locked.failedLoginNotBefore * 1000 > Date.now());
  assert.equal((await tryLogin('maria', PASSWORD)).status, 401);
  await ana.attackDetection.del({ id: maria.id });
  assert.equal((await tryLogin('maria', PASSWORD)).status, 200);
  for (let i = 0; i < 2; i++) await tryLogin('maria', 'wrong');
  assert.equal((await tryLogin('maria', PASSWORD)).status, 401);
  await ana.attackDetection.delAll();
  assert.equal((await tryLogin('maria', PASSWORD)).status, 200);
  assert.equal((await refusal(ana.attackDetection.del({ id: 'nobody' }))).status, 404);
});

test('AD-04: who may not set a password of somebody does not get more tries of it either', async () => {
  await world.addAdmin('jefe', ['realm-management/manage-users'], 'peru');
  const token = await world.token('jefe', 'peru');
  const forgive = (who = '') => world.call('DELETE', `/realms/peru/attack-detection/brute-force/users${who}`, { token });
  const [{ id }] = await ana.users.find({ username: 'ana', exact: true });
  for (const name of ['ana', 'maria']) for (let i = 0; i < 2; i++) assert.equal((await tryLogin(name, 'wrong')).status, 401);
  assert.equal((await forgive(`/${id}`)).status, 403);
  assert.equal((await forgive()).status, 204);
  assert.equal((await tryLogin('maria', PASSWORD)).status, 200);
  assert.equal((await tryLogin('ana', PASSWORD)).status, 401, 'an administrator stays locked out');
  await ana.attackDetection.delAll();
  assert.equal((await tryLogin('ana', PASSWORD)).status, 200, 'who has all rights forgives him');
});

test('logout of everybody ends logins and their tokens, not offline ones', async () => {
  const online = (await portal.password('maria')).json;
  const offline = (await portal.password('maria', PASSWORD, { scope: 'openid offline_access' })).json;
  const { id } = (await ana.clients.find({ clientId: 'portal' }))[0];
  const stats = await ana.realms.getClientSessionStats({ realm: 'peru' });
  const mine = stats.find((s) => s.clientId === 'portal');
  assert.equal(mine.id, id);
  assert.ok(Number(mine.active) >= 1);
  assert.equal(mine.offline, '1');
  const token = await world.token('root', 'master');
  assert.deepEqual((await world.call('POST', '/realms/peru/logout-all', { token, json: {} })).json, {});
  assert.equal((await portal.post('/token', { grant_type: 'refresh_token', refresh_token: online.refresh_token })).status, 400);
  assert.equal((await portal.post('/token', { grant_type: 'refresh_token', refresh_token: offline.refresh_token })).status, 200);
  ana = await world.client('ana', 'peru');
  assert.equal((await ana.clients.getSessionCount({ id })).count, 0);
  assert.equal((await ana.clients.getOfflineSessionCount({ id })).count, 1);
});

test('not-before of the realm: what was given out before is dead; who is not reached is told', async () => {
  ana = await world.client('ana', 'peru');
  const given = (await portal.password('maria')).json;
  assert.equal(await portal.isActive(given.access_token), true);
  await ana.clients.create({ clientId: 'far', adminUrl: 'https://far.example.pe/k' });
  const root = await world.client('root', 'master', 'peru');
  await root.realms.update({ realm: 'peru' }, { notBefore: Math.floor(Date.now() / 1000) + 1 });
  assert.deepEqual(await root.realms.pushRevocation({ realm: 'peru' }), { failedRequests: ['https://far.example.pe/k'] });
  assert.equal(await portal.isActive(given.access_token), false);
  await root.realms.update({ realm: 'peru' }, { notBefore: 0 });
});

test('caches are cleared without harm', async () => {
  ana = await world.client('ana', 'peru');
  for (const clear of ['clearRealmCache', 'clearUserCache', 'clearKeysCache']) await ana.cache[clear]();
  assert.equal((await ana.realms.findAdminEvents({ realm: 'peru', resourcePath: 'clear-*-cache' })).length, 3);
});

const impersonate = async (token, id, browser, realm = 'peru') => browser.get(
  `${world.server.origin}/admin/realms/${realm}/users/${id}/impersonation`,
  { method: 'POST', json: {}, headers: { Authorization: `Bearer ${token}` } });

test('AD-04: impersonation gives a session of the person, marked and told', async () => {
  const browser = new Browser(world.server, 'peru');
  const token = await world.token('root', 'master');
  const reply = await impersonate(token, maria.id, browser);
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(reply.json, { sameRealm: false, redirect: `${world.server.realm('peru')}/account` });
  for (const line of reply.headers['set-cookie'].filter((l) => /sso/.test(l))) assert.match(line, /HttpOnly/);
  const back = await browser.authorize({ client_id: 'portal' });
  const tokens = (await portal.redeem(back.callback.code)).json;
  const said = decode(tokens.id_token);
  assert.equal(said.sub, maria.id);
  assert.equal(said.acr, '0', 'she did not authenticate');
  ana = await world.client('ana', 'peru');
  const [event] = await ana.realms.findEvents({ realm: 'peru', type: 'IMPERSONATE' });
  assert.equal(event.userId, maria.id);
  assert.deepEqual([event.details.impersonator, event.details.impersonator_realm], ['root', 'master']);
  const [told] = await ana.realms.findAdminEvents({ realm: 'peru', resourcePath: `users/${maria.id}/impersonation` });
  assert.equal(told.operationType, 'ACTION');
  await ana.users.logout({ id: maria.id });
  assert.ok(formById((await browser.follow(await browser.authorize({ client_id: 'portal' }))).text, 'kc-form-login'));
});

test('AD-04: nobody is impersonated by who has fewer rights, and not without the role', async () => {
  const [anaUser] = await ana.users.find({ username: 'ana', exact: true });
  await world.addAdmin('helper', ['realm-management/impersonation'], 'peru');
  const helper = await world.token('helper', 'peru');
  const browser = new Browser(world.server, 'peru');
  const refused = await impersonate(helper, anaUser.id, browser);
  assert.equal(refused.status, 403);
  assert.equal(refused.headers['set-cookie'], undefined);
  assert.equal((await impersonate(helper, maria.id, browser)).json.sameRealm, true);
  await world.addAdmin('manager', ['realm-management/manage-users'], 'peru');
  assert.equal((await impersonate(await world.token('manager', 'peru'), maria.id, browser)).status, 403);
  const [root] = await (await world.client('root', 'master')).users.find({ username: 'root' });
  assert.equal((await impersonate(helper, root.id, browser, 'master')).status, 403, 'AD-02');
});

test('AD-04: who acts as somebody else neither consents, nor lets devices in, nor stays after his session', async () => {
  const asking = await world.addClient('asking', { values: { consentRequired: true } });
  const tv = await world.addClient('tv', { isPublic: true, values: { 'attributes.oauth2.device.authorization.grant.enabled': 'true' } });
  const herself = new Browser(world.server, 'peru');
  await herself.code({ client_id: 'portal' }, 'maria');
  const browser = new Browser(world.server, 'peru');
  const token = await world.token('root', 'master');
  assert.equal((await impersonate(token, maria.id, browser)).status, 200);
  const refused = (page, error = 'access_denied') => assert.equal(page.callback.error, error, page.location);

  refused(await browser.authorize({ client_id: 'asking' }));
  refused(await browser.authorize({ client_id: 'asking', prompt: 'none' }));
  refused(await browser.authorize({ client_id: 'portal', prompt: 'consent' }));
  refused(await browser.authorize({ client_id: 'portal', scope: 'openid offline_access' }));
  await ana.users.update({ id: maria.id }, { email: 'maria@example.pe', emailVerified: false, requiredActions: ['VERIFY_EMAIL'] });
  refused(await browser.authorize({ client_id: 'portal' })); // her address is hers to prove
  await ana.users.update({ id: maria.id }, { requiredActions: [] });
  const asked = (await tv.post('/auth/device', { scope: 'openid' })).json;
  assertErrorPage(await browser.typeDeviceCode(asked.user_code));
  const poll = () => tv.token({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: asked.device_code });
  assertError(await poll(), 400, 'authorization_pending');
  assert.deepEqual(await ana.users.listConsents({ id: maria.id }), []);
  assert.deepEqual(await ana.users.listOfflineSessions({ id: maria.id, clientId: (await ana.clients.find({ clientId: 'portal' }))[0].id }), []);

  // What is hers goes on: she says yes herself, and then nobody is asked.
  const page = await herself.consent(await herself.authorize({ client_id: 'asking' }));
  assert.ok(page.callback.code, page.text);
  const { access_token } = (await asking.redeem((await browser.authorize({ client_id: 'asking' })).callback.code)).json;
  assert.equal(decode(access_token).sub, maria.id);
  await herself.letDevice(asked.user_code);

  ana = await world.client('ana', 'peru');
  const denied = (await ana.realms.findEvents({ realm: 'peru', type: 'LOGIN_ERROR', user: maria.id })).filter((e) => e.error === 'impersonated');
  assert.equal(denied.length, 6);
  const logins = (await ana.realms.findEvents({ realm: 'peru', type: 'LOGIN', user: maria.id })).filter((e) => e.sessionId === denied[0].sessionId);
  assert.equal(logins.length, 1);
  for (const event of [...denied, ...logins]) assert.deepEqual([event.details.impersonator, event.details.impersonator_realm], ['root', 'master'], event.type);
  await ana.users.logout({ id: maria.id });
});

test('AD-04, WE-12: a consent page of hers is not answered by who acts as her', async () => {
  await world.addClient('asking-too', { values: { consentRequired: true } });
  const browser = new Browser(world.server, 'peru');
  const page = await browser.logIn(await browser.authorize({ client_id: 'asking-too' }), 'maria');
  assert.ok((await browser.consent(page)).callback.code);
  ana = await world.client('ana', 'peru');
  await ana.users.revokeConsent({ id: maria.id, clientId: 'asking-too' });
  assert.equal((await impersonate(await world.token('root', 'master'), maria.id, browser)).status, 200);
  for (const button of ['accept', 'cancel']) assert.equal((await browser.consent(page, button)).callback.error, 'access_denied');
  assert.equal((await ana.users.listConsents({ id: maria.id })).some((c) => c.clientId === 'asking-too'), false);
  await ana.users.logout({ id: maria.id });
});

// Each from a session of its own: the browser, and the tokens of before.
async function actAs(name, impersonator, realm = 'peru') {
  const [person] = await ana.users.find({ username: name, exact: true });
  const browser = new Browser(world.server, 'peru');
  assert.equal((await impersonate(await world.token(impersonator, realm), person.id, browser)).status, 200);
  const { tokens } = await portal.login(name, { browser });
  const held = (await browser.authorize({ client_id: 'portal' })).callback.code;
  assert.ok(await portal.isActive(tokens.access_token));
  return { person, browser, tokens, held };
}
async function assertOver({ browser, tokens, held }) {
  assert.equal(await portal.isActive(tokens.access_token), false);
  assert.equal((await world.call('GET', '/realms/peru/users', { token: tokens.access_token })).status, 401);
  assertError(await portal.refresh(tokens.refresh_token), 400, 'invalid_grant');
  assertError(await portal.redeem(held), 400, 'invalid_grant');
  assert.ok(formById((await browser.follow(await browser.authorize({ client_id: 'portal' }))).text, 'kc-form-login'));
}

test('AD-04: who acts as somebody gets none of the rights that she gets later', async () => {
  ana = await world.client('ana', 'peru');
  await world.addUser('lucia');
  await world.addAdmin('actor', ['realm-management/impersonation', 'realm-management/view-users'], 'peru');
  const acted = await actAs('lucia', 'actor');
  const [management] = await ana.clients.find({ clientId: 'realm-management' });
  const roleOf = (roleName) => ana.clients.findRole({ id: management.id, roleName });
  const give = async (role) => ana.users.addClientRoleMappings({ id: acted.person.id, clientUniqueId: management.id, roles: [role] });
  await give(await roleOf('view-users'));
  assert.equal((await world.call('GET', '/realms/peru/users', { token: acted.tokens.access_token })).status, 200, 'what he has as well');
  await give(await roleOf('realm-admin'));
  await assertOver(acted);
});

test('AD-04: a session by impersonation ends with the right to it', async () => {
  ana = await world.client('ana', 'peru');
  await world.addUser('elsa');
  const [management] = await ana.clients.find({ clientId: 'realm-management' });
  const role = await ana.clients.findRole({ id: management.id, roleName: 'impersonation' });
  const ends = {
    disabled: (id) => ana.users.update({ id }, { enabled: false }),
    gone: (id) => ana.users.del({ id }),
    'without the role': (id) => ana.users.delClientRoleMappings({ id, clientUniqueId: management.id, roles: [role] }),
  };
  for (const [index, end] of Object.values(ends).entries()) {
    await world.addAdmin(`acting${index}`, ['realm-management/impersonation'], 'peru');
    const acted = await actAs('elsa', `acting${index}`);
    const [{ id }] = await ana.users.find({ username: `acting${index}`, exact: true });
    await end(id);
    await assertOver(acted);
  }
  await world.addAdmin('visitor', ['peru-realm/impersonation'], 'master');
  const acted = await actAs('elsa', 'visitor', 'master');
  const root = await world.client('root', 'master');
  const [{ id }] = await root.users.find({ username: 'visitor', exact: true });
  await root.users.update({ id }, { enabled: false });
  await assertOver(acted);
});

test('WE-02: when the person logs in herself, the session of who acted as her ends', async () => {
  const browser = new Browser(world.server, 'peru');
  assert.equal((await impersonate(await world.token('root', 'master'), maria.id, browser)).status, 200);
  const acted = (await portal.redeem((await browser.authorize({ client_id: 'portal' })).callback.code)).json;
  const own = (await portal.login('maria', { browser, prompt: 'login' })).tokens;
  assert.equal(decode(own.id_token).acr, '1');
  assert.notEqual(decode(own.access_token).sid, decode(acted.access_token).sid);
  assert.equal(await portal.isActive(acted.access_token), false);
  assertError(await portal.refresh(acted.refresh_token), 400, 'invalid_grant');
  await ana.users.logout({ id: maria.id });
});

test('impersonation: who is disabled, a service account or nobody is refused; the login of before ends', async () => {
  const token = await world.token('root', 'master');
  const browser = new Browser(world.server, 'peru');
  const { id } = await ana.users.create({ username: 'off', enabled: false });
  const client = await ana.clients.create({ clientId: 'robot', serviceAccountsEnabled: true, publicClient: false });
  const robot = await ana.clients.getServiceAccountUser({ id: client.id });
  assert.equal((await impersonate(token, id, browser)).status, 400);
  assert.equal((await impersonate(token, robot.id, browser)).status, 400);
  assert.equal((await impersonate(token, 'nobody', browser)).status, 404);
  await ana.users.logout({ id: maria.id });
  await browser.code({ client_id: 'portal' }, 'maria');
  const [before] = await ana.users.listSessions({ id: maria.id });
  const [luis] = [await ana.users.create({ username: 'luis', enabled: true })];
  assert.equal((await impersonate(token, luis.id, browser)).status, 200);
  assert.equal((await ana.users.listSessions({ id: maria.id })).some((s) => s.id === before.id), false);
});
