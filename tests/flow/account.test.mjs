// The account API: what people see and change of themselves, and nobody of anybody else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { MachineClock } from './lib/clock.mjs';
import { formById, forms } from './lib/html.mjs';
import { bearer, request } from './lib/http.mjs';
import { Browser, Client, PASSWORD, pkce } from './lib/oidc.mjs';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1';
const NOBODY = '00000000-0000-4000-8000-000000000000';

let w, clock, kc, people;
before(async () => {
  clock = new MachineClock();
  w = await AdminWorld.open({ env: clock.env });
  kc = await w.client('root', 'master', 'peru');
  await w.addClient('portal', { values: { name: 'Mesa de partes', directAccessGrantsEnabled: true, fullScopeAllowed: true, consentRequired: true } });
  people = {};
  for (const name of ['maria', 'jorge']) {
    await w.addUser(name, { email: `${name}@example.pe`, firstName: name, lastName: 'Quispe' });
    people[name] = (await kc.users.find({ username: name, exact: true }))[0].id;
  }
});
after(async () => {
  await w.close();
  clock.close();
});

const account = (realm = 'peru') => `${w.server.realm(realm)}/account`;
const call = (method, path, token, options = {}) =>
  request(`${account(options.realm)}${path}`, { method, ...options, headers: { ...(token ? bearer(token) : {}), ...options.headers } });
const consoleOf = (realm = 'peru') => new Client(w.server, realm, 'account-console', undefined, { redirectUri: `${account(realm)}/` });
// Follows redirects up to the one that answers the console, which is at the same server.
async function follow(browser, page, realm) {
  while (page.isRedirect && !page.location.startsWith(`${account(realm)}/?`)) page = await browser.get(new URL(page.location, page.url));
  return page;
}
// As the console signs people in.
async function signIn(name, { realm = 'peru', browser = new Browser(w.server, realm), ...more } = {}) {
  const { verifier, challenge } = pkce();
  let page = await follow(browser, await browser.authorize({ client_id: 'account-console', redirect_uri: `${account(realm)}/`, code_challenge: challenge, code_challenge_method: 'S256', ...more }), realm);
  if (!page.isRedirect) page = await follow(browser, await browser.logIn(page, name), realm);
  assert.ok(page.isRedirect && page.callback.code, page.text);
  const reply = await consoleOf(realm).redeem(page.callback.code, { code_verifier: verifier });
  assert.equal(reply.status, 200, reply.text);
  return { token: reply.json.access_token, browser, refresh: reply.json.refresh_token };
}
const events = async (type) => (await w.cli.json('audit', 'list', '--realm', 'peru', '--type', type));
const role = (name) => w.roleOf(kc, 'peru', 'account', name);

test('the profile is read, changed by its rules, and nothing else is changed by it', async () => {
  const { token } = await signIn('maria');
  const me = (await call('GET', '/?userProfileMetadata=true', token)).json;
  assert.equal(me.id, people.maria);
  assert.equal(me.username, 'maria');
  assert.equal(me.emailVerified, false);
  const named = Object.fromEntries(me.userProfileMetadata.attributes.map((a) => [a.name, a]));
  assert.equal(named.username.readOnly, true, 'the realm does not let names be changed');
  assert.equal(named.email.required, true);
  assert.equal(named.firstName.readOnly, false);
  assert.equal((await call('GET', '?userProfileMetadata=false', token)).json.userProfileMetadata, undefined);

  const changed = await call('POST', '/', token, { json: { ...me, firstName: 'María', emailVerified: true, enabled: false, requiredActions: ['X'] } });
  assert.equal(changed.status, 204, changed.text);
  const stored = await kc.users.findOne({ id: people.maria });
  assert.equal(stored.firstName, 'María');
  assert.equal(stored.emailVerified, false);
  assert.equal(stored.enabled, true);
  assert.deepEqual(stored.requiredActions, []);
  const [event] = await events('ProfileUpdated');
  assert.equal(event.userId, people.maria);
  assert.equal(event.clientId, 'account-console');
  const shown = await kc.realms.findEvents({ realm: 'peru', type: 'UPDATE_PROFILE' });
  assert.equal(shown.length, 1);

  const empty = await call('POST', '/', token, { json: { lastName: '', firstName: '' } });
  assert.equal(empty.status, 400);
  assert.deepEqual(empty.json.errors.map((e) => [e.field, e.errorMessage]),
    [['firstName', 'error-user-attribute-required'], ['lastName', 'error-user-attribute-required']]);
  const renamed = await call('POST', '/', token, { json: { username: 'root' } });
  assert.deepEqual([renamed.status, renamed.json.field, renamed.json.errorMessage], [400, 'username', 'error-user-attribute-read-only']);
  const taken = await call('POST', '/', token, { json: { email: 'jorge@example.pe' } });
  assert.equal(taken.status, 409);
  for (const bad of ['[]', '{', '', '{"firstName":1}', '{"firstName":"a","firstName":"b"}'])
    assert.equal((await call('POST', '/', token, { body: bad, headers: { 'Content-Type': 'application/json' } })).status, 400, bad);
});

