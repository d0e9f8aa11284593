// The account console in Chromium against the real server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser, logIn } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';
import { request } from './lib/http.mjs';
import { PASSWORD } from './lib/oidc.mjs';

let w, browser, kc, maria;
before(async () => {
  w = await AdminWorld.open();
  kc = await w.client('root', 'master', 'peru');
  await kc.realms.update({ realm: 'peru' }, { displayName: 'Municipalidad', supportedLocales: ['en', 'es', 'pt'], defaultLocale: 'es' });
  await w.addUser('maria', { email: 'maria@example.pe', firstName: 'Maria', lastName: 'Quispe' });
  const profile = await kc.users.getProfile();
  await kc.users.updateProfile({ ...profile, attributes: [...profile.attributes,
    { name: 'phone', displayName: 'Telephone', permissions: { view: ['admin', 'user'], edit: ['admin', 'user'] }, validations: { pattern: { pattern: '^[0-9]+$' } } },
    { name: 'rank', displayName: 'Rank', permissions: { view: ['admin'], edit: ['admin'] } }] });
  browser = await launchBrowser();
  maria = await Console.openAccount(browser, w.server, 'maria');
});
after(async () => {
  await maria?.close();
  await browser?.close();
  await w.close();
});

const page = (options) => request(`${w.server.realm('peru')}/account/`, { headers: { Accept: 'text/html' }, ...options });
const user = async (username) => (await kc.users.find({ username, exact: true }))[0];

