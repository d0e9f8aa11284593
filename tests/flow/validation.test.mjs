// Token validation for other programs, as JSON and as Connect calls.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { basic, bearer, request } from './lib/http.mjs';
import { bringingKeys, confused, unsigned } from './lib/jwt_attacks.mjs';
import { decode, headerOf } from './lib/oidc.mjs';
import { tempFolder } from './lib/server.mjs';
import { SECRET, World } from './lib/world.mjs';

let world, portal, gate, api, stranger, spa;
before(async () => {
  world = await World.open();
  await world.addRealm('chile');
  await world.addUser('ana', { email: 'ana@example.pe', firstName: 'Ana', 'attributes.site': ['lima'] });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  gate = await world.addClient('gate', { serviceAccount: true });
  api = await world.addClient('api');
  stranger = await world.addClient('stranger', { serviceAccount: true });
  spa = await world.addClient('spa', { isPublic: true, values: { directAccessGrantsEnabled: true } });
  await world.addMapper('portal', 'api audience', 'oidc-audience-mapper', {
    'included.client.audience': 'api', 'access.token.claim': 'true', 'introspection.token.claim': 'true',
  });
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'token-validator', '--username', 'service-account-gate');
});
after(() => world.close());

const tokens = async (client = portal) => (await client.password('ana')).json;
const credentials = (client) => basic(client.clientId, client.secret);
const call = (path, json, client = gate, headers = {}) =>
  request(`${world.server.origin}${path}`, { json, headers: { 'X-Tenant-ID': 'peru', ...(client && credentials(client)), ...headers } });
const validate = async (question, client, headers) => {
  const reply = await call('/grpc/token/validate', question, client, headers);
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
};
const reason = async (token, client, headers) => (await validate({ token }, client, headers)).reason ?? 'ACTIVE';

test('an active token is described in full', async () => {
  const { access_token } = await tokens();
  const claims = decode(access_token);
  const reply = await call('/grpc/token/validate', { token: access_token });
  assert.match(reply.headers['content-type'], /^application\/json/);
  assert.match(reply.headers['cache-control'], /no-store/);
  const answer = reply.json;
  assert.deepEqual(
    { ...answer, claims: undefined, realmRoles: undefined, scopes: undefined },
    {
      active: true, subject: claims.sub, username: 'ana', clientId: 'portal', realm: 'peru', tenant: 'peru', issuer: claims.iss, jti: claims.jti,
      sessionId: claims.sid, tokenType: 'Bearer', audience: claims.aud, clientRoles: { account: claims.resource_access.account },
      issuedAt: new Date(claims.iat * 1000).toISOString(), expiresAt: new Date(claims.exp * 1000).toISOString(),
      claims: undefined, realmRoles: undefined, scopes: undefined, ...(answer.fromCache && { fromCache: true }),
    });
  assert.deepEqual(answer.claims, claims);
  assert.deepEqual(answer.realmRoles, claims.realm_access.roles);
  assert.equal(answer.scopes.join(' '), claims.scope);
});

test('what is not active is an answer with a reason and nothing else', async () => {
  const answer = await validate({ token: 'x' });
  assert.deepEqual(Object.keys(answer).sort(), ['active', 'reason', 'reasonText']);
  assert.equal(answer.active, false);
  assert.equal(answer.reason, 'MALFORMED');
});

test('audience, scopes and roles that are asked for are compared', async () => {
  const { access_token: token } = await tokens();
  const asked = async (more) => (await validate({ token, ...more })).reason ?? 'ACTIVE';
  assert.equal(await asked({ audience: 'api', scopes: ['email', 'profile'], roles: ['offline_access', 'account/view-profile'] }), 'ACTIVE');
  assert.equal(await asked({ audience: 'bank' }), 'WRONG_AUDIENCE');
  assert.equal(await asked({ scopes: ['email', 'payments'] }), 'MISSING_SCOPE');
  assert.equal(await asked({ roles: ['admin'] }), 'MISSING_ROLE');
  assert.equal(await asked({ roles: ['account/admin'] }), 'MISSING_ROLE');
});

