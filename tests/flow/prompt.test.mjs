// prompt, max_age, hints, claims, locales: how a client steers the login.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { generateKeyPair, SignJWT } from 'jose';
import { formById, forms, visibleText } from './lib/html.mjs';
import { Browser, decode } from './lib/oidc.mjs';
import { sleep } from './lib/server.mjs';
import { World } from './lib/world.mjs';

let world, portal, consenting;
before(async () => {
  world = await World.open();
  await world.addUser('ana', { email: 'ana@example.pe', firstName: 'Ana', lastName: 'Quispe' });
  await world.addUser('luis');
  portal = await world.addClient('portal');
  await world.addClient('other');
  consenting = await world.addClient('consenting', { values: { consentRequired: true, name: 'The <b>bold</b> app' } });
});
after(() => world.close());

const again = async (browser, parameters) => {
  const code = await browser.code({ client_id: 'portal', ...parameters });
  return decode((await portal.redeem(code)).json.id_token);
};

test('oidcc-prompt-none-not-logged-in, OI-02: login_required, no page', async () => {
  const page = await new Browser(world.server, 'peru').authorize({ client_id: 'portal', prompt: 'none', state: 's' });
  assert.equal(page.callback.error, 'login_required');
  assert.equal(page.callback.state, 's');
  assert.equal(page.callback.iss, world.server.realm('peru'));
});

test('oidcc-prompt-none-logged-in: silent, the same person, the same authentication', async () => {
  const { browser, tokens } = await portal.login('ana');
  const first = decode(tokens.id_token);
  await sleep(1100);
  const page = await browser.authorize({ client_id: 'portal', prompt: 'none' });
  const second = decode((await portal.redeem(page.callback.code)).json.id_token);
  assert.equal(second.sub, first.sub);
  assert.equal(second.auth_time, first.auth_time);
  assert.equal(second.sid, first.sid);
});

test('oidcc-prompt-login, OI-02: a second login really asks, auth_time moves on', async () => {
  const { browser, tokens } = await portal.login('ana');
  await sleep(1100);
  const page = await browser.follow(await browser.authorize({ client_id: 'portal', prompt: 'login' }));
  assert.ok(formById(page.text, 'kc-form-login'));
  const wrong = await browser.follow(await browser.logIn(page, 'ana', 'wrong'));
  assert.equal(wrong.isRedirect, false);
  const back = await browser.follow(await browser.logIn(wrong, 'ana'));
  const claims = decode((await portal.redeem(back.callback.code)).json.id_token);
  assert.ok(claims.auth_time > decode(tokens.id_token).auth_time);
});

test('OI-02: prompt=login re-authenticates the same person, not another', async () => {
  const { browser } = await portal.login('ana');
  const page = await browser.follow(await browser.authorize({ client_id: 'portal', prompt: 'login' }));
  const other = await browser.follow(await browser.logIn(page, 'luis'));
  if (other.isRedirect && other.callback.code) {
    const claims = decode((await portal.redeem(other.callback.code)).json.id_token);
    assert.notEqual(claims.preferred_username, 'ana', 'luis may sign in as himself');
  }
  const silent = await browser.authorize({ client_id: 'portal', prompt: 'none', scope: 'openid profile' });
  if (silent.callback.code) {
    const who = decode((await portal.redeem(silent.callback.code)).json.id_token);
    assert.equal(who.preferred_username, other.isRedirect && other.callback.code ? 'luis' : 'ana');
  }
});

test('OI-02: giving up a forced login leaves the session as it was', async () => {
  const { browser, tokens } = await portal.login('ana');
  await browser.follow(await browser.authorize({ client_id: 'portal', prompt: 'login' }));
  const claims = await again(browser, { prompt: 'none' });
  assert.equal(claims.auth_time, decode(tokens.id_token).auth_time);
});

test('oidcc-max-age-1 and oidcc-max-age-10000', async () => {
  const { browser, tokens } = await portal.login('ana');
  await sleep(2100);
  const kept = await again(browser, { max_age: '10000' });
  assert.equal(kept.auth_time, decode(tokens.id_token).auth_time);
  assert.equal((await browser.authorize({ client_id: 'portal', max_age: '1', prompt: 'none' })).callback.error, 'login_required');
  const page = await browser.follow(await browser.authorize({ client_id: 'portal', max_age: '1' }));
  const back = await browser.follow(await browser.logIn(page, 'ana'));
  const fresh = decode((await portal.redeem(back.callback.code)).json.id_token);
  assert.ok(fresh.auth_time > kept.auth_time);
});

