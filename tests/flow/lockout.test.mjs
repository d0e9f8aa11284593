// Guessing passwords: counted on every path, locked in time, and nothing to see from outside.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { request } from './lib/http.mjs';
import { visibleText } from './lib/html.mjs';
import { Browser, PASSWORD } from './lib/oidc.mjs';
import { alikeMedians, sleep } from './lib/server.mjs';
import { World } from './lib/world.mjs';

let world, portal, n = 0;
const settings = {
  bruteForceProtected: true, failureFactor: 5, waitIncrementSeconds: 3, maxFailureWaitSeconds: 6, minimumQuickLoginWaitSeconds: 0,
  quickLoginCheckMilliSeconds: 0, maxDeltaTimeSeconds: 43200, permanentLockout: false,
};
before(async () => {
  world = await World.open({ realm: settings });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
});
after(() => world.close());

async function someone(values) {
  const name = `user${n++}`;
  await world.addUser(name, values);
  return name;
}
const guess = (name, times, password = 'wrong') =>
  Promise.all(Array.from({ length: times }, () => portal.password(name, password)));
const works = async (name) => (await portal.password(name)).status === 200;
// Of who was locked for so many seconds no sooner than `at`: a slow machine may ask when that is over.
async function assertLocked(name, at, seconds, why) {
  const open = await works(name);
  if (Date.now() - at < seconds * 1000) assert.equal(open, false, why);
}

// As many failures as lock; the moment before the last of them.
async function lock(name) {
  for (let i = 0; i < 4; i++) await guess(name, 1);
  const at = Date.now();
  await guess(name, 1);
  return at;
}

test('failureFactor failures lock for waitIncrementSeconds, then the right password works again', async () => {
  const name = await someone();
  for (let i = 0; i < 4; i++) await guess(name, 1);
  assert.equal(await works(name), true, 'four failures are forgiven');
  const at = await lock(name);
  await assertLocked(name, at, 3);
  await sleep(3300);
  assert.equal(await works(name), true);
});

// For tests that look at somebody who is locked for longer than they take.
async function lockForLong(t) {
  t.after(() => world.setRealm(settings));
  await world.setRealm({ waitIncrementSeconds: 600, maxFailureWaitSeconds: 900 });
}

test('PW-02: of 200 parallel guesses no more than the limit is weighed', async (t) => {
  await lockForLong(t);
  const name = await someone();
  // the right password is among the guesses, after the first twenty
  const replies = await Promise.all(Array.from({ length: 200 }, (_, i) => portal.password(name, i === 180 ? PASSWORD : 'wrong')));
  assert.equal(replies.filter((r) => r.status === 200).length, 0);
  assert.equal(await works(name), false);
  assert.equal((await world.cli.json('user', 'show', '--realm', 'peru', '--username', name)).failures, settings.failureFactor);
  const lockouts = await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'UserLockedOut');
  assert.ok(lockouts.length >= 1);
});

test('PW-03: browser, password grant and e-mail share one counter', async (t) => {
  await lockForLong(t);
  const name = await someone({ email: 'shared@example.pe' });
  await guess(name, 2);
  await guess('SHARED@example.pe', 1);
  const browser = new Browser(world.server, 'peru');
  let page = await browser.authorize({ client_id: 'portal' });
  page = await browser.logIn(page, name, 'wrong');
  page = await browser.logIn(page, name.toUpperCase(), 'wrong');
  assert.equal(await works(name), false);
  assert.equal(await works('shared@example.pe'), false);
  const blocked = await browser.follow(await browser.logIn(page, name));
  assert.equal(blocked.isRedirect, false, 'the right password, but locked');
});

test('PW-04: locked, unknown and wrong look the same', async (t) => {
  await lockForLong(t);
  const locked = await someone();
  const other = await someone();
  await guess(locked, 6);
  const strip = (text) => text.replace(/[A-Za-z0-9_-]{40,}/g, '*').replaceAll(locked, 'U').replaceAll(other, 'U').replaceAll('userxx', 'U');
  const grants = [await portal.password(locked), await portal.password('userxx'), await portal.password(other, 'wrong')];
  assert.equal(new Set(grants.map((r) => `${r.status} ${r.text} ${Object.keys(r.headers).sort()}`)).size, 1);
  const pages = [];
  for (const [name, password] of [[locked, PASSWORD], ['userxx', PASSWORD], [other, 'wrong']]) {
    const browser = new Browser(world.server, 'peru');
    pages.push(await browser.logIn(await browser.authorize({ client_id: 'portal' }), name, password));
  }
  assert.equal(new Set(pages.map((p) => p.status)).size, 1);
  assert.equal(new Set(pages.map((p) => strip(visibleText(p.text)))).size, 1, pages.map((p) => strip(visibleText(p.text))).join('\n---\n'));
});

test('PW-04: names that look alike do not lock the victim', async () => {
  const name = await someone();
  for (const alike of [`${name}\u200b`, `${name}.`, `${name}%20`, `us\u0435r${name.slice(4)}`, `${name}@example.pe`, `*`, `${name}\u0000`]) await guess(alike, 6);
  assert.equal(await works(name), true);
});

test('bruteForceStrategy LINEAR: the wait grows with each failure, up to maxFailureWaitSeconds', async () => {
  await world.setRealm({ bruteForceStrategy: 'LINEAR' });
  const name = await someone();
  await lock(name);
  await sleep(3300);
  const again = Date.now();
  await guess(name, 1);
  await sleep(3300);
  await assertLocked(name, again, 6, 'the second lock is longer');
  await sleep(3300);
  assert.equal(await works(name), true);
  await world.setRealm({ bruteForceStrategy: 'MULTIPLE' });
});

