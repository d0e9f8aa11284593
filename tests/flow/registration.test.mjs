// Dynamic client registration (RFC 7591, RFC 7592): by openid-client and by hand, with tokens that an
// administrator gives.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as oidc from 'openid-client';
import { AdminWorld, refusal } from './lib/admin.mjs';
import { HOUR, MachineClock } from './lib/clock.mjs';
import { bearer, request } from './lib/http.mjs';
import { REDIRECT } from './lib/oidc.mjs';

let clock, world, kc, token, base;
before(async () => {
  clock = new MachineClock();
  world = await AdminWorld.open({ env: clock.env });
  await signIn();
  await world.addAdmin('mario', ['realm-management/create-client'], 'peru');
  await world.addAdmin('mira', ['realm-management/view-clients'], 'peru');
  base = `${world.server.realm('peru')}/clients-registrations/openid-connect`;
});
after(async () => {
  await world.close();
  clock.close();
});

const signIn = async () => {
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
};
const allow = (values = {}) => kc.realms.createClientsInitialAccess({ realm: 'peru' }, { count: 1, expiration: 0, ...values });
const register = (by, json = { redirect_uris: [REDIRECT] }, options = {}) =>
  request(base, { method: 'POST', json, headers: by ? bearer(by) : {}, ...options });
const manage = (method, client, by, json) => request(client.registration_client_uri ?? client, { method, json, headers: by ? bearer(by) : {} });
const made = async (metadata = {}) => {
  const reply = await register((await allow()).token, { redirect_uris: [REDIRECT], ...metadata });
  assert.equal(reply.status, 201, reply.text);
  return reply.json;
};
const service = (client) => request(`${world.server.realm('peru')}/protocol/openid-connect/token`, {
  form: { grant_type: 'client_credentials', client_id: client.client_id, client_secret: client.client_secret },
});

test('a stock library registers a client and gets tokens with it', async () => {
  const { token: initialAccessToken } = await allow();
  const config = await oidc.dynamicClientRegistration(new URL(world.server.realm('peru')),
    { grant_types: ['client_credentials'], client_name: 'Servicio', token_endpoint_auth_method: 'client_secret_post' }, undefined,
    { initialAccessToken, execute: [oidc.allowInsecureRequests] });
  const client = config.clientMetadata();
  assert.equal(client.client_name, 'Servicio');
  assert.equal(client.client_secret_expires_at, 0);
  assert.ok((await oidc.clientCredentialsGrant(config)).access_token);
  const [found] = await kc.clients.find({ clientId: client.client_id });
  assert.deepEqual([found.fullScopeAllowed, found.directAccessGrantsEnabled, found.standardFlowEnabled], [false, false, false]);
});

test('OA-15: nobody registers without a token, nor twice with one for one', async () => {
  for (const by of [undefined, 'x', token]) {
    const reply = await register(by);
    assert.equal(reply.status, 401, reply.text);
    assert.equal(reply.json.error, 'invalid_token');
    assert.match(reply.headers['www-authenticate'], /^Bearer/);
    assert.match(reply.headers['content-type'], /json/);
  }
  const one = await allow();
  assert.equal((await register(one.token)).status, 201);
  assert.equal((await register(one.token)).status, 401);
  const three = await allow({ count: 3 });
  const replies = await Promise.all(Array.from({ length: 8 }, () => register(three.token)));
  assert.deepEqual(replies.map((r) => r.status).sort(), [201, 201, 201, 401, 401, 401, 401, 401]);
  // what is refused costs nothing
  const careful = await allow();
  assert.equal((await register(careful.token, { redirect_uris: ['javascript:alert(1)'] })).status, 400);
  assert.equal((await register(careful.token)).status, 201);
  // of another realm
  const other = await allow();
  assert.equal((await request(base.replace('/peru/', '/chile/'), { method: 'POST', json: { redirect_uris: [REDIRECT] }, headers: bearer(other.token) })).status, 401);
  const timed = await allow({ expiration: 60 });
  clock.step(HOUR);
  assert.equal((await register(timed.token)).status, 401);
  await signIn();
});

