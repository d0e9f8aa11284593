// Request objects by value (RFC 9101): signed ones count and win, others are refused.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import http from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { assertErrorPage, REDIRECT } from './lib/oidc.mjs';
import { World } from './lib/world.mjs';

let world, browser, issuer, pair;
const now = () => Math.floor(Date.now() / 1000);
before(async () => {
  world = await World.open();
  issuer = world.server.realm('peru');
  await world.addUser('ana');
  pair = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), alg: 'RS256', use: 'sig', kid: 'ro' };
  const portal = await world.addClient('portal', {
    redirectUris: [REDIRECT, 'https://app.example.pe/second'],
    values: { 'attributes.use.jwks.string': 'true', 'attributes.jwks.string': JSON.stringify({ keys: [jwk] }), 'attributes.request.object.signature.alg': 'RS256' },
  });
  ({ browser } = await portal.login('ana'));
});
after(() => world.close());

const object = (claims = {}, header = {}) =>
  new SignJWT({ iss: 'portal', aud: issuer, client_id: 'portal', response_type: 'code', redirect_uri: REDIRECT, scope: 'openid', state: 'inside', iat: now(), exp: now() + 60, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'ro', typ: 'oauth-authz-req+jwt', ...header }).sign(pair.privateKey);
const send = async (request, outside = {}) => browser.authorize({ client_id: 'portal', request, ...outside });
const assertRefused = (page, errors) => {
  if (!page.isRedirect) return assertErrorPage(page);
  assert.ok(errors.includes(page.callback.error), page.location);
  assert.equal(page.callback.code, undefined);
};

test('a signed request object is honoured, and what is inside wins', async () => {
  const page = await send(await object(), { state: 'outside' });
  assert.equal(page.callback.state, 'inside');
  assert.ok(page.callback.code);
});

test('OX-02, state-only-outside-request-object-not-used: only parameters inside count', async () => {
  const page = await send(await object({ state: undefined }), { state: 'outside' });
  assert.ok(page.callback.code);
  assert.notEqual(page.callback.state, 'outside');
});

test('oidcc-ensure-request-object-with-redirect-uri: the one inside wins, and is checked', async () => {
  const page = await send(await object({ redirect_uri: 'https://app.example.pe/second' }));
  assert.ok(page.location?.startsWith('https://app.example.pe/second?') || page.callback?.error, page.location);
  assertErrorPage(await send(await object({ redirect_uri: 'https://evil.example/' })));
});

test('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async () => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${part({ alg: 'none' })}.${part({ client_id: 'portal', response_type: 'code', redirect_uri: REDIRECT, scope: 'openid', state: 'inside' })}.`;
  assertRefused(await send(unsigned), ['request_not_supported', 'invalid_request_object']);
});

const wrong = {
  'another issuer': { iss: 'other' }, 'another audience': { aud: 'https://other.example/' }, 'another client_id': { client_id: 'other' },
  expired: { exp: () => now() - 120 }, 'not yet valid': { nbf: () => now() + 300 }, 'another response_type': { response_type: 'id_token' },
  'a request inside': { request: 'x.y.z' }, 'a request_uri inside': { request_uri: 'https://app.example.pe/x' },
};
for (const [name, claims] of Object.entries(wrong)) {
  test(`RFC 9101 6, JO-10: a request object with ${name} is refused`, async () => {
    const filled = Object.fromEntries(Object.entries(claims).map(([k, v]) => [k, typeof v === 'function' ? v() : v]));
    assertRefused(await send(await object(filled)), ['invalid_request_object', 'invalid_request', 'unauthorized_client', 'unsupported_response_type']);
  });
}

test('an object of another algorithm or key than the client registered', async () => {
  const stranger = await generateKeyPair('PS256');
  const forged = await new SignJWT({ client_id: 'portal', response_type: 'code', redirect_uri: REDIRECT, scope: 'openid' })
    .setProtectedHeader({ alg: 'PS256', kid: 'ro' }).sign(stranger.privateKey);
  assertRefused(await send(forged), ['invalid_request_object']);
});

test('oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported, OX-03: nothing is fetched', async (t) => {
  let calls = 0;
  const listener = http.createServer((req, res) => { calls++; res.end('x'); }).listen(0, '127.0.0.1');
  await new Promise((r) => listener.once('listening', r));
  t.after(() => listener.close());
  const page = await browser.authorize({ client_id: 'portal', request_uri: `http://127.0.0.1:${listener.address().port}/request` });
  assertRefused(page, ['request_uri_not_supported', 'invalid_request_uri', 'invalid_request']);
  assert.equal(calls, 0);
});

test('a registration parameter is not supported, and says so', async () => {
  assertRefused(await browser.authorize({ client_id: 'portal', registration: '{}' }), ['registration_not_supported', 'invalid_request']);
});

test('JO-09: what a client signs to say who it is passes for no request, and a request for no assertion', async () => {
  assertRefused(await send(await object({ sub: 'portal' })), ['invalid_request_object']);
});
