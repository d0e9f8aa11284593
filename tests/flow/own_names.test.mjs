// What people call themselves and their devices: no address but their own, nothing that looks like a service
// account, nothing that nobody sees (RE-02, RE-03, WE-13, IN-04).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, refusal } from './lib/admin.mjs';
import { formById } from './lib/html.mjs';
import { bearer, request } from './lib/http.mjs';
import { Browser } from './lib/oidc.mjs';
import { codeFor, otpCredential, setupForm } from './lib/otp.mjs';
import { freePort } from './lib/server.mjs';
import { Authority, linkOf, MailServer } from './lib/smtp.mjs';

let world, relay, kc, origin, portal, n = 0;
before(async () => {
  const ports = { web: await freePort(), management: await freePort() };
  const authority = new Authority();
  origin = `http://localhost:${ports.web}`;
  relay = await MailServer.start({ ...authority.issue('localhost') });
  world = await AdminWorld.open({ ports, args: ['--hostname', origin, '--fetch-networks', '127.0.0.0/8', '--fetch-ca-file', authority.cert] });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  kc = await world.client('ana', 'peru');
  await kc.realms.update({ realm: 'peru' }, { smtpServer: { host: 'localhost', port: String(relay.port), from: 'login@example.pe', starttls: 'true', ssl: 'false', auth: 'false' } });
});
after(async () => { await world.close(); await relay.close(); });

// The name is the address when `named`.
async function someone({ named = true, ...values } = {}) {
  const email = `persona${n++}@example.pe`, name = named ? email : email.split('@')[0];
  await world.addUser(name, { email, firstName: 'Ana', lastName: 'Quispe', ...values });
  const [{ id }] = await kc.users.find({ username: name, exact: true });
  const token = (await portal.password(name)).json.access_token;
  const call = (method, path, options) => request(`${origin}/realms/peru/account${path}`, { method, headers: bearer(token), ...options });
  return { id, name, email, call, post: (json) => call('POST', '/', { json }) };
}
const named = async (who) => { const { username, email } = await kc.users.findOne({ id: who.id }); return [username, email]; };
async function inRealm(values, what) {
  const rules = { editUsernameAllowed: false, registrationEmailAsUsername: false, verifyEmail: false };
  await world.setRealm({ ...rules, ...values });
  try { await what(); } finally { await world.setRealm(rules); }
}
const refuses = (reply, field) => assert.deepEqual([reply.status, reply.text && reply.json.field], [400, field], reply.text);
const accepts = (reply) => assert.equal(reply.status, 204, reply.text);

test('RE-02, RE-03: nobody keeps the address of somebody else as his name by taking it and giving it back', () => inRealm({ editUsernameAllowed: true }, async () => {
  const mallory = await someone({ named: false });
  accepts(await mallory.post({ username: 'victim@example.pe', email: 'victim@example.pe' }));
  accepts(await mallory.post({ email: mallory.email }));
  assert.deepEqual(await named(mallory), [mallory.email, mallory.email], 'the name went with the address');
  accepts(await mallory.post({ username: 'victim@example.pe', email: 'victim@example.pe' }));
  refuses(await mallory.post({ username: 'other@example.pe', email: mallory.email }), 'username');
  accepts(await mallory.post({ username: 'mallory', email: mallory.email }));
  refuses(await mallory.post({ username: 'victim@example.pe' }), 'username');
  refuses(await mallory.post({ username: 'victim＠example.pe' }), 'username');
  assert.deepEqual(await named(mallory), ['mallory', mallory.email]);
  accepts(await mallory.post({ username: mallory.email }));
  await kc.users.create({ username: 'honest', email: 'victim@example.pe', enabled: true, firstName: 'V', lastName: 'V' });
}));

test('RE-02: a name that was the address does not follow to one that somebody else is called by', () => inRealm({ editUsernameAllowed: true }, async () => {
  const luis = await someone();
  await kc.users.create({ username: 'taken@example.pe', enabled: true, email: 'somewhere@example.pe', firstName: 'V', lastName: 'V' });
  assert.equal((await luis.post({ email: 'taken@example.pe' })).status, 409);
  const odd = await luis.post({ email: 'service-account-x@example.pe' });
  refuses(odd, 'username');
  assert.deepEqual(await named(luis), [luis.email, luis.email]);
}));

test('RE-02: an address that is a name goes with nothing in its place only when another name is chosen', () => inRealm({ editUsernameAllowed: true }, async () => {
  const profile = await kc.users.getProfile();
  await kc.users.updateProfile({ ...profile, attributes: profile.attributes.map((a) => (a.name === 'email' ? { ...a, required: undefined } : a)) });
  try {
    const rosa = await someone();
    refuses(await rosa.post({ email: '' }), 'email');
    accepts(await rosa.post({ email: '', username: 'rosa' }));
    assert.deepEqual(await named(rosa), ['rosa', undefined]);
  } finally { await kc.users.updateProfile(profile); }
}));