test('Keycloak\'s own representation: made, read, changed, ended; what is not a client\'s to say is refused', async () => {
  const at = base.replace('openid-connect', 'default');
  const post = async (json, by) => request(at, { method: 'POST', json, headers: bearer(by ?? (await allow()).token) });
  const reply = await post({ clientId: 'tienda', name: 'Tienda', description: 'Ventas', redirectUris: [REDIRECT], webOrigins: ['+'], serviceAccountsEnabled: true,
    attributes: { 'post.logout.redirect.uris': 'https://tienda.example.pe/', 'access.token.lifespan': '86400', 'garita.owner': 'x' } });
  assert.equal(reply.status, 201, reply.text);
  const made = reply.json;
  assert.deepEqual([made.clientId, made.name, made.description, made.redirectUris, made.webOrigins, made.fullScopeAllowed], ['tienda', 'Tienda', 'Ventas', [REDIRECT], ['+'], false]);
  assert.deepEqual([made.attributes['post.logout.redirect.uris'], made.attributes['access.token.lifespan'], made.attributes['garita.owner']], ['https://tienda.example.pe/', undefined, undefined]);
  assert.equal((await service({ client_id: 'tienda', client_secret: made.secret })).status, 200);
  const read = await manage('GET', `${at}/tienda`, made.registrationAccessToken);
  assert.equal(read.status, 200, read.text);
  assert.equal((await manage('GET', `${at}/tienda`, made.registrationAccessToken)).status, 401, 'each use gives another');
  await kc.clients.update({ id: made.id }, { consentRequired: true });
  const { registrationAccessToken, ...document } = read.json;
  const changed = await manage('PUT', `${at}/tienda`, registrationAccessToken, { ...document, name: 'Otra', consentRequired: false });
  assert.equal(changed.status, 200, changed.text);
  assert.deepEqual([changed.json.name, changed.json.consentRequired, changed.json.secret], ['Otra', true, made.secret]);
  const wrong = await manage('PUT', `${at}/tienda`, changed.json.registrationAccessToken, { ...document, clientId: 'otra' });
  assert.equal(wrong.json.error, 'invalid_client_metadata');
  assert.equal((await manage('DELETE', `${at}/tienda`, changed.json.registrationAccessToken)).status, 204);
  assert.deepEqual(await kc.clients.find({ clientId: 'tienda' }), []);

  const { token: careful } = await allow();
  const good = { redirectUris: [REDIRECT] };
  for (const bad of [
    { fullScopeAllowed: true }, { directAccessGrantsEnabled: true }, { bearerOnly: true }, { protocol: 'saml' }, { protocolMappers: [{ name: 'm' }] },
    { authenticationFlowBindingOverrides: { browser: 'x' } }, { authorizationServicesEnabled: true }, { webOrigins: ['https://other.example'] }, { webOrigins: ['*'] },
    { redirectUris: ['https://*.example.pe/'] }, { redirectUris: [] }, { redirectUris: 7 }, { clientAuthenticatorType: 'client-x509' }, { publicClient: 'yes' },
    { standardFlowEnabled: false }, { attributes: { 'jwks.string': 'no keys' } }, { clientId: 'realm-management' }, { clientId: 'account' }, { name: 7 }, { description: 7 },
  ]) {
    const refused = await post({ ...good, ...bad }, careful);
    assert.ok([400, 403].includes(refused.status), `${JSON.stringify(bad)}: ${refused.status} ${refused.text}`);
  }
  assert.equal((await post(good, careful)).status, 201, 'what is refused costs nothing');
  assert.equal((await post(good, token)).status, 401);
});

