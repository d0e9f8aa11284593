// What is in the tokens: Keycloak's shape, so that code written for it keeps working.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { fetchLike } from './lib/http.mjs';
import { decode, headerOf } from './lib/oidc.mjs';
import { World } from './lib/world.mjs';

let world, portal, service, issuer, login;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

before(async () => {
  world = await World.open();
  issuer = world.server.realm('peru');
  await world.addUser('ana', { email: 'ana@example.pe', emailVerified: true, firstName: 'Ana', lastName: 'Quispe' });
  portal = await world.addClient('portal', { values: { webOrigins: ['https://app.example.pe'], directAccessGrantsEnabled: true } });
  service = await world.addClient('billing', { serviceAccount: true });
  login = await portal.login('ana', { scope: 'openid profile email' });
});
after(() => world.close());

test('the token response has the members that Keycloak sends', () => {
  const t = login.tokens;
  assert.deepEqual(Object.keys(t).sort(), [
    'access_token', 'expires_in', 'id_token', 'not-before-policy', 'refresh_expires_in', 'refresh_token', 'scope',
    'session_state', 'token_type',
  ]);
  assert.equal(t.token_type, 'Bearer');
  assert.equal(t.expires_in, 900);
  assert.equal(t['not-before-policy'], 0);
  assert.deepEqual(new Set(t.scope.split(' ')), new Set(['openid', 'profile', 'email']));
  assert.equal(t.session_state, decode(t.access_token).sid);
});

test('the access token: header, times, parties, roles, profile', () => {
  const { access_token } = login.tokens;
  assert.deepEqual(Object.keys(headerOf(access_token)).sort(), ['alg', 'kid', 'typ']);
  assert.equal(headerOf(access_token).alg, 'RS256');
  assert.equal(headerOf(access_token).typ, 'JWT');
  const c = decode(access_token);
  assert.equal(c.iss, issuer);
  assert.equal(c.typ, 'Bearer');
  assert.equal(c.azp, 'portal');
  assert.match(c.sub, UUID);
  assert.ok(c.jti.length >= 22 && c.sid.length >= 22);
  assert.equal(c.exp - c.iat, 900);
  assert.equal(c.acr, '1');
  assert.equal(c.aud, 'account', 'from audience resolve, not the client itself');
  assert.deepEqual(c['allowed-origins'], ['https://app.example.pe']);
  assert.deepEqual(new Set(c.realm_access.roles), new Set(['default-roles-peru', 'offline_access', 'uma_authorization']));
  assert.deepEqual(new Set(c.resource_access.account.roles), new Set(['manage-account', 'manage-account-links', 'view-profile']));
  assert.equal(c.scope, login.tokens.scope);
  assert.equal(c.preferred_username, 'ana');
  assert.equal(c.name, 'Ana Quispe');
  assert.equal(c.given_name, 'Ana');
  assert.equal(c.family_name, 'Quispe');
  assert.equal(c.email, 'ana@example.pe');
  assert.equal(c.email_verified, true);
  assert.equal(c.nonce, undefined);
  assert.equal(c.session_state, undefined);
});

test('the ID token says who signed in, and not what they may do', () => {
  const c = decode(login.tokens.id_token);
  assert.equal(c.aud, 'portal');
  assert.equal(c.typ, 'ID');
  assert.equal(c.sid, decode(login.tokens.access_token).sid);
  assert.equal(c.acr, '1');
  assert.equal(c.realm_access, undefined);
  assert.equal(c.resource_access, undefined);
  assert.equal(c['allowed-origins'], undefined);
});

test('the refresh token: HS512, for the issuer alone', () => {
  const { refresh_token } = login.tokens;
  assert.equal(headerOf(refresh_token).alg, 'HS512');
  const c = decode(refresh_token);
  assert.equal(c.aud, issuer);
  assert.equal(c.iss, issuer);
  assert.equal(c.typ, 'Refresh');
  assert.equal(c.azp, 'portal');
  assert.equal(c.exp - c.iat, login.tokens.refresh_expires_in);
  assert.equal(c.realm_access, undefined);
});

test('jose verifies access and ID tokens against the published keys', async () => {
  const keys = createRemoteJWKSet(new URL(`${portal.endpoint}/certs`), { [customFetch]: fetchLike });
  await jwtVerify(login.tokens.access_token, keys, { issuer, typ: 'JWT' });
  await jwtVerify(login.tokens.id_token, keys, { issuer, audience: 'portal' });
  await assert.rejects(jwtVerify(login.tokens.refresh_token, keys));
});

test('without scope openid there is no ID token (RFC 6749 alone)', async () => {
  const tokens = (await portal.login('ana', { scope: 'profile' })).tokens;
  assert.equal(tokens.id_token, undefined);
  assert.equal(decode(tokens.access_token).preferred_username, 'ana');
});

test('client_credentials: a service account, no session, no refresh token', async () => {
  const reply = await service.service();
  assert.equal(reply.status, 200);
  assert.match(reply.headers['cache-control'], /no-store/);
  const t = reply.json;
  assert.equal(t.refresh_token, undefined);
  assert.equal(t.id_token, undefined);
  assert.equal(t.refresh_expires_in, 0);
  const c = decode(t.access_token);
  assert.equal(c.preferred_username, 'service-account-billing');
  assert.equal(c.azp, 'billing');
  assert.match(c.sub, UUID);
  assert.equal(c.sid, undefined);
});

