// The primary is killed under load, the standby takes over, the old primary comes back and is fenced, then
// rejoins: in a synchronous mode nothing that was answered is lost and nothing spent is good again
// (RP-02, OT-05). GARITA_FAILOVER_ROUNDS says how often.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cli } from './lib/cli.mjs';
import { Gone, History, login, register } from './lib/history.mjs';
import { request } from './lib/http.mjs';
import { Client } from './lib/oidc.mjs';
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
let world, server, other, portal;
let on = false; // the primary has not been killed in this round yet
let n = 0;

async function pair() {
  await world.cli.ok('standby', 'token').then((token) => world.cli.withFile(token.trim(), (file) =>
    other.cli.ok('standby', 'init', '--from', `127.0.0.1:${replication[0]}`, '--token-file', file, '--address', `127.0.0.1:${replication[1]}`)));
}
const metric = async (at, name) => {
  const { text } = await request(`${at.management}/metrics`, { agent: false });
  return Number(text.match(new RegExp(`^garita_replication_${name} (\\S+)$`, 'm'))?.[1]);
};
const inStep = () => until('the standby is in step', async () =>
  (await metric(server, 'in_step')) === 1 && (await metric(server, 'degraded')) === 0 && (await metric(server, 'behind_commits')) === 0, 60000);

before(async () => {
  world = await World.open({
    bin: RELEASE_BIN, args: args(0), ports: await ports(),
    realm: { bruteForceProtected: false, defaultSignatureAlgorithm: 'ES256', passwordPolicy: 'hashAlgorithm(pbkdf2-sha512) and hashIterations(1000)' },
  });
  server = world.server;
  for (let i = 0; i < 3; i++) await world.addUser(`user${i}`);
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
  portal = clientAt(server);
  await inStep();
});
after(async () => {
  for (const one of [server, other]) {
    one?.child?.kill('SIGKILL');
    await one?.ended;
  }
});

async function reply(call) {
  const got = await call().catch(() => { throw new Gone(); });
  assert.ok(got.status < 500, `${got.status}: ${got.text}`);
  return got;
}
async function tokens(call) {
  const got = await reply(call);
  if (got.status === 200) return { refresh: got.json.refresh_token, access: got.json.access_token };
  assert.equal(got.json.error, 'invalid_grant', got.text);
  return false;
}
const fine = async (call) => (await reply(call)).status < 300;
const refresh = (object, token) => object.ask({ kind: 'refresh', token }, () => tokens(() => portal.refresh(token)));
const active = (object, token) => object.ask({ kind: 'active', token }, async () => (await reply(() => portal.introspect(token))).json.active);

async function useLogin(round, user) {
  const object = history.object(`login ${n++} of ${user}`, login);
  const one = { object, old: [] };
  round.logins.push(one);
  one.last = await object.ask({ kind: 'grant' }, () => tokens(() => portal.password(user)));
  for (let i = 0; i < 2 && on; i++) {
    const next = await refresh(object, one.last.refresh);
    one.old.push(one.last.refresh);
    if (!next) return;
    one.last = next;
  }
  const token = one.last.refresh;
  const end = Math.random();
  if (end < 0.3) await object.ask({ kind: 'revoke', token }, () => fine(() => portal.revoke(token)));
  else if (end < 0.6) await object.ask({ kind: 'logout', token }, () => fine(() => portal.post('/logout', { refresh_token: token })));
}

async function lookAtLogin({ object, last, old }) {
  if (last) await active(object, last.access);
  if (last) await refresh(object, last.refresh);
  for (const token of old.slice(-1)) await refresh(object, token);
  if (last) await active(object, last.access);
}

async function command(...words) {
  const result = await server.cli.run([...words, '--json']);
  if (result.status === 0) return result.stdout === '' ? {} : JSON.parse(result.stdout);
  if (/there is no/.test(result.stderr)) return null;
  assert.equal(on, false, `garita ${words.join(' ')}: ${result.stderr}`);
  throw new Gone();
}

async function addPerson(round) {
  const name = `person${n++}`;
  const object = history.object(`user ${name}`, register());
  const read = async () => (await command('user', 'show', '--realm', 'peru', '--username', name))?.email ?? null;
  round.people.push({ object, read });
  await object.ask({ kind: 'put', value: `${name}@example.pe` }, async () =>
    (await command('user', 'add', '--realm', 'peru', '--username', name, `email=${name}@example.pe`)) !== null);
}

async function addRealm(round) {
  const name = `realm${n++}`;
  const object = history.object(`realm ${name}`, register());
  const read = async () => (await command('realm', 'show', name)) && name;
  round.people.push({ object, read });
  await object.ask({ kind: 'put', value: name }, async () =>
    (await command('realm', 'create', name, 'defaultSignatureAlgorithm=ES256')) !== null);
}

async function repeat(work) {
  try {
    while (on) await work();
  } catch (err) {
    if (!(err instanceof Gone)) throw err;
    assert.equal(on, false, 'gone, but nobody killed it');
  }
}

async function crashUnderLoad(number) {
  const round = { logins: [], people: [] };
  on = true;
  const workers = ['user0', 'user1', 'user2'].map((user) => repeat(() => useLogin(round, user)));
  workers.push(repeat(() => (number % 3 === 2 && round.people.length % 3 === 0 ? addRealm(round) : addPerson(round))));
  const load = Promise.all(workers);
  const enough = history.counts.answered + LEAST_ANSWERS;
  await Promise.race([until('there is load', async () => history.counts.answered >= enough, 60000, 3), load]);
  await sleep(Math.random() * 200);
  server.child.kill('SIGKILL');
  on = false;
  await server.ended;
  await load;
  history.crash();
  return round;
}

async function promote() {
  const begun = Date.now();
  await other.cli.ok('promote', '--yes');
  [server, other] = [other, server];
  portal = clientAt(server);
  await until('somebody logs in', async () => (await portal.password('user0')).status === 200, 60000, 5);
  return Date.now() - begun;
}

async function look(round) {
  on = true;
  await Promise.all([...round.logins.slice(-12).map(lookAtLogin), ...round.people.map(({ object, read }) => object.ask({ kind: 'read' }, read))]);
  try {
    history.settle();
  } catch (err) {
    for (const one of [server, other]) err.message += `\n${one.log.split('\n').filter((l) => l.includes('replication')).join('\n').slice(-3000)}`;
    throw err;
  }
  [...history.objects].forEach((o) => history.forget(o));
}

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

test(`RP-02: ${ROUNDS} rounds of kill, promotion, fencing and rejoining under load`, { timeout: 600000 + ROUNDS * 60000 }, async (t) => {
  const took = [];
  for (let number = 0; number < ROUNDS; number++) {
    const epoch = await metric(server, 'epoch');
    const round = await crashUnderLoad(number);
    took.push(await promote());
    assert.equal(await metric(server, 'epoch'), epoch + 1);
    await look(round);
    await comeBackFenced();
    await rejoin(epoch);
  }
  await server.cli.ok('audit', 'verify');
  t.diagnostic(`${ROUNDS} failovers; operations ${JSON.stringify(history.counts)}; command to first login ${took.join(', ')} ms`);
  assert.ok(history.counts.answered >= LEAST_ANSWERS * ROUNDS);
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
    assert.match(refused.stderr, /not received|is empty/);
  } finally {
    await world2.close();
  }
});
