// Data folders that are not what the server left: each is refused with one line that says what to do,
// exit status 1, and not a byte is changed; `garita doctor` says the same.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, cpSync, existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { run } from './lib/cli.mjs';
import { BIN, freePort, Server, tempFolder } from './lib/server.mjs';
import { isRoot } from './lib/storage.mjs';
import { World } from './lib/world.mjs';

const root = tempFolder('folders');
const clean = path.join(root, 'clean'); // stopped in order
const crashed = path.join(root, 'crashed'); // killed: its logs count
const other = path.join(root, 'other'); // of another cluster, killed too
before(async () => {
  const make = async (folder, crash) => {
    const server = await Server.start({ data: folder });
    const world = new World(server);
    await world.addRealm('peru');
    await world.addUser('ana');
    if (crash) await server.crash();
    else await server.stop();
  };
  await make(clean, false);
  await make(crashed, true);
  await make(other, true);
});
after(() => rmSync(root, { recursive: true }));

const makeFifo = (name) => execFileSync('mkfifo', ['-m', '600', name]);
function linkOver(existing, name) {
  rmSync(name, { force: true });
  linkSync(existing, name);
}
function emptyRealms(folder) {
  for (const file of readdirSync(path.join(folder, 'realms'))) rmSync(path.join(folder, 'realms', file));
}
const copyFolder = (from, to) => cpSync(from, to, { recursive: true, filter: (name) => !name.endsWith('.sock') });

// What every file is; the lock is whoever came last.
function picture(folder) {
  const list = {};
  for (const name of readdirSync(folder, { recursive: true }).sort()) {
    if (name === 'lock' || name === 'garita.sock') continue;
    const st = lstatSync(path.join(folder, name));
    const content = st.isFile() ? readFileSync(path.join(folder, name)).toString('base64') : st.isSymbolicLink() ? readlinkSync(path.join(folder, name)) : '';
    list[name] = [st.mode, st.uid, content];
  }
  return list;
}

