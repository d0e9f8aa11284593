// RP-initiated logout: with a valid hint or a confirmed click, back only to registered addresses.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { generateKeyPair, SignJWT } from 'jose';
import { encodeForm } from './lib/http.mjs';
import { forms } from './lib/html.mjs';
import { Browser, decode, headerOf } from './lib/oidc.mjs';
import { World } from './lib/world.mjs';

const BYE = 'https://app.example.pe/bye';
let world, portal, other, login;
before(async () => {
  world = await World.open();
  await world.addRealm('chile');
  await world.addUser('ana');
  await world.addUser('ana', {}, { realm: 'chile' });
  portal = await world.addClient('portal', { values: { 'attributes.post.logout.redirect.uris': BYE } });
  other = await world.addClient('other');
});
after(() => world.close());
beforeEach(async () => { login = await portal.login('ana'); });

const logout = (parameters, browser = login.browser) => browser.get(`${browser.endpoint}/logout?${encodeForm(parameters)}`);
const signedIn = async () => {
  const silent = await login.browser.authorize({ client_id: 'portal', prompt: 'none' });
  return silent.callback.code !== undefined;
};
const over = async () => {
  assert.equal(await signedIn(), false);
  assert.equal(await portal.isActive(login.tokens.access_token), false);
  assert.equal((await portal.refresh(login.tokens.refresh_token)).json.error, 'invalid_grant');
};
const confirm = async (page) => {
  const form = forms(page.text).find((f) => f.method === 'POST');
  assert.ok(form, 'a form that asks');
  const button = form.buttons.find((b) => b.name);
  return login.browser.follow(await login.browser.submit(page, form, button ? { [button.name]: button.value } : {}));
};

test('oidcc-rp-initiated-logout: with hint, address and state; afterwards prompt=none fails', async () => {
  const page = await logout({ id_token_hint: login.tokens.id_token, post_logout_redirect_uri: BYE, state: 'st-1' });
  assert.equal(page.location, `${BYE}?state=st-1`);
  await over();
});

test('...-no-state: state absent stays absent', async () => {
  const page = await logout({ id_token_hint: login.tokens.id_token, post_logout_redirect_uri: BYE });
  assert.equal(page.location, BYE);
});

test('...-no-post-logout-redirect-uri and -only-state: our own page says it is done', async () => {
  for (const more of [{}, { state: 'x' }]) {
    login = await portal.login('ana');
    const page = await login.browser.follow(await logout({ id_token_hint: login.tokens.id_token, ...more }));
    assert.equal(page.status, 200);
    await over();
  }
});

test('...-no-params, -no-id-token-hint, OI-04: nothing happens without a click', async () => {
  for (const parameters of [{}, { state: 'x' }, { post_logout_redirect_uri: BYE }, { post_logout_redirect_uri: BYE, client_id: 'portal' }]) {
    const page = await login.browser.follow(await logout(parameters));
    assert.equal(page.isRedirect, false, JSON.stringify(parameters));
    assert.equal(await signedIn(), true, JSON.stringify(parameters));
  }
  const page = await login.browser.follow(await logout({}));
  await confirm(page);
  await over();
});

test('OI-04: a confirmed logout with client_id goes back to its registered address', async () => {
  const page = await login.browser.follow(await logout({ post_logout_redirect_uri: BYE, client_id: 'portal', state: 's' }));
  const back = await confirm(page);
  assert.equal(back.location, `${BYE}?state=s`);
  await over();
});

