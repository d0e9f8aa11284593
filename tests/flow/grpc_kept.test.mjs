// Answers that the gRPC server keeps: given again without a look, and over with whatever they stand on
// (OT-06, OT-07, OT-11). Every case first sees that its answer is a kept one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { basic, request } from './lib/http.mjs';
import { client, codeOf, grpc, load, unary } from './lib/grpc.mjs';
import { decode } from './lib/oidc.mjs';
import { freePort, until } from './lib/server.mjs';
import { World } from './lib/world.mjs';

const { TokenValidation } = load('garita/token/v1/token_validation.proto').garita.token.v1;

const ports = async () => ({ web: await freePort(), management: await freePort(), redirect: await freePort(), grpc: await freePort() });

let world, portal, stub;
before(async () => {
  world = await World.open({ ports: await ports(), args: ['--grpc-threads', '1'] });
  await world.addUser('ana', { email: 'ana@example.pe' });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  stub = client(world.server, TokenValidation);
});
after(async () => {
  stub.close();
  await world.close();
});

const metadata = (values) => {
  const m = new grpc.Metadata();
  for (const [name, value] of Object.entries(values)) m.set(name, value);
  return m;
};
const as = (c, realm = 'peru') => metadata({ authorization: basic(c.clientId, c.secret).Authorization, 'x-tenant-id': realm });
const bearer = (token) => metadata({ authorization: `Bearer ${token}` });
const token = async (c = portal, username = 'ana') => (await c.password(username)).json.access_token;
const validate = (t, m, stub_ = stub) => unary(stub_, 'validate', { token: t }, m);

const figure = async (name, server = world.server) => Number(new RegExp(`^garita_token_cache_thread_${name} (\\d+)$`, 'm').exec((await request(`${server.management}/metrics`)).text)[1]);

// Asks until the answer comes from the thread: the first time makes it, the second finds it in the
// cache that all share, the third is given again.
async function warm(t, m) {
  for (let i = 0; i < 3; i++) assert.equal((await validate(t, m)).active, true);
  const before_ = await figure('hits_total');
  assert.equal((await validate(t, m)).active, true);
  await until('the hit is counted', async () => (await figure('hits_total')) > before_);
}

let clients = 0;
async function validator() {
  const gate = await world.addClient(`gate${clients++}`, { serviceAccount: true });
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'token-validator', '--username', `service-account-${gate.clientId}`);
  return gate;
}

test('a kept answer says what the first one said', async () => {
  const gate = await validator();
  const t = await token();
  await validate(t, as(gate));
  const second = await validate(t, as(gate));
  await warm(t, as(gate));
  // something else of the realm may have changed meanwhile, upon which an answer is made anew
  const kept = await until('an answer is a kept one', async () => { const one = await validate(t, as(gate)); return one.fromCache && one; });
  assert.deepEqual(kept, second);
  assert.ok((await figure('entries')) > 0);
  assert.ok((await figure('bytes')) > 0);
});

test('OT-11 a kept answer is its caller\'s: another one gets the answer that is for it', async () => {
  const gate = await validator();
  const other = await world.addClient('stranger');
  const t = await token();
  await warm(t, as(gate));
  assert.equal((await validate(t, as(other))).reason, 'NOT_PERMITTED');
  assert.equal(await codeOf(validate(t, as({ clientId: gate.clientId, secret: 'wrong' }))), 'UNAUTHENTICATED');
  assert.equal(await codeOf(validate(t, as(gate, 'master'))), 'UNAUTHENTICATED');
  assert.equal(await codeOf(validate(t, metadata({}))), 'UNAUTHENTICATED');
  assert.equal((await unary(stub, 'validate', { token: t, audience: 'bank' }, as(gate))).reason, 'WRONG_AUDIENCE');
  assert.equal((await validate(`${t.slice(0, -8)}AAAAAAAA`, as(gate))).reason, 'BAD_SIGNATURE');
  assert.equal((await validate(t, as(gate))).active, true);
});

test('OT-11 the proof of a caller ends at once: secret rotated, client disabled or deleted, role taken', async () => {
  const t = await token();
  for (const [end, expected] of [
    [(gate) => world.cli.json('client', 'secret', '--realm', 'peru', '--client-id', gate.clientId, '--rotate'), 'UNAUTHENTICATED'],
    [(gate) => world.setClient(gate.clientId, { enabled: false }), 'UNAUTHENTICATED'],
    [(gate) => world.cli.ok('client', 'delete', '--realm', 'peru', '--client-id', gate.clientId), 'UNAUTHENTICATED'],
    [(gate) => world.cli.ok('role', 'revoke', '--realm', 'peru', '--role', 'token-validator', '--username', `service-account-${gate.clientId}`), 'NOT_PERMITTED'],
  ]) {
    const gate = await validator();
    await warm(t, as(gate));
    await end(gate);
    const said = await validate(t, as(gate)).then((a) => a.reason, (e) => grpc.status[e.code]);
    assert.equal(said, expected, String(end));
  }
});

