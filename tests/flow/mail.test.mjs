// Mails and the links in them, against a mail server that keeps what it gets: the settings tried out, forgotten
// passwords, addresses that are proved, and what administrators ask for.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { AdminWorld, refusal } from './lib/admin.mjs';
import { formById, forms, visibleText } from './lib/html.mjs';
import { bearer, request } from './lib/http.mjs';
import { assertErrorPage, Browser, PASSWORD, REDIRECT } from './lib/oidc.mjs';
import { codeFor, setupForm } from './lib/otp.mjs';
import { alikeMedians, filesIn, freePort, sleep, until } from './lib/server.mjs';
import { Authority, linkOf, MailServer, silentServer } from './lib/smtp.mjs';

const MAIL_PASSWORD = 'canary-of-the-mail-password';
const MASK = '**********';
let world, authority, relay, kc, origin, portal, n = 0;

before(async () => {
  const ports = { web: await freePort(), management: await freePort() };
  authority = new Authority();
  origin = `http://localhost:${ports.web}`;
  relay = await MailServer.start({ password: MAIL_PASSWORD, ...authority.issue('localhost') });
  world = await AdminWorld.open({
    ports, args: ['--hostname', origin, '--fetch-networks', '127.0.0.0/8', '--fetch-ca-file', authority.cert],
    realm: { resetPasswordAllowed: true, displayName: 'Municipalidad de Ñaña' },
  });
  await world.setUser('ana', { email: 'ana@example.pe' });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true, baseUrl: 'https://app.example.pe/' } });
  kc = await world.client('ana', 'peru');
  await kc.realms.update({ realm: 'peru' }, { smtpServer: settings() });
});
after(async () => { await world.close(); await relay.close(); });

// Keycloak's settings for a server; texts as its console sends them.
const settings = (more = {}) => ({
  host: 'localhost', port: String(relay.port), from: 'login@example.pe', fromDisplayName: 'Ñaña', replyTo: 'help@example.pe',
  starttls: 'true', ssl: 'false', auth: 'true', user: 'relay', password: MAIL_PASSWORD, ...more,
});
const newBrowser = () => new Browser(world.server, 'peru');
async function someone(values = {}) {
  const name = `user${n++}`;
  await world.addUser(name, { email: `${name}@example.pe`, firstName: 'Ana', lastName: 'Quispe', ...values });
  const [{ id }] = await kc.users.find({ username: name, exact: true });
  return { name, id, email: `${name}@example.pe` };
}
const follow = (link, browser = newBrowser()) => browser.get(link);
const actionForm = (page) => formById(page.text, 'kc-action-token-form');
async function useLink(link, fields = {}, browser = newBrowser()) {
  const page = await follow(link, browser);
  assert.equal(page.status, 200, page.text);
  return browser.submit(page, actionForm(page), fields);
}
const newPassword = (value) => ({ 'password-new': value, 'password-confirm': value });
const assertSpent = (page) => { assertErrorPage(page); assert.match(page.text, /does not work any more/); };
const eventsOf = async (...type) => kc.realms.findEvents({ realm: 'peru', type, max: 100 });

// --- The settings ---

const tryOut = (more = {}) => kc.realms.testSMTPConnection({ realm: 'peru' }, settings(more));
async function assertFails(promise, pattern) {
  const error = await refusal(promise);
  assert.equal(error.status, 500);
  assert.match(error.errorMessage, pattern);
}

test('testSMTPConnection mails the administrator who asks, over STARTTLS and with the password', async () => {
  await tryOut();
  const mail = await relay.take('ana@example.pe');
  assert.deepEqual([mail.secure, mail.from, mail.to], [true, 'login@example.pe', ['ana@example.pe']]);
  assert.deepEqual(relay.logins.at(-1), { user: 'relay', secure: true });
  assert.equal(mail.parsed.from.value[0].name, 'Ñaña');
  assert.equal(mail.parsed.replyTo.value[0].address, 'help@example.pe');
  assert.match(mail.parsed.subject, /Municipalidad de Ñaña/);
  assert.ok(mail.parsed.text.includes('Municipalidad de Ñaña') && mail.parsed.html.includes('Municipalidad de Ñaña'));
  assert.equal(mail.hello, 'example.pe', 'not the name of this machine');
  await tryOut({ password: MASK, envelopeFrom: 'bounces@example.pe' });
  assert.equal((await relay.take('ana@example.pe')).from, 'bounces@example.pe');
});

test('AD-06: a masked password goes to the server that it is kept for, and to no other', async () => {
  const logins = relay.logins.length;
  assert.equal((await refusal(tryOut({ password: MASK, host: '127.0.0.1' }))).status, 400);
  assert.equal(relay.logins.length, logins);
});

