// Invitations to organizations: mailed, listed, sent anew, taken back; who has an account joins by the link, who
// has none makes one. Against a mail server that keeps what it gets.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, refusal } from './lib/admin.mjs';
import { formById, visibleText } from './lib/html.mjs';
import { assertErrorPage, Browser } from './lib/oidc.mjs';
import { freePort, until } from './lib/server.mjs';
import { Authority, linkOf, MailServer } from './lib/smtp.mjs';

const NEW = 'una contraseña larga 1';
let world, relay, kc, token, portal, acme, origin, n = 0;

before(async () => {
  const ports = { web: await freePort(), management: await freePort() };
  const authority = new Authority();
  origin = `http://localhost:${ports.web}`;
  relay = await MailServer.start({ ...authority.issue('localhost') });
  world = await AdminWorld.open({
    ports, args: ['--hostname', origin, '--fetch-networks', '127.0.0.0/8', '--fetch-ca-file', authority.cert],
    realm: { organizationsEnabled: true, displayName: 'Municipalidad de Ñaña', passwordPolicy: 'length(8)' },
  });
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  await kc.realms.update({ realm: 'peru' }, { smtpServer: smtp() });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true, fullScopeAllowed: true } });
  acme = await organization('Acme Perú', { redirectUrl: 'https://acme.example.pe/' });
});
after(async () => { await world.close(); await relay.close(); });

const smtp = (more = {}) => ({ host: 'localhost', port: String(relay.port), from: 'login@example.pe', starttls: 'true', ssl: 'false', auth: 'false', ...more });
const organization = async (name, more = {}) => (await kc.organizations.create({ name, domains: [{ name: `d${n++}.example.pe`, verified: false }], ...more })).id;
const formData = (fields) => { const form = new FormData(); for (const [name, value] of Object.entries(fields)) form.append(name, value); return form; };
const invite = (fields, orgId = acme) => kc.organizations.invite({ orgId }, formData(fields));
const inviteKnown = (id, orgId = acme) => kc.organizations.inviteExistingUser({ orgId }, formData({ id }));
const post = (path, fields, as = token, realm = 'peru') => world.call('POST', `/realms/${realm}/organizations${path}`, { token: as, form: fields });
const browser = () => new Browser(world.server, 'peru');
const pending = async (query = {}, orgId = acme) => kc.organizations.listInvitations({ orgId, ...query });
const members = async (orgId = acme) => (await kc.organizations.listMembers({ orgId })).map((m) => m.username).sort();
const eventsOf = (...type) => kc.realms.findEvents({ realm: 'peru', type, max: 50 });
async function someone(values = {}) {
  const name = `persona${n++}`;
  await world.addUser(name, { email: `${name}@example.pe`, firstName: 'Ana', lastName: 'Quispe', ...values });
  const [{ id }] = await kc.users.find({ username: name, exact: true });
  return { name, id, email: `${name}@example.pe` };
}
const formOf = (page) => formById(page.text, 'kc-invitation-form');
async function open(link, who = browser()) {
  const page = await who.get(link);
  assert.equal(page.status, 200, page.text);
  return page;
}
async function use(link, fields = {}, who = browser()) {
  const page = await open(link, who);
  return who.submit(page, formOf(page), fields);
}
const assertSpent = (page) => { assertErrorPage(page); assert.match(page.text, /does not work any more/); };
const assertTaken = (page) => {
  assert.equal(page.status, 409, page.text);
  assert.match(visibleText(page.text), /Your address is taken by an account/);
  assert.match(visibleText(page.text), /invite that account itself/);
  assert.doesNotMatch(page.text, /does not work any more|mallory|primera|segunda/, 'nobody is named');
};
const account = (username, more = {}) => ({ username, firstName: 'Rosa', lastName: 'Mamani', 'password-new': NEW, 'password-confirm': NEW, ...more });

