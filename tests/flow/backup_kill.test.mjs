// kill -9 of the server while it backs up and while it restores (BK-01): a backup is whole or not there,
// and a realm is the one or the other, whole. GARITA_CRASH_ROUNDS makes it more.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { sleep } from './lib/server.mjs';
import { World } from './lib/world.mjs';

const ROUNDS = Number(process.env.GARITA_CRASH_ROUNDS ?? 12);
const scratch = mkdtempSync(path.join(tmpdir(), 'garita-backup-kill-'));
const dir = path.join(scratch, 'backups');
const world = await World.open({ args: ['--backup-dir', dir, '--backup-hour', '-1'] });
after(async () => {
  await world.close();
  rmSync(scratch, { recursive: true, force: true });
});
await world.addUser('ana');
const first = await world.cli.json('backup', 'now');
const users = async () => (await world.cli.json('user', 'list', '--realm', 'peru')).map((u) => u.username).sort();

// How long the command takes when nobody disturbs it, for moments from its beginning to a bit beyond its end.
async function duration(...args) {
  const begun = performance.now();
  await world.cli.json(...args);
  return performance.now() - begun;
}

async function killDuring(most, ...args) {
  const running = world.cli.run([...args, '--json']);
  await sleep(Math.random() * most * 1.1);
  await world.server.crash();
  const { status, stdout } = await running;
  await world.server.launch();
  return status === 0 ? JSON.parse(stdout) : undefined;
}

test('killed while it backs up: what is listed is whole, what was answered is listed, nothing else is left', async () => {
  const most = await duration('backup', 'now');
  let done = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const made = await killDuring(most, 'backup', 'now');
    const listed = await world.cli.json('backup', 'list');
    assert.ok(listed.every((b) => b.state === 'ok'));
    if (made) assert.equal(listed.at(-1).id, made.id);
    if (made) done++;
    for (const { id } of listed.slice(-2)) await world.cli.json('backup', 'verify', id);
  }
  await world.cli.json('backup', 'now');
  assert.ok(!readdirSync(dir).some((name) => name.startsWith('.')), `${done} of ${ROUNDS} were answered`);
});

test('killed while it restores: the realm is as it was or as it shall be, and the next start clears the rest', async () => {
  const restore = ['restore', '--realm', 'peru', '--backup', first.id, '--in-place'];
  const most = await duration(...restore);
  for (let round = 0; round < ROUNDS; round++) {
    const before = await users();
    const name = `new${round}`;
    await world.addUser(name);
    const done = await killDuring(most, ...restore);
    const now = await users();
    if (done || now.length === 1) assert.deepEqual(now, ['ana']);
    else assert.deepEqual(now, [...before, name].sort());
    await world.cli.ok('realm', 'check', 'peru');
    await world.cli.ok('audit', 'verify', '--realm', 'peru');
    const databases = readdirSync(path.join(world.server.data, 'realms')).filter((file) => file.endsWith('.db'));
    assert.equal(databases.length, 2);
  }
});
