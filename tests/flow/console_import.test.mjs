// Files of realms brought in by the console, in Chromium against the real server; and the list of realms.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';
import { people, realmExport } from './lib/exports.mjs';
import { Client } from './lib/oidc.mjs';
import { tempFolder } from './lib/server.mjs';

const MORE_REALMS = 26; // than one page shows, with master, peru and chile
const folder = tempFolder('console-import');
let w, browser, root;
before(async () => {
  w = await AdminWorld.open();
  browser = await launchBrowser();
  root = await Console.open(browser, w.server, 'root');
});
after(async () => {
  await root?.close();
  await browser?.close();
  await w.close();
});

const write = (name, content) => {
  const file = path.join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};
const choose = (file, c = root) => c.tab.getByLabel('File', { exact: true }).setInputFiles(file);
const realms = async () => (await w.call('GET', '/realms?briefRepresentation=true', { token: await w.token('root', 'master') })).json.map((r) => r.realm).sort();

test('a realm of a file is tried first, then imported, and its people log in', async () => {
  await root.go('#/master/realms', 'All realms');
  await root.link('Import a realm');
  await root.heading('Import a realm');
  await choose(write('bank.json', realmExport(26, { realm: 'bank', users: people('bank') })));
  assert.equal(await root.tab.getByLabel('Name', { exact: true }).inputValue(), 'bank');
  await root.fill('Name', 'banco');
  assert.equal(await root.tab.getByRole('button', { name: 'Import', exact: true }).count(), 0, 'it is tried first');
  await root.button('Try it');
  await root.tab.getByRole('heading', { name: 'What would happen' }).waitFor();
  await root.tab.getByRole('table', { name: 'Left out' }).getByText(/users\[1\]\.email/).waitFor();
  assert.match(await root.tab.getByRole('table', { name: 'Taken' }).getByRole('row', { name: /^users/ }).textContent(), /10/);
  await root.accessible('a tried import');
  await root.shoot('import-tried');
  assert.deepEqual(await realms(), ['chile', 'master', 'peru'], 'nothing was kept');

  await root.button('Import');
  await root.tab.getByRole('heading', { name: 'Imported' }).waitFor();
  assert.deepEqual(await realms(), ['banco', 'chile', 'master', 'peru']);
  assert.equal((await new Client(w.server, 'banco', 'portal', 'portal-secret-of-the-bank').password('ana', 'secret')).status, 200);
  await root.button('Open banco');
  await root.heading(/./);
  assert.match(root.tab.url(), /#\/banco$/);
});

test('a name that is taken is said, and another one does', async () => {
  await root.go('#/master/realms/import', 'Import a realm');
  await choose(write('peru.json', { realm: 'peru', displayName: 'Otro', roles: { realm: [{ name: 'jefe' }] } }));
  await root.button('Try it');
  await root.tab.getByRole('alert').getByText(/peru exists/).waitFor();
  await root.fill('Name', 'peru2');
  await root.button('Try it');
  await root.tab.getByRole('heading', { name: 'What would happen' }).waitFor();
});

test('what is no realm, and what is too large, is said before anything is sent', async () => {
  await root.go('#/master/realms', 'All realms');
  await root.go('#/master/realms/import', 'Import a realm');
  const asked = root.requests.length;
  await choose(write('broken.json', '{"realm": "x"'));
  await root.tab.getByRole('alert').getByText('This is not JSON').waitFor();
  await choose(write('other.json', '[{"name": "x"}]'));
  await root.tab.getByRole('alert').getByText('There is no realm in this file.').waitFor();
  writeFileSync(path.join(folder, 'huge.json'), `{"realm":"huge"}${' '.repeat(64 * 2 ** 20)}`);
  await choose(path.join(folder, 'huge.json'));
  await root.tab.getByRole('alert').getByText(/larger than 64 MiB.*garita realm import/).waitFor();
  assert.equal(await root.tab.getByRole('button', { name: 'Try it' }).count(), 0);
  const users = Array.from({ length: 100 }, (_, i) => ({ username: `u${i}`, attributes: { about: ['x'.repeat(30_000)] } }));
  await root.go('#/peru/realm-settings/import', 'Settings');
  await root.tab.getByLabel('File', { exact: true }).waitFor();
  const before = root.requests.length;
  await choose(write('large.json', { realm: 'large', roles: { realm: [{ name: 'r' }] }, users }));
  await root.tab.getByRole('alert').getByText(/2 MiB.*garita realm import/).waitFor();
  assert.ok(await root.tab.getByRole('button', { name: 'Try it' }).isDisabled());
  await root.tab.getByRole('switch', { name: 'Users (100)' }).uncheck();
  assert.equal(await root.tab.getByRole('button', { name: 'Try it' }).isDisabled(), false);
  assert.deepEqual([...root.requests.slice(asked, before), ...root.requests.slice(before)].filter((u) => /import|uploads/i.test(u)), []);
});

// What the bar showed, as somebody looks at it all the time.
const watchBar = (c) => c.tab.evaluate(() => {
  window.seen = [];
  const look = () => {
    const bar = document.querySelector('progress');
    if (bar) window.seen.push([bar.getAttribute('value'), bar.parentElement.textContent]);
  };
  new MutationObserver(look).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true, attributes: true });
});
const seenBy = (c) => c.tab.evaluate(() => window.seen);
const parts = (seen, text) => seen.filter(([value, shown]) => value !== null && text.test(shown)).map(([value]) => Number(value));

