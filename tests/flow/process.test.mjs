// The process among others: one data folder, one owner; read-only and full disks; signals.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './lib/cli.mjs';
import { request } from './lib/http.mjs';
import { connect, readAll } from './lib/raw.mjs';
import { BIN, filesIn, freePort, Server, sleep, tempFolder, until } from './lib/server.mjs';
import { World } from './lib/world.mjs';

const isRoot = process.getuid() === 0;
const serveOnce = async (data, more = []) =>
  run(BIN, ['serve', '--data', data, '--dev', '--grpc-port', '0', '--http-port', String(await freePort()), '--management-port', String(await freePort()), ...more]);
const oneLine = (text) => text.split('\n').filter((l) => l.trim() !== '');

test('two processes cannot open one data folder', async () => {
  const server = await Server.start();
  const second = await serveOnce(server.data);
  assert.equal(second.status, 1);
  assert.match(second.stderr, /holds|another|in use|lock/i);
  assert.equal((await request(server.realm('master'))).status, 200, 'the first goes on');
  await server.stop();
});

test('after a crash the folder opens without help', async () => {
  const server = await Server.start();
  await server.crash();
  await server.launch();
  await server.stop();
});

test('init makes the folder once, with modes that keep others out (SK-01, SK-05)', async () => {
  const data = path.join(tempFolder(), 'garita');
  assert.equal((await run(BIN, ['init', '--data', data])).status, 0);
  assert.equal(statSync(data).mode & 0o777, 0o700);
  const files = filesIn(data);
  assert.ok(files.length > 0);
  for (const file of files) assert.equal(statSync(file).mode & 0o077, 0, file);
  const before = new Map(files.map((file) => [file, statSync(file).ino]));
  const key = readFileSync(path.join(data, 'master.key'));
  const again = await run(BIN, ['init', '--data', data]);
  assert.ok([0, 1].includes(again.status));
  for (const file of filesIn(data)) if (!/-(wal|shm)$/.test(file)) assert.equal(statSync(file).ino, before.get(file), file);
  assert.deepEqual(readFileSync(path.join(data, 'master.key')), key);
});

test('SK-05: a data folder that others may read, or that is a symlink, is refused', async () => {
  const root = tempFolder();
  const open = path.join(root, 'open');
  assert.equal((await run(BIN, ['init', '--data', open])).status, 0);
  chmodSync(open, 0o777);
  const loose = await serveOnce(open);
  assert.equal(loose.status, 1, loose.stderr);
  chmodSync(open, 0o700);
  const link = path.join(root, 'link');
  symlinkSync(open, link);
  const linked = await serveOnce(link);
  assert.equal(linked.status, 1, linked.stderr);
  rmSync(root, { recursive: true });
});

test('a folder that is a file, or cannot be made, is one clear line', async () => {
  const root = tempFolder();
  const file = path.join(root, 'file');
  writeFileSync(file, 'x');
  for (const data of [file, path.join(file, 'below'), '/proc/garita']) {
    const result = await serveOnce(data);
    assert.equal(result.status, 1, data);
    assert.equal(oneLine(result.stderr).length, 1, result.stderr);
    assert.ok(result.stderr.includes(data), result.stderr);
  }
});

test('ports that are taken are named', async () => {
  const server = await Server.start();
  const result = await run(BIN, ['serve', '--data', path.join(tempFolder(), 'd'), '--dev', '--grpc-port', '0', '--http-port', String(server.ports.web), '--management-port', String(await freePort())]);
  assert.equal(result.status, 1);
  assert.match(result.stderr, new RegExp(String(server.ports.web)));
  await server.stop();
});

test('a wrong master key is said so, and nothing is changed (SK-01)', async () => {
  const data = path.join(tempFolder(), 'garita');
  await run(BIN, ['init', '--data', data]);
  const key = readdirSync(data).find((name) => /key/i.test(name) && statSync(path.join(data, name)).isFile());
  assert.ok(key, 'a master key file');
  assert.equal(statSync(path.join(data, key)).mode & 0o777, 0o600);
  const size = statSync(path.join(data, key)).size;
  writeFileSync(path.join(data, key), Buffer.alloc(size, 7));
  const result = await serveOnce(data);
  assert.equal(result.status, 1);
  assert.match(result.stderr, /key/i);
});

function mounted(size) {
  const folder = tempFolder('mount');
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', folder]);
  return folder;
}
const canMount = isRoot && (() => {
  try {
    const folder = mounted('1m');
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  }
})();

test('read-only folder: a clear error at the start, nothing half-written', { skip: !canMount && 'needs mount' }, async () => {
  const folder = mounted('32m');
  const data = path.join(folder, 'garita');
  try {
    const server = await Server.start({ data });
    await server.stop();
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    const result = await serveOnce(data);
    assert.equal(result.status, 1);
    assert.match(result.stderr, /read-only/i);
    execFileSync('mount', ['-o', 'remount,rw', folder]);
    const again = await Server.start({ data });
    await again.stop();
  } finally {
    execFileSync('umount', ['-l', folder]);
  }
});