test('OT-11: without credentials, with wrong ones and as a public client nothing is answered', async () => {
  const { access_token: token } = await tokens();
  const tries = [
    [null, {}], [null, { Authorization: 'Basic eA==' }], [null, basic('gate', 'wrong')], [null, basic('spa', '')], [null, basic('nobody', SECRET)],
    [null, bearer(token)], [null, bearer('x')], [null, { Authorization: 'Negotiate x' }],
  ];
  for (const path of ['validate', 'validate-batch', 'introspect', 'user-context', 'revoke']) {
    for (const [client, headers] of tries) {
      const reply = await call(`/grpc/token/${path}`, { token }, client, headers);
      assert.equal(reply.status, 401, `${path} ${JSON.stringify(headers)} ${reply.text}`);
      assert.equal(reply.json.code, 'unauthenticated');
      assert.ok(!reply.text.includes('active'));
    }
  }
  assert.equal(await reason(token), 'ACTIVE', 'and nothing was revoked');
});

test('OT-11: a client asks about its own tokens and those meant for it; the validator about all of the realm', async () => {
  const { access_token } = await tokens();
  assert.equal(await reason(access_token, portal), 'ACTIVE');
  assert.equal(await reason(access_token, api), 'ACTIVE', 'in aud');
  assert.equal(await reason(access_token, gate), 'ACTIVE');
  assert.equal(await reason(access_token, stranger), 'NOT_PERMITTED');
  const spaToken = (await tokens(spa)).access_token;
  assert.equal(await reason(spaToken, portal), 'NOT_PERMITTED');
  assert.equal(await reason(spaToken, gate), 'ACTIVE');
});

test('a service account calls with its bearer token', async () => {
  const { access_token: service } = (await gate.service()).json;
  const { access_token: token } = await tokens();
  assert.equal(await reason(token, null, bearer(service)), 'ACTIVE');
  assert.equal(await reason(token, null, { ...bearer(service), 'X-Tenant-ID': undefined }), 'ACTIVE');
  assert.equal(await reason(token, null, bearer((await stranger.service()).json.access_token)), 'NOT_PERMITTED');
});

test('OT-15, JO-09: refresh token, ID token and code are no access tokens', async () => {
  const login = await portal.login('ana');
  assert.equal(await reason(login.tokens.id_token), 'WRONG_TYPE');
  assert.equal(await reason(login.tokens.refresh_token), 'WRONG_TYPE');
  assert.equal(await reason(login.code), 'MALFORMED');
  for (const kind of ['id_token', 'refresh_token']) {
    const reply = await call('/grpc/token/user-context', { token: login.tokens[kind] });
    assert.equal(reply.json.token.active, false);
    assert.equal(reply.json.email, undefined);
  }
});

test('JO-01, JO-02, JO-04, JO-05: forged tokens are not active', async () => {
  const { access_token } = await tokens();
  const claims = decode(access_token);
  const keys = (await request(`${portal.endpoint}/certs`)).json.keys;
  const jwk = keys.find((k) => k.kid === headerOf(access_token).kid);
  const forged = [...unsigned(claims), ...confused(claims, jwk), ...bringingKeys(claims, jwk.kid, world.server.origin)];
  for (const [name, token] of forged) {
    if (token.length > 131072) { // more than a call may hold
      assert.equal((await call('/grpc/token/validate', { token })).json.code, 'resource_exhausted');
      continue;
    }
    assert.ok(['MALFORMED', 'BAD_SIGNATURE', 'UNKNOWN_KEY', 'WRONG_TYPE'].includes(await reason(token)), name);
  }
});

