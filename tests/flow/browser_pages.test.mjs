// Our pages in Chromium: with and without scripts, by keyboard, in three languages, in frames.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowserWorld } from './lib/browser_world.mjs';
import { logIn, who } from './lib/apps.mjs';
import { encodeForm } from './lib/http.mjs';
import { PASSWORD } from './lib/oidc.mjs';

let w, origin, callback;
before(async () => {
  w = await openBrowserWorld();
  origin = w.world.server.origin;
  callback = `${w.apps.origin}/empty`;
  await w.world.addClient('pages', { redirectUris: [callback] });
  await w.world.addClient('consenting', { redirectUris: [callback], values: { consentRequired: true, name: 'Portal <i>del</i> Perú' } });
});
after(() => w.close());

const authUrl = (parameters = {}) =>
  `${w.world.server.realm('peru')}/protocol/openid-connect/auth?${encodeForm({ client_id: 'pages', response_type: 'code', scope: 'openid', redirect_uri: callback, state: 's', ...parameters })}`;

test('login without JavaScript', async () => {
  const tab = await w.tab({ javaScriptEnabled: false });
  await tab.goto(authUrl());
  await logIn(tab, 'ana', PASSWORD);
  assert.ok(tab.url().startsWith(`${callback}?`), tab.url());
  await tab.context().close();
});

test('login by keyboard alone: focus is in the first field, Tab and Enter do the rest', async () => {
  const tab = await w.tab();
  await tab.goto(authUrl());
  assert.equal(await tab.evaluate(() => document.activeElement.id), 'username');
  await tab.keyboard.type('ana');
  await tab.keyboard.press('Tab');
  assert.equal(await tab.evaluate(() => document.activeElement.id), 'password');
  await tab.keyboard.type(PASSWORD);
  await Promise.all([tab.waitForURL((u) => u.href.startsWith(callback)), tab.keyboard.press('Enter')]);
  await tab.context().close();
});

test('pages cause no error in the console: every style and script passes the policy (WE-06)', async () => {
  const tab = await w.tab();
  await tab.goto(authUrl());
  await logIn(tab, 'torpe', 'wrong');
  await tab.goto(authUrl({ client_id: 'nobody' }));
  await tab.goto(`${w.world.server.realm('peru')}/protocol/openid-connect/logout`);
  const violations = tab.problems.filter((p) => !/Failed to load resource: the server responded with a status of 4\d\d/.test(p));
  assert.deepEqual(violations, []);
  await tab.context().close();
});

test('every field has a name that screen readers say; the error is announced', async () => {
  const tab = await w.tab();
  await tab.goto(authUrl());
  await logIn(tab, 'torpe', 'wrong');
  const named = await tab.evaluate(() => [...document.querySelectorAll('input:not([type=hidden]), button, select')].map((e) => {
    const label = e.labels?.length ? e.labels[0].textContent : e.getAttribute('aria-label') ?? e.textContent ?? e.value;
    return [e.id || e.name, (label || e.value || '').trim()];
  }));
  for (const [id, name] of named) assert.ok(name, id);
  assert.ok(await tab.locator('[role=alert], [aria-live]').first().isVisible());
  assert.ok(await tab.evaluate(() => document.documentElement.lang));
  assert.ok((await tab.title()).length > 0);
  assert.equal(await tab.locator('h1').count(), 1);
  await tab.context().close();
});

test('language: the browser says it, the page lets one choose another', async () => {
  for (const [locale, lang] of [['es-PE', 'es'], ['pt-BR', 'pt'], ['en-GB', 'en'], ['ja-JP', 'en']]) {
    const tab = await w.tab({ locale });
    await tab.goto(authUrl());
    assert.equal(await tab.evaluate(() => document.documentElement.lang), lang);
    await tab.context().close();
  }
});

test('remember-me: the session outlives the browser, without it it does not', async () => {
  for (const remember of [true, false]) {
    const tab = await w.tab();
    await tab.goto(authUrl());
    if (remember) await tab.check('#rememberMe');
    await logIn(tab, 'ana', PASSWORD);
    const cookies = await tab.context().cookies(origin);
    const lasting = cookies.filter((c) => c.expires > Date.now() / 1000);
    await tab.context().close();
    const again = await w.tab();
    if (lasting.length) await again.context().addCookies(lasting);
    await again.goto(authUrl());
    assert.equal(again.url().startsWith(callback), remember);
    await again.context().close();
  }
});

test('consent page: says who asks for what, yes and no work', async () => {
  const tab = await w.tab();
  await tab.goto(authUrl({ client_id: 'consenting', scope: 'openid email' }));
  await logIn(tab, 'ana', PASSWORD);
  assert.match(await tab.textContent('body'), /Portal <i>del<\/i> Perú/);
  await Promise.all([tab.waitForURL((u) => u.href.startsWith(callback)), tab.click('[name=cancel]')]);
  assert.match(tab.url(), /error=access_denied/);
  await tab.goto(authUrl({ client_id: 'consenting', scope: 'openid email' }));
  await logIn(tab, 'ana', PASSWORD); // who refused was not signed in
  await Promise.all([tab.waitForURL((u) => u.href.startsWith(callback)), tab.click('[name=accept]')]);
  assert.match(tab.url(), /code=/);
  await tab.context().close();
});

