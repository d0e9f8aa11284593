// What happened is in the log of events: each action once, in order, chained, without secrets.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { forms } from './lib/html.mjs';
import { Browser, Client, decode, PASSWORD } from './lib/oidc.mjs';
import { SECRET, World } from './lib/world.mjs';

let world, portal, login;
before(async () => {
  world = await World.open();
  await world.addUser('ana', { email: 'ana@example.pe' });
  await world.addUser('luis', { requiredActions: ['UPDATE_PASSWORD'] });
  portal = await world.addClient('portal', { serviceAccount: true, values: { directAccessGrantsEnabled: true } });
  await world.addClient('consenting', { values: { consentRequired: true } });
});
after(() => world.close());

// oldest first
const list = (...more) => world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '5000', '--oldest-first', ...more);
const count = async (type) => (await list('--type', type)).length;

// action -> events that it must leave
async function leaves(types, action) {
  const before = Object.fromEntries(await Promise.all(types.map(async (type) => [type, await count(type)])));
  await action();
  for (const type of types) assert.ok((await count(type)) > before[type], `${type} after ${action}`);
}

test('AU-01: logins, codes, refreshes, revocations, logouts', async () => {
  await leaves(['UserLoggedIn', 'CodeExchanged'], async () => { login = await portal.login('ana'); });
  await leaves(['TokenRefreshed'], async () => { login.tokens = (await portal.refresh(login.tokens.refresh_token)).json; });
  await leaves(['TokenRevoked'], () => portal.revoke(login.tokens.refresh_token));
  await leaves(['UserLogoutInitiated'], async () => {
    login = await portal.login('ana');
    await login.browser.get(`${login.browser.endpoint}/logout?id_token_hint=${login.tokens.id_token}`);
  });
  await leaves(['ClientLoggedIn'], () => portal.service());
});

test('AU-01: what failed, with the reason', async () => {
  await leaves(['UserLoginAttempted'], () => portal.password('ana', 'wrong'));
  await leaves(['ClientLoginFailed'], () => new Client(world.server, 'peru', 'portal', 'wrong').service());
  await leaves(['CodeExchangeFailed'], () => portal.redeem('no-such-code'));
  await leaves(['TokenRefreshFailed'], () => portal.refresh('no-such-token'));
  const [event] = (await list('--type', 'UserLoginAttempted')).slice(-1);
  assert.equal(event.data.error, 'invalid_user_credentials');
});

test('AU-01: consent, password update, lockout', async () => {
  await leaves(['ConsentGranted'], async () => {
    const browser = new Browser(world.server, 'peru');
    let page = await browser.follow(await browser.authorize({ client_id: 'consenting' }));
    page = await browser.follow(await browser.logIn(page, 'ana'));
    const form = forms(page.text).find((f) => f.buttons.some((b) => b.name === 'accept'));
    await browser.follow(await browser.submit(page, form, { accept: 'x' }));
  });
  await leaves(['PasswordUpdated'], async () => {
    const browser = new Browser(world.server, 'peru');
    let page = await browser.follow(await browser.authorize({ client_id: 'portal' }));
    page = await browser.follow(await browser.logIn(page, 'luis'));
    const form = forms(page.text).find((f) => 'password-new' in f.fields);
    await browser.follow(await browser.submit(page, form, { 'password-new': 'another password 1', 'password-confirm': 'another password 1' }));
  });
  await leaves(['UserLockedOut'], async () => {
    await world.setRealm({ failureFactor: 2 });
    for (let i = 0; i < 3; i++) await portal.password('luis', 'wrong');
    await world.setRealm({ failureFactor: 30 });
  });
});

