// The machine's clock is set back and forth under a running server, and between two runs: what was
// over stays over, what was spent stays spent, locks last as long as they should (OT-05, JO-10).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { AdminWorld } from './lib/admin.mjs';
import { request } from './lib/http.mjs';
import { HOUR, MachineClock, SECOND, YEAR } from './lib/clock.mjs';
import { assertError, decode, PASSWORD, random } from './lib/oidc.mjs';
import { holder, hotp, otpCredential } from './lib/otp.mjs';
import { BIN, RELEASE_BIN, sleep, until } from './lib/server.mjs';
import { World } from './lib/world.mjs';

const STEPS = { '1 s': SECOND, '1 h': HOUR, '10 years': 10 * YEAR };
const LOCK_S = 4;
let clock, world, portal, hasty, brieflyGood, pair, setBackAt, n = 0;

before(async () => {
  clock = new MachineClock();
  world = await World.open({
    env: clock.env, args: ['--sweep-interval', '5'],
    realm: { accessCodeLifespan: 30, bruteForceProtected: true, failureFactor: 3, waitIncrementSeconds: LOCK_S, maxFailureWaitSeconds: LOCK_S, quickLoginCheckMilliSeconds: 0, minimumQuickLoginWaitSeconds: 0 },
  });
  await new AdminWorld(world.server).addAdmin('root', ['admin'], 'master');
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  const tokensOf = (seconds) => ({ values: { directAccessGrantsEnabled: true, 'attributes.access.token.lifespan': String(seconds) } });
  hasty = await world.addClient('hasty', tokensOf(30));
  brieflyGood = await world.addClient('briefly-good', tokensOf(3));
  pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), alg: 'ES256', use: 'sig', kid: 'k1' };
  await world.addClient('keyed', {
    serviceAccount: true, values: { clientAuthenticatorType: 'client-jwt', 'attributes.use.jwks.string': 'true', 'attributes.jwks.string': JSON.stringify({ keys: [jwk] }) },
  });
});
after(async () => {
  await world.close();
  clock.close();
});

async function someone() {
  const name = `user${n++}`;
  await world.addUser(name);
  return name;
}
// The server's own idea of the time, in seconds.
async function serverTime() {
  const reply = await request(`${world.server.origin}/realms/peru/protocol/openid-connect/certs`);
  return Date.parse(reply.headers.date) / 1000;
}
const works = async (name) => (await portal.password(name)).status === 200;
const metric = async (name) => {
  const page = await request(`${world.server.management}/metrics`);
  return Number(page.text.match(new RegExp(`^garita_clock_${name} (\\d+)$`, 'm'))[1]);
};
const told = (text) => world.server.logLines.filter((l) => l.component === 'clock' && l.message.match(text)).length;

