// UserInfo: the three ways to ask, and what is never said.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { bearer, fetchLike, request } from './lib/http.mjs';
import { decode } from './lib/oidc.mjs';
import { World } from './lib/world.mjs';

let world, portal, tokens, url;
before(async () => {
  world = await World.open();
  await world.addUser('ana', { email: 'ana@example.pe' });
  portal = await world.addClient('portal', { serviceAccount: true, values: { directAccessGrantsEnabled: true } });
  tokens = (await portal.password('ana', undefined, { scope: 'openid email' })).json;
  url = `${portal.endpoint}/userinfo`;
});
after(() => world.close());

test('oidcc-userinfo-get, -post-header, -post-body: the same answer, sub as in the ID token', async () => {
  const replies = [
    await request(url, { headers: bearer(tokens.access_token) }),
    await request(url, { method: 'POST', form: {}, headers: bearer(tokens.access_token) }),
    await request(url, { form: { access_token: tokens.access_token } }),
  ];
  for (const reply of replies) {
    assert.equal(reply.status, 200);
    assert.match(reply.headers['content-type'], /^application\/json/);
    assert.match(reply.headers['cache-control'], /no-store/);
    assert.equal(reply.json.sub, decode(tokens.id_token).sub);
    assert.equal(reply.json.email, 'ana@example.pe');
  }
  const scheme = await request(url, { headers: { Authorization: `bEaReR ${tokens.access_token}` } });
  assert.equal(scheme.status, 200, 'the scheme is case-insensitive');
});

test('RFC 6750 2: one way at a time, never the query', async () => {
  const both = await request(url, { form: { access_token: tokens.access_token }, headers: bearer(tokens.access_token) });
  assert.equal(both.status, 400);
  assert.equal((await request(`${url}?access_token=${tokens.access_token}`)).status, 401);
});

test('RFC 6750 3: without a token a bare challenge, with a bad one invalid_token', async () => {
  const bare = await request(url);
  assert.equal(bare.status, 401);
  assert.match(bare.headers['www-authenticate'], /^Bearer/);
  assert.doesNotMatch(bare.headers['www-authenticate'], /error=/);
  const bad = await request(url, { headers: bearer('x.y.z') });
  assert.equal(bad.status, 401);
  assert.match(bad.headers['www-authenticate'], /^Bearer.*error="invalid_token"/);
});

test('a token without scope openid is refused with insufficient_scope', async () => {
  for (const token of [(await portal.password('ana', undefined, { scope: 'email' })).json.access_token]) {
    const reply = await request(url, { headers: bearer(token) });
    assert.equal(reply.status, 403);
    assert.match(reply.headers['www-authenticate'], /insufficient_scope/);
  }
});

test('oidcc-userinfo-rs256: a signed answer with iss and aud', async () => {
  await world.setClient('portal', { 'attributes.user.info.response.signature.alg': 'RS256' });
  const reply = await request(url, { headers: bearer(tokens.access_token) });
  assert.match(reply.headers['content-type'], /^application\/jwt/);
  const keys = createRemoteJWKSet(new URL(`${portal.endpoint}/certs`), { [customFetch]: fetchLike });
  const { payload } = await jwtVerify(reply.text, keys, { issuer: world.server.realm('peru'), audience: 'portal' });
  assert.equal(payload.sub, decode(tokens.id_token).sub);
  const spoof = await request(url, { headers: bearer(reply.text) });
  assert.equal(spoof.status, 401, 'OT-15: it is no access token');
  await world.setClient('portal', { 'attributes.user.info.response.signature.alg': '' });
});

test('claims of scopes that were not asked for stay away', async () => {
  const bare = (await portal.password('ana', undefined, { scope: 'openid' })).json;
  const info = (await portal.userinfo(bare.access_token)).json;
  assert.equal(info.phone_number, undefined);
  assert.equal(info.address, undefined);
});
