// Two nodes without a witness: what a fenced one may and may not do, and promotion where changes stop
// without a standby (RP-02).
import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cli } from './lib/cli.mjs';
import { Cluster } from './lib/cluster.mjs';
import { bearer, request } from './lib/http.mjs';
import { Client, PASSWORD } from './lib/oidc.mjs';
import { tempFolder, until } from './lib/server.mjs';

let cluster, primary, standby;
let n = 0;
let running; // pid of the primary

before(async () => {
  cluster = await Cluster.open({
    witness: false, failover: 'manual', mode: 'sync-flush', args: ['--replication-without-standby', 'stop', '--replication-wait', '1000'],
    realm: { bruteForceProtected: false },
  });
  [primary, standby] = cluster.nodes;
  await cluster.world.addUser('ana');
  await cluster.world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
});
after(() => cluster?.close());

const change = (node) => node.cli.run(['user', 'add', '--realm', 'peru', '--username', `person${n++}`]);
const works = async (node) => (await change(node)).status === 0;
const role = (node) => cluster.metric(node, 'role');
async function stop(node) {
  node.child.kill('SIGTERM');
  assert.equal((await node.ended).code, 0);
}

test('a revocation that is said again is answered when the standby has it, and not before', async () => {
  const portal = cluster.clientAt(primary);
  const { json } = await portal.password('ana');
  cluster.between[0].swallow();
  assert.equal((await portal.revoke(json.refresh_token)).status, 503);
  assert.equal((await portal.revoke(json.refresh_token)).status, 503);
  cluster.between[0].mend();
  await cluster.inStep(primary);
  assert.equal((await portal.revoke(json.refresh_token)).status, 200);
});

test('a primary starts again where changes stop without a standby', async () => {
  await stop(primary);
  await stop(standby);
  await primary.launch();
  assert.equal(await works(primary), false);
  await standby.launch();
  await cluster.inStep(primary);
  assert.equal(await works(primary), true);
});

// Asked of the standby, with a token that the primary issued.
async function adminOf(username, ...roles) {
  const { cli } = primary;
  await cli.withFile(PASSWORD, (file) => cli.ok('user', 'add', '--realm', 'master', '--username', username, '--password-file', file, ...roles.flatMap((role) => ['--role', role])));
  const client = Object.assign(new Client(primary, 'master', 'admin-cli'), { headers: { Host: new URL(cluster.origin).host } });
  return (await client.password(username)).json.access_token;
}
const promote = (token, json, why) => request(`${standby.origin}/admin/garita/promote`, {
  method: 'POST', json, headers: { ...bearer(token), Host: new URL(cluster.origin).host, ...(why ? { 'X-Justification': why } : {}) },
});

test('over the API who may do everything promotes a standby, says why, and types the epoch', async () => {
  const [root, eva] = [await adminOf('root', 'admin'), await adminOf('eva', 'master-realm/manage-realm')];
  await cluster.inStep(primary);
  assert.equal((await promote(eva, { epoch: 1 }, 'the cable')).status, 403);
  assert.equal((await promote(root, { epoch: 1 })).status, 400);
  assert.equal((await promote(root, {}, 'the cable')).status, 400);
  assert.equal((await promote(root, { epoch: 1, incomplete: 'yes' }, 'the cable')).status, 400);
  const wrong = await promote(root, { epoch: 7 }, 'the cable');
  assert.equal(wrong.status, 409);
  assert.match(wrong.text, /the epoch is 1, not the one that was named/);
  assert.equal(await role(standby), 2);
  const { pid } = primary.child;
  const { status, json } = await promote(root, { epoch: 1 }, 'the cable is cut');
  assert.equal(status, 200);
  assert.deepEqual(json, { epoch: 2 });
  running = pid;
});

test('a running primary hears of the newer one, changes nothing more, and keeps running', async () => {
  const pid = running;
  const refused = await until('it is fenced', async () => {
    const reply = (await role(primary)) === 3 && await cluster.clientAt(primary).password('ana');
    return reply.status === 503 && /changes are made at the primary/.test(reply.text);
  }, 60000);
  assert.ok(refused);
  assert.equal(primary.child.pid, pid);
  assert.equal(await works(primary), false);
  [primary, standby] = [standby, primary];
  assert.equal(await cluster.metric(primary, 'epoch'), 2);
});

