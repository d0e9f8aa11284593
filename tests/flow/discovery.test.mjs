// What a client learns before it knows anything: metadata, keys, realm info.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createPublicKey } from 'node:crypto';
import { request } from './lib/http.mjs';
import { World } from './lib/world.mjs';

let world, server, issuer, metadata;
before(async () => {
  world = await World.open();
  server = world.server;
  issuer = server.realm('peru');
  metadata = (await request(`${issuer}/.well-known/openid-configuration`)).json;
});
after(() => world.close());

test('oidcc-discovery-endpoint-verification: the document says who and where', async () => {
  const reply = await request(`${issuer}/.well-known/openid-configuration`);
  assert.equal(reply.status, 200);
  assert.match(reply.headers['content-type'], /^application\/json/);
  assert.equal(metadata.issuer, issuer);
  const protocol = `${issuer}/protocol/openid-connect`;
  assert.equal(metadata.authorization_endpoint, `${protocol}/auth`);
  assert.equal(metadata.token_endpoint, `${protocol}/token`);
  assert.equal(metadata.introspection_endpoint, `${protocol}/token/introspect`);
  assert.equal(metadata.userinfo_endpoint, `${protocol}/userinfo`);
  assert.equal(metadata.jwks_uri, `${protocol}/certs`);
  assert.equal(metadata.revocation_endpoint, `${protocol}/revoke`);
  assert.equal(metadata.device_authorization_endpoint, `${protocol}/auth/device`);
  assert.equal(metadata.pushed_authorization_request_endpoint, `${protocol}/ext/par/request`);
  assert.equal(metadata.check_session_iframe, `${protocol}/login-status-iframe.html`);
});

test('oidcc-rp-initiated-logout-discovery-endpoint-verification: end_session_endpoint is published', () => {
  assert.equal(metadata.end_session_endpoint, `${issuer}/protocol/openid-connect/logout`);
});

test('oidcc-discovery: every promise is one of the specification, and RS256 and S256 are among them', () => {
  assert.ok(metadata.response_types_supported.includes('code'));
  assert.ok(metadata.grant_types_supported.includes('authorization_code'));
  assert.ok(metadata.grant_types_supported.includes('refresh_token'));
  assert.ok(metadata.subject_types_supported.includes('public'));
  for (const alg of ['RS256', 'ES256', 'PS256', 'EdDSA', 'RS512', 'ES384']) {
    assert.ok(metadata.id_token_signing_alg_values_supported.includes(alg), alg);
  }
  assert.ok(metadata.code_challenge_methods_supported.includes('S256'));
  assert.ok(!metadata.code_challenge_methods_supported.includes('plain'), 'OA-10: only S256');
  for (const method of ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt']) {
    assert.ok(metadata.token_endpoint_auth_methods_supported.includes(method), method);
  }
  assert.deepEqual(new Set(metadata.response_modes_supported), new Set(['query', 'fragment', 'form_post']));
  assert.equal(metadata.authorization_response_iss_parameter_supported, true);
  assert.equal(metadata.claims_parameter_supported, true);
  assert.equal(metadata.request_parameter_supported, true);
  for (const scope of ['openid', 'profile', 'email', 'address', 'phone', 'offline_access']) {
    assert.ok(metadata.scopes_supported.includes(scope), scope);
  }
  for (const claim of ['sub', 'iss', 'auth_time', 'name', 'preferred_username', 'email', 'acr']) {
    assert.ok(metadata.claims_supported.includes(claim), claim);
  }
});

test('OA-15, OA-16: what is not there is not promised, and answers 404', async () => {
  const text = JSON.stringify(metadata);
  for (const word of ['backchannel_authentication', 'urn:openid:params:grant-type:ciba']) {
    assert.ok(!text.includes(word), word);
  }
  for (const [name, value] of Object.entries(metadata)) {
    if (/_alg(_values)?_supported$/.test(name)) assert.ok(!value.includes('none'), `${name}: JO-02`);
  }
  for (const path of ['/protocol/openid-connect/ext/ciba/auth', '/protocol/saml']) {
    for (const method of ['GET', 'POST']) {
      assert.equal((await request(issuer + path, { method })).status, 404, `${method} ${path}`);
    }
  }
});

test('JO-16: the key set holds public parts only, with a distinct kid each, and every key can be used', async () => {
  const reply = await request(metadata.jwks_uri);
  assert.equal(reply.status, 200);
  const { keys } = reply.json;
  assert.ok(keys.length >= 1);
  assert.equal(new Set(keys.map((k) => k.kid)).size, keys.length);
  assert.ok(keys.some((k) => k.alg === 'RS256' && k.kty === 'RSA' && k.use === 'sig'));
  for (const key of keys) {
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) assert.equal(key[secret], undefined);
    assert.notEqual(key.kty, 'oct');
    createPublicKey({ key, format: 'jwk' });
    if (key.kty === 'RSA') assert.ok(Buffer.from(key.n, 'base64url').length >= 256, 'JO-11: 2048 bits or more');
  }
});

test('realm info: Keycloak adapters find the public key and the addresses', async () => {
  const info = (await request(issuer)).json;
  assert.equal(info.realm, 'peru');
  createPublicKey({ key: Buffer.from(info.public_key, 'base64'), format: 'der', type: 'spki' });
  assert.equal(info['token-service'], `${issuer}/protocol/openid-connect`);
  assert.equal(info['account-service'], `${issuer}/account`);
  assert.equal(typeof info['tokens-not-before'], 'number');
});

test('CORS: metadata and keys are for everyone, with no credentials', async () => {
  for (const url of [`${issuer}/.well-known/openid-configuration`, metadata.jwks_uri]) {
    const reply = await request(url, { headers: { Origin: 'https://anyone.example' } });
    assert.ok(['*', 'https://anyone.example'].includes(reply.headers['access-control-allow-origin']), url);
    assert.notEqual(reply.headers['access-control-allow-credentials'], 'true', url);
  }
});

test('an unknown realm is a JSON 404 that says nothing more (HT-09)', async () => {
  for (const path of ['', '/.well-known/openid-configuration', '/protocol/openid-connect/certs']) {
    const reply = await request(`${server.realm('nowhere')}${path}`, { headers: { Accept: 'application/json' } });
    assert.equal(reply.status, 404);
    assert.match(reply.headers['content-type'], /json/);
    assert.doesNotMatch(reply.text, /sqlite|\.c:|\/tmp|garita-/i);
  }
});

test('WE-09: a foreign Host header never becomes an issuer or a link', async () => {
  for (const host of ['evil.example', 'evil.example:80', 'localhost.evil.example', 'localhost:1@evil.example']) {
    const reply = await request(`${issuer}/.well-known/openid-configuration`, { headers: { Host: host } });
    assert.ok(!reply.text.includes('evil.example'), host);
  }
  const forwarded = await request(`${issuer}/.well-known/openid-configuration`, {
    headers: { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https', Forwarded: 'host=evil.example;proto=https' },
  });
  assert.equal(forwarded.json.issuer, issuer, 'WE-10');
});
