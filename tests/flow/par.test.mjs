// Pushed authorization requests (RFC 9126): a request_uri is its client's, for a minute, once (OX-01).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as openid from 'openid-client';
import { AdminWorld } from './lib/admin.mjs';
import { formById } from './lib/html.mjs';
import { request } from './lib/http.mjs';
import { assertError, assertErrorPage, Browser, PASSWORD, pkce, random, REDIRECT } from './lib/oidc.mjs';
import { SECRET } from './lib/world.mjs';

const PREFIX = 'urn:ietf:params:oauth:request_uri:';
const PATH = '/ext/par/request';
let world, server, portal, other, app, pair;
before(async () => {
  world = await AdminWorld.open();
  server = world.server;
  await world.addUser('maria');
  pair = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), alg: 'RS256', use: 'sig', kid: 'ro' };
  portal = await world.addClient('portal', { values: { 'attributes.use.jwks.string': 'true', 'attributes.jwks.string': JSON.stringify({ keys: [jwk] }) } });
  other = await world.addClient('other');
  app = await world.addClient('app', { isPublic: true, values: { webOrigins: ['https://app.example.pe'] } });
});
after(() => world.close());

const parameters = (more = {}) => ({ response_type: 'code', scope: 'openid', redirect_uri: REDIRECT, state: random(), ...more });
const push = (client, more) => client.post(PATH, parameters(more));
async function uriOf(client, more) {
  const reply = await push(client, more);
  assert.equal(reply.status, 201, reply.text);
  return reply.json.request_uri;
}
// A browser that goes there with what a client may send beside it.
const visit = (browser, request_uri, more = { client_id: 'portal' }) =>
  browser.get(`${browser.endpoint}/auth?${new URLSearchParams({ request_uri, ...more })}`);
const signedIn = async () => (await portal.login('maria')).browser;

test('RFC 9126 2.2: a request is pushed, and what it gives is used once', async () => {
  const { verifier, challenge } = pkce();
  const reply = await push(portal, { state: 'pushed', code_challenge: challenge, code_challenge_method: 'S256' });
  assert.equal(reply.status, 201);
  assert.match(reply.headers['cache-control'], /no-store/);
  assert.match(reply.headers['content-type'], /^application\/json/);
  assert.ok(reply.json.request_uri.startsWith(PREFIX));
  assert.ok(reply.json.request_uri.length - PREFIX.length >= 43, 'OT-03: 256 bits');
  assert.equal(reply.json.expires_in, 60);
  const browser = new Browser(server, 'peru');
  const page = await browser.logIn(await visit(browser, reply.json.request_uri), 'maria');
  assert.equal(page.callback.state, 'pushed');
  assert.equal((await portal.redeem(page.callback.code, { code_verifier: verifier })).status, 200);
  assertErrorPage(await visit(browser, reply.json.request_uri));
});

test('openid-client pushes, and signs in', async () => {
  const config = await openid.discovery(new URL(server.realm('peru')), 'portal', SECRET, undefined, { execute: [openid.allowInsecureRequests] });
  const verifier = openid.randomPKCECodeVerifier();
  const state = openid.randomState();
  const url = await openid.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: REDIRECT, scope: 'openid', state, code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  const browser = new Browser(server, 'peru');
  const page = await browser.logIn(await browser.get(url), 'maria');
  const tokens = await openid.authorizationCodeGrant(config, new URL(page.location), { pkceCodeVerifier: verifier, expectedState: state });
  assert.ok(tokens.claims().sub);
});

test('public clients push, too, and their browsers may read the answer', async () => {
  const { challenge } = pkce();
  const reply = await app.post(PATH, parameters({ code_challenge: challenge, code_challenge_method: 'S256' }), { Origin: 'https://app.example.pe' });
  assert.equal(reply.status, 201, reply.text);
  assert.equal(reply.headers['access-control-allow-origin'], 'https://app.example.pe');
});

test('HT-08: who proves nothing pushes little', async () => {
  const long = { login_hint: 'x'.repeat(5000) };
  const refused = await push(app, { code_challenge: pkce().challenge, code_challenge_method: 'S256', ...long });
  assert.equal(refused.status, 413, refused.text);
  assert.equal((await push(portal, long)).status, 201);
});