test('SS-05: chain and name of the mail server are checked, and TLS that is asked for is never done without', async () => {
  const other = await MailServer.start({ ...authority.issue('elsewhere.example') });
  const unknown = await MailServer.start({ ...authority.issue('localhost', { signed: false }) });
  const plain = await MailServer.start({ disabledCommands: ['STARTTLS'] });
  const wrapped = await MailServer.start({ secure: true, ...authority.issue('localhost') });
  const wrongName = await MailServer.start({ secure: true, ...authority.issue('elsewhere.example') });
  const noAuth = { auth: 'false', user: '', password: '' };
  try {
    await assertFails(tryOut({ ...noAuth, port: String(other.port) }), /certificate/);
    await assertFails(tryOut({ ...noAuth, port: String(unknown.port) }), /certificate/);
    await assertFails(tryOut({ ...noAuth, port: String(plain.port) }), /STARTTLS/);
    await assertFails(tryOut({ ...noAuth, port: String(wrongName.port), ssl: 'true' }), /certificate/);
    await tryOut({ ...noAuth, port: String(wrapped.port), ssl: 'true', starttls: 'false' });
    assert.equal((await wrapped.take('ana@example.pe')).secure, true);
    await tryOut({ ...noAuth, port: String(plain.port), starttls: 'false' });
    assert.equal((await plain.take('ana@example.pe')).secure, false);
    for (const server of [other, unknown, wrongName]) assert.deepEqual(server.mails, []);
  } finally { await Promise.all([other, unknown, plain, wrapped, wrongName].map((s) => s.close())); }
});

