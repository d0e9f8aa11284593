// A logo on every way into a realm (WE-08): the settings of a realm by the Admin API, by import, by `garita apply` and
// by the command line are looked at as an upload is, and what is served is what was looked at.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { request } from './lib/http.mjs';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const uriOf = (text, type = 'image/svg+xml') => `data:${type};base64,${Buffer.from(text).toString('base64')}`;
const drawing = (inside) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">${inside}</svg>`;
const CIRCLE = drawing('<circle cx="4" cy="4" r="4"/>');
const HOSTILE = [uriOf(drawing('<script>alert(1)</script>')), uriOf('<html><script>alert(1)</script></html>', 'text/html'), uriOf('<html></html>', 'image/png'),
  `data:image/png;base64,${Buffer.from(drawing('<circle r="1" onload="alert(1)"/>')).toString('base64')}`, 'data:text/html,<script>alert(1)</script>', 'javascript:alert(1)', 'x'];

let world, folder, token, manager;
before(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'garita-logo-'));
  world = await AdminWorld.open();
  await world.addAdmin('brand', ['realm-management/manage-realm'], 'peru');
  token = await world.token('root', 'master');
  manager = await world.token('brand', 'peru');
});
after(async () => {
  rmSync(folder, { recursive: true });
  await world.close();
});

const served = (realm = 'peru') => request(`${world.server.origin}/resources/${realm}/logo`);
const put = (logo, as = manager) => world.call('PUT', '/realms/peru', { token: as, json: { attributes: { color: 'azul', 'garita.logo': logo } } });
const attributes = async (realm = 'peru') => (await world.call('GET', `/realms/${realm}`, { token: await world.token('root', 'master') })).json.attributes;
const logoChanges = async () => (await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'ConfigurationChanged')).filter((e) => JSON.stringify(e).includes('blake2b')).length;
async function apply(logo, realm = 'peru', ...args) {
  const file = path.join(folder, 'realm.json');
  writeFileSync(file, JSON.stringify({ realm, attributes: { 'garita.logo': logo } }), { mode: 0o600 });
  const out = await world.cli.run(['apply', '-f', file, '--json', '--adopt', ...args]);
  return { ...out, json: out.status === 0 ? JSON.parse(out.stdout) : undefined };
}

test('WE-08: what is no picture is refused among the settings too, and nothing of it is served', async () => {
  for (const logo of HOSTILE) {
    const reply = await put(logo);
    assert.equal(reply.status, 400, `${logo}: ${reply.text}`);
    const applied = await apply(logo);
    assert.notEqual(applied.status, 0, logo);
    const made = await world.call('POST', '/realms', { token, json: { realm: 'otro', enabled: true, attributes: { 'garita.logo': logo } } });
    if (made.status === 201) { // imports leave out what does not fit, and say so
      assert.equal((await served('otro')).status, 404, logo);
      assert.equal((await attributes('otro') ?? {})['garita.logo'], undefined);
      assert.equal((await world.call('DELETE', '/realms/otro', { token: await world.token('root', 'master') })).status, 204);
    }
    assert.notEqual((await world.cli.run(['realm', 'set', 'peru', `attributes.garita.logo=${logo}`])).status, 0, logo);
    assert.notEqual((await world.cli.run(['realm', 'create', 'nuevo', `attributes.garita.logo=${logo}`])).status, 0, logo);
  }
  assert.equal((await served()).status, 404);
  assert.equal((await attributes() ?? {})['garita.logo'], undefined);
  assert.equal((await attributes() ?? {}).color, undefined, 'all of a change or nothing');
});

test('a picture is put by its bytes, stays when settings are put back, and goes with an empty text', async () => {
  assert.equal((await put(uriOf(CIRCLE, 'image/png'))).status, 204);
  const reply = await served();
  assert.deepEqual([reply.status, reply.headers['content-type'], reply.text], [200, 'image/svg+xml', CIRCLE]);
  assert.match(reply.headers['content-security-policy'], /^default-src 'none'; .*sandbox/);
  const { 'garita.logo': shown, color } = await attributes() ?? {};
  assert.deepEqual([shown, color], [undefined, 'azul'], 'pictures are no attributes');
  const changes = await logoChanges();
  const realm = (await world.call('GET', '/realms/peru', { token })).json;
  assert.equal((await world.call('PUT', '/realms/peru', { token: manager, json: realm })).status, 204);
  assert.equal((await put(uriOf(CIRCLE))).status, 204);
  assert.equal((await served()).text, CIRCLE);
  assert.equal(await logoChanges(), changes, 'what is the same is no change');
  assert.equal((await put('')).status, 204);
  assert.equal((await served()).status, 404);
});

test('garita apply puts the logo of an export, and finds nothing to do then', async () => {
  const logo = `data:image/png;base64,${PNG}`;
  assert.deepEqual((await apply(logo)).json[0].changes.map((c) => `${c.action} ${c.kind}`), ['adopt realm']);
  assert.equal((await served()).headers['content-type'], 'image/png');
  assert.deepEqual((await apply(logo)).json[0].changes, []);
  assert.deepEqual((await apply(logo, 'bolivia')).json[0].changes.map((c) => `${c.action} ${c.kind}`), ['create realm']);
  assert.equal((await served('bolivia')).headers['content-type'], 'image/png');
  const large = uriOf(drawing(`<path d="M0 0${' L1 1'.repeat(18000)}"/>`));
  assert.equal((await apply(large)).status, 0);
  assert.deepEqual((await apply(large)).json[0].changes, []);
  assert.equal((await world.call('POST', '/realms/peru/partial-export', { token })).json.attributes['garita.logo'], large);
});

test('OA-03: the address of a logo is one of https or of this site, whichever way it comes', async () => {
  for (const uri of ['javascript:alert(1)', 'data:image/svg+xml;base64,PHN2Zy8+', 'http://example.pe/x.png', '//example.pe/x.png', '/\\example.pe/x.png', ' javascript:alert(1)', 'file:///etc/passwd']) {
    await world.call('PUT', '/realms/peru', { token: manager, json: { attributes: { 'garita.logoUri': uri } } });
    const page = await request(`${world.server.realm('peru')}/device`, { headers: { Accept: 'text/html' } });
    assert.equal(page.status, 200);
    assert.ok(!page.text.includes(`src="${uri}`), uri);
    assert.doesNotMatch(page.text, /<img[^>]*(javascript:|data:|example\.pe)/);
  }
});
