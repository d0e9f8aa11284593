// Token validation over gRPC with stock clients: the same answers as JSON gives, callers of every
// kind, and Envoy's sequence.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { basic, request } from './lib/http.mjs';
import { client, codeOf, grpc, load, unary } from './lib/grpc.mjs';
import { decode } from './lib/oidc.mjs';
import { freePort, tempFolder } from './lib/server.mjs';
import { World } from './lib/world.mjs';

const { TokenValidation } = load('garita/token/v1/token_validation.proto').garita.token.v1;
const { Authorization } = load('envoy/service/auth/v3/external_auth.proto').envoy.service.auth.v3;

let world, portal, gate, spa, stranger, stub, envoy;
before(async () => {
  const ports = { web: await freePort(), management: await freePort(), redirect: await freePort(), grpc: await freePort() };
  world = await World.open({ ports });
  await world.addUser('ana', { email: 'ana@example.pe', firstName: 'Ana', 'attributes.site': ['lima'] });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  gate = await world.addClient('gate', { serviceAccount: true });
  stranger = await world.addClient('stranger', { serviceAccount: true });
  spa = await world.addClient('spa', { isPublic: true, values: { directAccessGrantsEnabled: true } });
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'token-validator', '--username', 'service-account-gate');
  stub = client(world.server, TokenValidation);
  envoy = client(world.server, Authorization);
});
after(async () => {
  stub.close();
  envoy.close();
  await world.close();
});

const metadata = (values) => {
  const m = new grpc.Metadata();
  for (const [name, value] of Object.entries(values)) m.set(name, value);
  return m;
};
const as = (c, more = {}) => metadata({ authorization: basic(c.clientId, c.secret).Authorization, 'x-tenant-id': 'peru', ...more });
const token = async (c = portal) => (await c.password('ana')).json.access_token;
const validate = (question, m = as(gate)) => unary(stub, 'validate', question, m);

// google.protobuf.Struct to what it stands for
const plain = (value) => {
  switch (value.kind) {
    case 'structValue': return fromStruct(value.structValue);
    case 'listValue': return value.listValue.values.map(plain);
    case 'nullValue': return null;
    default: return value[value.kind];
  }
};
const fromStruct = (s) => Object.fromEntries(Object.entries(s.fields).map(([name, value]) => [name, plain(value)]));

test('grpc Validate says what the token says', async () => {
  const t = await token();
  const claims = decode(t);
  const answer = await validate({ token: t });
  assert.equal(answer.active, true);
  assert.equal(answer.reason, 'ACTIVE');
  assert.equal(answer.subject, claims.sub);
  assert.equal(answer.username, 'ana');
  assert.equal(answer.clientId, 'portal');
  assert.equal(answer.realm, 'peru');
  assert.equal(answer.issuer, claims.iss);
  assert.equal(answer.jti, claims.jti);
  assert.equal(answer.sessionId, claims.sid);
  assert.equal(answer.scopes.join(' '), claims.scope);
  assert.deepEqual(answer.realmRoles, claims.realm_access.roles);
  assert.deepEqual(answer.clientRoles.account.roles, claims.resource_access.account.roles);
  assert.equal(answer.issuedAt.seconds, claims.iat);
  assert.equal(answer.expiresAt.seconds, claims.exp);
  assert.deepEqual(fromStruct(answer.claims), claims);
});

test('grpc Validate: what is wrong with a token is an answer with a reason', async () => {
  const t = await token();
  for (const [question, reason] of [
    [{ token: 'x' }, 'MALFORMED'], [{}, 'MALFORMED'], [{ token: `${t.slice(0, -8)}AAAAAAAA` }, 'BAD_SIGNATURE'],
    [{ token: t, audience: 'bank' }, 'WRONG_AUDIENCE'], [{ token: t, scopes: ['email', 'pay'] }, 'MISSING_SCOPE'], [{ token: t, roles: ['admin'] }, 'MISSING_ROLE'],
  ]) {
    const answer = await validate(question);
    assert.equal(answer.reason, reason);
    assert.equal(answer.active, false);
    assert.ok(answer.reasonText.length > 0);
    assert.equal(answer.subject, '');
    assert.equal(answer.claims, null);
  }
});

