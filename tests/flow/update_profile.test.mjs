// People look through what is stored of them, when they are told to: the required action UPDATE_PROFILE
// (AD-07, AD-14, PW-08, WE-07, WE-12, RE-02, OI-08).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { formById, visibleText } from './lib/html.mjs';
import { Browser, PASSWORD } from './lib/oidc.mjs';

let world, kc, app, n = 0;
const ACTION = 'UPDATE_PROFILE';
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  app = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  const profile = await kc.users.getProfile();
  const both = { view: ['admin', 'user'], edit: ['admin', 'user'] };
  profile.attributes.push(
    { name: 'state', displayName: 'Region', permissions: both, validations: { options: { options: ['Lima', 'Cusco'] } } },
    { name: 'phones', displayName: 'Telephones', multivalued: true, permissions: both, validations: { length: { min: 6, max: 12 } } },
    { name: 'notes', displayName: 'Notes', multivalued: true, permissions: both },
    { name: 'document', displayName: 'Document', permissions: both, required: { roles: ['user'] } },
    { name: 'grade', displayName: 'Grade', permissions: { view: ['admin', 'user'], edit: ['admin'] } },
    { name: 'secretNote', permissions: { view: ['admin'], edit: ['admin'] } },
  );
  await kc.users.updateProfile(profile);
});
after(() => world.close());

async function person({ requiredActions = [ACTION], ...values } = {}) {
  const username = `rosa${n++}`;
  const { id } = await kc.users.create({
    username, enabled: true, email: `${username}@example.pe`, firstName: 'Rosa', lastName: 'Quispe', requiredActions,
    attributes: { grade: ['7'], secretNote: ['hidden-from-her'] }, credentials: [{ type: 'password', value: PASSWORD, temporary: false }], ...values });
  return { id, username };
}
const read = ({ id }) => kc.users.findOne({ id });
const formOf = (page) => formById(page.text, 'kc-update-profile-form');
async function toPage(who, parameters = {}, browser = new Browser(world.server, 'peru')) {
  const page = await browser.logIn(await browser.authorize({ client_id: 'portal', ...parameters }), who.username);
  assert.ok(formOf(page), `the page of the profile is expected: ${page.status} ${page.location} ${page.text.slice(0, 1500)}`);
  return { browser, page };
}
const codeOf = (page) => (page.isRedirect ? page.callback.code : undefined);
const send = ({ browser, page }, fields) => browser.submit(page, formOf(page), fields);
const GOOD = { 'user.attributes.document': '4455', 'user.attributes.state': 'Cusco', 'user.attributes.phones': '999 111\r\n\r\n999 222' };

test('AD-07: the page shows what people see, saves what they may change, and the login goes on', async () => {
  const who = await person();
  assert.equal((await app.password(who.username)).json.error_description, 'Account is not fully set up');
  const at = await toPage(who);
  assert.match(at.page.headers['cache-control'], /no-store/);
  const form = formOf(at.page);
  assert.deepEqual([form.fields.firstName, form.fields.lastName, form.fields.email], ['Rosa', 'Quispe', `${who.username}@example.pe`]);
  assert.equal(form.fields['user.attributes.grade'], '7');
  assert.doesNotMatch(at.page.text, /secretNote|hidden-from-her/);
  assert.match(at.page.text, /<option value="Lima">/);
  const done = await send(at, { ...GOOD, firstName: ' Rosa María ', 'user.attributes.grade': '99', 'user.attributes.secretNote': 'mine', secretNote: 'mine', enabled: 'false', emailVerified: 'true' });
  assert.ok(done.isRedirect && done.callback.code, done.text ? visibleText(done.text) + done.text.match(/<p class="hint problem".*/g) : '');
  const now = await read(who);
  assert.deepEqual([now.firstName, now.attributes.document, now.attributes.state, now.attributes.phones], ['Rosa María', ['4455'], ['Cusco'], ['999 111', '999 222']]);
  assert.deepEqual([now.attributes.grade, now.attributes.secretNote, now.enabled, now.emailVerified, now.requiredActions], [['7'], ['hidden-from-her'], true, false, []]);
  assert.equal((await app.password(who.username)).status, 200);
  const [event] = (await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'ProfileUpdated')).filter((e) => JSON.stringify(e).includes(who.id));
  assert.ok(event, 'it is in the audit chain');
  assert.ok((await kc.realms.findEvents({ realm: 'peru', type: 'UPDATE_PROFILE' })).some((e) => e.userId === who.id));
});

