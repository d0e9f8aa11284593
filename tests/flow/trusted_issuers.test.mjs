// Tokens of another server: a second garita whose keys are fetched, and an issuer made by hand for what
// no honest server does.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { client, grpc, load, unary } from './lib/grpc.mjs';
import { basic, bearer, request } from './lib/http.mjs';
import { bringingKeys, confused, rewritten, unsigned } from './lib/jwt_attacks.mjs';
import { decode } from './lib/oidc.mjs';
import { freePort } from './lib/server.mjs';
import { World } from './lib/world.mjs';

const { TokenValidation } = load('garita/token/v1/token_validation.proto').garita.token.v1;
const { Authorization } = load('envoy/service/auth/v3/external_auth.proto').envoy.service.auth.v3;
const now = () => Math.floor(Date.now() / 1000);

// --- an issuer made by hand ---

let keyHost, byHand;
const served = { keys: [], calls: 0 };

async function newKey(kid, alg = 'ES256') {
  const pair = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, private: pair.privateKey, public: { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' } };
}
async function sign(key, claims = {}, header = {}) {
  return new SignJWT({ iss: byHand, sub: 'maria', aud: 'orders', iat: now(), exp: now() + 300, scope: 'read', ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header }).sign(key.private);
}
async function startKeyHost(port = 0) {
  keyHost = http.createServer((req, res) => {
    served.calls++;
    res.setHeader('Content-Type', 'application/jwk-set+json');
    res.end(JSON.stringify({ keys: served.keys.map((key) => key.public) }));
  });
  await new Promise((done) => keyHost.listen(port, '127.0.0.1', done));
}
const stopKeyHost = () => new Promise((done) => { keyHost.closeAllConnections(); keyHost.close(done); });

// --- the two servers ---

let partner, world, gate, orders, shop, stub, envoy, partnerIssuer;
const uriOf = (issuer) => `${issuer.replace('localhost', '127.0.0.1')}/protocol/openid-connect/certs`;

before(async () => {
  await startKeyHost();
  byHand = `http://127.0.0.1:${keyHost.address().port}`;
  served.keys = [await newKey('first')];
  partner = await World.open();
  await partner.addUser('maria', { email: 'maria@partner.example' });
  shop = await partner.addClient('shop', { values: { directAccessGrantsEnabled: true } });
  await partner.addMapper('shop', 'orders', 'oidc-audience-mapper', { 'included.custom.audience': 'orders', 'access.token.claim': 'true' });
  partnerIssuer = partner.server.realm('peru');
  const ports = { web: await freePort(), management: await freePort(), redirect: await freePort(), grpc: await freePort() };
  const fetchPorts = [partner.server.ports.web, keyHost.address().port].flatMap((port) => ['--fetch-ports', String(port)]);
  world = await World.open({ ports, args: ['--fetch-networks', '127.0.0.0/8', ...fetchPorts, '--default-realm', 'peru'] });
  gate = await world.addClient('gate', { serviceAccount: true });
  orders = await world.addClient('orders');
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'token-validator', '--username', 'service-account-gate');
  await world.cli.ok('issuer', 'add', '--realm', 'peru', '--issuer', partnerIssuer, '--jwks-uri', uriOf(partnerIssuer), '--audience', 'orders',
    'subjectPrefix=partner:', 'rolesClaim=realm_access.roles');
  await world.cli.ok('issuer', 'add', '--realm', 'peru', '--issuer', byHand, '--jwks-uri', `${byHand}/keys`, '--audience', 'orders');
  stub = client(world.server, TokenValidation);
  envoy = client(world.server, Authorization);
});
after(async () => {
  stub?.close();
  envoy?.close();
  await world?.close();
  await partner?.close();
  await stopKeyHost();
});

const fromPartner = async () => (await shop.password('maria')).json.access_token;
const call = (path, json, c = gate, headers = {}) =>
  request(`${world.server.origin}${path}`, { json, headers: { 'X-Tenant-ID': 'peru', ...basic(c.clientId, c.secret), ...headers } });
