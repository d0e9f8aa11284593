// Two nodes and a witness under load, and whatever happens to processes and cables: kill -9, a stop and
// going on, cables that are cut, swallow or are slow, promotions. In a synchronous mode nothing that was
// answered is lost, nothing spent is good again, and never do two nodes take changes (RP-02, OT-05).
// GARITA_FAILOVER_ROUNDS says how often, GARITA_FAILOVER_SEED in which order.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cluster } from './lib/cluster.mjs';
import { History } from './lib/history.mjs';
import { Load } from './lib/load.mjs';
import { sleep, until } from './lib/server.mjs';

const ROUNDS = Number(process.env.GARITA_FAILOVER_ROUNDS ?? 8);
const LEASE = 1500;
const PATIENCE = 4000; // for one answer
let seed = Number(process.env.GARITA_FAILOVER_SEED ?? Date.now() % 1e6);
const first = seed;
function chance(below) {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return (seed >>> 8) % below;
}

const history = new History();
const load = new Load(history, { answers: PATIENCE, survives: aim });
let cluster, primary;

before(async () => {
  cluster = await Cluster.open({
    mode: 'sync-flush', lease: LEASE, args: ['--replication-wait', '1500'],
    realm: { bruteForceProtected: false, defaultSignatureAlgorithm: 'ES256', passwordPolicy: 'hashAlgorithm(pbkdf2-sha512) and hashIterations(1000)' },
  });
  [primary] = cluster.nodes;
  for (const user of ['user0', 'user1', 'user2', 'watched']) await cluster.world.addUser(user);
  await cluster.world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  await cluster.inStep(primary);
});
after(() => cluster?.close());

// --- What happens; each says what is to be undone ---

const pause = async (child, ms) => {
  child.kill('SIGSTOP');
  await sleep(ms);
  child.kill('SIGCONT');
};
const standby = () => cluster.other(primary);
const faults = {
  'kill the primary': () => primary.crash(),
  'kill the standby': () => standby().crash(),
  'kill the witness': () => cluster.witness.kill(),
  'kill both nodes': () => Promise.all([primary.crash(), standby().crash()]),
  'kill the primary and the witness': () => Promise.all([primary.crash(), cluster.witness.kill()]),
  'stop the primary for a while': () => pause(primary.child, 1000 + chance(4 * LEASE)),
  'stop the standby for a while': () => pause(standby().child, 1000 + chance(4 * LEASE)),
  'stop the witness for a while': () => pause(cluster.witness.child, 1000 + chance(4 * LEASE)),
  'cut the primary off': () => cluster.isolate(primary),
  'cut the standby off': () => cluster.isolate(standby()),
  'cut the cable between the nodes': () => cluster.between.forEach((wire) => wire.sever()),
  'swallow between the nodes': () => cluster.between.forEach((wire) => wire.swallow()),
  'swallow on the way to the witness': () => cluster.wayOf(primary).swallow(),
  'slow cables': () => cluster.wires.forEach((wire) => wire.slow(100 + chance(LEASE))),
  'cut the primary off, and kill the witness': async () => {
    cluster.isolate(primary);
    await sleep(chance(3 * LEASE));
    await cluster.witness.kill();
  },
  'end the primary, and promote by hand': async () => {
    primary.child.kill('SIGTERM');
    await primary.ended;
    await standby().cli.run(['promote', '--yes']); // which may reign already
  },
};

// --- Who takes changes ---

// Logins at one node, one after another: {node, begun, ended} of those that were answered.
function watch(node, answered) {
  const watcher = { on: true };
  const client = cluster.clientAt(node);
  const login = async () => {
    const begun = performance.now();
    const got = await client.password('watched').catch(() => undefined);
    if (got?.status === 200) answered.push({ node, begun, ended: performance.now() });
  };
  watcher.over = (async () => {
    while (watcher.on) {
      await Promise.race([login(), sleep(PATIENCE)]);
      await sleep(40);
    }
  })();
  return watcher;
}