test('RE-02: a name that administrators gave stays theirs', () => inRealm({}, async () => {
  const proved = await someone({ emailVerified: true }), unproved = await someone();
  accepts(await proved.post({ email: `new-${proved.email}` }));
  assert.deepEqual(await named(proved), [proved.email, `new-${proved.email}`], 'she had that address');
  refuses(await unproved.post({ email: 'boss@example.pe' }), 'email');
  accepts(await unproved.post({ lastName: 'Mamani' }));
  await kc.users.update({ id: unproved.id }, { email: 'moved@example.pe' });
  assert.deepEqual(await named(unproved), [unproved.email, 'moved@example.pe'], 'an administrator may');
  accepts(await unproved.post({ email: 'again@example.pe' }));
  assert.deepEqual(await named(unproved), [unproved.email, 'again@example.pe'], 'it was not his address before this change');
}));

test('RE-02: where the profile keeps names for administrators nobody chooses one by his address', () => inRealm({ editUsernameAllowed: true }, async () => {
  const profile = await kc.users.getProfile();
  await kc.users.updateProfile({ ...profile, attributes: profile.attributes.map((a) => (a.name === 'username' ? { ...a, permissions: { view: ['admin', 'user'], edit: ['admin'] } } : a)) });
  try {
    const kept = await someone();
    refuses(await kept.post({ username: 'boss' }), 'username');
    refuses(await kept.post({ email: 'boss@example.pe' }), 'email');
    assert.deepEqual(await named(kept), [kept.email, kept.email]);
  } finally { await kc.users.updateProfile(profile); }
}));

test('RE-02: where addresses are names nobody chooses his name by an address that he did not prove', () => inRealm({ registrationEmailAsUsername: true }, async () => {
  const iris = await someone({ emailVerified: true });
  refuses(await iris.post({ email: 'boss@example.pe' }), 'email');
  assert.deepEqual(await named(iris), [iris.email, iris.email]);
}));

test('OI-08, RE-02: a name follows to an address once the link that came there was followed', async () => {
  const link = async (who, email, more = {}) => {
    const reply = await who.post({ email, ...more });
    assert.deepEqual([reply.status, reply.json], [200, { pendingEmail: email }], reply.text);
    return linkOf(await relay.take(email));
  };
  const use = async (url) => { const browser = new Browser(world.server, 'peru'), page = await browser.get(url); return browser.submit(page, formById(page.text, 'kc-action-token-form'), {}); };
  for (const realm of [{ registrationEmailAsUsername: true }, { editUsernameAllowed: true }, { registrationEmailAsUsername: true, editUsernameAllowed: true }])
    await inRealm({ verifyEmail: true, ...realm }, async () => {
      const sara = await someone({ emailVerified: true }), wanted = `new-${sara.email}`;
      const url = await link(sara, wanted);
      assert.deepEqual(await named(sara), [sara.email, sara.email], JSON.stringify(realm));
      assert.match((await use(url)).text, /up to date/);
      assert.deepEqual(await named(sara), [wanted, wanted], JSON.stringify(realm));
      const told = (await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'EmailUpdated')).find((e) => JSON.stringify(e).includes(sara.id));
      assert.equal(told.data.newUsername, wanted);
      assert.equal((await portal.password(wanted)).status, 200);
    });
  await inRealm({ verifyEmail: true }, async () => {
    const fixed = await someone({ emailVerified: true });
    await use(await link(fixed, `new-${fixed.email}`));
    assert.deepEqual(await named(fixed), [fixed.email, `new-${fixed.email}`]);
  });
  await inRealm({ verifyEmail: true, editUsernameAllowed: true }, async () => {
    const eager = await someone({ emailVerified: true });
    refuses(await eager.post({ username: 'soon@example.pe', email: 'soon@example.pe' }), 'username');
    const late = await someone({ emailVerified: true });
    const url = await link(late, 'wanted@example.pe');
    await kc.users.create({ username: 'wanted@example.pe', enabled: true, email: 'else@example.pe', firstName: 'V', lastName: 'V' });
    assert.match((await use(url)).text, /does not work any more/);
    assert.deepEqual(await named(late), [late.email, late.email]);
  });
});

test('WE-13: nobody calls himself what can be taken for the name of a service account', () => inRealm({ editUsernameAllowed: true }, async () => {
  const eva = await someone({ named: false });
  const bad = ['service-account-portal', 'SERVICE-ACCOUNT-portal', 'service\u2010account\u2010portal', 'service\u2011account-portal', 'service_account_portal',
    'service.account.portal', 'ｓervice-account-portal', 'service-acc0unt-portal', 'serviceーaccountー山'];
  for (const username of bad) assert.equal((await eva.post({ username })).status, 400, code(username));
  for (const username of ['serviceaccountant', 'service-desk', 'service-account', 'my-service-account-1']) accepts(await eva.post({ username }));
}));

// --- Labels ---

const INVISIBLE = ['\u3164', '\u115f', '\u1160', '\uffa0', '\u034f', '\u17b4', '\u17b5', '\u{e0080}', '\u{e0100}', '\u{e0fff}', '\u200b', '\u202e', '\ufe0f', '\u180e', '\u2800'];
const code = (text) => [...text].map((c) => `U+${c.codePointAt(0).toString(16)}`).join(' ');