test('grpc and JSON give the same answer', async () => {
  const t = await token();
  const { json } = await request(`${world.server.origin}/grpc/token/validate`, { json: { token: t }, headers: { 'X-Tenant-ID': 'peru', ...basic(gate.clientId, gate.secret) } });
  const answer = await validate({ token: t });
  for (const name of ['active', 'subject', 'username', 'clientId', 'realm', 'tenant', 'issuer', 'jti', 'sessionId', 'tokenType', 'audience', 'scopes', 'realmRoles', 'clientRoles'])
    assert.deepEqual(answer[name], json[name], name);
  assert.deepEqual(fromStruct(answer.claims), json.claims);
});

test('OT-11 grpc: callers without credentials, with wrong ones, and public clients learn nothing', async () => {
  const t = await token();
  const tries = [metadata({}), as({ clientId: 'gate', secret: 'wrong' }), as({ clientId: 'spa', secret: '' }), as({ clientId: 'nobody', secret: 'x' }),
    metadata({ authorization: `Bearer ${t}` }), metadata({ authorization: 'Bearer x' }), metadata({ authorization: 'Negotiate x' })];
  for (const method of ['validate', 'validateBatch', 'introspect', 'getUserContext', 'revoke'])
    for (const m of tries) assert.equal(await codeOf(unary(stub, method, { token: t }, m)), 'UNAUTHENTICATED', `${method} ${JSON.stringify(m.getMap())}`);
  assert.equal((await validate({ token: t })).active, true, 'and nothing was revoked');
  assert.equal((await validate({ token: await token(spa) }, as(portal))).reason, 'NOT_PERMITTED');
});

test('grpc: a service account calls with its bearer token', async () => {
  const service = (await gate.service()).json.access_token;
  assert.equal((await validate({ token: await token() }, metadata({ authorization: `Bearer ${service}` }))).active, true);
});

test('grpc: tenants that contradict each other are an error with details', async () => {
  await world.addRealm('chile');
  const error = await validate({ token: await token(), realm: 'chile' }).catch((e) => e);
  assert.equal(grpc.status[error.code], 'INVALID_ARGUMENT');
  const details = error.metadata.get('grpc-status-details-bin')[0].toString('latin1');
  assert.match(details, /google\.rpc\.ErrorInfo/);
  assert.match(details, /INVALID_REQUEST/);
});

test('grpc: too many scopes name the field that is wrong', async () => {
  const error = await validate({ token: 'x', scopes: Array.from({ length: 65 }, (_, i) => `s${i}`) }).catch((e) => e);
  assert.equal(grpc.status[error.code], 'INVALID_ARGUMENT');
  const details = error.metadata.get('grpc-status-details-bin')[0].toString('latin1');
  assert.match(details, /google\.rpc\.BadRequest/);
  assert.match(details, /scopes/);
});

test('grpc ValidateBatch answers in the order of the questions', async () => {
  const t = await token();
  const questions = Array.from({ length: 100 }, (_, i) => ({ token: i % 2 ? t : 'x' }));
  const { answers } = await unary(stub, 'validateBatch', { questions }, as(gate));
  assert.deepEqual(answers.map((a) => a.active), questions.map((q) => q.token === t));
  assert.equal(await codeOf(unary(stub, 'validateBatch', { questions: [...questions, { token: t }] }, as(gate))), 'INVALID_ARGUMENT');
  assert.deepEqual((await unary(stub, 'validateBatch', {}, as(gate))).answers, []);
});

test('grpc Introspect and GetUserContext', async () => {
  const t = await token();
  const claims = decode(t);
  const introspection = fromStruct(await unary(stub, 'introspect', { token: t }, as(gate)));
  assert.equal(introspection.active, true);
  assert.equal(introspection.sub, claims.sub);
  assert.equal(introspection.exp, claims.exp);
  assert.deepEqual(fromStruct(await unary(stub, 'introspect', { token: 'x' }, as(gate))), { active: false });
  const context = await unary(stub, 'getUserContext', { token: t }, as(gate));
  assert.equal(context.token.active, true);
  assert.equal(context.userId, claims.sub);
  assert.equal(context.email, 'ana@example.pe');
  assert.equal(context.enabled, true);
  assert.deepEqual(fromStruct(context.attributes).site, ['lima']);
  assert.equal(fromStruct(context.claims).sub, claims.sub);
  assert.equal((await unary(stub, 'getUserContext', { token: 'x' }, as(gate))).token.reason, 'MALFORMED');
});

