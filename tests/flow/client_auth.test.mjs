// How clients prove who they are, and how they fail to.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import http from 'node:http';
import { createSecretKey } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { basic, request } from './lib/http.mjs';
import { assertError, random } from './lib/oidc.mjs';
import { SECRET, World } from './lib/world.mjs';

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
let world, issuer, endpoint, pair, jwk;
const now = () => Math.floor(Date.now() / 1000);

before(async () => {
  world = await World.open();
  issuer = world.server.realm('peru');
  endpoint = `${issuer}/protocol/openid-connect`;
  pair = await generateKeyPair('ES256', { extractable: true });
  jwk = { ...(await exportJWK(pair.publicKey)), alg: 'ES256', use: 'sig', kid: 'k1' };
  await world.addClient('billing', { serviceAccount: true });
  await world.addClient('keyed', {
    serviceAccount: true, values: { clientAuthenticatorType: 'client-jwt', 'attributes.use.jwks.string': 'true', 'attributes.jwks.string': JSON.stringify({ keys: [jwk] }) },
  });
  await world.addClient('hmac', { serviceAccount: true, values: { clientAuthenticatorType: 'client-secret-jwt' } });
  await world.addClient('spa', { isPublic: true });
});
after(() => world.close());

const tokenRequest = (form, headers) => request(`${endpoint}/token`, { form: { grant_type: 'client_credentials', ...form }, headers });
const assertion = (claims = {}, { alg = 'ES256', key = pair.privateKey, kid = 'k1', id = 'keyed', header = {} } = {}) =>
  new SignJWT({ iss: id, sub: id, aud: issuer, jti: random(), iat: now(), exp: now() + 60, ...claims })
    .setProtectedHeader({ alg, kid, ...header }).sign(key);
const withAssertion = (client_assertion, more = {}) => tokenRequest({ client_assertion, client_assertion_type: TYPE, ...more });
const refused = (reply) => {
  assert.ok([400, 401].includes(reply.status), `${reply.status} ${reply.text}`);
  assert.ok(['invalid_client', 'invalid_request', 'unauthorized_client'].includes(reply.json.error), reply.text);
};

test('OC-01: one method a request', async () => {
  const header = basic('billing', SECRET);
  refused(await tokenRequest({ client_id: 'billing', client_secret: SECRET }, header));
  refused(await tokenRequest({ client_secret: SECRET }, header));
  refused(await tokenRequest({ client_assertion: await assertion(), client_assertion_type: TYPE }, header));
  refused(await withAssertion(await assertion(), { client_secret: SECRET, client_id: 'keyed' }));
  refused(await tokenRequest({ client_id: 'keyed' }, header));
  assert.equal((await tokenRequest({ client_id: 'billing' }, header)).status, 200, 'the same client_id beside Basic is harmless');
});

test('OC-01: the registered method and no other', async () => {
  refused(await tokenRequest({}, basic('keyed', SECRET)));
  refused(await tokenRequest({ client_id: 'keyed', client_secret: SECRET }));
  refused(await tokenRequest({}, basic('hmac', SECRET)));
  const hs = await assertion({}, { alg: 'HS256', key: createSecretKey(Buffer.from(SECRET)), id: 'billing', kid: undefined });
  refused(await withAssertion(hs));
});

test('OC-01: a confidential client cannot leave its secret out, a public one has none', async () => {
  refused(await tokenRequest({ client_id: 'billing' }));
  refused(await tokenRequest({ client_id: 'billing', client_secret: '' }));
  refused(await tokenRequest({}, basic('billing', '')));
  refused(await tokenRequest({ client_id: 'spa', client_secret: 'x' }));
  refused(await tokenRequest({}));
});

test('unknown client, wrong secret and disabled client look the same (PW-04)', async () => {
  await world.addClient('gone', { serviceAccount: true, values: { enabled: false } });
  const replies = await Promise.all([
    tokenRequest({}, basic('billing', 'wrong')), tokenRequest({}, basic('unknown', 'wrong')), tokenRequest({}, basic('gone', SECRET)),
  ]);
  assert.equal(new Set(replies.map((r) => `${r.status} ${r.text}`)).size, 1, replies.map((r) => r.text).join('\n'));
});