test('20,000 people and 32 MiB: sent in pieces, also when the network fails for a moment, with how far it is', async () => {
  const users = [...people('grande'), ...Array.from({ length: 20_000 }, (_, i) => ({ username: `vecino${i}`, enabled: true, attributes: { about: ['x'.repeat(1_650)] } }))];
  const file = write('grande.json', realmExport(26, { realm: 'grande', users }));
  await root.go('#/master/realms/import', 'Import a realm');
  await choose(file);
  await root.has(/^3\d(\.\d)? MiB are sent, of 64 MiB at most\.$/);
  let pieces = 0;
  await root.tab.route('**/garita/uploads/*?offset=*', (route) => (++pieces === 7 ? route.abort('connectionreset') : route.continue()));
  await watchBar(root);
  await root.button('Try it');
  await root.tab.getByText('The file is being sent.').waitFor();
  await root.accessible('a file on its way');
  await root.tab.getByRole('heading', { name: 'What would happen' }).waitFor({ timeout: 300_000 });
  assert.ok(pieces > 64, `${pieces} pieces`);
  const tried = await seenBy(root);
  const [sent, worked] = [parts(tried, /being sent/), parts(tried, /of 20,0\d\d people/)];
  for (const list of [sent, worked]) {
    assert.ok(list.some((part) => part > 0 && part < 1), JSON.stringify(list));
    assert.deepEqual(list, [...list].sort((x, y) => x - y), 'it only goes forward');
  }
  assert.match(await root.tab.getByRole('table', { name: 'Taken' }).getByRole('row', { name: /^users/ }).textContent(), /20,0/);
  const before = pieces;
  await root.button('Import');
  await root.tab.getByRole('heading', { name: 'Imported' }).waitFor({ timeout: 300_000 });
  assert.equal(pieces, before, 'what was sent for the trial is there');
  await root.tab.unroute('**/garita/uploads/*?offset=*');
  assert.equal((await new Client(w.server, 'grande', 'portal', 'portal-secret-of-the-bank').password('ana', 'secret')).status, 200);
});

test('10,000 people are put into a realm in one call, as the page says', async () => {
  const users = Array.from({ length: 10_000 }, (_, i) => ({ username: `vecino${i}`, enabled: true, attributes: { casa: [`${i}`], zona: ['norte'] } }));
  await w.addRealm('poblado');
  const c = await Console.open(browser, w.server, 'root', { hash: '#/poblado/realm-settings/import' });
  await choose(write('vecinos.json', { realm: 'x', users: [...users, { username: 'otro' }] }), c);
  await c.tab.getByRole('alert').getByText(/10,000 objects/).waitFor();
  assert.ok(await c.tab.getByRole('button', { name: 'Try it' }).isDisabled());
  const chooser = c.tab.waitForEvent('filechooser');
  await c.tab.getByLabel('File', { exact: true }).click();
  await (await chooser).setFiles(write('vecinos.json', { realm: 'x', users })); // the same file, changed
  await c.tab.getByRole('switch', { name: 'Users (10,000)' }).waitFor();
  await watchBar(c);
  await c.button('Try it');
  await c.tab.getByRole('heading', { name: 'What would happen' }).waitFor({ timeout: 300_000 });
  const seen = await seenBy(c);
  assert.ok(seen.some(([value, text]) => value === null && /10,000 objects/.test(text)), 'while the server works there is a bar without a part, and the count');
  await c.button('Import');
  await c.tab.getByRole('heading', { name: 'Imported' }).waitFor({ timeout: 300_000 });
  assert.equal(await (await w.client('root', 'master', 'poblado')).users.count(), 10_000);
  assert.deepEqual(c.problems, []);
  await c.close();
});

