// Months of events that the primary moved to files, before and after it was paired, are at the standby: who is
// promoted lists them and proves the whole chain (AU-02, RP-02).
import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { request } from './lib/http.mjs';
import { HOUR, MachineClock } from './lib/clock.mjs';
import { pairStandby } from './lib/nodes.mjs';
import { filesIn, freePort, until } from './lib/server.mjs';
import { World } from './lib/world.mjs';

const replication = await freePort();
let clock, world, standby;

before(async () => {
  clock = new MachineClock();
  world = await World.open({ env: clock.env, args: ['--replication-port', String(replication)] });
});
after(async () => {
  await standby?.stop();
  if (world?.server.child.exitCode === null && world.server.child.signalCode === null) await world.close();
  clock?.close();
});

const archives = (server) => filesIn(path.join(server.data, 'audit')).map((f) => path.relative(server.data, f)).sort();
const same = () => JSON.stringify(archives(standby)) === JSON.stringify(archives(world.server));
const metric = async (name) =>
  Number((await request(`${world.server.management}/metrics`, { agent: false })).text.match(new RegExp(`^garita_replication_${name} (\\S+)$`, 'm'))?.[1]);

// A month goes by, and what it held moves to a file.
let people = 0;
async function monthPasses() {
  for (let i = 0; i < 3; i++) await world.addUser(`person${people++}`);
  clock.step(40 * 24 * HOUR);
  const moved = await world.cli.json('audit', 'archive', '--realm', 'peru', '--older-than-days', '1');
  assert.ok(moved.length > 0);
}

test('files of before the pairing and of after it get to the standby', async () => {
  await monthPasses();
  standby = await pairStandby(world, replication, { env: clock.env });
  await standby.launch();
  await until('the first is there', async () => same(), 60000);
  await monthPasses();
  await until('the second is there', async () => archives(world.server).length >= 2 && same(), 60000);
  await until('nothing is left to be sent', async () => (await metric('archives_wanted')) === 0 && (await metric('behind_commits')) === 0);
});

test('the promoted standby lists every month and proves the chain', async () => {
  const before = await world.cli.json('audit', 'verify', '--realm', 'peru');
  world.server.child.kill('SIGKILL');
  await world.server.ended;
  await standby.cli.ok('promote', '--yes');
  // it starts anew in its new role
  await until('it takes changes', async () => (await standby.cli.run(['realm', 'create', 'chile'])).status === 0, 60000);
  const verdict = await standby.cli.json('audit', 'verify', '--realm', 'peru');
  const proof = ({ whole, events, headSeq, head }) => ({ whole, events, headSeq, head });
  assert.equal(verdict[0].whole, true);
  assert.deepEqual(proof(verdict[0]), proof(before[0]));
  const made = await standby.cli.json('audit', 'list', '--realm', 'peru', '--type', 'UserCreated', '--limit', '100');
  assert.equal(made.length, people);
});

test('the old primary rejoins: months that are the new one\'s do not come anew', async () => {
  const old = world.server;
  const had = archives(old);
  await old.cli.ok('standby', 'rejoin');
  await old.launch();
  await until('they are there', async () => same(), 60000);
  assert.deepEqual(archives(old), had);
  for (const name of had) {
    const [here, kept] = [old.data, path.join(old.data, 'replication/diverged-1')].map((folder) => statSync(path.join(folder, name)).ino);
    assert.equal(here, kept, 'the very file that was kept');
  }
  await until('it reads them', async () => (await old.cli.json('audit', 'verify', '--realm', 'peru'))[0].whole, 60000);
  await old.crash();
});

test('one that is gone is noticed', async () => {
  const [first] = archives(standby);
  rmSync(path.join(standby.data, first));
  assert.notEqual((await standby.cli.run(['audit', 'verify', '--realm', 'peru'])).status, 0);
  assert.ok(readdirSync(standby.data).includes('audit'));
});
