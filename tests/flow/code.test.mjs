// Authorization codes: once, soon, and only for the client, the address and the verifier they were
// made for.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertError, assertErrorPage, Browser, pkce, random, REDIRECT } from './lib/oidc.mjs';
import { sleep } from './lib/server.mjs';
import { World } from './lib/world.mjs';

let world, portal, other, spa, browser;
before(async () => {
  world = await World.open();
  await world.addUser('ana');
  portal = await world.addClient('portal', { redirectUris: [REDIRECT, 'https://app.example.pe/second'] });
  other = await world.addClient('other');
  spa = await world.addClient('spa', { isPublic: true });
  ({ browser } = await portal.login('ana'));
});
after(() => world.close());

const codeFor = (client, parameters = {}) => browser.code({ client_id: client.clientId, ...parameters });
async function codeWithChallenge(client) {
  const { verifier, challenge } = pkce();
  return { verifier, code: await codeFor(client, { code_challenge: challenge, code_challenge_method: 'S256' }) };
}

test('oidcc-codereuse, oidcc-codereuse-30seconds, OT-01: the second use is invalid_grant and ends what the first gave', async () => {
  const code = await codeFor(portal);
  const first = await portal.redeem(code);
  assert.equal(first.status, 200);
  assertError(await portal.redeem(code), 400, 'invalid_grant');
  assert.equal(await portal.isActive(first.json.access_token), false);
  assertError(await portal.refresh(first.json.refresh_token), 400, 'invalid_grant');
  ({ browser } = await portal.login('ana'));
});

test('OT-02: a code of one client is worth nothing at another, and is not spent by the attempt', async () => {
  const code = await codeFor(portal);
  assertError(await other.redeem(code), 400, 'invalid_grant');
  assert.equal((await portal.redeem(code)).status, 200);
});

test('OT-02: redirect_uri at the token endpoint is the one of the request', async () => {
  for (const redirect_uri of ['https://app.example.pe/second', `${REDIRECT}/`, `${REDIRECT}?x=1`, 'https://evil.example/', '', undefined]) {
    const code = await codeFor(portal);
    const reply = await portal.redeem(code, { redirect_uri });
    assert.equal(reply.status, 400, `${redirect_uri}`);
    assert.ok(['invalid_grant', 'invalid_request'].includes(reply.json.error));
  }
});

test('OT-02: an expired code is refused', async () => {
  await world.setRealm({ accessCodeLifespan: 1 });
  const code = await codeFor(portal);
  await sleep(2100);
  assertError(await portal.redeem(code), 400, 'invalid_grant');
  await world.setRealm({ accessCodeLifespan: 60 });
});

test('OT-02: a realm cannot make codes live longer than sixty seconds', async () => {
  const result = await world.cli.run(['realm', 'set', 'peru', 'accessCodeLifespan=3600']);
  assert.equal(result.status, 1, 'refused with a reason');
  assert.ok(result.stderr.trim());
});

test('OA-10: a public client without a challenge is sent back with invalid_request', async () => {
  const page = await browser.authorize({ client_id: 'spa' });
  assert.equal(page.callback.error, 'invalid_request');
  assert.equal(page.callback.iss, world.server.realm('peru'), 'OA-09');
});

test('OA-10: plain and unknown challenge methods are refused', async () => {
  const { challenge } = pkce();
  for (const code_challenge_method of ['plain', 's256', 'S512', '', undefined]) {
    const page = await browser.authorize({ client_id: 'spa', code_challenge: challenge, code_challenge_method });
    assert.equal(page.callback.error, 'invalid_request', `${code_challenge_method}`);
  }
});

test('OA-10: malformed challenges are refused', async () => {
  for (const code_challenge of ['', 'short', 'a'.repeat(42), 'a'.repeat(129), `${'a'.repeat(42)}+`, `${'a'.repeat(42)}=`]) {
    const page = await browser.authorize({ client_id: 'spa', code_challenge, code_challenge_method: 'S256' });
    assert.equal(page.callback.error, 'invalid_request', code_challenge);
  }
});

test('oidcc-ensure-request-with-valid-pkce-succeeds, and every wrong verifier fails (OA-10)', async () => {
  const good = await codeWithChallenge(spa);
  assert.equal((await spa.redeem(good.code, { code_verifier: good.verifier })).status, 200);
  const { challenge } = pkce();
  for (const wrong of [undefined, '', 'a'.repeat(42), 'a'.repeat(43), 'a'.repeat(129), `${'a'.repeat(43)} `, `${'a'.repeat(42)}\u00e9`, challenge]) {
    const { code } = await codeWithChallenge(spa);
    const reply = await spa.redeem(code, { code_verifier: wrong });
    assert.equal(reply.status, 400, `${wrong}`);
    assert.ok(['invalid_grant', 'invalid_request'].includes(reply.json.error));
  }
});

test('OA-11: a verifier is demanded where a challenge was sent, and refused where none was', async () => {
  const { code } = await codeWithChallenge(portal);
  const missing = await portal.redeem(code);
  assert.ok(['invalid_grant', 'invalid_request'].includes(missing.json.error));
  const bare = await codeFor(portal);
  const extra = await portal.redeem(bare, { code_verifier: pkce().verifier });
  assert.ok(['invalid_grant', 'invalid_request'].includes(extra.json.error));
});