test('AD-07: what a profile keeps for administrators people neither see nor change', async () => {
  const profile = await kc.users.getProfile();
  const hidden = { name: 'rank', permissions: { view: ['admin'], edit: ['admin'] } };
  const shown = { name: 'dni', permissions: { view: ['admin', 'user'], edit: ['admin'] } };
  const free = { name: 'phone', permissions: { view: ['admin', 'user'], edit: ['user'] } };
  await kc.users.updateProfile({ ...profile, attributes: [...profile.attributes, hidden, shown, free] });
  const user = await kc.users.findOne({ id: people.jorge });
  await kc.users.update({ id: people.jorge }, { ...user, attributes: { rank: ['7'], dni: ['12345678'], note: ['of administrators'] } });
  const { token } = await signIn('jorge');
  const me = (await call('GET', '/', token)).json;
  assert.deepEqual(me.attributes, { dni: ['12345678'] });
  for (const attributes of [{ rank: ['9'] }, { dni: ['87654321'] }, { note: ['mine'] }, { role: ['admin'] }]) {
    const reply = await call('POST', '/', token, { json: { attributes } });
    assert.equal(reply.status, 400, JSON.stringify(attributes));
    assert.equal(reply.json.errorMessage, 'error-user-attribute-read-only');
  }
  assert.equal((await call('POST', '/', token, { json: { attributes: { phone: ['999'] } } })).status, 204);
  assert.deepEqual((await kc.users.findOne({ id: people.jorge })).attributes, { rank: ['7'], dni: ['12345678'], note: ['of administrators'], phone: ['999'] });
  await w.setRealm({ supportedLocales: ['en', 'es'], defaultLocale: 'es' });
  assert.deepEqual((await call('GET', '/supportedLocales', token)).json, ['en', 'es']);
  assert.equal((await call('POST', '/', token, { json: { attributes: { phone: ['999'], locale: ['xx'] } } })).status, 400);
  assert.equal((await call('POST', '/', token, { json: { attributes: { phone: ['999'], locale: ['es'] } } })).status, 204);
  assert.deepEqual((await call('GET', '/', token)).json.attributes.locale, ['es']);
  await kc.users.updateProfile(profile);
});

test('OI-07, RE-02: no attribute passes for the name or the address of a person', async () => {
  const { token } = await signIn('jorge');
  const before = await kc.users.findOne({ id: people.jorge });
  for (const attributes of [{ username: ['root'] }, { email: ['maria@example.pe'] }, { firstName: ['\u202e'] }, { lastName: ['x', 'y'] }]) {
    const all = { ...before.attributes, ...attributes };
    assert.equal((await call('POST', '/', token, { json: { attributes } })).status, 204);
    await kc.users.update({ id: people.jorge }, { ...before, attributes: all });
    const { username, email, firstName, lastName, attributes: kept } = await kc.users.findOne({ id: people.jorge });
    assert.deepEqual([username, email, firstName, lastName, kept], [before.username, before.email, before.firstName, before.lastName, before.attributes]);
  }
  for (const q of ['username:root', 'email:maria@example.pe']) assert.deepEqual(await kc.users.find({ q }), [], q);
});