test('SK-01: a password is sent over TLS only, and lies in no file in clear', async () => {
  const plain = await MailServer.start({ password: MAIL_PASSWORD, disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  try {
    await assertFails(tryOut({ port: String(plain.port), starttls: 'false' }), /over TLS only/);
    assert.equal(plain.connections, 0);
  } finally { await plain.close(); }
  for (const file of filesIn(world.server.data)) assert.ok(!readFileSync(file).includes(MAIL_PASSWORD), file);
  assert.ok(!world.server.log.includes(MAIL_PASSWORD));
  assert.equal((await kc.realms.findOne({ realm: 'peru' })).smtpServer.password, MASK);
});

test('servers that hang, refuse, or are not there, and settings by which nothing can be sent', async () => {
  const silent = await silentServer();
  const refusing = await MailServer.start({ refuse: true, disabledCommands: ['STARTTLS'] });
  const noAuth = { auth: 'false', starttls: 'false' };
  try {
    await assertFails(tryOut({ ...noAuth, port: String(silent.port) }), /in time/);
    await assertFails(tryOut({ ...noAuth, port: String(refusing.port) }), /refused the mail/);
    await assertFails(tryOut({ ...noAuth, port: String(await freePort()) }), /cannot be reached/);
    await assertFails(tryOut({ ...noAuth, host: 'no such host' }), /no sound host/);
    await assertFails(tryOut({ password: 'wrong' }), /user and password/);
    await assertFails(tryOut({ ...noAuth, host: '' }), /names no mail server/);
    await assertFails(tryOut({ ...noAuth, from: '' }), /address of the sender is missing/);
    await assertFails(tryOut({ ...noAuth, from: 'a@b>, <c@d' }), /not sound/);
    await assertFails(tryOut({ ...noAuth, port: '0' }), /no port/);
    await assertFails(tryOut({ authType: 'token' }), /tokens/);
    assert.equal((await refusal(tryOut({ from: 'a@b\r\nBcc: x@y' }))).status, 400, 'RE-05');
  } finally { silent.close(); await refusing.close(); }
  const root = await world.client('root', 'master', 'peru');
  await assertFails(root.realms.testSMTPConnection({ realm: 'peru' }, settings()), /does not have an e-mail/);
});

test('SS-01: without fetch-networks a mail server on this machine is not called', async () => {
  const own = await AdminWorld.open({ realm: { displayName: 'x' } });
  const mails = await MailServer.start({ disabledCommands: ['STARTTLS'] });
  try {
    await own.setUser('ana', { email: 'ana@example.pe' });
    const client = await own.client('ana', 'peru');
    await assertFails(client.realms.testSMTPConnection({ realm: 'peru' }, settings({ port: String(mails.port), auth: 'false', starttls: 'false' })), /may not be reached/);
    assert.equal(mails.connections, 0);
  } finally { await own.close(); await mails.close(); }
});

// --- A forgotten password ---

async function loginPage(browser) { return browser.follow(await browser.authorize({ client_id: 'portal' })); }
async function askForPassword(who, browser = newBrowser()) {
  const login = await loginPage(browser);
  const ask = await browser.submit(login, formById(login.text, 'kc-form-forgot'));
  assert.equal(ask.status, 200, ask.text);
  return { browser, told: await browser.submit(ask, formById(ask.text, 'kc-reset-password-form'), { username: who }) };
}

test('RE-01: who forgot his password chooses a new one by a link that works once and lets nobody in', async () => {
  const maria = await someone();
  const { browser, told } = await askForPassword(maria.email);
  assert.equal(told.status, 200);
  assert.match(told.text, /on its way/);
  const mail = await relay.take(maria.email);
  assert.equal(mail.parsed.headers.get('auto-submitted'), 'auto-generated');
  const link = linkOf(mail);
  assert.ok(link.startsWith(`${origin}/realms/peru/login-actions/action-token?key=`), link);
  const opened = newBrowser();
  for (let i = 0; i < 3; i++) assert.equal((await follow(link, opened)).status, 200, 'looking at it spends nothing');
  const bad = await useLink(link, { 'password-new': 'one thing', 'password-confirm': 'another' });
  assert.match(bad.text, /not the same/);
  const done = await useLink(link, newPassword('a new password of maria'), opened);
  assert.equal(done.status, 200, done.text);
  assert.ok(forms(done.text).length === 0 && done.text.includes('https://app.example.pe/'), 'a way back, and no more');
  assert.ok(![...opened.jar.cookies.values()].some((c) => /SSO|IDENTITY|session/i.test(c.name)), 'nobody is let in');
  assert.equal((await opened.authorize({ client_id: 'portal', prompt: 'none' })).callback.error, 'login_required');
  assertSpent(await follow(link));
  const { searchParams } = new URL(link);
  assert.ok(!world.server.log.includes(searchParams.get('key')), 'SK-02: no link in the log');
  assert.ok(!JSON.stringify(await eventsOf()).includes(searchParams.get('key')), 'nor in an event');
  // The tab where it began goes on with the new password.
  assert.ok((await browser.logIn(told, maria.name, 'a new password of maria')).callback.code);
  assert.equal((await portal.password(maria.name, PASSWORD)).status, 401);
  const { emailVerified } = await kc.users.findOne({ id: maria.id });
  assert.equal(emailVerified, true, 'OI-08: he has read what came to the address');
  const seen = (await eventsOf()).filter((e) => e.userId === maria.id).map((e) => e.type);
  for (const type of ['SEND_RESET_PASSWORD', 'UPDATE_PASSWORD', 'RESET_PASSWORD']) assert.ok(seen.includes(type), `${type} in ${seen}`);
});

test('PW-05: nobody learns from the page whether there is such a person', async () => {
  const beto = await someone();
  const silent = await someone({ enabled: false });
  const bare = async (who) => {
    const { told } = await askForPassword(who);
    return { status: told.status, text: told.text.replace(/value="[^"]{40,}"/g, 'value=""') };
  };
  const known = await bare(beto.name);
  for (const who of ['nobody', 'nobody@example.pe', silent.name, 'ana@example.pe ', '']) assert.deepEqual(await bare(who), known, who);
  await relay.take(beto.email);
  await relay.take('ana@example.pe');
  await sleep(500);
  assert.deepEqual(relay.mails, [], 'RE-02: nobody else got one');
  const errors = (await eventsOf('RESET_PASSWORD_ERROR')).map((e) => e.error);
  assert.ok(errors.includes('user_not_found') && errors.includes('user_disabled'), errors.join());
});

test('PW-05: nor from the time that it takes (medians are printed)', async (t) => {
  const pablo = await someone();
  const url = `${origin}/realms/peru/login-actions/reset-credentials`;
  const headers = { Accept: 'text/html', Origin: origin, 'Sec-Fetch-Site': 'same-origin' };
  const take = async () => {
    const samples = { known: [], unknown: [] };
    for (let i = 0; i < 120; i++) {
      const [kind, username] = i % 2 ? ['known', pablo.name] : ['unknown', `nobody${i}`];
      const start = process.hrtime.bigint();
      await request(url, { headers, form: { username } });
      samples[kind].push(Number(process.hrtime.bigint() - start) / 1e6);
    }
    return Object.values(samples);
  };
  assert.ok(await alikeMedians(2, take, (known, unknown) => t.diagnostic(`median for who is known: ${known} ms, for who is not: ${unknown} ms`)));
  await relay.take(pablo.email);
  await sleep(300);
  relay.mails.length = 0;
});

test('RE-05: a person gets one mail a minute, however often somebody asks', async () => {
  const carla = await someone();
  for (let i = 0; i < 4; i++) await askForPassword(carla.name);
  await relay.take(carla.email);
  await sleep(1000);
  assert.ok(relay.mails.length <= 1, 'a minute may have begun in between');
  relay.mails.length = 0;
});

test('WE-09: the link is of the configured origin, whatever Host and Forwarded say', async () => {
  const dora = await someone();
  const url = `${origin}/realms/peru/login-actions/reset-credentials`;
  const page = await request(url, { headers: { Accept: 'text/html' } });
  assert.equal(page.status, 200);
  const hostile = { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', Forwarded: 'host=evil.example', Origin: origin, 'Sec-Fetch-Site': 'same-origin' };
  await request(url, { headers: hostile, form: { username: dora.name } });
  await request(url, { headers: { ...hostile, Host: undefined }, form: { username: dora.name } });
  const mail = await relay.take(dora.email);
  assert.ok(linkOf(mail).startsWith(origin));
  assert.ok(!mail.raw.includes('evil'));
});

test('WE-05: another site cannot send the forms', async () => {
  const url = `${origin}/realms/peru/login-actions/reset-credentials`;
  const foreign = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
  assert.equal((await request(url, { headers: foreign, form: { username: 'ana' } })).status, 403);
  assert.equal((await request(`${origin}/realms/peru/login-actions/action-token`, { headers: foreign, form: { key: 'x' } })).status, 403);
});

test('a realm that does not offer it says so', async () => {
  await world.setRealm({ resetPasswordAllowed: false });
  try {
    const login = await loginPage(newBrowser());
    assert.equal(formById(login.text, 'kc-form-forgot'), undefined);
    assertErrorPage(await newBrowser().get(`${origin}/realms/peru/login-actions/reset-credentials`));
  } finally { await world.setRealm({ resetPasswordAllowed: true }); }
});

test('HT-02: a mail server that hangs holds up its own realm and no other, and what waits is bounded', async () => {
  const silent = await silentServer();
  try {
    const root = await world.client('root', 'master', 'chile');
    await root.realms.update({ realm: 'chile' }, { resetPasswordAllowed: true, smtpServer: { host: 'localhost', port: String(silent.port), from: 'login@example.cl' } });
    for (const name of ['uno', 'dos']) await world.addUser(name, { email: `${name}@example.cl` }, { realm: 'chile' });
    const url = `${origin}/realms/chile/login-actions/reset-credentials`;
    const headers = { Origin: origin, 'Sec-Fetch-Site': 'same-origin' };
    const ask = (username) => request(url, { headers, form: { username } });
    await ask('uno');
    await silent.reached;
    const told = await Promise.all(Array.from({ length: 70 }, () => ask('dos')));
    assert.ok(told.every((reply) => reply.status === 200), 'nobody is told');
    const ines = await someone();
    await askForPassword(ines.name);
    await relay.take(ines.email);
    assert.match(world.server.log, /too many mails wait/);
  } finally { silent.close(); }
});

test('mails and pages speak the language of the person', async () => {
  const elena = await someone({ 'attributes.locale': ['es'] });
  await askForPassword(elena.name);
  const mail = await relay.take(elena.email);
  assert.match(mail.parsed.subject, /^Contraseña nueva para Municipalidad de Ñaña$/);
  assert.match(mail.parsed.text, /Si no esperaba este mensaje/);
  assert.match(visibleText((await follow(linkOf(mail))).text), /Elija una contraseña nueva/);
});

test('WE-07, RE-05: names and texts of a realm are text in mails, and one line in a subject', async () => {
  const token = await world.token('ana', 'peru');
  const texts = (json) => world.call('POST', '/realms/peru/localization/en', { token, json });
  await world.setRealm({ displayName: '<img src=x onerror=alert(1)>"&' });
  assert.equal((await texts({ 'mail.verify.lead': '<script>alert(2)</script> {0}', 'mail.verify.subject': 'one\r\nBcc: eve@example.com' })).status, 204);
  try {
    const nora = await someone();
    await kc.users.sendVerifyEmail({ id: nora.id });
    const mail = await relay.take(nora.email);
    assert.ok(!/<script|<img|onerror=alert\(1\)>"/.test(mail.parsed.html), mail.parsed.html);
    assert.match(mail.parsed.html, /&lt;script&gt;/);
    assert.ok(mail.parsed.text.includes('<script>alert(2)</script> <img src=x'), 'plain text is plain');
    assert.deepEqual(mail.to, [nora.email]);
    assert.equal(mail.parsed.bcc, undefined);
  } finally {
    await world.setRealm({ displayName: 'Municipalidad de Ñaña' });
    await world.call('DELETE', '/realms/peru/localization/en', { token });
  }
});

// --- Void links ---

test('RE-01: a new address, a new password or a newer link makes a link void', async () => {
  const fani = await someone();
  const send = async () => { await kc.users.executeActionsEmail({ id: fani.id, actions: ['UPDATE_PASSWORD'] }); return linkOf(await relay.take(fani.email)); };
  const first = await send();
  const second = await send();
  assertSpent(await follow(first));
  await kc.users.update({ id: fani.id }, { email: 'otra@example.pe' });
  assertSpent(await follow(second));
  await kc.users.update({ id: fani.id }, { email: fani.email });
  assertSpent(await follow(second));
  const third = await send();
  await kc.users.resetPassword({ id: fani.id, credential: { type: 'password', value: 'set by an administrator' } });
  assertSpent(await follow(third));
  const fourth = await send();
  await kc.users.update({ id: fani.id }, { enabled: false });
  assertSpent(await follow(fourth));
  await kc.users.update({ id: fani.id }, { enabled: true });
  assertSpent(await follow(fourth));
  for (const key of ['', 'x', `${fourth.split('=')[1]}x`]) assertSpent(await follow(`${origin}/realms/peru/login-actions/action-token?key=${key}`));
  assertErrorPage(await follow(fourth.replace('/peru/', '/chile/')));
});

test('RE-01: nor does it come back after the account was locked for good and enabled again', async () => {
  const suyay = await someone();
  await kc.realms.update({ realm: 'peru' }, { permanentLockout: true, failureFactor: 2, quickLoginCheckMilliSeconds: 0 });
  try {
    await kc.users.executeActionsEmail({ id: suyay.id, actions: ['UPDATE_PASSWORD'] });
    const link = linkOf(await relay.take(suyay.email));
    for (let i = 0; i < 2; i++) assert.notEqual((await portal.password(suyay.name, 'a wrong guess')).status, 200);
    assert.equal((await kc.users.findOne({ id: suyay.id })).enabled, false);
    await kc.users.update({ id: suyay.id }, { enabled: true });
    assertSpent(await follow(link));
  } finally { await kc.realms.update({ realm: 'peru' }, { permanentLockout: false, failureFactor: 30, quickLoginCheckMilliSeconds: 1000 }); }
});

test('RE-01, WE-12: the reset credentials flow is followed: without its mail or its password step nothing is offered', async () => {
  const rita = await someone();
  const button = async () => { const browser = newBrowser(); return /reset-credentials/.test((await loginPage(browser)).text); };
  const page = async () => (await newBrowser().get(`${origin}/realms/peru/login-actions/reset-credentials`)).status;
  const set = async (step, requirement) => {
    const all = await kc.authenticationManagement.getExecutions({ flow: 'reset credentials' });
    await kc.authenticationManagement.updateExecution({ flow: 'reset credentials' }, { ...all.find((e) => e.providerId === step), requirement });
  };
  assert.deepEqual([await button(), await page()], [true, 200]);
  await set('reset-password', 'DISABLED');
  assert.deepEqual([await button(), await page()], [false, 403]);
  await set('reset-password', 'REQUIRED');
  assert.deepEqual([await button(), await page()], [true, 200]);
  await kc.authenticationManagement.copyFlow({ flow: 'reset credentials', newName: 'own' });
  const [mailStep] = (await kc.authenticationManagement.getExecutions({ flow: 'own' })).filter((e) => e.providerId === 'reset-credential-email');
  await kc.authenticationManagement.delExecution({ id: mailStep.id });
  await kc.realms.update({ realm: 'peru' }, { resetCredentialsFlow: 'own' });
  assert.deepEqual([await button(), await page()], [false, 403]);
  await kc.realms.update({ realm: 'peru' }, { resetCredentialsFlow: 'reset credentials' });
  const browser = newBrowser();
  const form = await browser.get(`${origin}/realms/peru/login-actions/reset-credentials`);
  await browser.submit(form, forms(form.text)[0], { username: rita.name });
  await useLink(linkOf(await relay.take(rita.email)), newPassword('a new password of rita'));
});

// --- An address to prove ---

test('verifyEmail: the login waits until the link was followed, in whatever browser', async () => {
  await world.setRealm({ verifyEmail: true });
  try {
    const gina = await someone();
    const browser = newBrowser();
    let page = await browser.logIn(await loginPage(browser), gina.name);
    const form = () => formById(page.text, 'kc-verify-email-form');
    assert.ok(form() && page.text.includes(gina.email), page.text);
    const link = linkOf(await relay.take(gina.email));
    page = await browser.submit(page, form());
    assert.match(page.text, /not confirmed yet/);
    assert.equal((await portal.password(gina.name)).status, 400, 'not by another way either');
    const done = await useLink(link);
    assert.match(done.text, /up to date/);
    page = await browser.submit(page, form());
    assert.ok(page.callback.code, page.text);
    assertSpent(await follow(link));
    assert.equal((await portal.password(gina.name)).status, 200);
    const seen = (await eventsOf()).filter((e) => e.userId === gina.id).map((e) => e.type);
    assert.ok(seen.includes('SEND_VERIFY_EMAIL') && seen.includes('VERIFY_EMAIL'), seen.join());
  } finally { await world.setRealm({ verifyEmail: false }); }
});

test('AD-04: who acts as somebody else proves no address for him', async () => {
  const olga = await someone({ requiredActions: ['VERIFY_EMAIL'] });
  const browser = newBrowser();
  const made = await request(`${origin}/admin/realms/peru/users/${olga.id}/impersonation`, { method: 'POST', jar: browser.jar, headers: bearer(await world.token('ana', 'peru')) });
  assert.equal(made.status, 200, made.text);
  assert.equal((await browser.authorize({ client_id: 'portal' })).callback.error, 'access_denied');
  await sleep(300);
  assert.deepEqual(relay.mails, []);
});

test('VERIFY_EMAIL asked of one person, after a new password', async () => {
  const hugo = await someone({ requiredActions: ['UPDATE_PASSWORD', 'VERIFY_EMAIL'] });
  const browser = newBrowser();
  let page = await browser.logIn(await loginPage(browser), hugo.name);
  page = await browser.submit(page, formById(page.text, 'kc-passwd-update-form'), newPassword('a new password of hugo'));
  const form = formById(page.text, 'kc-verify-email-form');
  assert.ok(form, page.text);
  await useLink(linkOf(await relay.take(hugo.email)));
  assert.ok((await browser.submit(page, form)).callback.code);
  assert.deepEqual((await kc.users.findOne({ id: hugo.id })).requiredActions, []);
});

// --- Asked for by administrators ---

test('execute-actions-email: actions, way back and life are those that were asked for', async () => {
  const inca = await someone();
  await kc.users.executeActionsEmail({ id: inca.id, clientId: 'portal', redirectUri: REDIRECT, lifespan: 7200, actions: ['UPDATE_PASSWORD', 'VERIFY_EMAIL'] });
  const mail = await relay.take(inca.email);
  assert.match(mail.parsed.text, /choose a new password, confirm your email address/);
  assert.match(mail.parsed.text, /within 2 hours/);
  const done = await useLink(linkOf(mail), newPassword('a new password of inca'));
  assert.ok(done.text.includes(REDIRECT), done.text);
  assert.equal((await portal.password(inca.name, 'a new password of inca')).status, 200);
  assert.equal((await kc.users.findOne({ id: inca.id })).emailVerified, true);
  const admin = await kc.realms.findAdminEvents({ realm: 'peru', resourcePath: `users/${inca.id}/execute-actions-email` });
  assert.deepEqual([admin[0]?.operationType, admin[0]?.resourceType], ['ACTION', 'USER']);
  assert.ok((await eventsOf('EXECUTE_ACTION_TOKEN')).some((e) => e.userId === inca.id));
  assertSpent(await follow(linkOf(mail)));
  assert.ok((await eventsOf('EXECUTE_ACTIONS')).some((e) => e.userId === inca.id));
});

test('OA-01: a link leads back to no address that was withdrawn meanwhile', async () => {
  const wayra = await someone();
  const { id } = await kc.clients.create({ clientId: 'moving', redirectUris: ['https://old.example.pe/*'], baseUrl: 'https://home.example.pe/' });
  const send = async () => {
    await kc.users.executeActionsEmail({ id: wayra.id, clientId: 'moving', redirectUri: 'https://old.example.pe/in', actions: ['VERIFY_EMAIL'] });
    return linkOf(await relay.take(wayra.email));
  };
  assert.match((await useLink(await send())).text, /https:\/\/old\.example\.pe\/in/);
  const link = await send();
  await kc.clients.update({ id }, { clientId: 'moving', redirectUris: ['https://new.example.pe/*'] });
  const done = await useLink(link);
  assert.doesNotMatch(done.text, /old\.example\.pe/);
  assert.match(done.text, /https:\/\/home\.example\.pe\//);
});

test('kc_action=VERIFY_EMAIL: an application has the address proved, or goes on without', async () => {
  const urpi = await someone();
  const parameters = { client_id: 'portal', kc_action: 'VERIFY_EMAIL' };
  const answerOf = (page) => [page.callback.kc_action, page.callback.kc_action_status, Boolean(page.callback.code)];
  const browser = newBrowser();
  const form = (page) => formById(page.text, 'kc-verify-email-form');
  let page = await browser.logIn(await browser.authorize(parameters), urpi.name);
  assert.ok(form(page), page.text.slice(0, 1500));
  const link = linkOf(await relay.take(urpi.email));
  assert.deepEqual(answerOf(await browser.submit(page, form(page), { 'cancel-aia': 'true' })), ['VERIFY_EMAIL', 'cancelled', true]);
  page = await browser.authorize(parameters); // the session is enough: nothing is changed by it
  page = await browser.submit(page, form(page));
  assert.match(page.text, /not confirmed yet/);
  assert.match((await useLink(link)).text, /up to date/);
  assert.deepEqual(answerOf(await browser.submit(page, form(page))), ['VERIFY_EMAIL', 'success', true]);
  assert.deepEqual(answerOf(await browser.authorize(parameters)), ['VERIFY_EMAIL', 'success', true], 'proved before');
  const bare = await someone({ email: '' });
  page = await browser.logIn(await browser.authorize({ ...parameters, prompt: 'select_account' }), bare.name);
  assert.deepEqual(answerOf(page), ['VERIFY_EMAIL', 'error', true], 'there is nothing to prove');
});

test('RE-01, MF-04: a link asks for one-time passwords at the next login, and sets none up by itself', async () => {
  const killa = await someone();
  await kc.users.executeActionsEmail({ id: killa.id, actions: ['CONFIGURE_TOTP'] });
  const mail = await relay.take(killa.email);
  assert.match(mail.parsed.text, /set up one-time codes/);
  assert.deepEqual((await kc.users.findOne({ id: killa.id })).requiredActions, [], 'not by the mail alone');
  const done = await useLink(linkOf(mail));
  assert.match(done.text, /Now sign in/);
  assert.match(done.text, new RegExp(`href="[^"]*/realms/peru/account/"`));
  assert.equal(setupForm(done), undefined, 'who has the mail alone sees no secret');
  assert.deepEqual((await kc.users.findOne({ id: killa.id })).requiredActions, ['CONFIGURE_TOTP']);
  const browser = new Browser(world.server, 'peru');
  const page = await browser.logIn(await browser.authorize({ client_id: 'portal' }), killa.name);
  const end = await browser.submit(page, setupForm(page), { totp: codeFor(page) });
  assert.ok(end.callback.code, end.text.slice(0, 1500));
});

test('send-verify-email and reset-password-email', async () => {
  const juan = await someone();
  await kc.users.sendVerifyEmail({ id: juan.id });
  assert.match((await useLink(linkOf(await relay.take(juan.email)))).text, /up to date/);
  assert.equal((await kc.users.findOne({ id: juan.id })).emailVerified, true);
  const token = await world.token('ana', 'peru');
  assert.equal((await world.call('PUT', `/realms/peru/users/${juan.id}/reset-password-email`, { token })).status, 204);
  await useLink(linkOf(await relay.take(juan.email)), newPassword('a new password of juan'));
  assert.equal((await portal.password(juan.name, 'a new password of juan')).status, 200);
});

test('AD-04: a link that was made for somebody is none to the administrator that she became', async () => {
  const kusi = await someone();
  const send = async () => { await kc.users.executeActionsEmail({ id: kusi.id, actions: ['UPDATE_PASSWORD'] }); return linkOf(await relay.take(kusi.email)); };
  const assign = (how, role, ...who) => world.cli.ok('role', how, '--realm', 'peru', '--role', role, ...who);
  const first = await send();
  await world.cli.ok('role', 'add', '--realm', 'peru', '--name', 'reader');
  await assign('assign', 'reader', '--username', kusi.name);
  assert.equal((await follow(first)).status, 200, 'a role that gives no rights changes nothing');
  await assign('assign', 'realm-management/view-users', '--username', kusi.name);
  assertSpent(await follow(first));
  const second = await send();
  assert.equal((await follow(second)).status, 200);
  const group = (await kc.groups.create({ name: 'chiefs' })).id;
  const { id: client, roles } = await world.roleOf(kc, 'peru', 'realm-management', 'manage-users');
  await kc.users.addToGroup({ id: kusi.id, groupId: group });
  await kc.groups.addClientRoleMappings({ id: group, clientUniqueId: client, roles });
  assertSpent(await follow(second));
});

test('RE-01: who is logged out everywhere loses the links of his own, and not what administrators asked of him', async () => {
  const who = await someone();
  await kc.users.executeActionsEmail({ id: who.id, actions: ['UPDATE_PASSWORD'] });
  const asked = linkOf(await relay.take(who.email));
  const other = await someone();
  const browser = newBrowser(), page = await browser.get(`${world.server.realm('peru')}/login-actions/reset-credentials`);
  await browser.submit(page, formById(page.text, 'kc-reset-password-form'), { username: other.name });
  const own = linkOf(await relay.take(other.email));
  await sleep(1100);
  for (const { id } of [who, other]) await kc.users.logout({ id });
  assertSpent(await follow(own));
  assert.equal((await follow(asked)).status, 200);
});

test('what is refused, with Keycloak\'s words', async () => {
  const kori = await someone();
  const off = await someone({ enabled: false });
  const bare = await someone({ email: '' });
  const token = await world.token('ana', 'peru');
  const ask = (query, json = ['UPDATE_PASSWORD'], { id } = kori) => world.call('PUT', `/realms/peru/users/${id}/execute-actions-email${query}`, { token, json });
  const cases = [
    ['?redirect_uri=https://app.example.pe/callback', undefined, undefined, /Client id missing/],
    ['?client_id=nobody', undefined, undefined, /Client doesn't exist/],
    ['?client_id=portal&redirect_uri=https://evil.example/', undefined, undefined, /Invalid redirect uri/],
    ['?client_id=portal&redirect_uri=javascript:alert(1)', undefined, undefined, /Invalid redirect uri/],
    ['?lifespan=0', undefined, undefined, /lifespan/], ['?lifespan=99999999', undefined, undefined, /lifespan/],
    ['', ['NO_SUCH_ACTION'], undefined, /invalid required actions/], ['', [], undefined, /invalid required actions/],
    ['', [7], undefined, /invalid required actions/], ['', ['UPDATE_PROFILE'], undefined, /cannot be done behind a link/],
    ['', undefined, off, /User is disabled/], ['', undefined, bare, /User email missing/],
  ];
  for (const [query, json, who, pattern] of cases) {
    const reply = await ask(query, json, who);
    assert.equal(reply.status, 400, `${query} ${json}: ${reply.text}`);
    assert.match(reply.json.errorMessage, pattern);
  }
  await sleep(300);
  assert.deepEqual(relay.mails, []);
});

test('a mail that is not sent is told to the administrator, and is an event', async () => {
  const luz = await someone();
  await kc.realms.update({ realm: 'peru' }, { smtpServer: settings({ port: String(await freePort()) }) });
  try {
    await assertFails(kc.users.executeActionsEmail({ id: luz.id, actions: ['UPDATE_PASSWORD'] }), /cannot be reached/);
    assert.ok((await eventsOf('EXECUTE_ACTIONS_ERROR')).some((e) => e.error === 'email_send_failed'));
    const { told } = await askForPassword(luz.name);
    assert.match(told.text, /on its way/, 'PW-05');
    assert.match(world.server.log, /a mail was not sent/);
  } finally { await kc.realms.update({ realm: 'peru' }, { smtpServer: settings() }); }
});

// --- Another address ---

test('OI-08: a new address counts once the link that came there was followed', async () => {
  await world.setRealm({ verifyEmail: true });
  try {
    const sara = await someone({ emailVerified: true }), wanted = `nueva-${sara.email}`;
    const tupac = await someone();
    const ask = async (email, more = {}) => request(`${origin}/realms/peru/account/`, { method: 'POST', headers: bearer((await portal.password(sara.name)).json.access_token), json: { email, ...more } });
    const stored = () => kc.users.findOne({ id: sara.id });
    assert.notEqual((await ask(tupac.email)).status, 200, 'somebody has it');
    assert.notEqual((await ask('no address')).status, 200);
    const reply = await ask(wanted.toUpperCase(), { lastName: 'Condori' });
    assert.deepEqual([reply.status, reply.json], [200, { pendingEmail: wanted }], reply.text);
    assert.deepEqual([(await stored()).email, (await stored()).lastName, (await stored()).emailVerified], [sara.email, 'Condori', true]);
    const mail = await relay.take(wanted);
    assert.ok(!relay.mails.some((m) => m.to.includes(sara.email)), 'to the new address alone');
    await follow(linkOf(mail));
    assert.equal((await stored()).email, sara.email, 'opening it changes nothing');
    assert.match((await useLink(linkOf(mail))).text, /up to date/);
    assert.deepEqual([(await stored()).email, (await stored()).emailVerified], [wanted, true]);
    assertSpent(await follow(linkOf(mail)));
    assert.ok((await eventsOf('UPDATE_EMAIL')).some((e) => e.userId === sara.id));

    // RE-01: void once the address changed by another way, or somebody else has it
    const luz = await someone({ emailVerified: true });
    const wish = async (email) => {
      const answer = await request(`${origin}/realms/peru/account/`, { method: 'POST', headers: bearer((await portal.password(luz.name)).json.access_token), json: { email } });
      assert.equal(answer.status, 200, answer.text);
      return linkOf(await relay.take(email));
    };
    const link = await wish('otra-luz@example.pe');
    await someone({ email: 'otra-luz@example.pe' });
    assertSpent(await useLink(link));
    assert.equal((await kc.users.findOne({ id: luz.id })).email, luz.email);
  } finally { await world.setRealm({ verifyEmail: false }); }
});

test('OI-08: the address that waits is shown, mailed to once more and withdrawn, by the person alone', async () => {
  await world.setRealm({ verifyEmail: true });
  try {
    const rosa = await someone({ emailVerified: true }), wanted = `nueva-${rosa.email}`;
    const token = (await portal.password(rosa.name)).json.access_token;
    const ask = (method, path, json) => request(`${origin}/realms/peru/account${path}`, { method, headers: bearer(token), json });
    const waits = async () => (await ask('GET', '/')).json.pendingEmail;
    assert.equal(await waits(), undefined);
    for (const method of ['POST', 'DELETE']) assert.equal((await ask(method, '/pending-email')).status, 404, 'nothing waits');
    assert.equal((await ask('POST', '/', { email: wanted })).status, 200);
    const first = linkOf(await relay.take(wanted));
    assert.equal(await waits(), wanted);
    const other = await someone({ emailVerified: true });
    const others = (await portal.password(other.name)).json.access_token;
    assert.equal((await request(`${origin}/realms/peru/account/`, { headers: bearer(others) })).json.pendingEmail, undefined);
    assert.equal((await request(`${origin}/realms/peru/account/pending-email`, { method: 'DELETE', headers: bearer(others) })).status, 404);
    assert.equal((await kc.users.findOne({ id: rosa.id })).email, rosa.email);

    // HT-08: one mail a minute; the next one has a new link, and the former is void (RE-01).
    let again = await ask('POST', '/pending-email');
    while (again.status === 429) {
      await sleep(1000);
      again = await ask('POST', '/pending-email');
    }
    assert.equal(again.status, 204, again.text);
    const second = linkOf(await relay.take(wanted));
    assertSpent(await follow(first));
    assert.equal((await ask('POST', '/pending-email')).status, 429);
    assert.equal((await ask('DELETE', '/pending-email')).status, 204);
    assert.equal(await waits(), undefined);
    assertSpent(await follow(second));
    const withdrawn = await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'EmailUpdateWithdrawn');
    assert.deepEqual(withdrawn.map((e) => e.streamId), [`user:${rosa.id}`]);
    assert.equal((await kc.users.findOne({ id: rosa.id })).email, rosa.email);

    // What makes the link void takes the wish away.
    const luz = await someone({ emailVerified: true });
    const luzes = (await portal.password(luz.name)).json.access_token;
    const seen = async () => (await request(`${origin}/realms/peru/account/`, { headers: bearer(luzes) })).json.pendingEmail;
    await request(`${origin}/realms/peru/account/`, { method: 'POST', headers: bearer(luzes), json: { email: 'luz-nueva@example.pe' } });
    await relay.take('luz-nueva@example.pe');
    assert.equal(await seen(), 'luz-nueva@example.pe');
    await kc.users.update({ id: luz.id }, { email: `otra-${luz.email}` });
    assert.equal(await seen(), undefined);
  } finally { await world.setRealm({ verifyEmail: false }); }
});

// --- When the server stops ---

test('what waits when the server stops is sent before it ends, each link once; a mail server that is silent holds up nothing for long', async () => {
  let open;
  const gate = new Promise((done) => { open = done; });
  const slow = await MailServer.start({ password: MAIL_PASSWORD, ...authority.issue('localhost'), gate });
  await kc.realms.update({ realm: 'peru' }, { smtpServer: settings({ port: String(slow.port) }) });
  const people = [await someone(), await someone(), await someone()];
  for (const { name } of people) {
    const browser = newBrowser();
    const page = await browser.get(`${origin}/realms/peru/login-actions/reset-credentials`);
    await browser.submit(page, forms(page.text)[0], { username: name });
  }
  await until('the first mail is on its way', async () => slow.connections > 0);
  world.server.keepData = true;
  const stopped = world.server.stop();
  open();
  await stopped;
  world.server.keepData = false;
  const mails = await Promise.all(people.map(({ email }) => slow.take(email)));
  assert.deepEqual(slow.mails, [], 'one for each');
  await world.server.launch();
  kc = await world.client('ana', 'peru');
  for (const [i, mail] of mails.entries()) {
    await useLink(linkOf(mail), newPassword(`a new password after the stop ${i}`));
    assertSpent(await follow(linkOf(mail)));
  }
  await slow.close();

  const silent = await silentServer();
  await kc.realms.update({ realm: 'peru' }, { smtpServer: settings({ port: String(silent.port) }) });
  for (const { name } of [await someone(), await someone()]) {
    const browser = newBrowser();
    const page = await browser.get(`${origin}/realms/peru/login-actions/reset-credentials`);
    await browser.submit(page, forms(page.text)[0], { username: name });
  }
  await silent.reached;
  await world.server.restart();
  assert.match(world.server.log, /1 mails that waited are not sent/);
  silent.close();
  kc = await world.client('ana', 'peru');
  await kc.realms.update({ realm: 'peru' }, { smtpServer: settings() });
});
