// People set up one-time passwords themselves, at a login: the required action CONFIGURE_TOTP (MF-04, MF-09, WE-12).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import jsQR from 'jsqr';
import { AdminWorld } from './lib/admin.mjs';
import { formById } from './lib/html.mjs';
import { assertError, assertErrorPage, Browser, PASSWORD } from './lib/oidc.mjs';
import { base32, codeFor, holder, hotp, otpCredential, secretOf, setupForm, totp } from './lib/otp.mjs';
import { filesIn, sleep } from './lib/server.mjs';

let world, server, portal, kc, n = 0;
before(async () => {
  world = await AdminWorld.open({ realm: { bruteForceProtected: true, failureFactor: 4, waitIncrementSeconds: 600, quickLoginCheckMilliSeconds: 0 } });
  server = world.server;
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  kc = await world.client('ana', 'peru');
});
after(() => world.close());

const ACTION = 'CONFIGURE_TOTP';
async function person({ requiredActions = [ACTION], credentials = [], ...values } = {}) {
  const username = `rosa${n++}`;
  const { id } = await kc.users.create({ ...holder(username, ...credentials), requiredActions, ...values });
  return { username, id };
}
const newBrowser = () => new Browser(server, 'peru');
const otpForm = (page) => formById(page.text, 'kc-otp-login-form');
const otpsOf = async ({ id }) => (await kc.users.getCredentials({ id })).filter((c) => c.type === 'otp');
const actionsOf = async ({ id }) => (await kc.users.findOne({ id })).requiredActions;
const events = async (who, type) => (await world.cli.json('audit', 'list', '--realm', 'peru', '--type', type)).filter((e) => e.actor?.user_id === who.id || JSON.stringify(e).includes(who.id));

// A login as far as the page that shows a new secret.
async function toSetup(who, { browser = newBrowser(), ...parameters } = {}) {
  const page = await browser.logIn(await browser.authorize({ client_id: 'portal', ...parameters }), who.username);
  assert.ok(setupForm(page), `the page for a new device is expected: ${page.status} ${page.location} ${page.text.slice(0, 1500)}`);
  return { browser, page };
}
const send = ({ browser, page }, code, fields = {}) => browser.submit(page, setupForm(page), { totp: code, ...fields });
const finish = (at, fields) => send(at, codeFor(at.page), fields);
const cancel = ({ browser, page }) => browser.submit(page, setupForm(page), { 'cancel-aia': 'true' });
const assertDone = (page) => assert.ok(page.isRedirect && page.callback.code, `${page.status} ${page.location} ${page.text.slice(0, 1500)}`);
async function signIn(who, code, browser = newBrowser()) {
  const page = await browser.logIn(await browser.authorize({ client_id: 'portal' }), who.username);
  assert.ok(otpForm(page), page.text.slice(0, 1500));
  return browser.submit(page, otpForm(page), { otp: code });
}

// What a telephone reads off the page: the squares of the path, drawn and decoded.
function scan(page) {
  const [, size, path] = page.text.match(/<svg[^>]* id="kc-totp-secret-qr-code"[^>]* viewBox="0 0 (\d+) \d+"[\s\S]*? d="([^"]+)"/);
  const scale = 4, side = size * scale, pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let row = y * scale; row < (Number(y) + 1) * scale; row++)
      for (let column = x * scale; column < (Number(x) + Number(run)) * scale; column++) pixels.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3);
  return new URL(jsQR(pixels, side, side).data);
}