test('OA-16, RE-01: who has an account joins by the link, once; opening it changes nothing', async () => {
  const maria = await someone({ emailVerified: false });
  await inviteKnown(maria.id);
  const mail = await relay.take(maria.email);
  assert.match(mail.parsed.subject, /Acme Perú/);
  assert.match(mail.parsed.text, /Municipalidad de Ñaña/);
  const link = linkOf(mail);
  assert.ok(link.startsWith(`${origin}/realms/peru/login-actions/invitation?key=`), link);
  const [shown] = await pending();
  assert.deepEqual([shown.email, shown.organizationId, shown.status, shown.firstName], [maria.email, acme, 'PENDING', 'Ana']);
  assert.equal(shown.expiresAt - shown.sentDate, 43200);
  assert.equal(JSON.stringify(await kc.organizations.findInvitation({ orgId: acme, invitationId: shown.id })), JSON.stringify(shown));
  assert.ok(!JSON.stringify(shown).includes(new URL(link).searchParams.get('key').split('.')[1]), 'the link is in the mail alone');
  for (let i = 0; i < 3; i++) assert.match(visibleText((await open(link)).text), /Acme Perú/);
  assert.deepEqual(await members(), []);
  const done = await use(link);
  assert.match(done.text, /https:\/\/acme\.example\.pe\//);
  assert.deepEqual(await members(), [maria.name]);
  assert.deepEqual(await pending(), []);
  assert.equal((await kc.users.findOne({ id: maria.id })).emailVerified, false, 'OI-08: who read the mail need not be who has the account');
  assertSpent(await browser().get(link));
  const [event] = await eventsOf('INVITE_ORG');
  assert.deepEqual([event.userId, event.details.organization], [maria.id, 'Acme Perú']);
  const [asked] = await kc.realms.findAdminEvents({ realm: 'peru', resourceTypes: 'ORGANIZATION_MEMBERSHIP', operationTypes: 'ACTION' });
  assert.equal(asked.resourcePath, `organizations/${acme}/members/invite-existing-user`);
  assert.equal((await refusal(inviteKnown(maria.id))).status, 409, 'a member is not invited');
});

test('OA-16: who has no account makes one with the address that was invited, and logs in like everybody else', async () => {
  await invite({ email: 'Rosa@Example.pe', firstName: 'Rosa', lastName: 'Mamani' });
  assert.equal((await refusal(invite({ email: 'rosa@example.pe' }))).status, 409, 'one waits already');
  const link = linkOf(await relay.take('rosa@example.pe'));
  const page = await open(link), form = formOf(page);
  assert.match(page.text, /value="Rosa"/);
  assert.match(page.text, /value="Mamani"/);
  const who = browser();
  const refused = async (fields, pattern) => {
    const reply = await who.submit(await open(link, who), form, fields);
    assert.equal(reply.status, 400, reply.text);
    assert.match(visibleText(reply.text), pattern);
    return reply;
  };
  await refused(account('rosa', { 'password-confirm': 'otra' }), /not the same/);
  await refused(account('rosa', { 'password-new': 'corta', 'password-confirm': 'corta' }), /8/);
  await refused(account('ana'), /exists/);
  await refused(account(''), /a user name is needed/);
  assert.match((await refused(account('rosa', { firstName: '' }), /firstName/)).text, /value="rosa"/, 'what was typed is kept');
  const done = await use(link, { ...account('rosa'), email: 'otra@example.pe', emailVerified: 'false', enabled: 'false' });
  assert.match(visibleText(done.text), /Acme Perú/);
  const [rosa] = await kc.users.find({ username: 'rosa', exact: true });
  assert.deepEqual([rosa.email, rosa.emailVerified, rosa.enabled, rosa.firstName], ['rosa@example.pe', true, true, 'Rosa']);
  assert.ok((await members()).includes('rosa'));
  assertSpent(await browser().get(link));
  assert.deepEqual((await eventsOf('REGISTER')).map((e) => e.userId), [rosa.id]);
  assert.ok((await kc.users.listRealmRoleMappings({ id: rosa.id })).some((r) => r.name === 'default-roles-peru'));
  const login = await fetch(`${origin}/realms/peru/protocol/openid-connect/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', username: 'rosa', password: NEW }) });
  assert.equal(login.status, 200, await login.text());
});

test('RE-01: of many who use a link at once one makes an account', async () => {
  await invite({ email: 'carrera@example.pe' });
  const link = linkOf(await relay.take('carrera@example.pe'));
  const many = await Promise.all(Array.from({ length: 5 }, async () => { const who = browser(); return { who, page: await open(link, who) }; }));
  const pages = await Promise.all(many.map(({ who, page }, i) => who.submit(page, formOf(page), account(`carrera${i}`))));
  assert.equal(pages.filter((p) => p.status === 200).length, 1, pages.map((p) => p.status).join());
  assert.equal((await kc.users.find({ email: 'carrera@example.pe' })).length, 1);
});

test('RE-01: sent anew, taken back, over, of an organization that is disabled or gone: the link is good for nothing', async () => {
  const other = await organization('Bodega');
  const send = async (email) => { await invite({ email }, other); return linkOf(await relay.take(email)); };
  const first = await send('uno@example.pe');
  const [before1] = await pending({ email: 'uno@' }, other);
  await kc.organizations.resendInvitation({ orgId: other, invitationId: before1.id });
  const second = linkOf(await relay.take('uno@example.pe'));
  assertSpent(await browser().get(first));
  await open(second);
  const [one] = await pending({}, other);
  assert.notEqual(one.id, before1.id);
  await kc.organizations.deleteInvitation({ orgId: other, invitationId: one.id });
  assertSpent(await browser().get(second));
  assert.equal((await refusal(kc.organizations.deleteInvitation({ orgId: other, invitationId: one.id }))).status, 404);

  await kc.realms.update({ realm: 'peru' }, { actionTokenGeneratedByAdminLifespan: 1 });
  const short = await send('corto@example.pe');
  await kc.realms.update({ realm: 'peru' }, { actionTokenGeneratedByAdminLifespan: 43200 });
  await until('the invitation is over', async () => (await pending({ status: 'EXPIRED' }, other)).length === 1);
  assert.deepEqual(await pending({ status: 'PENDING' }, other), []);
  assertSpent(await browser().get(short));
  await send('corto@example.pe');
  assert.deepEqual((await pending({}, other)).map((i) => i.status), ['PENDING'], 'it took the place of the one that is over');

  const off = await send('dos@example.pe');
  const shown = await kc.organizations.findOne({ id: other });
  await kc.organizations.updateById({ id: other }, { ...shown, enabled: false });
  assertSpent(await browser().get(off));
  await kc.organizations.updateById({ id: other }, { ...shown, enabled: true });
  await open(off);
  await kc.organizations.delById({ id: other });
  assertSpent(await browser().get(off));
  assertSpent(await browser().get(`${off}x`));
  assertSpent(await browser().get(`${origin}/realms/peru/login-actions/invitation?key=x`));
});

// Somebody who writes the address of another one into his profile.
async function squatter(name, email) {
  await world.addUser(name, { email: `${name}@example.pe`, firstName: 'M', lastName: 'L' });
  const own = (await portal.password(name)).json.access_token;
  const reply = await fetch(`${origin}/realms/peru/account/`, { method: 'POST', headers: { Authorization: `Bearer ${own}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ username: name, email, firstName: 'M', lastName: 'L' }) });
  assert.equal(reply.status, 204, await reply.text());
  return (await kc.users.find({ username: name, exact: true }))[0];
}

