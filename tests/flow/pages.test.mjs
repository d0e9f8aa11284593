// The pages of ours: headers, cookies, forms, texts; without a browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeForm, request } from './lib/http.mjs';
import { formById, forms, visibleText } from './lib/html.mjs';
import { Browser, decode, PASSWORD } from './lib/oidc.mjs';
import { World } from './lib/world.mjs';

let world, portal;
before(async () => {
  world = await World.open();
  await world.addUser('ana', { email: 'ana@example.pe' });
  portal = await world.addClient('portal', { values: { 'attributes.post.logout.redirect.uris': 'https://app.example.pe/bye' } });
});
after(() => world.close());

const fresh = (headers) => new Browser(world.server, 'peru', { headers });
const loginPage = async (browser = fresh()) => ({ browser, page: await browser.authorize({ client_id: 'portal' }) });

test('WE-06: security headers on every page, errors included', async () => {
  const { browser } = await portal.login('ana');
  const urls = ['/realms/peru/protocol/openid-connect/auth?client_id=portal&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fapp.example.pe%2Fcallback&prompt=login',
    '/realms/peru/protocol/openid-connect/auth?client_id=nobody', '/realms/peru/protocol/openid-connect/logout', '/realms/nowhere/protocol/openid-connect/auth', '/', '/nowhere'];
  for (const url of urls) {
    const page = await browser.get(url);
    const policy = page.headers['content-security-policy'] ?? '';
    if (!/html/.test(page.headers['content-type'] ?? '')) continue;
    assert.match(policy, /frame-ancestors 'none'/, url);
    assert.match(policy, /default-src 'none'|default-src 'self'/, url);
    assert.match(policy, /base-uri 'none'/, url);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|data:[^;]*script/, url);
    assert.equal(page.headers['x-content-type-options'], 'nosniff', url);
    assert.equal(page.headers['referrer-policy'], 'no-referrer', url);
    assert.match(page.headers['cache-control'], /no-store/, url);
    assert.match(page.headers['content-type'], /charset=utf-8/i, url);
    assert.equal(page.headers.server, undefined, 'HT-09');
    assert.equal(page.headers['x-powered-by'], undefined);
  }
});

