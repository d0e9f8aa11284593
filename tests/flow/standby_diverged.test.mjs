// What an old primary had that the new one never got: each transaction is counted and each event listed, nothing
// of it is lost by rejoining (RP-02).
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cluster } from './lib/cluster.mjs';
import { until } from './lib/server.mjs';

const LOST = ['lost0', 'lost1', 'lost2'];
let cluster, primary, standby;

before(async () => {
  cluster = await Cluster.open({ witness: false, failover: 'manual', realm: { bruteForceProtected: false } });
  [primary, standby] = cluster.nodes;
  await addUser(primary, 'both');
  await cluster.inStep(primary);
});
after(() => cluster?.close());

const addUserAt = (node, username) => node.cli.run(['user', 'add', '--realm', 'peru', '--username', username]);
const addUser = async (node, username) => assert.equal((await addUserAt(node, username)).status, 0);
// Once the node answers again, which the primary knows a moment before.
const diverged = (node) => until('the node is read', async () => {
  const list = await node.cli.json('standby', 'diverged', 'list');
  return list.every((one) => one.realm === 'chile' || one.eventsKnown) && list;
}, 60000);
async function usersOf(node) {
  return (await node.cli.json('user', 'list', '--realm', 'peru')).map((user) => user.username);
}

test('a node that was always followed keeps nothing', async () => {
  assert.deepEqual(await diverged(primary), []);
  assert.deepEqual(await diverged(standby), []);
  assert.match((await standby.cli.run(['standby', 'diverged', 'show', '--realm', 'peru'])).stderr, /nothing is kept/);
});

test('what only the old primary has is counted and listed once it rejoined, exactly', async () => {
  await standby.crash();
  for (const username of LOST) await addUser(primary, username);
  await primary.cli.ok('realm', 'create', 'chile');
  await primary.crash();
  await standby.launch();
  await standby.cli.ok('promote', '--yes');
  await until('it takes changes', async () => (await addUserAt(standby, 'new')).status === 0, 60000);

  await primary.launch();
  await until('it is fenced', async () => (await cluster.metric(primary, 'role')) === 3, 60000);
  assert.notEqual((await primary.cli.run(['user', 'add', '--realm', 'peru', '--username', 'never'])).status, 0);
  primary.child.kill('SIGTERM');
  await primary.ended;
  assert.match(await primary.cli.ok('standby', 'rejoin'), /diverged-1/);
  [primary, standby] = [standby, primary];
  await standby.launch();
  await cluster.inStep(primary);

  const list = await diverged(standby);
  const of = (realm) => list.find((one) => one.realm === realm);
  assert.deepEqual(list.map((one) => [one.epoch, one.realm]), [[1, 'chile'], [1, 'master'], [1, 'peru']]);
  assert.equal(of('peru').events, LOST.length);
  const more = of('peru').transactions - LOST.length;
  assert.ok(more === 0 || more === 1, `${more}: the head of the events may have been signed meanwhile, which is none`);
  assert.ok(of('master').transactions > 0 && of('master').events > 0, 'the realm that was made');
  assert.equal(of('chile').eventsKnown, false, 'a realm that nobody else has');
  assert.ok(of('chile').transactions > 0);

  const events = await standby.cli.json('standby', 'diverged', 'show', '--realm', 'peru');
  assert.deepEqual(events.map((event) => event.type), LOST.map(() => 'UserCreated'));
  LOST.forEach((username, i) => assert.ok(JSON.stringify(events[i]).includes(username), username));
  assert.equal(events[0].seq, of('peru').commonSeq + 1);
  assert.match(await standby.cli.ok('standby', 'diverged', 'list'), /peru/);
});

test('the new history is everywhere, page by page, and what is kept is for the owner alone', async () => {
  const users = await usersOf(standby);
  assert.deepEqual(users.sort(), (await usersOf(primary)).sort());
  assert.ok(users.includes('new') && users.includes('both') && !users.some((name) => LOST.includes(name)));
  await primary.cli.ok('standby', 'verify');
  await until('all pages were compared', async () => /all pages of the standby were compared/.test(primary.log), 60000);
  assert.equal(await cluster.metric(primary, 'pages_differed_total'), 0);
  const kept = path.join(standby.data, 'replication/diverged-1');
  for (const [name, mode] of [['', 0o700], ['realms', 0o700], ['realms/master.db', 0o600]]) {
    assert.equal(statSync(path.join(kept, name)).mode & 0o777, mode, name);
  }
});

test('an old primary that has nothing beyond says so', async () => {
  await cluster.inStep(primary);
  await primary.crash();
  await standby.cli.ok('promote', '--yes');
  await until('it takes changes', async () => (await addUserAt(standby, 'newer')).status === 0, 60000);
  await primary.cli.ok('standby', 'rejoin');
  [primary, standby] = [standby, primary];
  await standby.launch();
  await cluster.inStep(primary);
  const list = (await diverged(standby)).filter((one) => one.epoch === 2);
  const peru = list.find((one) => one.realm === 'peru');
  assert.equal(peru.events, 0);
  assert.ok(peru.transactions <= 1, 'the head of the events may have been signed meanwhile');
  assert.deepEqual(await standby.cli.json('standby', 'diverged', 'show', '--realm', 'peru', '--epoch', '2'), []);
});