test('RE-03, OI-08: who takes the address that was invited neither joins nor has it proved', async () => {
  await invite({ email: 'victima@example.pe' });
  const link = linkOf(await relay.take('victima@example.pe'));
  const who = browser();
  const page = await open(link, who); // with the form for a new account
  const mallory = await squatter('mallory', 'victima@example.pe');
  assertTaken(await browser().get(link));
  assertTaken(await who.submit(page, formOf(page), account('victima')));
  const refused = await post(`/${acme}/members/invite-user`, { email: 'victima@example.pe' });
  assert.deepEqual([refused.status, refused.json.error, refused.json.field], [409, 'email_taken', 'email'], refused.text);
  const [waiting] = await pending({ email: 'victima@' });
  const again = await post(`/${acme}/invitations/${waiting.id}/resend`, {});
  assert.deepEqual([again.status, again.json.error], [409, 'email_taken'], again.text);
  assert.equal((await pending({ email: 'victima@' }))[0].id, waiting.id, 'the one of before stays');
  assert.ok((await eventsOf('INVITE_ORG_ERROR')).some((e) => e.error === 'email_in_use'));
  assert.ok(!(await members()).includes('mallory'));
  assert.equal((await kc.users.findOne({ id: mallory.id })).emailVerified, false);
  await kc.users.update({ id: mallory.id }, { email: 'm@example.pe' });
  await use(link, account('victima'));
  assert.ok((await members()).includes('victima'), 'the link is still good for whose address it is');
});

test('RE-03: an address is invited with the account that proved it and with no other; by its id any', async () => {
  const mario = await squatter('mario', 'suya@example.pe');
  const refused = await refusal(invite({ email: 'suya@example.pe' }));
  assert.equal(refused.status, 409);
  assert.match(refused.text ?? JSON.stringify(refused), /mario has this email and did not prove it/);
  await inviteKnown(mario.id);
  await use(linkOf(await relay.take('suya@example.pe')));
  assert.ok((await members()).includes('mario'));
  assert.equal((await kc.users.findOne({ id: mario.id })).emailVerified, false);
  const proved = await someone({ emailVerified: true });
  await invite({ email: proved.email });
  await use(linkOf(await relay.take(proved.email)));
  assert.ok((await members()).includes(proved.name));
});

