// The authorization code flow with the stock client openid-client, once for each way a client can
// prove who it is.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import * as oidc from 'openid-client';
import { fetchLike } from './lib/http.mjs';
import { Browser, headerOf, REDIRECT } from './lib/oidc.mjs';
import { SECRET, World } from './lib/world.mjs';

let world, keys;
const key = {};

before(async () => {
  world = await World.open();
  for (const alg of ['RS256', 'ES256', 'PS256', 'EdDSA']) {
    key[alg] = await generateKeyPair(alg, { extractable: true });
  }
  keys = await Promise.all(Object.entries(key).map(async ([alg, pair]) => ({
    ...(await exportJWK(pair.publicKey)), alg, use: 'sig', kid: `key-${alg}`,
  })));
  const jwks = { 'attributes.use.jwks.string': 'true', 'attributes.jwks.string': JSON.stringify({ keys }) };
  await world.addUser('ana', { email: 'ana@example.pe', emailVerified: true, firstName: 'Ana', lastName: 'Quispe' });
  await world.addClient('portal');
  await world.addClient('secret-jwt', { values: { clientAuthenticatorType: 'client-secret-jwt' } });
  await world.addClient('key-jwt', { values: { clientAuthenticatorType: 'client-jwt', ...jwks } });
  await world.addClient('spa', { isPublic: true });
});
after(() => world.close());

async function configure(clientId, metadata, authentication) {
  const config = await oidc.discovery(new URL(world.server.realm('peru')), clientId, metadata, authentication, {
    execute: [oidc.allowInsecureRequests], [oidc.customFetch]: fetchLike,
  });
  config[oidc.customFetch] = fetchLike;
  return config;
}

async function signIn(config, username = 'ana') {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const parameters = {
    redirect_uri: REDIRECT, scope: 'openid profile email', state: oidc.randomState(), nonce: oidc.randomNonce(),
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
  };
  const browser = new Browser(world.server, 'peru');
  const login = await browser.get(oidc.buildAuthorizationUrl(config, parameters).href);
  const back = await browser.follow(await browser.logIn(login, username));
  // openid-client checks state, iss, nonce, at_hash, signature, aud, exp
  return oidc.authorizationCodeGrant(config, new URL(back.location), {
    pkceCodeVerifier, expectedState: parameters.state, expectedNonce: parameters.nonce, idTokenExpected: true,
  });
}

const methods = {
  client_secret_basic: () => configure('portal', { client_secret: SECRET }, oidc.ClientSecretBasic(SECRET)),
  client_secret_post: () => configure('portal', { client_secret: SECRET }, oidc.ClientSecretPost(SECRET)),
  client_secret_jwt: () => configure('secret-jwt', { client_secret: SECRET }, oidc.ClientSecretJwt(SECRET)),
  none: () => configure('spa', {}, oidc.None()),
};
for (const alg of ['RS256', 'ES256', 'PS256', 'EdDSA']) {
  methods[`private_key_jwt ${alg}`] = () =>
    configure('key-jwt', {}, oidc.PrivateKeyJwt({ key: key[alg].privateKey, kid: `key-${alg}` }));
}

for (const [method, make] of Object.entries(methods)) {
  test(`oidcc-server, openid-client signs in with ${method}`, async () => {
    const config = await make();
    const tokens = await signIn(config);
    const claims = tokens.claims();
    assert.equal(claims.preferred_username, 'ana');
    const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
    assert.equal(info.email, 'ana@example.pe');
    assert.equal(info.email_verified, true);

    const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    assert.notEqual(fresh.refresh_token, tokens.refresh_token);
    assert.equal(fresh.claims().sub, claims.sub);

    if (method !== 'none') {
      const seen = await oidc.tokenIntrospection(config, fresh.access_token);
      assert.equal(seen.active, true);
    }
    await oidc.tokenRevocation(config, fresh.refresh_token);
    await assert.rejects(oidc.refreshTokenGrant(config, fresh.refresh_token), { error: 'invalid_grant' });
  });
}

test('oidcc-server-client-secret-post and basic: a wrong secret is refused in the same way', async () => {
  for (const method of [oidc.ClientSecretBasic, oidc.ClientSecretPost]) {
    const config = await configure('portal', {}, method('wrong'));
    await assert.rejects(oidc.clientCredentialsGrant(config), (err) => {
      assert.equal(err.status ?? err.cause?.status, 401);
      return true;
    });
  }
});

test('oidcc-idtoken-signature, OI-01: header, at_hash, times and parties of the ID token', async () => {
  const config = await methods.client_secret_basic();
  const before = Math.floor(Date.now() / 1000);
  const tokens = await signIn(config);
  const header = headerOf(tokens.id_token);
  assert.equal(header.alg, 'RS256');
  assert.ok(header.kid);
  const claims = tokens.claims();
  assert.equal(claims.iss, world.server.realm('peru'));
  assert.equal(claims.aud, 'portal');
  assert.equal(claims.azp, 'portal');
  assert.equal(claims.typ, 'ID');
  assert.ok(claims.iat >= before && claims.exp > claims.iat);
  assert.ok(claims.auth_time >= before - 1 && claims.auth_time <= claims.iat);
  const half = createHash('sha256').update(tokens.access_token).digest().subarray(0, 16);
  assert.equal(claims.at_hash, half.toString('base64url'));
});

test('RP-initiated logout with openid-client: the session is over at once', async () => {
  const config = await methods.client_secret_basic();
  await world.setClient('portal', { 'attributes.post.logout.redirect.uris': 'https://app.example.pe/bye' });
  const browser = new Browser(world.server, 'peru');
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT, scope: 'openid', code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256', state: 's1',
  });
  const back = await browser.follow(await browser.logIn(await browser.get(url.href), 'ana'));
  const tokens = await oidc.authorizationCodeGrant(config, new URL(back.location), { pkceCodeVerifier, expectedState: 's1' });
  const out = await browser.get(oidc.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://app.example.pe/bye', state: 'bye-1',
  }).href);
  assert.equal(out.location, 'https://app.example.pe/bye?state=bye-1');
  await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' });
  assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, false);
});