test('what is wrong with a request is said when it is pushed, and nothing is kept', async () => {
  for (const [more, error] of [
    [{ redirect_uri: 'https://evil.example/' }, 'invalid_request'], [{ redirect_uri: undefined, response_type: undefined }, 'invalid_request'],
    [{ response_type: 'id_token', nonce: 'n' }, 'unauthorized_client'], [{ response_type: 'none' }, 'unsupported_response_type'], [{ scope: 'nothing' }, 'invalid_scope'],
    [{ prompt: 'none login' }, 'invalid_request'], [{ code_challenge: 'x', code_challenge_method: 'plain' }, 'invalid_request'],
    [{ request_uri: `${PREFIX}x` }, 'invalid_request'], [{ request: 'x.y.z' }, 'invalid_request_object'],
  ]) assertError(await push(portal, more), 400, error);
  assertError(await app.post(PATH, parameters()), 400, 'invalid_request', /code_challenge/);
  assertError(await portal.post(PATH, Object.entries(parameters()).concat([['state', 'again']])), 400, 'invalid_request');
  assertError(await portal.post(PATH, parameters({ nonce: 'n'.repeat(1025) })), 400, 'invalid_request');
});

test('who pushes proves who he is, and pushes for himself', async () => {
  const url = `${portal.endpoint}${PATH}`;
  assertError(await request(url, { form: { ...parameters(), client_id: 'portal' } }), 401, 'invalid_client');
  assertError(await request(url, { form: { ...parameters(), client_id: 'portal', client_secret: 'wrong' } }), 401, 'invalid_client');
  assertError(await request(url, { form: { ...parameters(), client_id: 'nobody' } }), 401, 'invalid_client');
  assertError(await portal.post(PATH, parameters({ client_id: 'other' })), 401, 'invalid_client');
  for (const method of ['GET', 'PUT']) assert.equal((await request(url, { method })).status, 405);
});

test('OX-01: a request_uri is its client\'s, and a stranger does not use it up', async () => {
  const browser = await signedIn();
  const uri = await uriOf(portal);
  assertErrorPage(await visit(browser, uri, { client_id: 'other' }));
  assertErrorPage(await visit(browser, uri, {}));
  assert.ok((await visit(browser, uri)).callback.code);
});

test('OX-01, RFC 9101 5: what stands beside a request_uri does not count, and what was pushed is in no cookie', async () => {
  const browser = new Browser(server, 'peru');
  const uri = await uriOf(portal, { state: 'canary-inside', nonce: 'canary-nonce' });
  const page = await visit(browser, uri, { client_id: 'portal', state: 'outside', redirect_uri: 'https://evil.example/', scope: 'openid email', prompt: 'none' });
  assert.ok(formById(page.text, 'kc-form-login'), 'prompt=none stood outside');
  for (const text of [page.text, JSON.stringify(page.headers), String(page.url)]) assert.doesNotMatch(text, /canary/);
  const done = await browser.logIn(page, 'maria');
  assert.equal(done.callback.state, 'canary-inside');
  assert.ok(done.location.startsWith(REDIRECT));
  assert.doesNotMatch(server.log, /canary-(inside|nonce)/);
});

test('OX-01: it is over after its time', async (t) => {
  t.after(() => world.setRealm({ 'attributes.parRequestUriLifespan': '60' }));
  await world.setRealm({ 'attributes.parRequestUriLifespan': '3600' });
  assert.equal((await push(portal)).json.expires_in, 90, 'never longer than 90 seconds');
  await world.setRealm({ 'attributes.parRequestUriLifespan': '1' });
  const uri = await uriOf(portal);
  const browser = await signedIn();
  await new Promise((r) => setTimeout(r, 1100));
  assertErrorPage(await visit(browser, uri));
  for (const value of ['0', '-1', 'soon']) assert.notEqual((await world.cli.run('realm', 'set', 'peru', `attributes.parRequestUriLifespan=${value}`)).status, 0);
});