test('OT-09, AU-03: full disk: what cannot be stored is not claimed; with room again it recovers alone', { skip: !canMount && 'needs mount' }, async () => {
  const folder = mounted('400m');
  const server = await Server.start({ data: path.join(folder, 'garita') });
  try {
    const world = new World(server);
    await world.addRealm('peru');
    await world.addUser('ana');
    const portal = await world.addClient('portal', { serviceAccount: true, values: { directAccessGrantsEnabled: true } });
    const kept = (await portal.password('ana')).json;
    const filler = path.join(folder, 'filler');
    try {
      execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64K'], { stdio: 'ignore' });
    } catch { /* that is the point */ }
    let failures = 0;
    for (let i = 0; i < 60; i++) {
      const reply = await portal.password('ana');
      if (reply.status === 200) continue;
      failures++;
      assert.ok([503, 507].includes(reply.status), `${reply.status} ${reply.text}`);
      assert.equal(reply.json.access_token, undefined);
    }
    assert.ok(failures > 0, 'the disk was full');
    const revoked = await portal.revoke(kept.refresh_token);
    if (revoked.status !== 200) assert.ok(revoked.status >= 500);
    const change = await world.cli.run(['user', 'set', '--realm', 'peru', '--username', 'ana', 'firstName=X']);
    assert.ok([0, 1].includes(change.status));
    rmSync(filler);
    await until('it has recovered', async () => (await portal.password('ana')).status === 200);
    if (revoked.status !== 200) assert.equal((await portal.refresh(kept.refresh_token)).status, 200, 'what failed was not done');
    else assert.equal((await portal.refresh(kept.refresh_token)).status, 400, 'what was answered was done');
    await world.cli.ok('audit', 'verify', '--realm', 'peru');
    await world.cli.ok('doctor');
  } finally {
    server.ownsData = false;
    await server.stop();
    execFileSync('umount', ['-l', folder]);
  }
});

test('SIGTERM: requests in flight are answered, new ones are not taken, status 0', async () => {
  const world = await World.open();
  await world.addUser('ana');
  const portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  const inFlight = Array.from({ length: 24 }, () => portal.password('ana').catch((e) => e));
  await Promise.race(inFlight);
  world.server.child.kill('SIGTERM');
  const replies = await Promise.all(inFlight);
  const { code } = await world.server.ended;
  assert.equal(code, 0);
  const answered = replies.filter((r) => r.status === 200);
  assert.ok(answered.length > 0);
  for (const reply of replies) assert.ok(reply instanceof Error || [200, 503].includes(reply.status), `${reply.status}`);
  await world.server.launch();
  for (const reply of answered) assert.equal((await portal.refresh(reply.json.refresh_token)).status, 200, 'answered means durable');
  await world.close();
});

test('SIGTERM with idle and slow connections does not wait for them for long', async () => {
  const server = await Server.start();
  const idle = await connect(server);
  const slow = await connect(server);
  slow.write('POST /realms/master/protocol/openid-connect/token HTTP/1.1\r\nHost: x\r\n');
  await server.stop();
  assert.doesNotMatch(server.log, /stopped with requests in flight/);
  idle.destroy();
  slow.destroy();
});

test('SIGINT ends it like SIGTERM; SIGPIPE and SIGHUP do not', async () => {
  const server = await Server.start();
  server.child.kill('SIGPIPE');
  server.child.kill('SIGHUP');
  await sleep(300);
  assert.equal((await request(server.realm('master'))).status, 200);
  server.child.kill('SIGINT');
  assert.deepEqual(await server.ended, { code: 0, signal: null });
  server.removeData();
});

test('a request that stops in the middle of SIGTERM gets no half answer', async () => {
  const server = await Server.start();
  const socket = await connect(server);
  const answer = readAll(socket, 3000);
  socket.write('GET /realms/master HTTP/1.1\r\nHost: localhost\r\n');
  await server.stop();
  const { text } = await answer;
  assert.ok(text === '' || /^HTTP\/1\.1 \d{3}/.test(text));
});

test('CL-01: an unknown or wrong setting stops the start with the line and the reason', async () => {
  const folder = tempFolder();
  const wrong = { 'nonsense: 1\n': /nonsense/, 'http-port: many\n': /http-port/, 'http-port: 99999\n': /http-port/, 'a: [\n': /./, 'http-port: 8080\nhttp-port: 8081\n': /http-port/ };
  for (const [text, expected] of Object.entries(wrong)) {
    const config = path.join(folder, 'garita.yaml');
    writeFileSync(config, text);
    const result = await serveOnce(path.join(folder, 'data'), ['--config', config]);
    assert.ok([1, 2].includes(result.status), text);
    assert.match(result.stderr, expected);
    assert.match(result.stderr, /garita\.yaml/, 'the file');
    assert.match(result.stderr, /\b[12]\b/, 'the line');
    assert.ok(!existsSync(path.join(folder, 'data')), 'nothing was made');
  }
  mkdirSync(path.join(folder, 'empty'));
  const missing = await serveOnce(path.join(folder, 'data'), ['--config', path.join(folder, 'none.yaml')]);
  assert.ok([1, 2].includes(missing.status));
});