test('PW-08: an address is changed by who has just logged in, and data are handed out to no other', async () => {
  const old = await signIn('maria');
  clock.step(6 * 60_000);
  const { json } = await consoleOf().refresh(old.refresh);
  const token = json.access_token;
  for (const [method, path, body] of [['POST', '/', { email: 'new@example.pe' }], ['GET', '/data'], ['DELETE', `/credentials/${NOBODY}`]]) {
    const reply = await call(method, path, token, { json: body });
    assert.equal(reply.status, 401, `${method} ${path}: ${reply.text}`);
    assert.equal(reply.json.error, 'insufficient_user_authentication');
    assert.match(reply.headers['www-authenticate'], /error="insufficient_user_authentication".*max_age="300"/);
  }
  assert.equal((await call('POST', '/', token, { json: { lastName: 'Quispe Mamani' } })).status, 204, 'a name is no way to a password');
  // A login with max_age 0 in the same browser makes it fresh; the session stays.
  const { token: fresh } = await signIn('maria', { browser: old.browser, max_age: 0 });
  const changed = await call('POST', '/', fresh, { json: { email: 'New@Example.pe' } });
  assert.equal(changed.status, 204, changed.text);
  assert.equal((await kc.users.findOne({ id: people.maria })).email, 'new@example.pe');
  await w.setRealm({ verifyEmail: true });
  await w.setUser('maria', { emailVerified: true });
  const waits = await call('POST', '/', fresh, { json: { email: 'Other@example.pe' } });
  assert.deepEqual([waits.status, waits.json], [200, { pendingEmail: 'other@example.pe' }], 'OI-08: it counts once it is proved (mail.test.mjs)');
  assert.equal((await kc.users.findOne({ id: people.maria })).email, 'new@example.pe');
  await w.setRealm({ verifyEmail: false });
});

test('sessions and devices: shown, ended one by one and all but this one (WE-03)', async () => {
  const here = await signIn('maria', { browser: new Browser(w.server, 'peru', { headers: { 'User-Agent': FIREFOX } }) });
  const phone = await signIn('maria', { browser: new Browser(w.server, 'peru', { headers: { 'User-Agent': PHONE } }) });
  const list = (await call('GET', '/sessions', here.token)).json;
  assert.equal(list.filter((s) => s.current).length, 1);
  assert.equal(list.find((s) => s.current).browser, 'Firefox/128.0');
  assert.deepEqual(list.find((s) => s.current).clients.map((c) => c.clientId), ['account-console']);
  const devices = (await call('GET', '/sessions/devices', here.token)).json;
  const iphone = devices.find((d) => d.device === 'iPhone');
  assert.deepEqual([iphone.os, iphone.osVersion, iphone.mobile, iphone.current, iphone.sessions.length], ['iOS', '17_4', true, false, 1]);
  assert.equal(devices.find((d) => d.current).os, 'Linux');

  assert.equal((await call('DELETE', `/sessions/${iphone.sessions[0].id}`, here.token)).status, 204);
  assert.equal((await call('GET', '/', phone.token)).status, 401);
  const [event] = await events('SessionRevoked');
  assert.equal(event.userId, people.maria);
  const other = await signIn('maria');
  assert.equal((await call('DELETE', '/sessions', here.token)).status, 204);
  assert.equal((await call('GET', '/', other.token)).status, 401);
  assert.equal((await call('GET', '/sessions', here.token)).json.length, 1);
  assert.equal((await call('DELETE', '/sessions?current=true', here.token)).status, 204);
  assert.equal((await call('GET', '/sessions', here.token)).status, 401);
});

test('WE-04: nobody sees or ends a session, a credential or a link of somebody else', async () => {
  const { token: his } = await signIn('jorge');
  const { token: hers } = await signIn('maria');
  const [session] = (await call('GET', '/sessions', his)).json.filter((s) => s.current);
  assert.ok(!(await call('GET', '/sessions', hers)).json.some((s) => s.id === session.id));
  assert.equal((await call('DELETE', `/sessions/${session.id}`, hers)).status, 204, 'as if it were not there');
  assert.equal((await call('GET', '/', his)).status, 200);
  const [password] = await kc.users.getCredentials({ id: people.jorge });
  assert.equal((await call('PUT', `/credentials/${password.id}/label`, hers, { body: 'mine', headers: { 'Content-Type': 'text/plain' } })).status, 404);
  assert.equal((await call('DELETE', `/credentials/${password.id}`, hers)).status, 404);
  await kc.users.addToFederatedIdentity({ id: people.jorge, federatedIdentityId: 'partner', federatedIdentity: { userId: '1', userName: 'j', identityProvider: 'partner' } });
  assert.equal((await call('DELETE', '/linked-accounts/partner', hers)).status, 404);
  assert.deepEqual((await call('GET', '/linked-accounts', his)).json.map((l) => [l.providerAlias, l.linkedUsername, l.connected]), [['partner', 'j', true]]);
  assert.equal((await call('DELETE', '/linked-accounts/partner', his)).status, 204);
  assert.deepEqual((await call('GET', '/linked-accounts', his)).json, []);
});

