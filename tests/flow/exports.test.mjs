// The daily export: every realm as a file, whole or not there, 0600, and told as a backup is.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { request } from './lib/http.mjs';
import { SECRET, World } from './lib/world.mjs';
import { tempFolder, until } from './lib/server.mjs';
import { health } from './lib/storage.mjs';

const worlds = [];
after(() => Promise.all(worlds.map((w) => w.close())));
const day = 86400000;
const idOf = (ms) => new Date(ms).toISOString().replaceAll('-', '').replaceAll(':', '');
const shown = (dir) => readdirSync(dir).filter((n) => /^\d{8}T/.test(n)).sort();

async function open(dir, more = []) {
  const world = await World.open({ args: ['--export-dir', dir, '--export-hour', '0', ...more] });
  worlds.push(world);
  return world;
}

test('one a day, of every realm, for its owner alone; older ones go', async () => {
  const dir = path.join(tempFolder('exports'), 'out');
  mkdirSync(dir, { mode: 0o700 });
  const [old, recent, broken] = [idOf(Date.now() - 31 * day), idOf(Date.now() - 2 * day), `.${idOf(Date.now() - day)}.new`];
  for (const id of [old, recent, broken]) mkdirSync(path.join(dir, id));
  const world = await open(dir);
  await world.addUser('ana');
  await world.addClient('portal');
  const id = await until('it is made', async () => shown(dir).find((n) => n > recent), 60000, 200);
  await until('older ones are gone', async () => !shown(dir).includes(old));
  assert.deepEqual(shown(dir), [recent, id]);
  const folder = path.join(dir, id);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(folder).sort(), ['master-realm.json', 'peru-realm.json']);
  for (const file of readdirSync(folder)) assert.equal(statSync(path.join(folder, file)).mode & 0o777, 0o600);
  const peru = JSON.parse(readFileSync(path.join(folder, 'peru-realm.json')));
  assert.ok(peru.users.some((u) => u.username === 'ana'));
  assert.equal(peru.clients.find((c) => c.clientId === 'portal').secret, SECRET);
  const events = await world.cli.json('audit', 'list', '--realm', 'master', '--type', 'RealmsExported', '--limit', '10');
  assert.equal(events.length, 1);
  const status = await world.cli.json('status');
  assert.equal(status.export.failed, false);
  assert.ok(status.export.ageSeconds < 60 && status.disk.freeBytes > 0);
  const { text } = await request(`${world.server.management}/metrics`);
  assert.match(text, /^garita_store_exports_total 1$/m);
  const check = (await health(world.server)).json.checks.find((c) => c.name === 'export');
  assert.equal(check.status, 'UP');
  // and not once more on the same day
  await world.server.restart();
  assert.deepEqual(shown(dir), [recent, id]);
});

test('without secrets where that is wanted; a folder that others may write to is told', async () => {
  const dir = path.join(tempFolder('exports'), 'out');
  mkdirSync(dir, { mode: 0o700 });
  chmodSync(dir, 0o777);
  const world = await open(dir, ['--export-secrets=false']);
  await world.addClient('portal');
  await until('it failed', async () => (await health(world.server)).json.checks.find((c) => c.name === 'export')?.status === 'DOWN', 60000, 200);
  const [event] = await world.cli.json('audit', 'list', '--realm', 'master', '--type', 'ExportFailed', '--limit', '10');
  assert.match(JSON.stringify(event), /others may write there/);
  assert.deepEqual(shown(dir), []);
  chmodSync(dir, 0o700);
  await world.server.restart();
  const id = await until('it is made', async () => shown(dir)[0], 60000, 200);
  const text = readFileSync(path.join(dir, id, 'peru-realm.json'), 'utf8');
  assert.ok(!text.includes(SECRET));
});

test('the folder of backups is none for exports', async () => {
  const dir = tempFolder('both');
  await assert.rejects(World.open({ args: ['--export-dir', dir, '--backup-dir', dir] }), /two folders/);
  assert.ok(existsSync(dir));
  writeFileSync(path.join(dir, 'free'), '');
  for (const name of [`${dir}/`, path.join(tempFolder('link'), 'same')]) {
    if (!name.endsWith('/')) symlinkSync(dir, name);
    await assert.rejects(World.open({ args: ['--export-dir', name, '--backup-dir', dir] }), /two folders/);
  }
});

test('what is no export is never removed, and a folder made later is still none of the backups', async () => {
  const dir = path.join(tempFolder('exports'), 'out');
  const [backup, other, old] = [40, 35, 33].map((n) => idOf(Date.now() - n * day));
  for (const [id, file] of [[backup, 'manifest'], [other, 'notes.txt'], [old, 'peru-realm.json']]) {
    mkdirSync(path.join(dir, id), { recursive: true, mode: 0o700 });
    writeFileSync(path.join(dir, id, file), 'x');
  }
  await open(dir);
  await until('the old export is gone', async () => !shown(dir).includes(old), 60000, 200);
  assert.deepEqual(shown(dir).slice(0, 2), [backup, other]);

  const later = path.join(tempFolder('later'), 'both');
  const world = await open(`${later}/`, ['--backup-dir', later, '--backup-hour', '-1']);
  await until('it failed', async () => (await health(world.server)).json.checks.find((c) => c.name === 'export')?.status === 'DOWN', 60000, 200);
  const [event] = await world.cli.json('audit', 'list', '--realm', 'master', '--type', 'ExportFailed', '--limit', '10');
  assert.match(JSON.stringify(event), /two folders/);
  assert.deepEqual(shown(later), []);
});
