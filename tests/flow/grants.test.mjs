// Which grant is for whom (OA-07, OA-12), and how each one is refused.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { basic, request } from './lib/http.mjs';
import { assertError, Browser, Client, decode, PASSWORD } from './lib/oidc.mjs';
import { SECRET, World } from './lib/world.mjs';

let world, portal, billing, spa;
before(async () => {
  world = await World.open();
  await world.addUser('ana', { email: 'ana@example.pe' });
  portal = await world.addClient('portal');
  billing = await world.addClient('billing', { serviceAccount: true, values: { standardFlowEnabled: false } });
  spa = await world.addClient('spa', { isPublic: true });
});
after(() => world.close());

test('the password grant is off unless the client allows it', async () => {
  assertError(await portal.password('ana'), 400, 'unauthorized_client', /direct access grants/);
  await world.setClient('portal', { directAccessGrantsEnabled: true });
  const tokens = (await portal.password('ana')).json;
  assert.equal(decode(tokens.access_token).preferred_username, 'ana');
  assertError(await portal.password('ana', 'wrong'), 401, 'invalid_grant', /Invalid user credentials/);
  assertError(await portal.password('nobody', 'wrong'), 401, 'invalid_grant', /Invalid user credentials/);
  assert.equal((await portal.password('ANA@example.pe')).status, 200, 'e-mail, in any letter case');
});

test('OA-07: switching the password grant off again ends it, also with a valid session', async () => {
  await world.setClient('portal', { directAccessGrantsEnabled: false });
  assertError(await portal.password('ana'), 400, 'unauthorized_client');
});

test('client_credentials needs a service account', async () => {
  assertError(await portal.service(), 400, 'unauthorized_client', /service account/);
  assert.equal((await billing.service()).status, 200);
  const asPublic = await spa.service();
  assert.ok([400, 401].includes(asPublic.status));
  assert.ok(['unauthorized_client', 'invalid_client'].includes(asPublic.json.error));
});

test('OA-07: a client without the standard flow has no authorization endpoint', async () => {
  const browser = new Browser(world.server, 'peru');
  const page = await browser.authorize({ client_id: 'billing' });
  assert.equal(page.isRedirect ? page.callback.error : 'page', page.isRedirect ? 'unauthorized_client' : 'page');
  assert.doesNotMatch(page.text, /kc-form-login/);
});

test('unknown and missing grant types', async () => {
  for (const grant_type of ['', 'implicit', 'AUTHORIZATION_CODE', 'urn:openid:params:grant-type:ciba', 'x'.repeat(3000), 'authorization_code\u0000']) {
    const reply = await portal.token({ grant_type });
    assert.equal(reply.status, 400, grant_type);
    assert.ok(['unsupported_grant_type', 'invalid_request', 'unauthorized_client'].includes(reply.json.error), reply.text);
  }
  assertError(await portal.token({ code: 'x' }), 400, 'invalid_request');
});

test('missing parameters of each grant are invalid_request', async () => {
  await world.setClient('portal', { directAccessGrantsEnabled: true });
  assertError(await portal.token({ grant_type: 'authorization_code' }), 400, 'invalid_request');
  assertError(await portal.token({ grant_type: 'refresh_token' }), 400, 'invalid_request');
  const noPassword = await portal.token({ grant_type: 'password', username: 'ana' });
  assert.ok(['invalid_request', 'invalid_grant'].includes(noPassword.json.error));
});

test('OA-12: scopes that the client does not have are refused in every grant', async () => {
  for (const scope of ['openid admin', 'openid nothing-like-this', 'a'.repeat(2000), 'openid "quote"', 'openid \\']) {
    for (const reply of [await portal.password('ana', PASSWORD, { scope }), await billing.service({ scope })]) {
      assertError(reply, 400, 'invalid_scope');
    }
    const page = await new Browser(world.server, 'peru').authorize({ client_id: 'portal', scope });
    assert.equal(page.callback.error, 'invalid_scope');
  }
});

test('OT-16: the token endpoint takes POST and nothing else', async () => {
  const url = `${portal.endpoint}/token?grant_type=client_credentials&client_id=billing&client_secret=${SECRET}`;
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'TRACE']) {
    assert.ok([405, 501].includes((await request(url, { method })).status), method);
  }
  const inQuery = await request(url, { method: 'POST', form: {} });
  assert.notEqual(inQuery.status, 200, 'credentials in the query are not credentials');
});

test('OT-16: JSON with no-store in success and failure', async () => {
  for (const reply of [await billing.service(), await portal.service()]) {
    assert.match(reply.headers['content-type'], /^application\/json/);
    assert.match(reply.headers['cache-control'], /no-store/);
  }
});

test('RFC 6749 5.2: a failed Authorization header is answered with WWW-Authenticate', async () => {
  const reply = await new Client(world.server, 'peru', 'billing', 'wrong').service();
  assert.equal(reply.status, 401);
  assert.match(reply.headers['www-authenticate'], /^Basic/);
  assert.ok(['invalid_client', 'unauthorized_client'].includes(reply.json.error));
});

test('admin-cli of master takes the password grant of the first admin, from the environment', async () => {
  const { Server } = await import('./lib/server.mjs');
  for (const [user, pass] of [['GARITA_BOOTSTRAP_ADMIN_USERNAME', 'GARITA_BOOTSTRAP_ADMIN_PASSWORD'],
    ['KC_BOOTSTRAP_ADMIN_USERNAME', 'KC_BOOTSTRAP_ADMIN_PASSWORD'], ['KEYCLOAK_ADMIN', 'KEYCLOAK_ADMIN_PASSWORD']]) {
    const server = await Server.start({ env: { [user]: 'root', [pass]: PASSWORD } });
    const cli = new Client(server, 'master', 'admin-cli', undefined);
    const reply = await cli.password('root');
    assert.equal(reply.status, 200, `${user}: ${reply.text}`);
    await server.stop();
  }
});

test('RE-04, CL-01: without that, no user of master exists and no password opens it', async () => {
  const { Server } = await import('./lib/server.mjs');
  const server = await Server.start();
  const cli = new Client(server, 'master', 'admin-cli', undefined);
  for (const [user, pass] of [['admin', 'admin'], ['admin', 'password'], ['root', 'root'], ['garita', 'garita']]) {
    assertError(await cli.password(user, pass), 401, 'invalid_grant');
  }
  await server.stop();
});

test('Authorization header: names are form-encoded before Base64 (RFC 6749 2.3.1)', async () => {
  const odd = await world.addClient('odd id:1', { serviceAccount: true, secret: 'a secret: with %20 and ü, long enough to pass' });
  assert.equal((await odd.service()).status, 200);
  const bare = await request(`${odd.endpoint}/token`, {
    form: { grant_type: 'client_credentials' }, headers: basic('billing', SECRET),
  });
  assert.equal(bare.status, 200);
});
