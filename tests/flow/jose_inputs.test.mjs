// Every place that takes a JWT meets the same forgeries: bearer, refresh token, introspection, hint,
// client assertion, request object.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import http from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { bearer, request } from './lib/http.mjs';
import { decode, headerOf, random } from './lib/oidc.mjs';
import { bringingKeys, confused, rewritten, unsigned } from './lib/jwt_attacks.mjs';
import { World } from './lib/world.mjs';

let world, portal, login, jwks, listener, calls = 0, listenerUrl, clientKey;
let inputs;

before(async () => {
  world = await World.open();
  await world.addUser('ana');
  listener = http.createServer((req, res) => { calls++; res.end('{"keys":[]}'); }).listen(0, '127.0.0.1');
  await new Promise((r) => listener.once('listening', r));
  listenerUrl = `http://127.0.0.1:${listener.address().port}/keys`;
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  clientKey = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(clientKey.publicKey)), alg: 'RS256', use: 'sig', kid: 'client-key' };
  await world.addClient('key-jwt', {
    serviceAccount: true,
    values: { clientAuthenticatorType: 'client-jwt', 'attributes.use.jwks.string': 'true', 'attributes.jwks.string': JSON.stringify({ keys: [jwk] }), 'attributes.request.object.signature.alg': 'RS256' },
  });
  login = await portal.login('ana');
  jwks = (await request(`${portal.endpoint}/certs`)).json.keys;
  const issuer = world.server.realm('peru');
  const assertion = {
    iss: 'key-jwt', sub: 'key-jwt', aud: issuer, jti: random(), iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 60,
  };
  const object = { iss: 'key-jwt', aud: issuer, client_id: 'key-jwt', response_type: 'code', redirect_uri: 'https://app.example.pe/callback', scope: 'openid', iat: assertion.iat, exp: assertion.exp };
  const signed = (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'client-key', typ: 'JWT' }).sign(clientKey.privateKey);
  inputs = {
    'bearer at userinfo': {
      genuine: login.tokens.access_token, keys: jwks,
      refused: async (token) => /[^\x20-\x7e]/.test(token) /* not sendable */
        || [400, 401, 431].includes((await request(`${portal.endpoint}/userinfo`, { headers: bearer(token) })).status),
    },
    'access_token in the body of userinfo': {
      genuine: login.tokens.access_token, keys: jwks,
      refused: async (token) => [400, 401, 413].includes((await request(`${portal.endpoint}/userinfo`, { form: { access_token: token } })).status),
    },
    'token at introspection': {
      genuine: login.tokens.access_token, keys: jwks,
      refused: async (token) => {
        const reply = await portal.introspect(token);
        return [400, 413].includes(reply.status) || (reply.status === 200 && reply.text === '{"active":false}');
      },
    },
    'refresh token': {
      genuine: login.tokens.refresh_token, keys: jwks,
      refused: async (token) => [400, 413].includes((await portal.refresh(token)).status),
    },
    'id_token_hint at auth': {
      genuine: login.tokens.id_token, keys: jwks,
      refused: async (token) => {
        const page = await login.browser.authorize({ client_id: 'portal', prompt: 'none', id_token_hint: token });
        return token === '' || (page.isRedirect ? ['login_required', 'invalid_request'].includes(page.callback.error) : page.status >= 400 && page.status < 500);
      },
    },
    'id_token_hint at logout': {
      genuine: login.tokens.id_token, keys: jwks,
      refused: async (token) => {
        const page = await request(`${portal.endpoint}/logout?id_token_hint=${encodeURIComponent(token)}`, { headers: { Cookie: login.browser.jar.header('/realms/peru/') } });
        return !page.isRedirect && page.status < 500 && (await portal.isActive(login.tokens.access_token));
      },
    },
    'client assertion': {
      genuine: await signed(assertion), claims: assertion, keys: [jwk],
      refused: async (token) => {
        const reply = await request(`${portal.endpoint}/token`, { form: {
          grant_type: 'client_credentials', client_assertion: token, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' } });
        return reply.status >= 400 && reply.status < 500;
      },
    },
    'request object': {
      genuine: await signed(object), claims: object, keys: [jwk],
      refused: async (token) => {
        const page = await login.browser.authorize({ client_id: 'key-jwt', request: token });
        return page.isRedirect ? page.callback.error !== undefined : page.status >= 400 && page.status < 500;
      },
    },
  };
});
after(async () => {
  listener.close();
  await world.close();
});

const refuseAll = async (input, attacks) => {
  for (const [name, token] of attacks) assert.ok(await input.refused(token), name);
};
const claimsOf = (input) => input.claims ?? decode(input.genuine);

for (const name of ['bearer at userinfo', 'access_token in the body of userinfo', 'token at introspection', 'refresh token',
  'id_token_hint at auth', 'id_token_hint at logout', 'client assertion', 'request object']) {
  test(`JO-02: none is no algorithm (${name})`, async () => refuseAll(inputs[name], unsigned(claimsOf(inputs[name]))));

  test(`JO-01, JO-03: a public key is no secret (${name})`, async () => {
    for (const jwk of inputs[name].keys) await refuseAll(inputs[name], confused(claimsOf(inputs[name]), jwk));
  });

  test(`JO-04, JO-05: keys that come with the token are not looked at (${name})`, async () => {
    await refuseAll(inputs[name], bringingKeys(claimsOf(inputs[name]), headerOf(inputs[name].genuine).kid, listenerUrl));
    assert.equal(calls, 0, 'the listener saw no call');
  });

  test(`JO-06, JO-07, JO-08: genuine content in a wrong shape (${name})`, async () => refuseAll(inputs[name], rewritten(inputs[name].genuine)));
}

test('JO-08: 1 MiB of dots costs nothing and the server goes on', async () => {
  for (const name of ['token at introspection', 'refresh token', 'client assertion']) {
    const started = Date.now();
    await inputs[name].refused('.'.repeat(1 << 20)).catch(() => {});
    assert.ok(Date.now() - started < 30000, name);
  }
  assert.equal((await portal.userinfo(login.tokens.access_token)).status, 200);
});

test('after all that, the genuine ones still work', async () => {
  assert.equal((await portal.refresh(login.tokens.refresh_token)).status, 200);
  assert.equal(await inputs['client assertion'].refused(inputs['client assertion'].genuine), false);
  assert.equal(await inputs['request object'].refused(inputs['request object'].genuine), false);
});