test('OT-12 grpc Revoke: a client ends its own tokens, in force for the very next call', async () => {
  for (let i = 0; i < 5; i++) {
    const t = await token();
    assert.equal((await validate({ token: t })).active, true);
    await unary(stub, 'revoke', { token: t }, as(stranger));
    assert.equal((await validate({ token: t })).active, true, 'another client ends nothing');
    await unary(stub, 'revoke', { token: t }, as(i % 2 ? portal : gate));
    const answer = await validate({ token: t });
    assert.equal(answer.active, false);
    assert.ok(['REVOKED', 'SESSION_ENDED'].includes(answer.reason), answer.reason);
  }
  assert.deepEqual(await unary(stub, 'revoke', { token: 'x' }, as(gate)), {});
});

test('grpc: deadline and cancel end a call at once, and the next one is served', async () => {
  assert.equal(await codeOf(unary(stub, 'validate', { token: 'x' }, as(gate), { deadline: Date.now() - 1 })), 'DEADLINE_EXCEEDED');
  const code = await new Promise((resolve) => {
    const call = stub.validate({ token: 'x' }, as(gate), (error) => resolve(error ? grpc.status[error.code] : 'OK'));
    call.cancel();
  });
  assert.equal(code, 'CANCELLED');
  assert.equal((await validate({ token: await token() })).active, true);
});

test('grpc: many calls at once on one connection, each with its own answer', async () => {
  const t = await token();
  const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => validate({ token: i % 3 ? t : `x${i}` })));
  answers.forEach((answer, i) => assert.equal(answer.active, i % 3 !== 0));
});

// --- Envoy ---

const check = (headers, extensions = {}, m = as(gate)) =>
  unary(envoy, 'check', { attributes: { request: { http: { headers } }, contextExtensions: extensions } }, m);
const set = (response) => Object.fromEntries((response.headers ?? []).map((h) => [h.header.key, h.header.value]));

test('WE-15 Envoy Check: a good token passes with identity headers, whatever the client sent', async () => {
  const t = await token();
  const answer = await check({ authorization: `Bearer ${t}`, 'x-auth-request-user': 'root', 'x-tenant-id': 'chile' });
  assert.equal(answer.status.code, grpc.status.OK);
  assert.equal(answer.httpResponse, 'okResponse');
  const headers = set(answer.okResponse);
  assert.equal(headers['x-auth-request-user'], decode(t).sub);
  assert.equal(headers['x-auth-request-email'], 'ana@example.pe');
  assert.equal(headers['x-tenant-id'], 'peru');
  assert.ok(headers['x-auth-roles'].split(',').includes('offline_access'));
  assert.ok(answer.okResponse.headers.every((h) => h.appendAction === 'OVERWRITE_IF_EXISTS_OR_ADD'));
  assert.equal(fromStruct(answer.dynamicMetadata).sub, decode(t).sub);
});

test('WE-15 Envoy Check: a role cannot name another one beside itself', async () => {
  await world.cli.ok('role', 'add', '--realm', 'peru', '--name', 'lima,admin');
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'lima,admin', '--username', 'ana');
  const { okResponse } = await check({ authorization: `Bearer ${await token()}` });
  const roles = set(okResponse)['x-auth-roles'].split(',');
  assert.ok(roles.includes('lima%2Cadmin'));
  assert.ok(!roles.includes('admin'));
  await world.cli.ok('role', 'revoke', '--realm', 'peru', '--role', 'lima,admin', '--username', 'ana');
});

test('Envoy Check: what is asked for by a name that is not known is an error, not left out', async () => {
  assert.equal(await codeOf(check({ authorization: `Bearer ${await token()}` }, { role: 'admin' })), 'INVALID_ARGUMENT');
});

test('WE-15 Envoy Check: identity headers without a value are taken away from the request', async () => {
  const service = (await gate.service()).json.access_token;
  const { okResponse } = await check({ authorization: `Bearer ${service}`, 'x-auth-request-email': 'root@example.pe' });
  assert.ok(okResponse.headersToRemove.includes('x-auth-request-email'));
  assert.ok(!('x-auth-request-email' in set(okResponse)));
});