test('IN-04: what nobody sees is in no name of a device, role, group or client', async () => {
  const { id } = await kc.users.create({ username: 'holder', enabled: true, firstName: 'H', lastName: 'H', email: 'holder@example.pe', credentials: [otpCredential()] });
  const [device] = await kc.users.getCredentials({ id });
  const token = await world.token('ana', 'peru');
  const put = (text) => world.call('PUT', `/realms/peru/users/${id}/credentials/${device.id}/userLabel`, { token, body: text, headers: { 'Content-Type': 'text/plain' } });
  for (const c of INVISIBLE) {
    for (const text of [`phone${c}`, `${c}phone`, `ph${c}one`, c]) assert.equal((await put(text)).status, 400, code(text));
    assert.equal((await refusal(kc.roles.create({ name: `role${c}` }))).status, 400, code(c));
    assert.equal((await refusal(kc.groups.create({ name: `group${c}` }))).status, 400, code(c));
    assert.equal((await refusal(kc.clients.create({ clientId: `client${c}` }))).status, 400, code(c));
  }
  for (const space of [' ', '\t', '\u00a0', '\u1680', '\u2003', '\u202f', '\u205f', '\u3000']) {
    assert.equal((await put(`${space}my${space}phone${space}${space}`)).status, space === '\t' ? 400 : 204, code(space));
    if (space !== '\t') assert.equal((await kc.users.getCredentials({ id }))[0].userLabel, `my${space}phone`, code(space));
  }
  for (const fine of ['Téléphone de María 山田 한국 ខ្មែរ', '☎️ 1️⃣ ᠪᠠᠶᠢᠨ᠎ᠠ']) assert.equal((await put(fine)).status, 204, fine);
});

test('IN-04: a new device is not called what another one is but for spaces, nor by nothing that is seen', async () => {
  const username = `dev${n++}`;
  await kc.users.create({ username, enabled: true, email: `${username}@example.pe`, firstName: 'D', lastName: 'D', requiredActions: ['CONFIGURE_TOTP'], credentials: [{ type: 'password', value: 'una contraseña larga 1' }] });
  const browser = new Browser(world.server, 'peru');
  const page = await browser.logIn(await browser.authorize({ client_id: 'portal' }), username, 'una contraseña larga 1');
  const refused = await browser.submit(page, setupForm(page), { totp: codeFor(page), userLabel: '\u3164' });
  assert.ok(setupForm(refused), refused.text);
  const done = await browser.submit(refused, setupForm(refused), { totp: codeFor(refused), userLabel: '\u3000mi tel\u00a0' });
  assert.ok(done.isRedirect, done.text);
  const [{ id }] = await kc.users.find({ username, exact: true });
  assert.equal((await kc.users.getCredentials({ id })).find((c) => c.type === 'otp').userLabel, 'mi tel');
});

test('IN-04: labels of credentials that come with a person', async () => {
  const create = (userLabel) => kc.users.create({ username: `lab${n++}`, enabled: true, email: `lab${n}@example.pe`, firstName: 'L', lastName: 'L', credentials: [{ ...otpCredential(), userLabel }] });
  for (const bad of ['\u202emoc', 'a\u3164', 'a\u0007', 'x'.repeat(256)]) assert.equal((await refusal(create(bad))).status, 400, code(bad));
  const { id } = await create('\u3000mi tel ');
  assert.equal((await kc.users.getCredentials({ id }))[0].userLabel, 'mi tel');
});

test('IN-04: an import takes what cannot be read out of a label, and says so', async () => {
  const device = (userLabel) => ({ ...otpCredential(), userLabel });
  const users = [{ username: 'rita', enabled: true, credentials: [device('\u202emi\u3164 tel '), device('limpio')] }];
  const result = await world.cli.withFile(JSON.stringify({ realm: 'bolivia', enabled: true, users }), (file) => world.cli.run(['realm', 'import', file, '--json']));
  assert.equal(result.status, 0, result.stderr);
  assert.match(result.stdout + result.stderr, /users\[0\]\.credentials\[0\]\.userLabel/);
  assert.doesNotMatch(result.stdout + result.stderr, /credentials\[1\]\.userLabel/);
  const root = await world.client('root', 'master', 'bolivia');
  const [{ id }] = await root.users.find({ username: 'rita' });
  assert.deepEqual((await root.users.getCredentials({ id })).map((c) => c.userLabel), ['mi tel', 'limpio']);
});

test('IN-04: no space of whatever width makes an address look like another one', async () => {
  const create = (email) => kc.users.create({ username: `sp${n++}`, enabled: true, email, firstName: 'L', lastName: 'L' });
  await create('espacio@example.pe');
  for (const bad of ['espa\u2003cio@example.pe', 'espacio\u00a0@example.pe', 'espacio@exam\u3000ple.pe', 'espacio\u3164@example.pe']) assert.equal((await refusal(create(bad))).status, 400, code(bad));
  assert.equal((await refusal(create('\u00a0espacio@example.pe'))).status, 409, 'it is the same one');
  const { id } = await create('\u3000otro@example.pe\u2003');
  assert.equal((await kc.users.findOne({ id })).email, 'otro@example.pe');
});
