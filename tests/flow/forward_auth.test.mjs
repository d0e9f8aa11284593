// Forward authentication: nginx of Debian in front of a small page asks us about every request.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { bearer, request } from './lib/http.mjs';
import { startNginx } from './lib/nginx.mjs';
import { decode } from './lib/oidc.mjs';
import { World } from './lib/world.mjs';

const IDENTITY = ['X-Auth-Request-User', 'X-Auth-Request-Preferred-Username', 'X-Auth-Request-Email', 'X-Auth-Client', 'X-Auth-Session',
  'X-Auth-Issuer', 'X-Auth-Realm', 'X-Tenant-ID', 'X-Auth-Roles', 'X-Auth-Scopes'];
const variable = (name) => name.toLowerCase().replaceAll('-', '_');

let world, portal, service, page, proxy, front;

// A page that says which headers reached it.
function startPage() {
  return new Promise((resolve) => {
    const server = http.createServer((req, res) => res.end(JSON.stringify({ method: req.method, headers: req.headers, raw: req.rawHeaders })));
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

const blocks = (listen) => `
  server {
    listen ${listen};
    location / {
      auth_request /ask;
      ${IDENTITY.map((name) => `auth_request_set $${variable(name)} $upstream_http_${variable(name)}; proxy_set_header ${name} $${variable(name)};`).join('\n      ')}
      proxy_pass http://127.0.0.1:${page.address().port};
    }
    location = /ask {
      internal;
      proxy_pass ${world.server.origin.replace('localhost', '127.0.0.1')}/forward-auth?realm=peru&scope=email;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Tenant-ID "";
      proxy_set_header Host ${new URL(world.server.origin).host};
    }
  }`;

before(async () => {
  world = await World.open();
  await world.addUser('ana', { email: 'ana@example.pe' });
  portal = await world.addClient('portal', { serviceAccount: true, values: { directAccessGrantsEnabled: true } });
  service = (await portal.service()).json.access_token;
  page = await startPage();
  proxy = await startNginx(blocks);
  front = proxy.url;
  assert.equal((await request(front)).status, 401);
});
after(async () => {
  await proxy?.stop();
  page?.close();
  await world.close();
});

const login = async () => (await portal.password('ana')).json.access_token;
const ask = (headers, query = '', method = 'GET') => request(`${world.server.origin}/forward-auth${query}`, { headers, method });

test('behind nginx the page learns who it is', async () => {
  const token = await login();
  const claims = decode(token);
  const { headers } = (await request(`${front}/orders?x=1`, { headers: bearer(token) })).json;
  assert.equal(headers['x-auth-request-user'], claims.sub);
  assert.equal(headers['x-auth-request-preferred-username'], 'ana');
  assert.equal(headers['x-auth-request-email'], 'ana@example.pe');
  assert.equal(headers['x-auth-client'], 'portal');
  assert.equal(headers['x-auth-issuer'], claims.iss);
  assert.equal(headers['x-tenant-id'], 'peru');
  assert.equal(headers['x-auth-session'], claims.sid);
  assert.ok(headers['x-auth-roles'].split(',').includes('account/view-profile'));
  assert.equal(headers['x-auth-scopes'], claims.scope);
});

test('WE-15: identity headers that the client sends never reach the page', async () => {
  const forged = Object.fromEntries(IDENTITY.map((name) => [name, 'root']));
  // a header that the client names in Connection must not take ours away either
  for (const extra of [{}, { Connection: `close, ${IDENTITY.join(', ')}` }]) {
    const reply = await request(front, { headers: { ...forged, ...extra, ...bearer(await login()) }, agent: false });
    const { headers } = reply.json;
    for (const name of IDENTITY) assert.notEqual(headers[name.toLowerCase()], 'root', name);
    assert.equal(headers['x-tenant-id'], 'peru');
    assert.equal(headers['x-auth-request-preferred-username'], 'ana');
  }
  // and with a token that has no session and no e-mail, the forged ones are gone, not left over
  const { headers } = (await request(front, { headers: { ...forged, ...bearer(service) } })).json;
  for (const name of IDENTITY) assert.notEqual(headers[name.toLowerCase()], 'root', name);
});

test('WE-15: without a good token nothing passes', async () => {
  const token = await login();
  const tries = [{}, { Authorization: 'Bearer' }, { Authorization: 'Basic eA==' }, bearer('x'), bearer(`${token}x`), { Cookie: `access_token=${token}` },
    { 'X-Auth-Request-User': 'ana' }, { Authorization: `Bearer ${token} ${token}` }];
  for (const headers of tries) {
    const reply = await request(front, { headers });
    assert.equal(reply.status, 401, JSON.stringify(headers));
    assert.match(reply.headers['www-authenticate'] ?? '', /^Bearer /);
  }
});

test('a token that is revoked is refused at the very next request', async () => {
  const token = await login();
  assert.equal((await request(front, { headers: bearer(token) })).status, 200);
  assert.equal((await request(front, { headers: bearer(token) })).status, 200);
  await portal.revoke(token);
  assert.equal((await request(front, { headers: bearer(token) })).status, 401);
});

test('WE-15: every method is asked about, OPTIONS too', async () => {
  const token = await login();
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    assert.equal((await ask({}, '', method)).status, 401, method);
    assert.equal((await ask({ Origin: 'https://evil.example', 'Access-Control-Request-Method': 'GET' }, '', method)).status, 401, method);
    const reply = await ask(bearer(token), '', method);
    assert.equal(reply.status, 200, method);
    for (const name of IDENTITY) assert.notEqual(reply.headers[name.toLowerCase()], undefined, `${method} ${name}`);
  }
});

test('what the proxy asks for is compared; what is misspelt is no licence', async () => {
  const token = await login();
  const status = async (query) => (await ask(bearer(token), query)).status;
  assert.equal(await status('?realm=peru&audience=account&scope=email%20profile&role=offline_access%20account/view-profile'), 200);
  assert.equal(await status('?audience=bank'), 401);
  assert.equal(await status('?scope=payments'), 403);
  assert.equal(await status('?role=admin'), 403);
  assert.equal(await status('?realm=chile'), 403);
  assert.equal(await status('?audiance=bank'), 403);
  assert.equal(await status('?scope=email&scope=payments'), 403);
  assert.equal((await ask({ ...bearer(token), 'X-Tenant-ID': 'chile' })).status, 403);
});

test('names go out in a form that no header and no list is broken by', async () => {
  await world.addUser('josé', { email: 'jose@example.pe' });
  await world.cli.ok('role', 'add', '--realm', 'peru', '--name', 'a,b c%');
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'a,b c%', '--username', 'josé');
  const reply = await ask(bearer((await portal.password('josé')).json.access_token));
  assert.equal(decodeURIComponent(reply.headers['x-auth-request-preferred-username']), 'josé');
  assert.ok(reply.headers['x-auth-roles'].split(',').map(decodeURIComponent).includes('a,b c%'));
});