test('WE-06: the page allows no script but its own, none inline and no frame', async () => {
  const reply = await page();
  assert.equal(reply.status, 200);
  const policy = reply.headers['content-security-policy'];
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.match(policy, /require-trusted-types-for 'script'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.match(reply.headers.vary, /Accept/);
  const bare = await request(`${w.server.realm('peru')}/account`, { headers: { Accept: 'text/html' } });
  assert.equal(bare.headers.location, `${w.server.realm('peru')}/account/`);
  assert.equal((await request(`${w.server.origin}/realms/nirgends/account/`, { headers: { Accept: 'text/html' } })).status, 404);
  const program = await request(`${w.server.realm('peru')}/account/`, { headers: { Accept: 'application/json' } });
  assert.equal(program.status, 401, 'programs get the API at the same address');
});

test('the profile: what may be changed is changed, what is wrong is said in its place', async () => {
  await maria.go('#/profile', 'Profile');
  assert.equal(await maria.tab.title(), 'Profile · Municipalidad');
  assert.ok(await maria.tab.getByLabel('User name').getAttribute('readonly') !== null);
  assert.equal(await maria.tab.getByLabel('Rank').count(), 0, 'AD-07');
  await maria.fill('First name', 'María');
  await maria.fill('Telephone', 'none');
  await maria.button('Save');
  await maria.tab.getByText('This does not have the form that is asked for.').first().waitFor();
  await maria.fill('Telephone', '999888777');
  await maria.button('Save');
  await maria.said('Saved.');
  assert.equal(await maria.tab.locator('.toast.bad').count(), 0, 'what failed before was done now');
  const stored = await user('maria');
  assert.deepEqual([stored.firstName, stored.attributes.phone], ['María', ['999888777']]);
  await maria.fill('Telephone', '');
  await maria.button('Save');
  await maria.said('Saved.');
  assert.equal((await user('maria')).attributes?.phone, undefined);
});

test('devices: another login is shown and ended', async () => {
  const other = await Console.openAccount(browser, w.server, 'maria');
  await maria.go('#/devices', 'Devices');
  await maria.tab.getByRole('button', { name: /^Sign out: / }).first().click();
  await maria.said('The login is ended.');
  await other.go('#/applications', 'Applications').catch(() => {});
  await other.tab.getByText('Your session has ended').waitFor();
  await other.close();
});

test('applications and linked accounts', async () => {
  await maria.go('#/applications', 'Applications');
  await maria.has('This page');
  await kc.users.addToFederatedIdentity({ id: (await user('maria')).id, federatedIdentityId: 'partner', federatedIdentity: { userId: '1', userName: 'mq', identityProvider: 'partner' } });
  await maria.go('#/linked-accounts', 'Linked accounts');
  await maria.row('partner').getByRole('button', { name: 'Forget: partner' }).click();
  await maria.said('It is forgotten.');
  await maria.has('No linked account.');
});

test('a password is changed by way of the login pages, or not after all', async () => {
  await maria.go('#/security', 'Signing in');
  await maria.tab.getByRole('button', { name: 'Change' }).click();
  await logIn(maria.tab, 'maria', PASSWORD);
  await maria.tab.locator('#kc-cancel-aia').click();
  await maria.said('Nothing was changed.');
  await maria.heading('Signing in');
  await maria.tab.getByRole('button', { name: 'Change' }).click();
  await logIn(maria.tab, 'maria', PASSWORD);
  await maria.tab.fill('#password-new', 'a much longer password');
  await maria.tab.fill('#password-confirm', 'a much longer password');
  await maria.tab.locator('#kc-login').click();
  await maria.said('It is changed.');
  await w.token('maria', 'peru', { password: 'a much longer password' });
});

test('OI-08: an address that waits for its proof is shown, sent again and withdrawn', async () => {
  await w.addUser('sara', { email: 'sara@example.pe', emailVerified: true, firstName: 'Sara', lastName: 'Condori' });
  const sara = await Console.openAccount(browser, w.server, 'sara', { hash: '#/profile' });
  await kc.realms.update({ realm: 'peru' }, { verifyEmail: true, smtpServer: { host: '127.0.0.1', port: '1', from: 'no-reply@example.pe' } });
  await sara.heading('Profile');
  await sara.fill('E-mail', 'nueva-sara@example.pe');
  await sara.button('Save');
  await sara.said('Saved.');
  await sara.has(/^nueva-sara@example\.pe becomes your address when/);
  assert.equal(await sara.tab.getByLabel('E-mail').inputValue(), 'sara@example.pe', 'the former one counts');
  await sara.accessible('an address that waits');
  await sara.shoot('account-pending');
  await sara.button('Send the link again');
  await sara.tab.getByText(/^A new link is on its way to nueva-sara|^Too soon: a mail went there/).first().waitFor(); // one a minute
  await sara.button('Withdraw');
  await sara.said('The wish is withdrawn, and its link is void.');
  assert.equal(await sara.tab.getByRole('button', { name: 'Withdraw' }).count(), 0);
  assert.deepEqual(sara.problems.filter((p) => !p.includes('status of 429')), []);
  await sara.close();
  await kc.realms.update({ realm: 'peru' }, { verifyEmail: false, smtpServer: {} });
});

test('every page is accessible, also in the dark and on a telephone, and speaks three languages', async () => {
  const pages = { profile: 'Profile', security: 'Signing in', devices: 'Devices', applications: 'Applications', 'linked-accounts': 'Linked accounts', data: 'My data' };
  for (const [id, title] of Object.entries(pages)) {
    await maria.go(`#/${id}`, title);
    await maria.accessible(id);
    await maria.shoot(`account-${id}`);
  }
  await maria.tab.emulateMedia({ colorScheme: 'dark' });
  await maria.go('#/profile', 'Profile');
  await maria.accessible('profile in the dark');
  await maria.tab.emulateMedia({ colorScheme: 'light' });
  await maria.tab.setViewportSize({ width: 360, height: 740 });
  for (const [id, title] of Object.entries(pages)) {
    await maria.go(`#/${id}`, title);
    await maria.accessible(`${id} on a telephone`);
    const [wide, view] = await maria.tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= view, `${id} is ${wide} wide on a telephone of ${view}`);
  }
  await maria.shoot('account-phone');
  await maria.tab.setViewportSize({ width: 1280, height: 800 });
  await maria.tab.getByLabel('Language', { exact: true }).first().selectOption('es');
  await maria.go('#/devices', 'Dispositivos');
  assert.equal(await maria.tab.getAttribute('html', 'lang'), 'es');
  await maria.tab.getByLabel('Idioma', { exact: true }).first().selectOption('pt');
  await maria.go('#/data', 'Meus dados');
  await maria.tab.getByLabel('Idioma', { exact: true }).first().selectOption('en');
  const told = maria.problems.filter((p) => !p.includes('status of 400')); // the value that was refused
  assert.deepEqual(told, []);
  assert.deepEqual(maria.requests.filter((u) => !u.startsWith(w.server.origin) && !u.startsWith('blob:')), []);
});

