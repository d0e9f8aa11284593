// The continuous archive (BK-01, OT-05): a realm, or the node, as it was at any moment; kill -9 loses nothing
// that matters; damage, gaps and a folder that is gone are told.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Server, sleep, until } from './lib/server.mjs';
import { run } from './lib/cli.mjs';
import { checkOf, health, metrics } from './lib/storage.mjs';
import { World } from './lib/world.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'garita-archive-'));
const dir = path.join(scratch, 'backups');
const world = await World.open({ args: ['--backup-dir', dir, '--archive-interval', '100'] });
after(async () => {
  await world.close();
  rmSync(scratch, { recursive: true, force: true });
});
const portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
const archive = path.join(dir, 'archive');
const kept = path.join(scratch, 'kept.key');
copyFileSync(path.join(world.server.data, 'master.key'), kept);

const users = async (realm = 'peru', cli = world.cli) => (await cli.json('user', 'list', '--realm', realm)).map((u) => u.username).sort();
const moments = (realm) => world.cli.json('backup', 'moments', '--realm', realm);
// Up to `at`; 0: at all. A realm has no moments before its first base.
const archived = (at, realm = 'peru') => until('it is archived', async () => (await moments(realm)).some((m) => Date.parse(m.to) >= at));
// A moment after what was answered and before what comes.
async function moment() {
  await sleep(5);
  const at = new Date().toISOString();
  await sleep(5);
  return at;
}
// What is put in place has moments of its own from its first base on.
async function restore(...args) {
  const begun = Date.now();
  const result = await world.cli.json('restore', '--realm', 'peru', '--in-place', ...args);
  if (!result.dryRun) await until('it has a base', async () => (await moments('peru')).some((m) => Date.parse(m.from) >= begun));
  return result;
}

await archived(0);
await world.addUser('ana');
const login = await portal.password('ana');
assert.equal(login.status, 200);
const withAna = await moment();
await world.addUser('eva');
const withEva = await moment();
await world.addUser('luis');

test('a realm comes back as it was between two changes, and what was given out is void', async () => {
  await archived(Date.parse(withEva));
  const late = await portal.password('eva');
  const tried = await restore('--at', withEva, '--dry-run');
  assert.equal(tried.dryRun, true);
  assert.ok(tried.taken <= withEva);
  assert.deepEqual(await users(), ['ana', 'eva', 'luis']);

  const result = await restore('--at', withEva);
  assert.equal(result.badEvent, 0);
  assert.equal(result.spentCarried, true);
  assert.equal(result.taken, tried.taken);
  assert.deepEqual(await users(), ['ana', 'eva']);
  for (const tokens of [login, late]) {
    assert.equal((await portal.refresh(tokens.json.refresh_token)).status, 400);
    assert.deepEqual((await portal.introspect(tokens.json.access_token)).json, { active: false });
  }
  assert.equal((await portal.password('eva')).status, 200);
  assert.notEqual((await portal.password('luis')).status, 200);
  await world.cli.ok('audit', 'verify', '--realm', 'peru');
});

test('an earlier moment comes back after a later one was restored, and goes on from there', async () => {
  await restore('--at', withAna);
  assert.deepEqual(await users(), ['ana']);
  await world.addUser('rosa');
  const withRosa = await moment();
  await world.addUser('marta');
  await archived(Date.parse(withRosa));
  await restore('--at', withRosa);
  assert.deepEqual(await users(), ['ana', 'rosa']);
});

test('the moments are listed, the archive is read through, and figures tell of it', async () => {
  const [first] = await moments('peru');
  assert.ok(first.from < withAna && first.to > withEva);
  assert.ok(first.reels > 0);
  const read = await world.cli.json('backup', 'verify', '--archive');
  assert.equal(read.state, 'ok');
  assert.ok(read.reels >= first.reels);
  const figures = await metrics(world.server);
  assert.match(figures, /^garita_store_archive_last_timestamp_seconds [1-9]/m);
  assert.match(figures, /^garita_store_archive_bases_total [1-9]/m);
  assert.match(figures, /^garita_store_archive_bytes_total [1-9]/m);
  assert.equal(checkOf(await health(world.server), 'archive').data.state, 'ok');
  const tooEarly = await world.cli.run(['restore', '--realm', 'peru', '--in-place', '--at', '2020-01-01']);
  assert.equal(tooEarly.status, 1);
  assert.match(tooEarly.stderr, /no backup of realm peru that was taken by then: the first one is of 20/);
});

