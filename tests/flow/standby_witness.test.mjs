// Two nodes and a witness: who is cut off stops taking changes before the other one may begin, and never
// do both (RP-02).
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { Cluster } from './lib/cluster.mjs';
import { request } from './lib/http.mjs';
import { sleep, tempFolder, until } from './lib/server.mjs';

const folder = tempFolder('hooks');
const hooks = path.join(folder, 'told');
const hook = path.join(folder, 'hook');
let cluster, primary, standby;
let n = 0;

before(async () => {
  writeFileSync(hook, `#!/bin/sh\necho "$@" >> '${hooks}'\n`);
  chmodSync(hook, 0o700);
  cluster = await Cluster.open({ args: ['--promote-hook', hook, '--demote-hook', hook], realm: { bruteForceProtected: false } });
  [primary, standby] = cluster.nodes;
});
after(() => cluster?.close());

const change = (node, name = `person${n++}`) => node.cli.run(['user', 'add', '--realm', 'peru', '--username', name]);
const works = async (node) => (await change(node)).status === 0;
// What the last refusal said is told when none is taken in time.
const takesChanges = (node, timeout) => until('it takes changes', async () => {
  const { status, stderr } = await change(node);
  if (status !== 0) throw new Error(stderr);
  return true;
}, timeout);
const told = () => (existsSync(hooks) ? readFileSync(hooks, 'utf8').trim().split('\n') : []);
const events = async (node, type) => (await node.cli.json('audit', 'list', '--realm', 'master', '--type', type)).length;

const counts = (on) => until('the witness counts on it', async () => (await cluster.witness.show()).countsOn === on);

async function swap() {
  await until('the standby reigns', () => cluster.reigns(standby), 60000);
  [primary, standby] = [standby, primary];
}
async function rejoin() {
  await standby.cli.ok('standby', 'rejoin');
  await standby.launch();
  await cluster.inStep(primary);
}

test('each of them says what it is', async () => {
  const status = await primary.cli.json('status');
  assert.equal(status.witness.connected, true);
  assert.equal(status.lease.held, true);
  assert.match(await primary.cli.ok('status'), /lease:\n {2}held: true/);
  await until('the standby has the witness', async () => (await standby.cli.json('status')).witness.connected);
  const shown = await cluster.witness.show();
  assert.equal(shown.epoch, 1);
  assert.equal(shown.primary, status.node);
  assert.equal(shown.nodes.length, 2);
  await until('the standby is counted on', async () => (await cluster.witness.show()).standby === (await standby.cli.json('status')).node);
  assert.match(await cluster.witness.cli.ok('witness', 'show'), /epoch 1, primary [0-9a-f-]{36}, standby [0-9a-f-]{36} \((async|alone)\); lease 1500 ms/);
  assert.equal(await events(primary, 'WitnessPaired'), 1);
});

test('the primary is killed: the standby reigns by itself', async (t) => {
  await change(primary);
  await counts('async'); // the primary says so with its next renewal
  const begun = Date.now();
  await primary.crash();
  assert.match((await change(primary)).stderr, /neither the witness nor the standby/); // in its folder
  await swap();
  await takesChanges(primary);
  t.diagnostic(`kill to first change ${Date.now() - begun} ms, lease ${cluster.lease} ms`);
  assert.equal(await cluster.metric(primary, 'epoch'), 2);
  assert.equal(await events(primary, 'Promoted'), 1);
  assert.equal(await events(primary, 'FailedOver'), 1);
  await until('the hook ran', async () => told().includes('promote 2'));
});

test('the old primary that comes back hears it from the witness alone', async () => {
  cluster.between.forEach((wire) => wire.sever());
  await standby.launch();
  assert.equal(await cluster.metric(standby, 'role'), 3);
  assert.equal(await works(standby), false);
  assert.equal((await request(`${standby.management}/health`)).json.status, 'DEGRADED');
  standby.child.kill('SIGTERM');
  await standby.ended;
  cluster.mend();
  await rejoin();
});

test('a primary that is cut off stops before the other one begins', async () => {
  const answered = [];
  let on = true;
  const asking = cluster.nodes.map(async (node, i) => {
    while (on) {
      const begun = Date.now();
      if (await works(node)) answered.push({ i, begun, ended: Date.now() });
    }
  });
  const old = cluster.nodes.indexOf(primary);
  const epoch = await cluster.metric(primary, 'epoch');
  try {
    await sleep(1000);
    rmSync(hooks);
    cluster.isolate(primary);
    await swap();
    await until('the new one takes changes', async () => answered.some(({ i }) => i !== old));
    await sleep(2000);
  } finally {
    on = false;
    await Promise.all(asking);
  }
  const first = Math.min(...answered.filter(({ i }) => i !== old).map(({ ended }) => ended));
  assert.deepEqual(answered.filter(({ i, begun }) => i === old && begun > first), []);
  assert.ok(answered.some(({ i }) => i === old));
  assert.equal(await cluster.reigns(standby), true); // it cannot know
  assert.equal(await cluster.metric(standby, 'lease_held'), 0);
  await until('both hooks ran', async () => told().includes(`demote ${epoch}`) && told().includes(`promote ${epoch + 1}`));
  rmSync(hooks);
  cluster.mend();
  await until('it hears of the other one', async () => (await cluster.metric(standby, 'role')) === 3);
  await until('the hook ran', async () => told().some((line) => line.startsWith('demote')));
  standby.child.kill('SIGTERM');
  await standby.ended;
  await rejoin();
});

