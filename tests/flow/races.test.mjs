// 200 at once for one thing, over as many connections, half of them over HTTP and half over HTTPS: one
// wins, the others get the protocol's error, and afterwards all is as if one had come after the other.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { AdminWorld } from './lib/admin.mjs';
import { assertError, assertErrorPage, Browser, Client, PASSWORD, random, REDIRECT } from './lib/oidc.mjs';
import { holder, otpCredential, totp } from './lib/otp.mjs';
import { freePort } from './lib/server.mjs';
import { linkOf, MailServer } from './lib/smtp.mjs';
import { formById } from './lib/html.mjs';
import { SECRET } from './lib/world.mjs';

const RACERS = 200;
const FACTOR = 5;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
let world, portals, issuer, pair, mails, n = 0;

before(async () => {
  const ports = { web: await freePort(), management: await freePort() };
  const httpsPort = await freePort();
  // one origin on both listeners, as behind a proxy
  mails = await MailServer.start({ disabledCommands: ['STARTTLS'] });
  world = await AdminWorld.open({
    ports, args: ['--https-port', String(httpsPort), '--hostname', `http://localhost:${ports.web}`, '--trusted-proxies', '127.0.0.1', '--fetch-networks', '127.0.0.0/8'],
    realm: { bruteForceProtected: true, failureFactor: FACTOR, waitIncrementSeconds: 600, quickLoginCheckMilliSeconds: 0, minimumQuickLoginWaitSeconds: 0 },
  });
  issuer = world.server.realm('peru');
  const plain = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  const other = { realm: (name) => `https://localhost:${httpsPort}/realms/${name}` };
  const tls = new Client(other, 'peru', 'portal', SECRET);
  portals = [plain, tls];
  pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), alg: 'ES256', use: 'sig', kid: 'k1' };
  await world.addClient('keyed', {
    serviceAccount: true, values: { clientAuthenticatorType: 'client-jwt', 'attributes.use.jwks.string': 'true', 'attributes.jwks.string': JSON.stringify({ keys: [jwk] }) },
  });
});
after(async () => { await world.close(); await mails.close(); });

const race = (call, racers = RACERS) => Promise.all(Array.from({ length: racers }, (_, i) => call(portals[i % 2], i)));
async function someone() {
  const name = `user${n++}`;
  await world.addUser(name);
  return name;
}
// The only one that won; the others were told the same.
function winnerOf(replies, statuses, error) {
  const winners = replies.filter((r) => r.status === 200);
  assert.equal(winners.length, 1);
  for (const reply of replies.filter((r) => r.status !== 200)) assertError(reply, statuses.find((s) => s === reply.status), error);
  return winners[0].json;
}
async function assertOver(tokens) {
  for (const portal of portals) {
    assert.equal(await portal.isActive(tokens.access_token), false);
    assertError(await portal.refresh(tokens.refresh_token), 400, 'invalid_grant');
  }
}
test(`OT-01: of ${RACERS} redemptions of one code one succeeds, and what it gave is over`, async () => {
  const code = await new Browser(world.server, 'peru').code({ client_id: 'portal' }, await someone(), PASSWORD);
  await assertOver(winnerOf(await race((portal) => portal.redeem(code)), [400], 'invalid_grant'));
});

test(`OX-01: of ${RACERS} uses of one pushed request one succeeds`, async () => {
  const { browser } = await portals[0].login(await someone());
  const pushed = await portals[1].post('/ext/par/request', { response_type: 'code', scope: 'openid', redirect_uri: REDIRECT });
  const url = `${browser.endpoint}/auth?${new URLSearchParams({ client_id: 'portal', request_uri: pushed.json.request_uri })}`;
  const pages = await race(() => browser.get(url));
  const [winner, ...more] = pages.filter((page) => page.isRedirect);
  assert.ok(winner.callback.code && more.length === 0, `${more.length + 1} won`);
  pages.filter((page) => page !== winner).forEach(assertErrorPage);
});

test(`OX-05: of ${RACERS} redemptions of one device code one succeeds`, async () => {
  await world.setClient('portal', { 'attributes.oauth2.device.authorization.grant.enabled': 'true' });
  const asked = (await portals[0].post('/auth/device', { scope: 'openid' })).json;
  const { browser } = await portals[0].login(await someone());
  await browser.letDevice(asked.user_code);
  const use = (portal) => portal.token({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: asked.device_code });
  const { access_token } = winnerOf(await race(use), [400], 'invalid_grant');
  assert.equal(await portals[0].isActive(access_token), true);
});