test('AD-02: a token of another realm is unknown, and naming the wrong tenant is an error', async () => {
  await world.addUser('ana', {}, { realm: 'chile' });
  const abroad = await world.addClient('portal', { realm: 'chile', serviceAccount: true, values: { directAccessGrantsEnabled: true } });
  const { access_token } = await tokens();
  const { access_token: foreign } = (await abroad.password('ana')).json;
  assert.equal(await reason(foreign, gate, { ...bearer((await gate.service()).json.access_token), 'X-Tenant-ID': undefined }), 'UNKNOWN_ISSUER');
  const asAbroad = { ...bearer((await abroad.service()).json.access_token), 'X-Tenant-ID': undefined };
  assert.equal(await reason(access_token, null, asAbroad), 'UNKNOWN_ISSUER');
  assert.equal((await call('/grpc/token/introspect', { token: access_token }, null, asAbroad)).text, '{"active":false}');
  for (const [question, headers] of [[{ token: foreign }, {}], [{ token: access_token, realm: 'chile' }, {}], [{ token: 'x', realm: 'chile' }, {}]]) {
    const reply = await call('/grpc/token/validate', question, gate, headers);
    assert.equal(reply.status, 400, reply.text);
    assert.equal(reply.json.code, 'invalid_argument');
  }
});

test('AD-02: the role in master opens every realm', async () => {
  const root = await world.addClient('root-gate', { realm: 'master', serviceAccount: true });
  const { access_token: token } = await tokens();
  const asRoot = { ...credentials(root), 'X-Tenant-ID': undefined };
  assert.equal(await reason(token, null, asRoot), 'UNKNOWN_ISSUER');
  await world.cli.ok('role', 'assign', '--realm', 'master', '--role', 'token-validator', '--username', 'service-account-root-gate');
  assert.equal(await reason(token, null, asRoot), 'ACTIVE');
  assert.equal((await call('/grpc/token/introspect', { token }, null, asRoot)).json.active, true);
  await world.cli.ok('role', 'revoke', '--realm', 'master', '--role', 'token-validator', '--username', 'service-account-root-gate');
  assert.equal(await reason(token, null, asRoot), 'UNKNOWN_ISSUER');
});

test('OT-11: introspection has the members of RFC 7662', async () => {
  const { access_token: token } = await tokens();
  const answer = (await call('/grpc/token/introspect', { token })).json;
  assert.deepEqual(answer, (await portal.introspect(token)).json);
  assert.equal((await call('/grpc/token/introspect', { token }, stranger)).text, '{"active":false}');
});

test('the person behind a token is told as of now', async () => {
  const { access_token: token } = await tokens();
  const { json: person } = await call('/grpc/token/user-context', { token });
  assert.equal(person.token.active, true);
  assert.equal(person.userId, decode(token).sub);
  assert.equal(person.email, 'ana@example.pe');
  assert.equal(person.enabled, true);
  assert.deepEqual(person.attributes, { site: ['lima'] });
  assert.equal(person.claims.given_name, 'Ana');
  await world.setUser('ana', { firstName: 'Anita' });
  assert.equal((await call('/grpc/token/user-context', { token })).json.firstName, 'Anita');
  await world.setUser('ana', { firstName: 'Ana' });
});

test('OT-12: a client revokes its own tokens, one with the role token-validator those of its realm', async () => {
  for (const able of [portal, gate]) {
    const { access_token: token } = await tokens();
    for (const client of [api, stranger]) assert.equal((await call('/grpc/token/revoke', { token }, client)).text, '{}');
    assert.equal(await reason(token), 'ACTIVE');
    assert.equal((await call('/grpc/token/revoke', { token }, able)).text, '{}');
    assert.equal(await reason(token), 'REVOKED');
  }
  assert.equal((await call('/grpc/token/revoke', { token: 'x' }, portal)).status, 200);
});

test('OT-12, AU-03: the event of a revoked token says whose it was and who ended it', async () => {
  const { access_token: token } = await tokens();
  await call('/grpc/token/revoke', { token }, gate);
  const [event] = await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'TokenRevoked', '--limit', '1');
  const text = JSON.stringify(event);
  for (const part of ['"portal"', '"revoked_by":"gate"', '"revoked_by_realm":"peru"']) assert.ok(text.includes(part), text);
});