const validate = async (token, more = {}, c = gate) => {
  const reply = await call('/grpc/token/validate', { token, ...more }, c);
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
};
const reason = async (token, more, c) => (await validate(token, more, c)).reason ?? 'ACTIVE';
const metadata = () => {
  const m = new grpc.Metadata();
  m.set('authorization', basic('gate', gate.secret).Authorization);
  m.set('x-tenant-id', 'peru');
  return m;
};

test('a token of a second server is told on every path, by the terms of trust', async () => {
  const token = await fromPartner();
  const claims = decode(token);
  const answer = await validate(token, { audience: 'orders', scopes: ['email'], roles: ['offline_access'] });
  assert.equal(answer.active, true);
  assert.equal(answer.subject, `partner:${claims.sub}`);
  assert.equal(answer.issuer, partnerIssuer);
  assert.equal(answer.realm, 'peru');
  assert.equal(answer.tenant, 'peru');
  assert.deepEqual([answer.username, answer.clientId, answer.sessionId, answer.clientRoles], [undefined, undefined, undefined, undefined]);
  assert.deepEqual(answer.claims, claims);
  assert.equal((await validate(token)).fromCache, true);

  const batch = (await call('/grpc/token/validate-batch', { questions: [{ token }, { token, scopes: ['payments'] }] })).json.answers;
  assert.deepEqual(batch.map((a) => a.reason ?? 'ACTIVE'), ['ACTIVE', 'MISSING_SCOPE']);
  assert.equal((await call('/garita.token.v1.TokenValidation/Validate', { token })).json.subject, answer.subject);
  const told = (await call('/grpc/token/introspect', { token })).json;
  assert.deepEqual(told, {
    active: true, iss: partnerIssuer, sub: answer.subject, aud: claims.aud, exp: claims.exp, iat: claims.iat, jti: claims.jti, scope: claims.scope, token_type: 'Bearer',
  });
  const context = (await call('/grpc/token/user-context', { token })).json;
  assert.equal(context.token.active, true);
  assert.deepEqual(Object.keys(context), ['token'], 'it is no person of ours');
  assert.equal((await unary(stub, 'validate', { token }, metadata())).subject, answer.subject);
});

test('forward authentication and Envoy pass it with identity headers that say whose it is (WE-15)', async () => {
  const token = await fromPartner();
  const expected = {
    'x-auth-issuer': partnerIssuer, 'x-auth-realm': 'peru', 'x-tenant-id': 'peru',
    'x-auth-request-email': '', 'x-auth-request-preferred-username': '', 'x-auth-client': '', 'x-auth-session': '',
  };
  const reply = await request(`${world.server.origin}/forward-auth?audience=orders`, { headers: bearer(token) });
  assert.equal(reply.status, 200, reply.text);
  for (const [name, value] of Object.entries(expected)) assert.equal(decodeURIComponent(reply.headers[name] ?? ''), value, name);
  assert.equal(decodeURIComponent(reply.headers['x-auth-request-user']), `partner:${decode(token).sub}`);
  assert.equal((await request(`${world.server.origin}/forward-auth?audience=bank`, { headers: bearer(token) })).status, 401);
  const headers = { authorization: `Bearer ${token}`, 'x-auth-request-email': 'root@example.pe', 'x-auth-client': 'root' };
  const { okResponse, status } = await unary(envoy, 'check', { attributes: { request: { http: { headers } } } }, metadata());
  assert.equal(status?.code ?? 0, 0);
  for (const name of ['x-auth-request-email', 'x-auth-client', 'x-auth-session']) assert.ok(okResponse.headersToRemove.includes(name), name);
  const set = Object.fromEntries(okResponse.headers.map(({ header }) => [header.key, header.value]));
  assert.equal(set['x-auth-issuer'], partnerIssuer);
});

