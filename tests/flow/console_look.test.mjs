// How login pages look and how old keys are, in the console, in Chromium against the real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';
import { request } from './lib/http.mjs';
import { until } from './lib/server.mjs';

let w, kc, browser, root;
before(async () => {
  w = await AdminWorld.open();
  kc = await w.client('root', 'master', 'peru');
  browser = await launchBrowser();
  root = await Console.open(browser, w.server, 'root', { hash: '#/peru/realm-settings/look' });
});
after(async () => {
  await root?.close();
  await browser?.close();
  await w.close();
});

const preview = (scheme, c = root) => c.tab.getByRole('img', { name: `Login page of peru, ${scheme}` });
const colour = (scheme, name) => preview(scheme).evaluate((e, n) => getComputedStyle(e).getPropertyValue(n).trim(), `--look-${name}`);
const theme = async () => (await request(`${w.server.origin}/resources/peru/theme.css`)).text;
const attributes = async () => (await kc.realms.findOne({ realm: 'peru' })).attributes;

test('colours are seen as they are chosen, and the login page has just these', async () => {
  await root.heading('Settings');
  await root.fill('Main colour', '#ffd500');
  await root.fill('Background', '#336699');
  const contrasts = root.tab.getByRole('status', { name: /^Contrast/ });
  await contrasts.getByText(/Links, light – your colour has 1\.\d+:1 there, so #\w{6} is shown/).waitFor();
  assert.equal(await contrasts.getByText(/^\d/).count(), 4);
  assert.doesNotMatch(await theme(), /ffd500/, 'nothing is stored yet');
  await root.accessible('look');
  await root.shoot('look');
  await kc.realms.update({ realm: 'peru' }, { attributes: { ...await attributes(), color: 'de otra persona' } });
  await root.button('Save');
  await root.said('Saved.');
  const css = await theme();
  for (const [name, shown] of Object.entries({ brand: '--brand', 'on-brand': '--on-brand', link: '--link', page: 'background', beside: 'color' }))
    assert.ok(css.includes(`${shown}:${await colour('light', name)};`), `${name} of the preview is in ${css}`);
  assert.ok(css.slice(css.indexOf('dark')).includes(`--link:${await colour('dark', 'link')};`));
  const stored = await attributes();
  assert.deepEqual([stored['garita.primaryColor'], stored.color], ['#ffd500', 'de otra persona'], 'what others changed meanwhile stays');
});

test('the login page in a browser has the chosen colour on its button', async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const tab = await context.newPage();
  await tab.goto(`${w.server.origin}/realms/peru/account/`);
  assert.equal(await tab.locator('#kc-login').evaluate((e) => getComputedStyle(e).backgroundColor), 'rgb(255, 213, 0)');
  await context.close();
});