test('HT-06: malformed Authorization headers give 400 or 401, never more', async () => {
  const values = ['Basic', 'Basic ', 'Basic !!!', 'Basic YQ', 'Basic Og==', `Basic ${'A'.repeat(6000)}`, 'Basic YTpi YTpi', 'basic', 'Bearer', 'Bearer ', 'Bearer a b',
    'Digest username="x"', 'Negotiate abc', '\tBasic YTpi', `Basic ${Buffer.from('a:b\u0000c').toString('base64')}`,
    `Basic ${Buffer.from([0x61, 0x3a, 0xff, 0xfe]).toString('base64')}`, `Basic ${Buffer.from('%zz:%').toString('base64')}`, 'Basic YTpi,Basic YTpi'];
  for (const Authorization of values) {
    const reply = await tokenRequest({}, { Authorization });
    assert.ok([400, 401, 431].includes(reply.status), `${Authorization.slice(0, 40)}: ${reply.status}`);
    const info = await request(`${endpoint}/userinfo`, { headers: { Authorization } });
    assert.ok([400, 401, 431].includes(info.status), `${Authorization.slice(0, 40)}: ${info.status}`);
  }
  const scheme = await tokenRequest({}, { Authorization: basic('billing', SECRET).Authorization.replace('Basic', 'bAsIc') });
  assert.equal(scheme.status, 200, 'the scheme is case-insensitive (RFC 9110 11.1)');
});

test('oidcc-ensure-client-assertion-with-iss-aud-succeeds', async () => {
  assert.equal((await withAssertion(await assertion())).status, 200);
  assert.equal((await withAssertion(await assertion({ aud: [issuer] }))).status, 200);
});

test('OC-02: an assertion is used once', async () => {
  const once = await assertion();
  assert.equal((await withAssertion(once)).status, 200);
  refused(await withAssertion(once));
});

const wrongClaims = {
  'iss of another': { iss: 'billing' }, 'sub of another': { sub: 'billing' }, 'no sub': { sub: undefined }, 'no iss': { iss: undefined },
  'no jti': { jti: undefined }, 'no exp': { exp: undefined }, 'no aud': { aud: undefined }, 'foreign aud': { aud: 'https://other.example/' },
  'aud of another realm': { aud: () => world.server.realm('master') }, 'issuer with a slash': { aud: () => `${issuer}/` },
  expired: { exp: () => now() - 61 }, 'not yet valid': { nbf: () => now() + 120 }, 'issued in the future': { iat: () => now() + 600 },
  'two days long': { exp: () => now() + 2 * 86400 }, 'negative exp': { exp: -1 }, 'text exp': { exp: '9999999999' }, 'float exp': { exp: () => now() + 1.5 },
  'exp 2^63': { exp: 9.3e18 }, 'exp null': { exp: null }, 'jti too long': { jti: 'x'.repeat(20000) }, 'jti no text': { jti: 5 }, 'aud object': { aud: {} },
  'many aud': { aud: () => [issuer, 'https://other.example/'] },
};
for (const [name, claims] of Object.entries(wrongClaims)) {
  test(`OC-02, JO-10: client assertion with ${name}`, async () => {
    const filled = Object.fromEntries(Object.entries(claims).map(([k, v]) => [k, typeof v === 'function' ? v() : v]));
    const body = { iss: 'keyed', sub: 'keyed', aud: issuer, jti: random(), iat: now(), exp: now() + 60, ...filled };
    const text = [{ alg: 'ES256', kid: 'k1' }, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const signature = Buffer.from(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, Buffer.from(text)));
    refused(await withAssertion(`${text}.${signature.toString('base64url')}`));
  });
}

