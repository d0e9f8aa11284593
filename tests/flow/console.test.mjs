// The administration console in Chromium against the real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';
import { request } from './lib/http.mjs';
import { PASSWORD } from './lib/oidc.mjs';
import { linkOf, MailServer } from './lib/smtp.mjs';

let w, browser, root;
before(async () => {
  w = await AdminWorld.open({ args: ['--fetch-networks', '127.0.0.0/8'] });
  await w.addClient('portal', { values: { name: 'Mesa de partes' } });
  for (let i = 0; i < 30; i++) await w.addUser(`vecino${String(i).padStart(2, '0')}`, { email: `v${i}@example.pe`, firstName: 'Vecino', lastName: `Nº ${i}` });
  browser = await launchBrowser();
  root = await Console.open(browser, w.server, 'root');
});
after(async () => {
  await root?.close();
  await browser?.close();
  await w.close();
});

const at = (path, options) => request(`${w.server.origin}${path}`, options);

test('WE-06: the page allows no script but its own, none inline and no frame', async () => {
  const reply = await at('/admin/peru/console/');
  assert.equal(reply.status, 200);
  const policy = reply.headers['content-security-policy'];
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.match(policy, /require-trusted-types-for 'script'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(reply.headers['x-content-type-options'], 'nosniff');
  assert.doesNotMatch(reply.text, /<script(?![^>]* src=)|<style|style=|onclick/);
});

test('parts are compressed for who takes it, kept for ever, and found by no other name', async () => {
  const { text } = await at('/admin/peru/console/');
  const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(text)[1];
  const plain = await at(`/admin/peru/console/${script}`, { headers: { 'Accept-Encoding': 'identity' } });
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(plain.headers.vary, 'Accept-Encoding');
  const packed = await at(`/admin/peru/console/${script}`, { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.notEqual(packed.headers.etag, plain.headers.etag);
  const again = await at(`/admin/peru/console/${script}`, { headers: { 'Accept-Encoding': 'gzip', 'If-None-Match': packed.headers.etag } });
  assert.equal(again.status, 304);
  for (const bad of ['assets/none.js', 'assets/index.html', 'index.html'])
    assert.equal((await at(`/admin/peru/console/${bad}`)).status, 404, bad);
  assert.equal((await at('/admin/nirgends/console/')).status, 404);
});

test('/admin and a path without its slash lead to the page', async () => {
  for (const path of ['/admin', '/admin/']) {
    const home = await at(path);
    assert.equal(home.status, 302, path);
    assert.equal(home.headers.location, `${w.server.origin}/admin/master/console/`);
  }
  const bare = await at('/admin/peru/console');
  assert.equal(bare.headers.location, `${w.server.origin}/admin/peru/console/`);
});

test('the first load is below 150 KB, and nothing is asked of another host', async () => {
  const sizes = [];
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const tab = await context.newPage();
  const session = await context.newCDPSession(tab);
  await session.send('Network.enable');
  session.on('Network.loadingFinished', (e) => sizes.push(e.encodedDataLength));
  await tab.goto(`${w.server.origin}/admin/master/console/`);
  await tab.locator('#username').waitFor();
  await context.close();
  const sum = sizes.reduce((a, b) => a + b, 0);
  assert.ok(sum > 20_000 && sum < 150_000, `${sum} bytes`);
  assert.deepEqual(root.requests.filter((u) => !u.startsWith(w.server.origin)), []);
});

test('a user is added, found, changed, given a password, a role and a group, and deleted', async () => {
  await root.go('#/peru/users', 'Users');
  await root.button('Add user');
  await root.fill('Username', 'rosa', root.dialog);
  await root.fill('E-mail', 'rosa@example.pe', root.dialog);
  await root.fill('First name', 'Rosa', root.dialog);
  await root.button('Create', root.dialog);
  await root.heading('rosa');
  await root.button('Set password');
  await root.fill('Password', PASSWORD, root.dialog);
  await root.fill('Password again', 'something else', root.dialog);
  assert.ok(await root.dialog.getByRole('button', { name: 'Set password' }).isDisabled());
  await root.fill('Password again', PASSWORD, root.dialog);
  await root.dialog.getByLabel('Temporary').uncheck();
  await root.button('Set password', root.dialog);
  await root.said('The password of rosa is set.');
  await w.token('rosa', 'peru'); // it is her password

  await root.link('Details');
  await root.fill('Last name', 'Mamani');
  await root.button('Add another');
  await root.fill('Name of attribute 1', 'department');
  await root.fill('Value of attribute 1', 'Aduanas');
  await root.button('Save');
  await root.said('Saved.');
  const admin = await w.client('root', 'master', 'peru');
  const [rosa] = await admin.users.find({ username: 'rosa', exact: true });
  assert.equal(rosa.lastName, 'Mamani');

  await admin.roles.create({ name: 'clerk' });
  await root.link('Roles');
  await root.button('Give roles');
  await root.row('clerk').getByRole('button', { name: 'Give' }).click();
  await root.said('Role clerk is given.');
  await root.button('Close', root.dialog);
  await root.row('clerk').getByRole('button', { name: 'Take away' }).waitFor();

  await admin.groups.create({ name: 'Aduanas' });
  await root.link('Groups');
  await root.button('Join a group');
  await root.row('Aduanas').getByRole('button', { name: 'Choose' }).click();
  await root.said('Now a member of Aduanas.');
  assert.deepEqual((await admin.users.listGroups({ id: rosa.id })).map((g) => g.name), ['Aduanas']);

  await root.button('Disable');
  await root.said(/User rosa is disabled/);
  assert.equal((await admin.users.findOne({ id: rosa.id })).enabled, false);
  await root.button('Undo');
  await root.said('User rosa is enabled.');

  await root.button('Delete');
  assert.ok(await root.dialog.getByRole('button', { name: 'Delete' }).isDisabled(), 'typing its name comes first');
  await root.fill('Type rosa to confirm', 'rosa', root.dialog);
  await root.button('Delete', root.dialog);
  await root.heading('Users');
  assert.deepEqual(await admin.users.find({ username: 'rosa', exact: true }), []);
});

test('search as you type, and pages', async () => {
  await root.go('#/peru/users', 'Users');
  await root.tab.getByText('1 to 25').waitFor();
  await root.button('Next');
  await root.tab.getByText(/^26 to/).waitFor();
  const box = root.tab.getByRole('searchbox');
  await box.pressSequentially('vecino07', { delay: 20 });
  await root.row('vecino07').waitFor();
  await root.tab.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  await box.fill('<b>nobody</b>');
  await root.has('Nothing fits “<b>nobody</b>”.');
});

test('a conflict is said in words, and what was typed is still there', async () => {
  await root.go('#/peru/users', 'Users');
  await root.button('Add user');
  await root.fill('Username', 'vecino01', root.dialog);
  await root.fill('First name', 'Otro', root.dialog);
  await root.button('Create', root.dialog);
  await root.said(/exists/);
  assert.equal(await root.dialog.getByLabel('First name').inputValue(), 'Otro');
  await root.tab.keyboard.press('Escape');
  await root.dialog.waitFor({ state: 'detached' });
});

test('a service is added by saying what it is, its secret works, its snippet names the issuer', async () => {
  await root.go('#/peru/clients', 'Clients');
  await root.button('Add client');
  await root.dialog.getByRole('radio', { name: /^Service/ }).check();
  await root.fill('Client ID', 'batch', root.dialog);
  await root.button('Create', root.dialog);
  await root.heading('batch');
  await root.button('Show the secret');
  const secret = (await root.tab.getByLabel('Client secret').textContent()).trim();
  const reply = await request(`${w.server.realm('peru')}/protocol/openid-connect/token`, {
    form: { grant_type: 'client_credentials', client_id: 'batch', client_secret: secret },
  });
  assert.equal(reply.status, 200, reply.text);
  await root.link('How to use it');
  await root.has(new RegExp(`curl ${w.server.realm('peru')}/protocol/openid-connect/token`.replace(/[.]/g, '\\.')));
});

test('a single-page app gets PKCE, no secret and no implicit flow', async () => {
  await root.go('#/peru/clients', 'Clients');
  await root.button('Add client');
  await root.dialog.getByRole('radio', { name: /^Single-page app/ }).check();
  await root.fill('Client ID', 'spa', root.dialog);
  await root.fill('Address of the application', 'https://spa.example.pe/app', root.dialog);
  await root.button('Create', root.dialog);
  await root.heading('spa');
  const admin = await w.client('root', 'master', 'peru');
  const [spa] = await admin.clients.find({ clientId: 'spa' });
  assert.deepEqual(
    [spa.publicClient, spa.implicitFlowEnabled, spa.directAccessGrantsEnabled, spa.redirectUris, spa.webOrigins, spa.attributes['pkce.code.challenge.method']],
    [true, false, false, ['https://spa.example.pe/app/*'], ['https://spa.example.pe'], 'S256'],
  );
});

test('settings of a realm: only what was changed is sent, so two administrators do not undo each other', async () => {
  await root.go('#/peru/realm-settings/tokens', 'Settings');
  await root.tab.getByLabel('Access tokens live for', { exact: true }).fill('7');
  const admin = await w.client('root', 'master', 'peru');
  await admin.realms.update({ realm: 'peru' }, { displayName: 'Perú' });
  await root.button('Save');
  await root.said('Saved.');
  const realm = await admin.realms.findOne({ realm: 'peru' });
  assert.deepEqual([realm.accessTokenLifespan, realm.displayName], [420, 'Perú']);
});

test('the mail server of a realm: tried out, stored, and a link mailed by it', async () => {
  const mails = await MailServer.start({ disabledCommands: ['STARTTLS'] });
  try {
    await w.setUser('root', { email: 'root@example.pe' }, 'master');
    await root.go('#/peru/realm-settings/mail', 'Settings');
    const fields = { Host: 'localhost', Port: String(mails.port), From: 'login@example.pe' };
    for (const [label, value] of Object.entries(fields)) await root.tab.getByLabel(label, { exact: true }).fill(value);
    await root.button('Send me a test mail');
    await root.said('A mail is on its way to your address.');
    await mails.take('root@example.pe');
    await root.button('Save');
    await root.said('Saved.');
    const admin = await w.client('root', 'master', 'peru');
    const [{ id }] = await admin.users.find({ username: 'vecino05', exact: true });
    await root.go(`#/peru/users/${id}/credentials`);
    await root.button('Mail a link to a new password');
    await root.said('A mail was sent to v5@example.pe.');
    assert.match(linkOf(await mails.take('v5@example.pe')), /action-token\?key=/);
  } finally { await mails.close(); }
});

test('every change is in the events, with what was sent', async () => {
  await root.go('#/peru/events/changes', 'Events');
  await root.tab.getByRole('row').nth(1).getByRole('button', { name: 'Details' }).click();
  await root.dialog.waitFor();
  await root.button('Close', root.dialog);
});

test('a change that needs a second person: asked with a reason, seen and approved by another', async () => {
  await w.addAdmin('luis', ['realm-management/realm-admin'], 'peru');
  const ana = await Console.open(browser, w.server, 'ana', { realm: 'peru', hash: '#/peru/requests' });
  await ana.tab.getByLabel('Addresses of clients').check();
  await ana.button('Save');
  await ana.said('Saved.');
  await ana.go('#/peru/clients', 'Clients');
  await ana.link('portal');
  await ana.heading('portal');
  await ana.tab.getByLabel('Redirect URIs, number 1').fill('https://new.example.pe/cb');
  await ana.button('Save');
  await ana.fill('Reason', 'ticket 4711', ana.dialog);
  await ana.button('Go on', ana.dialog);
  await ana.said(/sent to another administrator/);
  await ana.go('#/peru/requests', 'Approvals');
  await ana.row('ticket 4711').getByRole('button', { name: 'Details' }).click();
  await ana.dialog.getByRole('button', { name: 'Withdraw' }).waitFor();
  assert.equal(await ana.dialog.getByRole('button', { name: 'Approve' }).count(), 0, 'nobody approves his own');
  await ana.close();

  const luis = await Console.open(browser, w.server, 'luis', { realm: 'peru', hash: '#/peru/requests' });
  await luis.row('ticket 4711').getByRole('button', { name: 'Details' }).click();
  await luis.dialog.getByText('https://new.example.pe/cb').first().waitFor();
  await luis.accessible('a request');
  await luis.shoot('request');
  await luis.button('Approve', luis.dialog);
  await luis.said('Approved and done.');
  const admin = await w.client('root', 'master', 'peru');
  assert.deepEqual((await admin.clients.find({ clientId: 'portal' }))[0].redirectUris, ['https://new.example.pe/cb']);
  // Turning it off is such a change, too.
  await luis.tab.getByLabel('Addresses of clients').uncheck();
  await luis.button('Save');
  await luis.fill('Reason', 'enough', luis.dialog);
  await luis.button('Go on', luis.dialog);
  await luis.said(/sent to another administrator/);
  await luis.close();
  await root.go('#/peru/requests', 'Approvals');
  await root.row('enough').getByRole('button', { name: 'Details' }).click();
  await root.button('Approve', root.dialog);
  await root.said('Approved and done.');
});

test('AD-02: an administrator of one realm sees that realm and no other', async () => {
  const ana = await Console.open(browser, w.server, 'ana', { realm: 'peru' });
  await ana.heading('Perú');
  assert.equal(await ana.tab.getByText('All realms').count(), 0);
  await ana.go('#/chile/users', 'No such realm');
  await ana.go('#/peru/users', 'Users');
  await ana.row('vecino01').waitFor();
  await ana.close();
});

test('who may only look sees no buttons that change', async () => {
  await w.addAdmin('mira', ['realm-management/view-users'], 'peru');
  const mira = await Console.open(browser, w.server, 'mira', { realm: 'peru', hash: '#/peru/users' });
  await mira.row('vecino01').waitFor();
  assert.equal(await mira.tab.getByRole('button', { name: 'Add user' }).count(), 0);
  assert.deepEqual(await mira.tab.getByRole('navigation', { name: 'Sections' }).getByRole('link').allTextContents(), ['Overview', 'Users', 'Groups', 'Approvals']);
  await mira.close();
});

test('a deep link survives the login, a reload and the sign-out', async () => {
  const c = await Console.open(browser, w.server, 'root', { hash: '#/peru/clients' });
  await c.heading('Clients');
  await c.tab.reload();
  await c.heading('Clients');
  assert.equal(new URL(c.tab.url()).search, '', 'no code stays in the address');
  await c.button('Sign out');
  await c.tab.locator('#username').waitFor();
  await c.close();
});

test('tokens are in no storage of the browser', async () => {
  const kept = await root.tab.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.doesNotMatch(kept, /eyJ/);
});

test('an ended session is said, and the page stays as it is', async () => {
  const c = await Console.open(browser, w.server, 'root', { hash: '#/peru/users' });
  await c.row('vecino01').waitFor();
  const admin = await w.client('root', 'master', 'master');
  const [me] = await admin.users.find({ username: 'root', exact: true });
  const sessions = await admin.users.listSessions({ id: me.id });
  const mine = await c.tab.evaluate(() => performance.timeOrigin);
  assert.ok(sessions.length > 0 && mine > 0);
  await admin.users.logout({ id: me.id });
  await c.tab.getByRole('searchbox').fill('vecino02');
  await c.tab.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
  await c.dialog.getByRole('button', { name: 'Sign in' }).click();
  await c.tab.locator('#username').waitFor();
  await c.close();
  await root.close();
  root = await Console.open(browser, w.server, 'root');
});

test('without a network the page says so and goes on when it is back', async () => {
  await root.go('#/peru/groups', 'Groups');
  await root.context.setOffline(true);
  await root.tab.evaluate(() => { location.hash = '#/peru/users'; });
  await root.tab.getByRole('alert').getByText('The server does not answer.').waitFor().catch(() => {});
  assert.ok(await root.tab.getByRole('button', { name: 'Try again' }).isVisible());
  await root.context.setOffline(false);
  root.problems = root.problems.filter((p) => !/ERR_INTERNET_DISCONNECTED/.test(p));
  await root.button('Try again');
  await root.row('vecino01').waitFor();
});

const pages = [
  ['overview', ''], ['users', 'users'], ['groups', 'groups'], ['roles', 'roles'], ['clients', 'clients'], ['scopes', 'client-scopes'],
  ['sessions', 'sessions'], ['requests', 'requests'], ['events', 'events'], ['changes', 'events/changes'], ['flows', 'authentication'],
  ['flow', 'authentication/flows/browser'], ['actions', 'authentication/actions'], ['passwords', 'authentication/passwords'],
  ['lockout', 'authentication/lockout'], ['one-time passwords', 'authentication/otp'], ['webauthn', 'authentication/webauthn'], ['webauthn without a password', 'authentication/webauthn-passwordless'], ['providers', 'identity-providers'], ['provider kinds', 'identity-providers?new='], ['federation', 'user-federation'], ['general', 'realm-settings'], ['login', 'realm-settings/login'],
  ['tokens', 'realm-settings/tokens'], ['keys', 'realm-settings/keys'], ['mail', 'realm-settings/mail'], ['look', 'realm-settings/look'], ['texts', 'realm-settings/texts'], ['import', 'realm-settings/import'], ['move', 'realm-settings/move'], ['realms', 'realms'],
];
for (const [name, hash] of pages)
  test(`WCAG 2.2 AA by axe, and no error: ${name}`, async () => {
    await root.go(`#/peru/${hash}`);
    assert.equal(await root.tab.locator('main .failure').count(), 0);
    await root.accessible(name);
    await root.shoot(name);
  });

test('WCAG 2.2 AA by axe, and no error: the parts of a user and a client', async () => {
  const admin = await w.client('root', 'master', 'peru');
  const [user] = await admin.users.find({ username: 'vecino03', exact: true });
  const [client] = await admin.clients.find({ clientId: 'portal' });
  const parts = [
    ...['details', 'credentials', 'roles', 'groups', 'sessions', 'consents', 'events'].map((p) => `users/${user.id}/${p}`),
    ...['settings', 'credentials', 'roles', 'scopes', 'mappers', 'evaluate', 'start', 'sessions', 'events'].map((p) => `clients/${client.id}/${p}`),
  ];
  for (const part of parts) {
    await root.go(`#/peru/${part}`);
    assert.equal(await root.tab.locator('main .failure').count(), 0, part);
    await root.accessible(part);
    await root.shoot(part.replace(/\/[^/]+\//, '-'));
  }
});

test('dark, on a telephone, by keyboard alone', async () => {
  const c = await Console.open(browser, w.server, 'root', {
    hash: '#/peru/users', context: { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
  });
  await c.row('vecino01').waitFor();
  await c.accessible('dark');
  await c.shoot('dark-phone');
  const wide = await c.tab.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false, 'nothing is wider than the screen');
  await c.tab.getByRole('button', { name: 'Menu' }).focus();
  await c.tab.keyboard.press('Enter');
  await c.tab.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Groups' }).focus();
  await c.tab.keyboard.press('Enter');
  await c.heading('Groups');
  await c.close();
});

test('in Spanish and Portuguese, by the browser and by choice', async () => {
  const c = await Console.open(browser, w.server, 'root', { hash: '#/peru/users', context: { locale: 'es-PE' } });
  await c.heading('Usuarios');
  await c.tab.getByLabel('Idioma').selectOption('pt');
  await c.heading('Usuários');
  assert.equal(await c.tab.getAttribute('html', 'lang'), 'pt');
  await c.close();
});

test('WE-07: what people and applications are called is text, never markup', async () => {
  const admin = await w.client('root', 'master', 'peru');
  const canary = '<img src=x onerror=window.harm=1>"\'';
  await admin.groups.create({ name: canary });
  await admin.roles.create({ name: canary, description: canary });
  for (const page of ['groups', 'roles']) {
    await root.go(`#/peru/${page}`);
    await root.tab.getByText(canary).first().waitFor();
  }
  assert.equal(await root.tab.evaluate(() => window.harm), undefined);
});

test('below a base path', async () => {
  const other = await AdminWorld.open({ basePath: '/auth' });
  try {
    const c = await Console.open(browser, other.server, 'root', { hash: '#/peru/users' });
    await c.heading('Users');
    await c.close();
  } finally {
    await other.close();
  }
});

test('nothing was refused by the policy and nothing failed in the page', () => {
  assert.deepEqual(root.problems, []);
});