// Without rejoining, who reigned before reigns no more once somebody else did.
function checkReigns(answered, name) {
  const nodes = cluster.nodes.map((node) => answered.filter((a) => a.node === node));
  for (const [old, young] of [nodes, [...nodes].reverse()]) {
    if (old.length === 0 || young.length === 0 || Math.min(...old.map((a) => a.ended)) > Math.min(...young.map((a) => a.ended))) continue;
    const since = Math.min(...young.map((a) => a.ended));
    assert.deepEqual(old.filter((a) => a.begun > since), [], `${name}: two nodes take changes`);
  }
}

// --- One round ---

async function reigning() {
  for (const node of cluster.nodes) {
    if ((await cluster.metric(node, 'role')) === 1 && (await cluster.metric(node, 'lease_held')) === 1) return node;
  }
  return null;
}

// The machine may be slow enough for a failover that nobody asked for.
async function aim() {
  primary = (await reigning().catch(() => null)) ?? primary;
  load.aim(primary, cluster.clientAt(primary));
}

async function bringBack() {
  cluster.mend();
  if (cluster.witness.child.exitCode !== null || cluster.witness.child.signalCode !== null) await cluster.witness.launch();
  for (const node of cluster.nodes) if (node.child.exitCode !== null || node.child.signalCode !== null) await node.launch();
  primary = await until('somebody reigns', reigning, 60000);
  const other = cluster.other(primary);
  const role = await until('the other one knows what it is', async () => {
    const now = await cluster.metric(other, 'role');
    return now === 1 ? undefined : now;
  }, 60000);
  if (role === 3) {
    other.child.kill('SIGTERM');
    assert.equal((await other.ended).code, 0);
    await other.cli.ok('standby', 'rejoin');
    await other.launch();
  }
  load.aim(primary, cluster.clientAt(primary));
  await cluster.inStep(primary);
}

const told = () => [...cluster.nodes, cluster.witness].map((one) => one.log.split('\n').filter((l) => /replication|witness/.test(l)).join('\n').slice(-3000)).join('\n');

async function oneRound(number, name) {
  const answered = [];
  const before = primary;
  load.aim(primary, cluster.clientAt(primary));
  const round = load.begin(number);
  const watchers = cluster.nodes.map((node) => watch(node, answered));
  await sleep(500 + chance(500));
  await faults[name]();
  await sleep(1000 + chance(3 * LEASE));
  load.on = false;
  await round.over;
  const now = await reigning().catch(() => null);
  watchers.forEach((watcher) => { watcher.on = false; });
  await Promise.all(watchers.map((watcher) => watcher.over));
  checkReigns(answered, name);
  await bringBack();
  history.crash();
  await load.look(round, told);
  return now !== null && now !== before;
}

test(`RP-02: ${ROUNDS} failover rounds with a witness`, { timeout: 600000 + ROUNDS * 90000 }, async (t) => {
  const names = Object.keys(faults);
  const counts = {};
  let failovers = 0;
  t.diagnostic(`seed ${first}`);
  for (let number = 0; number < ROUNDS; number++) {
    const name = number % 2 ? names[chance(names.length)] : ['kill the primary', 'cut the primary off', names[chance(names.length)]][number / 2 % 3];
    counts[name] = (counts[name] ?? 0) + 1;
    try {
      failovers += await oneRound(number, name);
    } catch (err) {
      throw new Error(`round ${number}, ${name}, seed ${first}: ${err.message}\n${told()}`, { cause: err });
    }
  }
  await primary.cli.ok('audit', 'verify');
  t.diagnostic(`${failovers} failovers in ${ROUNDS} rounds ${JSON.stringify(counts)}; operations ${JSON.stringify(history.counts)}`);
  assert.ok(ROUNDS < 4 || failovers > 0);
  assert.ok(history.counts.answered >= ROUNDS);
});
