// Two little applications on a port of their own, made of the stock libraries as an app would use
// them, and a browser to look at them with.
import http from 'node:http';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const modules = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../node_modules');
const page = (body) => `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>app</title><body>${body}</body></html>`;

// window.kc is the keycloak-js adapter; window.done says how init ended
const keycloakApp = (s) => page(`<p id="who">?</p><script type="module">
import Keycloak from '/keycloak.js';
const query = new URLSearchParams(location.search);
const kc = new Keycloak({ url: ${JSON.stringify(s.url)}, realm: 'peru', clientId: 'kc-app' });
window.kc = kc;
window.log = [];
for (const name of ['onAuthSuccess', 'onAuthError', 'onAuthRefreshSuccess', 'onAuthRefreshError', 'onAuthLogout', 'onTokenExpired']) kc[name] = () => window.log.push(name);
const options = {
  onLoad: query.get('mode') ?? 'login-required', pkceMethod: 'S256', checkLoginIframe: query.get('iframe') === 'on', checkLoginIframeInterval: 1,
  silentCheckSsoRedirectUri: location.origin + '/silent-check-sso.html', redirectUri: location.origin + '/keycloak' + location.search,
  scope: 'openid profile email',
};
window.done = kc.init(options).then((ok) => {
  document.getElementById('who').textContent = ok ? kc.tokenParsed.preferred_username : 'nobody';
  return ok;
}, (err) => { document.getElementById('who').textContent = 'error'; window.failure = String(err && err.error || err); return false; });
</script>`);
const silentSso = page('<script>parent.postMessage(location.href, location.origin);</script>');

// window.manager is the UserManager of oidc-client-ts
const settings = (s) => `{ authority: '${s.url}/realms/peru', client_id: 'oidc-app', redirect_uri: location.origin + '/oidc/callback',
  silent_redirect_uri: location.origin + '/oidc/silent', post_logout_redirect_uri: location.origin + '/oidc', scope: 'openid profile email',
  userStore: new oidc.WebStorageStateStore({ store: window.localStorage }), monitorSession: false, automaticSilentRenew: false }`;
const oidcApp = (s, script) => page(`<p id="who">?</p><script src="/oidc-client-ts.js"></script><script>
const manager = window.manager = new oidc.UserManager(${settings(s)});
const show = (user) => { document.getElementById('who').textContent = user ? user.profile.preferred_username : 'nobody'; return user; };
${script}</script>`);

// Modules as npm has them, by the names that code imports them by: window.rpc is what calls are made of
const rpcPackages = ['@bufbuild/protobuf', '@connectrpc/connect', '@connectrpc/connect-web'];
const importMap = () => Object.fromEntries(rpcPackages.flatMap((name) => {
  const { exports } = JSON.parse(readFileSync(path.join(modules, name, 'package.json')));
  return Object.entries(exports).map(([sub, file]) => [path.posix.join(name, sub), path.posix.join('/modules', name, file.import)]);
}));
const rpcApp = () => page(`<script type="importmap">${JSON.stringify({ imports: importMap() })}</script><script type="module">
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Code, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
window.rpc = { createFileRegistry, fromBinary, FileDescriptorSetSchema, Code, createClient, createConnectTransport, createGrpcWebTransport };
</script>`);

export class Apps {
  static async start() {
    const apps = new Apps();
    apps.posts = [];
    apps.server = http.createServer((req, res) => apps.answer(req, res)).listen(0, '127.0.0.1');
    await new Promise((r) => apps.server.once('listening', r));
    apps.origin = `http://localhost:${apps.server.address().port}`;
    return apps;
  }
  // Where the applications find the server under test.
  use(server) { this.settings = { url: `${server.origin}${server.basePath}` }; }
  stop() {
    this.server.closeAllConnections?.();
    this.server.close();
  }
  answer(req, res) {
    const { pathname } = new URL(req.url, 'http://x');
    const html = {
      '/keycloak': () => keycloakApp(this.settings), '/silent-check-sso.html': () => silentSso, '/empty': () => page(''),
      '/oidc': () => oidcApp(this.settings, 'window.done = manager.getUser().then(show);'),
      '/oidc/callback': () => oidcApp(this.settings, 'window.done = manager.signinRedirectCallback().then(show, (e) => { window.failure = String(e); show(); });'),
      '/oidc/silent': () => oidcApp(this.settings, 'manager.signinSilentCallback();'),
      '/rpc': rpcApp,
      '/framed': () => page(this.frame ?? ''),
    }[pathname];
    const script = { '/keycloak.js': 'keycloak-js/lib/keycloak.js', '/oidc-client-ts.js': 'oidc-client-ts/dist/browser/oidc-client-ts.js' }[pathname] ??
      /^\/modules\/(@[\w-]+(?:\/[\w-]+)+(?:\.[\w-]+)*\.js)$/.exec(pathname)?.[1];
    if (req.method === 'POST') {
      let body = '';
      req.on('data', (chunk) => { body += chunk; });
      req.on('end', () => {
        this.posts.push({ pathname, body: new URLSearchParams(body), headers: req.headers });
        res.setHeader('Content-Type', 'text/html');
        res.end(page('<p id="who">posted</p>'));
      });
    } else if (html) {
      res.setHeader('Content-Type', 'text/html; charset=utf-8');
      res.end(html());
    } else if (script) {
      res.setHeader('Content-Type', 'text/javascript; charset=utf-8');
      res.end(readFileSync(path.join(modules, script)));
    } else {
      res.statusCode = 404;
      res.end();
    }
  }
}

export const launchBrowser = () =>
  chromium.launch({
    executablePath: process.env.GARITA_CHROMIUM ?? '/usr/bin/chromium', headless: true,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
  });

// Fills in our login page.
export async function logIn(tab, username, password) {
  await tab.waitForSelector('#kc-login');
  // who must prove to be the same person cannot change the name
  if (await tab.isEditable('#username')) await tab.fill('#username', username);
  await tab.fill('#password', password);
  await Promise.all([tab.waitForNavigation({ waitUntil: 'load' }).catch(() => {}), tab.click('#kc-login')]);
}
export const who = (tab, name) => tab.waitForFunction((n) => document.getElementById('who')?.textContent === n, name, { timeout: 60000 });