test('OT-12, AD-02: the role in master revokes in every realm, without it in none', async () => {
  const root = await world.addClient('root-ender', { realm: 'master', serviceAccount: true });
  const asRoot = { ...credentials(root), 'X-Tenant-ID': undefined };
  const { access_token: token } = await tokens();
  assert.equal((await call('/grpc/token/revoke', { token }, null, asRoot)).text, '{}');
  assert.equal(await reason(token), 'ACTIVE');
  await world.cli.ok('role', 'assign', '--realm', 'master', '--role', 'token-validator', '--username', 'service-account-root-ender');
  assert.equal((await call('/grpc/token/revoke', { token }, null, asRoot)).text, '{}');
  assert.equal(await reason(token), 'REVOKED');
});

test('a batch is answered in order, each question by itself', async () => {
  const { access_token: token } = await tokens();
  const { answers } = (await call('/grpc/token/validate-batch', { questions: [{ token }, { token: 'x' }, { token, audience: 'bank' }] })).json;
  assert.deepEqual(answers.map((a) => a.reason ?? 'ACTIVE'), ['ACTIVE', 'MALFORMED', 'WRONG_AUDIENCE']);
  assert.deepEqual((await call('/grpc/token/validate-batch', {})).json, { answers: [] });
  assert.equal((await call('/grpc/token/validate-batch', { questions: Array(100).fill({ token }) })).json.answers.length, 100);
  assert.equal((await call('/grpc/token/validate-batch', { questions: Array(101).fill({ token }) })).status, 400);
});

