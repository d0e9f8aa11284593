// The console when things go wrong around it: two administrators at once, a lost connection, an ended session, a
// right that is taken away, wrong input. In Chromium against the real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';

let w, kc, browser, root, ana, user;
before(async () => {
  w = await AdminWorld.open();
  await w.addUser('maria', { email: 'maria@example.pe', firstName: 'Maria', lastName: 'Quispe', emailVerified: true });
  await w.addClient('portal', { values: { name: 'Portal' } });
  kc = await w.client('root', 'master', 'peru');
  [user] = await kc.users.find({ username: 'maria', exact: true });
  browser = await launchBrowser();
  root = await Console.open(browser, w.server, 'root', { hash: `#/peru/users/${user.id}` });
  ana = await Console.open(browser, w.server, 'ana', { realm: 'peru', hash: `#/peru/users/${user.id}` });
});
after(async () => {
  for (const c of [root, ana]) await c?.close();
  await browser?.close();
  await w.close();
});

const save = async (c) => { await c.button('Save'); await c.said('Saved.'); };
const value = (c, label) => c.tab.getByLabel(label, { exact: true }).inputValue();
const stored = () => kc.users.findOne({ id: user.id });

test('two administrators at one person: each changes what he changed, and sees the other\'s', async () => {
  for (const c of [root, ana]) await c.tab.getByLabel('Last name', { exact: true }).waitFor();
  await root.fill('Last name', 'Mamani');
  await save(root);
  await ana.fill('First name', 'María');
  await save(ana);
  const { firstName, lastName, email } = await stored();
  assert.deepEqual([firstName, lastName, email], ['María', 'Mamani', 'maria@example.pe']);
  await ana.tab.waitForFunction(() => [...document.querySelectorAll('input')].some((i) => i.value === 'Mamani'));
  await root.button('Disable');
  await root.said(/is disabled/);
  assert.deepEqual([(await stored()).enabled, (await stored()).firstName], [false, 'María'], 'a page that was opened before takes nothing back');
  await root.button('Undo');
  await root.said(/is enabled/);
});

test('two administrators at one client: who switches it off does not bring back old addresses', async () => {
  const [client] = await kc.clients.find({ clientId: 'portal' });
  for (const c of [root, ana]) {
    await c.go(`#/peru/clients/${client.id}`, 'portal');
    await c.tab.getByLabel('Redirect URIs, number 1').waitFor();
  }
  await ana.tab.getByLabel('Redirect URIs, number 1').fill('https://nuevo.example.pe/cb');
  await save(ana);
  await root.button('Disable');
  await root.said(/is disabled/);
  await root.fill('Description', 'De todos');
  await save(root);
  const now = await kc.clients.findOne({ id: client.id });
  assert.deepEqual([now.enabled, now.redirectUris, now.description], [false, ['https://nuevo.example.pe/cb'], 'De todos']);
});

test('groups and roles: a name and an attribute of two people', async () => {
  const { id } = await kc.groups.create({ name: 'Aduanas', description: 'antes', attributes: { zona: ['sur'] } });
  await kc.roles.create({ name: 'cajero', description: 'antes' });
  await root.go(`#/peru/groups/${id}`, 'Aduanas');
  await root.tab.getByLabel('Name', { exact: true }).waitFor();
  await kc.groups.update({ id }, { name: 'Aduanas', description: 'Comercio', attributes: { zona: ['norte'] } });
  await root.fill('Name', 'Puerto');
  await save(root);
  const group = await kc.groups.findOne({ id });
  assert.deepEqual([group.name, group.description, group.attributes], ['Puerto', 'Comercio', { zona: ['norte'] }]);
  await root.fill('Description', 'Carga y aduana');
  await save(root);
  assert.equal((await kc.groups.findOne({ id })).description, 'Carga y aduana');
  const role = await kc.roles.findOneByName({ name: 'cajero' });
  await root.go(`#/peru/roles/${role.id}`, 'cajero');
  await root.tab.getByLabel('Description', { exact: true }).waitFor();
  await kc.roles.updateById({ id: role.id }, { name: 'cajero', description: 'Cobra', attributes: { nivel: ['2'] } });
  await root.fill('Name', 'cajera');
  await save(root);
  const now = await kc.roles.findOneByName({ name: 'cajera' });
  assert.deepEqual([now.description, now.attributes], ['Cobra', { nivel: ['2'] }]);
});

