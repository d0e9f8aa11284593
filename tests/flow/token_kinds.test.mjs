// One kind of token never passes for another (OT-15, JO-09), and none leaves its realm (AD-02).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bearer, request } from './lib/http.mjs';
import { Browser, decode, PASSWORD } from './lib/oidc.mjs';
import { World } from './lib/world.mjs';

let world, portal, twin, login, service, code, cookies;
before(async () => {
  world = await World.open();
  await world.addRealm('chile');
  for (const realm of ['peru', 'chile']) {
    await world.addUser('ana', { email: 'ana@example.pe' }, { realm });
    const client = await world.addClient('portal', { realm, serviceAccount: true, values: { directAccessGrantsEnabled: true } });
    if (realm === 'peru') portal = client;
    else twin = client;
  }
  login = await portal.login('ana');
  service = (await portal.service()).json.access_token;
  code = await login.browser.code({ client_id: 'portal' });
  cookies = [...login.browser.jar.cookies.values()].map((c) => c.value);
});
after(() => world.close());

// name -> every secret thing that a client or a browser can hold
const kinds = () => ({
  'access token': login.tokens.access_token, 'service token': service, 'ID token': login.tokens.id_token,
  'refresh token': login.tokens.refresh_token, code, ...Object.fromEntries(cookies.map((value, i) => [`cookie ${i}`, value])),
});

const places = {
  userinfo: { accepts: ['access token'], tries: async (t) => (await request(`${portal.endpoint}/userinfo`, { headers: bearer(t) })).status === 200 },
  refresh: { accepts: ['refresh token'], tries: async (t) => (await portal.refresh(t)).status === 200 },
  code: { accepts: ['code'], tries: async (t) => (await portal.redeem(t)).status === 200 },
  hint: { accepts: ['ID token'], tries: async (t) => (await login.browser.authorize({ client_id: 'portal', prompt: 'none', id_token_hint: t })).callback?.code !== undefined },
  introspection: { accepts: ['access token', 'service token', 'refresh token'], tries: async (t) => (await portal.introspect(t)).json.active },
};

for (const [place, { accepts, tries }] of Object.entries(places)) {
  test(`OT-15, OT-03, JO-09: ${place} takes ${accepts.join(' and ')} and nothing else`, async () => {
    for (const [kind, token] of Object.entries(kinds())) {
      if (accepts.includes(kind)) continue;
      assert.equal(await tries(token), false, kind);
    }
  });
}

test('OT-15: no token or code is a session cookie', async () => {
  const { cookies: names } = login.browser.jar;
  for (const [kind, token] of Object.entries(kinds()).filter(([k]) => !k.startsWith('cookie'))) {
    const browser = new Browser(world.server, 'peru');
    for (const { name, path } of names.values()) browser.jar.cookies.set(`${name}|${path}`, { name, path, value: token });
    assert.equal((await browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.error, 'login_required', kind);
  }
});

test('AD-02: nothing of realm peru is good in realm chile or master', async () => {
  const t = login.tokens;
  for (const realm of ['chile', 'master']) {
    const endpoint = `${world.server.realm(realm)}/protocol/openid-connect`;
    assert.equal((await request(`${endpoint}/userinfo`, { headers: bearer(t.access_token) })).status, 401, realm);
  }
  assert.deepEqual((await twin.introspect(t.access_token)).json, { active: false });
  assert.deepEqual((await twin.introspect(t.refresh_token)).json, { active: false });
  assert.equal((await twin.refresh(t.refresh_token)).json.error, 'invalid_grant');
  assert.equal((await twin.redeem(code)).json.error, 'invalid_grant');
  await twin.revoke(t.access_token);
  await twin.revoke(t.refresh_token);
  assert.equal(await portal.isActive(t.access_token), true, 'and cannot be revoked from there');
  assert.equal((await portal.redeem(code)).status, 200, 'nor spent from there');
});

test('AD-02: the browser session and the login page of one realm open nothing in another', async () => {
  const abroad = new Browser(world.server, 'chile');
  const kindOf = (cookie) => cookie.name.replace(/_[^_]*$/, '');
  const mine = [...login.browser.jar.cookies.values()];
  for (const cookie of (await twin.login('ana')).browser.jar.cookies.values()) {
    const stolen = mine.find((m) => kindOf(m) === kindOf(cookie));
    if (stolen) abroad.jar.cookies.set(cookie.name, { ...cookie, value: stolen.value });
  }
  assert.ok(abroad.jar.cookies.size > 0);
  assert.equal((await abroad.authorize({ client_id: 'portal', prompt: 'none' })).callback.error, 'login_required');
});

test('AD-02: ids and names that are equal share nothing; keys differ', async () => {
  const abroad = await twin.login('ana');
  assert.notEqual(decode(abroad.tokens.access_token).sub, decode(login.tokens.access_token).sub);
  const kids = async (client) => (await request(`${client.endpoint}/certs`)).json.keys.map((k) => k.kid);
  const mine = new Set(await kids(portal));
  for (const kid of await kids(twin)) assert.ok(!mine.has(kid));
});

test('OI-01: a user that is made again gets another sub, and old tokens die', async () => {
  await world.addUser('temp');
  const before = (await portal.password('temp')).json;
  await world.cli.ok('user', 'delete', '--realm', 'peru', '--username', 'temp');
  assert.equal((await portal.userinfo(before.access_token)).status, 401);
  assert.equal((await portal.refresh(before.refresh_token)).json.error, 'invalid_grant');
  await world.addUser('temp');
  const after = (await portal.password('temp', PASSWORD)).json;
  assert.notEqual(decode(after.access_token).sub, decode(before.access_token).sub);
  assert.equal((await portal.userinfo(before.access_token)).status, 401);
});

test('OT-10: every truncation and bit flip of an access token is refused', async () => {
  const token = login.tokens.access_token;
  const { body } = { body: token };
  const tries = [];
  for (let i = 1; i < 40; i++) tries.push(body.slice(0, -i));
  for (let i = 0; i < body.length; i += 17) {
    const other = body[i] === 'A' ? 'B' : 'A';
    tries.push(body.slice(0, i) + other + body.slice(i + 1));
  }
  for (const wrong of tries.filter((t) => t !== token)) {
    // the last character of a segment may carry unused bits; those variants must be refused as well (JO-07)
    assert.equal((await request(`${portal.endpoint}/userinfo`, { headers: bearer(wrong) })).status, 401);
  }
});
