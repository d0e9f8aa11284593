// Devices without a browser (RFC 8628): a device shows a code, somebody types it elsewhere, sees who asks for
// what and lets it in; the device polls meanwhile (OX-05).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as openid from 'openid-client';
import { AdminWorld } from './lib/admin.mjs';
import { formById } from './lib/html.mjs';
import { request } from './lib/http.mjs';
import { assertError, assertErrorPage, Browser, Client, decode, random } from './lib/oidc.mjs';
import { sleep } from './lib/server.mjs';
import { SECRET, World } from './lib/world.mjs';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const ON = { 'attributes.oauth2.device.authorization.grant.enabled': 'true' };
let world, server, tv, fridge, portal;
before(async () => {
  world = await AdminWorld.open({ realm: { oauth2DevicePollingInterval: 1 } });
  server = world.server;
  await world.addUser('maria');
  await world.addUser('beto');
  tv = await world.addClient('tv', { isPublic: true, values: { ...ON, name: 'Televisor' } });
  fridge = await world.addClient('fridge', { values: ON });
  portal = await world.addClient('portal');
});
after(() => world.close());

async function ask(client = tv, more = { scope: 'openid email' }) {
  const reply = await client.post('/auth/device', more);
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
}
const poll = (device_code, client = tv) => client.token({ grant_type: GRANT, device_code });
const newBrowser = () => new Browser(server, 'peru');

