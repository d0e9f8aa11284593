// The administration console as a person uses it: by the names of things on the page.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { logIn } from './apps.mjs';
import { PASSWORD } from './oidc.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../build/screenshots');
mkdirSync(shots, { recursive: true });

export class Console {
  // realm: where to sign in
  static async open(browser, server, username, { realm = 'master', context: options = {}, hash = '' } = {}) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US', bypassCSP: false, ...options });
    const tab = await context.newPage();
    const c = new Console(tab, context);
    tab.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') c.problems.push(m.text()); });
    tab.on('pageerror', (e) => c.problems.push(String(e)));
    tab.on('request', (r) => c.requests.push(r.url()));
    await tab.goto(`${server.origin}${server.basePath}/admin/${realm}/console/${hash}`);
    await logIn(tab, username, PASSWORD);
    await c.heading(/./);
    return c;
  }

  constructor(tab, context) {
    Object.assign(this, { tab, context, problems: [], requests: [] });
  }

  async close() { await this.context.close(); }

  heading(name) { return this.tab.getByRole('main').getByRole('heading', { level: 1, name }).waitFor(); }
  async go(hash, name) {
    await this.tab.evaluate((h) => { location.hash = h; }, hash);
    await this.heading(name ?? /./);
    await this.tab.waitForFunction(() => !document.querySelector('.spinner')); // a page may have several
  }
  button(name, within = this.tab) { return within.getByRole('button', { name, exact: true }).click(); }
  link(name) { return this.tab.getByRole('main').getByRole('link', { name, exact: true }).click(); }
  fill(label, value, within = this.tab) { return within.getByLabel(label, { exact: true }).fill(value); }
  get dialog() { return this.tab.getByRole('dialog'); }
  said(text) { return this.tab.getByRole('region', { name: 'Messages' }).getByText(text).waitFor(); }
  row(text) { return this.tab.getByRole('row').filter({ hasText: text }); }
  has(text) { return this.tab.getByRole('main').getByText(text).first().waitFor(); }

  // What axe finds against WCAG 2.2 A and AA; the policy of the page keeps its script out, so it is
  // evaluated by the debugger.
  async accessible(name) {
    await this.tab.evaluate(axe);
    const found = await this.tab.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
    assert.deepEqual(found.violations.map((v) => `${name}: ${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`), []);
  }
  async shoot(name) { await this.tab.screenshot({ path: path.join(shots, `console-${name}.png`), fullPage: true }); }
}
