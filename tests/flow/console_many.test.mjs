// The console among 1,000 realms, in Chromium against the release: what it is for them who look after a country.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';
import { rsaProvider } from './lib/exports.mjs';
import { RELEASE_BIN, tempFolder } from './lib/server.mjs';

const REALMS = 1000; // with master, peru and chile
const name = (i) => `tenant-${String(i).padStart(4, '0')}`;
let w, browser, root;
before(async () => {
  w = await AdminWorld.open({ bin: RELEASE_BIN });
  const components = { 'org.keycloak.keys.KeyProvider': [rsaProvider().component] }; // one for all: making 1,000 keys is not what is looked at
  const file = path.join(tempFolder('console-many'), 'realms.json');
  writeFileSync(file, JSON.stringify(Array.from({ length: REALMS - 3 }, (_, i) => ({ realm: name(i), displayName: `Municipalidad ${i}`, enabled: true, components }))));
  await w.cli.ok('realm', 'import', file);
  await w.addAdmin('alcalde', ['realm-management/realm-admin'], name(500));
  browser = await launchBrowser();
});
after(async () => {
  await root?.close();
  await browser?.close();
  await w?.close();
});

test('who looks after all of them signs in, and finds one by a part of its name', async () => {
  root = await Console.open(browser, w.server, 'root', { hash: '#/master/realms' });
  await root.heading('All realms');
  await root.has('1 to 25');
  const asked = root.requests.length;
  await root.tab.getByRole('searchbox').pressSequentially('t-0777');
  await root.row(name(777)).waitFor();
  await root.tab.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  assert.deepEqual(root.requests.slice(asked), [], 'nothing is asked for while somebody types');
  await root.accessible('1,000 realms');
  await root.link(name(777));
  await root.heading('Municipalidad 777');
});

test('pages to the last, and the picker goes to any of them', async () => {
  await root.go('#/master/realms', 'All realms');
  for (let from = 26; from <= REALMS; from += 25) {
    await root.button('Next');
    await root.has(new RegExp(`^${from} to`));
  }
  assert.ok(await root.tab.getByRole('button', { name: 'Next' }).isDisabled());
  const picker = root.tab.getByLabel('Realm', { exact: true });
  await picker.focus();
  await picker.fill('tenant-09');
  await root.tab.waitForFunction(() => document.querySelectorAll('#realms option').length > 1);
  assert.ok(await root.tab.locator('#realms option').count() <= 100, 'a browser is not given a thousand lines to draw');
  await picker.fill(name(900));
  await root.tab.keyboard.press('Enter');
  await root.heading('Municipalidad 900');
  await root.go(`#/${name(900)}/users`, 'Users');
  await root.button('Add user');
  await root.fill('Username', 'vecina', root.dialog);
  await root.button('Create', root.dialog);
  await root.heading('vecina');
  assert.equal((await (await w.client('root', 'master', name(900))).users.find({ username: 'vecina', exact: true })).length, 1);
  assert.deepEqual(await (await w.client('root', 'master', name(901))).users.find({ username: 'vecina', exact: true }), []);
});

test('AD-02: the administrator of one of them sees that one alone', async () => {
  const c = await Console.open(browser, w.server, 'alcalde', { realm: name(500) });
  await c.heading('Municipalidad 500');
  assert.equal(await c.tab.getByText('All realms').count(), 0);
  await c.go(`#/${name(501)}/users`, 'No such realm');
  assert.doesNotMatch(await c.tab.content(), /tenant-0499/);
  await c.close();
});

test('no page had an error, and the policy was kept', () => {
  assert.deepEqual(root.problems, []);
});
