// What an old primary had that the new one never got: each transaction is counted and each event listed, nothing
// of it is lost by rejoining (RP-02).
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cluster } from './lib/cluster.mjs';
import { until } from './lib/server.mjs';

const LOST = ['lost0', 'lost1', 'lost2'];
const CLIENT_SECRET = 'a-secret-of-a-client-that-is-lost';
const PASSWORD = 'a password that is 10st With It';
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
  await primary.cli.ok('user', 'set', '--realm', 'peru', '--username', 'both', 'firstName=Rosa', 'attributes.apiKey=spoken-of-nowhere');
  await primary.cli.withFile(CLIENT_SECRET, (file) => primary.cli.ok('client', 'add', '--realm', 'peru', '--client-id', 'lost-app', '--secret-file', file));
  await primary.cli.withFile(PASSWORD, (file) => primary.cli.ok('user', 'set-password', '--realm', 'peru', '--username', LOST[0], '--password-file', file));
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
  assert.equal(of('peru').events, LOST.length + 3);
  const more = of('peru').transactions - LOST.length - 3;
  assert.ok(more === 0 || more === 1, `${more}: the head of the events may have been signed meanwhile, which is none`);
  assert.ok(of('master').transactions > 0 && of('master').events > 0, 'the realm that was made');
  assert.equal(of('chile').eventsKnown, false, 'a realm that nobody else has');
  assert.ok(of('chile').transactions > 0);

  const events = await standby.cli.json('standby', 'diverged', 'show', '--realm', 'peru');
  assert.deepEqual(events.map((event) => event.type).slice(0, LOST.length), LOST.map(() => 'UserCreated'));
  LOST.forEach((username, i) => assert.ok(JSON.stringify(events[i]).includes(username), username));
  assert.equal(events[0].seq, of('peru').commonSeq + 1);
  assert.match(await standby.cli.ok('standby', 'diverged', 'list'), /peru/);
});

const rows = (...args) => standby.cli.json('standby', 'diverged', 'rows', ...args);

test('each row that differs is told, and no secret', async () => {
  const all = await rows('--realm', 'peru');
  assert.equal(all.complete, true);
  assert.deepEqual(all.realms, [{ realm: 'peru', comparedWith: 'now', nothingBeyond: false, rows: all.rows.length }]);
  const of = (table, change) => all.rows.filter((row) => row.table === table && row.change === change);
  const names = (list) => list.map((one) => one.row.username);
  assert.deepEqual(names(of('user', 'inserted')).filter((name) => name !== 'new'), LOST.slice(1), 'those whose key nobody else got');
  const both = of('user', 'changed').find((one) => one.columns.first_name);
  assert.deepEqual(both.columns.first_name, { kept: 'Rosa', now: null });
  assert.equal(both.columns.doc.kept.attributes.apiKey, '(secret)');
  const [client] = of('client', 'inserted');
  assert.equal(client.row.client_id, 'lost-app');
  assert.equal(client.row.secret, '(secret)');
  assert.ok(client.row.doc.clientAuthenticatorType);
  assert.equal(of('credential', 'inserted')[0].row.secret_data, '(secret)');
  assert.equal(of('credential', 'inserted')[0].row.credential_data, '(secret)');

  const text = JSON.stringify(all) + await standby.cli.ok('standby', 'diverged', 'rows', '--realm', 'peru');
  for (const secret of [CLIENT_SECRET, PASSWORD, 'spoken-of-nowhere', 'argon2']) assert.ok(!text.includes(secret), secret);
});

test('the same key on both nodes is one row that changed; one table, one realm, a few rows', async () => {
  const { rows: users } = await rows('--realm', 'peru', '--table', 'user');
  assert.ok(users.every((one) => one.table === 'user' && one.realm === 'peru'));
  const again = users.find((one) => one.columns?.username);
  assert.deepEqual(again.columns.username, { kept: LOST[0], now: 'new' });

  const whole = await rows();
  assert.deepEqual(whole.realms.map((one) => [one.realm, one.comparedWith]), [['chile', 'nothing'], ['master', 'now'], ['peru', 'now']]);
  assert.ok(whole.rows.some((one) => one.realm === 'chile' && one.table === 'realm' && one.change === 'inserted'));
  assert.ok(whole.rows.some((one) => one.realm === 'master' && one.table === 'realm_list' && one.row?.name === 'chile'));
  const few = await rows('--limit', '2');
  assert.equal(few.rows.length, 2);
  assert.equal(few.complete, false);
  assert.deepEqual(few.rows, whole.rows.slice(0, 2));
  const told = await standby.cli.run(['standby', 'diverged', 'rows', '--limit', '2']);
  assert.match(told.stderr, /2 rows of epoch 1; there are more/);
  assert.match(told.stdout, /^chile \w+ .*: inserted\n {4}\w+: /);

  for (const [args, why] of [[['--table', 'event'], /diverged show/], [['--table', 'nobody'], /no table/], [['--realm', 'nowhere'], /nowhere/], [['--epoch', '7'], /nothing is kept of epoch 7/]]) {
    const refused = await standby.cli.run(['standby', 'diverged', 'rows', ...args]);
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, why);
  }
});

test('the rows are told of a stopped folder, too', async () => {
  const before = await rows('--realm', 'peru', '--table', 'client');
  standby.child.kill('SIGTERM');
  await standby.ended;
  assert.deepEqual(await rows('--realm', 'peru', '--table', 'client'), before);
  await standby.launch();
  await cluster.inStep(primary);
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
  if (peru.transactions === 0) {
    const { realms, rows: none } = await rows('--realm', 'peru', '--epoch', '2');
    assert.equal(realms[0].nothingBeyond, true);
    assert.deepEqual(none, []);
  }
});