test('RE-03: where accounts share addresses nobody owns one; whom it is for is invited by his id', async () => {
  await world.setRealm({ loginWithEmailAllowed: false, duplicateEmailsAllowed: true });
  try {
    const shared = 'juntas@example.pe', ids = {};
    for (const name of ['primera', 'segunda']) {
      await world.addUser(name, { email: shared, emailVerified: true, firstName: 'J', lastName: 'J' });
      ids[name] = (await kc.users.find({ username: name, exact: true }))[0].id;
    }
    const refused = await post(`/${acme}/members/invite-user`, { email: shared });
    assert.deepEqual([refused.status, refused.json.error], [409, 'email_taken'], refused.text);
    await inviteKnown(ids.segunda);
    const link = linkOf(await relay.take(shared));
    const page = await open(link);
    assert.match(visibleText(page.text), /segunda/);
    await use(link);
    assert.ok((await members()).includes('segunda') && !(await members()).includes('primera'));
    // an address that nobody had when it was invited
    await invite({ email: 'luego@example.pe' });
    const later = linkOf(await relay.take('luego@example.pe')), who = browser(), form = await open(later, who);
    await world.addUser('tercera', { email: 'luego@example.pe', emailVerified: true, firstName: 'T', lastName: 'T' });
    assertTaken(await browser().get(later));
    assertTaken(await who.submit(form, formOf(form), account('cuarta')));
    assert.ok(!(await members()).some((m) => ['tercera', 'cuarta'].includes(m)));
  } finally { await world.setRealm({ duplicateEmailsAllowed: false }); }
});

test('RE-03: an invitation of one account that is sent anew is still of that account alone', async () => {
  const vera = await someone();
  await inviteKnown(vera.id);
  const first = linkOf(await relay.take(vera.email));
  const [one] = await pending({ email: vera.email });
  await kc.organizations.resendInvitation({ orgId: acme, invitationId: one.id });
  const second = linkOf(await relay.take(vera.email));
  assertSpent(await browser().get(first));
  const [two] = await pending({ email: vera.email });
  assert.notEqual(two.id, one.id);
  await kc.users.update({ id: vera.id }, { email: 'vera-nueva@example.pe' });
  await world.addUser('otra-vera', { email: vera.email, emailVerified: true, firstName: 'O', lastName: 'V' });
  assertSpent(await browser().get(second));
  const moved = await post(`/${acme}/invitations/${two.id}/resend`, {});
  assert.equal(moved.status, 409, moved.text);
  assert.match(moved.json.errorMessage, /does not have this email any more/);
  assert.deepEqual((await pending({ email: vera.email })).map((i) => i.id), [two.id], 'nothing was taken back');
  await kc.organizations.deleteInvitation({ orgId: acme, invitationId: two.id });
  await inviteKnown(vera.id);
  const third = linkOf(await relay.take('vera-nueva@example.pe'));
  const [three] = await pending({ email: 'vera-nueva' });
  await kc.organizations.resendInvitation({ orgId: acme, invitationId: three.id });
  await use(linkOf(await relay.take('vera-nueva@example.pe')));
  assertSpent(await browser().get(third));
  assert.ok((await members()).includes(vera.name) && !(await members()).includes('otra-vera'));
});

test('RE-03: the form for one account does not let another one join', async () => {
  await invite({ email: 'llega@example.pe' });
  const link = linkOf(await relay.take('llega@example.pe'));
  const who = browser();
  const page = await open(link, who);
  await world.addUser('llega', { email: 'llega@example.pe', emailVerified: true, firstName: 'L', lastName: 'L' });
  const changed = await who.submit(page, formOf(page), account('otra'));
  assert.equal(changed.status, 400);
  assert.match(visibleText(changed.text), /has changed meanwhile/);
  assert.ok(!(await members()).includes('llega'));
  await use(link);
  assert.ok((await members()).includes('llega'));
});

