// A realm with the two applications, a browser, and a fresh context for each test.
import { Apps, launchBrowser } from './apps.mjs';
import { World } from './world.mjs';

export async function openBrowserWorld(options = {}) {
  const world = await World.open({ ...options });
  const apps = await Apps.start();
  apps.use(world.server);
  const values = { webOrigins: [apps.origin], 'attributes.post.logout.redirect.uris': '+' };
  await world.addUser('ana', { email: 'ana@example.pe', firstName: 'Ana', lastName: 'Quispe' });
  await world.addClient('kc-app', { isPublic: true, redirectUris: [`${apps.origin}/keycloak*`, `${apps.origin}/silent-check-sso.html`], values });
  await world.addClient('oidc-app', {
    isPublic: true, redirectUris: ['/oidc', '/oidc/callback', '/oidc/silent'].map((p) => apps.origin + p), values,
  });
  const browser = await launchBrowser();
  return {
    world, apps, browser,
    async tab(contextOptions = {}) {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, ...contextOptions });
      const tab = await context.newPage();
      tab.problems = [];
      tab.on('console', (m) => { if (m.type() === 'error') tab.problems.push(m.text()); });
      tab.on('pageerror', (e) => tab.problems.push(String(e)));
      return tab;
    },
    async close() {
      await browser.close();
      apps.stop();
      await world.close();
    },
  };
}