test('a success resets the count', async () => {
  const name = await someone();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 4; i++) await guess(name, 1);
    assert.equal(await works(name), true, `round ${round}`);
  }
});

test('permanentLockout locks for good, and survives a restart (OT-05)', async () => {
  await world.setRealm({ permanentLockout: true });
  const name = await someone();
  for (let i = 0; i < 6; i++) await guess(name, 1);
  await sleep(7000);
  assert.equal(await works(name), false);
  await world.server.restart();
  assert.equal(await works(name), false);
  await world.setUser(name, { enabled: true });
  assert.equal(await works(name), true);
  await world.setRealm({ permanentLockout: false });
});

test('quick guesses wait minimumQuickLoginWaitSeconds', async () => {
  await world.setRealm({ quickLoginCheckMilliSeconds: 20000, minimumQuickLoginWaitSeconds: 3, failureFactor: 30 });
  const name = await someone();
  await guess(name, 1);
  const at = Date.now();
  await guess(name, 1);
  await assertLocked(name, at, 3);
  await sleep(3300);
  assert.equal(await works(name), true);
  await world.setRealm(settings);
});

test('a lock is temporary also for the sessions: those that stand go on', async () => {
  const name = await someone();
  const login = await portal.login(name);
  await guess(name, 6);
  assert.equal((await portal.refresh(login.tokens.refresh_token)).status, 200);
});

test('PW-05: time tells little about who exists (medians are printed)', async (t) => {
  await world.setRealm({ bruteForceProtected: false });
  const name = await someone();
  const time = async (user) => {
    const start = process.hrtime.bigint();
    await request(`${portal.endpoint}/token`, { form: { grant_type: 'password', client_id: 'nobody', username: user, password: 'x' } });
    await portal.password(user, 'wrong');
    return Number(process.hrtime.bigint() - start) / 1e6;
  };
  const take = async () => {
    const [existing, unknown] = [[], []];
    for (let i = 0; i < 30; i++) {
      existing.push(await time(name));
      unknown.push(await time(`nobody${i}`));
    }
    return [existing, unknown];
  };
  const alike = await alikeMedians(1 / 0.6, take, (known, unknown) => t.diagnostic(`median of a wrong password: ${known} ms, of an unknown user: ${unknown} ms`));
  assert.ok(alike, 'both pay for a hash');
});

// Where everybody was imported with dear hashes, an unknown name that cost the default would stand out
// by a factor of ten and more.
test('PW-05: an unknown name costs what the imported ones cost', async (t) => {
  await world.addRealm('imported');
  await world.setRealm({ bruteForceProtected: false }, 'imported');
  const app = await world.addClient('app', { realm: 'imported', values: { directAccessGrantsEnabled: true } });
  const salt = randomBytes(16);
  const credential = {
    type: 'password',
    secretData: JSON.stringify({ value: pbkdf2Sync('secreto-1', salt, 1000000, 32, 'sha256').toString('base64'), salt: salt.toString('base64'), additionalParameters: {} }),
    credentialData: JSON.stringify({ hashIterations: 1000000, algorithm: 'pbkdf2-sha256', additionalParameters: {} }),
  };
  const lines = Array.from({ length: 20 }, (_, i) => JSON.stringify({ username: `old${i}`, enabled: true, credentials: [credential] }));
  await world.cli.withFile(lines.join('\n'), (file) => world.cli.ok('user', 'import', '--realm', 'imported', '--file', file));
  const time = async (user) => {
    const start = process.hrtime.bigint();
    assert.equal((await app.password(user, 'wrong')).status, 401);
    return Number(process.hrtime.bigint() - start) / 1e6;
  };
  const take = async () => {
    const [imported, unknown] = [[], []];
    for (let i = 0; i < 7; i++) {
      imported.push(await time(`old${i}`));
      unknown.push(await time(`nobody${i}`));
    }
    return [imported, unknown];
  };
  assert.ok(await alikeMedians(1 / 0.4, take, (known, unknown) => t.diagnostic(`median of an imported user: ${known} ms, of an unknown one: ${unknown} ms`)));
});

test('HT-08: login forms of one address have a rate limit: 429 with Retry-After; other addresses are served', async () => {
  // loopback itself has no limit: the addresses are those that a proxy saw
  const own = await World.open({ rates: true, args: ['--rate-login', '30', '--rate-login-burst', '5', '--trusted-proxies', '127.0.0.1'] });
  await own.addUser('ana');
  await own.addUser('luis');
  await own.addClient('portal');
  const statuses = [];
  let limited;
  for (let i = 0; i < 12; i++) {
    const browser = new Browser(own.server, 'peru', { headers: { 'X-Forwarded-For': '203.0.113.9' } });
    const page = await browser.authorize({ client_id: 'portal' });
    const reply = page.status === 429 ? page : await browser.logIn(page, 'ana', 'wrong');
    statuses.push(reply.status);
    if (reply.status === 429) limited = reply;
  }
  assert.ok(limited, statuses.join(' '));
  assert.ok(Number(limited.headers['retry-after']) > 0);
  const other = new Browser(own.server, 'peru', { headers: { 'X-Forwarded-For': '198.51.100.7' } });
  assert.ok((await other.obtain({ client_id: 'portal' }, 'luis')).callback.code);
  await own.close();
});