test('initial access tokens: made, listed, deleted, refused', async () => {
  const access = await allow({ count: 2, expiration: 600 });
  assert.equal(access.token.length, 43);
  assert.deepEqual([access.count, access.remainingCount, access.expiration], [2, 2, 600]);
  await register(access.token);
  const listed = (await kc.realms.getClientsInitialAccess({ realm: 'peru' })).find(({ id }) => id === access.id);
  assert.deepEqual([listed.count, listed.remainingCount, listed.token], [2, 1, undefined]);
  assert.ok(Math.abs(listed.timestamp - (Date.now() + clock.shift) / 1000) < 60);
  await kc.realms.delClientsInitialAccess({ realm: 'peru', id: access.id });
  assert.equal((await register(access.token)).status, 401);
  assert.equal((await refusal(kc.realms.delClientsInitialAccess({ realm: 'peru', id: access.id }))).status, 404);
  const path = '/realms/peru/clients-initial-access';
  for (const json of [{ count: 0 }, { count: 10001 }, { count: 'x' }, { expiration: -1 }, { expiration: 1e12 }, []]) {
    assert.equal((await world.call('POST', path, { token, json })).status, 400, JSON.stringify(json));
  }
  const creator = await world.token('mario', 'peru'), viewer = await world.token('mira', 'peru');
  assert.equal((await world.call('POST', path, { token: creator, json: {} })).status, 201);
  assert.equal((await world.call('POST', path, { token: viewer, json: {} })).status, 403);
  assert.equal((await world.call('GET', path, { token: viewer })).status, 200);
  assert.equal((await world.call('DELETE', `${path}/${access.id}`, { token: creator })).status, 403);
  assert.equal((await world.call('POST', path.replace('peru', 'chile'), { token, json: {} })).status, 403);
  const log = JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000'));
  assert.ok(!log.includes(access.token), 'AU-01');
  assert.match(log, /initial-access/);
});

test('RFC 7592: a client reads, changes and deletes itself; its token changes with each use', async () => {
  const client = await made({ client_name: 'Uno', grant_types: ['authorization_code', 'refresh_token'], scope: 'openid phone' });
  assert.equal(client.registration_client_uri, `${base}/${client.client_id}`);
  assert.deepEqual(client.grant_types, ['authorization_code', 'refresh_token']);
  assert.equal((await manage('GET', client)).status, 401);
  assert.equal((await manage('GET', client, 'x')).status, 401);
  const read = await manage('GET', client, client.registration_access_token);
  assert.equal(read.status, 200, read.text);
  assert.equal(read.json.client_secret, client.client_secret);
  assert.equal(read.headers['cache-control'], 'no-store');
  assert.equal((await manage('GET', client, client.registration_access_token)).status, 401, 'used');
  const next = read.json.registration_access_token;
  const changed = await manage('PUT', client, next, { client_id: client.client_id, client_secret: client.client_secret, client_name: 'Dos', redirect_uris: ['https://otra.example.pe/cb'] });
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.json.client_name, 'Dos');
  assert.deepEqual(changed.json.grant_types, ['authorization_code'], 'what is left out gets its default');
  assert.deepEqual((await kc.clients.find({ clientId: client.client_id }))[0].redirectUris, ['https://otra.example.pe/cb']);
  // wrong bodies change nothing, the token too
  let now = changed.json.registration_access_token;
  for (const json of [{}, { client_id: 'otro', redirect_uris: [REDIRECT] }, { client_id: client.client_id, client_secret: 'mio', redirect_uris: [REDIRECT] },
    { client_id: client.client_id, redirect_uris: [REDIRECT], grant_types: ['password'] }, []]) {
    const reply = await manage('PUT', client, now, json);
    assert.equal(reply.status, 400, JSON.stringify(json));
    assert.equal(reply.json.error, 'invalid_client_metadata');
  }
  // the token of another client
  const other = await made();
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const json = method === 'PUT' ? { client_id: client.client_id, redirect_uris: [REDIRECT] } : undefined;
    assert.equal((await manage(method, client, other.registration_access_token, json)).status, 401, method);
    assert.equal((await manage(method, `${base}/admin-cli`, other.registration_access_token, json)).status, 401, method);
  }
  const gone = await manage('DELETE', client, now);
  assert.equal(gone.status, 204);
  assert.deepEqual(await kc.clients.find({ clientId: client.client_id }), []);
  assert.equal((await manage('GET', client, now)).status, 401);
});

test('OA-15: the token dies with its client being disabled', async () => {
  const client = await made();
  const [{ id }] = await kc.clients.find({ clientId: client.client_id });
  await kc.clients.update({ id }, { enabled: false });
  assert.equal((await manage('GET', client, client.registration_access_token)).status, 401);
  assert.equal((await world.call('POST', `/realms/peru/clients/${id}/registration-access-token`, { token, json: {} })).status, 400);
  await kc.clients.update({ id }, { enabled: true });
  assert.equal((await manage('GET', client, client.registration_access_token)).status, 401, 'for good');
  const { registrationAccessToken } = await kc.clients.generateRegistrationAccessToken({ id });
  assert.equal((await manage('GET', client, registrationAccessToken)).status, 200);
});

