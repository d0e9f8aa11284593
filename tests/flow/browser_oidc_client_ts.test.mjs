// oidc-client-ts in Chromium, unchanged, against the running binary.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowserWorld } from './lib/browser_world.mjs';
import { logIn, who } from './lib/apps.mjs';
import { PASSWORD } from './lib/oidc.mjs';

let w, app;
before(async () => {
  w = await openBrowserWorld();
  app = `${w.apps.origin}/oidc`;
});
after(() => w.close());

async function signIn(tab, parameters = {}) {
  await tab.goto(app);
  await tab.evaluate(() => window.done);
  await Promise.all([tab.waitForURL((u) => u.origin === w.world.server.origin || u.pathname === '/oidc/callback'),
    tab.evaluate((p) => { window.manager.signinRedirect(p); }, parameters)]);
}

async function signedIn() {
  const tab = await w.tab();
  await signIn(tab);
  await logIn(tab, 'ana', PASSWORD);
  await who(tab, 'ana');
  return tab;
}

test('oidc-client-ts: login, ID token checked by the library', async () => {
  const tab = await signedIn();
  const user = await tab.evaluate(() => window.manager.getUser());
  assert.equal(user.profile.email, 'ana@example.pe');
  assert.ok(user.refresh_token);
  await tab.context().close();
});

test('oidc-client-ts: silent renewal with the refresh token', async () => {
  const tab = await signedIn();
  const [before, after] = await tab.evaluate(async () => {
    const one = (await window.manager.getUser()).access_token;
    return [one, (await window.manager.signinSilent()).access_token];
  });
  assert.notEqual(before, after);
  await tab.context().close();
});

test('oidc-client-ts: silent renewal by prompt=none in a hidden frame', async () => {
  const tab = await signedIn();
  const user = await tab.evaluate(async () => {
    const current = await window.manager.getUser();
    current.refresh_token = undefined;
    await window.manager.storeUser(current);
    return window.manager.signinSilent();
  });
  assert.equal(user.profile.preferred_username, 'ana');
  await tab.context().close();
});

test('oidc-client-ts: without a session prompt=none is login_required', async () => {
  const tab = await w.tab();
  await tab.goto(app);
  const error = await tab.evaluate(() => window.manager.signinSilent().then(() => 'signed in', (e) => e.error));
  assert.equal(error, 'login_required');
  await tab.context().close();
});

test('oidc-client-ts: logout comes back, and the session is gone', async () => {
  const tab = await signedIn();
  await Promise.all([tab.waitForURL(app), tab.evaluate(() => { window.manager.signoutRedirect(); })]);
  await tab.evaluate(() => window.manager.removeUser());
  const error = await tab.evaluate(() => window.manager.signinSilent().then(() => 'signed in', (e) => e.error));
  assert.equal(error, 'login_required');
  await tab.context().close();
});

test('oidc-client-ts: querySessionStatus knows the session', async () => {
  const tab = await signedIn();
  const status = await tab.evaluate(() => window.manager.querySessionStatus().then((s) => s && s.sub, (e) => String(e)));
  assert.match(String(status), /^[0-9a-f-]{36}$/);
  await tab.context().close();
});

test('oidc-client-ts: userinfo and token endpoint answer this origin, and not another', async () => {
  const tab = await signedIn();
  const token = await tab.evaluate(async () => (await window.manager.getUser()).access_token);
  const ask = (t) => t.evaluate(async ([url, access]) => {
    try {
      return (await fetch(url, { headers: { Authorization: `Bearer ${access}` } })).status;
    } catch (e) {
      return 'blocked';
    }
  }, [`${w.world.server.realm('peru')}/protocol/openid-connect/userinfo`, token]);
  assert.equal(await ask(tab), 200);
  const foreign = await w.tab();
  await foreign.goto(`${w.apps.origin.replace('localhost', '127.0.0.1')}/empty`);
  assert.equal(await ask(foreign), 'blocked');
  await tab.context().close();
  await foreign.context().close();
});

test('oidc-client-ts: prompt=login and max_age ask again', async () => {
  const tab = await signedIn();
  await signIn(tab, { prompt: 'login' });
  await tab.waitForSelector('#kc-login');
  await logIn(tab, 'ana', PASSWORD);
  await who(tab, 'ana');
  await tab.context().close();
});
