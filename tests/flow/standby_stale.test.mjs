// A standby that may not be older than so much: questions about tokens are refused, and told so, until the
// primary is heard again (RP-02). And a primary's folder that was stopped: changes that wait for a standby are
// not made there without asking.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { basic, request } from './lib/http.mjs';
import { Client, PASSWORD } from './lib/oidc.mjs';
import { freePort, sleep, until } from './lib/server.mjs';
import { pairStandby } from './lib/nodes.mjs';
import { health } from './lib/storage.mjs';
import { Wire } from './lib/wire.mjs';
import { SECRET, World } from './lib/world.mjs';

const replication = await freePort();
const ports = { web: await freePort(), management: await freePort(), redirect: await freePort() };
const origin = `http://localhost:${ports.web}`;
const Host = `localhost:${ports.web}`;
let world, standby, portal, there, gate;

before(async () => {
  world = await World.open({ ports, args: ['--hostname', origin, '--replication-port', String(replication)] });
  await world.addUser('ana', { email: 'ana@example.pe' });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  gate = await world.addClient('gate', { serviceAccount: true });
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'token-validator', '--username', 'service-account-gate');
  standby = await pairStandby(world, replication, { args: ['--hostname', origin, '--standby-max-staleness', '3'] });
  await standby.launch();
  there = new Client(standby, 'peru', 'portal', SECRET, { headers: { Host } });
});
after(async () => {
  await standby?.stop();
  await world?.close();
});

const validate = (token) => request(`${standby.origin}/grpc/token/validate`, {
  json: { token }, headers: { Host, 'X-Tenant-ID': 'peru', ...basic(gate.clientId, gate.secret) },
});
const check = async () => (await health(standby)).json.checks.find((c) => c.name === 'standby');

test('too old, it answers nothing about tokens, and says so', async () => {
  const { access_token } = (await portal.password('ana')).json;
  await until('it is there', async () => (await there.introspect(access_token)).json?.active);
  assert.equal((await validate(access_token)).json.active, true);
  assert.equal((await check()).status, 'UP');
  world.server.child.kill('SIGSTOP');
  try {
    await until('it is too old', async () => (await there.introspect(access_token)).status === 503);
    const refused = await there.introspect(access_token);
    assert.equal(refused.json.error, 'temporarily_unavailable');
    assert.match(refused.json.error_description, /has not heard from the primary for too long/);
    assert.equal((await validate(access_token)).status, 503);
    assert.equal((await there.userinfo(access_token)).status, 503);
    const told = await check();
    assert.equal(told.status, 'DOWN');
    assert.match(told.data.state, /too far behind/);
    assert.equal((await request(standby.realm('peru'), { headers: { Host } })).status, 200); // what is no question about a token
  } finally {
    world.server.child.kill('SIGCONT');
  }
  await until('it is heard again', async () => (await there.introspect(access_token)).json?.active);
  assert.equal((await validate(access_token)).json.active, true);
});

test('RP-02: too old, nobody is let into the admin and account APIs, nor promotes it', async () => {
  await world.cli.withFile(PASSWORD, (f) => world.cli.ok('user', 'add', '--realm', 'master', '--username', 'boss', '--password-file', f, '--role', 'admin'));
  const token = (await new Client(world.server, 'master', 'admin-cli').password('boss')).json.access_token;
  const as = (pathname, more) => request(`${standby.origin}${pathname}`, { ...more, headers: { Host, Authorization: `Bearer ${token}`, ...more?.headers } });
  const users = () => as('/admin/realms/master/users');
  await until('the new administrator is let in', async () => (await users()).status === 200);
  world.server.child.kill('SIGSTOP');
  try {
    await until('it is too old', async () => (await users()).status === 503);
    assert.equal((await as('/realms/master/account')).status, 503);
    const promoted = await as('/admin/garita/promote', { method: 'POST', json: { epoch: 1 }, headers: { 'X-Justification': 'the primary is gone' } });
    assert.equal(promoted.status, 503);
    assert.match(promoted.text, /has not heard from the primary for too long/);
    assert.equal((await standby.cli.json('status')).role, 'standby');
  } finally {
    world.server.child.kill('SIGCONT');
  }
  await until('it is heard again', async () => (await users()).status === 200);
});

test('RP-02: a link that delivers late makes it no younger', async () => {
  const port = await freePort();
  const late = await World.open({ args: ['--replication-port', String(port), '--replication-address', '127.0.0.1'] });
  const wire = await new Wire(port).open();
  let node;
  try {
    await late.addClient('portal');
    node = await pairStandby(late, wire.port, { args: ['--standby-max-staleness', '2'] });
    await node.launch();
    const ask = async () => (await new Client(node, 'peru', 'portal', SECRET).introspect('none')).status;
    await until('it is fresh', async () => (await ask()) === 200);
    wire.slow(6000);
    await until('it is too old', async () => (await ask()) === 503);
    const carried = () => [...wire.pairs].reduce((sum, pair) => sum + pair.carried, 0);
    const before = carried();
    await sleep(9000); // what is late comes
    assert.ok(carried() > before && wire.pairs.size > 0);
    assert.equal(await ask(), 503);
  } finally {
    wire.close();
    await node?.stop();
    await late.close();
  }
});

test('status of both tells ages and how far the standby is behind', async () => {
  const status = await until('it is in step', async () => {
    const s = await world.cli.json('status');
    return s.standby.inStep && s;
  });
  assert.equal(status.standby.behindCommits, 0);
  assert.ok(status.disk.freeBytes > 0 && status.backup.failed === false);
  const own = await standby.cli.json('status');
  assert.ok(own.primary.staleMs >= 0 && own.primary.staleMs < 60000, JSON.stringify(own));
  const text = await world.cli.ok('status');
  assert.match(text, /standby in step/);
  assert.match(text, /last backup: none/);
  const metrics = (await request(`${standby.management}/metrics`)).text;
  assert.match(metrics, /^garita_replication_stale_milliseconds \d+$/m);
});

test('RP-02: on the stopped folder of a primary no change is made that its standby would lack', async () => {
  await world.cli.ok('standby', 'mode', 'sync-flush');
  world.server.child.kill('SIGTERM');
  await world.server.ended;
  const refused = await world.cli.run(['realm', 'create', 'chile']);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /wait for its standby.*--without-standby/);
  assert.equal((await world.cli.run(['realm', 'show', 'peru', '--json'])).status, 0); // looking is free
  await world.cli.ok('realm', 'create', 'chile', '--without-standby');
  await world.cli.ok('standby', 'mode', 'async');
  await world.cli.ok('realm', 'create', 'cuba');
  await world.server.launch();
  for (const realm of ['chile', 'cuba'])
    await until(`${realm} comes`, async () => (await request(standby.realm(realm), { headers: { Host } })).status === 200);
});