test('an administrator gives a client its token; AD-04 holds', async () => {
  const { id } = await kc.clients.create({ clientId: 'hecho a mano', redirectUris: [REDIRECT] });
  const first = await kc.clients.generateRegistrationAccessToken({ id });
  assert.equal(first.secret, undefined);
  const { registrationAccessToken } = await kc.clients.generateRegistrationAccessToken({ id });
  const uri = `${base}/${encodeURIComponent('hecho a mano')}`;
  assert.equal((await manage('GET', uri, first.registrationAccessToken)).status, 401);
  const read = await manage('GET', uri, registrationAccessToken);
  assert.equal(read.json.registration_client_uri, uri);
  const path = `/realms/peru/clients/${id}/registration-access-token`;
  for (const name of ['mario', 'mira']) assert.equal((await world.call('POST', path, { token: await world.token(name, 'peru'), json: {} })).status, 403);
  await world.addAdmin('carlos', ['realm-management/manage-clients'], 'peru');
  const carlos = await world.token('carlos', 'peru');
  const [cli] = await kc.clients.find({ clientId: 'admin-cli' });
  assert.equal((await world.call('POST', path.replace(id, cli.id), { token: carlos, json: {} })).status, 403);
  assert.equal((await world.call('POST', path, { token: carlos, json: {} })).status, 200);
  assert.equal((await world.call('POST', path.replace(id, '00000000-0000-4000-8000-000000000000'), { token, json: {} })).status, 404);
});

