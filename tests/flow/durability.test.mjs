// kill -9 in the middle of work, hundreds of times: what was answered is true afterwards, what was not
// is wholly there or not at all, and nothing that was spent is good again (OT-05). lib/history.mjs
// compares; GARITA_CRASH_ROUNDS says how often.
import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { forms } from './lib/html.mjs';
import { AdminWorld } from './lib/admin.mjs';
import { Gone, History, keyRing, login, once, register } from './lib/history.mjs';
import { OneTimeCodes } from './lib/otp.mjs';
import { RELEASE_BIN, sleep, until } from './lib/server.mjs';
import { Browser, PASSWORD, random, REDIRECT } from './lib/oidc.mjs';
import { request } from './lib/http.mjs';
import { linkOf, MailServer } from './lib/smtp.mjs';

const ROUNDS = Number(process.env.GARITA_CRASH_ROUNDS ?? 300);
const LEAST_ANSWERS = 10; // before a kill
const CHECK_EVERY = 20; // rounds between two looks at the chain and all realms
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const READERS = 3; // people who get mails
let world, server, portal, pair, issuer, mails;
const history = new History();
let on = false; // the server has not been killed in this round yet
let n = 0;

before(async () => {
  mails = await MailServer.start({ disabledCommands: ['STARTTLS'] });
  world = await AdminWorld.open({
    bin: RELEASE_BIN, args: ['--sweep-interval', '5', '--fetch-networks', '127.0.0.0/8'],
    // neither hashing nor RSA is what is tested here
    realm: { bruteForceProtected: false, defaultSignatureAlgorithm: 'ES256', passwordPolicy: 'hashAlgorithm(pbkdf2-sha512) and hashIterations(1000)' },
  });
  server = world.server;
  issuer = server.realm('peru');
  for (let i = 0; i < 3; i++) await world.addUser(`user${i}`);
  await codes.addHolders(world);
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true, 'attributes.oauth2.device.authorization.grant.enabled': 'true' } });
  await world.cli.ok('keys', 'rotate', '--realm', 'peru', '--alg', 'ES256');
  pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), alg: 'ES256', use: 'sig', kid: 'k1' };
  await world.addClient('keyed', {
    serviceAccount: true, values: { clientAuthenticatorType: 'client-jwt', 'attributes.use.jwks.string': 'true', 'attributes.jwks.string': JSON.stringify({ keys: [jwk] }) },
  });
});
after(async () => { await world.close(); await mails.close(); });

const some = (list, count) => [...list].sort(() => Math.random() - 0.5).slice(0, count);
const chance = (p) => Math.random() < p;