const cases = {
  'a master.db that is a text': { from: clean, spoil: (d, db) => writeFileSync(db, 'Dear diary\n'), says: /master.*(cut short|not a database of Garita)/ },
  'an empty master.db': { from: clean, spoil: (d, db) => truncateSync(db, 0), says: /master\.db is missing or empty.*restore/ },
  'no master.db': { from: clean, spoil: (d, db) => rmSync(db), says: /master\.db is missing or empty.*restore/ },
  'an empty realms folder, as of a volume that is not mounted': { from: clean, spoil: emptyRealms, says: /master\.db is missing although this data folder had realms: mount/ },
  'an empty realms folder with the lost+found of a new volume': {
    from: clean,
    spoil: (d) => {
      emptyRealms(d);
      mkdirSync(path.join(d, 'realms/lost+found'), { mode: 0o700 });
    },
    says: /master\.db is missing although this data folder had realms: mount/,
  },
  'no realms folder': { from: clean, spoil: (d) => rmSync(path.join(d, 'realms'), { recursive: true }), says: /although this data folder had realms: mount/ },
  'a log of master and nothing else': {
    from: crashed,
    spoil: (d) => {
      for (const file of readdirSync(path.join(d, 'realms'))) if (file !== 'master.db-wal') rmSync(path.join(d, 'realms', file));
    },
    says: /although this data folder had realms/,
  },
  'a master.db cut to half a page': { from: clean, spoil: (d, db) => truncateSync(db, 1024), says: /master.*cut short.*restore/ },
  'a master.db cut after some pages': { from: clean, spoil: (d, db) => truncateSync(db, 3 * 2048), says: /master.*damaged/ },
  'a master.db of zeros': { from: clean, spoil: (d, db) => writeFileSync(db, Buffer.alloc(lstatSync(db).size)), says: /master.*not a database of Garita/ },
  'a master.db with a flipped bit in its header': {
    from: clean,
    spoil: (d, db) => {
      const bytes = readFileSync(db);
      bytes[20] ^= 16; // "no sums here"
      writeFileSync(db, bytes);
    },
    says: /master.*damaged/,
  },
  'a realm\'s database in the place of master.db': {
    from: clean,
    spoil: (d, db) => copyFileSync(path.join(d, 'realms', readdirSync(path.join(d, 'realms')).find((f) => /^[0-9a-f-]{36}\.db$/.test(f))), db),
    says: /master.*another realm/,
  },
  'no log after a crash': { from: crashed, spoil: (d, db) => rmSync(`${db}-wal`), says: /master.*log \(-wal\) is missing.*put it back/ },
  'an empty log after a crash': { from: crashed, spoil: (d, db) => truncateSync(`${db}-wal`, 0), says: /master.*log \(-wal\) is missing or empty/ },
  'the log of another database': { from: crashed, spoil: (d, db) => copyFileSync(path.join(other, 'realms/master.db-wal'), `${db}-wal`), says: /master.*belongs to another database/ },
  'a foreign log after a clean stop': { from: clean, spoil: (d, db) => copyFileSync(path.join(other, 'realms/master.db-wal'), `${db}-wal`), says: /master.*belongs to another database.*move it away/ },
  'a master.db that is a symbolic link': {
    from: clean,
    spoil: (d, db) => {
      renameSync(db, path.join(d, 'elsewhere'));
      symlinkSync(path.join(d, 'elsewhere'), db);
    },
    says: /master\.db is a symbolic link/,
  },
  'a master.db that others may read': { from: clean, spoil: (d, db) => chmodSync(db, 0o644), says: /master\.db is open to others: chmod 600/ },
  'a log that others may read': { from: crashed, spoil: (d, db) => chmodSync(`${db}-wal`, 0o640), says: /master\.db-wal is open to others: chmod 600/ },
  'a master.db of another user': { from: clean, root: true, spoil: (d, db) => chownSync(db, 12345, 12345), says: /master\.db belongs to user 12345: chown/ },
  'a folder of another user': { from: clean, root: true, spoil: (d) => chownSync(d, 12345, 12345), says: /belongs to another user|belongs to user/ },
  'a realms folder that is a link': {
    from: clean,
    spoil: (d) => {
      renameSync(path.join(d, 'realms'), path.join(d, 'moved'));
      symlinkSync(path.join(d, 'moved'), path.join(d, 'realms'));
    },
    says: /realms is a symbolic link/,
  },
  'no master key': { from: clean, spoil: (d) => rmSync(path.join(d, 'master.key')), says: /master key is missing.*put it back/ },
  'the master key of another cluster': { from: crashed, spoil: (d) => copyFileSync(path.join(other, 'master.key'), path.join(d, 'master.key')), says: /not the master key of this data folder.*put/ },
  'a master key cut short': { from: clean, spoil: (d) => truncateSync(path.join(d, 'master.key'), 16), says: /master key has not 32 bytes.*put/ },
  'a FIFO in the place of the master key': {
    from: clean,
    spoil: (d) => {
      rmSync(path.join(d, 'master.key'));
      makeFifo(path.join(d, 'master.key'));
    },
    says: /master key is a symbolic link or no file/,
  },
  'a FIFO in the place of the lock': {
    from: clean,
    spoil: (d) => {
      rmSync(path.join(d, 'lock'), { force: true });
      makeFifo(path.join(d, 'lock'));
    },
    says: /lock is not the server's: move it away/,
  },
  'another file by the name of the lock': { from: clean, spoil: (d, db) => linkOver(db, path.join(d, 'lock')), says: /lock is not the server's: move it away/ },
  'a master key that others may read': { from: clean, spoil: (d) => chmodSync(path.join(d, 'master.key'), 0o644), says: /master key is open to others: chmod 600/ },
};

for (const [name, { from, spoil, says, root: needsRoot }] of Object.entries(cases)) {
  test(`${name}: one line, status 1, nothing touched, and doctor explains it`, { skip: needsRoot && !isRoot && 'needs root' }, async () => {
    const data = path.join(tempFolder('bad'), 'garita');
    copyFolder(from, data);
    spoil(data, path.join(data, 'realms/master.db'));
    const was = picture(data);
    const ports = ['--grpc-port', '0', '--http-port', String(await freePort()), '--management-port', String(await freePort())];
    const serve = await run('timeout', ['-k', '5', '60', BIN, 'serve', '--data', data, '--dev', '--log-level', 'error', ...ports]);
    assert.equal(serve.status, 1, serve.stderr);
    const lines = serve.stderr.split('\n').filter((l) => l.trim() !== '' && !l.startsWith('{'));
    assert.equal(lines.length, 1, serve.stderr);
    assert.match(lines[0], says);
    assert.equal(serve.stdout, '');
    assert.deepEqual(picture(data), was, 'serve touched nothing');

    const doctor = await run('timeout', ['-k', '5', '60', BIN, 'doctor', '--data', data, '--dev', '--https-port', '0', '--json', ...ports]);
    assert.equal(doctor.status, 1);
    const failed = JSON.parse(doctor.stdout).filter((line) => line.result !== 'ok');
    assert.ok(failed.some((line) => says.test(line.detail)), `${doctor.stdout} ${doctor.stderr}`);
    assert.deepEqual(picture(data), was, 'doctor touched nothing');
    rmSync(path.dirname(data), { recursive: true });
  });
}

test('databases of no realm are told at the start and by doctor, and left alone', async () => {
  const data = path.join(tempFolder('bad'), 'garita');
  copyFolder(clean, data);
  const realms = path.join(data, 'realms');
  const kept = readdirSync(realms).find((f) => /^[0-9a-f-]{36}\.db$/.test(f));
  const stray = '11111111-2222-4333-8444-555555555555.db';
  copyFileSync(path.join(realms, kept), path.join(realms, stray));
  writeFileSync(path.join(realms, 'old\n.db'), 'a note', { mode: 0o600 });
  const server = await Server.start({ data, args: ['--log-format', 'json'] });
  const world = new World(server);
  const says = new RegExp(`realms/${stray} belongs to no realm of the list.*restore`);
  assert.equal(server.logLines.filter((l) => l.level === 'warn' && says.test(l.message)).length, 1);
  assert.equal(server.logLines.filter((l) => /belongs to no realm/.test(l.message)).length, 2);
  const doctor = async (...args) => {
    const { stdout } = await run(BIN, ['doctor', '--json', '--data', data, ...args]);
    return JSON.parse(stdout).filter((line) => line.check === 'file of no realm');
  };
  const lines = await doctor('--dev');
  assert.deepEqual(lines.map((l) => l.result), ['warning', 'warning']);
  assert.ok(lines.some((l) => says.test(l.detail)));
  assert.ok(lines.some((l) => /realms\/old\?\.db /.test(l.detail)));
  await world.addRealm('chile'); // one that is made while the server runs is none
  await world.cli.ok('realm', 'delete', 'peru', '--confirm', 'peru');
  assert.equal((await doctor('--dev')).length, 2);
  await server.stop();
  assert.equal((await doctor('--dev')).length, 2);
  assert.ok(existsSync(path.join(realms, stray)) && !existsSync(path.join(realms, kept)));
  rmSync(path.dirname(data), { recursive: true });
});

test('commands on a folder whose realms are out of sight make nothing either', async () => {
  const data = path.join(tempFolder('bad'), 'garita');
  copyFolder(clean, data);
  emptyRealms(data);
  const was = picture(data);
  for (const words of [['init'], ['realm', 'list'], ['realm', 'create', 'chile']]) {
    const r = await run(BIN, [...words, '--data', data]);
    assert.equal(r.status, 1, r.stderr);
    assert.match(r.stderr, /although this data folder had realms/);
  }
  assert.deepEqual(picture(data), was);
  rmSync(path.dirname(data), { recursive: true });
});

test('the crashed folder itself is fine', async () => {
  const data = path.join(tempFolder('bad'), 'garita');
  copyFolder(crashed, data);
  assert.ok(existsSync(path.join(data, 'realms/master.db-wal')));
  const server = await Server.start({ data });
  const world = new World(server);
  await world.cli.ok('audit', 'verify', '--realm', 'peru');
  await world.cli.ok('doctor');
  await server.stop();
  rmSync(path.dirname(data), { recursive: true });
});
