// Where a browser is sent back to: only to what is registered, byte for byte.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeForm, request } from './lib/http.mjs';
import { assertErrorPage, Browser } from './lib/oidc.mjs';
import { mutations, REGISTERED, unregistrable, wildMutations } from './lib/redirect_corpus.mjs';
import { World } from './lib/world.mjs';

let world, signedIn, anonymous;
before(async () => {
  world = await World.open();
  await world.addUser('ana');
  const portal = await world.addClient('portal', { redirectUris: [REGISTERED] });
  await world.addClient('two', { redirectUris: [REGISTERED, 'https://app.example.pe/second'] });
  await world.addClient('query', { redirectUris: ['https://app.example.pe/callback?tenant=1'] });
  await world.addClient('native', {
    isPublic: true, redirectUris: ['http://127.0.0.1/native', 'http://[::1]/native', 'pe.example.app:/callback'],
  });
  await world.addClient('everything', { redirectUris: [REGISTERED], values: { implicitFlowEnabled: true } });
  signedIn = (await portal.login('ana')).browser;
  anonymous = new Browser(world.server, 'peru');
});
after(() => world.close());

test(`OA-01, OA-04, oidcc-ensure-registered-redirect-uri: ${mutations.length} mutations end on an error page`, async () => {
  assert.ok(mutations.length >= 60);
  for (const browser of [signedIn, anonymous]) {
    for (const redirect_uri of mutations) {
      const page = await browser.authorize({ client_id: 'portal', redirect_uri });
      assertErrorPage(page);
      assert.doesNotMatch(page.text, /evil\.example|alert\(1\)/, redirect_uri);
    }
  }
});

test('OA-04, OA-06: the same on every response type, mode and error branch', async () => {
  const branches = [
    { response_type: 'id_token', nonce: 'n' }, { response_type: 'code id_token', nonce: 'n' }, { response_type: 'bogus' },
    { response_mode: 'fragment' }, { response_mode: 'form_post' }, { response_mode: 'jwt' }, { response_mode: 'bogus' },
    { prompt: 'none' }, { prompt: 'bogus' }, { scope: 'bogus' }, { max_age: '-1' }, { request: 'x.y.z' }, { code_challenge_method: 'plain' },
    { request_uri: 'https://evil.example/request' }, { claims: '{' },
  ];
  for (const branch of branches) {
    for (const redirect_uri of ['https://evil.example/callback', 'https://app.example.pe/callback/..;/evil', undefined, '']) {
      for (const client_id of ['everything', 'two']) {
        if (redirect_uri === undefined && client_id === 'everything') continue;
        assertErrorPage(await signedIn.authorize({ client_id, redirect_uri, ...branch }));
      }
    }
  }
});

test('OA-04: an unknown, empty, doubled or missing client_id is an error page', async () => {
  for (const client_id of ['nobody', '', undefined, 'portal ', 'PORTAL', 'portal\u0000', "portal' OR 1=1 --", 'x'.repeat(3000), '../portal']) {
    assertErrorPage(await signedIn.authorize({ client_id }));
  }
});

test('oidcc-ensure-redirect-uri-in-authorization-request: none sent and two registered', async () => {
  assertErrorPage(await signedIn.authorize({ client_id: 'two', redirect_uri: undefined }));
});

test('oidcc-redirect-uri-query-OK, -query-mismatch, -query-added', async () => {
  const good = await signedIn.authorize({ client_id: 'query', redirect_uri: 'https://app.example.pe/callback?tenant=1', state: 's' });
  const back = new URL(good.location);
  assert.equal(back.searchParams.get('tenant'), '1');
  assert.ok(back.searchParams.get('code'));
  for (const query of ['', '?tenant=2', '?tenant=1&x=2', '?x=2&tenant=1', '?tenant=%31', '?tenant=1#']) {
    assertErrorPage(await signedIn.authorize({ client_id: 'query', redirect_uri: `https://app.example.pe/callback${query}` }));
  }
});

test('OA-05: a registered query cannot bring response parameters', async () => {
  for (const name of ['code', 'state', 'iss', 'error', 'id_token', 'access_token', 'session_state']) {
    const result = await world.cli.run(['client', 'add', '--realm', 'peru', '--client-id', `q-${name}`, '--public', '--redirect-uri', `https://app.example.pe/?${name}=x`]);
    if (result.status !== 0) continue;
    const page = await signedIn.authorize({
      client_id: `q-${name}`, redirect_uri: `https://app.example.pe/?${name}=x`, state: 's', code_challenge: 'a'.repeat(43), code_challenge_method: 'S256',
    });
    if (page.isRedirect) assert.equal(new URL(page.location).searchParams.getAll(name).length, 1, name);
    else assertErrorPage(page);
  }
});

