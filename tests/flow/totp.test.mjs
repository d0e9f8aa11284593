// One-time passwords as a second factor (RFC 6238): who has them, by an import or the Admin API, is asked for
// one at the login page and at the password grant; each is good once (MF-01, OT-05).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { formById } from './lib/html.mjs';
import { bearer, request } from './lib/http.mjs';
import { assertError, assertErrorPage, Browser, PASSWORD } from './lib/oidc.mjs';
import { holder, hotp, otpCredential, SEED, totp } from './lib/otp.mjs';

let world, server, portal, kc, n = 0;
before(async () => {
  world = await AdminWorld.open({ realm: { bruteForceProtected: true, failureFactor: 4, waitIncrementSeconds: 600, quickLoginCheckMilliSeconds: 0 } });
  server = world.server;
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  kc = await world.client('ana', 'peru');
});
after(() => world.close());

// Somebody with a password and one-time passwords.
async function person(...credentials) {
  const username = `maria${n++}`;
  await kc.users.create(holder(username, ...(credentials.length ? credentials : [otpCredential()])));
  return username;
}
const plainPerson = async () => {
  const username = `maria${n++}`;
  await world.addUser(username);
  return username;
};
const newBrowser = () => new Browser(server, 'peru');
const otpForm = (page) => formById(page.text, 'kc-otp-login-form');
async function toOtp(username, browser = newBrowser(), parameters = {}) {
  const page = await browser.logIn(await browser.authorize({ client_id: 'portal', ...parameters }), username);
  assert.ok(otpForm(page), `the page for the code is expected: ${page.status} ${page.location} ${page.text.slice(0, 1500)}`);
  return { browser, page };
}
const send = ({ browser, page }, otp) => browser.submit(page, otpForm(page), { otp });
const codeOf = (page) => (page.isRedirect ? page.callback.code : undefined);
const grant = (username, code, password = PASSWORD) => portal.password(username, password, { totp: code });

// A copy of a flow that asks for the password and nothing else.
async function passwordOnly(flow) {
  const newName = `password only ${n++}`;
  await kc.authenticationManagement.copyFlow({ flow, newName });
  const copy = (await kc.authenticationManagement.getFlows()).find((f) => f.alias === newName);
  for (const e of await kc.authenticationManagement.getExecutions({ flow: newName }))
    if (/otp/i.test(`${e.displayName} ${e.providerId ?? ''}`)) await kc.authenticationManagement.updateExecution({ flow: newName }, { ...e, requirement: 'DISABLED' });
  return copy;
}
// A client at which the password alone leads in.
async function easyClient() {
  const easy = await world.addClient(`easy${n++}`, { values: { directAccessGrantsEnabled: true, fullScopeAllowed: true } });
  const [{ id }] = await kc.clients.find({ clientId: easy.clientId });
  const bound = { browser: (await passwordOnly('browser')).id, direct_grant: (await passwordOnly('direct grant')).id };
  await kc.clients.update({ id }, { authenticationFlowBindingOverrides: bound });
  return easy;
}