test('somebody who is asked to sets a device up, and signs in with it from then on', async () => {
  const who = await person();
  const at = await toSetup(who);
  assert.match(at.page.headers['cache-control'], /no-store/);
  assert.doesNotMatch(at.page.headers['content-security-policy'], /data:|unsafe/);
  assert.match(secretOf(at.page), /^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/, '160 bits in groups of four');
  assert.deepEqual(await otpsOf(who), [], 'nothing is stored before a right code');
  assertDone(await finish(at, { userLabel: 'my telephone' }));
  const [device] = await otpsOf(who);
  assert.equal(device.userLabel, 'my telephone');
  assert.deepEqual(await actionsOf(who), []);
  assert.ok((await at.browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.code, 'the session vouches for both factors');
  assertDone(await signIn(who, codeFor(at.page, 1)));
  const [event] = (await events(who, 'OtpConfigured'));
  assert.ok(event, 'it is in the audit chain');
  assert.ok((await kc.realms.findEvents({ realm: 'peru', type: 'UPDATE_TOTP' })).some((e) => e.userId === who.id));
});

test('MF-01, OT-05: the code that set a device up signs nobody in, also after kill -9', async () => {
  const who = await person();
  const at = await toSetup(who);
  const code = codeFor(at.page);
  assertDone(await send(at, code));
  assert.ok(otpForm(await signIn(who, code)));
  assertError(await portal.password(who.username, PASSWORD, { totp: code }), 401, 'invalid_grant');
  await server.crash();
  await server.launch();
  assertError(await portal.password(who.username, PASSWORD, { totp: code }), 401, 'invalid_grant');
});

test('a right code after a restart of the server: the page holds all that is known', async () => {
  const who = await person();
  const at = await toSetup(who);
  await server.crash();
  await server.launch();
  assertDone(await finish(at));
  assert.equal((await otpsOf(who)).length, 1);
});

test('the QR code says what the page says', async () => {
  await world.setRealm({ displayName: 'Municipalidad: de Lima' });
  const who = await person();
  const { page } = await toSetup(who);
  const uri = scan(page);
  assert.equal(uri.protocol + uri.host, 'otpauth:totp');
  assert.equal(decodeURIComponent(uri.pathname), `/Municipalidad  de Lima:${who.username}`, 'a colon of a name parts nothing');
  assert.deepEqual(Object.fromEntries(uri.searchParams), { secret: secretOf(page).replaceAll(' ', ''), digits: '6', algorithm: 'SHA1', issuer: 'Municipalidad  de Lima', period: '30' });
  await world.setRealm({ displayName: '' });
});

test('MF-09: the longest names still fit the image', async () => {
  await world.setRealm({ displayName: 'ñ'.repeat(127) });
  const who = { username: `${'ñandú'.repeat(50)}${n++}` };
  who.id = (await kc.users.create({ ...holder(who.username), requiredActions: [ACTION] })).id;
  const at = await toSetup(who);
  assert.ok(decodeURIComponent(scan(at.page).pathname).startsWith('/ññ'));
  assertDone(await finish(at));
  await world.setRealm({ displayName: '' });
});

test('the policy of the realm is that of the device, as it was when the page was made', async () => {
  await world.setRealm({ otpPolicyAlgorithm: 'HmacSHA256', otpPolicyDigits: 8, otpPolicyPeriod: 60 });
  const who = await person();
  const at = await toSetup(who);
  assert.deepEqual([scan(at.page).searchParams.get('algorithm'), scan(at.page).searchParams.get('digits'), scan(at.page).searchParams.get('period')], ['SHA256', '8', '60']);
  await world.setRealm({ otpPolicyAlgorithm: 'HmacSHA1', otpPolicyDigits: 6, otpPolicyPeriod: 30 });
  const policy = { digits: 8, hash: 'sha256', period: 60 };
  assertDone(await send(at, codeFor(at.page, 0, policy)));
  assertDone(await signIn(who, codeFor(at.page, 1, policy)));
});

test('a device that counts', async () => {
  await world.setRealm({ otpPolicyType: 'hotp', otpPolicyInitialCounter: 3 });
  const who = await person();
  const at = await toSetup(who);
  await world.setRealm({ otpPolicyType: 'totp', otpPolicyInitialCounter: 0 });
  const key = base32(secretOf(at.page));
  assert.match(scan(at.page).href, /^otpauth:\/\/hotp\/.*&counter=3$/);
  assert.match(at.page.text, /id="kc-totp-counter">3</);
  at.page = await send(at, hotp(2, { key }));
  assertDone(await send(at, hotp(4, { key })));
  assert.ok(otpForm(await signIn(who, hotp(4, { key }))));
  assertDone(await signIn(who, hotp(5, { key })));
});

test('a wrong code stores nothing, keeps the secret, the name and the tick, and is an event', async () => {
  const who = await person();
  const at = await toSetup(who);
  const again = await send(at, '000000', { userLabel: 'blue <one>' });
  assert.match(again.text, /id="input-error"[^>]*>The code is not correct/);
  assert.match(again.text, /value="blue &lt;one&gt;"/);
  assert.doesNotMatch(again.text, /id="logout-sessions"[^>]* checked/, 'as it was sent');
  assert.equal(secretOf(again), secretOf(at.page));
  assert.deepEqual(await otpsOf(who), []);
  assert.deepEqual(await actionsOf(who), [ACTION]);
  const [failed] = await events(who, 'OtpConfigurationFailed');
  assert.equal(failed.data.error, 'invalid_user_credentials');
  for (const code of ['', '12345', '1234567', 'abcdef', codeFor(again, 5)]) assert.ok(setupForm(await send({ ...at, page: again }, code).catch((e) => assert.fail(e))), code);
});

test('MF-02: wrong codes count and lock, and locked looks like wrong', async () => {
  const who = await person();
  const at = await toSetup(who);
  for (let i = 0; i < 4; i++) at.page = await send(at, '000000');
  assert.equal((await world.cli.json('user', 'show', '--realm', 'peru', '--username', who.username)).failures, 4);
  at.page = await finish(at);
  assert.match(at.page.text, /The code is not correct/);
  assert.deepEqual(await otpsOf(who), []);
});

test('MF-02: one secret stands ten wrong codes, also in a realm that locks nobody', async () => {
  await world.setRealm({ bruteForceProtected: false });
  const who = await person();
  const at = await toSetup(who);
  const first = at.page; // each try on a page of its own, or all on one
  for (let i = 0; i < 10; i++) at.page = await send({ ...at, page: i % 2 ? at.page : first }, '000000');
  for (const page of [at.page, first]) assertErrorPage(await finish({ ...at, page }));
  assert.deepEqual(await otpsOf(who), []);
  assertDone(await finish(await toSetup(who, { browser: at.browser })));
  await world.setRealm({ bruteForceProtected: true });
});

test('an empty code is no guess', async () => {
  const who = await person();
  const page = await send(await toSetup(who), '');
  assert.match(page.text, /Type the code that the app shows\./);
  assert.equal((await world.cli.json('user', 'show', '--realm', 'peru', '--username', who.username)).failures, 0);
});

test('WE-12: the action is not left out by a new request, another page or the password grant', async () => {
  const who = await person();
  const { browser } = await toSetup(who);
  assert.equal((await browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.error, 'login_required');
  assert.ok(formById((await browser.authorize({ client_id: 'portal' })).text, 'kc-form-login'));
  assertError(await portal.password(who.username), 400, 'invalid_grant', /not fully set up/);
  const at = await toSetup(who, { browser });
  const state = setupForm(at.page).fields.state;
  for (const path of ['otp', 'consent', 'required-action', 'verify-email', 'authenticate']) {
    const page = await browser.submit(at.page, { ...setupForm(at.page), action: `${server.realm('peru')}/login-actions/${path}` }, { state, accept: 'accept', otp: codeFor(at.page), 'password-new': 'x', username: who.username, password: PASSWORD });
    assert.equal(page.isRedirect && page.callback?.code, false, path);
  }
  const refused = await cancel(at);
  assert.ok(setupForm(refused), 'what the server asks for cannot be declined');
  assert.deepEqual(await otpsOf(who), []);
});

test('WE-02, WE-05: the page is good for its browser and its person alone', async () => {
  const who = await person();
  const at = await toSetup(who);
  const other = newBrowser();
  await other.authorize({ client_id: 'portal' });
  assertErrorPage(await send({ browser: other, page: at.page }, codeFor(at.page)));
  const cross = await at.browser.submit(at.page, setupForm(at.page), { totp: codeFor(at.page) }, { headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } });
  assertErrorPage(cross);
  // Somebody else signs in at this browser meanwhile: the device stays hers whose page it is.
  const eva = await person({ requiredActions: [] });
  await portal.login(eva.username, { browser: at.browser });
  await finish(at);
  assert.deepEqual([(await otpsOf(eva)).length, (await otpsOf(who)).length], [0, 1]);
});

test('a second tab has a secret of its own, and is of no use once the first is through', async () => {
  const who = await person();
  const one = await toSetup(who);
  const two = await toSetup(who, { browser: one.browser });
  assert.notEqual(secretOf(one.page), secretOf(two.page));
  const late = await toSetup(who); // in another browser
  assertDone(await finish(two));
  assert.ok(otpForm(await finish(late)), 'the device that there is now is asked for');
  await finish(one);
  assert.equal((await otpsOf(who)).length, 1);
  await finish(two);
  assert.equal((await otpsOf(who)).length, 1, 'a page that is sent again sets nothing up');
});

test('WE-12: sent again before the login is at its end, the page sets nothing up', async () => {
  await world.addClient('careful', { values: { consentRequired: true } });
  const who = await person();
  const at = await toSetup(who, { client_id: 'careful' });
  const consent = await finish(at);
  assert.ok(formById(consent.text, 'kc-consent-form'), consent.text.slice(0, 1500));
  assert.ok(otpForm(await finish(at)), 'the device that there is now is asked for');
  assert.equal((await otpsOf(who)).length, 1);
  assertDone(await at.browser.consent(consent));
  // By who has shown a device: the secret of the page is spent, whatever became of its credential.
  const browser = newBrowser();
  let page = await browser.logIn(await browser.authorize({ client_id: 'careful', kc_action: ACTION, prompt: 'consent' }), who.username);
  page = await browser.submit(page, otpForm(page), { otp: codeFor(at.page, 1) });
  const again = { browser, page };
  assert.ok(formById((await finish(again, { userLabel: 'second' })).text, 'kc-consent-form'));
  for (const device of await otpsOf(who)) await kc.users.deleteCredential({ id: who.id, credentialId: device.id });
  assertErrorPage(await send(again, codeFor(page, 1), { userLabel: 'second' }));
  assert.deepEqual(await otpsOf(who), []);
});

test('of 20 right codes at once one sets the device up', async () => {
  await world.setRealm({ failureFactor: 1000 });
  const who = await person();
  const at = await toSetup(who);
  await Promise.all(Array.from({ length: 20 }, () => finish(at)));
  await world.setRealm({ failureFactor: 4 });
  assert.equal((await otpsOf(who)).length, 1);
});

test('kc_action: a person adds a device with the password and the device that there is', async () => {
  const who = await person({ requiredActions: [], credentials: [otpCredential()] });
  const browser = newBrowser();
  let page = await browser.logIn(await browser.authorize({ client_id: 'portal', kc_action: ACTION }), who.username);
  page = await browser.submit(page, otpForm(page), { otp: totp() });
  assert.match(page.text, /id="userLabel"[^>]* required/);
  const at = { browser, page };
  at.page = await finish(at);
  assert.match(at.page.text, /Give the device a name/);
  const done = await finish(at, { userLabel: 'second' });
  assert.deepEqual([done.callback.kc_action, done.callback.kc_action_status], [ACTION, 'success']);
  assert.equal((await otpsOf(who)).length, 2);
  assertDone(await signIn(who, codeFor(at.page, 1)));
  // No two of one name.
  page = await browser.logIn(await browser.authorize({ client_id: 'portal', kc_action: ACTION }), who.username);
  page = await browser.submit(page, otpForm(page), { otp: totp(1) });
  assert.match((await finish({ browser, page }, { userLabel: 'second' })).text, /of this name already/);
});

test('PW-08: a session is not enough to add a device; the same person signs in again', async () => {
  const who = await person({ requiredActions: [] });
  const { browser } = await portal.login(who.username);
  assert.equal((await browser.authorize({ client_id: 'portal', kc_action: ACTION, prompt: 'none' })).callback.error, 'login_required');
  const at = await toSetup(who, { browser, kc_action: ACTION });
  const declined = await cancel(at);
  assert.deepEqual([declined.callback.kc_action_status, Boolean(declined.callback.code)], ['cancelled', true]);
  assert.deepEqual(await otpsOf(who), []);
});

test('MF-04: no device joins another one that was not shown, at a client that asks for less, too', async () => {
  await kc.authenticationManagement.copyFlow({ flow: 'browser', newName: 'password only' });
  for (const e of await kc.authenticationManagement.getExecutions({ flow: 'password only' }))
    if (/otp/i.test(`${e.displayName} ${e.providerId ?? ''}`)) await kc.authenticationManagement.updateExecution({ flow: 'password only' }, { ...e, requirement: 'DISABLED' });
  await world.setRealm({ browserFlow: 'password only' });
  try {
    const who = await person({ credentials: [otpCredential()] });
    const browser = newBrowser();
    const page = await browser.logIn(await browser.authorize({ client_id: 'portal' }), who.username);
    assert.ok(otpForm(page), page.text.slice(0, 1500));
    assert.ok(setupForm(await browser.submit(page, otpForm(page), { otp: totp() })));
  } finally { await world.setRealm({ browserFlow: 'browser' }); }
});

test('other sessions end when that is ticked, and this one stays', async () => {
  for (const tick of [undefined, 'on']) {
    const who = await person({ requiredActions: [] });
    const elsewhere = await portal.login(who.username);
    const here = await portal.login(who.username);
    assert.match((await toSetup(who, { kc_action: ACTION })).page.text, /id="logout-sessions"[^>]* checked/);
    assertDone(await finish(await toSetup(who, { browser: here.browser, kc_action: ACTION }), { 'logout-sessions': tick }));
    assert.equal(await portal.isActive(elsewhere.tokens.access_token), !tick);
    assert.equal(await portal.isActive(here.tokens.access_token), true);
    // What was shown to it before is the password alone.
    if (!tick) assert.equal((await elsewhere.browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.error, 'login_required');
  }
});

test('other actions and consent come before or after it, in the order of the realm', async () => {
  const who = await person({ requiredActions: ['UPDATE_PASSWORD', ACTION] });
  const at = await toSetup(who);
  const page = await finish(at);
  const form = formById(page.text, 'kc-passwd-update-form');
  assert.ok(form, page.text.slice(0, 1500));
  const next = 'a new password of hers';
  assertDone(await at.browser.submit(page, form, { 'password-new': next, 'password-confirm': next }));
  await kc.authenticationManagement.lowerRequiredActionPriority({ alias: ACTION });
  await kc.authenticationManagement.lowerRequiredActionPriority({ alias: ACTION });
  const eva = await person({ requiredActions: ['UPDATE_PASSWORD', ACTION] });
  const browser = newBrowser();
  const first = await browser.logIn(await browser.authorize({ client_id: 'portal' }), eva.username);
  const then = await browser.submit(first, formById(first.text, 'kc-passwd-update-form'), { 'password-new': next, 'password-confirm': next });
  assertDone(await finish({ browser, page: then }));
  for (const alias of [ACTION, ACTION]) await kc.authenticationManagement.raiseRequiredActionPriority({ alias });
});

test('WE-03: a password that changes, and a person that is switched off, end the page', async () => {
  const changed = await person();
  const at = await toSetup(changed);
  await kc.users.resetPassword({ id: changed.id, credential: { type: 'password', value: 'another password of hers', temporary: false } });
  assert.ok(formById((await finish(at)).text, 'kc-form-login'));
  const off = await person();
  const open = await toSetup(off);
  await kc.users.update({ id: off.id }, { enabled: false });
  assert.ok(formById((await finish(open)).text, 'kc-form-login'));
  assert.deepEqual([await otpsOf(changed), await otpsOf(off)], [[], []]);
});

test('OT-06, WE-03: who is logged out everywhere is it at the pages of a login, too', async () => {
  const who = await person(), at = await toSetup(who);
  const waiting = await person({ requiredActions: ['UPDATE_PASSWORD'] }), browser = newBrowser();
  const page = await browser.logIn(await browser.authorize({ client_id: 'portal' }), waiting.username);
  await sleep(1100); // the moment counts in seconds
  await kc.users.logout({ id: who.id });
  await kc.users.logout({ id: waiting.id });
  assert.ok(formById((await finish(at)).text, 'kc-form-login'), 'he shows his password again');
  assert.deepEqual(await otpsOf(who), []);
  const ended = await browser.submit(page, formById(page.text, 'kc-passwd-update-form'), { 'password-new': 'another password of hers', 'password-confirm': 'another password of hers' });
  assert.ok(formById(ended.text, 'kc-form-login'), ended.text);
  assertDone(await finish(await toSetup(who)));
});

test('a realm whose flow wants a code of everybody has those set one up who have none', async () => {
  await kc.authenticationManagement.copyFlow({ flow: 'browser', newName: 'strict' });
  for (const e of await kc.authenticationManagement.getExecutions({ flow: 'strict' }))
    if (/Conditional OTP/.test(e.displayName)) await kc.authenticationManagement.updateExecution({ flow: 'strict' }, { ...e, requirement: 'REQUIRED' });
  await kc.authenticationManagement.copyFlow({ flow: 'direct grant', newName: 'strict grant' });
  for (const e of await kc.authenticationManagement.getExecutions({ flow: 'strict grant' }))
    if (/Conditional OTP/.test(e.displayName)) await kc.authenticationManagement.updateExecution({ flow: 'strict grant' }, { ...e, requirement: 'REQUIRED' });
  const who = await person({ requiredActions: [] });
  const { browser } = await portal.login(who.username);
  await world.setRealm({ browserFlow: 'strict', directGrantFlow: 'strict grant' });
  try {
    assert.equal((await browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.error, 'login_required', 'MF-05');
    assertError(await portal.password(who.username), 400, 'invalid_grant', /not fully set up/);
    const at = await toSetup(who, { browser });
    assertDone(await finish(at));
    assertDone(await signIn(who, codeFor(at.page, 1)));
    // As Keycloak: without the action nobody can do what the flow wants.
    await kc.authenticationManagement.updateRequiredAction({ alias: ACTION }, { alias: ACTION, name: 'Configure OTP', providerId: ACTION, enabled: false, defaultAction: false, priority: 10, config: {} });
    const nobody = await person({ requiredActions: [] });
    const b = newBrowser();
    const page = await b.logIn(await b.authorize({ client_id: 'portal' }), nobody.username);
    assertErrorPage(page);
  } finally {
    await world.setRealm({ browserFlow: 'browser', directGrantFlow: 'direct grant' });
    await kc.authenticationManagement.updateRequiredAction({ alias: ACTION }, { alias: ACTION, name: 'Configure OTP', providerId: ACTION, enabled: true, defaultAction: false, priority: 10, config: {} });
  }
});

test('MF-04: a flow that takes a key or a code of everybody lets nobody who has a key set up a code in its place', async () => {
  const newName = 'key or code';
  await kc.authenticationManagement.copyFlow({ flow: 'browser', newName });
  const subflow = (await kc.authenticationManagement.getExecutions({ flow: newName })).find((e) => /Conditional OTP/.test(e.displayName)).displayName;
  await kc.authenticationManagement.addExecutionToFlow({ flow: subflow, provider: 'webauthn-authenticator' });
  for (const e of await kc.authenticationManagement.getExecutions({ flow: newName })) {
    const requirement = { 'auth-otp-form': 'ALTERNATIVE', 'webauthn-authenticator': 'ALTERNATIVE' }[e.providerId] ?? (e.displayName === subflow && 'REQUIRED');
    if (requirement) await kc.authenticationManagement.updateExecution({ flow: newName }, { ...e, requirement });
  }
  await world.setRealm({ browserFlow: newName });
  try {
    const key = { type: 'webauthn', secretData: '{}', credentialData: '{"credentialId":"AAAA","attestationStatementFormat":"none"}' };
    const [holds, none] = [await person({ requiredActions: [], credentials: [key] }), await person({ requiredActions: [] })];
    assert.equal((await kc.users.getCredentials({ id: holds.id })).length, 2);
    const browser = newBrowser();
    assertErrorPage(await browser.logIn(await browser.authorize({ client_id: 'portal' }), holds.username));
    assertDone(await finish(await toSetup(none)));
  } finally { await world.setRealm({ browserFlow: 'browser' }); }
});

test('a default action is asked of everybody who is made from then on', async () => {
  const set = (defaultAction) => kc.authenticationManagement.updateRequiredAction({ alias: ACTION }, { alias: ACTION, name: 'Configure OTP', providerId: ACTION, enabled: true, defaultAction, priority: 10, config: {} });
  await set(true);
  const username = `rosa${n++}`;
  await world.addUser(username);
  await set(false);
  assertDone(await finish(await toSetup({ username })));
});

test('MF-09: secrets are in no log, event or address, and sealed in the file', async () => {
  const who = await person();
  const at = await toSetup(who);
  const key = secretOf(at.page).replaceAll(' ', '');
  at.page = await send(at, '000000');
  const done = await finish(at);
  assert.equal(done.location.includes(key), false);
  assert.equal(server.log.includes(key), false);
  assert.equal(JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000')).includes(key), false);
  assert.equal(JSON.stringify(await otpsOf(who)).includes(key), false);
  for (const file of filesIn(server.data)) assert.equal(readFileSync(file).includes(key), false, file);
});

test('three languages, and a change of it keeps the secret', async () => {
  const at = await toSetup(await person());
  for (const [kc_locale, words] of [['es', /Configure los códigos de un solo uso/], ['pt', /Configure os códigos de uso único/], ['en', /Set up one-time codes/]]) {
    const next = await at.browser.submit(at.page, formById(at.page.text, 'kc-locale-form'), { kc_locale });
    assert.match(next.text, words);
    assert.equal(secretOf(next), secretOf(at.page));
    at.page = next;
  }
  assertDone(await finish(at));
});
