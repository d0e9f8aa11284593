// Every route meets input that no well-behaved client sends. The answer is a 4xx in bounded time;
// never a 5xx, never a dead server.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { request } from './lib/http.mjs';
import { assertError, Browser } from './lib/oidc.mjs';
import { exchange } from './lib/raw.mjs';
import { SECRET, World } from './lib/world.mjs';

let world, portal, server, host;
const P = '/realms/peru/protocol/openid-connect';
const FORM_ROUTES = [`${P}/auth`, `${P}/token`, `${P}/token/introspect`, `${P}/userinfo`, `${P}/logout`, `${P}/revoke`,
  '/realms/peru/login-actions/authenticate', '/realms/peru/login-actions/required-action'];
const ROUTES = [...FORM_ROUTES, '/realms/peru', '/realms/peru/.well-known/openid-configuration', `${P}/certs`,
  `${P}/login-status-iframe.html`, `${P}/login-status-iframe.html/init`, `${P}/3p-cookies/step1.html`, `${P}/3p-cookies/step2.html`];

before(async () => {
  world = await World.open();
  server = world.server;
  host = new URL(server.origin).host;
  await world.addUser('ana');
  portal = await world.addClient('portal', { serviceAccount: true });
});
after(() => world.close());
afterEach(async () => assert.equal((await portal.service()).status, 200, 'the server is well'));

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const send = (path, options) => request(`${server.origin}${path}`, options);
const fine = (reply, what) => assert.ok(reply.status < 500, `${what}: ${reply.status} ${reply.text.slice(0, 200)}`);
const refused = (reply, what) => assert.ok(reply.status >= 400 && reply.status < 500, `${what}: ${reply.status}`);

test('HT-03: bodies over the limit are 413', async () => {
  for (const path of FORM_ROUTES) {
    for (const size of [256 * 1024, 4 << 20]) {
      const reply = await send(path, { body: `grant_type=${'x'.repeat(size)}`, headers: FORM }).catch((e) => e);
      if (reply instanceof Error) assert.match(String(reply), /ECONNRESET|EPIPE|hang up/, path);
      else assert.ok([400, 413].includes(reply.status), `${path}: ${reply.status}`);
    }
  }
});