test('OA-10: a confidential client can be made to need PKCE', async () => {
  await world.setClient('other', { 'attributes.pkce.code.challenge.method': 'S256' });
  assert.equal((await browser.authorize({ client_id: 'other' })).callback.error, 'invalid_request');
});

test('OT-03, OT-10: truncated, extended and altered codes are unknown', async () => {
  const code = await codeFor(portal);
  const last = code.at(-1) === 'A' ? 'B' : 'A';
  for (const wrong of [code.slice(0, -1), `${code}A`, code.slice(1), code.slice(0, -1) + last, `${code}.`, ` ${code}`, code.toUpperCase() === code ? code.toLowerCase() : code.toUpperCase(), '', 'a'.repeat(5000)]) {
    const reply = await portal.redeem(wrong);
    assert.equal(reply.status, 400, wrong.slice(0, 80));
    assert.ok(['invalid_grant', 'invalid_request'].includes(reply.json.error), reply.text);
  }
  assert.equal((await portal.redeem(code)).status, 200);
});

test('OT-03: codes have at least 128 bits and never repeat', async () => {
  const codes = new Set();
  for (let i = 0; i < 50; i++) codes.add(await codeFor(portal));
  assert.equal(codes.size, 50);
  const parts = [...codes].map((code) => code.split('.')[0]);
  assert.equal(new Set(parts).size, 50);
  for (const part of parts) assert.ok(part.length >= 22, part);
});

test('oidcc-ensure-request-without-nonce-succeeds-for-code-flow, oidcc-ensure-request-with-unknown-parameter-succeeds, oidcc-alternate-happy-flow', async () => {
  const code = await codeFor(portal, { extra: 'foobar', scope: 'email openid profile' });
  assert.equal((await portal.redeem(code)).status, 200);
});

test('oidcc-ensure-post-request-succeeds: the authorization endpoint takes POST', async () => {
  const page = await browser.get(`${browser.endpoint}/auth`, {
    method: 'POST', form: { client_id: 'portal', response_type: 'code', scope: 'openid', redirect_uri: REDIRECT, state: 'posted' },
  });
  const back = await browser.follow(page);
  assert.ok(back.callback.code);
  assert.equal(back.callback.state, 'posted');
});

test('OA-09: state comes back byte for byte, with iss', async () => {
  const states = ['a', 'ü☃𝄞', '<script>', '"\'&%26%00', 'a b+c', '=&=&', 'x'.repeat(1500), '{"a":[1]}', '%', '../../'];
  for (const state of states) {
    const page = await browser.authorize({ client_id: 'portal', state });
    assert.equal(page.callback.state, state);
    assert.equal(page.callback.iss, world.server.realm('peru'));
  }
  const without = await browser.authorize({ client_id: 'portal', state: undefined });
  assert.ok(without.callback.code);
  assert.ok(!('state' in without.callback));
});

test('oidcc-response-type-missing: an error to the client, never a code', async () => {
  for (const response_type of [undefined, '', 'none', 'password', 'code code', 'code\u0000']) {
    const page = await browser.authorize({ client_id: 'portal', response_type });
    if (page.isRedirect) assert.ok(['invalid_request', 'unsupported_response_type'].includes(page.callback.error), `${response_type}`);
    else assertErrorPage(page);
  }
});

test('OA-05: each parameter of the authorization request may stand once', async () => {
  const { challenge } = pkce();
  const once = { client_id: 'portal', response_type: 'code', scope: 'openid', redirect_uri: REDIRECT, state: random(), nonce: 'n',
    code_challenge: challenge, code_challenge_method: 'S256', prompt: 'none', response_mode: 'query', max_age: '1000' };
  for (const [name, value] of Object.entries(once)) {
    const pairs = [...Object.entries(once), [name, value]];
    const page = await browser.get(`${browser.endpoint}/auth?${pairs.map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join('&')}`);
    if (['client_id', 'redirect_uri'].includes(name)) assertErrorPage(page);
    else if (page.isRedirect) assert.equal(page.callback.error, 'invalid_request', name);
    else assertErrorPage(page);
    assert.ok(!page.text.includes('code=') && !page.location?.includes('code='), name);
  }
});

test('OA-05: each parameter of the token request may stand once', async () => {
  const code = await codeFor(portal);
  const pairs = [['grant_type', 'authorization_code'], ['code', code], ['redirect_uri', REDIRECT]];
  for (const pair of pairs) assertError(await portal.token([...pairs, pair]), 400, 'invalid_request');
  assert.equal((await portal.token(pairs)).status, 200, 'the code was not spent by these');
});

test('a code is not given twice for one login page (WE-12)', async () => {
  const fresh = new Browser(world.server, 'peru');
  const page = await fresh.follow(await fresh.authorize({ client_id: 'portal' }));
  const first = await fresh.follow(await fresh.logIn(page, 'ana'));
  assert.ok(first.callback.code);
  const again = await fresh.follow(await fresh.logIn(page, 'ana'));
  assert.ok(!again.isRedirect || again.callback.code !== first.callback.code);
});
