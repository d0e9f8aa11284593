// garita standby rejoin, and the server that then rewinds, killed with -9 at any moment and run again: what the old
// primary had is kept to the last byte, and in the end it is what the new primary is (RP-02).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cluster } from './lib/cluster.mjs';
import { childEnvironment, sleep, until } from './lib/server.mjs';

const PEOPLE = 3000;
const ROUNDS = Number(process.env.GARITA_REJOIN_ROUNDS ?? 25);
const REWINDS = Number(process.env.GARITA_REWIND_ROUNDS ?? 3);
let cluster, primary, old, base, original, length;

const people = (from, count) => Array.from({ length: count }, (_, i) => JSON.stringify({
  username: `person-${from + i}`, attributes: Object.fromEntries(Array.from({ length: 12 }, (__, k) => [`note${k}`, [`${k}-`.padEnd(400, 'lorem')]])),
})).join('\n');
async function addPeople(server, from, count) {
  for (let at = from; at < from + count; at += 50) {
    await server.cli.withFile(people(at, Math.min(50, from + count - at)), (file) => server.cli.ok('user', 'import', '--file', file, '--realm', 'peru'));
  }
}
const realmFiles = (data) => {
  const folder = path.join(data, 'realms');
  if (!existsSync(folder)) return {};
  return Object.fromEntries(readdirSync(folder).sort().map((name) => [name, readFileSync(path.join(folder, name))]));
};
const kept = () => path.join(old.data, 'replication/diverged-1');
const node = () => JSON.parse(readFileSync(path.join(old.data, 'replication/node')));
const names = async (server) => (await server.cli.json('user', 'list', '--realm', 'peru', '--limit', '5000')).map((user) => user.username).sort();

const copy = (from, to) => cpSync(from, to, { recursive: true, filter: (name) => !name.endsWith('.sock') });

before(async () => {
  cluster = await Cluster.open({ witness: false, failover: 'manual', realm: { bruteForceProtected: false } });
  [old, primary] = cluster.nodes;
  await addPeople(old, 0, PEOPLE);
  await cluster.inStep(old);
  await primary.crash();
  await addPeople(old, PEOPLE, 200);
  await old.cli.ok('realm', 'create', 'chile');
  await old.crash();
  await primary.launch();
  await primary.cli.ok('promote', '--yes');
  await until('it takes changes', async () => (await primary.cli.run(['user', 'add', '--realm', 'peru', '--username', 'new'])).status === 0, 60000);
  base = `${old.data}.base`;
  copy(old.data, base);
  original = realmFiles(base);
  assert.ok(Object.keys(original).length >= 3);
});
after(async () => {
  await cluster?.close();
  if (base) rmSync(base, { recursive: true, force: true });
});

const begin = () => {
  rmSync(old.data, { recursive: true, force: true });
  copy(base, old.data);
};

// Kills it after so many milliseconds; Infinity: it may end.
async function rejoin(anew, within) {
  const child = spawn(old.bin, ['standby', 'rejoin', '--data', old.data, ...(anew ? ['--anew'] : [])], { env: childEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => { said += chunk; });
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, said })));
  const began = performance.now();
  if (within !== Infinity) setTimeout(() => child.kill('SIGKILL'), within);
  const end = await ended;
  return { ...end, took: performance.now() - began };
}

const same = (one, other) => one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;

// Each file of the old primary is here or kept, whole, whatever happened.
function nothingIsLost() {
  const [here, aside] = [realmFiles(old.data), realmFiles(kept())];
  for (const [name, bytes] of Object.entries(original)) {
    assert.ok(same(here[name], bytes) || same(aside[name], bytes), name);
  }
}

function allIsKept() {
  const aside = realmFiles(kept());
  assert.deepEqual(Object.keys(aside), Object.keys(original));
  for (const [name, bytes] of Object.entries(original)) assert.ok(same(aside[name], bytes), `${name} is kept`);
  assert.equal(node().role, 'standby');
}

test('killed at any moment, copying or moving, and run again until it ends: all is kept', async (t) => {
  begin();
  length = (await rejoin(false, Infinity)).took;
  allIsKept();
  let killed = 0, between = 0;
  for (let round = 0; round < ROUNDS; round++) {
    begin();
    for (let i = 0; i < 3 && node().role === 'primary'; i++) {
      const { signal } = await rejoin(Math.random() < 0.3, Math.random() * length * 1.1);
      killed += signal === 'SIGKILL';
      between += node().role === 'primary' && existsSync(kept());
      nothingIsLost();
    }
    const last = await rejoin(Math.random() < 0.3, Infinity);
    if (last.code !== 0) assert.match(last.said, /no old primary/, 'it was one already');
    allIsKept();
  }
  t.diagnostic(`${killed} kills, ${between} of them after something was kept and before the role changed; rejoin takes ${length.toFixed(0)} ms`);
});

test('killed while it rewinds, and started again: it is what the new primary is, and tells what it had', async (t) => {
  let killed = 0;
  for (let round = 0; round < REWINDS; round++) {
    begin();
    await rejoin(round % 2 === 1, Math.random() * length);
    const last = await rejoin(false, Infinity);
    if (last.code !== 0) assert.match(last.said, /no old primary/);
    for (let i = 0; i < 4; i++) {
      old.options.wait = false;
      await old.launch();
      await sleep(Math.random() * 1200);
      await old.crash();
      killed++;
      const { rewinds } = node();
      t.diagnostic(`killed in round ${round}${rewinds ? ', not in step yet' : ''}`);
    }
    old.options.wait = true;
    await old.launch();
    await cluster.inStep(primary);
    assert.deepEqual(await until('it is read', () => names(old)), await names(primary));
    primary.log = '';
    await primary.cli.ok('standby', 'verify');
    await until('all pages were compared', async () => /all pages of the standby were compared/.test(primary.log), 60000);
    assert.equal(await cluster.metric(primary, 'pages_differed_total'), 0);
    allIsKept();
    const rows = await old.cli.json('standby', 'diverged', 'rows', '--realm', 'peru', '--table', 'user', '--limit', '5000');
    assert.equal(rows.rows.filter((one) => one.change !== 'deleted').length, 200, 'the people that nobody else got; one has the key of another');
    await old.crash();
  }
  assert.ok(killed === REWINDS * 4);
});