test('OT-15: it is no token of ours: not for userinfo, not for introspection, not as a credential', async () => {
  const token = await sign(served.keys[0], { typ: 'Bearer', azp: 'gate', aud: ['orders', 'gate', 'account'], scope: 'openid', jti: 'onrtac:x' });
  const endpoint = `${world.server.realm('peru')}/protocol/openid-connect`;
  assert.equal(await reason(token), 'ACTIVE');
  assert.equal((await request(`${endpoint}/userinfo`, { headers: bearer(token) })).status, 401);
  const told = await request(`${endpoint}/token/introspect`, { form: { token }, headers: basic('gate', gate.secret) });
  assert.deepEqual(told.json, { active: false });
  const caller = await request(`${world.server.origin}/grpc/token/validate`, { json: { token }, headers: { 'X-Tenant-ID': 'peru', ...bearer(token) } });
  assert.equal(caller.status, 401);
});

test('JO-01, JO-09, JO-10, OT-15: what deviates is told by its reason', async () => {
  const [key] = served.keys;
  const tries = [
    ['EXPIRED', { exp: now() - 60, iat: now() - 300 }], ['NOT_YET_VALID', { nbf: now() + 600 }], ['NOT_YET_VALID', { iat: now() + 200 }],
    ['LIVES_TOO_LONG', { exp: now() + 90000 }], ['MALFORMED', { exp: undefined }], ['MALFORMED', { iat: undefined }],
    ['WRONG_AUDIENCE', { aud: 'bank' }], ['WRONG_AUDIENCE', { aud: undefined }], ['WRONG_SUBJECT', { sub: undefined }],
    ['UNKNOWN_ISSUER', { iss: `${byHand}/` }], ['UNKNOWN_ISSUER', { iss: byHand.toUpperCase() }],
    ['UNKNOWN_KEY', { iss: world.server.realm('peru') }], ['WRONG_TYPE', { nonce: 'n' }], ['WRONG_TYPE', { cnf: { jkt: 'x' } }],
  ];
  for (const [expected, claims] of tries) assert.equal(await reason(await sign(key, claims)), expected, JSON.stringify(claims));
  assert.equal(await reason(await sign(key, {}, { typ: 'logout+jwt' })), 'WRONG_TYPE');
  const forger = { ...(await newKey('first')) };
  assert.equal(await reason(await sign(forger)), 'BAD_SIGNATURE');
  const secret = { kid: 'first', alg: 'HS256', private: Buffer.from(JSON.stringify(key.public)) };
  assert.equal(await reason(await sign(secret)), 'WRONG_ALGORITHM');
  assert.equal(await reason(await sign(key), {}, orders), 'ACTIVE', 'it is meant for this client');
});

test('JO-01, JO-02, JO-04 to JO-08: forged and rewritten tokens', async () => {
  const [key] = served.keys;
  const claims = { iss: byHand, sub: 'maria', aud: 'orders', iat: now(), exp: now() + 300 };
  const genuine = await sign(key);
  assert.equal(await reason(genuine), 'ACTIVE');
  served.calls = 0;
  for (const [name, token] of [...unsigned(claims), ...confused(claims, key.public), ...bringingKeys(claims, 'first', `${byHand}/listener`), ...rewritten(genuine)]) {
    const { status, json } = await call('/grpc/token/validate', { token }); // JO-08: some are too large to be looked at
    assert.ok(status === 200 ? json.active === false : status === 429, `${name}: ${status}`);
    assert.equal(json.claims, undefined, name);
  }
  assert.ok(served.calls <= 1, `${served.calls} fetches`);
});

test('OI-01: nobody is told under the subject of one of our own users', async () => {
  await world.addUser('carla');
  const { id } = await world.cli.json('user', 'show', '--realm', 'peru', '--username', 'carla');
  assert.equal(await reason(await sign(served.keys[0], { sub: id })), 'WRONG_SUBJECT');
});

test('an issuer of ours is never trusted from outside, in no spelling', async () => {
  const evil = await newKey('evil');
  const ours = world.server.realm('peru');
  for (const iss of [ours, ours.replace('/realms/peru', '/realms/nowhere'), ours.replace('http://localhost', 'HTTP://LOCALHOST'), ours.replace('/realms/', '/Realms/'), `${ours}/`]) {
    await world.cli.withFile(JSON.stringify({ keys: [evil.public] }), (file) =>
      world.cli.run(['issuer', 'add', '--realm', 'peru', '--issuer', iss, '--audience', 'orders', '--jwks-file', file]));
    const reply = await call('/grpc/token/validate', { token: await sign(evil, { iss, typ: 'Bearer', azp: 'gate', jti: 'onrtac:x' }) });
    assert.notEqual(reply.json.active, true, iss);
    await world.cli.run(['issuer', 'remove', '--realm', 'peru', '--issuer', iss]);
  }
});