test('the login form: plain HTML with the fixed names and ids, labels, autocomplete', async () => {
  const { page } = await loginPage();
  const form = formById(page.text, 'kc-form-login');
  assert.equal(form.method, 'POST');
  assert.match(form.action, /\/realms\/peru\/login-actions\/authenticate/);
  assert.ok('username' in form.fields && 'password' in form.fields);
  for (const id of ['username', 'password', 'kc-login']) assert.match(page.text, new RegExp(`id="${id}"`));
  for (const id of ['username', 'password']) assert.match(page.text, new RegExp(`<label[^>]*for="${id}"`));
  assert.match(page.text, /autocomplete="username"/);
  assert.match(page.text, /autocomplete="current-password"/);
  assert.doesNotMatch(page.text, / on[a-z]+="/, 'no inline handlers');
  assert.ok(page.body.length < 30000, `${page.body.length} bytes`);
});

test('WE-01: cookies are HttpOnly, SameSite, for a path of ours, without Domain, and opaque', async () => {
  const { browser, tokens } = await portal.login('ana');
  assert.ok(browser.jar.setCookieLines.length > 0);
  const { sid } = decode(tokens.access_token);
  assert.ok(!browser.jar.setCookieLines.some((l) => l.includes(sid)), 'the sid itself is in no cookie');
  for (const line of browser.jar.setCookieLines) {
    assert.doesNotMatch(line, /domain=/i);
    assert.match(line, /samesite=(lax|strict|none)/i, line);
    if (/samesite=none/i.test(line)) assert.match(line, /; *secure/i, line);
    // The session frame's script compares a digest of the sid, which is no secret (OI Session 3.2).
    if (!/^(__Host-)?garita_state_/.test(line)) assert.match(line, /httponly/i, line);
    assert.doesNotMatch(line, /eyJ/, 'no JWT in a cookie');
    assert.doesNotMatch(decodeURIComponent(line), /ana/, line);
  }
});

test('a wrong password shows one text, keeps the name, and stays on the form', async () => {
  const { browser, page } = await loginPage();
  const again = await browser.follow(await browser.logIn(page, 'ana', 'wrong'));
  assert.ok([200, 401].includes(again.status));
  const form = formById(again.text, 'kc-form-login');
  assert.equal(form.fields.username, 'ana');
  assert.equal(form.fields.password, '');
  assert.doesNotMatch(again.text, /wrong(?! )["<]/);
  assert.match(again.text, /role="alert"|aria-live/);
});

test('WE-12: the login form needs its hidden state; empty, foreign, altered and old ones do not log in', async () => {
  const { browser, page } = await loginPage();
  const form = formById(page.text, 'kc-form-login');
  const good = { username: 'ana', password: PASSWORD };
  const url = new URL(form.action, page.url);
  const variants = [];
  for (const name of url.searchParams.keys()) {
    const without = new URL(url);
    without.searchParams.delete(name);
    const altered = new URL(url);
    altered.searchParams.set(name, `${url.searchParams.get(name)}x`);
    variants.push([without, form.fields], [altered, form.fields]);
  }
  for (const name of Object.keys(form.fields).filter((n) => !(n in good))) {
    const { [name]: value, ...rest } = form.fields;
    variants.push([url, rest], [url, { ...form.fields, [name]: `${value}x` }]);
  }
  assert.ok(variants.length > 0, 'a form without any state cannot be safe');
  const hasCode = (reply) => reply.isRedirect && /[?&#]code=/.test(reply.location);
  let refused = 0;
  for (const [target, fields] of variants) {
    const reply = await browser.follow(await browser.submit(page, { ...form, action: target.href, fields }, good));
    if (!hasCode(reply)) refused++;
  }
  assert.ok(refused >= 2, 'the sealed state is needed as it was given');
  assert.ok(hasCode(await browser.follow(await browser.submit(page, form, good))), 'the form as it was');
});

test('WE-02, WE-05: a login prepared by an attacker cannot be finished in the browser of a victim', async () => {
  const attacker = fresh();
  const { page } = await loginPage(attacker);
  const form = formById(page.text, 'kc-form-login');
  const victim = fresh();
  await loginPage(victim);
  for (const headers of [{}, { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site', Referer: 'https://evil.example/' }]) {
    const reply = await victim.submit(page, form, { username: 'ana', password: PASSWORD }, { headers });
    assert.ok(!(reply.isRedirect && reply.location.includes('code=')), 'a foreign form');
  }
  const nobody = fresh();
  const reply = await nobody.submit(page, form, { username: 'ana', password: PASSWORD });
  assert.ok(!(reply.isRedirect && reply.location.includes('code=')), 'a browser without cookies');
});

test('WE-02: the session cookie changes at every login', async () => {
  const { browser } = await portal.login('ana');
  const before = browser.jar.copy();
  const page = await browser.follow(await browser.authorize({ client_id: 'portal', prompt: 'login' }));
  await browser.follow(await browser.logIn(page, 'ana'));
  const stale = new Browser(world.server, 'peru', { jar: before });
  const silent = await stale.authorize({ client_id: 'portal', prompt: 'none' });
  assert.equal(silent.callback.error, 'login_required', 'the old cookie is worth nothing');
});

test('WE-02: a cookie planted before the login is not the session afterwards', async () => {
  const planted = fresh();
  const { browser } = await portal.login('ana');
  for (const [key, cookie] of browser.jar.cookies) planted.jar.cookies.set(key, { ...cookie, value: 'planted-by-an-attacker-0123456789' });
  const code = await planted.code({ client_id: 'portal' }, 'ana');
  assert.ok(code);
  for (const { value } of planted.jar.cookies.values()) assert.notEqual(value, 'planted-by-an-attacker-0123456789');
});

test('WE-05: posts from other sites are refused', async () => {
  for (const headers of [{ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }, { Origin: 'https://evil.example' }, { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site', Origin: 'https://sub.localhost' }]) {
    const { browser, page } = await loginPage();
    const form = formById(page.text, 'kc-form-login');
    const reply = await browser.submit(page, form, { username: 'ana', password: PASSWORD }, { headers });
    assert.equal(reply.status, 403, JSON.stringify(headers));
  }
});

test('OA-14: text of the query is never shown', async () => {
  const canary = 'CANARY-Please-call-555-0100';
  const browser = fresh();
  for (const name of ['error', 'error_description', 'error_uri', 'message', 'state', 'scope', 'client_id', 'redirect_uri', 'response_type', 'ui_locales', 'prompt', 'kc_locale', 'nonce', 'claims', 'kc_action', 'execution', 'session_code', 'tab_id']) {
    for (const path of ['/protocol/openid-connect/auth', '/protocol/openid-connect/logout', '/login-actions/authenticate', '/login-actions/required-action']) {
      const query = encodeForm({ client_id: 'portal', response_type: 'code', scope: 'openid', redirect_uri: 'https://app.example.pe/callback', [name]: canary });
      const page = await browser.get(`${browser.issuer}${path}?${query}`);
      if (!page.isRedirect) assert.ok(!visibleText(page.text).includes(canary), `${name} at ${path}`);
    }
  }
});

test('WE-07: stored and reflected values are text in pages', async () => {
  const polyglot = `"'><img src=x onerror=alert(1)>{{7*7}}\${7*7}<!--`;
  await world.setRealm({ displayName: polyglot });
  await world.addClient('odd', { values: { name: polyglot, consentRequired: true, description: polyglot } });
  await assert.rejects(world.addUser('odd', { firstName: polyglot }), /characters that names do not have/);
  await world.addUser('odd', { 'attributes.nickname': polyglot });
  const browser = fresh();
  const login = await browser.authorize({ client_id: 'odd', login_hint: polyglot, ui_locales: polyglot });
  const wrong = await browser.logIn(login, polyglot, 'x');
  const consent = await browser.follow(await browser.logIn(wrong, 'odd'));
  for (const page of [login, wrong, consent]) {
    assert.doesNotMatch(page.text, /<img src=x/, page.url);
    assert.doesNotMatch(page.text, /\b49\b/, 'nothing was evaluated');
  }
  assert.ok(visibleText(login.text).includes(polyglot), 'the realm shows its name');
  await world.setRealm({ displayName: '' });
});

test('AD-08, CL-02: nothing in stored text is expanded', async () => {
  const text = '${env.HOME} ${HOME} $HOME ${vault.x} ${java:version} %{HOME} {{title}} {0} `id`';
  await world.setRealm({ displayName: text });
  await world.addClient('expand', { values: { name: text } });
  const page = await fresh().authorize({ client_id: 'expand' });
  assert.ok(visibleText(page.text).includes(text), visibleText(page.text));
  await world.setRealm({ displayName: '' });
});

test('WE-14, HT-04: header values of a realm cannot break a header', async () => {
  for (const value of ['x\r\nX-Injected: 1', 'x\ny', 'x\u0000y']) {
    const result = await world.cli.run(['realm', 'set', 'peru', `browserSecurityHeaders.xFrameOptions=${value}`]).catch(() => ({ status: 1 }));
    const page = await fresh().authorize({ client_id: 'portal' });
    assert.equal(page.headers['x-injected'], undefined);
    assert.ok(result.status === 1 || page.status === 200);
  }
});

test('update-password: asked before the code is given, policy applies, then it is done', async () => {
  await world.addUser('newcomer', { requiredActions: ['UPDATE_PASSWORD'] });
  const browser = fresh();
  let page = await browser.follow(await browser.authorize({ client_id: 'portal' }));
  page = await browser.follow(await browser.logIn(page, 'newcomer'));
  assert.equal(page.status, 200);
  assert.equal((await browser.authorize({ client_id: 'portal', prompt: 'none' })).callback.error !== undefined, true, 'MF-05: no session before');
  const form = forms(page.text).find((f) => 'password-new' in f.fields);
  assert.ok(form, 'the form of Keycloak: password-new and password-confirm');
  const differs = await browser.follow(await browser.submit(page, form, { 'password-new': 'a new password 1', 'password-confirm': 'other' }));
  assert.ok(!(differs.isRedirect && differs.location.includes('code=')));
  const next = forms(differs.text).find((f) => 'password-new' in f.fields) ?? form;
  const back = await browser.follow(await browser.submit(differs, next, { 'password-new': 'a new password 1', 'password-confirm': 'a new password 1' }));
  assert.ok(back.callback?.code, back.text);
  assert.ok((await fresh().obtain({ client_id: 'portal' }, 'newcomer', 'a new password 1')).callback.code);
  assert.equal((await fresh().obtain({ client_id: 'portal' }, 'newcomer')).isRedirect, false);
});

test('WE-12: the password of a required action cannot be set from another browser', async () => {
  await world.addUser('newcomer2', { requiredActions: ['UPDATE_PASSWORD'] });
  const browser = fresh();
  let page = await browser.follow(await browser.authorize({ client_id: 'portal' }));
  page = await browser.follow(await browser.logIn(page, 'newcomer2'));
  const form = forms(page.text).find((f) => 'password-new' in f.fields);
  await fresh().submit(page, form, { 'password-new': 'stolen stolen', 'password-confirm': 'stolen stolen' });
  assert.equal((await fresh().obtain({ client_id: 'portal' }, 'newcomer2', 'stolen stolen')).isRedirect, false);
});

test('the password grant refuses accounts with required actions', async () => {
  await world.setClient('portal', { directAccessGrantsEnabled: true });
  const reply = await portal.password('newcomer2');
  assert.equal(reply.status, 400);
  assert.match(reply.json.error_description, /not fully set up/);
});

test('remember-me: a lasting cookie with it, one for the session without', async () => {
  const lasting = (browser) => browser.jar.setCookieLines.filter((l) => /(max-age=[1-9]|expires=\w{3}, )/i.test(l) && !/1970/.test(l));
  const plain = fresh();
  await plain.follow(await plain.logIn(await plain.authorize({ client_id: 'portal' }), 'ana'));
  const remembered = fresh();
  await remembered.follow(await remembered.logIn(await remembered.authorize({ client_id: 'portal' }), 'ana', PASSWORD, { rememberMe: 'on' }));
  assert.ok(lasting(remembered).length > lasting(plain).length);
});

test('three languages are complete: no key is shown, pages differ', async () => {
  const texts = new Set();
  for (const lang of ['en', 'es', 'pt']) {
    const page = await fresh({ 'Accept-Language': lang }).authorize({ client_id: 'portal' });
    assert.doesNotMatch(visibleText(page.text), /\b[a-z]+\.[a-z_]+\.[a-z_]+\b/, 'a message key');
    texts.add(visibleText(page.text));
  }
  assert.equal(texts.size, 3);
});

test('error pages have a distinct text each', async () => {
  const browser = fresh();
  const seen = {};
  const pages = {
    client: await browser.authorize({ client_id: 'nobody' }), redirect: await browser.authorize({ client_id: 'portal', redirect_uri: 'https://evil.example' }),
    twice: await browser.get(`${browser.endpoint}/auth?client_id=portal&client_id=portal`), realm: await browser.get('/realms/nowhere/protocol/openid-connect/auth'),
    route: await browser.get('/realms/peru/nowhere'),
  };
  for (const [name, page] of Object.entries(pages)) {
    assert.ok(page.status >= 400 && page.status < 500, name);
    seen[visibleText(page.text)] = name;
  }
  assert.ok(Object.keys(seen).length >= 4, JSON.stringify(seen));
});

test('an SSO session signs a second client in without a page, and says the same sid', async () => {
  const second = await world.addClient('second');
  const { browser, tokens } = await portal.login('ana');
  const page = await browser.authorize({ client_id: 'second' });
  const other = (await second.redeem(page.callback.code)).json;
  assert.equal(decode(other.access_token).sid, decode(tokens.access_token).sid);
});

test('keycloak-js pages: status iframe and third-party cookie check answer, framed only by known origins', async () => {
  for (const path of ['/login-status-iframe.html', '/3p-cookies/step1.html', '/3p-cookies/step2.html']) {
    const page = await request(`${portal.endpoint}${path}`);
    assert.equal(page.status, 200, path);
    assert.match(page.headers['content-type'], /text\/html/);
    assert.doesNotMatch(page.headers['content-security-policy'] ?? '', /frame-ancestors 'none'/);
  }
  await world.setClient('portal', { webOrigins: ['https://app.example.pe'] });
  const init = (origin) => request(`${portal.endpoint}/login-status-iframe.html/init?client_id=portal&origin=${encodeURIComponent(origin)}`);
  assert.equal((await init('https://app.example.pe')).status, 204);
  assert.equal((await init('https://evil.example')).status, 403);
  assert.equal((await request(`${portal.endpoint}/login-status-iframe.html/init?client_id=nobody&origin=x`)).status, 403);
});