test('the primary goes on with the standby while the witness is away, and without both not', async () => {
  const epoch = await cluster.metric(primary, 'epoch');
  rmSync(hooks);
  await cluster.witness.kill();
  await sleep(2 * cluster.lease);
  await takesChanges(primary);
  assert.equal((await primary.cli.json('status')).witness.connected, false);
  assert.deepEqual(told(), []);
  await standby.crash();
  await sleep(2 * cluster.lease);
  const refused = await cluster.clientAt(primary, 'nobody').post('/token', { grant_type: 'client_credentials' });
  assert.ok(refused.status === 401 || refused.status === 503);
  assert.equal(await works(primary), false);
  assert.match((await change(primary)).stderr, /neither the witness nor the standby/);
  await until('the hook ran', async () => told().length > 0);
  assert.deepEqual(told(), [`demote ${epoch}`]);
  await cluster.witness.launch();
  await takesChanges(primary);
  await until('the hook ran', async () => told().length > 1);
  assert.deepEqual(told(), [`demote ${epoch}`, `promote ${epoch}`]);
  await cluster.witness.kill();
  await primary.crash();
  rmSync(hooks);
  await primary.launch(); // without anybody whom it could ask
  assert.equal(await works(primary), false);
  await until('the hook ran', async () => told().length > 0);
  await cluster.witness.launch();
  await takesChanges(primary);
  await until('the hook ran', async () => told().length > 1);
  assert.deepEqual(told(), [`demote ${epoch}`, `promote ${epoch}`]);
  await standby.launch();
  await cluster.inStep(primary);
});

test('a witness that was killed remembers', async () => {
  await counts('async');
  const before = await cluster.witness.show();
  await cluster.witness.kill();
  await cluster.witness.launch();
  assert.deepEqual(await cluster.witness.show(), before);
});

test('a standby is not promoted while the primary lives', async () => {
  const refused = await standby.cli.run(['promote', '--yes']);
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /stop it/);
  await takesChanges(primary);
});

test('by hand, when the primary has stopped and the server of the standby, too', async () => {
  for (const node of [primary, standby]) {
    node.child.kill('SIGTERM');
    await node.ended;
  }
  await standby.cli.ok('promote', '--yes');
  [primary, standby] = [standby, primary];
  await primary.launch();
  await takesChanges(primary);
  assert.equal((await cluster.witness.show()).epoch, await cluster.metric(primary, 'epoch'));
  await rejoin();
});

test('a standby that did not follow for long does not reign by itself', async () => {
  await counts('async'); // or else what is seen next is what was before it followed
  await standby.crash();
  await until('the witness counts on it no more', async () => (await cluster.witness.show()).countsOn === 'alone');
  await change(primary);
  await primary.crash();
  await standby.launch();
  await until('it is told why', async () => /lacks changes that were answered/.test(standby.log), 60000);
  await primary.launch();
  await cluster.inStep(primary);
  await counts('async');
});

test('a witness that is far away gives the lease back, though a new connection takes longer than a question may', async () => {
  const way = cluster.wayOf(primary);
  await standby.crash(); // or it would give one
  way.sever();
  await until('the lease is over', async () => (await cluster.metric(primary, 'lease_held')) === 0);
  assert.equal(await works(primary), false);
  way.mend();
  way.slow(cluster.lease / 12);
  await takesChanges(primary);
  way.slow(0);
  await standby.launch();
  await cluster.inStep(primary);
  await counts('async');
});

test('in a synchronous mode only who has all reigns by itself', async () => {
  await cluster.retry(primary, 'standby', 'mode', 'sync-flush');
  await counts('covered');
  await standby.crash();
  await until('changes are answered without it', () => works(primary));
  assert.equal((await cluster.witness.show()).countsOn, 'alone');
  await primary.crash();
  await standby.launch();
  await until('it is told why', async () => /lacks changes that were answered/.test(standby.log), 60000);
  assert.equal(await works(standby), false);
  await standby.cli.ok('promote', '--yes');
  await takesChanges(standby);
  [primary, standby] = [standby, primary];
  await rejoin();
});

test('and who has all does', async () => {
  await counts('covered');
  let name;
  await until('it is made', async () => (await change(primary, name = `person${n++}`)).status === 0);
  await primary.crash();
  await swap();
  await takesChanges(primary, 90000);
  assert.equal((await primary.cli.json('user', 'show', '--realm', 'peru', '--username', name)).username, name);
  await rejoin();
});

test('a command that finds the folder free between two roles of a server is waited for', async (t) => {
  await counts('covered');
  // Takes the folder in the very moment that it is free, for three seconds.
  const taker = 'use Fcntl ":flock"; open F, "<", $ARGV[0] or die; 1 until flock F, LOCK_EX | LOCK_NB; sleep 3';
  const command = spawn('perl', ['-e', taker, path.join(standby.data, 'lock')]);
  const ended = new Promise((resolve) => command.on('close', resolve));
  await primary.crash();
  await swap();
  await takesChanges(primary);
  command.kill(); // on a busy machine the server may have had it again before
  t.diagnostic(await ended === 0 ? 'the command had the folder' : 'the server was quicker');
  await rejoin();
});

test('when the witness is lost, too, it is forgotten by who is promoted', async () => {
  await cluster.witness.kill();
  await primary.crash();
  const { stderr } = await until('the primary was not heard for long', async () => {
    const refused = await standby.cli.run(['promote', '--yes']);
    return !/was heard a moment ago/.test(refused.stderr) && refused;
  });
  assert.match(stderr, /witness does not answer/);
  await standby.cli.ok('promote', '--yes', '--without-witness');
  await takesChanges(standby);
  assert.equal((await standby.cli.json('status')).witness, undefined);
});