test('Envoy Check: no token, a bad one, one that lacks a scope or role', async () => {
  const t = await token();
  for (const [headers, extensions, status, code, challenge] of [
    [{}, {}, 401, 'UNAUTHENTICATED', 'Bearer realm="garita"'],
    [{ authorization: 'Basic eDp5' }, {}, 401, 'UNAUTHENTICATED', 'Bearer realm="garita"'],
    [{ authorization: 'Bearer x' }, {}, 401, 'UNAUTHENTICATED', 'Bearer realm="garita", error="invalid_token"'],
    [{ authorization: `Bearer ${t}` }, { scopes: 'email pay' }, 403, 'PERMISSION_DENIED', 'Bearer realm="garita", error="insufficient_scope"'],
    [{ authorization: `Bearer ${t}` }, { roles: 'admin' }, 403, 'PERMISSION_DENIED', 'Bearer realm="garita", error="insufficient_scope"'],
    [{ authorization: `Bearer ${t}` }, { audience: 'bank' }, 401, 'UNAUTHENTICATED', 'Bearer realm="garita", error="invalid_token"'],
  ]) {
    const answer = await check(headers, extensions);
    assert.equal(answer.httpResponse, 'deniedResponse');
    assert.equal(answer.deniedResponse.status.code, status);
    assert.equal(grpc.status[answer.status.code], code);
    assert.equal(set(answer.deniedResponse)['www-authenticate'], challenge);
  }
  assert.equal((await check({ authorization: `Bearer ${t}` }, { scopes: 'email profile', realm: 'peru' })).httpResponse, 'okResponse');
});

test('OT-11 Envoy Check: the proxy must prove itself; the token it asks about is no credential', async () => {
  const t = await token();
  assert.equal(await codeOf(check({ authorization: `Bearer ${t}` }, {}, metadata({}))), 'UNAUTHENTICATED');
});

// A key and a self-signed certificate, with its SHA-256 as the client's attribute has it.
function makeCertificate(folder, name) {
  const [key, cert] = ['key', 'crt'].map((end) => path.join(folder, `${name}.${end}`));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', `/CN=${name}`], { stdio: 'ignore' });
  const sha256 = Buffer.from(new X509Certificate(readFileSync(cert)).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  return { key: readFileSync(key), cert: readFileSync(cert), sha256 };
}

test('OT-11 grpc over mutual TLS: the certificate of its connection proves a caller', async () => {
  const ports = { web: await freePort(), management: await freePort(), redirect: await freePort(), grpc: await freePort() };
  const secure = await World.open({ ports, tls: true, args: ['--tls-client-certificates'] });
  const folder = tempFolder('mtls');
  const [mine, another] = ['gateway', 'another'].map((name) => makeCertificate(folder, name));
  rmSync(folder, { recursive: true });
  const root = readFileSync(path.join(secure.server.data, 'tls/tls.crt'));
  const caller = await secure.addClient('gate');
  await secure.addClient('gateway', { values: { 'attributes.garita.certificate.sha256': mine.sha256 } });
  const bare = () => as({ clientId: 'gateway', secret: '' });
  for (const [credentials, code] of [
    [grpc.credentials.createSsl(root, mine.key, mine.cert), 'OK'],
    [grpc.credentials.createSsl(root, another.key, another.cert), 'UNAUTHENTICATED'],
    [grpc.credentials.createSsl(root), 'UNAUTHENTICATED'],
  ]) {
    const tls = client(secure.server, TokenValidation, credentials, { 'grpc.use_local_subchannel_pool': 1 });
    assert.equal(await codeOf(unary(tls, 'validate', { token: 'x' }, bare())), code);
    assert.equal((await unary(tls, 'validate', { token: 'x' }, as(caller))).reason, 'MALFORMED');
    assert.equal(await codeOf(unary(tls, 'validate', { token: 'x' })), 'UNAUTHENTICATED');
    tls.close();
  }
  await secure.close();
});

// What is set of a message, without its number and time.
const what = ({ number, at, realm, ...fields }) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value && value !== ''));

