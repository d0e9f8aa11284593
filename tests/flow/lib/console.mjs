// The consoles as a person uses them: by the names of things on the page.
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
  static open(browser, server, username, { realm = 'master', ...options } = {}) {
    return Console.at(browser, `${server.origin}${server.basePath}/admin/${realm}/console/`, username, options);
  }
  static openAccount(browser, server, username, { realm = 'peru', ...options } = {}) {
    return Console.at(browser, `${server.realm(realm)}/account/`, username, options);
  }
  static async at(browser, address, username, { context: options = {}, hash = '' }) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US', bypassCSP: false, ...options });
    const tab = await context.newPage();
    const c = new Console(tab, context);
    tab.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') c.problems.push(m.text()); });
    tab.on('pageerror', (e) => c.problems.push(String(e)));
    tab.on('request', (r) => c.requests.push(r.url()));
    await tab.goto(address + hash);
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
  // Each message is heard once: the one of an earlier deed, still on its page, does not answer for a later one.
  async said(text) {
    const message = this.tab.getByRole('region', { name: 'Messages' }).locator('.toast:not([data-heard])').filter({ hasText: text });
    await (await message.first().elementHandle()).evaluate((e) => { e.dataset.heard = ''; });
  }
  row(text) { return this.tab.getByRole('row').filter({ hasText: text }); }
  has(text) { return this.tab.getByRole('main').getByText(text).first().waitFor(); }

  // What axe finds against WCAG 2.2 A and AA; the policy of the page keeps its script out, so it is
  // evaluated by the debugger. Colours that are on their way somewhere are waited for: half-way they
  // are nobody's.
  async accessible(name) {
    await this.tab.evaluate(() => Promise.allSettled(document.getAnimations()
      .filter((a) => a.effect.getComputedTiming().endTime !== Infinity).map((a) => a.finished)));
    await this.tab.evaluate(axe);
    const found = await this.tab.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
    assert.deepEqual(found.violations.map((v) => `${name}: ${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`), []);
  }
  async shoot(name) { await this.tab.screenshot({ path: path.join(shots, `console-${name}.png`), fullPage: true }); }
}