test('the realm\'s language for who wants none of it, and its colours', async () => {
  await kc.realms.update({ realm: 'peru' }, { supportedLocales: ['es', 'pt'], attributes: { 'garita.primaryColor': '#7a1fa2' } });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US' });
  const tab = await context.newPage();
  await w.addUser('jorge', { email: 'jorge@example.pe', firstName: 'Jorge', lastName: 'Huamán' });
  await tab.goto(`${w.server.realm('peru')}/account/`);
  await logIn(tab, 'jorge', PASSWORD);
  await tab.getByRole('heading', { level: 1, name: 'Perfil' }).waitFor();
  assert.equal(await tab.getAttribute('html', 'lang'), 'es');
  assert.match(await tab.locator('link[href$="theme.css"]').getAttribute('href'), /\/resources\/peru\/theme\.css$/);
  await context.close();
  await kc.realms.update({ realm: 'peru' }, { supportedLocales: ['en', 'es', 'pt'] });
});

test('data are downloaded, and an account is deleted by who may and types its name', async () => {
  await w.addUser('rosa', { email: 'rosa@example.pe', firstName: 'Rosa', lastName: 'Mamani' });
  const { id } = await user('rosa');
  const { id: client, roles } = await w.roleOf(kc, 'peru', 'account', 'delete-account');
  await maria.go('#/data', 'My data');
  assert.equal(await maria.tab.getByRole('button', { name: 'Delete my account' }).count(), 0, 'not without the role');
  await kc.users.addClientRoleMappings({ id, clientUniqueId: client, roles });
  const rosa = await Console.openAccount(browser, w.server, 'rosa', { hash: '#/data' });
  await rosa.heading('My data');
  const [file] = await Promise.all([rosa.tab.waitForEvent('download'), rosa.button('Download my data')]);
  const data = JSON.parse(readFileSync(await file.path(), 'utf8'));
  assert.equal(data.account.username, 'rosa');
  await rosa.button('Delete my account');
  assert.ok(await rosa.dialog.getByRole('button', { name: 'Delete my account' }).isDisabled(), 'typing its name comes first');
  await rosa.fill('Type rosa to confirm', 'rosa', rosa.dialog);
  await rosa.button('Delete my account', rosa.dialog);
  await rosa.heading('Your account is deleted');
  assert.equal(await user('rosa'), undefined);
  assert.deepEqual(rosa.problems, []);
  await rosa.close();
});

test('an application of one\'s own is made, changed, given a new secret and deleted', async () => {
  await maria.go('#/my-applications', 'No such page');
  await w.addUser('dev', { email: 'dev@example.pe', firstName: 'Dev', lastName: 'Quispe' });
  const { id } = await user('dev');
  const { id: client, roles } = await w.roleOf(kc, 'peru', 'account', 'manage-applications');
  await kc.users.addClientRoleMappings({ id, clientUniqueId: client, roles });
  const dev = await Console.openAccount(browser, w.server, 'dev', { hash: '#/my-applications' });
  await dev.heading('My applications');
  await dev.has('No application of your own yet.');
  await dev.button('New application');
  await dev.accessible('new application');
  await dev.fill('Name', 'Citas', dev.dialog);
  assert.ok(await dev.dialog.getByRole('button', { name: 'Create' }).isDisabled(), 'a web application has somewhere to go back to');
  await dev.dialog.getByLabel('Redirect URIs, number 1').fill('https://citas.example.pe/back');
  await dev.button('Create', dev.dialog);
  await dev.dialog.getByText('Keep it now: it is not shown again.').waitFor();
  const [made] = (await kc.clients.find({ search: true, clientId: 'app-' }));
  assert.ok((await dev.dialog.textContent()).includes(made.clientId));
  await dev.accessible('secret');
  await dev.button('Close', dev.dialog);
  await dev.link('Citas');
  await dev.heading('Citas');
  await dev.fill('Description', 'De la municipalidad');
  await dev.button('Save');
  await dev.said('Saved.');
  await dev.accessible('own application');
  await dev.shoot('account-own');
  await dev.button('New secret');
  await dev.dialog.getByText('Keep it now: it is not shown again.').waitFor();
  await dev.button('Close', dev.dialog);
  await dev.button('Delete');
  await dev.fill('Type Citas to confirm', 'Citas', dev.dialog);
  await dev.button('Delete', dev.dialog);
  await dev.said('The application is deleted.');
  await dev.heading('My applications');
  assert.equal(await kc.clients.findOne({ id: made.id }), null);
  assert.deepEqual(dev.problems, []);
  await dev.close();
});
