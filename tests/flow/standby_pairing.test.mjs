// A standby is paired with its primary (RP-01): by a token that is good once, for the node that made it, and
// all of it or nothing.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Cli } from './lib/cli.mjs';
import { BIN, filesIn, freePort, until } from './lib/server.mjs';
import { World } from './lib/world.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'garita-pairing-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const port = await freePort();
const args = ['--replication-port', String(port), '--replication-address', '127.0.0.1'];
const world = await World.open({ args });
after(() => world.close());

let folders = 0;
const newFolder = () => path.join(scratch, `standby${++folders}`);
const tokenFile = (token) => {
  const file = path.join(scratch, `token${++folders}`);
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return file;
};
const makeToken = async (...more) => (await world.cli.json('standby', 'token', ...more)).token;
const init = (data, token, from = `127.0.0.1:${port}`) =>
  new Cli(data, BIN).run(['standby', 'init', '--from', from, '--token-file', tokenFile(token)]);
const node = (data) => JSON.parse(readFileSync(path.join(data, 'replication/node')));
const forget = () => world.cli.ok('standby', 'forget');
const event = async (type) => (await world.cli.json('audit', 'list', '--realm', 'master', '--type', type))[0];

const answers = () => new Promise((resolve) => net.connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false)));
const alone = { folder: existsSync(path.join(world.server.data, 'replication')), answers: await answers() };
const first = newFolder();
const token = (await world.cli.ok('standby', 'token')).trim();

test('a node is alone until a token is made, and awaits a standby from then on', async () => {
  assert.deepEqual(alone, { folder: false, answers: false });
  assert.equal(await answers(), true);
  assert.match(token, /^garita-standby-1-[\w-]+$/);
});

test('the standby gets identity, master key and certificates', async () => {
  const made = await init(first, token);
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout, /is a standby of 127\.0\.0\.1/);
  const [own, primary] = [node(first), node(world.server.data)];
  assert.equal(own.role, 'standby');
  assert.equal(primary.role, 'primary');
  assert.equal(own.cluster, primary.cluster);
  assert.equal(own.peer.node, primary.id);
  assert.equal(primary.peer.node, own.id);
  assert.equal(primary.peer.address, '127.0.0.1:7443');
  assert.deepEqual(readFileSync(path.join(first, 'master.key')), readFileSync(path.join(world.server.data, 'master.key')));
  for (const file of filesIn(first)) assert.equal(statSync(file).mode & 0o077, 0, file);
  const told = await until('it is told', () => event('StandbyPaired'));
  assert.equal(told.data.standby, own.id);
});

test('a standby that was never started says so, and is not promoted', async () => {
  for (const words of [['promote', '--yes'], ['status']]) {
    const { status, stderr } = await new Cli(first, BIN).run(words);
    assert.equal(status, 1);
    assert.match(stderr, /this standby has received nothing yet: start it \(garita serve\)/);
  }
});

test('a token is good once, also when it was stolen', async () => {
  const again = await init(newFolder(), token);
  assert.notEqual(again.status, 0);
  assert.match(again.stderr, /the token is not valid/);
  assert.match((await world.cli.run(['standby', 'token'])).stderr, /has a standby already/);
  assert.equal(node(world.server.data).peer.node, node(first).id);
});

test('of two that use a token at once one becomes the standby', async () => {
  await forget();
  const shared = await makeToken();
  const both = [newFolder(), newFolder()];
  const results = await Promise.all(both.map((data) => init(data, shared)));
  assert.deepEqual(results.map((r) => r.status === 0).sort(), [false, true]);
  const winner = both[results.findIndex((r) => r.status === 0)];
  assert.equal(node(world.server.data).peer.node, node(winner).id);
  const loser = both[results.findIndex((r) => r.status !== 0)];
  assert.ok(!existsSync(path.join(loser, 'replication/node')) && !existsSync(path.join(loser, 'master.key')));
});

test('a token is for the node that made it', async () => {
  await forget();
  const other = await World.open({ args: ['--replication-port', String(await freePort())] });
  try {
    const foreign = (await other.cli.json('standby', 'token')).token;
    const refused = await init(newFolder(), foreign);
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /is not the node that made the token/);
  } finally {
    await other.close();
  }
  assert.equal(node(world.server.data).peer, undefined);
});

test('a folder in use, an unreachable primary and a spoilt token are told', async () => {
  const fresh = await makeToken();
  assert.match((await init(first, fresh)).stderr, /in use/);
  assert.match((await init(world.server.data, fresh)).stderr, /held|lock|process/);
  assert.match((await init(newFolder(), fresh, `127.0.0.1:${await freePort()}`)).stderr, /cannot be reached/);
  assert.match((await init(newFolder(), fresh, 'nonsense')).stderr, /cannot be reached|address/);
  assert.match((await init(newFolder(), fresh.slice(0, -1))).stderr, /holds no token/);
  const retried = newFolder();
  assert.notEqual((await init(retried, fresh, `127.0.0.1:${await freePort()}`)).status, 0);
  assert.equal((await init(retried, fresh)).status, 0); // what failed left nothing in the way
  await forget();
});

test('a connection that turns a bit over pairs nobody', async () => {
  const fresh = await makeToken();
  for (const at of [10, 200, 900, 1500]) {
    const proxy = net.createServer((near) => {
      const far = net.connect(port, '127.0.0.1');
      let seen = 0;
      near.on('data', (chunk) => {
        const copy = Buffer.from(chunk);
        if (at >= seen && at < seen + copy.length) copy[at - seen] ^= 4;
        seen += copy.length;
        far.write(copy);
      });
      far.pipe(near);
      for (const side of [near, far]) side.on('error', () => {}).on('close', () => { near.destroy(); far.destroy(); });
    });
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const data = newFolder();
    const through = await init(data, fresh, `127.0.0.1:${proxy.address().port}`);
    proxy.close();
    if (at < 900) assert.notEqual(through.status, 0);
    if (through.status !== 0) assert.ok(!existsSync(path.join(data, 'master.key')));
  }
});

test('SK-02: neither token nor key is in the log or in the file of the node', async () => {
  const key = readFileSync(path.join(world.server.data, 'master.key'));
  const kept = readFileSync(path.join(world.server.data, 'replication/node'), 'utf8');
  for (const text of [world.server.log, kept]) {
    assert.ok(!text.includes(token.slice(60)));
    assert.ok(!text.includes(key.toString('hex')) && !text.includes(key.toString('base64')));
  }
});

test('a token expires, and modes are kept', async () => {
  assert.match((await world.cli.run(['standby', 'token', '--expires', '0'])).stderr, /expires/);
  await world.cli.ok('standby', 'mode', 'sync-apply');
  assert.equal(node(world.server.data).mode, 'sync-apply');
  assert.match((await world.cli.run(['standby', 'mode', 'sync'])).stderr, /async, sync-flush or sync-apply/);
  await world.cli.ok('standby', 'mode', 'async');
  await world.server.restart();
  assert.equal(node(world.server.data).mode, 'async');
});
