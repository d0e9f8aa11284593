// The primary is killed under load, the standby takes over, the old primary comes back and is fenced, then
// rejoins: in a synchronous mode nothing that was answered is lost and nothing spent is good again
// (RP-02, OT-05). GARITA_FAILOVER_ROUNDS says how often.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cli } from './lib/cli.mjs';
import { History } from './lib/history.mjs';
import { request } from './lib/http.mjs';
import { Load } from './lib/load.mjs';
import { Client } from './lib/oidc.mjs';
import { OneTimeCodes } from './lib/otp.mjs';
import { RELEASE_BIN, Server, freePort, sleep, tempFolder, until } from './lib/server.mjs';
import { SECRET, World } from './lib/world.mjs';

const ROUNDS = Number(process.env.GARITA_FAILOVER_ROUNDS ?? 5);
const LEAST_ANSWERS = 20; // before a kill
const replication = [await freePort(), await freePort()];
const ports = async () => ({ web: await freePort(), management: await freePort(), redirect: await freePort() });
const origin = `http://localhost:${await freePort()}`; // of both, as behind a floating address
const args = (i) => ['--hostname', origin, '--replication-port', String(replication[i]), '--replication-address', '127.0.0.1', '--replication-wait', '20000'];
const Host = new URL(origin).host;
const clientAt = (at) => Object.assign(new Client(at, 'peru', 'portal', SECRET), { headers: { Host } });
const history = new History();
const codes = new OneTimeCodes(8, 10);
const load = new Load(history, { codes });
let world, server, other;

async function pair() {
  await world.cli.ok('standby', 'token').then((token) => world.cli.withFile(token.trim(), (file) =>
    other.cli.ok('standby', 'init', '--from', `127.0.0.1:${replication[0]}`, '--token-file', file, '--address', `127.0.0.1:${replication[1]}`)));
}
const metric = async (at, name) => {
  const { text } = await request(`${at.management}/metrics`, { agent: false });
  return Number(text.match(new RegExp(`^garita_replication_${name} (\\S+)$`, 'm'))?.[1]);
};
const inStep = () => until('the standby is in step', async () =>
  (await metric(server, 'in_step')) === 1 && (await metric(server, 'degraded')) === 0 && (await metric(server, 'behind_commits')) === 0 && (await metric(other, 'rewinds')) === 0, 60000);

before(async () => {
  world = await World.open({
    bin: RELEASE_BIN, args: args(0), ports: await ports(),
    realm: { bruteForceProtected: false, defaultSignatureAlgorithm: 'ES256', passwordPolicy: 'hashAlgorithm(pbkdf2-sha512) and hashIterations(1000)' },
  });
  server = world.server;
  for (let i = 0; i < 3; i++) await world.addUser(`user${i}`);
  await codes.addHolders(world, { Host });
  await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  other = new Server({ bin: RELEASE_BIN, args: args(1) });
  other.data = path.join(tempFolder('standby'), 'garita');
  other.ports = await ports();
  other.cli = new Cli(other.data, other.bin);
  const token = (await world.cli.ok('standby', 'token')).trim(); // makes it a primary
  await world.cli.ok('standby', 'mode', 'sync-flush');
  assert.ok(token);
  await pair();
  await other.launch();
  load.aim(server, clientAt(server));
  await inStep();
});
after(async () => {
  for (const one of [server, other]) {
    one?.child?.kill('SIGKILL');
    await one?.ended;
  }
});

async function crashUnderLoad(number) {
  const enough = history.counts.answered + LEAST_ANSWERS;
  const round = load.begin(number);
  await Promise.race([until('there is load', async () => history.counts.answered >= enough, 60000, 3), round.over]);
  await sleep(Math.random() * 200);
  server.child.kill('SIGKILL');
  load.on = false;
  await server.ended;
  await round.over;
  history.crash();
  return round;
}

async function promote() {
  const begun = Date.now();
  await other.cli.ok('promote', '--yes');
  [server, other] = [other, server];
  load.aim(server, clientAt(server));
  await until('somebody logs in', async () => (await load.portal.password('user0')).status === 200, 60000, 5);
  return Date.now() - begun;
}

const told = () => [server, other].map((one) => one.log.split('\n').filter((l) => l.includes('replication')).join('\n').slice(-3000)).join('\n');

// The old primary does not know of the promotion, and must not change anything.
async function comeBackFenced() {
  await other.launch();
  const old = clientAt(other);
  const refused = await old.password('user0');
  assert.equal(refused.status, 503, refused.text);
  assert.equal(await metric(other, 'role'), 3);
  assert.equal((await request(`${other.management}/health`)).json.status, 'DEGRADED');
  other.child.kill('SIGTERM');
  await other.ended;
}

async function rejoin(epoch) {
  await other.cli.ok('standby', 'rejoin');
  assert.ok(existsSync(path.join(other.data, `replication/diverged-${epoch}/realms/master.db`)));
  await other.launch();
  await inStep();
}

test(`RP-02: ${ROUNDS} failover rounds: kill, promotion, fencing and rejoining under load`, { timeout: 600000 + ROUNDS * 60000 }, async (t) => {
  const took = [];
  for (let number = 0; number < ROUNDS; number++) {
    const epoch = await metric(server, 'epoch');
    const round = await crashUnderLoad(number);
    took.push(await promote());
    assert.equal(await metric(server, 'epoch'), epoch + 1);
    await load.look(round, told);
    await comeBackFenced();
    await rejoin(epoch);
  }
  await server.cli.ok('audit', 'verify');
  t.diagnostic(`${ROUNDS} failovers; operations ${JSON.stringify(history.counts)}, ${codes.given} one-time passwords; command to first login ${took.join(', ')} ms`);
  assert.ok(history.counts.answered >= LEAST_ANSWERS * ROUNDS && codes.given >= ROUNDS);
});

test('a primary is not promoted, nor without being told twice', async () => {
  assert.match((await server.cli.run(['promote', '--yes'])).stderr, /the primary already/);
  assert.match((await other.cli.run(['promote'])).stderr, /--yes/);
  assert.match((await other.cli.run(['promote', '--yes', '--epoch', '99'])).stderr, /epoch/);
  assert.match((await server.cli.run(['standby', 'rejoin'])).stderr, /held|process/);
});

test('a standby to which nothing came yet is not promoted', async () => {
  const world2 = await World.open({ bin: RELEASE_BIN, args: ['--replication-port', String(await freePort()), '--replication-address', '127.0.0.1'] });
  try {
    const data = path.join(tempFolder('empty'), 'garita');
    const cli = new Cli(data, RELEASE_BIN);
    const port = world2.server.options.args[1];
    const token = (await world2.cli.ok('standby', 'token')).trim();
    await world2.cli.withFile(token, (file) => cli.ok('standby', 'init', '--from', `127.0.0.1:${port}`, '--token-file', file));
    const refused = await cli.run(['promote', '--yes']);
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /has received nothing yet/);
  } finally {
    await world2.close();
  }
});