test('AU-01: changes by the operator', async () => {
  await leaves(['UserCreated'], () => world.addUser('temp'));
  await leaves(['UserModified'], () => world.setUser('temp', { firstName: 'T' }));
  await leaves(['UserDeactivated'], () => world.setUser('temp', { enabled: false }));
  await leaves(['RoleCreated'], () => world.cli.ok('role', 'add', '--realm', 'peru', '--name', 'auditor'));
  await leaves(['RoleAssigned'], () => world.cli.ok('role', 'assign', '--realm', 'peru', '--username', 'temp', '--role', 'auditor'));
  await leaves(['RoleRevoked'], () => world.cli.ok('role', 'revoke', '--realm', 'peru', '--username', 'temp', '--role', 'auditor'));
  await leaves(['UserDeleted'], () => world.cli.ok('user', 'delete', '--realm', 'peru', '--username', 'temp'));
  await leaves(['ClientCreated'], () => world.addClient('temp'));
  await leaves(['ClientModified'], () => world.setClient('temp', { name: 'T' }));
  await leaves(['ClientDeleted'], () => world.cli.ok('client', 'delete', '--realm', 'peru', '--client-id', 'temp'));
  await leaves(['ConfigurationChanged'], () => world.setRealm({ displayName: 'Perú' }));
  await leaves(['KeyRotated'], () => world.cli.ok('keys', 'rotate', '--realm', 'peru', '--alg', 'RS256'));
  await leaves(['GroupCreated'], () => world.cli.ok('group', 'add', '--realm', 'peru', '--path', '/ops'));
});

test('an event says what, when, who, where', async () => {
  const t = (await portal.password('ana')).json;
  const [event] = (await list('--type', 'UserLoggedIn')).slice(-1);
  const claims = decode(t.access_token);
  assert.equal(event.type, 'UserLoggedIn');
  assert.equal(event.userId, claims.sub);
  assert.equal(event.sessionId, claims.sid);
  assert.equal(event.clientId, 'portal');
  assert.equal(event.tenant, 'peru');
  assert.equal(event.ip, '127.0.0.1');
  assert.ok(event.id && event.streamId && event.version === 1 && event.userAgent !== undefined);
  assert.ok(Math.abs(new Date(event.time) - Date.now()) < 60000);
  assert.match(event.hash, /^[0-9a-f]{64}$/);
});

test('filters by time, type and user; limit', async () => {
  const all = await list();
  assert.ok(all.length > 20);
  const types = new Set((await list('--type', 'UserLoggedIn')).map((e) => e.type));
  assert.deepEqual([...types], ['UserLoggedIn']);
  const { sub } = decode((await portal.password('ana')).json.access_token);
  for (const name of [sub, 'ana']) {
    const events = await list('--user', name);
    assert.ok(events.length > 0);
    for (const event of events) assert.equal(event.userId, sub);
  }
  assert.equal((await list('--from', new Date(Date.now() + 3600e3).toISOString())).length, 0);
  assert.equal((await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '3')).length, 3);
  assert.equal((await world.cli.run(['audit', 'list', '--realm', 'peru', '--type', 'Nonsense'])).status, 2);
});

test('export: JSON lines and CSV with the same number of events', async () => {
  const lines = (await world.cli.ok('audit', 'export', '--realm', 'peru', '--format', 'json')).trim().split('\n');
  const events = lines.map((line) => JSON.parse(line));
  assert.ok(events.length > 20);
  for (const [i, event] of events.entries()) if (i > 0) assert.equal(event.previousHash, events[i - 1].hash);
  const csv = (await world.cli.ok('audit', 'export', '--realm', 'peru', '--format', 'csv')).trim().split('\r\n');
  assert.equal(csv.length, events.length + 1, 'a header line and one line an event');
});

test('AU-02: the chain is whole', async () => {
  const [verdict] = await world.cli.json('audit', 'verify', '--realm', 'peru');
  assert.equal(verdict.whole, true);
  assert.equal(verdict.events, (await list()).length);
  const all = await world.cli.json('audit', 'verify');
  assert.ok(all.some((v) => v.realm === 'master') && all.every((v) => v.whole));
});

test('SK-02, PW-07, AU-01: no secret is in an event', async () => {
  const text = await world.cli.ok('audit', 'export', '--realm', 'peru', '--format', 'json');
  for (const secret of [PASSWORD, SECRET, login.tokens.access_token, login.tokens.refresh_token, login.code, 'another password 1', '$argon2']) {
    assert.ok(!text.includes(secret), secret.slice(0, 10));
  }
  for (const [, cookie] of login.browser.jar.cookies) assert.ok(!text.includes(cookie.value));
});

test('events of one realm are not in another', async () => {
  await world.addRealm('chile');
  const text = await world.cli.ok('audit', 'export', '--realm', 'chile');
  assert.ok(text.length > 0);
  assert.doesNotMatch(text, /"ana"|peru/);
});