test('RFC 8628 3.2: the codes, where to type the short one, for how long and how often to ask', async () => {
  const reply = await tv.post('/auth/device', { scope: 'openid' });
  assert.match(reply.headers['cache-control'], /no-store/);
  const asked = reply.json;
  assert.ok(asked.device_code.length >= 43, 'OT-03: 256 bits');
  assert.match(asked.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  assert.equal(asked.verification_uri, `${server.realm('peru')}/device`);
  assert.equal(asked.verification_uri_complete, `${asked.verification_uri}?user_code=${asked.user_code}`);
  assert.equal(asked.expires_in, 600);
  assert.equal(asked.interval, 1);
});

test('a device is let in by whoever types its code, signs in and says yes', async () => {
  const asked = await ask();
  assertError(await poll(asked.device_code), 400, 'authorization_pending');
  const browser = newBrowser();
  const login = await browser.typeDeviceCode(asked.user_code.toLowerCase().replace('-', ' '));
  const page = await browser.logIn(login, 'maria');
  assert.match(page.text, /Televisor/, 'the page says who asks');
  assert.match(page.text, new RegExp(asked.user_code), 'and which device');
  assert.match(page.text, /kc-oauth-scopes/);
  const done = await browser.consent(page);
  assert.equal(done.status, 200);
  assert.match(done.text, /Your device is signed in/);
  const reply = await poll(asked.device_code);
  assert.equal(reply.status, 200, reply.text);
  assert.equal(decode(reply.json.access_token).preferred_username, 'maria');
  assert.equal(decode(reply.json.access_token).azp, 'tv');
  assert.ok(reply.json.id_token && reply.json.refresh_token);
  assert.equal((await tv.refresh(reply.json.refresh_token)).status, 200);
  assertError(await poll(asked.device_code), 400, 'invalid_grant');
});

test('openid-client: a device signs in', async () => {
  const config = await openid.discovery(new URL(server.realm('peru')), 'fridge', SECRET, undefined, { execute: [openid.allowInsecureRequests] });
  const asked = await openid.initiateDeviceAuthorization(config, { scope: 'openid' });
  const polling = openid.pollDeviceAuthorizationGrant(config, asked);
  await newBrowser().letDevice(asked.user_code, 'maria');
  assert.ok((await polling).claims().sub);
});

test('whoever is signed in already is asked all the same, and the address alone does nothing (RFC 8628 5.4)', async () => {
  const { browser } = await portal.login('maria');
  const asked = await ask();
  const page = await browser.get(asked.verification_uri_complete);
  const form = formById(page.text, 'kc-user-verify-device-user-code-form');
  assert.equal(form.fields.device_user_code, asked.user_code);
  assertError(await poll(asked.device_code), 400, 'authorization_pending');
  const consent = await browser.submit(page, form);
  assert.ok(formById(consent.text, 'kc-consent-form'));
  await browser.consent(consent);
  const sid = decode((await poll(asked.device_code)).json.access_token).sid;
  assert.ok(sid, 'the device has its part in the session of the browser');
});

test('who says no is told, and so is the device', async () => {
  const { browser } = await portal.login('beto');
  const asked = await ask();
  const page = await browser.typeDeviceCode(asked.user_code);
  const denied = await browser.consent(page, 'cancel');
  assert.match(denied.text, /not let in/);
  assertError(await poll(asked.device_code), 400, 'access_denied');
  const late = await browser.consent(page);
  assert.ok(late.status >= 400, 'a no stays one');
  assertError(await poll(asked.device_code), 400, 'access_denied');
});

test('OX-05: who polls too often is slowed down, more each time', async (t) => {
  t.after(() => world.setRealm({ oauth2DevicePollingInterval: 1 }));
  await world.setRealm({ oauth2DevicePollingInterval: 2 });
  const { device_code } = await ask();
  assertError(await poll(device_code), 400, 'authorization_pending');
  assertError(await poll(device_code), 400, 'slow_down');
  await sleep(2100);
  assertError(await poll(device_code), 400, 'slow_down', /often/);
});

test('OX-05: a device code is its client\'s', async () => {
  const asked = await ask();
  await newBrowser().letDevice(asked.user_code, 'maria');
  assertError(await poll(asked.device_code, fridge), 400, 'invalid_grant');
  assert.equal((await poll(asked.device_code)).status, 200, 'and a stranger does not use it up');
});

test('OX-05: what is given is what was shown', async () => {
  const asked = await ask(tv, { scope: 'openid' });
  await newBrowser().letDevice(asked.user_code, 'maria');
  const reply = await tv.token({ grant_type: GRANT, device_code: asked.device_code, scope: 'openid phone offline_access' });
  assert.equal(reply.status, 200);
  assert.doesNotMatch(reply.json.scope, /phone|offline/);
});

test('a code that no device shows is refused with the same page, and so is one that was used', async () => {
  const { browser } = await portal.login('maria');
  const used = await ask();
  await browser.letDevice(used.user_code);
  for (const code of ['BCDF-GHJK', used.user_code, '', 'AEIO-UAEI', 'BCDFGHJKL', '<script>', 'x'.repeat(300)]) {
    const page = await browser.typeDeviceCode(code);
    assert.equal(page.status, 400, code);
    assert.ok(formById(page.text, 'kc-user-verify-device-user-code-form'), code);
    assert.match(page.text, /No device waits/);
    assert.doesNotMatch(page.text, /<script>/);
  }
  assert.doesNotMatch((await browser.get(`${browser.issuer}/device?user_code=%3Cscript%3E`)).text, /<script>/);
});

test('OT-03: no other handle passes for a device code, nor it for another', async () => {
  const { tokens, browser } = await portal.login('maria');
  const asked = await ask(fridge);
  const code = (await browser.authorize({ client_id: 'portal' })).callback.code;
  for (const handle of [code, tokens.refresh_token, asked.user_code, random(), 'x'.repeat(43)]) assertError(await poll(handle, fridge), 400, 'invalid_grant');
  assertError(await fridge.redeem(asked.device_code), 400, 'invalid_grant');
  assertError(await fridge.refresh(asked.device_code), 400, 'invalid_grant');
  assertErrorPage(await browser.get(`${browser.endpoint}/auth?client_id=fridge&request_uri=urn:ietf:params:oauth:request_uri:${asked.device_code}`));
});

test('OA-12: clients that are no devices get nothing, nor do those that prove nothing', async (t) => {
  assertError(await portal.post('/auth/device', { scope: 'openid' }), 400, 'unauthorized_client');
  assertError(await poll('x'.repeat(43), portal), 400, 'unauthorized_client');
  assertError(await new Client(server, 'peru', 'fridge', 'wrong').post('/auth/device', {}), 401, 'invalid_client');
  assertError(await tv.post('/auth/device', { scope: 'nothing' }), 400, 'invalid_scope');
  assertError(await tv.token({ grant_type: GRANT }), 400, 'invalid_request');
  assert.equal((await request(`${tv.endpoint}/auth/device`)).status, 405);
  const asked = await ask(fridge);
  const { browser } = await portal.login('maria');
  const consent = await browser.typeDeviceCode(asked.user_code);
  t.after(() => world.setClient('fridge', ON));
  await world.setClient('fridge', { 'attributes.oauth2.device.authorization.grant.enabled': 'false' });
  assertErrorPage(await browser.consent(consent));
  assertErrorPage(await browser.typeDeviceCode(asked.user_code));
  assertError(await poll(asked.device_code, fridge), 400, 'unauthorized_client');
});

test('a code is over after its time, for the person and for the device', async (t) => {
  t.after(() => world.setClient('tv', { 'attributes.oauth2.device.code.lifespan': '' }));
  await world.setClient('tv', { 'attributes.oauth2.device.code.lifespan': '5' });
  const { browser } = await portal.login('maria');
  const asked = await ask();
  assert.equal(asked.expires_in, 5);
  const consent = await browser.typeDeviceCode(asked.user_code);
  await sleep(5100);
  assertError(await poll(asked.device_code), 400, 'expired_token');
  assertErrorPage(await browser.consent(consent));
  assert.equal((await browser.typeDeviceCode(asked.user_code)).status, 400);
});

test('OT-06: nothing for a device whose person logged out or was disabled before it asked', async () => {
  const out = await ask();
  const { browser, tokens } = await portal.login('beto');
  await browser.letDevice(out.user_code);
  await portal.post('/logout', { refresh_token: tokens.refresh_token });
  assertError(await poll(out.device_code), 400, 'invalid_grant');
  const disabled = await ask();
  await newBrowser().letDevice(disabled.user_code, 'beto');
  await world.setUser('beto', { enabled: false });
  assertError(await poll(disabled.device_code), 400, 'invalid_grant');
});

test('OT-06: who takes his consent back takes it from a device, too, and does not give it again by a login', async () => {
  const screen = await world.addClient('screen', { isPublic: true, values: { ...ON, consentRequired: true } });
  const asked = await ask(screen);
  const { browser } = await portal.login('maria');
  await browser.letDevice(asked.user_code);
  const root = await world.client('root', 'master', 'peru');
  const [{ id }] = await root.users.find({ username: 'maria' });
  await root.users.revokeConsent({ id, clientId: 'screen' });
  const again = await ask(screen);
  await browser.letDevice(again.user_code);
  assertError(await poll(asked.device_code, screen), 400, 'invalid_grant');
  assert.equal((await poll(again.device_code, screen)).status, 200);
});

test('the page is answered only in the browser that it was made for (WE-05)', async () => {
  const asked = await ask();
  const one = await portal.login('maria');
  const page = await one.browser.typeDeviceCode(asked.user_code);
  const other = newBrowser();
  await other.get(`${other.issuer}/device`);
  assertErrorPage(await other.consent(page));
  assertError(await poll(asked.device_code), 400, 'authorization_pending');
  const cross = await one.browser.get(`${one.browser.issuer}/device`, { method: 'POST', form: { device_user_code: asked.user_code }, headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } });
  assert.equal(cross.status, 403);
});

