// private_key_jwt with keys behind a URL: fetched from hosts that the settings allow, and no others.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { request } from './lib/http.mjs';
import { random } from './lib/oidc.mjs';
import { World } from './lib/world.mjs';

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
let keyHost, calls, keys, port;
const now = () => Math.floor(Date.now() / 1000);

async function newKey(kid) {
  const pair = await generateKeyPair('ES256', { extractable: true });
  return { kid, private: pair.privateKey, public: { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' } };
}

before(async () => {
  calls = 0;
  keys = [await newKey('first')];
  keyHost = http.createServer((req, res) => {
    calls++;
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ keys: keys.map((key) => key.public) }));
  });
  await new Promise((done) => keyHost.listen(0, '127.0.0.1', done));
  port = keyHost.address().port;
});
after(() => keyHost.close());

async function open(args) {
  const world = await World.open({ args });
  await world.addClient('remote', {
    serviceAccount: true,
    values: { clientAuthenticatorType: 'client-jwt', 'attributes.use.jwks.url': 'true', 'attributes.jwks.url': `http://127.0.0.1:${port}/keys` },
  });
  return world;
}

async function signIn(world, key) {
  const issuer = world.server.realm('peru');
  const client_assertion = await new SignJWT({ iss: 'remote', sub: 'remote', aud: issuer, jti: random(), iat: now(), exp: now() + 60 })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid }).sign(key.private);
  return request(`${issuer}/protocol/openid-connect/token`, { form: { grant_type: 'client_credentials', client_assertion, client_assertion_type: TYPE } });
}

test('keys behind an allowed URL are fetched once, and again for an unknown kid a bounded number of times (JO-04)', async () => {
  const world = await open(['--fetch-networks', '127.0.0.0/8', '--fetch-ports', String(port)]);
  try {
    assert.equal((await signIn(world, keys[0])).status, 200);
    assert.equal((await signIn(world, keys[0])).status, 200);
    assert.equal(calls, 1);
    const stranger = await newKey('unknown');
    for (let i = 0; i < 20; i++) assert.equal((await signIn(world, stranger)).status, 401);
    assert.ok(calls <= 3, `${calls} fetches for 20 unknown kids`);
  } finally { await world.close(); }
});

test('SS-01: without the setting a loopback host is never called', async () => {
  calls = 0;
  const world = await open([]);
  try {
    const reply = await signIn(world, keys[0]);
    assert.notEqual(reply.status, 200);
    assert.equal(calls, 0);
    assert.ok(!reply.text.includes('127.0.0.1'), 'the answer does not tell where keys lie');
  } finally { await world.close(); }
});
