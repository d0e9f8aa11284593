// Response types and modes: code alone until a client is given more.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createHash } from 'node:crypto';
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { fetchLike } from './lib/http.mjs';
import { assertErrorPage, decode, REDIRECT } from './lib/oidc.mjs';
import { forms } from './lib/html.mjs';
import { World } from './lib/world.mjs';

const TYPES = ['id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token'];
const half = (text) => createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
let world, portal, hybrid, browser, issuer;
before(async () => {
  world = await World.open();
  issuer = world.server.realm('peru');
  await world.addUser('ana', { email: 'ana@example.pe' });
  portal = await world.addClient('portal');
  hybrid = await world.addClient('hybrid', { values: { implicitFlowEnabled: true } });
  ({ browser } = await portal.login('ana'));
});
after(() => world.close());

for (const response_type of TYPES) {
  test(`OA-07: ${response_type} is off by default, in every mode`, async () => {
    for (const response_mode of [undefined, 'fragment', 'form_post', 'query']) {
      const page = await browser.authorize({ client_id: 'portal', response_type, nonce: 'n', response_mode });
      if (page.isRedirect) assert.ok(['unauthorized_client', 'unsupported_response_type', 'invalid_request'].includes(page.callback.error), page.location);
      else assert.doesNotMatch(page.text, /eyJ/);
    }
  });

  test(`oidcc-server ${response_type}: tokens in the fragment, bound to each other (OI-01)`, async () => {
    const page = await browser.authorize({ client_id: 'hybrid', response_type, nonce: 'n-123', state: 's', scope: 'openid email' });
    const to = new URL(page.location);
    assert.equal(to.search, '');
    const answer = page.callback;
    assert.equal(answer.state, 's');
    assert.equal(answer.iss, issuer);
    const wants = response_type.split(' ');
    assert.equal('code' in answer, wants.includes('code'));
    assert.equal('id_token' in answer, wants.includes('id_token'));
    assert.equal('access_token' in answer, wants.includes('token'));
    assert.equal(answer.refresh_token, undefined);
    if (wants.includes('token')) {
      assert.equal(answer.token_type.toLowerCase(), 'bearer');
      assert.ok(Number(answer.expires_in) > 0);
      assert.equal((await hybrid.userinfo(answer.access_token)).status, 200);
    }
    if (wants.includes('id_token')) {
      const keys = createRemoteJWKSet(new URL(`${hybrid.endpoint}/certs`), { [customFetch]: fetchLike });
      const { payload } = await jwtVerify(answer.id_token, keys, { issuer, audience: 'hybrid' });
      assert.equal(payload.nonce, 'n-123');
      if (wants.includes('token')) assert.equal(payload.at_hash, half(answer.access_token));
      if (wants.includes('code')) assert.equal(payload.c_hash, half(answer.code));
      if (response_type === 'id_token') assert.equal(payload.email, 'ana@example.pe', 'no access token: claims are in the ID token');
    }
    if (wants.includes('code')) {
      const reply = await hybrid.redeem(answer.code);
      assert.equal(reply.status, 200, reply.text);
      assert.equal(decode(reply.json.id_token).nonce, 'n-123');
      if (answer.id_token) assert.equal(decode(reply.json.id_token).sub, decode(answer.id_token).sub);
    }
  });

  test(`oidcc-ensure-request-without-nonce-fails: ${response_type}`, async () => {
    const page = await browser.authorize({ client_id: 'hybrid', response_type });
    if (!response_type.includes('id_token')) return assert.ok(page.callback.code);
    assert.equal(page.callback.error, 'invalid_request');
    assert.ok(new URL(page.location).hash.length > 1, 'errors of front-channel tokens are in the fragment');
  });

  test(`OA-06: ${response_type} never puts a token in the query`, async () => {
    const page = await browser.authorize({ client_id: 'hybrid', response_type, nonce: 'n', response_mode: 'query' });
    if (page.isRedirect) {
      assert.doesNotMatch(new URL(page.location).search, /token=|code=/);
      assert.equal(page.callback.error, 'invalid_request');
    } else assertErrorPage(page);
  });

  test(`form post: ${response_type}`, async () => {
    const page = await browser.authorize({ client_id: 'hybrid', response_type, nonce: 'n', state: 'st', response_mode: 'form_post' });
    assert.equal(page.status, 200);
    assert.match(page.headers['cache-control'], /no-store/);
    const [form] = forms(page.text);
    assert.equal(form.action, REDIRECT);
    assert.equal(form.method, 'POST');
    assert.equal(form.fields.state, 'st');
    assert.equal(form.fields.iss, issuer);
    for (const name of response_type.split(' ')) assert.ok(form.fields[name === 'token' ? 'access_token' : name], name);
  });
}

test('response modes of a code: query by default, fragment and form_post on request', async () => {
  for (const [response_mode, part] of [[undefined, 'search'], ['query', 'search'], ['fragment', 'hash']]) {
    const page = await browser.authorize({ client_id: 'portal', response_mode });
    assert.match(new URL(page.location)[part], /code=/);
  }
  const posted = await browser.authorize({ client_id: 'portal', response_mode: 'form_post', state: 'x' });
  const [form] = forms(posted.text);
  assert.ok(form.fields.code && form.fields.iss);
  assert.equal((await portal.redeem(form.fields.code)).status, 200);
});

test('errors follow the response mode too', async () => {
  const fragment = await browser.authorize({ client_id: 'portal', response_mode: 'fragment', scope: 'bogus' });
  assert.match(new URL(fragment.location).hash, /error=invalid_scope/);
  const posted = await browser.authorize({ client_id: 'portal', response_mode: 'form_post', scope: 'bogus' });
  assert.equal(forms(posted.text)[0].fields.error, 'invalid_scope');
});

test('an unknown response mode is refused', async () => {
  for (const response_mode of ['jwt', 'query.jwt', 'web_message', 'FRAGMENT']) {
    const page = await browser.authorize({ client_id: 'portal', response_mode });
    if (page.isRedirect) assert.equal(page.callback.error, 'invalid_request', response_mode);
    else assertErrorPage(page);
  }
});

test('OA-08: the form_post page escapes every value and its script runs under a nonce or hash', async () => {
  const state = '"><script>alert(1)</script><input value=\'x\' onfocus="y" & &amp; \u2028';
  const page = await browser.authorize({ client_id: 'portal', response_mode: 'form_post', state });
  assert.equal(forms(page.text)[0].fields.state, state);
  assert.doesNotMatch(page.text, /<script>alert/);
  const policy = page.headers['content-security-policy'];
  assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.match(policy, /form-action [^;*]*(;|$)/);
});

test('OA-07: switching implicit flow off ends it at once', async () => {
  await world.setClient('hybrid', { implicitFlowEnabled: false });
  const page = await browser.authorize({ client_id: 'hybrid', response_type: 'id_token', nonce: 'n' });
  assert.ok(page.callback.error);
  assert.equal(page.callback.id_token, undefined);
});
