// A standby is let go and another one takes its place: who was let go, and still reaches the witness, does not
// reign, whatever the new one confirms (RP-02).
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cli } from './lib/cli.mjs';
import { Cluster } from './lib/cluster.mjs';
import { request } from './lib/http.mjs';
import { Server, freePort, sleep, tempFolder, until } from './lib/server.mjs';

let cluster, primary, gone, next;

before(async () => {
  cluster = await Cluster.open({ mode: 'sync-flush' });
  [primary, gone] = cluster.nodes;
});
after(async () => {
  next?.child?.kill('SIGKILL');
  await cluster?.close();
});

async function follow() {
  const args = primary.options.args;
  const port = args[args.indexOf('--replication-port') + 1];
  next = new Server({ bin: primary.bin, args: args.with(args.indexOf('--replication-port') + 1, String(await freePort())) });
  next.data = path.join(tempFolder('standby'), 'garita');
  next.ports = { web: await freePort(), management: await freePort(), redirect: await freePort() };
  next.cli = new Cli(next.data, next.bin);
  const token = (await primary.cli.ok('standby', 'token')).trim();
  await primary.cli.withFile(token, (file) => next.cli.ok('standby', 'init', '--from', `127.0.0.1:${port}`, '--token-file', file));
  await next.launch();
  await cluster.inStep(primary);
}

test('who was let go does not reign while another standby confirms', async () => {
  await until('it was counted on', async () => (await cluster.witness.show()).countsOn === 'covered');
  cluster.between.forEach((wire) => wire.sever());
  assert.doesNotMatch(await primary.cli.ok('standby', 'forget'), /did not hear/);
  assert.equal((await cluster.witness.show()).countsOn, 'alone');
  await follow();
  await until('the new one is counted on', async () => (await cluster.witness.show()).countsOn === 'covered');
  assert.equal((await request(`${primary.management}/health`)).json.status, 'DEGRADED'); // it is not paired yet
  cluster.ways[0].sever(); // the new one's promises are the lease now
  await sleep(3 * cluster.lease);
  await primary.cli.ok('realm', 'create', 'confirmed');
  assert.equal(await cluster.reigns(gone), false);
  assert.equal(await cluster.metric(primary, 'lease_held'), 1);
});

test('nor when the primary is gone', async () => {
  await primary.crash();
  await sleep(4 * cluster.lease);
  assert.equal(await cluster.reigns(gone), false);
  assert.match((await gone.cli.run(['promote', '--yes'])).stderr, /counts on another/);
});