test('what another one deleted meanwhile is said, and what was typed stays', async () => {
  const { id } = await kc.users.create({ username: 'fugaz', enabled: true });
  await ana.go(`#/peru/users/${id}`, 'fugaz');
  await ana.fill('First name', 'Nadie');
  await kc.users.del({ id });
  await ana.button('Save');
  await ana.said(/not found/i);
  assert.equal(await value(ana, 'First name'), 'Nadie');
});

test('a connection that is lost while something is saved: said, nothing typed is lost, saved when it is back', async () => {
  await root.go('#/peru/realm-settings', 'Settings');
  await root.fill('Display name', 'Perú sin red');
  await root.context.setOffline(true);
  await root.button('Save');
  await root.said('The server does not answer.');
  assert.equal(await value(root, 'Display name'), 'Perú sin red');
  await root.context.setOffline(false);
  await save(root);
  assert.equal((await kc.realms.findOne({ realm: 'peru' })).displayName, 'Perú sin red');

  await root.go('#/peru/users', 'Users');
  await root.button('Add user');
  await root.fill('Username', 'sinred', root.dialog);
  await root.context.setOffline(true);
  await root.button('Create', root.dialog);
  await root.said('The server does not answer.');
  assert.equal(await root.dialog.getByLabel('Username', { exact: true }).inputValue(), 'sinred');
  await root.context.setOffline(false);
  await root.button('Create', root.dialog);
  await root.heading('sinred');
  root.problems = root.problems.filter((p) => !/ERR_INTERNET_DISCONNECTED/.test(p));
});

test('wrong input: said in the words of who reads it, in its place where it has one', async () => {
  await ana.go('#/peru/users', 'Users');
  await ana.button('Add user');
  await ana.fill('Username', 'x'.repeat(300), ana.dialog);
  await ana.button('Create', ana.dialog);
  await ana.said(/username/i);
  await ana.fill('Username', 'pepe', ana.dialog);
  await ana.fill('E-mail', 'no es un correo', ana.dialog);
  await ana.button('Create', ana.dialog);
  assert.equal(await ana.dialog.getByLabel('E-mail', { exact: true }).evaluate((e) => e.validity.valid), false);
  await ana.fill('E-mail', 'pepe@example.pe', ana.dialog);
  await ana.button('Create', ana.dialog);
  await ana.heading('pepe');
  const [client] = await kc.clients.find({ clientId: 'portal' });
  await ana.go(`#/peru/clients/${client.id}`, 'portal');
  await ana.tab.getByLabel('Redirect URIs, number 1').fill('javascript:alert(1)');
  await ana.button('Save');
  await ana.said(/redirectUris/);
  assert.equal(await value(ana, 'Redirect URIs, number 1'), 'javascript:alert(1)');
});

test('a session that ends while something is typed: said when it is saved, and what was typed stays', async () => {
  const c = await Console.open(browser, w.server, 'ana', { realm: 'peru', hash: '#/peru/realm-settings' });
  await c.fill('Display name', 'A medias');
  const [me] = await kc.users.find({ username: 'ana', exact: true });
  await kc.users.logout({ id: me.id });
  await c.button('Save');
  await c.tab.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
  await c.accessible('an ended session');
  await c.button('Cancel', c.dialog);
  assert.equal(await value(c, 'Display name'), 'A medias');
  assert.equal((await kc.realms.findOne({ realm: 'peru' })).displayName, 'Perú sin red');
  await c.close();
});

