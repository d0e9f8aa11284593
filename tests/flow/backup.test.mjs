// Backups of a serving node (BK-01): made, listed, read through; what was changed is refused.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { until } from './lib/server.mjs';
import { checkOf, health, metrics } from './lib/storage.mjs';
import { World } from './lib/world.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'garita-backup-'));
const dir = path.join(scratch, 'backups');
const world = await World.open({ args: ['--backup-dir', dir] });
after(async () => {
  await world.close();
  rmSync(scratch, { recursive: true, force: true });
});
await world.addUser('ana', { attributes: { canary: 'c4n4ry-in-the-clear' } });
const first = await world.cli.json('backup', 'now');

test('a backup is made, listed and read through while the server serves', async () => {
  assert.equal(first.realms, 2);
  assert.equal(first.missing, 0);
  const [listed] = await world.cli.json('backup', 'list');
  assert.equal(listed.id, first.id);
  assert.equal(listed.state, 'ok');
  assert.equal(listed.pages, first.pages);
  assert.equal((await world.cli.json('backup', 'verify')).id, first.id);
  assert.equal((await world.cli.json('backup', 'verify', first.id)).state, 'ok');
  const unknown = await world.cli.run(['backup', 'verify', '20200101T000000.000Z']);
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /is missing/);
});

test('a backup is restored on trial, and nothing of that stays', async () => {
  const trial = await world.cli.json('backup', 'verify', '--trial');
  assert.equal(trial.realms, 2);
  assert.ok(trial.people >= 1 && trial.events > 0);
  assert.ok(!readdirSync(world.server.data).includes('trial'));
});

test('the daily backup is made and restored on trial, and its failure is told', async () => {
  const there = path.join(scratch, 'daily');
  const daily = await World.open({ args: ['--backup-dir', there, '--backup-hour', '0'] });
  try {
    const told = (type) => async () => (await daily.cli.json('audit', 'list', '--realm', 'master', '--type', type))[0];
    const event = await until('it is proved', told('BackupProved'));
    assert.deepEqual((await daily.cli.json('backup', 'list')).map((b) => b.id), [event.data.backup]);
    const well = await health(daily.server);
    assert.equal(well.json.status, 'UP');
    assert.equal(checkOf(well, 'backup').data.state, 'ok');
    const figures = await metrics(daily.server);
    assert.match(figures, /^garita_store_backups_total 1$/m);
    assert.match(figures, /^garita_store_backup_failures_total 0$/m);
    assert.match(figures, /^garita_store_backup_proved_timestamp_seconds [1-9]/m);

    rmSync(path.join(daily.server.data, 'backup.last')); // as if it were yesterday's
    rmSync(there, { recursive: true });
    writeFileSync(there, 'in the way');
    await daily.server.restart();
    assert.match((await until('it is told', told('BackupFailed'))).data.reason, /folder of backups/);
    const failed = await health(daily.server);
    assert.equal(failed.json.status, 'DEGRADED');
    assert.equal(checkOf(failed, 'backup').status, 'DOWN');
    assert.match(await metrics(daily.server), /^garita_store_backup_failures_total 1$/m);
  } finally {
    await daily.close();
  }
});

test('SK-01: a backup holds no word in the clear, nor the master key', () => {
  const key = readFileSync(path.join(world.server.data, 'master.key'));
  for (const file of readdirSync(path.join(dir, first.id))) {
    const bytes = readFileSync(path.join(dir, first.id, file));
    for (const word of ['c4n4ry-in-the-clear', 'ana', 'peru', 'SQLite format']) assert.equal(bytes.indexOf(word), -1, `${word} in ${file}`);
    assert.equal(bytes.indexOf(key), -1);
  }
});

const whole = path.join(scratch, 'whole');
cpSync(path.join(dir, first.id), whole, { recursive: true });
const putBack = () => { rmSync(path.join(dir, first.id), { recursive: true }); cpSync(whole, path.join(dir, first.id), { recursive: true }); };
const refused = async (pattern) => {
  const { status, stderr } = await world.cli.run(['backup', 'verify', first.id]);
  assert.equal(status, 1);
  assert.match(stderr, pattern);
};

test('BK-01: a flipped byte, a file cut short, exchanged or missing is told', async () => {
  const files = readdirSync(whole);
  assert.equal(files.length, 3); // manifest and two databases
  for (const file of files) {
    const there = path.join(dir, first.id, file);
    const bytes = readFileSync(there);
    for (const at of [0, 9, 12, 40, 100, 130, bytes.length >> 1, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 1;
      writeFileSync(there, changed);
      await refused(/was changed|is damaged|another master key|newer version/);
    }
    writeFileSync(there, bytes);
    truncateSync(there, bytes.length - 30);
    await refused(/damaged|changed/);
    rmSync(there);
    await refused(/is missing|lacks backup/);
    putBack();
  }
  const [one, two] = files.filter((f) => f !== 'manifest').map((f) => path.join(dir, first.id, f));
  renameSync(one, `${one}.x`);
  renameSync(two, one);
  renameSync(`${one}.x`, two);
  await refused(/changed/);
  putBack();
  assert.equal((await world.cli.json('backup', 'verify', first.id)).state, 'ok');
});

test('BK-01: a file of another backup in the place of its own is refused, and an older state of the folder', async () => {
  const second = await world.cli.json('backup', 'now');
  assert.equal(second.serial, first.serial + 1);
  cpSync(path.join(dir, second.id, 'master.db'), path.join(dir, first.id, 'master.db'));
  await refused(/changed/);
  putBack();
  cpSync(path.join(dir, first.id), path.join(dir, second.id), { recursive: true }); // under the name of the newer
  const { status, stderr } = await world.cli.run(['backup', 'verify']);
  assert.equal(status, 1);
  assert.match(stderr, /its list was changed/);
  rmSync(path.join(dir, second.id), { recursive: true });
  const rolledBack = await world.cli.run(['backup', 'list']);
  assert.equal(rolledBack.status, 1);
  assert.match(rolledBack.stderr, new RegExp(`lacks backup ${second.id}`));
});

test('a backup that was cut short is not there, and the next one removes what it left', async () => {
  cpSync(whole, path.join(dir, '.20200101T000000.000Z.new'), { recursive: true });
  assert.ok(!(await world.cli.json('backup', 'list').catch(() => [])).some((b) => b.id.startsWith('2020')));
  await world.cli.json('backup', 'now');
  assert.ok(!readdirSync(dir).some((name) => name.startsWith('.')));
});

test('without a folder the command says which setting is missing', async () => {
  const other = await World.open();
  const { status, stderr } = await other.cli.run(['backup', 'now']);
  await other.close();
  assert.notEqual(status, 0);
  assert.match(stderr, /backup-dir/);
});