test('AD-14: what does not fit is told field by field, nothing is saved, and what was typed stays', async () => {
  const who = await person();
  let at = await toPage(who);
  for (const [fields, words] of [
    [{ 'user.attributes.document': '' }, /Please fill this in/],
    [{ ...GOOD, 'user.attributes.phones': '12' }, /Between 6 and 12 characters/],
    [{ ...GOOD, 'user.attributes.state': 'Tacna' }, /does not fit/],
    [{ ...GOOD, email: 'no address' }, /does not fit/],
    [{ ...GOOD, email: 'rosa0@example.pe' }, /Somebody else has this already/],
    [{ ...GOOD, lastName: '' }, /Please fill this in/],
  ]) {
    const page = await send(at, { firstName: 'Typed', ...fields });
    assert.equal(page.status, 200);
    assert.match(visibleText(page.text), words, JSON.stringify(fields));
    assert.match(page.text, /role="alert"/);
    assert.match(page.text, /aria-invalid="true"/);
    if (fields.email) assert.match(page.text, /name="email"[^>]*aria-invalid="true"/);
    assert.equal(formOf(page).fields.firstName, 'Typed');
    assert.deepEqual([(await read(who)).firstName, (await read(who)).requiredActions], ['Rosa', [ACTION]]);
    at = { browser: at.browser, page };
  }
  assert.ok((await send(at, { ...GOOD, lastName: 'Quispe', email: `${who.username}@example.pe` })).callback.code);
});

test('WE-07: what was typed is text on the page', async () => {
  const who = await person();
  const at = await toPage(who);
  const page = await send(at, { firstName: '"><script>alert(1)</script>', 'user.attributes.phones': '</textarea><script>alert(2)</script>' });
  assert.equal(page.status, 200);
  assert.doesNotMatch(page.text, /<script>alert/);
});

test('WE-12, PW-08: a page that comes late, twice or from elsewhere changes nothing', async () => {
  const who = await person();
  const at = await toPage(who);
  assert.ok((await send(at, GOOD)).callback.code);
  await send(at, { ...GOOD, firstName: 'Late' });
  assert.equal((await read(who)).firstName, 'Rosa');
  const other = await person();
  const theirs = await toPage(other);
  const stolen = await new Browser(world.server, 'peru').submit(theirs.page, formOf(theirs.page), { ...GOOD, firstName: 'Stolen' });
  assert.ok(!codeOf(stolen), 'another browser');
  const foreign = await theirs.browser.submit(theirs.page, formOf(theirs.page), { ...GOOD, firstName: 'Foreign' }, { headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } });
  assert.ok(foreign.status >= 400, String(foreign.status));
  await kc.users.resetPassword({ id: other.id, credential: { type: 'password', value: 'another password', temporary: false } });
  await send(theirs, { ...GOOD, firstName: 'Old password' });
  assert.equal((await read(other)).firstName, 'Rosa');
});

test('a disabled person gets no further', async () => {
  const who = await person();
  const at = await toPage(who);
  await kc.users.update({ id: who.id }, { ...(await read(who)), enabled: false });
  assert.ok(!codeOf(await send(at, GOOD)));
  assert.deepEqual((await read(who)).requiredActions, [ACTION]);
});

test('asked for by the application: saved, declined; a session alone is not enough (PW-08)', async () => {
  const who = await person({ requiredActions: [] });
  const at = await toPage(who, { kc_action: ACTION });
  const declined = await at.browser.submit(at.page, formOf(at.page), { 'cancel-aia': 'true' });
  assert.deepEqual([declined.callback.kc_action_status, Boolean(declined.callback.code)], ['cancelled', true]);
  const silent = await at.browser.authorize({ client_id: 'portal', kc_action: ACTION, prompt: 'none' });
  assert.equal(silent.callback.error, 'login_required');
  const again = await at.browser.authorize({ client_id: 'portal', kc_action: ACTION });
  assert.ok(formById(again.text, 'kc-form-login'), 'the password again');
  const page = await at.browser.logIn(again, who.username);
  const saved = await at.browser.submit(page, formOf(page), { ...GOOD, firstName: 'Rosario' });
  assert.deepEqual([saved.callback.kc_action_status, Boolean(saved.callback.code)], ['success', true]);
  assert.equal((await read(who)).firstName, 'Rosario');
});

test('WE-12: VERIFY_PROFILE, asked for by the application, ends: saved, or declined', async () => {
  const who = await person({ requiredActions: [] });
  const at = await toPage(who, { kc_action: 'VERIFY_PROFILE' });
  const saved = await send(at, { ...GOOD, firstName: 'Rosario' });
  assert.ok(codeOf(saved), 'not the same page again and again');
  assert.equal(saved.callback.kc_action_status, 'success');
  const again = await toPage(who, { kc_action: 'VERIFY_PROFILE' });
  assert.match(again.page.text, /name="cancel-aia"/);
  const declined = await send(again, { 'cancel-aia': 'true' });
  assert.deepEqual([declined.callback.kc_action_status, Boolean(declined.callback.code)], ['cancelled', true]);
});

