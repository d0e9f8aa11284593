// The page of the console that shows how the appliance is doing, in Chromium against the real server.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';

const CHARTS = 9;
const scratch = mkdtempSync(path.join(tmpdir(), 'garita-console-operations-'));
let w, browser, root;
before(async () => {
  w = await AdminWorld.open({ args: ['--backup-dir', path.join(scratch, 'backups'), '--backup-hour', '-1', '--sweep-interval', '5'] });
  await w.cli.ok('backup', 'now');
  browser = await launchBrowser();
  root = await Console.open(browser, w.server, 'root', { hash: '#/master/operations' });
  await live(root);
});
after(async () => {
  await root?.close();
  await browser?.close();
  await w.close();
  rmSync(scratch, { recursive: true, force: true });
});

// Samples have come, and the charts are drawn.
async function live(c) {
  await c.tab.getByRole('region', { name: 'Live figures' }).getByText('Live', { exact: true }).waitFor();
  await c.tab.waitForFunction((n) => document.querySelectorAll('.lines > svg path[d^=M]').length >= n, 4);
}
const chart = (name, tab = root.tab) => tab.getByRole('img', { name: new RegExp(`^${name}`) });

test('what happens is drawn as it happens, and said to who does not see it', async () => {
  assert.equal(await root.tab.locator('.lines').count(), CHARTS);
  await w.token('ana', 'peru');
  await root.tab.waitForFunction(() => /Logins: now .* most [1-9]/.test(document.querySelector('.lines svg[role=img]').getAttribute('aria-label')));
  assert.match(await chart('Memory of the server').getAttribute('aria-label'), /In use: now [\d.,]+ MiB, least [\d.,]+ MiB, most [\d.,]+ MiB/);
  const before = await chart('Requests per second').locator('path').first().getAttribute('d');
  await root.tab.waitForFunction((d) => document.querySelectorAll('.lines')[4].querySelector('path').getAttribute('d') !== d, before);
  await root.tab.getByText('Figures').first().click();
  await root.tab.getByRole('table', { name: 'Logins per minute' }).waitFor();
});

test('it can be held, and shows the hour', async () => {
  await root.button('Pause');
  await root.tab.getByText('Paused').waitFor();
  const held = await chart('Requests per second').locator('path').first().getAttribute('d');
  await new Promise((resolve) => { setTimeout(resolve, 2500); });
  assert.equal(await chart('Requests per second').locator('path').first().getAttribute('d'), held);
  await root.button('Go on');
  await root.button('Show the hour');
  await root.tab.waitForFunction(() => document.querySelectorAll('.lines > svg path[d^=M]').length > 0);
  await root.button('Show two minutes');
});

test('the newest backup is verified by a button, and how to restore a realm is said', async () => {
  await root.has('Nothing needs you now.');
  await root.button('Verify now');
  await root.said('The newest backup is being restored on trial.');
  await root.has('Can be restored');
  await root.has(/3 realms, \d+ people, \d+ events/);
  await root.tab.getByText('Restore a realm').first().click();
  await root.tab.locator('#restore-realm').fill("o'higgins");
  await root.has("--realm 'o'\\''higgins' --in-place");
});

test('the log is shown to who has all rights', async () => {
  await root.tab.getByLabel('Lines').selectOption('info');
  await root.tab.getByRole('region', { name: 'Log' }).getByRole('listitem').first().waitFor();
});

test('WCAG 2.2 AA by axe: light, dark, on a telephone, without motion', async () => {
  await root.accessible('operations');
  await root.shoot('operations');
  const c = await Console.open(browser, w.server, 'root', {
    hash: '#/master/operations', context: { colorScheme: 'dark', reducedMotion: 'reduce', viewport: { width: 360, height: 740 } },
  });
  await live(c);
  await c.accessible('operations, dark');
  await c.shoot('operations-dark-phone');
  assert.equal(await c.tab.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'nothing is wider than the screen');
  await c.tab.getByRole('button', { name: 'Pause' }).focus();
  await c.tab.keyboard.press('Enter');
  await c.tab.getByText('Paused').waitFor();
  assert.deepEqual(c.problems, []);
  await c.close();
});

test('in Spanish and Portuguese', async () => {
  const c = await Console.open(browser, w.server, 'root', { hash: '#/master/operations', context: { locale: 'es-PE' } });
  await c.heading('Operación');
  await c.has('Todo bien');
  await c.tab.getByLabel('Idioma').selectOption('pt');
  await c.heading('Operação');
  await c.has('Tudo bem');
  await c.close();
});

test('who may look only has no button; the log is for who has all rights; administrators of a realm see nothing of it', async () => {
  await w.addAdmin('watcher', ['master-realm/view-realm'], 'master');
  const watcher = await Console.open(browser, w.server, 'watcher', { hash: '#/master/operations' });
  await live(watcher);
  assert.equal(await watcher.tab.getByRole('button', { name: 'Verify now' }).count(), 0);
  await watcher.has('only who has all rights over master sees them');
  await watcher.close();
  const ana = await Console.open(browser, w.server, 'ana', { realm: 'peru', hash: '#/peru/operations' });
  await ana.heading('No such page');
  assert.equal(await ana.tab.getByRole('link', { name: 'Operations' }).count(), 0);
  assert.deepEqual(ana.requests.filter((u) => u.includes('/admin/garita/')), []);
  await ana.close();
});

test('an alert says what to do', async () => {
  rmSync(path.join(scratch, 'backups'), { recursive: true, maxRetries: 20, retryDelay: 50 }); // the archive is being written
  await root.button('Verify now');
  await root.has('The last backup, or its trial, failed.');
  await root.accessible('with an alert');
  await root.shoot('operations-alert');
});

test('a server that comes back is followed again, and a page that is left asks no more', async () => {
  await w.server.restart();
  await root.tab.getByText('Connection lost, trying again').waitFor();
  await root.tab.getByRole('region', { name: 'Live figures' }).getByText('Live', { exact: true }).waitFor();
  root.problems.length = 0; // Chromium tells of connections that were refused meanwhile
  await root.go('#/master/users', 'Users');
  const asked = root.requests.length;
  await new Promise((resolve) => { setTimeout(resolve, 4000); });
  assert.deepEqual(root.requests.slice(asked).filter((u) => u.includes('/garita/')), []);
  assert.deepEqual(root.problems, []);
});