test('max_age that is no number is an error', async () => {
  for (const max_age of ['-1', 'x', '1.5', '99999999999999999999', '0x10', ' 1', '1 ']) {
    const page = await new Browser(world.server, 'peru').authorize({ client_id: 'portal', max_age });
    assert.equal(page.callback.error, 'invalid_request', max_age);
  }
});

test('prompt values that contradict or are unknown are errors', async () => {
  const { browser } = await portal.login('ana');
  for (const prompt of ['none login', 'none consent', 'sometimes', 'login bogus', 'NONE']) {
    const page = await browser.authorize({ client_id: 'portal', prompt });
    assert.equal(page.callback.error, 'invalid_request', prompt);
  }
});

test('oidcc-id-token-hint: prompt=none with the own hint is silent', async () => {
  const { browser, tokens } = await portal.login('ana');
  const claims = await again(browser, { prompt: 'none', id_token_hint: tokens.id_token });
  assert.equal(claims.sub, decode(tokens.id_token).sub);
});

test('OI-03: hints of another person, client, realm, key or algorithm do not count', async () => {
  const { browser, tokens } = await portal.login('ana');
  const luis = (await portal.login('luis')).tokens.id_token;
  const claims = decode(tokens.id_token);
  const { privateKey } = await generateKeyPair('RS256');
  const header = JSON.parse(Buffer.from(tokens.id_token.split('.')[0], 'base64url'));
  const foreign = await new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
  const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${tokens.id_token.split('.')[1]}.`;
  for (const id_token_hint of [luis, foreign, none, tokens.access_token, tokens.refresh_token, 'x', 'a.b.c', `${tokens.id_token}x`]) {
    const page = await browser.authorize({ client_id: 'portal', prompt: 'none', id_token_hint });
    assert.ok(['login_required', 'invalid_request'].includes(page.callback.error), page.location);
  }
});

test('oidcc-login-hint: the name is filled in, escaped, and nothing more', async () => {
  const filledIn = async (login_hint) => {
    const page = await new Browser(world.server, 'peru').authorize({ client_id: 'portal', login_hint });
    assert.doesNotMatch(page.text, /<script>alert|<b>/);
    return formById(page.text, 'kc-form-login').fields.username;
  };
  assert.equal(await filledIn('ana@example.pe'), 'ana@example.pe');
  for (const hint of ['ana"><script>alert(1)</script>', '<b>', 'x'.repeat(3000), 'a\u0001b']) assert.ok(['', hint].includes(await filledIn(hint)), hint);
});

test('oidcc-ui-locales, oidcc-claims-locales: the page speaks the language asked for', async () => {
  for (const [ui_locales, lang] of [['es', 'es'], ['pt-BR en', 'pt'], ['de fr es', 'es'], ['en', 'en'], ['xx', 'en']]) {
    const page = await new Browser(world.server, 'peru').authorize({ client_id: 'portal', ui_locales, claims_locales: 'es' });
    assert.match(page.text, new RegExp(`<html[^>]* lang="${lang}`), ui_locales);
  }
  const accept = new Browser(world.server, 'peru', { headers: { 'Accept-Language': 'pt-PT,pt;q=0.9,en;q=0.1' } });
  assert.match((await accept.authorize({ client_id: 'portal' })).text, /<html[^>]* lang="pt/);
  for (const ui_locales of ['../../etc', '<script>', 'es'.repeat(2000), '\u0001']) {
    const page = await new Browser(world.server, 'peru').authorize({ client_id: 'portal', ui_locales });
    assert.ok(page.status < 500);
    assert.doesNotMatch(page.text, /<script>/);
  }
});

test('oidcc-display-page, oidcc-display-popup, oidcc-ensure-request-with-acr-values-succeeds', async () => {
  const { browser } = await portal.login('ana');
  for (const more of [{ display: 'page' }, { display: 'popup' }, { acr_values: '1 2' }, { acr_values: 'urn:mace:incommon:iap:silver' }]) {
    const claims = await again(browser, more);
    assert.equal(claims.acr, '1', 'OI-09: what happened, not what was wished');
  }
});

test('OI-09: an essential acr that cannot be had is refused, or answered truthfully', async () => {
  const { browser } = await portal.login('ana');
  const page = await browser.authorize({ client_id: 'portal', claims: JSON.stringify({ id_token: { acr: { essential: true, values: ['3'] } } }) });
  if (page.isRedirect && page.callback.code) assert.notEqual(decode((await portal.redeem(page.callback.code)).json.id_token).acr, '3');
  else if (page.isRedirect) assert.ok(page.callback.error);
});