test('kill -9 in the midst of changes: what was answered before is in the archive or in a new base', async () => {
  for (let round = 0; round < 5; round++) {
    await world.addUser(`kept${round}`);
    const at = await moment();
    await world.addUser(`later${round}`);
    if (round % 2) await archived(Date.parse(at));
    await world.server.crash();
    await world.server.launch();
    const launched = Date.now();
    await world.addUser(`after${round}`);
    await archived(launched); // what comes now is in no gap: the reels go on, or a new base is there
    const now = await moment();
    await world.addUser(`last${round}`);
    await archived(Date.parse(now));
    const before = (await users()).filter((name) => name !== `last${round}`);
    await restore('--at', now);
    assert.deepEqual(await users(), before);
  }
  assert.equal((await world.cli.json('backup', 'verify', '--archive')).state, 'ok');
});

test('a restart in good order needs no new base', async () => {
  await world.addUser('calm');
  await world.server.restart();
  await world.addUser('calmer');
  const at = await moment();
  await world.addUser('calmest');
  await archived(Date.parse(at));
  assert.match(await metrics(world.server), /^garita_store_archive_bases_total 0$/m);
  await restore('--at', at);
  assert.ok((await users()).includes('calmer'));
  assert.ok(!(await users()).includes('calmest'));
});

test('a folder that cannot be written is told, holds nothing up, and is caught up with', async () => {
  const aside = `${dir}.aside`;
  renameSync(dir, aside);
  writeFileSync(dir, 'in the way');
  await world.addUser('meanwhile');
  const event = await until('it is told', async () => (await world.cli.json('audit', 'list', '--realm', 'master', '--type', 'ArchiveFailed'))[0]);
  assert.match(event.data.reason, /archive of .* is behind/);
  const down = await health(world.server);
  assert.equal(down.json.status, 'DEGRADED');
  assert.equal(checkOf(down, 'archive').status, 'DOWN');
  assert.equal((await portal.password('ana')).status, 200);
  const at = await moment();
  await world.addUser('back');
  rmSync(dir);
  renameSync(aside, dir);
  await archived(Date.parse(at));
  await until('it is well', async () => checkOf(await health(world.server), 'archive').status === 'UP');
  await restore('--at', at);
  assert.ok((await users()).includes('meanwhile'));
  assert.ok(!(await users()).includes('back'));
});

test('the whole node comes back as of one moment, with what was made since the last backup', async () => {
  await world.cli.ok('realm', 'create', 'chile');
  await world.addUser('pedro', {}, { realm: 'chile' });
  await archived(0, 'chile');
  const at = await moment();
  await world.addUser('diego', {}, { realm: 'chile' });
  await world.addUser('sofia');
  await archived(Date.parse(at));
  await archived(Date.parse(at), 'chile');
  const expected = (await users()).filter((name) => name !== 'sofia');
  const to = path.join(scratch, 'node');
  const lost = ['--data', path.join(scratch, 'lost')];
  const done = await run(world.cli.bin, ['restore', '--from', dir, '--to', to, '--at', at, '--key-file', kept, ...lost]);
  assert.equal(done.status, 0, done.stderr);
  const node = await Server.start({ data: to });
  try {
    assert.deepEqual(await users('peru', node.cli), expected);
    assert.deepEqual(await users('chile', node.cli), ['pedro']);
    for (const realm of ['master', 'peru', 'chile']) await node.cli.ok('audit', 'verify', '--realm', realm);
    assert.equal(readdirSync(path.join(to, 'realms')).filter((name) => name.endsWith('.db')).length, 3);
  } finally {
    await node.stop();
  }
});

test('a reel that was changed is refused by name', async () => {
  await world.addUser('one');
  const at = await moment();
  await world.addUser('two');
  await archived(Date.parse(at));
  const folders = readdirSync(archive).filter((name) => !['bases', 'lock', 'master'].includes(name));
  const newest = folders.flatMap((folder) => readdirSync(path.join(archive, folder)).map((name) => path.join(archive, folder, name)))
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs).at(-1);
  const bytes = readFileSync(newest);
  bytes[bytes.length - 30] ^= 4;
  chmodSync(newest, 0o600);
  writeFileSync(newest, bytes);
  const refused = await world.cli.run(['backup', 'verify', '--archive']);
  assert.equal(refused.status, 1);
  assert.ok(refused.stderr.includes(path.basename(newest)));
  assert.match(refused.stderr, /was changed/);
});
