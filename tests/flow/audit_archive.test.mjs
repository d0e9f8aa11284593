// Months that were archived (AU-02): still listed, searched, exported and proved, by commands and by the
// Admin API; an auditor proves the file alone.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { run } from './lib/cli.mjs';
import { HOUR, MachineClock } from './lib/clock.mjs';
import { BIN } from './lib/server.mjs';

const VERIFIER = path.join(path.dirname(BIN), 'garita-audit-verify');
const DAY = 24 * HOUR;
const realm = ['--realm', 'peru'];
let clock, world, portal, kc, folder, dateFrom, old;
const list = (...options) => world.cli.json('audit', 'list', ...realm, '--limit', '1000', ...options);

before(async () => {
  clock = new MachineClock();
  folder = mkdtempSync(path.join(os.tmpdir(), 'garita-archive-'));
  world = await AdminWorld.open({ env: clock.env });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  await world.addUser('maria');
  for (let i = 0; i < 5; i++) await portal.password('maria', i % 2 ? 'wrong' : undefined);
  await world.cli.ok('audit', 'sign', ...realm); // a month without a signed head proves nothing by itself
  old = await list();
  dateFrom = Date.now() - DAY;
  clock.step(70 * DAY);
  kc = await world.client('ana', 'peru');
});
after(async () => {
  await world.close();
  clock.close();
  rmSync(folder, { recursive: true });
});

test('a month moves to a file, and everything is listed, searched and exported as before', async () => {
  const archived = await world.cli.json('audit', 'archive', ...realm, '--older-than-days', '1');
  assert.ok(archived.length >= 1, 'something was old enough');
  const now = await list();
  assert.deepEqual(now.filter((e) => e.seq <= old[0].seq), old);
  assert.equal(now.filter((e) => e.type === 'AuditArchived').length, archived.length);
  const failed = await list('--type', 'UserLoginAttempted', '--user', 'maria');
  assert.equal(failed.length, 2);
  const lines = (await world.cli.ok('audit', 'export', ...realm)).trim().split('\n');
  assert.equal(lines.length, (await list()).length);
  await world.cli.ok('audit', 'verify', ...realm);
});

test('an auditor proves the file with the public key alone, and finds what was altered in it', async () => {
  const key = path.join(folder, 'key.pem');
  writeFileSync(key, await world.cli.ok('audit', 'key', ...realm, '--format', 'pem'));
  const files = readdirSync(path.join(world.server.data, 'audit'), { recursive: true, withFileTypes: true })
    .filter((e) => e.name.endsWith('.jsonl.zst')).map((e) => path.join(e.parentPath, e.name));
  assert.ok(files.length >= 1);
  const result = await run(VERIFIER, ['--key', key, ...files]);
  assert.equal(result.status, 0, result.stdout + result.stderr);
  assert.match(result.stdout, /^whole: /);
  const bytes = readFileSync(files[0]);
  for (const at of [bytes.length >> 4, bytes.length >> 3, bytes.length >> 2]) { // behind them is the map of the blocks
    const forged = path.join(folder, 'forged.jsonl.zst');
    const altered = Buffer.from(bytes);
    for (let i = at; i < at + 8; i++) altered[i] ^= 0xff; // a single bit may be one that means nothing, as of the window's size
    writeFileSync(forged, altered);
    const found = await run(VERIFIER, ['--key', key, forged]);
    assert.notEqual(found.status, 0, `byte ${at}: ${found.stdout}`);
  }
});

test('the Admin API shows archived events to who says from when on', async () => {
  const query = { realm: 'peru', type: ['LOGIN', 'LOGIN_ERROR'], client: 'portal', max: 100 };
  assert.deepEqual(await kc.realms.findEvents(query), [], 'what is at hand');
  const found = await kc.realms.findEvents({ ...query, dateFrom: String(dateFrom) });
  assert.deepEqual(found.map((e) => e.type), ['LOGIN', 'LOGIN_ERROR', 'LOGIN', 'LOGIN_ERROR', 'LOGIN']);
  assert.equal(found[0].details.username, 'maria', 'what is sealed is opened');
  const [user] = await kc.users.find({ username: 'maria' });
  assert.equal((await kc.realms.findEvents({ ...query, user: user.id, type: 'LOGIN_ERROR', dateFrom: String(dateFrom), first: 1 })).length, 1, 'pages and conditions');
  const made = await kc.realms.findAdminEvents({ realm: 'peru', operationTypes: ['CREATE'], resourceTypes: ['USER'], dateFrom: String(dateFrom) });
  assert.ok(made.some((e) => e.resourcePath === `users/${user.id}`), 'admin events as well');
  await kc.realms.clearEvents({ realm: 'peru' });
  assert.deepEqual(await kc.realms.findEvents({ ...query, dateFrom: String(dateFrom) }), [], 'a list that was cleared stays so');
});
