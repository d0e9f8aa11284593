// The link between two real processes, through a wire that does what wires do (RP-01, RP-03): whatever it
// cuts, turns over, holds back or leads to somebody else, the standby takes nothing that the primary did
// not say, and has all of it in the end.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cli } from './lib/cli.mjs';
import { request } from './lib/http.mjs';
import { RELEASE_BIN, Server, freePort, sleep, tempFolder, until } from './lib/server.mjs';
import { Wire } from './lib/wire.mjs';
import { World } from './lib/world.mjs';

const port = await freePort();
const args = (at) => ['--replication-port', String(at), '--replication-address', '127.0.0.1'];
let world, standby, wire;

before(async () => {
  world = await World.open({ bin: RELEASE_BIN, args: args(port) });
  wire = await new Wire(port).open();
  standby = new Server({ bin: RELEASE_BIN, args: args(await freePort()) });
  standby.data = path.join(tempFolder('standby'), 'garita');
  standby.ports = { web: await freePort(), management: await freePort(), redirect: await freePort() };
  standby.cli = new Cli(standby.data, standby.bin);
  const token = (await world.cli.ok('standby', 'token')).trim();
  await world.cli.withFile(token, (file) =>
    standby.cli.ok('standby', 'init', '--from', `127.0.0.1:${wire.port}`, '--token-file', file));
  await standby.launch();
});
after(async () => {
  wire?.close();
  await standby?.stop();
  await world?.close();
});

let people = 0;
const change = async (count = 5) => { for (let i = 0; i < count; i++) await world.addUser(`person${people++}`); };
const names = async (cli) => (await cli.json('user', 'list', '--realm', 'peru', '--limit', '1000')).map((u) => u.username).sort();
const metric = async (name) =>
  Number((await request(`${world.server.management}/metrics`, { agent: false })).text.match(new RegExp(`^garita_replication_${name} (\\S+)$`, 'm'))?.[1]);
async function same() {
  const expected = await names(world.cli);
  await until('the standby has all of it', async () => JSON.stringify(await names(standby.cli)) === JSON.stringify(expected), 60000);
}

test('changes arrive over a good wire', async () => {
  await change();
  await same();
});

test('cut at any byte, it is there again and goes on', async () => {
  for (let round = 0; round < 25; round++) {
    const at = Math.floor(Math.random() * (round % 2 ? 3000 : 60000));
    wire.pass = (chunk, pair) => (pair.carried + chunk.length > at ? null : chunk);
    wire.cut();
    await change(2);
  }
  wire.pass = (chunk) => chunk;
  await same();
});

test('with bits turned over nothing is taken', async () => {
  for (let round = 0; round < 25; round++) {
    const at = Math.floor(Math.random() * (round % 2 ? 3000 : 60000));
    wire.pass = (chunk, pair) => {
      if (at < pair.carried || at >= pair.carried + chunk.length) return chunk;
      const copy = Buffer.from(chunk);
      copy[at - pair.carried] ^= 1 << (round % 8);
      return copy;
    };
    wire.cut();
    await change(2);
  }
  wire.pass = (chunk) => chunk;
  await same();
});

test('another node at the address of the primary is left', async () => {
  const other = await World.open({ bin: RELEASE_BIN, args: args(await freePort()) });
  try {
    const foreign = Number(other.server.options.args[1]);
    await other.cli.ok('standby', 'token'); // it awaits a standby
    wire.target = foreign;
    wire.cut();
    await until('it is told', async () => /another node answers there/.test(standby.log));
    await change();
    assert.equal(await metric('connected'), 0);
    assert.ok(!/was paired/.test(other.server.log));
  } finally {
    wire.target = port;
    wire.cut();
    await other.close();
  }
  await same();
});

test('a wire that takes everything and delivers nothing is given up', async () => {
  wire.pass = () => undefined;
  const before = wire.connections;
  await change();
  await until('it dials again', async () => wire.connections > before, 40000);
  wire.pass = (chunk) => chunk;
  await same();
});

test('a node that hangs is noticed, and caught up with when it goes on', async () => {
  standby.child.kill('SIGSTOP');
  try {
    await change();
    await until('the primary gives it up', async () => (await metric('connected')) === 0, 40000);
    await change();
  } finally {
    standby.child.kill('SIGCONT');
  }
  await same();
});

test('where changes stop without a standby, letting it go or another mode are the ways out', async () => {
  world.server.options.args.push('--replication-without-standby', 'stop');
  await world.server.restart();
  await until('it follows', async () => (await metric('in_step')) === 1);
  await world.cli.ok('standby', 'mode', 'sync-flush');
  await change();
  wire.pass = () => null;
  wire.cut();
  await until('changes are refused', async () => (await world.cli.run(['realm', 'create', 'refused'])).status !== 0);
  await world.cli.ok('standby', 'mode', 'async');
  await change();
  await world.cli.ok('standby', 'mode', 'sync-apply');
  assert.notEqual((await world.cli.run(['realm', 'create', 'refused'])).status, 0);
  wire.pass = (chunk) => chunk;
  await same();
  wire.pass = () => null; // the next one finds it gone
  wire.cut();
});

test('a node that was forgotten is let go, gets nothing more and stops nobody', async () => {
  await until('changes are refused', async () => (await world.cli.run(['realm', 'create', 'refused'])).status !== 0);
  await world.cli.ok('standby', 'forget');
  wire.pass = (chunk) => chunk;
  const expected = await names(standby.cli);
  await until('changes are answered', async () => change(1).then(() => true));
  await change();
  await sleep(1000);
  assert.deepEqual(await names(standby.cli), expected);
  assert.equal(await metric('connected'), 0);
});