test('HT-03: headers and URIs over the limit are 431 or 414', async () => {
  for (const path of ['/realms/peru', `${P}/token`]) {
    for (const [name, bytes] of [['header', `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX: ${'a'.repeat(200000)}\r\n\r\n`],
      ['uri', `GET ${path}?${'a'.repeat(200000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
      ['many headers', `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${'X: y\r\n'.repeat(5000)}\r\n`],
      ['cookie', `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${'a=b; '.repeat(30000)}\r\n\r\n`]]) {
      const { statuses, closed } = await exchange(server, bytes);
      assert.ok(closed, name);
      for (const status of statuses) assert.ok([400, 413, 414, 431].includes(status), `${name}: ${status}`);
    }
  }
});

test('HT-03: too many parameters, too long names, too many scopes', async () => {
  const many = Array.from({ length: 5000 }, (_, i) => `p${i}=${i}`).join('&');
  for (const path of FORM_ROUTES) refused(await send(path, { body: many.slice(0, 30000), headers: FORM }), `${path} many`);
  refused(await send(`${P}/token`, { body: `${'n'.repeat(9000)}=1`, headers: FORM }), 'long name');
  const scopes = Array.from({ length: 600 }, (_, i) => `s${i}`).join(' ');
  assertError(await portal.service({ scope: scopes }), 400, 'invalid_scope');
});

test('OA-05: a repeated parameter is invalid_request at every endpoint that takes forms', async () => {
  for (const path of [`${P}/token`, `${P}/token/introspect`, `${P}/revoke`]) {
    const reply = await send(path, { body: `client_id=portal&client_secret=${SECRET}&token=x&token=y&grant_type=client_credentials`, headers: FORM });
    assertError(reply, 400, 'invalid_request');
  }
  for (const path of [`${P}/auth`, `${P}/logout`]) refused(await send(`${path}?client_id=portal&x=1&x=2&state=a&state=b`), path);
  const across = await send(`${P}/token?grant_type=password`, { body: `grant_type=client_credentials&client_id=portal&client_secret=${SECRET}`, headers: FORM });
  assert.ok([200, 400].includes(across.status));
});

test('IN-04: bad UTF-8, NUL and overlong forms are 400 everywhere', async () => {
  const values = ['%ff', '%c0%af', '%ed%a0%80', '%f4%90%80%80', '%e2%82', '%00', 'a%00b', '%f8%88%80%80%80', '%fe%ff', '%', '%g1', '%1', '%u0041'];
  for (const path of FORM_ROUTES) {
    for (const value of values) {
      for (const body of [`client_id=${value}`, `${value}=x`, `state=${value}&client_id=portal`, `username=${value}&password=x`]) {
        refused(await send(path, { body, headers: FORM }), `${path} ${body}`);
      }
    }
  }
  for (const value of values) refused(await send(`${P}/auth?client_id=portal&state=${value}`, { rawPath: `${P}/auth?client_id=portal&state=${value}` }), value);
});

test('content types: forms are forms', async () => {
  for (const path of [`${P}/token`, `${P}/token/introspect`, `${P}/revoke`]) {
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencodedx', '', 'application/xml', 'x'.repeat(3000)]) {
      const reply = await send(path, { body: '{"grant_type":"client_credentials"}', headers: { 'Content-Type': type } });
      assert.ok([400, 401, 415, 431].includes(reply.status), `${path} ${type.slice(0, 40)}: ${reply.status}`);
    }
    const charset = await send(path, { body: `client_id=portal&client_secret=${SECRET}&token=x&grant_type=client_credentials`, headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' } });
    assert.equal(charset.status, 200, path);
  }
});

test('empty bodies, no bodies, bodies where none belongs', async () => {
  for (const path of FORM_ROUTES) {
    const reply = await send(path, { method: 'POST', headers: { ...FORM, 'Content-Length': '0' } });
    if (path.endsWith('/logout')) fine(reply, path); // asks whether to log out
    else refused(reply, path);
  }
  for (const path of ROUTES) fine(await send(path, { method: 'GET', body: 'x=1', headers: FORM }), path);
});

test('HT-05: methods are allow-listed, overrides are ignored', async () => {
  for (const path of ROUTES) {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'LOCK', 'MKCOL', 'SEARCH']) {
      const reply = await send(path, { method });
      assert.ok([400, 405, 501].includes(reply.status), `${method} ${path}: ${reply.status}`);
    }
  }
  for (const header of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
    assert.equal((await send(`${P}/token`, { method: 'GET', headers: { [header]: 'POST' } })).status, 405);
  }
});

test('HT-05, IN-03: path tricks reach nothing', async () => {
  const paths = ['//realms/peru', '/realms//peru', '/realms/./peru', '/realms/x/../peru', '/realms/peru/..', '/realms/%2e%2e/peru', '/realms/%2e/peru',
    '/realms/peru;x=1', '/realms/peru;/../master', '/realms/..;/peru', '/realms/peru%2f', '/realms%2fperu', '/realms/peru%00', '/realms/peru%5c', '/realms/peru\\',
    '/realms/%70eru%252f', '/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd', '/realms/../../../etc/passwd', '/realms/peru/../../master/..%2f..%2fmaster',
    '/resources/../../../etc/passwd', '/resources/%2e%2e%2f%2e%2e%2fetc/passwd', '/resources/x/..%252f..%252fetc', '/.git/config', '/realms/peru.db', '/master.key',
    '/realms/..', '/realms/%', '/realms/%zz', '/realms/%ff', `/realms/${'a'.repeat(5000)}`, '/admin/realms', '/metrics', '/health'];
  for (const rawPath of paths) {
    const reply = await send('/', { rawPath });
    refused(reply, rawPath);
    assert.doesNotMatch(reply.text, /root:x:|public_key/, rawPath);
  }
  assert.equal((await send('/', { rawPath: '/realms/peru?/../..' })).status, 200, 'a query is no path');
});

test('HT-10: health and metrics are on the management port only', async () => {
  for (const path of ['/health', '/health/live', '/health/ready', '/metrics']) {
    assert.equal((await send(path)).status, 404, path);
    assert.equal((await request(`${server.management}${path}`)).status, 200, path);
    assert.equal((await request(`${server.management}/realms/peru`)).status, 404);
  }
});

test('HT-09: errors show no path, version or inside', async () => {
  const replies = [await send('/nowhere'), await send(`${P}/token`, { form: {} }), await send(`${P}/auth`), await send(`${P}/userinfo`)];
  for (const reply of replies) {
    assert.doesNotMatch(reply.text + JSON.stringify(reply.headers), /sqlite|civetweb|mbedtls|\.c:\d|\/tmp\/|garita-|stack|0x[0-9a-f]{6}/i);
  }
});

test('cookies that are malformed, doubled or many are ignored or refused, never believed', async () => {
  const { browser } = await portal.login('ana');
  const names = [...browser.jar.cookies.values()].map((c) => c.name);
  for (const name of names) {
    for (const Cookie of [`${name}=`, `${name}=x; ${name}=y`, `${name}="quoted"`, `${name}=${'a'.repeat(4000)}`, `${name}`, `=x`, `;;;`, `${name}=%00`, `${name}=é`, `${name}=a\tb`]) {
      const page = await request(`${browser.endpoint}/auth?client_id=portal&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fapp.example.pe%2Fcallback&prompt=none`, { headers: { Cookie: Buffer.from(Cookie).toString('latin1') } });
      fine(page, Cookie);
      assert.ok(!page.location?.includes('code='), Cookie);
    }
  }
});

test('login-actions without any state are a page, not a crash', async () => {
  const browser = new Browser(server, 'peru');
  for (const path of ['authenticate', 'required-action', 'consent', 'restart', 'action-token', 'reset-credentials', 'registration']) {
    for (const query of ['', '?session_code=x&execution=y&client_id=portal&tab_id=z', `?client_data=${'A'.repeat(5000)}`, '?key=x.y.z']) {
      refused(await browser.get(`/realms/peru/login-actions/${path}${query}`), `GET ${path}${query}`);
      refused(await browser.get(`/realms/peru/login-actions/${path}${query}`, { method: 'POST', form: { username: 'ana', password: 'x' } }), `POST ${path}${query}`);
    }
  }
});

test('RFC 9110 7.4: a Host that is no host', async () => {
  for (const value of ['', 'a b', 'a/b', 'a@b', `${host}\u0001`, 'x'.repeat(3000), '[::1', ':80', 'a:99999', '..']) {
    const { statuses } = await exchange(server, `GET /realms/peru HTTP/1.1\r\nHost: ${value}\r\nConnection: close\r\n\r\n`);
    for (const status of statuses) assert.ok(status < 500, `${JSON.stringify(value)}: ${status}`);
  }
});
