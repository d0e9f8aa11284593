// A primary with a witness, and a standby that nobody paired with it: that one does not reign without asking
// (RP-02).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cluster } from './lib/cluster.mjs';
import { until } from './lib/server.mjs';

let cluster, primary, standby;
let n = 0;

before(async () => {
  cluster = await Cluster.open({ failover: 'manual', unpaired: true });
  [primary, standby] = cluster.nodes;
});
after(() => cluster?.close());

const works = async (node) => (await node.cli.run(['user', 'add', '--realm', 'peru', '--username', `person${n++}`])).status === 0;
const known = () => JSON.parse(readFileSync(path.join(standby.cli.data, 'replication/node'), 'utf8')).primaryWitness;
const knows = (address) => until('the standby knows the witness of its primary', async () => known() === address);

async function isRefused() {
  const { status, stderr } = await standby.cli.run(['promote', '--yes']);
  assert.notEqual(status, 0);
  assert.match(stderr, /not paired with its primary's witness: pair it \(garita standby witness 127\.0\.0\.1:\d+ --token-file FILE\)/);
  assert.match(stderr, /--without-witness: else both may take changes/);
}

test('RP-02: it is not promoted, whether or not the primary can be reached', async () => {
  await knows(cluster.ways[0].address);
  await isRefused();
  cluster.between.forEach((wire) => wire.sever());
  await isRefused();
  assert.equal(await works(primary), true); // by the lease of the witness
  standby.child.kill('SIGTERM');
  await standby.ended;
  await isRefused();
  cluster.mend();
  await standby.launch();
  await cluster.inStep(primary);
});

test('a primary that has another witness, or none, says so', async () => {
  await primary.cli.ok('standby', 'forget-witness', '--yes');
  await knows(undefined);
  await cluster.pairWithWitness(0);
  await knows(cluster.ways[0].address);
});

test('paired, it asks, and is promoted when the primary is gone', async () => {
  await primary.crash();
  await isRefused();
  await cluster.pairWithWitness(1);
  await standby.cli.ok('promote', '--yes');
  await until('it takes changes', () => works(standby));
  assert.equal((await cluster.witness.show()).epoch, 2);
  assert.equal(known(), undefined);
  await primary.launch();
  assert.equal(await cluster.metric(primary, 'role'), 3);
});

test('the word of an operator goes without it', async () => {
  cluster.witness.kill();
  primary.child.kill('SIGTERM');
  await primary.ended;
  await primary.cli.ok('standby', 'rejoin');
  await primary.launch();
  [primary, standby] = [standby, primary];
  await cluster.inStep(primary);
  await standby.cli.ok('standby', 'forget-witness', '--yes');
  await until('it knows', async () => known() === cluster.ways[1].address);
  await primary.crash();
  await isRefused();
  await standby.cli.ok('promote', '--yes', '--without-witness');
  await until('it takes changes', () => works(standby));
});