test('JO-11: ECDSA with zero, doubled or DER signatures fails', async () => {
  const good = await assertion();
  const body = good.slice(0, good.lastIndexOf('.'));
  for (const signature of [Buffer.alloc(64), Buffer.alloc(64, 0xff), Buffer.alloc(0), Buffer.alloc(128), Buffer.from('3006020101020101', 'hex')]) {
    refused(await withAssertion(`${body}.${signature.toString('base64url')}`));
  }
});

test('OC-02: another algorithm than the registered one', async () => {
  await world.setClient('keyed', { 'attributes.token.endpoint.auth.signing.alg': 'PS256' });
  refused(await withAssertion(await assertion()));
  await world.setClient('keyed', { 'attributes.token.endpoint.auth.signing.alg': 'ES256' });
  assert.equal((await withAssertion(await assertion())).status, 200);
});

test('RFC 7521 4.2: the assertion type is needed and known', async () => {
  const client_assertion = await assertion();
  for (const client_assertion_type of [undefined, '', 'jwt', 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer']) {
    refused(await tokenRequest({ client_assertion, client_assertion_type }));
  }
  refused(await withAssertion(await assertion(), { client_id: 'billing' }));
});

test('client_secret_jwt: right and wrong secret, and no key confusion', async () => {
  const hs = (secret, alg = 'HS256') => assertion({}, { alg, key: createSecretKey(Buffer.from(secret)), id: 'hmac', kid: undefined });
  assert.equal((await withAssertion(await hs(SECRET))).status, 200);
  refused(await withAssertion(await hs('another secret of a good length, but wrong')));
  refused(await withAssertion(await assertion({}, { id: 'hmac' })), 'a key instead of the secret');
});

test('oidcc-refresh-token-rp-key-rotation, oidcc-registration-jwks-uri, JO-04: keys behind jwks_uri rotate, refetch is bounded', async (t) => {
  let served = { keys: [jwk] };
  let calls = 0;
  const listener = http.createServer((req, res) => {
    calls++;
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify(served));
  }).listen(0, '127.0.0.1');
  await new Promise((r) => listener.once('listening', r));
  t.after(() => listener.close());
  await world.addClient('remote', { serviceAccount: true, values: {
    clientAuthenticatorType: 'client-jwt', 'attributes.use.jwks.url': 'true', 'attributes.jwks.url': `http://127.0.0.1:${listener.address().port}/jwks`,
  } });
  const first = await withAssertion(await assertion({}, { id: 'remote' }));
  if (first.status !== 200) {
    // SS-01: a server may refuse to fetch from its own machine; then it must not have tried
    assert.equal(calls, 0, first.text);
    return t.diagnostic('loopback addresses are not fetched (SS-01)');
  }
  for (let i = 0; i < 20; i++) refused(await withAssertion(await assertion({}, { id: 'remote', kid: `unknown-${i}` })));
  assert.ok(calls <= 3, `${calls} fetches for unknown kids`);
});

test('a new secret ends the old one at once', async () => {
  await world.addClient('rotating', { serviceAccount: true });
  assert.equal((await tokenRequest({}, basic('rotating', SECRET))).status, 200);
  const { secret } = await world.cli.json('client', 'secret', '--realm', 'peru', '--client-id', 'rotating', '--rotate');
  assert.notEqual(secret, SECRET);
  refused(await tokenRequest({}, basic('rotating', SECRET)));
  assert.equal((await tokenRequest({}, basic('rotating', secret))).status, 200);
  for (const near of [secret.slice(0, -1), `${secret}x`, secret.toLowerCase() === secret ? secret.toUpperCase() : secret.toLowerCase()]) {
    refused(await tokenRequest({}, basic('rotating', near)));
  }
});

test('OT-05, OC-02: a spent assertion stays spent after kill -9', async () => {
  const spent = await assertion();
  assert.equal((await withAssertion(spent)).status, 200);
  await world.server.crash();
  await world.server.launch();
  refused(await withAssertion(spent));
});

test('JO-09: a signed authorization request is no client assertion', async () => {
  refused(await withAssertion(await assertion({}, { header: { typ: 'oauth-authz-req+jwt' } })));
  assert.equal((await withAssertion(await assertion())).status, 200);
});