test('the login page asks for a code after the password, and lets in with it', async () => {
  const at = await toOtp(await person());
  assert.match(at.page.text, /autocomplete="one-time-code"/);
  const done = await send(at, totp());
  assert.ok(done.callback.code, done.text);
  assert.equal((await portal.redeem(done.callback.code)).status, 200);
  assert.ok((await at.browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.code, 'the session vouches for both factors');
});

test('the password alone gives nothing: no session, no code, no token', async () => {
  const username = await person();
  const { browser, page } = await toOtp(username);
  assert.equal((await browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.error, 'login_required');
  const wrong = await send({ browser, page }, '000000');
  assert.ok(otpForm(wrong));
  assert.match(wrong.text, /not correct/);
  assertError(await portal.password(username), 401, 'invalid_grant');
  assertError(await grant(username, '000000'), 401, 'invalid_grant', /Invalid user credentials/);
});

test('the password grant takes the code as totp, and never without the password', async () => {
  const username = await person();
  assertError(await grant(username, totp(), 'wrong'), 401, 'invalid_grant');
  assert.equal((await grant(username, totp())).status, 200, 'a wrong password spends no code');
});

for (const [name, use] of [
  ['at the grant', async (username, code) => (await grant(username, code)).status === 200],
  ['at the page', async (username, code) => Boolean(codeOf(await send(await toOtp(username), code)))],
]) {
  test(`MF-01: a code is good once, ${name}`, async () => {
    const username = await person();
    const code = totp();
    assert.equal(await use(username, code), true);
    assert.equal(await use(username, code), false);
    assertError(await grant(username, code), 401, 'invalid_grant');
  });
}

test('MF-01: of 40 uses of one code at once one succeeds', async () => {
  await world.setRealm({ failureFactor: 1000 });
  const username = await person();
  const code = totp();
  const replies = await Promise.all(Array.from({ length: 40 }, () => grant(username, code)));
  await world.setRealm({ failureFactor: 4 });
  assert.equal(replies.filter((r) => r.status === 200).length, 1);
  for (const reply of replies.filter((r) => r.status !== 200)) assert.ok([401, 503].includes(reply.status), reply.text);
});

test('MF-01: one step earlier or later, and no more', async () => {
  for (const [ahead, status] of [[-1, 200], [1, 200], [-3, 401], [3, 401]]) assert.equal((await grant(await person(), totp(ahead))).status, status, `${ahead}`);
});

test('MF-02: guesses lock the account, and knowing the password helps nobody to go on', async () => {
  const username = await person();
  const at = await toOtp(username);
  for (let i = 0; i < 3; i++) at.page = await send(at, '000000');
  const again = await toOtp(username, at.browser, { prompt: 'login' });
  again.page = await send(again, '000000');
  again.page = await send(again, totp());
  assert.match(again.page.text, /not correct/, 'locked and wrong look the same');
  assertError(await grant(username, totp()), 401, 'invalid_grant');
  const { failures } = await world.cli.json('user', 'show', '--realm', 'peru', '--username', username);
  assert.equal(failures, 4);
});

test('a code that is right clears the failures, as a password does', async () => {
  const username = await person();
  const at = await toOtp(username);
  at.page = await send(at, '000000');
  assert.ok((await send(at, totp())).callback.code);
  assert.equal((await world.cli.json('user', 'show', '--realm', 'peru', '--username', username)).failures, 0);
});

test('MF-02: a password alone, where a client asks for no more, takes no wrong code back', async () => {
  const username = await person();
  const at = await toOtp(username);
  at.page = await send(at, '000000');
  const failures = async () => (await world.cli.json('user', 'show', '--realm', 'peru', '--username', username)).failures;
  assert.equal(await failures(), 1);
  assert.equal((await (await easyClient()).password(username)).status, 200);
  assert.equal(await failures(), 1);
});

test('MF-05: a session that was made with the password alone does not pass for more elsewhere', async () => {
  const username = await person();
  const easy = await easyClient();
  const { browser } = await easy.login(username);
  assert.ok((await browser.authorize({ client_id: easy.clientId, prompt: 'none' })).callback.code, 'where it was made it is enough');
  assert.equal((await browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.error, 'login_required');
  const at = await toOtp(username, browser);
  assert.equal((await browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.error, 'login_required', 'half way');
  assert.ok((await send(at, totp())).callback.code);
  assert.ok((await browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.code, 'now it has shown both');
  await easy.login(username, { browser, prompt: 'login' });
  assert.equal((await browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.error, 'login_required', 'the last login counts');
});

test('MF-05: who is signed in when more is asked for is asked for it', async () => {
  const username = await person();
  const easy = await easyClient();
  const { browser } = await easy.login(username);
  const [{ id }] = await kc.clients.find({ clientId: easy.clientId });
  await kc.clients.update({ id }, { authenticationFlowBindingOverrides: { browser: '' } });
  assert.equal((await browser.authorize({ client_id: easy.clientId, prompt: 'none' })).callback.error, 'login_required');
  assert.ok((await send(await toOtp(username, browser, { client_id: easy.clientId }), totp())).callback.code);
});

test('PW-08, MF-04: a password is changed with all factors, at a client that asks for less, too', async () => {
  const easy = await easyClient();
  const parameters = { client_id: easy.clientId, kc_action: 'UPDATE_PASSWORD' };
  const next = 'a new password of hers';
  for (const [username, hasFactor] of [[await person(), true], [await plainPerson(), false]]) {
    const { browser } = await easy.login(username);
    let page = await browser.logIn(await browser.authorize(parameters), username);
    assert.equal(Boolean(otpForm(page)), hasFactor, page.text.slice(0, 1500));
    if (hasFactor) page = await browser.submit(page, otpForm(page), { otp: totp() });
    const done = await browser.submit(page, formById(page.text, 'kc-passwd-update-form'), { 'password-new': next, 'password-confirm': next });
    assert.equal(done.callback.kc_action_status, 'success', done.text);
  }
});

test('MF-04, PW-08: factors and addresses are changed in the account by who has shown all factors', async () => {
  const username = await person();
  const easy = await easyClient();
  const user = (await kc.users.find({ username }))[0];
  const { id } = (await kc.users.getCredentials({ id: user.id })).find((c) => c.type === 'otp');
  const account = (method, path, token, json) => request(`${server.realm('peru')}/account${path}`, { method, json, headers: bearer(token) });
  const remove = (token) => account('DELETE', `/credentials/${id}`, token);
  const { tokens, browser } = await easy.login(username);
  for (const token of [tokens.access_token, (await easy.password(username)).json.access_token]) {
    for (const reply of [await remove(token), await account('POST', '/', token, { email: 'stolen@example.pe' })]) {
      assert.equal(reply.status, 401, reply.text);
      assert.equal(reply.json.error, 'insufficient_user_authentication');
      assert.match(reply.json.error_description, /second factor/);
    }
  }
  assert.equal((await kc.users.getCredentials({ id: user.id })).some((c) => c.id === id), true);
  assert.ok((await send(await toOtp(username, browser), totp())).callback.code);
  const both = (await easy.redeem((await browser.authorize({ client_id: easy.clientId })).callback.code)).json.access_token;
  assert.equal((await remove(both)).status, 204);
});

test('AD-04, MF-04: who acts as the person needs none of her factors, and takes none away', async () => {
  const user = (await kc.users.find({ username: await person() }))[0];
  const browser = newBrowser();
  const made = await browser.get(`${server.origin}/admin/realms/peru/users/${user.id}/impersonation`, { method: 'POST', json: {}, headers: bearer(await world.token('ana', 'peru')) });
  assert.equal(made.status, 200, made.text);
  const easy = await easyClient();
  for (const client of [portal, easy]) {
    const { access_token } = (await client.redeem((await browser.authorize({ client_id: client.clientId })).callback.code)).json;
    assert.ok(access_token);
    if (client === portal) continue; // its tokens are not for the account
    const { id } = (await kc.users.getCredentials({ id: user.id })).find((c) => c.type === 'otp');
    assert.equal((await request(`${server.realm('peru')}/account/credentials/${id}`, { method: 'DELETE', headers: bearer(access_token) })).status, 403);
  }
  assert.ok(formById((await browser.authorize({ client_id: easy.clientId, kc_action: 'UPDATE_PASSWORD' })).text, 'kc-form-login'));
});

test('credentials of Keycloak: digits, period, algorithm, encoding and counters', async () => {
  const base32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'; // of SEED
  assert.equal((await grant(await person(otpCredential({ digits: 8, algorithm: 'HmacSHA512' })), totp(0, { digits: 8, hash: 'sha512' }))).status, 200);
  assert.equal((await grant(await person(otpCredential({ period: 60, algorithm: 'HmacSHA256' })), totp(0, { period: 60, hash: 'sha256' }))).status, 200);
  assert.equal((await grant(await person(otpCredential({ secretEncoding: 'BASE32' }, base32)), totp())).status, 200);
  const counting = await person(otpCredential({ subType: 'hotp', counter: 5 }));
  assertError(await grant(counting, hotp(4)), 401, 'invalid_grant');
  assert.equal((await grant(counting, hotp(6))).status, 200, 'one ahead');
  for (const counter of [5, 6]) assertError(await grant(counting, hotp(counter)), 401, 'invalid_grant');
  assert.equal((await grant(counting, hotp(7))).status, 200);
});

test('PW-01: a credential that is not understood lets nobody in, and asks all the same', async () => {
  const username = await person(otpCredential({ algorithm: 'MD5' }));
  assertError(await grant(username, totp()), 401, 'invalid_grant');
  const page = await send(await toOtp(username), totp());
  assert.ok(otpForm(page));
});

test('one of several devices is enough', async () => {
  const username = await person(otpCredential(), otpCredential({}, 'another secret of the person'));
  assert.equal((await grant(username, totp(0, { key: 'another secret of the person' }))).status, 200);
  assert.equal((await grant(username, totp(0, { key: SEED }))).status, 200);
});

test('WE-12: the page of the code is good for its browser, its person and its password', async () => {
  const username = await person();
  const at = await toOtp(username);
  const other = newBrowser();
  await other.authorize({ client_id: 'portal' });
  assertErrorPage(await send({ browser: other, page: at.page }, totp()));
  const done = await send(at, totp());
  assert.ok(done.callback.code);
  const late = await send(at, totp(1));
  assert.equal(codeOf(late), undefined, 'a page that is sent again finds the login spent');
  const changed = await person();
  const open = await toOtp(changed);
  await world.cli.withFile('another password of hers', (file) => world.cli.ok('user', 'password', '--realm', 'peru', '--username', changed, '--password-file', file));
  assert.equal(codeOf(await send(open, totp())), undefined);
});

test('a factor that comes between the password and the end is asked for', async () => {
  const username = await person(otpCredential({ subType: 'hotp' }));
  const { id } = (await kc.users.find({ username }))[0];
  await kc.users.update({ id }, { requiredActions: ['UPDATE_PASSWORD'] });
  const at = await toOtp(username);
  const action = await send(at, hotp(0));
  const form = formById(action.text, 'kc-passwd-update-form');
  assert.ok(form, action.text.slice(0, 1500));
  const next = 'a new password of hers';
  assert.ok((await at.browser.submit(action, form, { 'password-new': next, 'password-confirm': next })).callback.code);
});

test('the Admin API lists it and takes it away, and then the password is enough', async () => {
  const username = await person();
  const user = (await kc.users.find({ username }))[0];
  assert.equal(user.totp, true);
  const credential = (await kc.users.getCredentials({ id: user.id })).find((c) => c.type === 'otp');
  assert.equal(JSON.stringify(credential).includes(SEED), false, 'MF-09: the seed is not shown');
  await kc.users.deleteCredential({ id: user.id, credentialId: credential.id });
  assert.equal((await portal.password(username)).status, 200);
});

test('MF-09, OT-05: seeds are sealed, and a step that was used stays used after kill -9', async () => {
  const username = await person(otpCredential({}, 'canary-of-a-seed-in-the-file'));
  const code = totp(0, { key: 'canary-of-a-seed-in-the-file' });
  assert.equal((await grant(username, code)).status, 200);
  await server.crash();
  await server.launch();
  assertError(await grant(username, code), 401, 'invalid_grant');
  assert.doesNotMatch(server.log, /canary-of-a-seed/);
});

test('every language has the page, and a change of it keeps the place', async () => {
  const at = await toOtp(await person());
  const form = formById(at.page.text, 'kc-locale-form');
  const spanish = await at.browser.submit(at.page, form, { kc_locale: 'es' });
  assert.match(spanish.text, /Código de un solo uso/);
  assert.ok((await send({ browser: at.browser, page: spanish }, totp())).callback.code);
});
