// The same over HTTPS with the self-signed certificate of the first start.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowserWorld } from './lib/browser_world.mjs';
import { logIn, who } from './lib/apps.mjs';
import { PASSWORD } from './lib/oidc.mjs';

let w;
before(async () => { w = await openBrowserWorld({ tls: true }); });
after(() => w.close());

test('keycloak-js signs in over HTTPS; cookies are Secure, HttpOnly, of this host (WE-01)', async () => {
  const tab = await w.tab();
  await tab.goto(`${w.apps.origin}/keycloak`);
  await tab.waitForSelector('#kc-login');
  assert.ok(tab.url().startsWith('https://localhost:'));
  await logIn(tab, 'ana', PASSWORD);
  await who(tab, 'ana');
  const cookies = await tab.context().cookies(w.world.server.origin);
  assert.ok(cookies.some((c) => c.name.startsWith('__Host-') && c.httpOnly && c.secure));
  for (const cookie of cookies) assert.equal(cookie.secure, true, cookie.name);
  await tab.context().close();
});

test('a visit by plain HTTP ends on HTTPS', async () => {
  const tab = await w.tab();
  const url = `http://localhost:${w.world.server.ports.redirect}/realms/peru`;
  await tab.goto(url);
  assert.ok(tab.url().startsWith('https://'), tab.url());
  await tab.context().close();
});