test('the promotion is on record although no change is taken without a standby', async () => {
  assert.equal(await works(primary), false);
  const [event, ...more] = await primary.cli.json('audit', 'list', '--realm', 'master', '--type', 'Promoted');
  assert.deepEqual(more, []);
  assert.match(JSON.stringify(event), /the cable is cut/);
  assert.ok(JSON.stringify(event).includes('root'), 'who asked for it');
});

test('so is that the old primary was told, once', async () => {
  const count = async () => (await primary.cli.json('audit', 'list', '--realm', 'master', '--type', 'Fenced')).length;
  await until('it is on record', async () => (await count()) === 1, 60000);
  await primary.crash();
  await primary.launch();
  assert.equal(await count(), 1);
});

test('a fenced node forgets nobody and is not promoted by the way', async () => {
  // it hears of the other's reign anew, and may be starting again right now
  const isTold = (why, ...words) => until(`${words} is refused`, async () => why.test((await standby.cli.run(words)).stderr), 20000, 200);
  await isTold(/newer primary reigns/, 'standby', 'forget');
  await isTold(/newer primary reigns/, 'promote', '--yes');
  await isTold(/the epoch is 2/, 'promote', '--yes', '--epoch', '1');
  await isTold(/changes are made at the primary|only a primary/, 'standby', 'token');
  assert.equal(await role(standby), 3);
});

test('who rejoins asks the new primary first, and gives nothing up without it', async () => {
  await stop(standby);
  await stop(primary);
  const refused = await standby.cli.run(['standby', 'rejoin']);
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /cannot be asked whether it reigns/);
  assert.ok(existsSync(path.join(standby.data, 'realms/master.db')));
  assert.ok(!existsSync(path.join(standby.data, 'replication/diverged-1')));
});

test('a fenced node whose newer primary is lost for good is promoted by the epoch', async () => {
  await standby.launch();
  assert.equal(await role(standby), 3);
  await standby.cli.ok('promote', '--yes', '--epoch', '2');
  await until('it reigns', async () => (await role(standby)) === 1, 60000);
  assert.equal(await cluster.metric(standby, 'epoch'), 3);
  await primary.launch();
  await until('the other one is fenced', async () => (await role(primary)) === 3, 60000);
  [primary, standby] = [standby, primary];
  await stop(standby);
  await standby.cli.ok('standby', 'rejoin');
  await standby.launch();
  await cluster.inStep(primary);
  assert.equal(await works(primary), true);
  assert.equal((await primary.cli.json('audit', 'list', '--realm', 'master', '--type', 'Rejoined')).length, 1);
});

test('a realm that did not come whole is lost by name only', async () => {
  for (const wire of cluster.between) wire.sever();
  await until('the standby is away', async () => (await cluster.metric(primary, 'connected')) === 0);
  await stop(standby);
  // its database goes, as if it had been found damaged: it would come anew
  const realms = path.join(standby.data, 'realms');
  for (const name of readdirSync(realms).filter((f) => !f.startsWith('master.'))) rmSync(path.join(realms, name), { recursive: true });
  await primary.crash();
  // the server runs or is stopped: which realms, and what to do
  const missing = async () => assert.match((await standby.cli.run(['promote', '--yes'])).stderr, /follow its primary until it has .* --incomplete what is missing: peru$/m);
  await missing();
  await standby.launch();
  await missing();

  const without = new Cli(path.join(tempFolder('without'), 'garita'), standby.bin);
  cpSync(standby.data, without.data, { recursive: true, filter: (name) => !/realms\/.|\.sock$/.test(name) });
  for (const more of [[], ['--incomplete']]) assert.match((await without.run(['promote', '--yes', ...more])).stderr, /realm master has not arrived.*garita serve.*garita restore/);
  assert.equal((await without.json('status')).role, 'standby');
  assert.match((await without.run(['user', 'list', '--realm', 'peru'])).stderr, /this standby has not received what is asked for yet/);

  await standby.cli.ok('promote', '--yes', '--incomplete');
  await until('it reigns', async () => (await role(standby)) === 1, 60000);
});