test('credentials: what there is, never what it is; a password is named and not removed', async () => {
  const { token } = await signIn('maria');
  const reply = await call('GET', '/credentials', token);
  const [password, otp] = reply.json;
  assert.deepEqual([password.type, password.category, password.updateAction, password.removeable], ['password', 'basic-authentication', 'UPDATE_PASSWORD', false]);
  assert.deepEqual([otp.type, otp.createAction, otp.userCredentialMetadatas], ['otp', 'CONFIGURE_TOTP', []]);
  assert.doesNotMatch(reply.text, /secretData|credentialData|hash/i);
  const { id } = password.userCredentialMetadatas[0].credential;
  const named = await call('PUT', `/credentials/${id}/label`, token, { body: '"the long one"', headers: { 'Content-Type': 'application/json' } });
  assert.equal(named.status, 204, named.text);
  assert.equal((await call('GET', '/credentials', token)).json[0].userCredentialMetadatas[0].credential.userLabel, 'the long one');
  assert.equal((await call('DELETE', `/credentials/${id}`, token)).status, 403);
});

test('OT-06: applications are shown with what they were allowed, and lose it with their tokens', async () => {
  const browser = new Browser(w.server, 'peru');
  const { challenge } = pkce();
  let page = await browser.follow(await browser.authorize({ client_id: 'portal', code_challenge: challenge, code_challenge_method: 'S256' }));
  page = await browser.follow(await browser.logIn(page, 'maria'));
  const consent = forms(page.text).find((f) => f.buttons.some((b) => b.name === 'accept')) ?? assert.fail(page.text);
  page = await browser.submit(page, consent, { accept: 'yes' });
  assert.ok(page.callback.code);
  const { token } = await signIn('maria', { browser });
  const apps = (await call('GET', '/applications', token)).json;
  const app = apps.find((a) => a.clientId === 'portal');
  assert.deepEqual([app.clientName, app.inUse, app.userConsentRequired], ['Mesa de partes', true, true]);
  assert.ok(app.consent.grantedScopes.some((s) => s.name === 'email'));
  assert.ok((await call('GET', '/applications/portal/consent', token)).json.grantedScopes.length > 0);
  assert.equal((await call('GET', '/applications/nothing/consent', token)).status, 404);
  assert.equal((await call('DELETE', '/applications/portal/consent', token)).status, 204);
  assert.equal((await call('GET', '/applications/portal/consent', token)).status, 204);
  assert.equal((await call('DELETE', '/applications/portal/consent', token)).status, 204);
  const [event] = await events('ConsentRevoked');
  assert.equal(event.userId, people.maria);
});

test('groups need their own role, as in Keycloak', async () => {
  const { id } = await kc.groups.create({ name: 'vecinos' });
  await kc.users.addToGroup({ id: people.maria, groupId: id });
  const before = await signIn('maria');
  assert.equal((await call('GET', '/groups', before.token)).status, 403);
  const { id: clientId, roles } = await role('view-groups');
  await kc.users.addClientRoleMappings({ id: people.maria, clientUniqueId: clientId, roles });
  assert.deepEqual((await call('GET', '/groups', before.token)).json.map((g) => g.path), ['/vecinos'], 'what counts is what she has now');
});

test('AD-10: every line is refused without its role, to services, strangers and other realms', async () => {
  const { token } = await signIn('maria');
  const lines = [
    ['GET', '/', 200], ['POST', '/', 400], ['GET', '/sessions', 200], ['GET', '/sessions/devices', 200], ['GET', '/credentials', 200],
    ['GET', '/applications', 200], ['GET', '/linked-accounts', 200], ['DELETE', `/sessions/${NOBODY}`, 204], ['GET', '/data', 200], ['POST', '/erasure', 403],
  ];
  const { roles: defaults, id: accountId } = await role('manage-account');
  const view = await role('view-profile');
  const { id: defaultRole } = await kc.roles.findOneByName({ name: 'default-roles-peru' });
  await kc.roles.delCompositeRoles({ id: defaultRole }, [...defaults, ...view.roles]);
  const reading = new Set(['GET /', 'GET /sessions', 'GET /sessions/devices', 'GET /credentials', 'GET /linked-accounts', 'GET /data']);
  try {
    await kc.users.addClientRoleMappings({ id: people.maria, clientUniqueId: accountId, roles: view.roles });
    for (const [method, path, status] of lines)
      assert.equal((await call(method, path, token)).status, reading.has(`${method} ${path}`) ? status : 403, `with view-profile alone: ${method} ${path}`);
    await kc.users.delClientRoleMappings({ id: people.maria, clientUniqueId: accountId, roles: view.roles });
    for (const [method, path] of lines) assert.equal((await call(method, path, token)).status, 403, `with no role: ${method} ${path}`);
  } finally {
    await kc.roles.createComposite({ roleId: defaultRole }, [...defaults, ...view.roles]);
  }
  const service = await w.addClient('robot', { serviceAccount: true, values: { fullScopeAllowed: true } });
  const { json: robot } = await service.service();
  const { token: chilean } = await (async () => {
    await w.addUser('pablo', { email: 'p@example.cl', firstName: 'P', lastName: 'N' }, { realm: 'chile' });
    return signIn('pablo', { realm: 'chile' });
  })();
  const admin = await w.token('ana', 'peru'); // of admin-cli: not meant for account
  for (const [method, path] of lines) {
    for (const [who, bad] of [['nobody', undefined], ['garbage', 'x.y.z'], ['a service', robot.access_token], ['another realm', chilean], ['another audience', admin]])
      assert.equal((await call(method, path, bad)).status, 401, `${who}: ${method} ${path}`);
  }
  assert.equal((await call('GET', '/', chilean, { realm: 'nowhere' })).status, 404);
});