test('objects of a file are put into a realm; replacing is confirmed by typing its name', async () => {
  const admin = await w.client('root', 'master', 'peru');
  await admin.roles.create({ name: 'cajero', description: 'antes' });
  const file = write('parts.json', {
    realm: 'x', roles: { realm: [{ name: 'cajero', description: 'Cobra' }, { name: 'jefe' }] }, groups: [{ name: 'ventas' }], users: [{ username: 'maria', enabled: true }],
  });
  await root.go('#/peru/realm-settings/import', 'Settings');
  await choose(file);
  await root.tab.getByRole('switch', { name: 'Users (1)' }).uncheck();
  await root.button('Try it');
  const objects = root.tab.getByRole('table', { name: 'Objects' });
  await objects.getByRole('row', { name: /Left as it is REALM_ROLE cajero/ }).waitFor();
  await objects.getByRole('row', { name: /Added GROUP ventas/ }).waitFor();
  assert.deepEqual(await admin.groups.find(), [], 'nothing was kept');
  await root.accessible('objects that would be added');
  await root.shoot('import-into');

  await root.tab.getByLabel('What is there already').selectOption({ label: 'is replaced by what the file has' });
  assert.equal(await root.tab.getByRole('button', { name: 'Import', exact: true }).count(), 0, 'what was changed is tried anew');
  await root.button('Try it');
  await objects.getByRole('row', { name: /Replaced REALM_ROLE cajero/ }).waitFor();
  await root.button('Import');
  await root.fill('Type peru to confirm', 'peru', root.dialog);
  await root.button('Import', root.dialog);
  await root.tab.getByRole('heading', { name: 'Imported' }).waitFor();
  assert.equal((await admin.roles.findOneByName({ name: 'cajero' })).description, 'Cobra');
  assert.deepEqual((await admin.groups.find()).map((g) => g.name), ['ventas']);
  assert.deepEqual(await admin.users.find({ username: 'maria', exact: true }), []);
});

test('what cannot be done is said, and nothing of it is kept', async () => {
  await root.go('#/peru/realm-settings/import', 'Settings');
  await choose(write('bad.json', { realm: 'x', groups: [{ name: 'nuevo' }], users: [{ username: 'pedro', groups: ['/nowhere'] }] }));
  await root.button('Try it');
  await root.tab.getByRole('alert').getByText(/pedro/).waitFor();
  assert.deepEqual((await (await w.client('root', 'master', 'peru')).groups.find()).map((g) => g.name), ['ventas']);
});

test('who may not make realms, or not manage one, finds no such page', async () => {
  await w.addAdmin('mira', ['realm-management/view-realm'], 'peru');
  const mira = await Console.open(browser, w.server, 'mira', { realm: 'peru', hash: '#/peru/realm-settings' });
  await mira.heading('Settings');
  assert.equal(await mira.tab.getByRole('link', { name: 'Import' }).count(), 0);
  await mira.go('#/peru/realms/import', 'All realms');
  assert.equal(await mira.tab.getByRole('link', { name: 'Import a realm' }).count(), 0);
  await mira.close();
});

test('many realms: pages, search, and going to one by a part of its name', async () => {
  for (let i = 0; i < MORE_REALMS; i++) await w.addRealm(`tenant-${String(i).padStart(2, '0')}`);
  const c = await Console.open(browser, w.server, 'root', { hash: '#/master/realms' });
  await c.has('1 to 25');
  await c.button('Next');
  await c.has(/^26 to/);
  const asked = c.requests.length;
  await c.tab.getByRole('searchbox').pressSequentially('NT-17');
  await c.row('tenant-17').waitFor();
  await c.tab.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  assert.deepEqual(c.requests.slice(asked), [], 'nothing is asked for while somebody types');
  await c.accessible('realms');
  const picker = c.tab.getByLabel('Realm', { exact: true });
  assert.equal(await c.tab.locator('#realms option').count(), 0);
  await picker.focus();
  await picker.fill('tenant-2');
  await c.tab.waitForFunction(() => document.querySelectorAll('#realms option').length === 6);
  await picker.fill('tenant-23');
  await c.tab.keyboard.press('Enter');
  await c.tab.waitForFunction(() => location.hash === '#/tenant-23');
  await c.close();
});

test('no page had an error, and the policy was kept', () => {
  assert.deepEqual(root.problems.filter((p) => !/status of 4\d\d|ERR_CONNECTION_RESET/.test(p)), []);
});
