// The console in Chromium: what its first load costs, when one can work with it, how soon a list follows a
// keystroke among a million people, and what a tab takes that shows the live page for long.
import { launchBrowser } from '../flow/lib/apps.mjs';
import { Console } from '../flow/lib/console.mjs';
import { PASSWORD } from '../flow/lib/oidc.mjs';
import { openSet, report } from './lib.mjs';

const ROUNDS = 7;
const LIVE_MINUTES = Number(process.env.GARITA_BENCH_LIVE_MINUTES ?? 2);
const middle = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const part = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];

async function administrator(world) {
  await world.cli.withFile(PASSWORD, (file) => world.cli.ok('user', 'add', '--realm', 'master', '--username', 'root', '--password-file', file, '--role', 'admin'));
}

// A cold cache, but a session: what somebody waits for who comes back in the morning.
async function load(browser, world, state, at = '#/bench/users') {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US', storageState: state });
  const tab = await context.newPage();
  const session = await context.newCDPSession(tab);
  const sizes = [];
  await session.send('Network.enable');
  session.on('Network.loadingFinished', (e) => sizes.push(e.encodedDataLength));
  const began = performance.now();
  await tab.goto(`${world.server.origin}/admin/master/console/${at}`);
  await tab.getByRole('searchbox').waitFor();
  const took = performance.now() - began;
  await tab.getByText(/^1 to/).waitFor();
  await context.close();
  return { took, requests: sizes.length, bytes: sizes.reduce((a, b) => a + b, 0) };
}

async function firstLoads(browser, world, state, at, what = 'people') {
  const loads = [];
  for (let i = 0; i < ROUNDS; i++) loads.push(await load(browser, world, state, at));
  const { requests, bytes } = loads[0];
  report(`console: first load, until a list of ${what} stands there`, bytes / 1024, 'KiB', `${requests} requests; aim below 150 KiB`);
  report('console: until one can type, cold cache', middle(loads.map((l) => l.took)), 'ms', `at most ${Math.round(Math.max(...loads.map((l) => l.took)))} of ${ROUNDS}`);
}

// From the key to the list that answers it, as the page sees it: the box is busy from the question on, and is
// so no more in the same change that draws the list. A key that comes meanwhile does not stop the watch.
const watchList = () => {
  window.took = [];
  let typed, asked = false;
  const box = document.querySelector('input[type=search]');
  box.addEventListener('input', () => { typed ??= performance.now(); });
  new MutationObserver(() => {
    const busy = box.getAttribute('aria-busy') === 'true';
    if (typed !== undefined && asked && !busy) {
      window.took.push(performance.now() - typed);
      typed = undefined;
    }
    asked = busy;
  }).observe(box, { attributes: true, attributeFilter: ['aria-busy'] });
};

// Where nothing is asked for: from the key to the change of the rows. Heard before the page does, which may have
// drawn them when its own listener is done.
const watchRows = () => {
  window.took = [];
  let typed;
  document.addEventListener('input', () => { typed ??= performance.now(); }, { capture: true });
  new MutationObserver(() => {
    if (typed !== undefined) window.took.push(performance.now() - typed);
    typed = undefined;
  }).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true });
};

async function amongRealms(c) {
  await c.go('#/master/realms', 'All realms');
  const box = c.tab.getByRole('searchbox');
  await c.tab.getByText(/^1 to/).waitFor();
  await c.tab.evaluate(watchRows);
  for (let i = 0; i < 20; i++) {
    await box.fill('');
    await c.tab.waitForTimeout(100);
    await box.pressSequentially(String((i * 347) % 1000), { delay: 200 }); // each key changes the rows, as their common "r" would not
  }
  const took = await c.tab.evaluate(() => window.took);
  report('console: keystroke to list, among 1,000 realms', part(took, 0.95), 'ms p95', `p50 ${part(took, 0.5).toFixed(0)} ms of ${took.length}`);
}

async function keystrokes(c, people) {
  await c.go('#/bench/users', 'Users');
  const box = c.tab.getByRole('searchbox');
  await c.tab.getByText(/^1 to/).waitFor();
  await c.tab.evaluate(watchList);
  for (let i = 0; i < 20; i++) {
    await box.fill('');
    await c.tab.waitForTimeout(300);
    await box.pressSequentially(`user${(i * 48271) % people}`, { delay: 300 });
  }
  const took = await c.tab.evaluate(() => window.took);
  report(`console: keystroke to list, among ${people.toLocaleString('en')}`, part(took, 0.95), 'ms p95', `p50 ${part(took, 0.5).toFixed(0)} ms of ${took.length}; aim below 100`);
}

async function heapOf(session) {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 2 ** 20;
}

async function liveTab(browser, world) {
  const c = await Console.open(browser, world.server, 'root', { hash: '#/master/operations' });
  const session = await c.context.newCDPSession(c.tab);
  await c.tab.getByRole('region', { name: 'Live figures' }).getByText('Live', { exact: true }).waitFor();
  await c.tab.waitForTimeout(10_000);
  const before = await heapOf(session);
  await c.tab.waitForTimeout(LIVE_MINUTES * 60_000);
  report('console: heap of the live page at its begin', before, 'MiB');
  report(`console: heap of the live page after ${LIVE_MINUTES} min more`, await heapOf(session), 'MiB', 'GARITA_BENCH_LIVE_MINUTES makes it longer');
  await c.close();
}

async function withSet(name, use, divide = 1) {
  const world = await openSet(name, [], { divide });
  const browser = await launchBrowser();
  try {
    await administrator(world);
    await use(browser, world);
  } finally {
    await browser.close();
    await world.close();
  }
}

export const consoleSmall = () => withSet('small', async (browser, world) => {
  const c = await Console.open(browser, world.server, 'root');
  const state = await c.context.storageState();
  await firstLoads(browser, world, state);
  await keystrokes(c, 1000);
  await c.close();
  await liveTab(browser, world);
});

export const consoleRealms = () => withSet('realms', async (browser, world) => {
  const c = await Console.open(browser, world.server, 'root');
  await firstLoads(browser, world, await c.context.storageState(), '#/master/realms', '1,000 realms');
  await amongRealms(c);
  await c.close();
}, 50); // one person each: it is the realms that count

export const consoleMillion = () => withSet('million', async (browser, world) => {
  const c = await Console.open(browser, world.server, 'root');
  await keystrokes(c, 1000000);
  await c.close();
});