test('kc_action: a password is changed at the application\'s wish by who shows the old one, or not at all', async () => {
  const { browser } = await signIn('jorge');
  const { challenge } = pkce();
  const ask = { client_id: 'account-console', redirect_uri: `${account()}/`, code_challenge: challenge, code_challenge_method: 'S256', kc_action: 'UPDATE_PASSWORD' };
  const toAction = async () => {
    const page = await follow(browser, await browser.authorize(ask));
    assert.ok(formById(page.text, 'kc-form-login'), 'PW-08: a session alone does not do');
    return follow(browser, await browser.logIn(page, 'jorge', password));
  };
  let password = PASSWORD;
  const other = await browser.logIn(await follow(browser, await browser.authorize(ask)), 'maria');
  assert.ok(formById(other.text, 'kc-form-login'), 'OI-02: nobody else does it in his place');
  let page = await toAction();
  const form = formById(page.text, 'kc-passwd-update-form');
  assert.ok(form.buttons.some((b) => b.name === 'cancel-aia'));
  const cancelled = await browser.submit(page, form, { 'cancel-aia': 'true' });
  assert.equal(cancelled.callback.kc_action_status, 'cancelled');
  assert.ok(cancelled.callback.code);
  page = await toAction();
  const changed = { 'password-new': 'another long password', 'password-confirm': 'another long password' };
  const sent = formById(page.text, 'kc-passwd-update-form');
  const done = await browser.submit(page, sent, changed);
  assert.deepEqual([done.callback.kc_action, done.callback.kc_action_status], ['UPDATE_PASSWORD', 'success']);
  assert.ok(done.callback.code);
  const again = await browser.submit(page, sent, { 'password-new': 'a third long password', 'password-confirm': 'a third long password' });
  assert.ok(!again.isRedirect, 'WE-12: the page is used up');
  password = 'another long password';
  const unknown = await browser.authorize({ ...ask, kc_action: 'NOTHING_SUCH' });
  assert.equal(unknown.callback.kc_action_status, 'error');
  assert.equal((await browser.authorize({ ...ask, prompt: 'none' })).callback.error, 'login_required');
  assert.equal((await browser.authorize({ ...ask, kc_action: 'x'.repeat(65) })).callback.error, 'invalid_request');
  const due = await w.client('root', 'master', 'peru');
  await due.users.update({ id: people.jorge }, { requiredActions: ['UPDATE_PASSWORD'] });
  page = await follow(browser, await browser.logIn(await follow(browser, await browser.authorize({ ...ask, prompt: 'login' })), 'jorge', password));
  const mustBe = await browser.submit(page, formById(page.text, 'kc-passwd-update-form'), { 'cancel-aia': 'true' });
  assert.equal(mustBe.isRedirect, false, 'what the server asks for is not declined');
});

test('data are handed out as garita user export has them, and that is an event', async () => {
  const { token } = await signIn('maria');
  const reply = await call('GET', '/data', token);
  assert.equal(reply.status, 200, reply.text);
  assert.match(reply.headers['content-disposition'], /attachment/);
  assert.match(reply.headers['cache-control'], /no-store/);
  const data = reply.json;
  assert.equal(data.account.username, 'maria');
  assert.ok(data.account.sessions.length > 0 && data.account.credentials.length > 0);
  assert.equal(data.eventsComplete, true);
  assert.ok(data.events.some((e) => e.type === 'UserLoggedIn'));
  assert.ok(data.events.every((e) => e.userId === people.maria), 'not what others did');
  assert.doesNotMatch(reply.text, /secretData|argon2/);
  assert.ok((await events('DataExported')).length > 0);
  assert.equal(data.eventsArchived, false);
});