test('what was left alone stays as it was, lines and spaces in it too', async () => {
  const attributes = { grade: ['7'], document: ['two\nlines'], phones: [' 999 111', '999\n222'] };
  const who = await person({ attributes });
  const { secretNote: _, ...before } = (await read(who)).attributes;
  const at = await toPage(who);
  // As browsers send them: a field of one line without its line breaks, one of many with CR LF.
  const done = await send(at, { firstName: 'Rosita', 'user.attributes.document': 'twolines', 'user.attributes.phones': ' 999 111\r\n999\r\n222' });
  assert.ok(codeOf(done), done.text && visibleText(done.text));
  const now = await read(who);
  assert.deepEqual([now.firstName, now.attributes], ['Rosita', before]);
});

test('HT-03: more than an attribute holds is told and not cut off; what is too large for a page stops no login', async () => {
  const who = await person();
  let at = await toPage(who);
  for (const notes of [Array.from({ length: 300 }, (_, i) => `n${i}`).join('\r\n'), 'x'.repeat(5000)]) {
    const page = await send(at, { ...GOOD, 'user.attributes.notes': notes });
    assert.equal(page.status, 200);
    assert.match(page.text, /name="user.attributes.notes"[^>]*aria-invalid="true"/);
    assert.deepEqual((await read(who)).requiredActions, [ACTION]);
    at = { browser: at.browser, page };
  }
  const many = Array.from({ length: 100 }, (_, i) => `note ${i}`);
  assert.ok(codeOf(await send(at, { ...GOOD, 'user.attributes.notes': many.join('\r\n') })));
  assert.deepEqual((await read(who)).attributes.notes, many);
  const large = Array.from({ length: 12 }, (_, i) => `${i}`.padEnd(2000, 'x'));
  const other = await person({ attributes: { notes: large } });
  const page = await toPage(other);
  assert.match(page.page.text, /name="user.attributes.notes"[^>]*readonly/);
  const done = await send(page, { ...GOOD, 'user.attributes.notes': '' });
  assert.ok(codeOf(done), done.text && visibleText(done.text));
  assert.deepEqual((await read(other)).attributes.notes, large);
});

test('a page cannot be left out: what the server asks for is not declined', async () => {
  const who = await person();
  const at = await toPage(who);
  const page = await at.browser.submit(at.page, formOf(at.page), { 'cancel-aia': 'true' });
  assert.ok(formOf(page), 'the same page again');
});

test('one action after another, in the order of the realm; VERIFY_PROFILE is the same page', async () => {
  const who = await person({ requiredActions: ['UPDATE_PASSWORD', 'VERIFY_PROFILE'] });
  const browser = new Browser(world.server, 'peru');
  let page = await browser.logIn(await browser.authorize({ client_id: 'portal' }), who.username);
  page = await browser.submit(page, formById(page.text, 'kc-passwd-update-form'), { 'password-new': 'a new password 1', 'password-confirm': 'a new password 1' });
  assert.ok(formOf(page), page.text.slice(0, 1000));
  page = await browser.submit(page, formOf(page), GOOD);
  assert.ok(page.callback.code);
  assert.deepEqual((await read(who)).requiredActions, []);
});

test('OI-08: where addresses are proved, one that is there stays; a first one is proved before the login goes on', async () => {
  await world.setRealm({ verifyEmail: true });
  const who = await person({ emailVerified: true });
  const at = await toPage(who);
  assert.match(at.page.text, /name="email"[^>]*readonly/);
  assert.ok((await send(at, { ...GOOD, email: 'other@example.pe' })).callback.code);
  assert.equal((await read(who)).email, `${who.username}@example.pe`);
  await world.setRealm({ verifyEmail: false });
});

test('RE-02: nobody gives himself the address of another as a name', async () => {
  await world.setRealm({ editUsernameAllowed: true });
  const who = await person();
  const at = await toPage(who);
  const page = await send(at, { ...GOOD, username: 'the.boss@example.pe' });
  assert.equal(page.status, 200);
  assert.match(page.text, /aria-invalid="true"/);
  assert.equal((await read(who)).username, who.username);
  await world.setRealm({ editUsernameAllowed: false });
  const closed = await toPage(await person());
  assert.match(closed.page.text, /name="username"[^>]*readonly/);
});

test('in the languages of the realm', async () => {
  await world.setRealm({ internationalizationEnabled: true, supportedLocales: ['es', 'pt', 'en'], defaultLocale: 'es' });
  const at = await toPage(await person(), { ui_locales: 'pt' });
  assert.match(visibleText(at.page.text), /Confira seus dados/);
  const problem = await send(at, { 'user.attributes.document': '' });
  assert.match(visibleText(problem.text), /Preencha este campo/);
  await world.setRealm({ internationalizationEnabled: true, supportedLocales: ['en', 'es', 'pt'], defaultLocale: 'en' });
});