test('...-bad-post-logout-redirect-uri, -query-added: never a redirect to what is not registered', async () => {
  for (const uri of ['https://evil.example/', `${BYE}?x=1`, `${BYE}/`, `${BYE}#x`, BYE.toUpperCase(), 'javascript:alert(1)', '//evil.example', `${BYE}\u0000`,
    'https://app.example.pe/callback', 'https://app.example.pe/bye%2f', '/bye', `${BYE} `, 'https://app.example.pe@evil.example/bye']) {
    const page = await login.browser.follow(await logout({ id_token_hint: login.tokens.id_token, post_logout_redirect_uri: uri }));
    assert.equal(page.isRedirect, false, uri);
    assert.doesNotMatch(page.text, /href="(javascript|https:\/\/evil)/);
  }
});

test('...-modified-id-token-hint, -bad-id-token-hint, OI-03: no silent logout by a forged hint', async () => {
  const claims = decode(login.tokens.id_token);
  const { privateKey } = await generateKeyPair('RS256');
  const abroad = await (await world.addClient('portal', { realm: 'chile' })).login('ana');
  const hints = {
    none: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${login.tokens.id_token.split('.')[1]}.`,
    foreign: await new SignJWT(claims).setProtectedHeader(headerOf(login.tokens.id_token)).sign(privateKey),
    cut: login.tokens.id_token.slice(0, -3), access: login.tokens.access_token, refresh: login.tokens.refresh_token, realm: abroad.tokens.id_token, text: 'x',
  };
  for (const [name, id_token_hint] of Object.entries(hints)) {
    const page = await login.browser.follow(await logout({ id_token_hint, post_logout_redirect_uri: BYE }));
    assert.equal(page.isRedirect, false, name);
    assert.equal(await signedIn(), true, name);
  }
});

test('an expired hint of this session is still a hint (RP-Initiated Logout 2)', async () => {
  await world.setRealm({ accessTokenLifespan: 1 });
  const short = await portal.login('ana');
  await new Promise((r) => setTimeout(r, 1500));
  const page = await logout({ id_token_hint: short.tokens.id_token, post_logout_redirect_uri: BYE }, short.browser);
  assert.equal(page.location, BYE);
  await world.setRealm({ accessTokenLifespan: 900 });
});

test('a hint and a client_id that contradict each other do not log out', async () => {
  const page = await login.browser.follow(await logout({ id_token_hint: login.tokens.id_token, client_id: 'other', post_logout_redirect_uri: BYE }));
  assert.equal(page.isRedirect, false);
});

test('OI-04: the confirmation cannot be posted from another site or another browser', async () => {
  const page = await login.browser.follow(await logout({}));
  const form = forms(page.text).find((f) => f.method === 'POST');
  await login.browser.submit(page, form, {}, { headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } });
  assert.equal(await signedIn(), true);
  await new Browser(world.server, 'peru').submit(page, form);
  assert.equal(await signedIn(), true);
});

test('the session ends for every client in it', async () => {
  const code = await login.browser.code({ client_id: 'other' });
  const tokens = (await other.redeem(code)).json;
  await logout({ id_token_hint: login.tokens.id_token, post_logout_redirect_uri: BYE });
  assert.equal(await other.isActive(tokens.access_token), false);
  assert.equal((await other.refresh(tokens.refresh_token)).json.error, 'invalid_grant');
});

test('logout ends this browser only', async () => {
  const elsewhere = await portal.login('ana');
  await logout({ id_token_hint: login.tokens.id_token, post_logout_redirect_uri: BYE });
  assert.equal(await portal.isActive(elsewhere.tokens.access_token), true);
});

test('Keycloak back-channel form of logout: refresh_token by POST ends the session', async () => {
  const reply = await portal.post('/logout', { refresh_token: login.tokens.refresh_token });
  assert.ok([200, 204].includes(reply.status), reply.text);
  assert.equal((await portal.refresh(login.tokens.refresh_token)).json.error, 'invalid_grant');
});

test('POST logout of a person works as GET does', async () => {
  const page = await login.browser.get(`${login.browser.endpoint}/logout`, {
    method: 'POST', form: { id_token_hint: login.tokens.id_token, post_logout_redirect_uri: BYE, state: 'p' },
  });
  const back = await login.browser.follow(page);
  assert.equal(back.location, `${BYE}?state=p`);
  await over();
});

test('WE-02, WE-04: cookies are taken back, pages are not stored', async () => {
  const before = login.browser.jar.cookies.size;
  const page = await logout({ id_token_hint: login.tokens.id_token, post_logout_redirect_uri: BYE });
  assert.match(page.headers['cache-control'], /no-store/);
  assert.ok(login.browser.jar.cookies.size < before);
});