test('RE-02: nobody calls himself as a service account or as the address of another one', async () => {
  await invite({ email: 'nombre@example.pe' });
  const link = linkOf(await relay.take('nombre@example.pe'));
  for (const [name, pattern] of [['service-account-billing', /does not begin with service-account-/], ['real.person@example.pe', /user name with @ is the email/]]) {
    const page = await use(link, account(name));
    assert.equal(page.status, 400);
    assert.match(visibleText(page.text), pattern);
  }
  assert.equal((await use(link, account('nombre@example.pe'))).status, 200);
});

test('RE-01: a person who was disabled or has another address by now does not join', async () => {
  const luis = await someone();
  await inviteKnown(luis.id);
  const link = linkOf(await relay.take(luis.email));
  await kc.users.update({ id: luis.id }, { email: 'nuevo@example.pe' });
  assertSpent(await browser().get(link));
  await kc.users.update({ id: luis.id }, { email: luis.email, enabled: false });
  assertSpent(await browser().get(link));
  await kc.users.update({ id: luis.id }, { enabled: true });
  await open(link);
  assert.equal((await refusal(inviteKnown(luis.id))).status, 409, 'one waits already');
});

test('a mail that is not taken is told, and leaves no invitation', async () => {
  await kc.realms.update({ realm: 'peru' }, { smtpServer: smtp({ port: String(await freePort()) }) });
  const reply = await post(`/${acme}/members/invite-user`, { email: 'perdido@example.pe' });
  assert.equal(reply.status, 500, reply.text);
  assert.match(reply.json.errorMessage, /Failed to send/);
  assert.deepEqual(await pending({ email: 'perdido' }), []);
  await kc.realms.update({ realm: 'peru' }, { smtpServer: smtp() });
});

test('what cannot be: bodies, addresses, people', async () => {
  for (const [fields, status] of [[{}, 400], [{ email: 'no address' }, 400], [{ email: 'a@b\r\nBcc: c@d' }, 400], [{ email: 'x@example.pe', firstName: 'x'.repeat(300) }, 400]]) {
    assert.equal((await post(`/${acme}/members/invite-user`, fields)).status, status, JSON.stringify(fields));
  }
  assert.equal((await world.call('POST', `/realms/peru/organizations/${acme}/members/invite-user`, { token, json: { email: 'a@example.pe' } })).status, 415);
  assert.equal((await post(`/${acme}/members/invite-existing-user`, { id: 'nobody' })).status, 400);
  const silent = await someone();
  await kc.users.update({ id: silent.id }, { email: '' });
  assert.match((await post(`/${acme}/members/invite-existing-user`, { id: silent.id })).text, /email/i);
  assert.equal((await world.call('GET', `/realms/peru/organizations/${acme}/invitations?status=SENT`, { token })).status, 400);
});

test('AD-03, AD-07, AD-04: of another organization; whom it is for is for who looks at people; accounts come by who manages people', async () => {
  const other = await organization('Cantina');
  await invite({ email: 'suyo@example.pe' });
  const [{ id }] = await pending({ search: 'suyo' });
  for (const [method, path] of [['GET', ''], ['DELETE', ''], ['POST', '/resend']]) {
    assert.equal((await world.call(method, `/realms/peru/organizations/${other}/invitations/${id}${path}`, { token })).status, 404, method);
  }
  await world.addAdmin('realmero', ['realm-management/manage-realm'], 'peru');
  await world.addAdmin('mirador', ['realm-management/manage-realm', 'realm-management/view-users'], 'peru');
  const realm = await world.token('realmero', 'peru'), viewer = await world.token('mirador', 'peru');
  assert.equal((await world.call('GET', `/realms/peru/organizations/${acme}/invitations`, { token: realm })).status, 403);
  assert.equal((await post(`/${acme}/members/invite-user`, { email: 'otra@example.pe' }, realm)).status, 403);
  assert.equal((await post(`/${acme}/members/invite-user`, { email: 'otra@example.pe' }, viewer)).status, 403);
  const known = await someone({ emailVerified: true });
  assert.equal((await post(`/${acme}/members/invite-user`, { email: known.email }, viewer)).status, 204);
  await relay.take(known.email);
});

test('AU-04: no event tells the address of who has no account, and who is erased leaves no invitation', async () => {
  await invite({ email: 'desconocida@example.pe' });
  await relay.take('desconocida@example.pe');
  assert.ok(!JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000')).includes('desconocida'));
  const eva = await someone();
  await inviteKnown(eva.id);
  await relay.take(eva.email);
  await world.cli.ok('user', 'erase', '--realm', 'peru', '--username', eva.name, '--reason', 'request 1');
  assert.deepEqual(await pending({ email: eva.email }), []);
});