test('JO-04: keys are fetched once, a new one is found, and unknown kids cause few fetches', async () => {
  const [key] = served.keys;
  assert.equal(await reason(await sign(key)), 'ACTIVE');
  served.calls = 0;
  for (let i = 0; i < 20; i++) assert.equal(await reason(await sign(key, { jti: String(i) })), 'ACTIVE');
  assert.equal(served.calls, 0);
  const stranger = await newKey('unknown');
  for (let i = 0; i < 20; i++) assert.equal(await reason(await sign({ ...stranger, kid: `unknown${i}` })), 'UNKNOWN_KEY');
  assert.ok(served.calls <= 2, `${served.calls} fetches for 20 unknown kids`);
  assert.equal(await reason(await sign({ ...stranger, kid: '../../../etc/passwd' })), 'UNKNOWN_KEY');
});

test('AD-02: a realm that does not trust it, and tenants that contradict each other', async () => {
  await world.addRealm('chile');
  const other = await world.addClient('gate', { realm: 'chile', serviceAccount: true });
  await world.cli.ok('role', 'assign', '--realm', 'chile', '--role', 'token-validator', '--username', 'service-account-gate');
  const token = await fromPartner();
  assert.equal((await call('/grpc/token/validate', { token }, other, { 'X-Tenant-ID': 'chile' })).json.reason, 'UNKNOWN_ISSUER');
  const service = (await gate.service()).json.access_token;
  const contradicting = await request(`${world.server.origin}/grpc/token/validate`, { json: { token }, headers: { 'X-Tenant-ID': 'chile', ...bearer(service) } });
  assert.equal(contradicting.status, 400, contradicting.text);
  assert.equal(contradicting.json.code, 'invalid_argument');
});

test('keys outlast an orderly restart while the issuer is away; what a crash loses costs time alone', async () => {
  const token = await sign(served.keys[0], { jti: 'restart' });
  assert.equal(await reason(token), 'ACTIVE');
  const { port } = keyHost.address();
  await stopKeyHost();
  await world.server.restart();
  assert.equal(await reason(token), 'ACTIVE');
  assert.equal(await reason(await sign(served.keys[0], { jti: 'never seen' })), 'ACTIVE');
  await world.server.crash();
  await world.server.launch();
  assert.equal(await reason(token), 'ISSUER_UNAVAILABLE', 'the keys are asked for, and nobody answers');
  await startKeyHost(port);
  const end = Date.now() + 60000;
  let last;
  while ((last = await reason(token)) !== 'ACTIVE' && Date.now() < end) await new Promise((done) => setTimeout(done, 500));
  assert.equal(last, 'ACTIVE');
});

test('metrics tell of each kind of entry', async () => {
  const ana = await world.addUser('ana', {});
  const portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  const mine = (await portal.password('ana')).json.access_token;
  for (let i = 0; i < 2; i++) assert.equal((await call('/grpc/token/user-context', { token: mine })).json.username, 'ana', ana);
  await validate(await sign(served.keys[0]));
  await validate(await sign(served.keys[0], { jti: 'x' }));
  const text = (await request(`${world.server.management}/metrics`)).text;
  const value = (name, kind) => Number(text.match(new RegExp(`^garita_token_cache_memory_${name}_total\\{kind="${kind}"\\} (\\d+)$`, 'm'))?.[1]);
  for (const kind of ['jwt_signature', 'rights', 'jwks_keys', 'user_context']) assert.ok(value('hits', kind) > 0 && value('misses', kind) > 0, kind);
  assert.match(text, /^garita_token_cache_disk_evictions_total\{kind="user_context"\} 0$/m);
});