test('OT-06 a caller with a bearer token is refused as soon as that is revoked', async () => {
  const gate = await validator();
  const t = await token();
  const service = (await gate.service()).json.access_token;
  await warm(t, bearer(service));
  await gate.revoke(service);
  assert.equal(await codeOf(validate(t, bearer(service))), 'UNAUTHENTICATED');
});

test('OT-06 OT-07 OT-08 a kept answer ends with its token', async () => {
  const gate = await validator();
  const spare = await world.addClient('spare', { values: { directAccessGrantsEnabled: true } });
  await world.addUser('eva');
  for (const [end, undo, reason] of [
    [(t) => unary(stub, 'revoke', { token: t }, as(spare)), null, /REVOKED|SESSION_ENDED/],
    [() => world.setUser('eva', { enabled: false }), () => world.setUser('eva', { enabled: true }), /USER_DISABLED/],
    [() => world.setClient('spare', { enabled: false }), () => world.setClient('spare', { enabled: true }), /CLIENT_DISABLED/],
    [() => world.setClient('spare', { notBefore: Math.floor(Date.now() / 1000) + 5 }), () => world.setClient('spare', { notBefore: 0 }), /NOT_BEFORE/],
    [() => world.setRealm({ notBefore: Math.floor(Date.now() / 1000) + 5 }), () => world.setRealm({ notBefore: 0 }), /NOT_BEFORE/],
  ]) {
    const t = await token(spare, 'eva');
    await warm(t, as(gate));
    await end(t);
    assert.match((await validate(t, as(gate))).reason, reason);
    await undo?.();
  }
});

test('OT-08 a kept answer ends with the token\'s own time', async () => {
  const gate = await validator();
  const brief = await world.addClient('brief', { values: { directAccessGrantsEnabled: true, 'attributes.access.token.lifespan': '4' } });
  const t = await token(brief);
  for (let i = 0; i < 3; i++) assert.equal((await validate(t, as(gate))).active, true);
  await until('its time is over', async () => Date.now() / 1000 >= decode(t).exp);
  assert.equal((await validate(t, as(gate))).reason, 'EXPIRED');
});

test('OT-07 a kept answer ends with its realm: disabled, deleted, made again under the same name', async () => {
  await world.addRealm('chile');
  await world.addUser('ana', {}, { realm: 'chile' });
  const add = () => world.addClient('portal', { realm: 'chile', values: { directAccessGrantsEnabled: true } });
  const local = await add();
  const t = await token(local);
  await warm(t, as(local, 'chile'));
  await world.setRealm({ enabled: false }, 'chile');
  assert.equal(await codeOf(validate(t, as(local, 'chile'))), 'UNAUTHENTICATED');
  await world.setRealm({ enabled: true }, 'chile');
  await warm(t, as(local, 'chile'));
  await world.cli.ok('realm', 'delete', 'chile', '--confirm', 'chile');
  assert.equal(await codeOf(validate(t, as(local, 'chile'))), 'UNAUTHENTICATED');
  await world.addRealm('chile');
  await add();
  assert.equal((await validate(t, as(local, 'chile'))).active, false);
});

// Loopback is not limited, so this one comes from the machine's own address.
const address = Object.values(os.networkInterfaces()).flat().find((a) => a.family === 'IPv4' && !a.internal)?.address;

test('HT-08 who waits for its rate gets no kept answer either: it would tell a right secret from a wrong one', { skip: !address && 'no address but loopback' }, async () => {
  const own = await World.open({ rates: true, tls: true, ports: await ports(), args: ['--grpc-threads', '1', '--rate-token', '60', '--rate-token-burst', '1000'] });
  const credentials = grpc.credentials.createSsl(readFileSync(path.join(own.server.data, 'tls/tls.crt')));
  const stub_ = new TokenValidation(`${address}:${own.server.ports.grpc}`, credentials, { 'grpc.ssl_target_name_override': 'localhost', 'grpc.default_authority': 'localhost' });
  await own.addUser('ana');
  const gate = await own.addClient('gate', { values: { directAccessGrantsEnabled: true } });
  const t = await token(gate);
  for (let i = 0; i < 4; i++) assert.equal((await validate(t, as(gate), stub_)).active, true);
  await until('an answer is kept', async () => (await figure('hits_total', own.server)) > 0);
  let code = 'UNAUTHENTICATED';
  for (let i = 0; i < 100 && code === 'UNAUTHENTICATED'; i++) code = await codeOf(validate(t, as({ clientId: 'gate', secret: `guess${i}` }), stub_));
  assert.equal(code, 'RESOURCE_EXHAUSTED');
  assert.equal(await codeOf(validate(t, as(gate), stub_)), 'RESOURCE_EXHAUSTED');
  stub_.close();
  await own.close();
});
