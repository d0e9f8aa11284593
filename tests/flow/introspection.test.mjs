// Introspection and revocation: who may ask, and what is said.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request } from './lib/http.mjs';
import { Client, decode } from './lib/oidc.mjs';
import { SECRET, World } from './lib/world.mjs';

let world, portal, api, stranger, spa;
before(async () => {
  world = await World.open();
  await world.addUser('ana', { email: 'ana@example.pe' });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  api = await world.addClient('api');
  stranger = await world.addClient('stranger');
  spa = await world.addClient('spa', { isPublic: true, values: { directAccessGrantsEnabled: true } });
  await world.addMapper('portal', 'api audience', 'oidc-audience-mapper', {
    'included.client.audience': 'api', 'access.token.claim': 'true', 'introspection.token.claim': 'true',
  });
});
after(() => world.close());

const tokens = async () => (await portal.password('ana')).json;
const INACTIVE = '{"active":false}';

test('RFC 7662 2.2: an active token is described', async () => {
  const t = await tokens();
  const reply = await portal.introspect(t.access_token);
  assert.equal(reply.status, 200);
  assert.match(reply.headers['content-type'], /^application\/json/);
  assert.match(reply.headers['cache-control'], /no-store/);
  const seen = reply.json;
  const claims = decode(t.access_token);
  assert.equal(seen.active, true);
  for (const name of ['sub', 'iss', 'exp', 'iat', 'jti', 'azp', 'sid', 'scope']) assert.deepEqual(seen[name], claims[name], name);
  assert.equal(seen.client_id, 'portal');
  assert.equal(seen.username, 'ana');
  assert.equal(seen.token_type, 'Bearer');
});

test('OT-11: who the token is for may ask; to everyone else it is exactly inactive', async () => {
  const { access_token, refresh_token } = await tokens();
  assert.equal((await api.introspect(access_token)).json.active, true, 'in aud');
  for (const token of [access_token, refresh_token]) {
    const reply = await stranger.introspect(token);
    assert.equal(reply.status, 200);
    assert.equal(reply.text, INACTIVE);
  }
  assert.equal((await api.introspect(refresh_token)).text, INACTIVE);
});

test('OT-11: introspection needs authentication; public clients and bearers may not', async () => {
  const { access_token } = await tokens();
  const url = `${portal.endpoint}/token/introspect`;
  const tries = [
    await request(url, { form: { token: access_token } }), await request(url, { form: { token: access_token, client_id: 'portal' } }),
    await new Client(world.server, 'peru', 'portal', 'wrong').introspect(access_token), await spa.introspect(access_token),
    await request(url, { form: { token: access_token }, headers: { Authorization: `Bearer ${access_token}` } }),
  ];
  for (const reply of tries) {
    assert.ok([400, 401, 403].includes(reply.status), reply.text);
    assert.ok(!reply.text.includes('"active":true'));
  }
  assert.equal((await request(`${url}?token=${access_token}&client_id=portal&client_secret=${SECRET}`)).status, 405);
});

test('OT-11: rubbish is inactive, not an error', async () => {
  for (const token of ['x', 'a.b.c', 'é'.repeat(50), '0'.repeat(9000), 'null', '{}']) {
    const reply = await portal.introspect(token);
    assert.equal(reply.text, INACTIVE, token.slice(0, 20));
  }
  assert.equal((await portal.introspect('')).status, 400);
  assert.equal((await portal.post('/token/introspect', {})).status, 400);
});

test('token_type_hint: right, wrong and unknown hints change nothing', async () => {
  const t = await tokens();
  for (const token_type_hint of ['access_token', 'refresh_token', 'requesting_party_token', 'nonsense', '']) {
    assert.equal((await portal.introspect(t.access_token, { token_type_hint })).json.active, true, token_type_hint);
    assert.equal((await portal.introspect(t.refresh_token, { token_type_hint })).json.active, true, token_type_hint);
  }
});

test('OT-12: revoking a refresh token ends it and its access tokens', async () => {
  const t = await tokens();
  const reply = await portal.revoke(t.refresh_token);
  assert.equal(reply.status, 200);
  assert.equal(reply.text, '');
  assert.equal((await portal.refresh(t.refresh_token)).json.error, 'invalid_grant');
  assert.equal(await portal.isActive(t.access_token), false);
  assert.equal((await portal.userinfo(t.access_token)).status, 401);
});

test('OT-12: revoking an access token ends it at once', async () => {
  const t = await tokens();
  assert.equal((await portal.revoke(t.access_token, { token_type_hint: 'access_token' })).status, 200);
  assert.equal(await portal.isActive(t.access_token), false);
  assert.equal((await portal.userinfo(t.access_token)).status, 401);
});

test('OT-12: a client revokes its own tokens only', async () => {
  const t = await tokens();
  for (const other of [stranger, api, spa]) {
    for (const token of [t.access_token, t.refresh_token]) {
      const reply = await other.revoke(token);
      assert.ok([200, 400].includes(reply.status), reply.text);
    }
  }
  assert.equal(await portal.isActive(t.access_token), true);
  assert.equal((await portal.refresh(t.refresh_token)).status, 200);
});

test('OT-12: unknown and spent tokens are 200, a missing one is 400, no client is 401', async () => {
  for (const token of ['x', 'a.b.c', '0'.repeat(5000)]) assert.equal((await portal.revoke(token)).status, 200);
  const t = await tokens();
  await portal.revoke(t.refresh_token);
  assert.equal((await portal.revoke(t.refresh_token)).status, 200);
  assert.equal((await portal.post('/revoke', {})).status, 400);
  assert.ok([400, 401].includes((await request(`${portal.endpoint}/revoke`, { form: { token: 'x' } })).status));
  assert.equal((await new Client(world.server, 'peru', 'portal', 'wrong').revoke('x')).status, 401);
});

test('OT-12: a public client revokes its own refresh token', async () => {
  const t = (await spa.password('ana')).json;
  assert.equal((await spa.revoke(t.refresh_token)).status, 200);
  assert.equal((await spa.refresh(t.refresh_token)).json.error, 'invalid_grant');
});