test('a restriction that is misspelt is told, never left out', async () => {
  const { access_token: token } = await tokens();
  const wrong = [{ token, audiance: 'bank' }, { token, scopes: 'email' }, { token, roles: [1] }, { token: 7 }, [token], 'x', null, { token, scopes: Array(65).fill('a') }];
  for (const message of wrong) {
    const reply = await call('/grpc/token/validate', message);
    assert.equal(reply.status, 400, JSON.stringify(message));
    assert.equal(reply.json.code, 'invalid_argument');
  }
  const url = `${world.server.origin}/grpc/token/validate`;
  const headers = { ...credentials(gate), 'X-Tenant-ID': 'peru', 'Content-Type': 'application/json' };
  for (const body of ['', '{', '{"token":"a","token":"b"}', `{"token":"${'a'.repeat(200000)}"}`]) {
    assert.ok([400, 429].includes((await request(url, { method: 'POST', body, headers })).status), body.slice(0, 40));
  }
  assert.equal((await request(url, { method: 'POST', body: 'token=x', headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' } })).status, 415);
});

test('Connect: the same under the name of the service, errors as the protocol has them', async () => {
  const service = '/garita.token.v1.TokenValidation';
  const { access_token: token } = await tokens();
  const headers = { 'Connect-Protocol-Version': '1' };
  assert.equal((await call(`${service}/Validate`, { token }, gate, headers)).json.active, true);
  assert.equal((await call(`${service}/ValidateBatch`, { questions: [{ token }] }, gate, headers)).json.answers.length, 1);
  assert.equal((await call(`${service}/Introspect`, { token }, gate, headers)).json.active, true);
  assert.equal((await call(`${service}/GetUserContext`, { token }, gate, headers)).json.username, 'ana');
  assert.deepEqual((await call(`${service}/Revoke`, { token }, portal, headers)).json, {});
  const unknown = await call(`${service}/Guess`, { token }, gate, headers);
  assert.equal(unknown.status, 404);
  assert.equal(unknown.json.code, 'unimplemented');
  assert.equal(typeof unknown.json.message, 'string');
  assert.equal((await request(`${world.server.origin}${service}/Validate`, { headers: credentials(gate) })).status, 405);
});

test('OT-06: each end is seen by the very next call', async () => {
  await world.addUser('eva');
  const fresh = async () => (await portal.password('eva')).json;
  let t = await fresh();
  assert.equal(await reason(t.access_token), 'ACTIVE');
  assert.equal((await portal.revoke(t.access_token)).status, 200);
  assert.equal(await reason(t.access_token), 'REVOKED');
  t = await fresh();
  assert.equal(await reason(t.access_token), 'ACTIVE');
  await portal.revoke(t.refresh_token);
  assert.equal(await reason(t.access_token), 'REVOKED');
  t = await fresh();
  assert.equal(await reason(t.access_token), 'ACTIVE');
  await world.cli.ok('user', 'logout', '--realm', 'peru', '--username', 'eva');
  assert.equal(await reason(t.access_token), 'SESSION_ENDED');
  t = await fresh();
  assert.equal(await reason(t.access_token), 'ACTIVE');
  await world.setUser('eva', { enabled: false });
  assert.equal(await reason(t.access_token), 'USER_DISABLED');
  await world.setUser('eva', { enabled: true });
  t = await fresh();
  assert.equal(await reason(t.access_token), 'ACTIVE');
  await world.setClient('portal', { enabled: false });
  assert.equal(await reason(t.access_token), 'CLIENT_DISABLED');
  await world.setClient('portal', { enabled: true });
  assert.equal(await reason(t.access_token), 'ACTIVE');
  await world.setRealm({ notBefore: Math.floor(Date.now() / 1000) + 5 });
  assert.equal(await reason(t.access_token), 'NOT_BEFORE');
  await world.setRealm({ notBefore: 0 });
  assert.equal(await reason(t.access_token), 'ACTIVE');
  await world.cli.ok('user', 'delete', '--realm', 'peru', '--username', 'eva');
  assert.equal(await reason(t.access_token), 'USER_DISABLED');
});

// of all kinds of entries together
const figure = async (name) => {
  const { text } = await request(`${world.server.management}/metrics`);
  return [...text.matchAll(new RegExp(`^garita_token_cache_${name}(?:\\{.*\\})? (\\d+)$`, 'gm'))].reduce((sum, found) => sum + Number(found[1]), 0);
};

test('what is known of a token is kept, also over a restart; a crash costs only time', async () => {
  const { access_token: token } = await tokens();
  const { access_token: revoked } = await tokens();
  for (const t of [token, revoked]) assert.equal(await reason(t), 'ACTIVE');
  const hits = await figure('memory_hits_total');
  assert.equal((await validate({ token })).fromCache, true);
  assert.ok((await figure('memory_hits_total')) > hits);
  await portal.revoke(revoked);
  await world.server.restart();
  assert.ok((await figure('disk_entries')) > 0);
  assert.equal((await validate({ token })).fromCache, undefined, 'its rows are looked at anew');
  assert.ok((await figure('disk_hits_total')) > 0);
  assert.equal((await validate({ token })).fromCache, true);
  assert.equal(await reason(revoked), 'REVOKED');
  await world.server.crash();
  await world.server.launch();
  assert.equal(await figure('disk_entries'), 0, 'what a crash left is not trusted');
  assert.equal(await reason(token), 'ACTIVE');
  assert.equal(await reason(revoked), 'REVOKED');
});

// A key and a self-signed certificate, with its SHA-256 as the client's attribute has it.
function makeCertificate(folder, name) {
  const [key, cert] = [`${name}.key`, `${name}.crt`].map((file) => path.join(folder, file));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const pem = readFileSync(cert);
  const sha256 = Buffer.from(new X509Certificate(pem).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  return { key: readFileSync(key), cert: pem, sha256 };
}

test('OT-11: over TLS the certificate of its connection proves a caller', async () => {
  const folder = tempFolder('certificates');
  const [mine, another] = ['gate', 'another'].map((name) => makeCertificate(folder, name));
  rmSync(folder, { recursive: true });
  const secure = await World.open({ tls: true, args: ['--tls-client-certificates'] });
  try {
    await secure.addClient('gate', { values: { 'attributes.garita.certificate.sha256': mine.sha256 } });
    const status = async (tls) => (await request(`${secure.server.origin}/grpc/token/validate`, {
      json: { token: 'x' }, headers: { ...basic('gate', ''), 'X-Tenant-ID': 'peru' }, agent: false, tls,
    })).status;
    assert.equal(await status({ key: mine.key, cert: mine.cert }), 200);
    assert.equal(await status({ key: another.key, cert: another.cert }), 401);
    assert.equal(await status({}), 401);
  } finally {
    await secure.close();
  }
});