test('oidcc-claims-essential: claims by parameter, in UserInfo and in the ID token', async () => {
  const { browser } = await portal.login('ana');
  const claims = JSON.stringify({ userinfo: { name: { essential: true } }, id_token: { email: null, auth_time: { essential: true } } });
  const code = await browser.code({ client_id: 'portal', claims });
  const tokens = (await portal.redeem(code)).json;
  assert.equal(typeof decode(tokens.id_token).auth_time, 'number');
  assert.equal((await portal.userinfo(tokens.access_token)).json.name, 'Ana Quispe');
});

test('malformed claims are an error, not ignored', async () => {
  const { browser } = await portal.login('ana');
  for (const claims of ['{', '[]', '"x"', '{"a":1,"a":2}', '['.repeat(5000)]) {
    const page = await browser.authorize({ client_id: 'portal', claims });
    if (page.isRedirect) assert.equal(page.callback.error, 'invalid_request', claims.slice(0, 40));
    else assert.ok(page.status >= 400 && page.status < 500);
  }
});

test('OA-13: consent is asked once for a client and its scopes, and again when they grow', async () => {
  const browser = new Browser(world.server, 'peru');
  const silent = async (scope) => (await browser.authorize({ client_id: 'consenting', prompt: 'none', scope })).callback;
  let page = await browser.follow(await browser.authorize({ client_id: 'consenting', scope: 'openid email' }));
  page = await browser.follow(await browser.logIn(page, 'ana'));
  assert.equal(page.status, 200, 'the consent page');
  assert.match(visibleText(page.text), /The <b>bold<\/b> app/, 'WE-07: the name is text');
  assert.ok(['consent_required', 'login_required'].includes((await silent('openid email')).error), 'no silent way around it');
  const form = forms(page.text).find((f) => f.buttons.some((b) => b.name === 'accept'));
  const back = await browser.follow(await browser.submit(page, form, { accept: form.buttons.find((b) => b.name === 'accept').value }));
  const tokens = (await consenting.redeem(back.callback.code)).json;
  assert.ok(tokens.access_token);
  assert.ok((await silent('openid email')).code);
  assert.equal((await silent('openid email phone')).error, 'consent_required');
});

test('OA-13: a refused consent is access_denied, and asks again the next time', async () => {
  const browser = new Browser(world.server, 'peru');
  let page = await browser.follow(await browser.authorize({ client_id: 'consenting', scope: 'openid', state: 'no' }));
  page = await browser.follow(await browser.logIn(page, 'luis'));
  const form = forms(page.text).find((f) => f.buttons.some((b) => b.name === 'cancel'));
  const back = await browser.follow(await browser.submit(page, form, { cancel: form.buttons.find((b) => b.name === 'cancel').value }));
  assert.equal(back.callback.error, 'access_denied');
  assert.equal(back.callback.state, 'no');
  assert.ok(formOrRedirect(await browser.follow(await browser.authorize({ client_id: 'consenting', scope: 'openid' }))));
});
const formOrRedirect = (page) => page.status === 200 && forms(page.text).length > 0;

test('OA-13, WE-05: the consent form of one browser is worth nothing in another', async () => {
  const victim = new Browser(world.server, 'peru');
  let page = await victim.follow(await victim.authorize({ client_id: 'consenting', scope: 'openid address' }));
  page = await victim.follow(await victim.logIn(page, 'luis'));
  const form = forms(page.text).find((f) => f.buttons.some((b) => b.name === 'accept'));
  const accept = { accept: form.buttons.find((b) => b.name === 'accept').value };
  const stranger = new Browser(world.server, 'peru');
  const stolen = await stranger.follow(await stranger.submit(page, form, accept));
  assert.ok(!stolen.isRedirect || !stolen.callback.code);
  const crossSite = await victim.submit(page, form, accept, { headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } });
  assert.ok(!crossSite.isRedirect || !new URL(crossSite.location, page.url).search.includes('code='));
});

test('prompt=consent asks even when consent stands', async () => {
  const { browser } = await portal.login('ana');
  const page = await browser.follow(await browser.authorize({ client_id: 'consenting', scope: 'openid email', prompt: 'consent' }));
  assert.equal(page.status, 200);
  assert.ok(forms(page.text).some((f) => f.buttons.some((b) => b.name === 'accept')));
});