test('OA-01, RFC 8252 7.3: the port of a loopback literal is free, nothing else is', async () => {
  const challenge = { client_id: 'native', code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' };
  for (const redirect_uri of ['http://127.0.0.1/native', 'http://127.0.0.1:51234/native', 'http://[::1]:61023/native', 'pe.example.app:/callback']) {
    const page = await signedIn.authorize({ ...challenge, redirect_uri });
    assert.ok(page.location?.startsWith(`${redirect_uri}?`), redirect_uri);
  }
  for (const redirect_uri of ['http://127.0.0.1:0x50/native', 'http://127.0.0.1:99999/native', 'http://127.0.0.1:/native/x', 'http://127.0.0.2:80/native',
    'http://localhost:80/native', 'http://127.1/native', 'http://2130706433/native', 'http://127.0.0.1:80@evil.example/native', 'https://127.0.0.1/native',
    'http://127.0.0.1.evil.example/native', 'http://[::1%25lo]/native', 'http://[0:0:0:0:0:0:0:1]:80/native', 'http://127.0.0.1:80/native?x',
    'PE.example.app:/callback', 'pe.example.app://callback', 'pe.example.app:/callback/']) {
    assertErrorPage(await signedIn.authorize({ ...challenge, redirect_uri }));
  }
});

test('OA-03, oidcc-redirect-uri-regfrag: what may not be registered', async () => {
  for (const uri of unregistrable) {
    const result = await world.cli.run(['client', 'add', '--realm', 'peru', '--client-id', 'refused', '--public', '--redirect-uri', uri]);
    assert.notEqual(result.status, 0, `registered ${JSON.stringify(uri)}`);
  }
});

test('OA-02: a star stands only where a registration has it, and only for the rest of a path', async () => {
  const challenge = { code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' };
  assertErrorPage(await signedIn.authorize({ client_id: 'portal', redirect_uri: `${REGISTERED}/x` }));
  await world.addClient('wild', { isPublic: true, redirectUris: ['https://app.example.pe/app/*'] });
  const page = await signedIn.authorize({ client_id: 'wild', redirect_uri: 'https://app.example.pe/app/x/y', ...challenge });
  assert.ok(page.location.startsWith('https://app.example.pe/app/x/y?'));
  for (const redirect_uri of wildMutations) {
    assertErrorPage(await signedIn.authorize({ client_id: 'wild', redirect_uri, ...challenge }));
  }
  assertErrorPage(await signedIn.authorize({ client_id: 'wild', redirect_uri: undefined, ...challenge }));
  for (const uri of ['https://*.example.pe/', 'https://*', 'https://app.example.pe*', 'https://app.*.pe/x', 'https://app.example.pe/*/x']) {
    const result = await world.cli.run(['client', 'add', '--realm', 'peru', '--client-id', `w-${uri.length}`, '--public', '--redirect-uri', uri]);
    if (result.status !== 0) continue;
    for (const redirect_uri of ['https://evil.example/', 'https://app.example.pe.evil.example/', 'https://app.evil.pe/x', 'https://evil.example.pe/']) {
      assertErrorPage(await signedIn.authorize({ client_id: `w-${uri.length}`, redirect_uri, ...challenge }));
    }
  }
});

test('HT-04: no control character of a request reaches a header', async () => {
  const page = await signedIn.authorize({ client_id: 'portal', state: 'a\r\nX-Injected: 1\r\n\r\n<b>' });
  assert.equal(page.headers['x-injected'], undefined);
  assert.doesNotMatch(page.location, /[\r\n]/);
});

test('redirects to the client are 302 or 303 with no referrer and no cache', async () => {
  const page = await signedIn.authorize({ client_id: 'portal' });
  assert.ok([302, 303].includes(page.status));
  assert.match(page.headers['cache-control'], /no-store/);
  assert.equal(page.headers['referrer-policy'], 'no-referrer');
});

test('OA-01: POSTed requests are judged in the same way', async () => {
  for (const redirect_uri of ['https://evil.example/', 'https://app.example.pe/callback/', '']) {
    const form = { client_id: 'portal', response_type: 'code', scope: 'openid', redirect_uri };
    assertErrorPage(await request(`${signedIn.endpoint}/auth`, { form, jar: signedIn.jar }));
    assertErrorPage(await request(`${signedIn.endpoint}/auth?${encodeForm({ redirect_uri: REGISTERED })}`, { form, jar: signedIn.jar }));
  }
});
