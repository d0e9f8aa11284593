// Refresh tokens: each is good once; an old one that comes back ends the family.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertError, decode } from './lib/oidc.mjs';
import { sleep } from './lib/server.mjs';
import { World } from './lib/world.mjs';

let world, portal, other, spa;
before(async () => {
  world = await World.open();
  await world.addUser('ana');
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  other = await world.addClient('other', { values: { directAccessGrantsEnabled: true } });
  spa = await world.addClient('spa', { isPublic: true });
});
after(() => world.close());

test('oidcc-refresh-token: new tokens for the same person, session and authentication', async () => {
  const { tokens } = await portal.login('ana', { scope: 'openid email' });
  const reply = await portal.refresh(tokens.refresh_token);
  assert.equal(reply.status, 200);
  assert.match(reply.headers['cache-control'], /no-store/);
  const before = decode(tokens.id_token);
  const now = decode(reply.json.id_token);
  for (const claim of ['iss', 'sub', 'aud', 'azp', 'sid', 'auth_time']) assert.equal(now[claim], before[claim], claim);
  assert.ok(now.iat >= before.iat);
  assert.notEqual(reply.json.refresh_token, tokens.refresh_token);
  assert.deepEqual(new Set(reply.json.scope.split(' ')), new Set(tokens.scope.split(' ')));
});

test('OT-04: replay of a spent refresh token kills the family', async () => {
  const { refresh_token: first } = (await portal.password('ana')).json;
  const second = (await portal.refresh(first)).json;
  const third = (await portal.refresh(second.refresh_token)).json;
  assertError(await portal.refresh(first), 400, 'invalid_grant');
  assertError(await portal.refresh(third.refresh_token), 400, 'invalid_grant');
  assert.equal(await portal.isActive(third.access_token), false);
});

test('OT-04: a family that is not revoked does not suffer from another', async () => {
  const one = (await portal.password('ana')).json;
  const two = (await portal.password('ana')).json;
  await portal.refresh(one.refresh_token);
  assertError(await portal.refresh(one.refresh_token), 400, 'invalid_grant');
  assert.equal((await portal.refresh(two.refresh_token)).status, 200);
});

test('oidcc-refresh-token: bound to its client', async () => {
  const { refresh_token } = (await portal.password('ana')).json;
  assertError(await other.refresh(refresh_token), 400, 'invalid_grant');
  assertError(await spa.refresh(refresh_token), 400, 'invalid_grant');
  assert.equal((await portal.refresh(refresh_token)).status, 200);
});

test('RFC 6749 6: scope may shrink, never grow', async () => {
  const { tokens } = await portal.login('ana', { scope: 'openid email' });
  const less = (await portal.refresh(tokens.refresh_token, { scope: 'openid' })).json;
  assert.ok(!less.scope.split(' ').includes('phone'));
  assertError(await portal.refresh(less.refresh_token, { scope: 'openid email phone' }), 400, 'invalid_scope');
});

test('OT-10: altered, truncated and extended refresh tokens are refused', async () => {
  const { refresh_token: good } = (await portal.password('ana')).json;
  const flipped = good.slice(0, -2) + (good.at(-2) === 'A' ? 'B' : 'A') + good.at(-1);
  for (const wrong of [good.slice(0, -1), `${good}A`, flipped, `${good}.x`, good.split('.').slice(0, 2).join('.'), `${good} `, '']) {
    const reply = await portal.refresh(wrong);
    assert.equal(reply.status, 400);
    assert.ok(['invalid_grant', 'invalid_request'].includes(reply.json.error));
  }
  assert.equal((await portal.refresh(good)).status, 200);
});

test('a realm may allow reuse, as Keycloak does by default', async () => {
  await world.setRealm({ revokeRefreshToken: false });
  const { refresh_token } = (await portal.password('ana')).json;
  assert.equal((await portal.refresh(refresh_token)).status, 200);
  assert.equal((await portal.refresh(refresh_token)).status, 200);
  await world.setRealm({ revokeRefreshToken: true, refreshTokenMaxReuse: 1 });
  const limited = (await portal.password('ana')).json.refresh_token;
  assert.equal((await portal.refresh(limited)).status, 200);
  assert.equal((await portal.refresh(limited)).status, 200);
  assertError(await portal.refresh(limited), 400, 'invalid_grant');
  await world.setRealm({ refreshTokenMaxReuse: 0 });
});

test('offline_access: an offline token has no end and outlives the logout of the browser', async () => {
  const { tokens, browser } = await portal.login('ana', { scope: 'openid offline_access' });
  const claims = decode(tokens.refresh_token);
  assert.equal(claims.typ, 'Offline');
  assert.equal(claims.exp, undefined);
  assert.equal(tokens.refresh_expires_in, 0);
  await browser.get(`${browser.endpoint}/logout?id_token_hint=${tokens.id_token}`);
  const reply = await portal.refresh(tokens.refresh_token);
  assert.equal(reply.status, 200, reply.text);
  assert.equal((await portal.revoke(reply.json.refresh_token)).status, 200);
  assertError(await portal.refresh(reply.json.refresh_token), 400, 'invalid_grant');
});

test('offline_access: rotation and reuse detection hold there too (OT-04)', async () => {
  const { tokens } = await portal.login('ana', { scope: 'openid offline_access' });
  const next = (await portal.refresh(tokens.refresh_token)).json;
  assertError(await portal.refresh(tokens.refresh_token), 400, 'invalid_grant');
  assertError(await portal.refresh(next.refresh_token), 400, 'invalid_grant');
});

test('idle and maximum life of a session end its refresh tokens', async () => {
  await world.setRealm({ ssoSessionIdleTimeout: 2 });
  const idle = (await portal.password('ana')).json;
  assert.ok(idle.refresh_expires_in <= 2);
  await sleep(3200);
  assertError(await portal.refresh(idle.refresh_token), 400, 'invalid_grant');
  await world.setRealm({ ssoSessionIdleTimeout: 1800, ssoSessionMaxLifespan: 6 });
  const busy = (await portal.password('ana')).json;
  await sleep(1500);
  const kept = await portal.refresh(busy.refresh_token);
  assert.equal(kept.status, 200);
  await sleep(5500);
  assertError(await portal.refresh(kept.json.refresh_token), 400, 'invalid_grant');
  assert.equal(await portal.isActive(kept.json.access_token), false);
  await world.setRealm({ ssoSessionMaxLifespan: 36000 });
});

test('a client may be refused refresh tokens', async () => {
  await world.setClient('other', { 'attributes.use.refresh.tokens': 'false' });
  const { tokens } = await other.login('ana');
  assert.equal(tokens.refresh_token, undefined);
});
