// keycloak-js in Chromium, unchanged, against the running binary.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowserWorld } from './lib/browser_world.mjs';
import { logIn, who } from './lib/apps.mjs';
import { PASSWORD } from './lib/oidc.mjs';

let w, app;
before(async () => {
  w = await openBrowserWorld();
  app = `${w.apps.origin}/keycloak`;
});
after(() => w.close());

async function signedIn(query = '') {
  const tab = await w.tab();
  await tab.goto(app + query);
  await logIn(tab, 'ana', PASSWORD);
  await who(tab, 'ana');
  return tab;
}

test('keycloak-js: login with PKCE, the token has the profile', async () => {
  const tab = await signedIn();
  const token = await tab.evaluate(() => window.kc.tokenParsed);
  assert.equal(token.email, 'ana@example.pe');
  assert.equal(await tab.evaluate(() => window.kc.hasRealmRole('offline_access')), true);
  assert.equal(new URL(tab.url()).hash, '', 'the code is gone from the address');
  await tab.context().close();
});

test('keycloak-js: a wrong password stays on our page, the right one goes on', async () => {
  const tab = await w.tab();
  await tab.goto(app);
  await logIn(tab, 'ana', 'wrong');
  assert.ok(tab.url().startsWith(w.world.server.origin));
  await tab.waitForSelector('#password');
  assert.equal(await tab.inputValue('#username'), 'ana');
  assert.equal(await tab.inputValue('#password'), '');
  await logIn(tab, 'ana', PASSWORD);
  await who(tab, 'ana');
  await tab.context().close();
});

test('keycloak-js: check-sso in a hidden frame finds nobody, then the session', async () => {
  const tab = await w.tab();
  await tab.goto(`${app}?mode=check-sso`);
  await who(tab, 'nobody');
  await tab.goto(app);
  await logIn(tab, 'ana', PASSWORD);
  await who(tab, 'ana');
  await tab.goto(`${app}?mode=check-sso`);
  await who(tab, 'ana');
  assert.equal(await tab.evaluate(() => window.failure), undefined);
  await tab.context().close();
});

test('keycloak-js: updateToken renews with the refresh token, twice (OT-04)', async () => {
  const tab = await signedIn();
  const before = await tab.evaluate(() => window.kc.token);
  for (let i = 0; i < 2; i++) assert.equal(await tab.evaluate(() => window.kc.updateToken(100000)), true);
  assert.notEqual(await tab.evaluate(() => window.kc.token), before);
  assert.ok((await tab.evaluate(() => window.log)).includes('onAuthRefreshSuccess'));
  await tab.context().close();
});

test('keycloak-js: loadUserInfo works across origins (CORS)', async () => {
  const tab = await signedIn();
  const info = await tab.evaluate(() => window.kc.loadUserInfo());
  assert.equal(info.preferred_username, 'ana');
  await tab.context().close();
});

test('keycloak-js: logout ends the session, the next visit asks again', async () => {
  const tab = await signedIn();
  const refresh = await tab.evaluate(() => window.kc.refreshToken);
  await Promise.all([tab.waitForNavigation(), tab.evaluate(() => { window.kc.logout({ redirectUri: `${location.origin}/keycloak?mode=check-sso` }); })]);
  await who(tab, 'nobody');
  await tab.goto(app);
  await tab.waitForSelector('#kc-login');
  assert.ok(refresh.length > 20);
  await tab.context().close();
});

test('keycloak-js: the status iframe notices a logout in another tab', async () => {
  const tab = await signedIn('?iframe=on');
  const other = await tab.context().newPage();
  const idToken = await tab.evaluate(() => window.kc.idToken);
  await other.goto(`${w.world.server.realm('peru')}/protocol/openid-connect/logout?id_token_hint=${idToken}`);
  // the adapter forgets the token and, as the page wants a login, asks for one at once
  await tab.waitForURL((url) => url.pathname.endsWith('/protocol/openid-connect/auth'));
  await tab.waitForSelector('#kc-login');
  await tab.context().close();
});

test('keycloak-js: the third-party cookie check ends, no page hangs', async () => {
  const tab = await signedIn('?iframe=on&mode=check-sso').catch(() => undefined);
  const fresh = tab ?? (await w.tab());
  await fresh.goto(`${app}?mode=check-sso&iframe=on`);
  await fresh.waitForFunction(() => ['ana', 'nobody'].includes(document.getElementById('who').textContent), undefined, { timeout: 60000 });
  await fresh.context().close();
});

test('OI-06: messages of a foreign origin get no answer from the status iframe', async () => {
  const tab = await w.tab();
  w.apps.frame = `<iframe id="f" src="${w.world.server.realm('peru')}/protocol/openid-connect/login-status-iframe.html"></iframe>`;
  await tab.goto(`${w.apps.origin.replace('localhost', '127.0.0.1')}/framed`);
  const answers = await tab.evaluate(async () => {
    const got = [];
    window.addEventListener('message', (e) => got.push(String(e.data)));
    const frame = document.getElementById('f').contentWindow;
    await new Promise((r) => setTimeout(r, 500));
    for (let i = 0; i < 500; i++) frame.postMessage(i % 2 ? 'kc-app some-session-state' : '<img src=x onerror=alert(1)>', '*');
    frame.postMessage({ toString: () => 'kc-app x' , x: 1 } && 'x'.repeat(100000), '*');
    await new Promise((r) => setTimeout(r, 1500));
    return got;
  });
  for (const answer of answers) assert.ok(!/unchanged|changed/.test(answer) || answer === 'error', answer);
  const html = await tab.frames()[1]?.content().catch(() => '');
  assert.doesNotMatch(html ?? '', /onerror/);
  await tab.context().close();
});