const algorithms = {
  RS256: 256, RS384: 256, RS512: 256, PS256: 256, PS384: 256, PS512: 256, ES256: 64, ES384: 96, EdDSA: 64,
};
for (const [alg, bytes] of Object.entries(algorithms)) {
  test(`JO-01${alg === 'RS256' ? ', oidcc-idtoken-rs256' : ''}: a client's tokens are signed with ${alg} when it asks for it`, async () => {
    await world.setClient('billing', { 'attributes.access.token.signed.response.alg': alg });
    const token = (await service.service()).json.access_token;
    assert.equal(headerOf(token).alg, alg);
    assert.ok(Buffer.from(token.split('.')[2], 'base64url').length >= bytes);
    const keys = createRemoteJWKSet(new URL(`${portal.endpoint}/certs`), { [customFetch]: fetchLike });
    await jwtVerify(token, keys, { issuer, algorithms: [alg] });
    assert.equal(await service.isActive(token), true);
  });
}

test('OI-01: at_hash is made with the hash of the ID token algorithm', async () => {
  const hashes = { RS256: 'sha256', ES256: 'sha256', RS384: 'sha384', ES384: 'sha384', PS512: 'sha512', ES512: 'sha512', EdDSA: 'sha512' };
  for (const [alg, hash] of Object.entries(hashes)) {
    await world.setClient('portal', { 'attributes.id.token.signed.response.alg': alg });
    const t = (await portal.password('ana')).json;
    assert.equal(headerOf(t.id_token).alg, alg);
    const digest = createHash(hash).update(t.access_token).digest();
    assert.equal(decode(t.id_token).at_hash, digest.subarray(0, digest.length / 2).toString('base64url'), alg);
  }
  await world.setClient('portal', { 'attributes.id.token.signed.response.alg': '' });
});

test('oidcc-idtoken-unsigned: alg none cannot be had', async () => {
  for (const name of ['id.token.signed.response.alg', 'access.token.signed.response.alg', 'user.info.response.signature.alg', 'token.endpoint.auth.signing.alg']) {
    for (const alg of ['none', 'None', 'HS256', 'RS1', 'bogus']) {
      if (alg === 'HS256' && name.startsWith('token.endpoint')) continue; // client_secret_jwt
      const result = await world.cli.run(['client', 'set', '--realm', 'peru', '--client-id', 'billing', `attributes.${name}=${alg}`]);
      assert.equal(result.status, 1, `${name} ${alg}`);
    }
  }
  assert.equal((await world.cli.run(['realm', 'set', 'peru', 'defaultSignatureAlgorithm=none'])).status, 1);
});

test('the realm default algorithm and lifespan count where the client says nothing', async () => {
  await world.setRealm({ defaultSignatureAlgorithm: 'ES256', accessTokenLifespan: 77 });
  const token = (await portal.password('ana')).json;
  assert.equal(headerOf(token.access_token).alg, 'ES256');
  assert.equal(headerOf(token.id_token).alg, 'ES256');
  assert.equal(token.expires_in, 77);
  await world.setClient('portal', { 'attributes.access.token.lifespan': '33' });
  assert.equal((await portal.password('ana')).json.expires_in, 33);
  await world.setRealm({ defaultSignatureAlgorithm: 'RS256', accessTokenLifespan: 900 });
});

test('oidcc-server-rotate-keys: a rotated key signs, the old one still verifies', async () => {
  const old = (await service.service()).json.access_token;
  const oldKids = (await fetchLike(`${portal.endpoint}/certs`).then((r) => r.json())).keys.map((k) => k.kid);
  await world.setClient('billing', { 'attributes.access.token.signed.response.alg': 'RS256' });
  const before = (await service.service()).json.access_token;
  await world.cli.ok('keys', 'rotate', '--realm', 'peru', '--alg', 'RS256');
  const now = (await service.service()).json.access_token;
  assert.notEqual(headerOf(now).kid, headerOf(before).kid);
  const kids = (await fetchLike(`${portal.endpoint}/certs`).then((r) => r.json())).keys.map((k) => k.kid);
  for (const kid of [...oldKids, headerOf(now).kid]) assert.ok(kids.includes(kid));
  for (const token of [old, before, now]) assert.equal(await service.isActive(token), true);
});

test('JO-16: a disabled key is gone from the key set, and what it signed is dead', async () => {
  const token = (await service.service()).json.access_token;
  const { kid } = headerOf(token);
  await world.cli.ok('keys', 'rotate', '--realm', 'peru', '--alg', 'RS256');
  assert.equal(await service.isActive(token), true, 'the overlap');
  await world.cli.ok('keys', 'disable', '--realm', 'peru', '--kid', kid);
  assert.equal(await service.isActive(token), false);
  assert.equal((await portal.userinfo(token)).status, 401);
  const keys = (await fetchLike(`${portal.endpoint}/certs`).then((r) => r.json())).keys;
  assert.ok(!keys.some((k) => k.kid === kid));
  assert.notEqual(headerOf((await service.service()).json.access_token).kid, kid);
});