test('OT-05: what was taken stays taken after kill -9, and who was let in still is', async () => {
  const [taken, granted, waiting] = [await ask(), await ask(), await ask()];
  const browser = newBrowser();
  await browser.letDevice(taken.user_code, 'maria');
  await browser.letDevice(granted.user_code);
  assert.equal((await poll(taken.device_code)).status, 200);
  await server.crash();
  await server.launch();
  assertError(await poll(taken.device_code), 400, 'invalid_grant');
  assert.equal((await poll(granted.device_code)).status, 200);
  assertError(await poll(waiting.device_code), 400, 'authorization_pending');
});

test('events: who let which device in, and what it took', async () => {
  const asked = await ask();
  await newBrowser().letDevice(asked.user_code, 'maria');
  await poll(asked.device_code);
  const token = await world.token('root', 'master');
  const events = (await world.call('GET', '/realms/peru/events?client=tv&max=20', { token })).json;
  for (const type of ['OAUTH2_DEVICE_VERIFY_USER_CODE', 'OAUTH2_DEVICE_CODE_TO_TOKEN']) assert.ok(events.some((e) => e.type === type), type);
  assert.ok(events.some((e) => e.type === 'OAUTH2_DEVICE_CODE_TO_TOKEN_ERROR'));
});

test('HT-08: a device that polls in time is not taken for one that guesses', async (t) => {
  const own = await World.open({ args: ['--rate-token', '60', '--rate-token-burst', '150', '--trusted-proxies', '127.0.0.1'] });
  t.after(() => own.close());
  await own.addClient('tv', { isPublic: true, values: ON });
  const device = new Client(own.server, 'peru', 'tv', undefined, { headers: { 'X-Forwarded-For': '203.0.113.9' } });
  const { device_code } = (await device.post('/auth/device', {})).json;
  assertError(await poll(device_code, device), 400, 'authorization_pending');
  for (let i = 0; i < 10; i++) assertError(await poll(device_code, device), 400, 'slow_down');
  for (let i = 0; i < 2; i++) assertError(await poll(random(), device), 400, 'invalid_grant');
  assert.equal((await poll(device_code, device)).status, 429);
});

test('HT-08: who asks without end in the name of a public client keeps nobody else out', async (t) => {
  const own = await World.open({ args: ['--trusted-proxies', '127.0.0.1'] });
  t.after(() => own.close());
  await own.addClient('tv', { isPublic: true, values: ON });
  const from = (address) => new Client(own.server, 'peru', 'tv', undefined, { headers: { 'X-Forwarded-For': address } }).post('/auth/device', {});
  const replies = await Promise.all(Array.from({ length: 110 }, (_, i) => from(`2001:db8:0:7::${i.toString(16)}`)));
  assert.equal(replies.filter((r) => r.status === 200).length, 100, 'one host has a whole /64');
  assert.equal(replies.filter((r) => r.status === 429).length, 10);
  assert.equal((await from('2001:db8:0:8::1')).status, 200);
  assert.equal((await from('203.0.113.9')).status, 200);
});

test('OX-05: guesses of a code are limited as those of a password', async (t) => {
  const own = await World.open({ rates: true, args: ['--rate-login', '30', '--rate-login-burst', '5', '--trusted-proxies', '127.0.0.1'] });
  t.after(() => own.close());
  const browser = new Browser(own.server, 'peru', { headers: { 'X-Forwarded-For': '203.0.113.9' } });
  const statuses = [];
  for (let i = 0; i < 6; i++) statuses.push((await browser.typeDeviceCode('BCDF-GHJK')).status);
  assert.deepEqual(statuses, [400, 400, 400, 400, 400, 429]);
});