test('user-context is as of now, kept or not', async () => {
  const portal = await world.addClient('portal2', { values: { directAccessGrantsEnabled: true } });
  await world.addUser('bea', { firstName: 'Bea' });
  const token = (await portal.password('bea')).json.access_token;
  const context = async () => (await call('/grpc/token/user-context', { token })).json;
  assert.equal((await context()).firstName, 'Bea');
  await world.setUser('bea', { firstName: 'Beatriz', 'attributes.site': ['lima'] });
  assert.deepEqual([(await context()).firstName, (await context()).attributes], ['Beatriz', { site: ['lima'] }]);
  await world.cli.ok('group', 'add', '--realm', 'peru', '--path', '/sales');
  await world.cli.ok('group', 'join', '--realm', 'peru', '--path', '/sales', '--username', 'bea');
  assert.deepEqual((await context()).groups, ['/sales']);
  await world.cli.ok('group', 'leave', '--realm', 'peru', '--path', '/sales', '--username', 'bea');
  assert.equal((await context()).groups, undefined);
  await world.setUser('bea', { enabled: 'false' });
  assert.deepEqual((await context()).token, { active: false, reason: 'USER_DISABLED', reasonText: 'its user is disabled or gone' });
});

test('the command: terms are shown, changed and checked, each change is an event and counts at once', async () => {
  const token = await sign(served.keys[0]);
  const one = ['--realm', 'peru', '--issuer', byHand];
  assert.equal(await reason(token), 'ACTIVE');
  assert.deepEqual((await world.cli.json('issuer', 'list', '--realm', 'peru')).map((i) => i.issuer).sort(), [byHand, partnerIssuer].sort());
  assert.equal((await world.cli.json('issuer', 'show', ...one)).clockSkewSeconds, 30);
  await world.cli.ok('issuer', 'update', ...one, '--audience', 'bank');
  assert.equal(await reason(token), 'WRONG_AUDIENCE');
  await world.cli.ok('issuer', 'update', ...one, '--audience', 'bank', '--audience', 'orders', 'algorithms=RS256');
  assert.equal(await reason(token), 'WRONG_ALGORITHM');
  await world.cli.ok('issuer', 'update', ...one, 'algorithms=ES256', `notBefore=${now() + 60}`);
  assert.equal(await reason(token), 'NOT_BEFORE');
  await world.cli.ok('issuer', 'update', ...one, 'notBefore=0', '--disable');
  assert.equal(await reason(token), 'UNKNOWN_ISSUER');
  await world.cli.withFile(JSON.stringify({ keys: [served.keys[0].public] }), (file) => world.cli.ok('issuer', 'update', ...one, '--enable', '--jwks-file', file));
  served.calls = 0;
  assert.equal(await reason(token), 'ACTIVE');
  assert.equal(served.calls, 0);
  const refused = await world.cli.run(['issuer', 'update', ...one, 'algorithms=HS256']);
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /algorithms/);
  const again = await world.cli.run(['issuer', 'add', ...one, '--jwks-uri', `${byHand}/keys`, '--audience', 'orders']);
  assert.match(again.stderr, /already/);
  await world.cli.ok('issuer', 'remove', ...one);
  assert.equal(await reason(token), 'UNKNOWN_ISSUER');
  const types = (await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '50')).map((event) => event.type);
  for (const type of ['IssuerTrusted', 'IssuerModified', 'IssuerDistrusted']) assert.ok(types.includes(type), type);
});

test('SS-01: without the setting nobody is called, and the answer does not tell where keys lie', async () => {
  const closed = await World.open({ args: ['--default-realm', 'peru'] });
  try {
    const c = await closed.addClient('orders', { serviceAccount: true });
    await closed.cli.ok('issuer', 'add', '--realm', 'peru', '--issuer', byHand, '--jwks-uri', `${byHand}/keys`, '--audience', 'orders');
    served.calls = 0;
    const reply = await request(`${closed.server.origin}/grpc/token/validate`, { json: { token: await sign(served.keys[0]) }, headers: basic('orders', c.secret) });
    assert.equal(reply.json.reason, 'ISSUER_UNAVAILABLE');
    assert.equal(served.calls, 0);
    assert.ok(!reply.text.includes('127.0.0.1'));
  } finally { await closed.close(); }
});