test('update password: asked for, rules shown, then on to the application', async () => {
  await w.world.addUser('newcomer', { requiredActions: ['UPDATE_PASSWORD'] });
  const tab = await w.tab();
  await tab.goto(authUrl());
  await logIn(tab, 'newcomer', PASSWORD);
  assert.equal(await tab.getAttribute('#password-new', 'autocomplete'), 'new-password');
  await tab.fill('#password-new', 'una clave nueva 1');
  await tab.fill('#password-confirm', 'otra clave nueva 2');
  await Promise.all([tab.waitForNavigation(), tab.locator('form [type=submit]').first().click()]);
  await tab.fill('#password-new', 'una clave nueva 1');
  await tab.fill('#password-confirm', 'una clave nueva 1');
  await Promise.all([tab.waitForURL((u) => u.href.startsWith(callback)), tab.locator('form [type=submit]').first().click()]);
  assert.match(tab.url(), /code=/);
  await tab.context().close();
});

test('a forgotten password: asked for without scripts, and back to the login page', async () => {
  await w.world.setRealm({ resetPasswordAllowed: true });
  const tab = await w.tab({ javaScriptEnabled: false });
  await tab.goto(authUrl());
  await Promise.all([tab.waitForNavigation(), tab.click('#kc-forgot')]);
  assert.equal(await tab.locator('h1').count(), 1);
  assert.equal(await tab.locator('label[for=username]').count(), 1);
  await Promise.all([tab.waitForNavigation(), tab.click('#kc-reset-back button')]);
  await Promise.all([tab.waitForNavigation(), tab.click('#kc-forgot')]);
  await tab.fill('#username', 'nobody');
  await Promise.all([tab.waitForNavigation(), tab.click('#kc-reset')]);
  assert.ok(await tab.locator('[role=status]').isVisible());
  await logIn(tab, 'ana', PASSWORD);
  assert.ok(tab.url().startsWith(`${callback}?`), tab.url());
  await tab.context().close();
  await w.world.setRealm({ resetPasswordAllowed: false });
});

test('OA-08: form_post with markup in state arrives as text, nothing runs', async () => {
  const state = '"><script>window.parent.pwned=1;document.title="pwned"</script><img src=x onerror="document.title=\'pwned\'">';
  for (const javaScriptEnabled of [true, false]) {
    const tab = await w.tab({ javaScriptEnabled });
    w.apps.posts.length = 0;
    await tab.goto(authUrl({ response_mode: 'form_post', state }));
    await logIn(tab, 'ana', PASSWORD);
    if (!javaScriptEnabled) {
      assert.notEqual(await tab.title(), 'pwned');
      await Promise.all([tab.waitForURL(callback), tab.locator('form [type=submit], form button').first().click()]);
    } else await who(tab, 'posted');
    assert.equal(w.apps.posts.length, 1);
    assert.equal(w.apps.posts[0].body.get('state'), state);
    assert.ok(w.apps.posts[0].body.get('code'));
    assert.equal(w.apps.posts[0].headers.referer, undefined, 'no referrer');
    await tab.context().close();
  }
});

test('WE-06: our pages refuse to be framed', async () => {
  const tab = await w.tab();
  w.apps.frame = `<iframe id="f" src="${authUrl()}"></iframe>`;
  await tab.goto(`${w.apps.origin}/framed`);
  await tab.waitForTimeout(1500);
  const inside = tab.frames().find((f) => f !== tab.mainFrame());
  assert.equal(await inside.locator('#username').count().catch(() => 0), 0);
  assert.ok(tab.problems.some((p) => /frame-ancestors|X-Frame-Options|refused to (connect|frame)/i.test(p)), tab.problems.join('\n'));
  await tab.context().close();
});

test('WE-04: after logout the back button shows nothing of the person', async () => {
  const tab = await w.tab();
  await tab.goto(`${w.apps.origin}/keycloak`);
  await logIn(tab, 'ana', PASSWORD);
  await who(tab, 'ana');
  const idToken = await tab.evaluate(() => window.kc.idToken);
  await tab.goto(authUrl({ client_id: 'consenting', scope: 'openid phone', prompt: 'consent' }));
  const personal = tab.url();
  await tab.goto(`${w.world.server.realm('peru')}/protocol/openid-connect/logout?id_token_hint=${idToken}`);
  await tab.goBack().catch(() => {});
  await tab.waitForTimeout(500);
  if (tab.url() === personal) assert.equal(await tab.locator('[name=accept]').count(), 0, 'the consent page is asked for anew, and asks for a login');
  await tab.context().close();
});

test('WE-05, WE-02: a foreign page cannot post our login form', async () => {
  const tab = await w.tab();
  await tab.goto(authUrl());
  const action = await tab.getAttribute('#kc-form-login', 'action');
  const foreign = await tab.context().newPage();
  await foreign.goto(`${w.apps.origin.replace('localhost', '127.0.0.1')}/empty`);
  const [reply] = await Promise.all([
    foreign.waitForResponse((r) => r.request().method() === 'POST'),
    foreign.evaluate(([url, password]) => {
      const form = document.createElement('form');
      form.method = 'POST';
      form.action = url;
      for (const [name, value] of [['username', 'ana'], ['password', password]]) {
        const input = document.createElement('input');
        input.name = name;
        input.value = value;
        form.append(input);
      }
      document.body.append(form);
      form.submit();
    }, [new URL(action, tab.url()).href, PASSWORD]),
  ]);
  assert.equal(reply.status(), 403);
  await tab.context().close();
});

test('the page is quick: one document, no foreign host, little to load', async () => {
  const tab = await w.tab();
  const requests = [];
  tab.on('request', (r) => requests.push(r.url()));
  await tab.goto(authUrl(), { waitUntil: 'networkidle' });
  for (const url of requests) assert.ok(url.startsWith(origin) || url.startsWith('data:'), url);
  assert.ok(requests.length <= 6, requests.join('\n'));
  await tab.context().close();
});