test('OT-03: no other handle passes for one, nor one for another', async () => {
  const { browser, tokens } = await portal.login('maria');
  const code = (await browser.authorize({ client_id: 'portal' })).callback.code;
  for (const handle of [code, tokens.refresh_token, random(), '']) assertErrorPage(await visit(browser, PREFIX + handle));
  const uri = await uriOf(portal);
  const handle = uri.slice(PREFIX.length);
  assertError(await portal.redeem(handle), 400, 'invalid_grant');
  assertError(await portal.refresh(handle), 400, 'invalid_grant');
  assert.equal(await portal.isActive(handle), false);
  assert.ok((await portal.redeem(code)).status === 200 && (await visit(browser, uri)).callback.code, 'both are still good');
});

test('a signed request object is pushed, and only what is inside counts', async () => {
  const now = Math.floor(Date.now() / 1000);
  const object = (claims) => new SignJWT({ iss: 'portal', aud: server.realm('peru'), client_id: 'portal', ...parameters(claims), iat: now, exp: now + 60 })
    .setProtectedHeader({ alg: 'RS256', kid: 'ro', typ: 'oauth-authz-req+jwt' }).sign(pair.privateKey);
  const reply = await portal.post(PATH, { request: await object({ state: 'inside' }), state: 'outside' });
  assert.equal(reply.status, 201, reply.text);
  assert.equal((await visit(await signedIn(), reply.json.request_uri)).callback.state, 'inside');
  assertError(await portal.post(PATH, { request: await object({ client_id: 'other' }) }), 400, 'invalid_request_object');
});

test('a client that must push is let in by nothing else', async (t) => {
  t.after(() => world.setClient('portal', { 'attributes.require.pushed.authorization.requests': 'false' }));
  await world.setClient('portal', { 'attributes.require.pushed.authorization.requests': 'true' });
  const browser = new Browser(server, 'peru');
  const page = await browser.authorize({ client_id: 'portal' });
  assert.equal(page.callback.error, 'invalid_request');
  assert.equal(page.callback.code, undefined);
  const login = await visit(browser, await uriOf(portal));
  const wrong = await browser.logIn(login, 'maria', 'wrong');
  assert.ok((await browser.logIn(wrong, 'maria')).callback.code, 'the pages go on with what was pushed');
});

test('the executor secure-par-content asks for it by policy', async (t) => {
  const token = await world.token('root', 'master');
  const put = (what, json) => world.call('PUT', `/realms/peru/client-policies/${what}`, { token, json });
  t.after(async () => { await put('policies', { policies: [] }); await put('profiles', { profiles: [] }); });
  assert.equal((await put('profiles', { profiles: [{ name: 'par', executors: [{ executor: 'secure-par-content', configuration: {} }] }] })).status, 204);
  assert.equal((await put('policies', { policies: [{ name: 'all', enabled: true, profiles: ['par'], conditions: [{ condition: 'any-client', configuration: {} }] }] })).status, 204);
  const browser = new Browser(server, 'peru');
  assert.equal((await browser.authorize({ client_id: 'portal' })).callback.error, 'invalid_request');
  assert.ok((await browser.logIn(await visit(browser, await uriOf(portal)), 'maria', PASSWORD)).callback.code);
});

test('OT-07: what a client pushed before it was disabled or deleted is worth nothing', async () => {
  const gone = await world.addClient('gone');
  const browser = await signedIn();
  const uris = [await uriOf(gone), await uriOf(gone)];
  await world.setClient('gone', { enabled: false });
  assertErrorPage(await visit(browser, uris[0], { client_id: 'gone' }));
  assertError(await push(gone), 401, 'invalid_client');
  await world.cli.ok('client', 'delete', '--realm', 'peru', '--client-id', 'gone');
  await world.addClient('gone');
  assertErrorPage(await visit(browser, uris[1], { client_id: 'gone' }));
});

test('OT-05: what was used stays used after kill -9, and what was pushed is still good', async () => {
  const browser = await signedIn();
  const [used, kept] = [await uriOf(portal), await uriOf(portal)];
  assert.ok((await visit(browser, used)).callback.code);
  await server.crash();
  await server.launch();
  assertErrorPage(await visit(browser, used));
  assert.ok((await visit(browser, kept)).callback.code);
});