test('what is no colour, and a logo that would be ignored, are said and cannot be saved', async () => {
  await root.fill('Main colour', 'yellow');
  await root.has('Six or three hexadecimal digits behind #.');
  assert.ok(await root.tab.getByRole('button', { name: 'Save' }).isDisabled());
  await root.button('Revert');
  await root.fill('Address of the logo', 'http://example.pe/logo.png');
  await root.has(/^The login pages would ignore this/);
  assert.ok(await root.tab.getByRole('button', { name: 'Save' }).isDisabled());
  await root.fill('Address of the logo', 'https://example.pe/logo.png');
  await root.has(/^The login pages show the logo of the other site/);
  assert.equal(await root.tab.getByRole('button', { name: 'Save' }).isDisabled(), false);
  assert.deepEqual(root.requests.filter((u) => u.includes('example.pe')), [], 'nothing is loaded from there');
  await root.fill('Address of the logo', '/static/login/logo.svg');
  await preview('light').locator('img[src="/static/login/logo.svg"]').waitFor();
  await root.button('Clear: Main colour');
  await root.button('Clear: Background');
  await root.button('Save');
  // The words of an earlier success may still stand there.
  await until('the logo is stored', async () => (await attributes())['garita.logoUri']);
  const stored = await attributes();
  assert.deepEqual([stored['garita.primaryColor'], stored['garita.backgroundColor'], stored['garita.logoUri']], [undefined, undefined, '/static/login/logo.svg']);
});

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><style>.a{fill:#7a1fa2}</style><circle class="a" cx="4" cy="4" r="4"/></svg>';
const choose = (name, buffer) => root.tab.getByLabel('Choose a picture').setInputFiles({ name, mimeType: 'image/png', buffer: Buffer.from(buffer) });
const logoOf = () => request(`${w.server.origin}/resources/peru/logo`);

test('WE-08: a logo is kept, served so that nothing in it runs, shown in the preview, on the login page and to its people', async () => {
  await kc.realms.update({ realm: 'peru' }, { attributes: {} });
  await root.go('#/peru/realm-settings/keys', 'Settings');
  await root.go('#/peru/realm-settings/look', 'Settings');
  assert.equal((await logoOf()).status, 404);
  await choose('logo.svg', DRAWING);
  await root.said('The logo is kept.');
  await preview('light').locator('img[src^="data:image/svg+xml;base64,"]').waitFor();
  const served = await logoOf();
  assert.deepEqual([served.status, served.headers['content-type'], served.text], [200, 'image/svg+xml', DRAWING]);
  assert.match(served.headers['content-security-policy'], /^default-src 'none'; .*sandbox/);
  assert.equal(served.headers['content-disposition'], 'attachment');
  assert.equal(served.headers['x-content-type-options'], 'nosniff');
  assert.match(served.headers['cache-control'], /^public, max-age=\d+/);
  assert.equal((await request(`${w.server.origin}/resources/peru/logo`, { headers: { 'If-None-Match': served.headers.etag } })).status, 304);
  await root.accessible('look with a logo');
  await root.shoot('look-logo');
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const tab = await context.newPage();
  await tab.goto(`${w.server.origin}/realms/peru/account/`);
  const shown = tab.locator('img[src*="/resources/peru/logo?v="]');
  await shown.waitFor();
  assert.ok(await shown.evaluate((e) => e.complete && e.naturalWidth > 0), 'the policy of the page lets it be drawn');
  await context.close();
  await w.addUser('sofia', { email: 'sofia@example.pe', firstName: 'Sofia', lastName: 'Mamani' });
  const sofia = await Console.openAccount(browser, w.server, 'sofia');
  await sofia.tab.locator('.brand img[src*="/resources/peru/logo?v="]').waitFor();
  assert.deepEqual(sofia.problems, []);
  await sofia.close();
});

test('WE-08: what is no picture, what is too large, and drawings with more than a drawing are refused', async () => {
  const put = async (data) => w.call('PUT', '/realms/peru/logo', { token: await w.token('root', 'master'), json: { data: Buffer.from(data).toString('base64') } });
  for (const inside of ['<script>alert(1)</script>', '<a href="javascript:alert(1)"><circle r="1"/></a>', '<circle r="1" onload="alert(1)"/>', '<foreignObject/>',
    '<image href="https://example.pe/x.png"/>', '<style>@import url(https://example.pe/x.css);</style>', '<g xmlns:h="http://www.w3.org/1999/xhtml"><h:script>1</h:script></g>',
    '<g xmlns:s="http://www.w3.org/2000/svg"><s:script>1</s:script></g>', '<set attributeName="href" to="javascript:1"/>', '<rect style="fill:url(//example.pe/x)"/>', '<use href="&#106;avascript:1"/>']) {
    const reply = await put(`<svg xmlns="http://www.w3.org/2000/svg">${inside}</svg>`);
    assert.equal(reply.status, 400, `${inside}: ${reply.text}`);
  }
  assert.equal((await put('<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>')).status, 400);
  assert.equal((await put('<html><body>svg</body></html>')).status, 400);
  assert.equal((await put(Buffer.concat([PNG, Buffer.alloc(128 * 1024)]))).status, 400);
  assert.equal((await logoOf()).text, DRAWING, 'the former one stays');
  await choose('logo.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  await root.tab.getByRole('alert').getByText(/holds more than a drawing/).waitFor();
  await choose('large.png', Buffer.concat([PNG, Buffer.alloc(200 * 1024)]));
  await root.tab.getByRole('alert').getByText(/^This file has 201 KiB/).waitFor();
  await choose('logo.png', PNG);
  await root.tab.getByRole('alert').first().waitFor({ state: 'detached' }); // what failed before was done now
  assert.equal((await logoOf()).headers['content-type'], 'image/png', 'by its bytes');
});

test('a logo goes out and comes in with its realm, and is taken away', async () => {
  const token = await w.token('root', 'master');
  const out = await w.call('POST', '/realms/peru/partial-export', { token });
  const logo = out.json.attributes['garita.logo'];
  assert.equal(logo, `data:image/png;base64,${PNG.toString('base64')}`);
  const made = await w.call('POST', '/realms', { token, json: { realm: 'copia', enabled: true, attributes: { 'garita.logo': logo, color: 'azul' } } });
  assert.equal(made.status, 201, made.text);
  assert.equal((await request(`${w.server.origin}/resources/copia/logo`)).headers['content-type'], 'image/png');
  assert.deepEqual((await w.call('GET', '/realms/copia', { token: await w.token('root', 'master') })).json.attributes['garita.logo'], undefined, 'pictures are no attributes');
  await root.button('Remove the picture');
  await root.said('The picture is removed.');
  assert.equal((await logoOf()).status, 404);
});

test('by keyboard alone, dark, on a telephone, in Spanish', async () => {
  const c = await Console.open(browser, w.server, 'root', {
    hash: '#/peru/realm-settings/look', context: { locale: 'es-PE', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
  });
  await c.tab.getByLabel('Color principal', { exact: true }).focus();
  await c.tab.keyboard.type('#7a1fa2');
  await c.tab.keyboard.press('Enter');
  await c.tab.getByText('Guardado.').waitFor();
  assert.equal((await attributes())['garita.primaryColor'], '#7a1fa2');
  await c.accessible('look, dark');
  await c.shoot('look-dark-phone');
  assert.equal(await c.tab.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'nothing is wider than the screen');
  assert.deepEqual(c.problems, []);
  await c.close();
});

test('who may only look sees the colours and no button', async () => {
  await w.addAdmin('mira', ['realm-management/view-realm'], 'peru');
  const mira = await Console.open(browser, w.server, 'mira', { realm: 'peru', hash: '#/peru/realm-settings/look' });
  await preview('light', mira).waitFor();
  assert.equal(await mira.tab.getByRole('button', { name: 'Save' }).count(), 0);
  await mira.close();
});

test('keys are drawn with their lives: the one that signs, the one before it, their certificates', async () => {
  await w.cli.ok('keys', 'rotate', '--realm', 'peru', '--alg', 'RS256');
  await root.go('#/peru/realm-settings/keys', 'Settings');
  const { active, keys } = await kc.realms.getKeys({ realm: 'peru' });
  const old = keys.find((k) => k.algorithm === 'RS256' && k.status === 'PASSIVE');
  const bar = (kid) => root.tab.getByRole('img', { name: new RegExp(`^RS256 ${kid.slice(0, 10)}`) });
  assert.match(await bar(active.RS256).getAttribute('aria-label'), /: Signs · 0 days old$/);
  assert.match(await bar(old.kid).getAttribute('aria-label'), /: Verifies only · 0 days old · until /);
  const right = async (locator) => { const box = await locator.boundingBox(); return box.x + box.width; };
  assert.ok(await right(bar(old.kid).locator('rect.verifies')) > await right(bar(active.RS256).locator('rect.signed')), 'it verifies beyond today');
  await root.has(/^Certificate until/);
  assert.equal(await root.tab.getByRole('table', { name: 'Keys' }).getByRole('row').count(), keys.length + 1);
  await root.accessible('keys');
  await root.shoot('keys');
});

test('no page had an error, and the policy was kept', () => {
  assert.deepEqual(root.problems.filter((p) => !/status of 400/.test(p)), []); // pictures that were refused
});