// A reply, or Gone: nobody knows.
async function reply(call) {
  const got = await call().catch(() => { throw new Gone(); });
  assert.ok(got.status < 500, `${got.status}: ${got.text}`);
  return got;
}
// What a token request told: tokens, or false for the protocol's refusal.
async function tokens(call) {
  const got = await reply(call);
  if (got.status === 200) return { refresh: got.json.refresh_token, access: got.json.access_token };
  assert.equal(got.json.error, 'invalid_grant', got.text);
  return false;
}
const fine = async (call) => {
  const got = await reply(call);
  assert.ok(got.status < 300, got.text);
  return true;
};
// A command; one that fails has lost its server.
async function command(...args) {
  const result = await server.cli.run([...args, '--json']);
  if (result.status === 0) return result.stdout === '' ? {} : JSON.parse(result.stdout);
  if (/there is no/.test(result.stderr)) return null;
  assert.equal(on, false, `garita ${args.join(' ')}: ${result.stderr}`);
  throw new Gone();
}
// Both run to their end, whatever becomes of the other.
async function atOnce(...calls) {
  const results = await Promise.allSettled(calls.map((call) => call()));
  const failed = results.find((r) => r.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((r) => r.value);
}

// --- Logins by password: refresh, revoke, log out ---

const refresh = (object, token) => object.ask({ kind: 'refresh', token }, () => tokens(() => portal.refresh(token)));
const active = (object, token) => object.ask({ kind: 'active', token }, async () => (await reply(() => portal.introspect(token))).json.active);

async function useLogin(round, user) {
  const object = history.object(`login ${n++} of ${user}`, login);
  const one = { object, old: [] };
  round.logins.push(one);
  one.last = await object.ask({ kind: 'grant' }, () => tokens(() => portal.password(user)));
  for (let i = 0; i < 3 && on; i++) {
    const token = one.last.refresh;
    const replies = await atOnce(...Array.from({ length: chance(0.15) ? 2 : 1 }, () => () => refresh(object, token)));
    one.old.push(token);
    const next = replies.find((r) => r);
    if (!next || replies.length > 1) return; // two at once: all is over
    one.last = next;
  }
  const token = one.last.refresh;
  if (chance(0.3)) await object.ask({ kind: 'revoke', token }, () => fine(() => portal.revoke(token)));
  else if (chance(0.4)) await object.ask({ kind: 'logout', token }, () => fine(() => portal.post('/logout', { refresh_token: token })));
}

async function lookAtLogin({ object, last, old }) {
  if (last) await active(object, last.access);
  if (last && chance(0.7)) await refresh(object, last.refresh);
  for (const token of some(old, 1)) await refresh(object, token);
  if (last) await active(object, last.access);
}

// --- A browser: codes without a page, redeemed once or by two at once ---

let browserLogin; // {object, browser}
async function enter() {
  const object = history.object(`browser ${n++}`, login);
  const browser = new Browser(server, 'peru');
  await object.ask({ kind: 'enter' }, async () => Boolean((await browser.obtain({ client_id: 'portal' }, 'user0').catch(() => { throw new Gone(); })).callback.code));
  browserLogin = { object, browser };
}
const silentCode = ({ object, browser }) => object.ask({ kind: 'code' }, async () => {
  const page = await reply(() => browser.authorize({ client_id: 'portal', prompt: 'none' }));
  return page.callback.code ?? false;
});
const redeem = ({ object }, code) => object.ask({ kind: 'redeem', code }, () => tokens(() => portal.redeem(code)));

async function useCode(round) {
  if (!browserLogin) await enter();
  let mine = round.browsers.find((b) => b.object === browserLogin.object);
  if (!mine) round.browsers.push(mine = { ...browserLogin, codes: [] });
  const code = await silentCode(mine);
  mine.codes.push(code);
  if (chance(0.1)) return; // for later
  const replies = await atOnce(...Array.from({ length: chance(0.1) ? 2 : 1 }, () => () => redeem(mine, code)));
  mine.last = replies.find((r) => r) || mine.last;
}

async function lookAtBrowser(one) {
  await silentCode(one);
  if (one.last) await active(one.object, one.last.access);
  if (chance(0.6)) return;
  for (const code of some(one.codes, 3)) await redeem(one, code);
  if (one.last) await refresh(one.object, one.last.refresh);
  if (one.object === browserLogin?.object) browserLogin = undefined;
}

// --- Assertions of a client ---

const useAssertion = (object, client_assertion) => object.ask({ kind: 'use' }, async () => {
  const form = { grant_type: 'client_credentials', client_assertion, client_assertion_type: ASSERTION_TYPE };
  const got = await reply(() => portal.bare(form));
  assert.ok([200, 400, 401].includes(got.status), got.text);
  return got.status === 200;
});
async function useAssertions(round) {
  const now = Math.floor(Date.now() / 1000);
  const text = await new SignJWT({ iss: 'keyed', sub: 'keyed', aud: issuer, jti: random(), iat: now, exp: now + 60 })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(pair.privateKey);
  const object = history.object(`assertion ${n++}`, once);
  round.assertions.push({ object, text });
  await atOnce(...Array.from({ length: chance(0.3) ? 2 : 1 }, () => () => useAssertion(object, text)));
}

// --- Pushed requests, opened by a browser that is signed in ---

let signedIn; // nobody ends its session

async function push() {
  const got = await reply(() => portal.post('/ext/par/request', { response_type: 'code', scope: 'openid', redirect_uri: REDIRECT }));
  assert.equal(got.status, 201, got.text);
  return got.json.request_uri;
}
const openPushed = (object, uri) => object.ask({ kind: 'use' }, async () => {
  const { browser } = signedIn;
  const page = await reply(() => browser.get(`${browser.endpoint}/auth?${new URLSearchParams({ client_id: 'portal', request_uri: uri })}`));
  assert.ok(page.isRedirect ? page.callback.code : page.status === 400, `${page.status} ${page.location}`);
  return page.isRedirect;
});
// --- Devices, let in by the same browser ---

const pollDevice = (object, device_code) => object.ask({ kind: 'use' }, async () => {
  const got = await reply(() => portal.token({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code }));
  assert.ok(got.status === 200 || got.json.error === 'invalid_grant', got.text);
  return got.status === 200;
});
async function useDevice(round) {
  const asked = (await reply(() => portal.post('/auth/device', { scope: 'openid' }))).json;
  const { browser } = signedIn;
  const consent = await reply(() => browser.typeDeviceCode(asked.user_code));
  const done = await reply(() => browser.consent(consent));
  assert.equal(done.status, 200, done.text);
  const object = history.object(`device ${n++}`, once);
  round.devices.push({ object, code: asked.device_code });
  if (chance(0.1)) return; // for later
  await atOnce(...Array.from({ length: chance(0.3) ? 2 : 1 }, () => () => pollDevice(object, asked.device_code)));
}

// --- Links of mails, of a person each ---

let readers, adminToken;
async function prepareReaders() {
  const kc = await world.client('ana', 'peru');
  await kc.realms.update({ realm: 'peru' }, { accessTokenLifespan: 86400, smtpServer: { host: 'localhost', port: String(mails.port), from: 'login@example.pe' } });
  adminToken = await world.token('ana', 'peru');
  readers = await Promise.all(Array.from({ length: READERS }, (_, i) => kc.users.create({ username: `reader${i}`, enabled: true, email: `reader${i}@example.pe` })));
}
const followLink = (object, key) => object.ask({ kind: 'use' }, async () => {
  const headers = { Origin: server.origin, 'Sec-Fetch-Site': 'same-origin' };
  const got = await reply(() => request(`${issuer}/login-actions/action-token`, { headers, form: { key } }));
  assert.ok(got.status === 200 || got.status === 400, got.text);
  return got.status === 200;
});
// Mailed before the load: a server that is killed meanwhile leaves it open which link is the last.
async function prepareLinks(round) {
  await Promise.all(readers.map(async ({ id }, at) => {
    const sent = await world.call('PUT', `/realms/peru/users/${id}/send-verify-email`, { token: adminToken });
    assert.equal(sent.status, 204, sent.text);
    const key = new URL(linkOf(await mails.take(`reader${at}@example.pe`))).searchParams.get('key');
    round.links.push({ object: history.object(`link ${n++}`, once), key, used: false });
  }));
}
async function useLink(round) {
  const one = round.links.find((link) => !link.used);
  if (!one) { await sleep(5); return; }
  one.used = true;
  if (chance(0.1)) return; // for later
  await atOnce(...Array.from({ length: chance(0.3) ? 2 : 1 }, () => () => followLink(one.object, one.key)));
}

async function usePushed(round) {
  const uri = await push();
  const object = history.object(`pushed request ${n++}`, once);
  round.pushed.push({ object, uri });
  if (chance(0.1)) return; // for later
  await atOnce(...Array.from({ length: chance(0.3) ? 2 : 1 }, () => () => openPushed(object, uri)));
}

// --- One-time passwords ---

const codes = new OneTimeCodes(6, 2);
const useOtp = (object, { name, code }) => object.ask({ kind: 'use' }, async () => (await tokens(() => portal.password(name, PASSWORD, { totp: code }))) !== false);
async function useOtps(round) {
  const one = codes.next();
  if (!one) return sleep(20);
  const object = history.object(`one-time password ${n++}`, once);
  round.otps.push({ object, ...one });
  return atOnce(...Array.from({ length: chance(0.3) ? 2 : 1 }, () => () => useOtp(object, one)));
}

// --- Commands through the socket ---

const realmOption = ['--realm', 'peru'];
const picked = (user) => user && { email: user.email, firstName: user.firstName, lastName: user.lastName, roles: user.roles.length, credentials: user.credentials };
const put = (object, value, call) => object.ask({ kind: 'put', value }, async () => (await call()) !== null);

async function addPerson(round) {
  const name = `person${n++}`;
  const object = history.object(`user ${name}`, register());
  const one = { object, read: async () => picked(await command('user', 'show', ...realmOption, '--username', name)), name };
  const value = { email: `${name}@example.pe`, firstName: 'Ana', lastName: name, roles: 1, credentials: ['password'] };
  round.records.push(one);
  await put(object, value, () => server.cli.withFile(PASSWORD, (file) =>
    command('user', 'add', ...realmOption, '--username', name, '--password-file', file, `email=${value.email}`, 'firstName=Ana', `lastName=${name}`)));
  for (let i = 0; i < 2 && on; i++) {
    const now = { ...value, firstName: `Ana ${i}`, lastName: `${name} ${i}` };
    await put(object, now, () => command('user', 'set', ...realmOption, '--username', name, `firstName=${now.firstName}`, `lastName=${now.lastName}`));
  }
  if (on && chance(0.3)) await put(object, null, () => command('user', 'delete', ...realmOption, '--username', name));
}

async function addRealm(round) {
  const name = `realm${n++}`;
  const object = history.object(`realm ${name}`, register());
  const read = async () => {
    const found = await command('realm', 'show', name);
    if (found === null) return null;
    const keys = await command('keys', 'list', '--realm', name);
    return { name, signs: keys.some((k) => k.status === 'ACTIVE') };
  };
  round.records.push({ object, read });
  await put(object, { name, signs: true }, () => command('realm', 'create', name, 'defaultSignatureAlgorithm=ES256'));
  if (on) await put(object, null, () => command('realm', 'delete', name, '--confirm', name));
}

let ring;
const readKeys = async () => {
  const keys = (await command('keys', 'list', ...realmOption)).filter((k) => k.algorithm === 'ES256').sort((a, b) => a.priority - b.priority);
  return { all: keys.map((k) => k.kid), signing: keys.filter((k) => k.status === 'ACTIVE').map((k) => k.kid) };
};
const rotate = () => ring.ask({ kind: 'rotate' }, async () => (await command('keys', 'rotate', ...realmOption, '--alg', 'ES256')).kid);

const passwords = { current: PASSWORD, all: [PASSWORD] };
const tryPassword = (value) => passwords.object.ask({ kind: 'try', value }, async () => (await tokens(() => portal.password('user2', value))) !== false);
async function changePassword() {
  const value = `a password of user2, number ${n++}`;
  passwords.all.push(value);
  await put(passwords.object, value, () => server.cli.withFile(value, (file) => command('user', 'password', ...realmOption, '--username', 'user2', '--password-file', file)));
}

async function administer(round) {
  const kind = round.number % 4;
  if (kind === 1) await rotate();
  else if (kind === 2) await changePassword();
  else if (kind === 3) await addRealm(round);
  await addPerson(round);
}

// --- Consent ---

let consentBrowser;
async function prepareConsent(round) {
  if (round.number % 3 !== 0) return;
  const clientId = `consenting${n++}`;
  await world.addClient(clientId, { isPublic: true, values: { consentRequired: true } });
  const parameters = { client_id: clientId, code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' };
  consentBrowser ??= (await portal.login('user1')).browser;
  const page = await consentBrowser.follow(await consentBrowser.authorize(parameters));
  const form = forms(page.text).find((f) => f.buttons.some((b) => b.name === 'accept'));
  round.consent = { object: history.object(`consent to ${clientId}`, register()), parameters, page, form };
}
async function consent(round) {
  const { object, page, form } = round.consent;
  await sleep(Math.random() * round.length);
  await put(object, true, async () => {
    const got = await consentBrowser.submit(page, form, { accept: form.buttons.find((b) => b.name === 'accept').value }).catch(() => { throw new Gone(); });
    assert.ok(got.callback.code, got.text);
    return true;
  });
}
const lookAtConsent = ({ object, parameters }) => object.ask({ kind: 'read' }, async () => {
  const page = await reply(() => consentBrowser.authorize({ ...parameters, prompt: 'none' }));
  assert.ok(page.callback.code || page.callback.error === 'consent_required', page.location);
  return page.callback.code ? true : null;
});

// --- Rounds ---

// Again and again until the server is gone.
async function repeat(work) {
  try {
    while (on) await work();
  } catch (err) {
    if (!(err instanceof Gone)) throw err;
    assert.equal(on, false, 'gone, but nobody killed it');
  }
}
const onceOnly = (work) => repeat(async () => { await work(); while (on) await sleep(10); });

// What a round needs, and the load of it until the kill.
async function crashUnderLoad(number) {
  const round = { number, length: 40 + Math.random() * 200, logins: [], browsers: [], assertions: [], pushed: [], devices: [], links: [], otps: [], records: [] };
  await prepareConsent(round);
  await prepareLinks(round);
  on = true;
  const workers = [
    repeat(() => useLogin(round, 'user0')), repeat(() => useLogin(round, 'user1')), repeat(() => useCode(round)),
    repeat(() => useAssertions(round)), repeat(() => usePushed(round)), repeat(() => useDevice(round)), repeat(() => useLink(round)),
    repeat(() => useOtps(round)), repeat(() => administer(round)),
  ];
  if (round.consent) workers.push(onceOnly(() => consent(round)));
  const load = Promise.all(workers);
  const enough = history.counts.answered + LEAST_ANSWERS; // however slow the machine
  await Promise.race([sleep(round.length).then(() => until('there is load', async () => history.counts.answered >= enough, 60000, 3)), load]);
  server.child.kill('SIGKILL');
  on = false;
  await server.ended;
  await load;
  history.crash();
  return round;
}

const pending = ({ object }) => object.ops.some((op) => op.lost);
// All that the crash cut short, and some of the rest.
const chosen = (list, count) => [...list.filter(pending), ...some(list.filter((o) => !pending(o)), count)];

async function look(round) {
  on = true; // a command that fails now fails the test
  await Promise.all([
    ...chosen(round.logins, 4).map(lookAtLogin), ...round.browsers.map(lookAtBrowser),
    ...chosen(round.assertions, 3).map(({ object, text }) => useAssertion(object, text)),
    ...chosen(round.pushed, 3).map(({ object, uri }) => openPushed(object, uri)),
    ...chosen(round.devices, 3).map(({ object, code }) => pollDevice(object, code)),
    ...chosen(round.links, 3).map(({ object, key }) => followLink(object, key)),
    ...chosen(round.otps, 3).map(({ object, ...one }) => useOtp(object, one)),
    ...chosen(round.records, 2).map(({ object, read }) => object.ask({ kind: 'read' }, read)),
    ...(round.consent ? [lookAtConsent(round.consent)] : []),
    ...(ring.ops.length > 0 ? [ring.ask({ kind: 'read' }, readKeys)] : []),
    ...(passwords.object.ops.length > 0 ? passwords.all.slice(-2).map(tryPassword) : []),
  ]);
  history.settle();
  const kept = [ring, passwords.object, browserLogin?.object];
  history.objects.filter((o) => !kept.includes(o)).forEach((o) => history.forget(o));
}

async function checkAll() {
  await world.cli.ok('audit', 'verify');
  await world.cli.ok('doctor');
}

test(`OT-05: ${ROUNDS} rounds of kill -9 under load`, { timeout: 1800000 + ROUNDS * 10000 }, async (t) => {
  signedIn = await portal.login('user1');
  await prepareReaders();
  ring = history.object('keys of peru', keyRing((await readKeys()).all));
  passwords.object = history.object('password of user2', register(PASSWORD));
  const counts = { logins: 0, browsers: 0, assertions: 0, pushed: 0, devices: 0, links: 0, otps: 0, records: 0, consents: 0 };
  for (let number = 0; number < ROUNDS; number++) {
    const round = await crashUnderLoad(number);
    await server.launch();
    await look(round);
    for (const name of ['logins', 'browsers', 'assertions', 'pushed', 'devices', 'links', 'otps', 'records']) counts[name] += round[name].length;
    counts.consents += round.consent ? 1 : 0;
    if (number % CHECK_EVERY === CHECK_EVERY - 1) await checkAll();
  }
  await checkAll();
  t.diagnostic(`${ROUNDS} crashes; operations ${JSON.stringify(history.counts)}, of ${JSON.stringify(counts)}, ${ring.states[0].length} keys, ${passwords.all.length} passwords`);
  assert.ok(history.counts.answered >= LEAST_ANSWERS * ROUNDS && history.counts.unanswered > ROUNDS / 2, 'there was load, and it was cut short');
  for (const [name, count] of Object.entries(counts)) assert.ok(count >= Math.floor(ROUNDS / 5), `${count} ${name}`);
});

test('the control: a server that lost the last round is found out', async () => {
  const realms = path.join(server.data, 'realms');
  const before = path.join(path.dirname(server.data), 'before');
  await server.crash();
  cpSync(realms, before, { recursive: true });
  await server.launch();
  const round = await crashUnderLoad(1);
  rmSync(realms, { recursive: true });
  cpSync(before, realms, { recursive: true });
  await server.launch();
  await assert.rejects(look(round), /no story explains what was told/);
});
