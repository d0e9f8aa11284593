// Administration on a listener of its own (AD-11): /admin is there and nowhere else, however it is spelled
// and whatever proxy stands before the public listener.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf } from './lib/admin.mjs';
import { launchBrowser } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';
import { bearer, request } from './lib/http.mjs';
import { startNginx } from './lib/nginx.mjs';
import { exchange } from './lib/raw.mjs';
import { freePort } from './lib/server.mjs';

let world, admin, proxy, token;
before(async () => {
  const port = await freePort();
  admin = `http://localhost:${port}`;
  world = await AdminWorld.open({ args: ['--admin-port', String(port)] });
  token = await world.token('root', 'master');
  // The rule that people write: administration is not for this side.
  proxy = await startNginx((listen) => `
    server {
      listen ${listen};
      location /admin { return 403; }
      location / {
        proxy_pass ${world.server.origin.replace('localhost', '127.0.0.1')};
        proxy_set_header Host ${new URL(world.server.origin).host};
      }
    }`);
});
after(async () => {
  await proxy?.stop();
  await world.close();
});

const auth = () => bearer(token);

test('AD-11: administration answers on its own listener, with tokens of the public one', async () => {
  const realms = await request(`${admin}/admin/realms`, { headers: auth() });
  assert.equal(realms.status, 200);
  assert.deepEqual(realms.json.map((r) => r.realm).sort(), ['chile', 'master', 'peru']);
  assert.equal((await request(`${admin}/admin/realms`)).status, 401);
});

test('AD-11: what is made there has an address there', async () => {
  const made = await request(`${admin}/admin/realms/peru/users`, { method: 'POST', headers: auth(), json: { username: 'rosa' } });
  assert.equal(made.status, 201);
  assert.ok(made.headers.location.startsWith(`${admin}/admin/realms/peru/users/`), made.headers.location);
  const read = await request(made.headers.location, { headers: auth() });
  assert.equal(read.json.id, idOf(made));
});

test('AD-11: nothing but administration is on that listener', async () => {
  for (const path of ['/realms/peru', '/realms/peru/.well-known/openid-configuration', '/forward-auth', '/health', '/metrics', '/'])
    assert.equal((await request(`${admin}${path}`)).status, 404, path);
});

test('AD-11: its host is checked', async () => {
  for (const host of ['evil.example', 'evil.example:80', new URL(world.server.origin).host])
    assert.equal((await request(`${admin}/admin/realms`, { headers: { ...auth(), Host: host } })).status, 421, host);
});

const SPELLINGS = [
  '/admin/realms', '/admin/realms/', '//admin/realms', '/./admin/realms', '/%61dmin/realms', '/%2561dmin/realms', '/ADMIN/realms',
  '/admin%2frealms', '/admin;x=y/realms', '/;/admin/realms', '/realms/../admin/realms', '/realms/..;/admin/realms', '/realms/%2e%2e/admin/realms',
  '/realms/%2e%2e%2fadmin/realms', '/realms/..%5cadmin/realms', '/realms/peru/../../admin/realms', '/realms/peru/..;x/..;x/admin/realms',
  '/realms/%c0%ae%c0%ae/admin/realms', '/\\admin\\realms', '/admin\\realms', '/admin/./realms', '/admin//realms', '/ admin/realms', '/admin/realms%00',
  '/admin/realms?x=/realms/peru', '/admin/realms#/realms/peru', 'http://localhost/admin/realms', '/realms/peru/%2e%2e/%2e%2e/admin/realms?first=0',
];

// What a line of the list of realms looks like, by whatever way it came.
const reached = (text) => /"realm"\s*:\s*"chile"/.test(text);

async function raw(origin, target) {
  const { host } = new URL(origin);
  const { text } = await exchange({ origin }, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`);
  return text;
}

test('AD-11: no spelling of a path reaches it on the public listener', async () => {
  for (const target of SPELLINGS) {
    const text = await raw(world.server.origin, target);
    assert.match(text, /^HTTP\/1\.1 (400|404|421) /, target);
    assert.ok(!reached(text), target);
  }
});

test('AD-11: no spelling of a path reaches it through nginx', async () => {
  for (const target of SPELLINGS) {
    const text = await raw(proxy.url, target);
    assert.match(text, /^HTTP\/1\.1 (400|403|404|421) /, target);
    assert.ok(!reached(text), target);
  }
});

test('AD-11: the same spellings find nothing but the one path on its own listener', async () => {
  const good = SPELLINGS.map(async (target) => [target, await raw(admin, target)]);
  const found = (await Promise.all(good)).filter(([, text]) => reached(text)).map(([target]) => target);
  assert.deepEqual(found, ['/admin/realms', '/admin/realms/', '/%61dmin/realms', '/admin/realms?x=/realms/peru']);
});

test('the console signs in from its own listener, by a redirect URI that is exact', async () => {
  const to = (uri) => request(`${world.server.realm('master')}/protocol/openid-connect/auth?${new URLSearchParams({
    client_id: 'security-admin-console', response_type: 'code', scope: 'openid', redirect_uri: uri, state: 'x',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' })}`);
  assert.equal((await to(`${admin}/admin/master/console/`)).status, 200);
  for (const bad of [`${world.server.origin}/admin/master/console/`, `${admin}.evil.example/admin/master/console/`, `${admin}/admin/peru/console/`])
    assert.equal((await to(bad)).status, 400, bad);
  const browser = await launchBrowser();
  try {
    const c = await Console.open(browser, { origin: admin, basePath: '' }, 'root', { hash: '#/peru/users' });
    await c.heading('Users');
    assert.deepEqual(c.problems, []);
  } finally {
    await browser.close();
  }
});
