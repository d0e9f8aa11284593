// The page of the console about the appliance where there is a second node: how far that one is behind, drawn as
// it happens. In Chromium against two real processes.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser } from './lib/apps.mjs';
import { Cli } from './lib/cli.mjs';
import { Console } from './lib/console.mjs';
import { Server, freePort, tempFolder } from './lib/server.mjs';

const CHARTS = 12; // nine of every node, three of the standby
let w, standby, browser, root;
before(async () => {
  const port = await freePort();
  w = await AdminWorld.open({ args: ['--replication-port', String(port)] });
  const data = path.join(tempFolder('console-standby'), 'garita');
  standby = new Server({ data, args: ['--hostname', w.server.origin, '--replication-port', String(await freePort())] });
  standby.data = data;
  standby.ports = { web: await freePort(), management: await freePort(), redirect: await freePort() };
  standby.cli = new Cli(data, standby.bin);
  const token = (await w.cli.ok('standby', 'token')).trim();
  await w.cli.withFile(token, (file) => standby.cli.ok('standby', 'init', '--from', `localhost:${port}`, '--token-file', file));
  await standby.launch();
  browser = await launchBrowser();
  root = await Console.open(browser, w.server, 'root', { hash: '#/master/operations' });
});
after(async () => {
  standby?.child?.kill('SIGCONT');
  await root?.close();
  await browser?.close();
  await standby?.stop();
  await w?.close();
});

// What is said of a chart to who does not see it, once it is so.
const says = (title, what) => root.tab.waitForFunction(
  ([name, pattern]) => [...document.querySelectorAll('.lines svg[role=img]')].some((e) => e.ariaLabel.startsWith(`${name}.`) && new RegExp(pattern).test(e.ariaLabel)),
  [title, what]);

test('a standby that hangs falls behind on the charts, and catches up when it goes on', async () => {
  await says('Standby: commits behind', 'now 0,');
  assert.equal(await root.tab.locator('.lines').count(), CHARTS);
  await root.has('In step');
  standby.child.kill('SIGSTOP');
  const people = 5;
  for (let i = 0; i < people; i++) await w.addUser(`tras${i}`);
  await says('Standby: commits behind', `now ([${people}-9]|\\d\\d)`);
  await says('Standby: bytes behind', 'now (?!0 B)');
  await says('Standby: time behind', 'now (?!0 ms)');
  await root.accessible('a standby that is behind');
  await root.shoot('operations-standby');
  standby.child.kill('SIGCONT');
  await says('Standby: commits behind', 'now 0, .*most [1-9]');
  assert.deepEqual(root.problems, []);
});

test('the hour shows it, too', async () => {
  await root.button('Show the hour');
  await says('Standby: commits behind', 'most [1-9]');
});
