// The protocol from the client's side: authorization requests, login forms, token requests.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { basic, CookieJar, encodeForm, request } from './http.mjs';
import { formById, forms } from './html.mjs';

export const PASSWORD = 'correct horse battery staple';
export const REDIRECT = 'https://app.example.pe/callback';
export const random = () => randomBytes(16).toString('base64url');

export function pkce() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

export const decode = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
export const headerOf = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'));

// A browser's view of one realm: a cookie jar, and the pages that people see.
export class Browser {
  constructor(server, realm, options = {}) {
    this.server = server;
    this.realm = realm;
    this.jar = options.jar ?? new CookieJar();
    this.headers = { Accept: 'text/html', ...options.headers };
  }
  get issuer() { return this.server.realm(this.realm); }
  get endpoint() { return `${this.issuer}/protocol/openid-connect`; }

  get(url, options = {}) {
    return request(new URL(url, this.server.origin), { jar: this.jar, ...options, headers: { ...this.headers, ...options.headers } });
  }

  // Posts a form as the page's own submit button would.
  submit(page, form, fields = {}, options = {}) {
    const url = new URL(form.action, page.url);
    return request(url, {
      jar: this.jar, method: form.method, form: { ...form.fields, ...fields },
      headers: { ...this.headers, Origin: url.origin, 'Sec-Fetch-Site': 'same-origin', Referer: page.url, ...options.headers },
    });
  }

  authUrl(parameters) {
    const all = { response_type: 'code', scope: 'openid', redirect_uri: REDIRECT, state: random(), ...parameters };
    return `${this.endpoint}/auth?${encodeForm(all)}`;
  }

  authorize(parameters) { return this.get(this.authUrl(parameters)); }

  // Fills in the login form of a page and sends it.
  logIn(page, username, password = PASSWORD, extra = {}) {
    assert.equal(page.status, 200, `a login page is expected, not ${page.status} ${page.location ?? page.text}`);
    const form = formById(page.text, 'kc-form-login');
    assert.ok(form, `no login form in: ${page.text.slice(0, 2000)}`);
    return this.submit(page, form, { username, password, ...extra });
  }

  // From the authorization request to the redirect with the code; follows our own redirects.
  async obtain(parameters, username, password) {
    let page = await this.follow(await this.authorize(parameters));
    if (page.status === 200 && formById(page.text, 'kc-form-login')) {
      page = await this.follow(await this.logIn(page, username, password));
    }
    return page;
  }

  // Follows redirects that stay at the server.
  async follow(page) {
    while (page.isRedirect && new URL(page.location, page.url).origin === this.server.origin) {
      page = await this.get(new URL(page.location, page.url));
    }
    return page;
  }

  async code(parameters, username, password) {
    const page = await this.obtain(parameters, username, password);
    assert.ok(page.isRedirect, `a redirect is expected: ${page.status} ${page.text.slice(0, 1500)}`);
    const answer = page.callback;
    assert.ok(answer.code, `a code is expected: ${page.location}`);
    return answer.code;
  }
}

// A registered client, speaking to the back channel.
export class Client {
  // auth: 'basic' | 'post' | 'none'
  constructor(server, realm, clientId, secret, options = {}) {
    Object.assign(this, { server, realm, clientId, secret });
    this.auth = options.auth ?? (secret === undefined ? 'none' : 'basic');
    this.redirectUri = options.redirectUri ?? REDIRECT;
    this.headers = options.headers;
  }
  get endpoint() { return `${this.server.realm(this.realm)}/protocol/openid-connect`; }

  post(path, form, headers = {}) {
    const pairs = Array.isArray(form) ? [...form] : Object.entries(form).filter(([, v]) => v !== undefined);
    const all = { ...this.headers, ...headers };
    if (this.auth === 'basic') Object.assign(all, basic(this.clientId, this.secret));
    else pairs.push(['client_id', this.clientId]);
    if (this.auth === 'post') pairs.push(['client_secret', this.secret]);
    return request(`${this.endpoint}${path}`, { form: pairs, headers: all });
  }

  // Without the client's own proof of who it is.
  bare(form) { return request(`${this.endpoint}/token`, { form, headers: this.headers }); }
  token(form, headers) { return this.post('/token', form, headers); }
  redeem(code, more = {}) {
    return this.token({ grant_type: 'authorization_code', code, redirect_uri: this.redirectUri, ...more });
  }
  refresh(token, more = {}) { return this.token({ grant_type: 'refresh_token', refresh_token: token, ...more }); }
  service(more = {}) { return this.token({ grant_type: 'client_credentials', ...more }); }
  password(username, password = PASSWORD, more = {}) {
    return this.token({ grant_type: 'password', username, password, scope: 'openid', ...more });
  }
  introspect(token, more = {}) { return this.post('/token/introspect', { token, ...more }); }
  revoke(token, more = {}) { return this.post('/revoke', { token, ...more }); }
  userinfo(token) { return request(`${this.endpoint}/userinfo`, { headers: { ...this.headers, Authorization: `Bearer ${token}` } }); }

  // The whole code flow of a person; {tokens, browser, code, verifier}
  async login(username, { scope = 'openid', password, browser, ...parameters } = {}) {
    browser ??= new Browser(this.server, this.realm);
    const { verifier, challenge } = pkce();
    const code = await browser.code(
      { client_id: this.clientId, redirect_uri: this.redirectUri, scope, code_challenge: challenge, code_challenge_method: 'S256', ...parameters },
      username, password);
    const reply = await this.redeem(code, { code_verifier: verifier });
    assert.equal(reply.status, 200, reply.text);
    return { tokens: reply.json, browser, code, verifier };
  }

  async isActive(token, more) { return (await this.introspect(token, more)).json.active; }
}

// An OAuth error: status and code as the RFC has them, and no cache.
export function assertError(reply, status, error, description) {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.json.error, error, reply.text);
  assert.equal(typeof reply.json.error_description, 'string');
  if (description) assert.match(reply.json.error_description, description);
  assert.match(reply.headers['cache-control'] ?? '', /no-store/);
}

// An error page of ours: no redirect away, no form that posts somewhere, a text.
export function assertErrorPage(reply) {
  assert.ok(reply.status >= 400 && reply.status < 500, `${reply.status} ${reply.location ?? reply.text.slice(0, 500)}`);
  assert.equal(reply.location, undefined);
  assert.match(reply.headers['content-type'], /^text\/html/);
  for (const form of forms(reply.text)) {
    assert.ok(form.action === undefined || new URL(form.action, reply.url).origin === new URL(reply.url).origin);
  }
}