test('grpc WatchRevocations: a watcher hears what ended, by the names that stand in tokens', async () => {
  const watch = stub.watchRevocations({}, as(gate));
  const heard = [];
  let wake = () => {};
  watch.on('data', (revocation) => { heard.push(revocation); wake(); });
  watch.on('error', () => wake());
  const reach = async (count) => { while (heard.length < count) await new Promise((resolve) => { wake = resolve; }); };
  await reach(1);
  assert.deepEqual([heard[0].realm, what(heard[0])], ['peru', { reset: true }], 'the first says that the watch has begun');
  const ana = decode(await token());
  const service = await gate.service();
  const notBefore = Math.floor(Date.now() / 1000) - 100000;
  const endings = [
    ['a token', async () => { const t = await token(); await unary(stub, 'revoke', { token: t }, as(portal)); return { jti: decode(t).jti }; }],
    ['a token without a session', async () => { const t = (await gate.service()).json.access_token; await unary(stub, 'revoke', { token: t }, as(gate)); return { jti: decode(t).jti }; }],
    ['a refresh token, with its session', async () => {
      const { json } = await portal.password('ana');
      await unary(stub, 'revoke', { token: json.refresh_token }, as(portal));
      return { sessionId: decode(json.access_token).sid };
    }],
    ['a person', async () => { await world.setUser('ana', { enabled: false }); return { userId: ana.sub }; }],
    ['a person again', async () => { await world.setUser('ana', { enabled: true }); return { userId: ana.sub }; }],
    ['a client', async () => { await world.setClient('spa', { enabled: false }); return { clientId: 'spa' }; }],
    ['what is older', async () => { await world.setRealm({ notBefore }); return { notBefore: { seconds: notBefore, nanos: 0 } }; }],
    ['settings of the realm', async () => { await world.setRealm({ displayName: 'Peru' }); return { reset: true }; }],
  ];
  assert.equal(service.status, 200);
  for (const [name, end] of endings) {
    const count = heard.length;
    const expected = await end();
    await reach(count + 1);
    const fits = heard.slice(count).map(what).filter((w) => Object.entries(expected).every(([field, value]) => JSON.stringify(w[field]) === JSON.stringify(value)));
    assert.ok(fits.length > 0, `${name}: ${JSON.stringify(expected)} is none of ${JSON.stringify(heard.slice(count).map(what))}`);
    assert.deepEqual(heard.slice(count).map((h) => h.realm).filter((r) => r !== 'peru'), []);
  }
  assert.deepEqual(heard.map((h) => h.number), heard.map((_, i) => i + 1));
  watch.cancel();
});

test('grpc WatchRevocations: who was not there, or is too slow, is told to drop everything', async () => {
  const watch = stub.watchRevocations({}, as(gate));
  const heard = [];
  let wake = () => {};
  watch.on('data', (revocation) => { heard.push(revocation); wake(); });
  watch.on('error', () => wake());
  while (heard.length < 1) await new Promise((resolve) => { wake = resolve; });
  assert.equal(heard[0].reset, true);
  watch.cancel();
  await world.setUser('ana', { enabled: true });
  const again = stub.watchRevocations({}, as(gate));
  const first = await new Promise((resolve) => { again.on('data', resolve); again.on('error', () => {}); });
  assert.deepEqual(what(first), { reset: true });
  again.cancel();
});

test('OT-11 grpc WatchRevocations: only who may ask about the whole realm hears of it', async () => {
  const codeOfWatch = (request_, m) => new Promise((resolve) => {
    const watch = stub.watchRevocations(request_, m);
    watch.on('data', () => { resolve('OK'); watch.cancel(); });
    watch.on('error', (error) => resolve(grpc.status[error.code]));
  });
  assert.equal(await codeOfWatch({}, metadata({})), 'UNAUTHENTICATED');
  assert.equal(await codeOfWatch({}, as(portal)), 'PERMISSION_DENIED');
  assert.equal(await codeOfWatch({ realm: 'master' }, as(gate)), 'PERMISSION_DENIED');
  assert.equal(await codeOfWatch({ realm: 'no-such-realm' }, as(gate)), 'PERMISSION_DENIED');
  assert.equal(await codeOfWatch({ realm: 'peru' }, as(gate)), 'OK');
});
