// The realm's own texts: kept by the Admin API, seen on the login pages, never as HTML (WE-07).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, refusal } from './lib/admin.mjs';
import { visibleText } from './lib/html.mjs';
import { request } from './lib/http.mjs';
import { Browser } from './lib/oidc.mjs';

let world, ana, token;
before(async () => {
  world = await AdminWorld.open();
  await world.addClient('portal');
  ana = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
});
after(() => world.close());

const call = (method, path, options = {}) => world.call(method, `/realms/peru/localization${path}`, { token, ...options });
const texts = async (theme, locale, realm = 'peru') => request(`${world.server.origin}/resources/${realm}/${theme}/${locale}`);
const loginPage = async (realm = 'peru') => (await new Browser(world.server, realm, { headers: { 'Accept-Language': 'es' } })
  .authorize({ client_id: 'portal' })).text;

test('texts are made, listed, read, changed and deleted', async () => {
  assert.deepEqual((await call('GET', '')).json, []);
  assert.equal((await call('POST', '/es', { json: { 'a.key': 'uno', other: 'dos' } })).status, 204);
  await ana.realms.addLocalization({ realm: 'peru', selectedLocale: 'en', key: 'a.key' }, 'one');
  assert.deepEqual((await ana.realms.getRealmSpecificLocales({ realm: 'peru' })).sort(), ['en', 'es']);
  assert.deepEqual(await ana.realms.getRealmLocalizationTexts({ realm: 'peru', selectedLocale: 'es' }), { 'a.key': 'uno', other: 'dos' });
  assert.equal((await call('GET', '/es/a.key')).text, 'uno');
  assert.equal((await call('PUT', '/es/a.key', { body: 'una', headers: { 'Content-Type': 'text/plain' } })).status, 204);
  assert.equal((await call('GET', '/es/a.key')).text, 'una');
  await ana.realms.update({ realm: 'peru' }, { defaultLocale: 'es' });
  assert.deepEqual((await call('GET', '/en?useRealmDefaultLocaleFallback=true')).json, { 'a.key': 'one', other: 'dos' });
  await ana.realms.deleteRealmLocalizationTexts({ realm: 'peru', selectedLocale: 'es', key: 'a.key' });
  assert.deepEqual((await call('GET', '/es')).json, { other: 'dos' });
  assert.equal((await call('DELETE', '/es')).status, 204);
  assert.deepEqual((await call('GET', '')).json, ['en']);
  const [event] = await ana.realms.findAdminEvents({ realm: 'peru', resourcePath: 'localization/es/a.key' });
  assert.deepEqual([JSON.parse(event.representation).before, event.resourceType], ['una', 'REALM']);
});

test('what is missing, malformed or too much is refused', async () => {
  for (const [method, path] of [['GET', '/es/none'], ['DELETE', '/es'], ['DELETE', '/en/none']]) {
    assert.equal((await call(method, path)).status, 404, `${method} ${path}`);
  }
  const post = async (locale, json) => (await call('POST', `/${locale}`, { json })).status;
  assert.equal(await post('no_such_locale_at_all', { a: 'b' }), 400);
  assert.equal(await post('es', { a: 7 }), 400);
  assert.equal(await post('es', { '': 'x' }), 400);
  assert.equal(await post('es', { a: 'x'.repeat(4097) }), 400);
  assert.equal(await post('es', Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`k${i}`, 'x']))), 400);
  assert.equal(await post('es', Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${i}`, 'x'.repeat(4000)]))), 400);
  assert.equal(await post('es', Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, 'x']))), 204);
  assert.equal((await call('DELETE', '/es')).status, 204);
  const [first, second] = ['aa', 'ab'];
  for (let i = 0; i < 63; i++) await post(`x${String.fromCharCode(97 + i % 26)}-${i}`, { a: 'b' });
  assert.equal(await post(first, { a: 'b' }), 400, `${second}: at most 64 locales`);
  for (const locale of (await call('GET', '')).json.filter((l) => l !== 'en')) await call('DELETE', `/${locale}`);
});

test('WE-07: the login page shows the realm\'s text, as text, in its language alone', async () => {
  const [{ value: before, key }] = (await texts('login', 'es')).json.filter((t) => t.key === 'login.submit' || t.key === 'login.heading');
  assert.ok((await loginPage()).includes(before), `${key} is on the page`);
  await call('PUT', `/es/${key}`, { body: 'Entra <b onclick="x">ya</b> & más', headers: { 'Content-Type': 'text/plain' } });
  const html = await loginPage();
  assert.ok(visibleText(html).includes('Entra <b onclick="x">ya</b> & más'), 'the text is there');
  assert.equal(html.includes('<b onclick'), false);
  const shown = (await texts('login', 'es')).json;
  assert.equal(shown.filter((t) => t.key === key).length, 1);
  assert.match(shown.find((t) => t.key === key).value, /^Entra/);
  assert.equal((await texts('login', 'es', 'chile')).json.find((t) => t.key === key).value, before, 'another realm has its own');
  assert.deepEqual((await texts('account', 'es')).json, [{ key, value: 'Entra <b onclick="x">ya</b> & más' }]);
  assert.equal((await texts('nothing', 'es')).status, 404);
  assert.equal((await texts('login', 'es', 'nowhere')).status, 404);
  await call('DELETE', '/es');
  assert.ok((await loginPage()).includes(before));
});

test('AD-10, AD-02: only who manages the realm changes its texts', async () => {
  await world.addAdmin('viewer', ['realm-management/view-realm'], 'peru');
  const viewer = await world.token('viewer', 'peru');
  assert.equal((await world.call('GET', '/realms/peru/localization', { token: viewer })).status, 200);
  assert.equal((await world.call('PUT', '/realms/peru/localization/es/k', { token: viewer, body: 'x', headers: { 'Content-Type': 'text/plain' } })).status, 403);
  assert.equal((await world.call('GET', '/realms/chile/localization/es', { token })).status, 403);
  assert.equal((await refusal(ana.realms.addLocalization({ realm: 'chile', selectedLocale: 'es', key: 'k' }, 'x'))).status, 403);
});