async function assertion(life = 60) {
  const now = await serverTime();
  return new SignJWT({ iss: 'keyed', sub: 'keyed', aud: world.server.realm('peru'), jti: random(), iat: now, exp: now + life })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(pair.privateKey);
}
const useAssertion = (client_assertion) => request(`${portal.endpoint}/token`, {
  form: { grant_type: 'client_credentials', client_assertion, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' },
});

// A one-time password of somebody new, used; and of somebody else with the same device, not used.
const PERIOD = 600;
const takeOtp = ({ name: user, code }) => portal.password(user, PASSWORD, { totp: code });
async function useOtp() {
  const admins = new AdminWorld(world.server);
  const kc = await admins.client('root', 'master', 'peru');
  const [user, other] = [`user${n++}`, `user${n++}`];
  for (const one of [user, other]) await kc.users.create(holder(one, otpCredential({ period: PERIOD })));
  const oneTime = { name: user, other, code: hotp(Math.floor(await serverTime() / PERIOD)) };
  assert.equal((await takeOtp(oneTime)).status, 200);
  return oneTime;
}
// The code as such is good still: what is refused is its second use.
async function couldBeTaken({ other, code }) { assert.equal((await takeOtp({ name: other, code })).status, 200); }

// One of each thing that can be spent or over, and what must hold of them for good.
async function spendThings() {
  const name = await someone();
  const { browser, tokens } = await portal.login(name);
  const spentCode = await browser.code({ client_id: 'portal' });
  const redeemed = await portal.redeem(spentCode);
  assert.equal(redeemed.status, 200, redeemed.text);
  const revoked = (await portal.password(name)).json;
  assert.equal((await portal.revoke(revoked.access_token)).status, 200);
  const spentAssertion = await assertion();
  assert.equal((await useAssertion(spentAssertion)).status, 200);
  const ended = (await portal.password(name)).json;
  assert.ok((await portal.post('/logout', { refresh_token: ended.refresh_token })).status < 300);
  const rotated = (await portal.password(name)).json;
  assert.equal((await portal.refresh(rotated.refresh_token)).status, 200);
  const oneTime = await useOtp();
  return { name, oneTime, tokens, spentCode, revoked, spentAssertion, ended, rotated };
}
async function staySpent(things) {
  assert.equal(await portal.isActive(things.revoked.access_token), false, 'a revoked token lives again');
  assertError(await portal.refresh(things.ended.refresh_token), 400, 'invalid_grant');
  assert.notEqual((await useAssertion(things.spentAssertion)).status, 200, 'a spent assertion is taken again');
  assertError(await portal.refresh(things.rotated.refresh_token), 400, 'invalid_grant');
  assertError(await portal.redeem(things.spentCode), 400, 'invalid_grant');
  assertError(await takeOtp(things.oneTime), 401, 'invalid_grant');
}

// The machine's clock is no longer behind, so that the next step ahead is a leap.
async function level() { clock.set(Math.ceil(await serverTime() * SECOND + SECOND - Date.now())); }

// An access token and a code that were good and are over now: half a minute passed in a leap.
async function makeOver() {
  await level();
  const name = await someone();
  const { browser } = await portal.login(name);
  const { access_token: token } = (await hasty.password(name)).json;
  const code = await browser.code({ client_id: 'portal' });
  assert.equal(await hasty.isActive(token), true);
  clock.step(31 * SECOND);
  return { token, code };
}
async function stayOver({ token, code }) {
  assert.equal(await hasty.isActive(token), false, 'an expired token lives again');
  assertError(await portal.redeem(code), 400, 'invalid_grant');
}

// Three wrong guesses, and the moment before the last of them.
async function lock(name) {
  await portal.password(name, 'wrong');
  await portal.password(name, 'wrong');
  const at = Date.now();
  await portal.password(name, 'wrong');
  return at;
}
// The right password is refused for as long as the lock lasts, on any machine, and then taken.
async function lockLasts(name, at) {
  const open = await works(name);
  if (Date.now() - at < LOCK_S * SECOND) assert.equal(open, false, 'no sooner than it should');
  await sleep(LOCK_S * SECOND + 500);
  assert.equal(await works(name), true, 'no later than it should');
}

for (const [name, ms] of Object.entries(STEPS)) {
  test(`OT-05, JO-10: the machine's clock is set back by ${name}: time goes on`, async () => {
    const things = await spendThings();
    const over = await makeOver();
    const before = await serverTime();
    clock.step(-ms - 31 * SECOND);
    assert.ok(await serverTime() >= before, 'not even a second back');
    await stayOver(over);
    await staySpent(things);
    await couldBeTaken(things.oneTime);
    const { json: fresh } = await hasty.password(things.name, PASSWORD);
    assert.ok(decode(fresh.access_token).iat >= before);
    const brief = (await brieflyGood.password(things.name)).json.access_token;
    await sleep(3500);
    assert.equal(await brieflyGood.isActive(brief), false, 'three seconds are not longer than before');
    assert.ok(await serverTime() >= before + 3);
  });

  test(`PW-02: a lock lasts as long as it should though the clock is set back by ${name}`, async () => {
    const name_ = await someone();
    const at = await lock(name_);
    clock.step(-ms);
    await lockLasts(name_, at);
  });

  test(`PW-02: a lock lasts as long as it should though the clock leaps ahead by ${name}`, async () => {
    await level();
    const name_ = await someone();
    const at = await lock(name_);
    clock.step(ms);
    await lockLasts(name_, at);
  });
}

test('OT-05: after a leap of ten years everything is over; back again, it stays so', async () => {
  const things = await spendThings();
  const over = await makeOver();
  clock.step(10 * YEAR);
  await stayOver(over);
  assert.equal(await portal.isActive(things.tokens.access_token), false);
  assertError(await portal.refresh(things.tokens.refresh_token), 400, 'invalid_grant');
  await sleep(6000); // a sweep has been there
  clock.step(-10 * YEAR);
  await stayOver(over);
  await staySpent(things);
  assertError(await portal.refresh(things.tokens.refresh_token), 400, 'invalid_grant');
});

test('what the clock did is told: log, metrics, doctor', async () => {
  assert.ok(await metric('steps_back_total') >= 4);
  assert.ok(await metric('leaps_total') >= 3);
  const behind = await metric('behind_seconds');
  assert.ok(behind > 9 * YEAR / 1000, `${behind} s behind`);
  await until('the log tells', async () => told('was set back') >= 1 && told('leapt ahead') >= 1);
  const report = await world.cli.run(['doctor', '--json']);
  assert.equal(report.status, 1);
  const line = JSON.parse(report.stdout).find((l) => l.check === "machine's clock");
  assert.equal(line.result, 'failed');
  assert.match(line.detail, /behind the latest moment known here/);
  clock.step(10 * YEAR + HOUR);
  await until('level again', async () => await metric('behind_seconds') === 0);
  await until('the log says so', async () => told('no longer behind') >= 1);
});

for (const [how, end] of [['a stop', (s) => s.stop()], ['kill -9', (s) => s.crash()]]) {
  for (const [name, ms] of Object.entries(STEPS)) {
    test(`OT-05: the clock is set back by ${name} across ${how}`, async () => {
      const things = await spendThings();
      const leapsTold = told(/leapt ahead by 3\d s/);
      const over = await makeOver();
      const before = await serverTime();
      const locked = await someone();
      await until('the moment is kept, then told', async () => told(/leapt ahead by 3\d s/) > leapsTold);
      await lock(locked);
      world.server.keepData = true;
      await end(world.server);
      world.server.keepData = false;
      clock.step(-ms - 31 * SECOND);
      await world.server.launch();
      assert.ok(await serverTime() >= before, 'not even a second back');
      await stayOver(over);
      await staySpent(things);
      await couldBeTaken(things.oneTime);
      await sleep(LOCK_S * SECOND + 500);
      assert.equal(await works(locked), true);
    });
  }
}

test('clock set-back: after a leap that was wrong, time is the machine\'s again and nothing lives again (OT-05)', async () => {
  await level();
  const longLived = await assertion(3500);
  assert.equal((await useAssertion(longLived)).status, 200);
  const before = await spendThings();
  const good = (await portal.password(before.name)).json; // to be ended by it
  clock.step(10 * YEAR);
  const service = (await useAssertion(await assertion())).json.access_token;
  const dated = await spendThings();
  const alive = (await portal.password(dated.name)).json;
  await sleep(6000); // a sweep has been there
  const setBack = () => world.cli.run(['clock', 'set-back', '--confirm', '--json'], { env: clock.env });
  let result = await setBack();
  assert.equal(result.status, 1);
  assert.match(result.stderr, /stop it first/);
  world.server.keepData = true;
  await world.server.stop();
  world.server.keepData = false;
  result = await setBack();
  assert.match(result.stderr, /not behind/, 'there is nothing to set back');
  clock.step(-10 * YEAR);
  const shown = JSON.parse((await world.cli.run(['clock', 'show', '--json'], { env: clock.env })).stdout);
  assert.ok(shown.behindSeconds > 9 * YEAR / SECOND, JSON.stringify(shown));
  assert.equal((await world.cli.run(['clock', 'set-back'], { env: clock.env })).status, 2, 'only with --confirm');
  result = await setBack();
  assert.equal(result.status, 0, result.stderr);
  assert.ok(JSON.parse(result.stdout).realms === 2 && JSON.parse(result.stdout).keys >= 4, result.stdout);
  await world.server.launch();
  const now = await serverTime();
  assert.ok(Math.abs(now - (Date.now() + clock.shift) / SECOND) < 60, 'the machine\'s time');
  for (const token of [service, alive.access_token, good.access_token]) assert.equal(await portal.isActive(token), false);
  for (const { refresh_token } of [alive, good]) assertError(await portal.refresh(refresh_token), 400, 'invalid_grant');
  assert.notEqual((await useAssertion(longLived)).status, 200, 'a spent assertion is taken again');
  for (const things of [before, dated]) await staySpent(things);
  await couldBeTaken(before.oneTime);
  const fresh = (await portal.password(before.name)).json;
  assert.equal(await portal.isActive(fresh.access_token), true);
  assert.ok(decode(fresh.access_token).iat - now < 60);
  assert.equal((await world.cli.run(['doctor', '--json'], { env: clock.env })).status, 0);
  setBackAt = (await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'SessionRevoked')).find((e) => e.data?.reason === 'the clock is set back').seq;
});

test('AU-02: the order of events is their number; times never run backwards but for the length of a request, and set-back', async () => {
  const verified = await world.cli.ok('audit', 'verify', '--realm', 'peru');
  assert.match(verified, /peru/);
  const events = await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '5000', '--oldest-first');
  assert.ok(events.length > 10);
  events.forEach((event, i) => {
    assert.equal(event.seq, i + 1);
    if (i > 0 && events[i - 1].seq !== setBackAt) assert.ok(Date.parse(event.time) >= Date.parse(events[i - 1].time) - 60 * SECOND, `${event.seq} ${event.type}`);
  });
});

test('the test clock is in builds with tests only', () => {
  assert.equal(readFileSync(RELEASE_BIN).includes('TEST_CLOCK_FILE'), false);
  assert.equal(readFileSync(BIN).includes('TEST_CLOCK_FILE'), true);
});
