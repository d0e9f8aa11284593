// A primary and its standby, two real processes: what the standby answers, what it refuses, and that
// what ended at the primary is over there, too (RP-02).
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cli } from './lib/cli.mjs';
import { basic, request } from './lib/http.mjs';
import { Client, PASSWORD } from './lib/oidc.mjs';
import { Server, freePort, tempFolder, until } from './lib/server.mjs';
import { health } from './lib/storage.mjs';
import { SECRET, World } from './lib/world.mjs';

const ports = { web: await freePort(), management: await freePort(), redirect: await freePort() };
const replication = await freePort();
const origin = `http://localhost:${ports.web}`; // that of both, as behind a floating address
const Host = `localhost:${ports.web}`;
const ask = (url, { headers, ...options } = {}) => request(url, { headers: { Host, ...headers }, ...options });
const address = `localhost:${replication}`;
let world, standby, portal, there, gate;

async function pair() {
  const token = (await world.cli.ok('standby', 'token')).trim();
  await world.cli.withFile(token, (file) => standby.cli.ok('standby', 'init', '--from', address, '--token-file', file));
}

before(async () => {
  const args = ['--hostname', origin];
  world = await World.open({ ports, args: [...args, '--replication-port', String(replication)] });
  await world.addUser('ana', { email: 'ana@example.pe' });
  portal = await world.addClient('portal', { serviceAccount: true, values: { directAccessGrantsEnabled: true } });
  gate = await world.addClient('gate', { serviceAccount: true });
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'token-validator', '--username', 'service-account-gate');
  const data = path.join(tempFolder('standby'), 'garita');
  standby = new Server({ data, args: [...args, '--replication-port', String(await freePort())] });
  standby.data = data;
  standby.ports = { web: await freePort(), management: await freePort(), redirect: await freePort() };
  standby.cli = new Cli(data, standby.bin);
  await pair();
  await standby.launch();
  there = new Client(standby, 'peru', 'portal', SECRET, { headers: { Host } });
  await until('the standby has the realm', async () => (await ask(standby.realm('peru'))).status === 200);
});
after(async () => {
  await standby?.stop();
  await world?.close();
});

const tokens = async () => (await portal.password('ana')).json;
const active = async (client, token) => (await client.introspect(token)).json?.active;
const validate = async (server, token) =>
  (await ask(`${server.origin}/grpc/token/validate`, {
    json: { token }, headers: { 'X-Tenant-ID': 'peru', ...basic(gate.clientId, gate.secret) },
  })).json;
const seen = (what, check) => until(what, check, 30000, 5);

test('discovery and keys are the same on both', async () => {
  for (const part of ['/.well-known/openid-configuration', '/protocol/openid-connect/certs']) {
    const [one, other] = [await request(`${world.server.realm('peru')}${part}`), await ask(`${standby.realm('peru')}${part}`)];
    assert.equal(other.status, 200);
    assert.deepEqual(other.json, one.json);
  }
});

test('a token of the primary is good at the standby: introspection, userinfo, validation', async () => {
  const { access_token } = await tokens();
  await seen('the session is there', () => active(there, access_token));
  assert.equal((await there.userinfo(access_token)).json.email, 'ana@example.pe');
  const answer = await validate(standby, access_token);
  assert.equal(answer.active, true);
});

test('RP-02: what is revoked or logged out at the primary is over at the standby', async () => {
  for (const end of [(t) => portal.revoke(t.access_token), (t) => portal.post('/logout', { refresh_token: t.refresh_token })]) {
    const t = await tokens();
    await seen('it is there', () => active(there, t.access_token));
    assert.equal((await validate(standby, t.access_token)).active, true); // and is kept there
    await end(t);
    await seen('it is over', async () => (await active(there, t.access_token)) === false);
    assert.ok(!(await validate(standby, t.access_token)).active);
  }
});

test('logins and changes are refused, with the address of the primary', async () => {
  const t = await tokens();
  await seen('it is there', () => active(there, t.access_token));
  for (const reply of [await there.password('ana'), await there.refresh(t.refresh_token), await there.service(), await there.revoke(t.access_token)]) {
    assert.equal(reply.status, 503, reply.text);
    assert.equal(reply.json.error, 'temporarily_unavailable');
    assert.match(reply.json.error_description, new RegExp(`standby.*${address}`));
  }
  await world.cli.withFile(PASSWORD, (file) => world.cli.ok(
    'user', 'add', '--realm', 'peru', '--username', 'root', '--password-file', file, '--role', 'realm-management/realm-admin'));
  const admin = (await new Client(world.server, 'peru', 'admin-cli').password('root')).json.access_token;
  const url = `${standby.origin}/admin/realms/peru`;
  const headers = { Authorization: `Bearer ${admin}` };
  await seen('the administrator is there', async () => (await ask(url, { headers })).status === 200);
  const refused = await ask(`${url}/users`, { method: 'POST', headers, json: { username: 'eva' } });
  assert.equal(refused.status, 503);
  assert.match(refused.json.errorMessage, new RegExp(`standby.*${address}`));
  const cli = await standby.cli.run(['realm', 'create', 'chile']);
  assert.notEqual(cli.status, 0);
  assert.ok(cli.stderr.includes(`this is a standby: changes are made at the primary, ${address}. There: garita realm create chile`), cli.stderr);
  const quoted = await standby.cli.run(['user', 'add', '--realm', 'peru', '--username', "o'brien x", '--why', '$(a)']);
  assert.ok(quoted.stderr.includes(`There: garita user add --realm peru --username 'o'\\''brien x' --why '$(a)'`), quoted.stderr);
});

test('a wrong secret is told as such, as nothing can be noted', async () => {
  const { access_token } = await tokens();
  const wrong = new Client(standby, 'peru', 'portal', 'wrong', { headers: { Host } });
  assert.equal((await wrong.introspect(access_token)).status, 401);
});

test('realms come and go', async () => {
  await world.addRealm('chile');
  await seen('it came', async () => (await ask(standby.realm('chile'))).status === 200);
  await world.cli.ok('realm', 'delete', 'chile', '--confirm', 'chile');
  await seen('it went', async () => (await ask(standby.realm('chile'))).status === 404);
});

test('health and metrics answer', async () => {
  assert.equal((await request(`${standby.management}/health/ready`)).status, 200);
  assert.equal((await request(`${standby.management}/metrics`)).status, 200);
  assert.ok((await health(standby)).json.checks);
});

test('killed and started again, both go on from where they stood', async () => {
  for (const server of [standby, world.server]) {
    server.child.kill('SIGKILL');
    await server.ended;
    await server.launch();
    // a primary that starts asks the standby first whether it still reigns
    const { access_token } = await until('the primary takes logins', async () => {
      const t = await tokens();
      return t.access_token && t;
    });
    await seen('new tokens arrive', () => active(there, access_token));
  }
});