test(`RE-01: of ${RACERS} uses of one mailed link one succeeds`, async () => {
  const kc = await world.client('ana', 'peru');
  await kc.realms.update({ realm: 'peru' }, { smtpServer: { host: 'localhost', port: String(mails.port), from: 'login@example.pe' } });
  const username = await someone();
  const [{ id }] = await kc.users.find({ username, exact: true });
  await kc.users.update({ id }, { email: `${username}@example.pe` });
  await kc.users.sendVerifyEmail({ id });
  const browser = new Browser(world.server, 'peru');
  const page = await browser.get(linkOf(await mails.take(`${username}@example.pe`)));
  const pages = await race(() => browser.submit(page, formById(page.text, 'kc-action-token-form')));
  const [winner, ...more] = pages.filter((reply) => reply.status === 200);
  assert.ok(winner && more.length === 0, `${more.length + 1} won`);
  pages.filter((reply) => reply !== winner).forEach(assertErrorPage);
});

test(`OT-04: of ${RACERS} uses of one refresh token one succeeds, and the family is over`, async () => {
  const { refresh_token } = (await portals[0].password(await someone())).json;
  await assertOver(winnerOf(await race((portal) => portal.refresh(refresh_token)), [400], 'invalid_grant'));
});

test(`OT-03, OC-02: of ${RACERS} uses of one assertion one succeeds`, async () => {
  const now = Math.floor(Date.now() / 1000);
  const client_assertion = await new SignJWT({ iss: 'keyed', sub: 'keyed', aud: issuer, jti: random(), iat: now, exp: now + 240 })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(pair.privateKey);
  const use = (portal) => portal.bare({ grant_type: 'client_credentials', client_assertion, client_assertion_type: ASSERTION_TYPE });
  winnerOf(await race(use), [400, 401], 'invalid_client');
});

test(`MF-01, OT-05: of ${RACERS} uses of one one-time password one succeeds`, async () => {
  const name = `user${n++}`;
  await (await world.client('root', 'master', 'peru')).users.create(holder(name, otpCredential({ period: 600 })));
  const code = totp(0, { period: 600 });
  const replies = await race((portal) => portal.password(name, PASSWORD, { totp: code }));
  assert.equal(replies.filter((r) => r.status === 200).length, 1);
  // who found no place to hash in was not weighed
  for (const reply of replies.filter((r) => r.status !== 200)) assertError(reply, [401, 503].find((s) => s === reply.status), reply.status === 503 ? 'temporarily_unavailable' : 'invalid_grant');
});

test('OT-04: refreshes and a revocation at once: when that is answered, all is over', async () => {
  const tokens = (await portals[0].password(await someone())).json;
  const replies = await race((portal, i) => (i === 10 ? portal.revoke(tokens.refresh_token) : portal.refresh(tokens.refresh_token)), 50);
  assert.equal(replies[10].status, 200);
  const winners = replies.filter((r, i) => i !== 10 && r.status === 200);
  assert.ok(winners.length <= 1);
  for (const { json } of [...winners, { json: tokens }]) await assertOver(json);
});

test('OT-04: refreshes and a logout at once: when that is answered, all is over', async () => {
  const tokens = (await portals[0].password(await someone())).json;
  const replies = await race((portal, i) => (i === 10 ? portal.post('/logout', { refresh_token: tokens.refresh_token }) : portal.refresh(tokens.refresh_token)), 50);
  assert.ok(replies[10].status < 500);
  const winners = replies.filter((r, i) => i !== 10 && r.status === 200);
  assert.ok(winners.length <= 1);
  for (const { json } of [...winners, { json: tokens }]) await assertOver(json);
});

test(`PW-02: of ${RACERS} wrong guesses no more than ${FACTOR} are weighed, then the right one is refused`, async () => {
  const name = await someone();
  const replies = await race((portal, i) => portal.password(name, `wrong ${i}`));
  // who found no place to hash in was not weighed
  for (const reply of replies) assertError(reply, [401, 503].find((s) => s === reply.status), reply.status === 503 ? 'temporarily_unavailable' : 'invalid_grant');
  assert.equal(new Set(replies.filter((r) => r.status === 401).map((r) => r.text)).size, 1, 'locked and wrong look the same (PW-04)');
  for (let i = 0; i < FACTOR; i++) await portals[i % 2].password(name, 'wrong');
  const { failures } = await world.cli.json('user', 'show', '--realm', 'peru', '--username', name);
  assert.equal(failures, FACTOR);
  for (const portal of portals) assertError(await portal.password(name, PASSWORD), 401, 'invalid_grant');
});