test('AD-01: a right that is taken away while a page is open: the server says no, and the page says so', async () => {
  await w.addAdmin('luis', ['realm-management/manage-users', 'realm-management/view-users'], 'peru');
  const luis = await Console.open(browser, w.server, 'luis', { realm: 'peru', hash: `#/peru/users/${user.id}` });
  await luis.fill('First name', 'Otra');
  const [{ id }] = await kc.users.find({ username: 'luis', exact: true });
  const [management] = await kc.clients.find({ clientId: 'realm-management' });
  const roles = await kc.users.listClientRoleMappings({ id, clientUniqueId: management.id });
  await kc.users.delClientRoleMappings({ id, clientUniqueId: management.id, roles: roles.map(({ id: role, name }) => ({ id: role, name })) });
  await luis.button('Save');
  await luis.said(/You have no right to do this|no right/i);
  assert.equal(await value(luis, 'First name'), 'Otra');
  assert.equal((await stored()).firstName, 'María');
  await luis.close();
});

test('required actions: those are offered that this server can carry out, and that are on', async () => {
  const actions = await kc.authenticationManagement.getRequiredActions();
  const can = actions.filter((a) => a.available && a.enabled).map((a) => a.name).sort();
  assert.ok(can.length > 2 && actions.some((a) => a.enabled && !a.available));
  const offered = async () => {
    await root.go('#/peru/users', 'Users');
    await root.go(`#/peru/users/${user.id}`, 'maria');
    const card = root.tab.locator('.card').filter({ has: root.tab.getByRole('heading', { name: 'Required actions' }) });
    await card.getByRole('switch').first().waitFor();
    return (await card.locator('label').allTextContents()).sort();
  };
  assert.deepEqual(await offered(), can);
  // One that came with an import is shown as long as it is there, with what it means, and can be taken away.
  await kc.users.update({ id: user.id }, { requiredActions: ['webauthn-register', 'UPDATE_PASSWORD'] });
  assert.deepEqual(await offered(), [...can, 'Webauthn Register'].sort());
  await root.has(/cannot carry it out: as long as it stands here the person cannot sign in/);
  await root.tab.getByRole('switch', { name: 'Webauthn Register' }).uncheck();
  await save(root);
  assert.deepEqual((await stored()).requiredActions, ['UPDATE_PASSWORD']);
  await root.go('#/peru/authentication/actions', 'Authentication');
  await root.row('Webauthn Register Passwordless').getByText('Not on this server').waitFor();
  assert.ok(await root.tab.getByRole('switch', { name: 'Webauthn Register: given to new users' }).isDisabled());
});

test('the account of a person: a lost connection and an ended session', async () => {
  await kc.users.update({ id: user.id }, { requiredActions: [] });
  const { PASSWORD } = await import('./lib/oidc.mjs');
  await kc.users.resetPassword({ id: user.id, credential: { type: 'password', value: PASSWORD, temporary: false } });
  const maria = await Console.openAccount(browser, w.server, 'maria');
  await maria.go('#/profile', 'Profile');
  await maria.fill('First name', 'Mary');
  await maria.context.setOffline(true);
  await maria.button('Save');
  await maria.said(/does not answer/);
  assert.equal(await value(maria, 'First name'), 'Mary');
  await maria.context.setOffline(false);
  await maria.button('Save');
  await maria.said('Saved.');
  assert.equal((await stored()).firstName, 'Mary');
  await maria.fill('First name', 'Mariela');
  await kc.users.logout({ id: user.id });
  await maria.button('Save');
  await maria.tab.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
  await maria.button('Cancel', maria.dialog);
  assert.equal(await value(maria, 'First name'), 'Mariela');
  assert.equal((await stored()).firstName, 'Mary');
  await maria.close();
});

test('no page had an error, and the policy was kept', () => {
  for (const c of [root, ana]) assert.deepEqual(c.problems.filter((p) => !/status of 4\d\d/.test(p)), []);
});