test('HT-08: data are handed out five times an hour, also when they are asked for at once', async () => {
  await w.addUser('ansioso', { email: 'ansioso@example.pe', firstName: 'A', lastName: 'Q' });
  const { token } = await signIn('ansioso');
  const replies = await Promise.all(Array.from({ length: 12 }, (_, i) => call('GET', `/data?archived=${i % 2 === 0}`, token)));
  assert.equal(replies.filter((r) => r.status === 200).length, 5, replies.map((r) => r.status).join());
  assert.equal(replies.filter((r) => r.status === 429).length, 7);
  assert.ok(replies.filter((r) => r.status === 200).every((r) => r.json.events.some((e) => e.type === 'UserLoggedIn')));
});

test('erasing oneself: by right, typed, freshly logged in, for good', async () => {
  await w.addUser('rosa', { email: 'rosa@example.pe', firstName: 'Rosa', lastName: 'Huamán' });
  const [{ id }] = await kc.users.find({ username: 'rosa', exact: true });
  const { token, browser } = await signIn('rosa');
  assert.equal((await call('POST', '/erasure', token, { json: { username: 'rosa' } })).status, 403, 'not without the role');
  const { id: clientId, roles } = await role('delete-account');
  await kc.users.addClientRoleMappings({ id, clientUniqueId: clientId, roles });
  clock.step(6 * 60_000);
  assert.equal((await call('POST', '/erasure', token, { json: { username: 'rosa' } })).status, 401, 'not by an old login');
  const { token: fresh } = await signIn('rosa', { browser, max_age: 0 });
  for (const json of [{}, { username: 'maria' }, { username: '' }, { username: 7 }])
    assert.equal((await call('POST', '/erasure', fresh, { json })).status, 400);
  assert.equal((await call('POST', '/erasure', fresh, { json: { username: 'rosa' } })).status, 204);
  assert.equal((await call('GET', '/', token)).status, 401);
  assert.deepEqual(await kc.users.find({ username: 'rosa', exact: true }), []);
  const [event] = await events('DataDeleted');
  assert.equal(event.streamId, `user:${id}`);
  assert.equal(event.userId, undefined);
  assert.ok(!JSON.stringify(await w.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000')).includes('rosa@example.pe'));
  await w.addUser('rosa', { email: 'rosa@example.pe', firstName: 'Another', lastName: 'Rosa' });
});

test('WE-11: scripts read answers where the token\'s client says so', async () => {
  const { token } = await signIn('maria');
  const [{ id }] = await kc.clients.find({ clientId: 'account-console' });
  await kc.clients.update({ id }, { clientId: 'account-console', webOrigins: ['https://portal.example.pe'] });
  for (const [origin, allowed] of [['https://portal.example.pe', 'https://portal.example.pe'], ['https://evil.example', undefined], ['null', undefined]]) {
    const reply = await call('GET', '/', token, { headers: { Origin: origin } });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['access-control-allow-origin'], allowed, origin);
  }
  const unknown = await call('GET', '/', 'x.y.z', { headers: { Origin: 'https://portal.example.pe' } });
  assert.equal(unknown.headers['access-control-allow-origin'], undefined);
});

test('who is impersonated is looked at, and nothing of his that cannot be taken back is done', async () => {
  const admin = new Browser(w.server, 'peru', { headers: { Accept: 'application/json' } });
  const root = await w.token('root', 'master');
  const made = await request(`${w.server.origin}/admin/realms/peru/users/${people.maria}/impersonation`, { method: 'POST', jar: admin.jar, headers: bearer(root) });
  assert.equal(made.status, 200, made.text);
  const { token } = await signIn('maria', { browser: admin });
  assert.equal((await call('GET', '/', token)).status, 200);
  for (const [method, path, json] of [['GET', '/data'], ['POST', '/', { email: 'stolen@example.pe' }], ['POST', '/', { firstName: 'Otra' }],
    ['DELETE', '/sessions'], ['DELETE', '/linked-accounts/partner'], ['DELETE', '/applications/portal/consent']])
    assert.equal((await call(method, path, token, { json })).status, 403, `${method} ${path}`);
});