test('OA-03, OA-15: metadata that are refused, in JSON', async () => {
  const access = await allow();
  const bad = [
    [{}, 'invalid_redirect_uri'], [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['http://app.example.pe/cb'] }, 'invalid_redirect_uri'], [{ redirect_uris: ['https://app.example.pe/cb#x'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['https://app.example.pe/*'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: [REDIRECT], grant_types: ['password'] }, 'invalid_client_metadata'],
    [{ redirect_uris: [REDIRECT], scope: 'openid realm-admin' }, 'invalid_client_metadata'],
    [{ redirect_uris: [REDIRECT], jwks_uri: 'ftp://x' }, 'invalid_client_metadata'],
    [{ redirect_uris: [REDIRECT], id_token_signed_response_alg: 'none' }, 'invalid_client_metadata'],
    [{ grant_types: ['client_credentials'], token_endpoint_auth_method: 'none' }, 'invalid_client_metadata'],
    [[], 'invalid_client_metadata'],
  ];
  for (const [json, error] of bad) {
    const reply = await register(access.token, json);
    assert.equal(reply.status, 400, JSON.stringify(json));
    assert.equal(reply.json.error, error, reply.text);
  }
  const raw = (options) => request(base, { method: 'POST', ...options, headers: { ...bearer(access.token), ...options.headers } });
  assert.equal((await raw({ body: '{', headers: { 'Content-Type': 'application/json' } })).status, 400);
  assert.equal((await raw({ form: { a: 'b' } })).status, 415);
  // what a client does not say about itself is not taken from it: roles, mappers, flows
  const client = await made({
    fullScopeAllowed: true, protocolMappers: [{ name: 'x', protocolMapper: 'oidc-hardcoded-role-mapper', config: { role: 'realm-management.realm-admin' } }],
    authenticationFlowBindingOverrides: { browser: 'x' }, clientId: 'admin-cli', attributes: { 'access.token.lifespan': '86400' },
  });
  const [found] = await kc.clients.find({ clientId: client.client_id });
  assert.equal(found.fullScopeAllowed, false);
  assert.equal(found.protocolMappers, undefined);
  assert.equal(found.attributes['access.token.lifespan'], undefined);
});

test('client policies hold for clients that register themselves', async () => {
  const rule = async (executors, conditions) => {
    await kc.clientPolicies.updatePolicy({ policies: [] });
    await kc.clientPolicies.createProfiles({ profiles: [{ name: 'p', executors }] });
    await kc.clientPolicies.updatePolicy({ policies: [{ name: 'q', conditions, profiles: ['p'] }] });
  };
  const by = (...sources) => [{ condition: 'client-updater-context', configuration: { 'update-client-source': sources } }];
  await rule([{ executor: 'confidential-client', configuration: {} }], by('ByInitialAccessToken'));
  const refused = await register((await allow()).token, { redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' });
  assert.equal(refused.json.error, 'invalid_client_metadata');
  await kc.clients.create({ clientId: 'publico', publicClient: true });
  await rule([{ executor: 'confidential-client', configuration: {} }], by('ByRegistrationAccessToken'));
  const open = await made({ token_endpoint_auth_method: 'none' });
  assert.equal(open.client_secret, undefined);
  assert.equal((await manage('PUT', open, open.registration_access_token, { client_id: open.client_id, redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' })).status, 400);
  // a secret that ends soon is replaced with a change of the registration; the one before counts for a while
  await rule([{ executor: 'secret-rotation', configuration: { 'expiration-period': 7200, 'rotated-expiration-period': 600, 'remaining-rotation-period': 3600 } }],
    [{ condition: 'any-client', configuration: {} }]);
  const client = await made({ grant_types: ['client_credentials'] });
  assert.ok(client.client_secret_expires_at > 0);
  const body = { client_id: client.client_id, grant_types: ['client_credentials'] };
  const early = await manage('PUT', client, client.registration_access_token, body);
  assert.equal(early.json.client_secret, client.client_secret);
  clock.step(HOUR + 60_000);
  const late = await manage('PUT', client, early.json.registration_access_token, body);
  assert.notEqual(late.json.client_secret, client.client_secret);
  assert.ok(late.json.client_secret_expires_at > client.client_secret_expires_at);
  assert.equal((await service(client)).status, 200);
  assert.equal((await service(late.json)).status, 200);
  await signIn();
  await kc.clientPolicies.updatePolicy({ policies: [] });
});

test('where new clients and their addresses wait for a second person, nobody gets around it by registering', async () => {
  const root = await world.token('root', 'master');
  const { json: access } = await world.call('POST', '/realms/chile/clients-initial-access', { token: root, json: { count: 2, expiration: 0 } });
  const there = `${world.server.realm('chile')}/clients-registrations/openid-connect`;
  const enter = () => request(there, { method: 'POST', json: { redirect_uris: [REDIRECT] }, headers: bearer(access.token) });
  const first = await enter();
  assert.equal(first.status, 201, first.text);
  await world.call('PUT', '/realms/chile/four-eyes', { token: root, json: { kinds: ['client-redirect-uris'], expiresAfterDays: 7 } });
  const second = await enter();
  assert.deepEqual([second.status, second.json.error], [400, 'invalid_client_metadata']);
  assert.match(second.json.error_description, /second person/);
  const changed = await manage('PUT', first.json, first.json.registration_access_token, { client_id: first.json.client_id, redirect_uris: ['https://otra.example.pe/cb'] });
  assert.equal(changed.status, 400, changed.text);
  const read = await manage('GET', first.json, first.json.registration_access_token);
  assert.deepEqual([read.status, read.json.redirect_uris], [200, [REDIRECT]]);
  assert.equal((await manage('DELETE', first.json, read.json.registration_access_token)).status, 204);
});

test('a description becomes a representation, and nothing is made', async () => {
  const convert = (body, by = token) => world.call('POST', '/realms/peru/client-description-converter', { token: by, body, headers: { 'Content-Type': 'text/plain' } });
  const metadata = await convert(JSON.stringify({ client_name: 'Uno', redirect_uris: [REDIRECT], grant_types: ['authorization_code'] }));
  assert.equal(metadata.json.name, 'Uno', metadata.text);
  assert.deepEqual(metadata.json.redirectUris, [REDIRECT]);
  assert.equal(metadata.json.implicitFlowEnabled, false);
  const own = await convert(JSON.stringify({ clientId: 'x', publicClient: true }));
  assert.deepEqual([own.json.clientId, own.json.publicClient], ['x', true]);
  assert.equal((await convert('<EntityDescriptor/>')).status, 501);
  for (const body of ['{', '[]', '7', JSON.stringify({ clientId: 7 }), JSON.stringify({ grant_types: ['password'] })]) assert.equal((await convert(body)).status, 400, body);
  assert.equal((await convert('{}', await world.token('mira', 'peru'))).status, 403);
  assert.deepEqual(await kc.clients.find({ clientId: 'x' }), []);
});

test('discovery names the endpoint', async () => {
  const { json } = await request(`${world.server.realm('peru')}/.well-known/openid-configuration`);
  assert.equal(json.registration_endpoint, base);
});
