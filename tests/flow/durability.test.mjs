// kill -9 in the middle of work, a hundred times: what was answered is true afterwards (OT-05).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RELEASE_BIN, sleep } from './lib/server.mjs';
import { Browser, PASSWORD } from './lib/oidc.mjs';
import { World } from './lib/world.mjs';

const ROUNDS = Number(process.env.GARITA_CRASH_ROUNDS ?? 100);
let world, server, portal, browser;
before(async () => {
  world = await World.open({ bin: RELEASE_BIN, realm: { bruteForceProtected: false } });
  server = world.server;
  for (let i = 0; i < 4; i++) await world.addUser(`user${i}`);
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  browser = (await portal.login('user0')).browser;
});
after(() => world.close());

// What the server has answered so far in this round; only these promises count.
class Promises {
  constructor() {
    this.alive = new Map();   // refresh token -> true: the newest of its family
    this.spentTokens = [];    // refresh tokens that were rotated away
    this.ended = [];          // refresh tokens of families that were revoked or logged out
    this.spentCodes = [];
  }
}

// One worker: logs in, refreshes, revokes, logs out, redeems, until the server is gone.
async function work(user, promises, running) {
  const ask = async (call) => {
    const reply = await call().catch(() => undefined);
    if (!reply) throw new Error('gone');
    return reply;
  };
  try {
    while (running()) {
      const login = await ask(() => portal.password(user, PASSWORD));
      if (login.status !== 200) continue;
      let token = login.json.refresh_token;
      promises.alive.set(token, true);
      for (let i = 0; i < 3; i++) {
        promises.alive.delete(token); // until it is answered, either one may be the good one
        const reply = await ask(() => portal.refresh(token));
        assert.equal(reply.status, 200, reply.text);
        promises.spentTokens.push(token);
        token = reply.json.refresh_token;
        promises.alive.set(token, true);
      }
      const fate = Math.random();
      if (fate < 0.3) {
        promises.alive.delete(token);
        assert.equal((await ask(() => portal.revoke(token))).status, 200);
        promises.ended.push(token);
      } else if (fate < 0.6) {
        promises.alive.delete(token);
        assert.ok((await ask(() => portal.post('/logout', { refresh_token: token }))).status < 300);
        promises.ended.push(token);
      }
    }
  } catch (err) {
    if (err.message !== 'gone') throw err;
  }
}

async function redeemCodes(promises, running) {
  while (running()) {
    const page = await browser.authorize({ client_id: 'portal', prompt: 'none' }).catch(() => undefined);
    const code = page?.callback?.code;
    if (!code) return;
    const reply = await portal.redeem(code).catch(() => undefined);
    if (!reply) return;
    assert.equal(reply.status, 200, reply.text);
    promises.spentCodes.push(code);
    promises.alive.set(reply.json.refresh_token, true);
  }
}

const some = (list, n) => [...list].sort(() => Math.random() - 0.5).slice(0, n);

// Order matters: a replayed token ends its family, so what must be alive is asked first.
async function keep(promises) {
  for (const token of some(promises.alive.keys(), 4)) {
    const reply = await portal.refresh(token);
    assert.equal(reply.status, 200, `an answered login or refresh was lost: ${reply.text}`);
  }
  const silent = await browser.authorize({ client_id: 'portal', prompt: 'none' });
  assert.ok(silent.callback.code, 'the browser session was lost');
  for (const token of some(promises.ended, 4)) assert.equal((await portal.refresh(token)).status, 400, 'a revoked or ended one lives again');
  for (const token of some(promises.spentTokens, 4)) assert.equal((await portal.refresh(token)).status, 400, 'a spent refresh token lives again');
  const codes = some(promises.spentCodes, 3);
  for (const code of codes) assert.equal((await portal.redeem(code)).status, 400, 'a spent code lives again');
  if (codes.length > 0) browser = (await portal.login('user0', { browser: new Browser(server, 'peru') })).browser;
}

test(`OT-05: ${ROUNDS} rounds of kill -9 under load`, { timeout: 900000 }, async (t) => {
  const counts = { alive: 0, spentTokens: 0, ended: 0, spentCodes: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const promises = new Promises();
    let on = true;
    const running = () => on;
    const workers = [1, 2, 3].map((i) => work(`user${i}`, promises, running));
    workers.push(redeemCodes(promises, running));
    await sleep(120 + Math.random() * 250);
    server.child.kill('SIGKILL');
    on = false;
    await server.ended;
    await Promise.all(workers);
    await server.launch();
    await keep(promises);
    for (const name of Object.keys(counts)) counts[name] += promises[name].size ?? promises[name].length;
    if (round % 10 === 9) {
      await world.cli.ok('audit', 'verify', '--realm', 'peru');
      await world.cli.ok('doctor');
    }
  }
  t.diagnostic(`answered before a kill: ${JSON.stringify(counts)}`);
  assert.ok(counts.alive > ROUNDS && counts.spentTokens > ROUNDS && counts.ended > 0 && counts.spentCodes > 0, JSON.stringify(counts));
  await world.cli.ok('audit', 'verify', '--realm', 'peru');
  await world.cli.ok('doctor');
});
