// Client policies and the rotation of client secrets: documents by the stock admin client, and what they ask
// of clients, at changes and at requests.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import * as oidc from 'openid-client';
import { createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { AdminWorld, refusal } from './lib/admin.mjs';
import { MachineClock, SECOND } from './lib/clock.mjs';
import { request } from './lib/http.mjs';
import { Browser, PASSWORD, pkce, random, REDIRECT } from './lib/oidc.mjs';

let clock, world, kc, token, chile;
before(async () => {
  clock = new MachineClock();
  world = await AdminWorld.open({ env: clock.env });
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  await world.addAdmin('carla', ['realm-management/realm-admin'], 'chile');
  await world.addAdmin('mario', ['realm-management/manage-clients'], 'peru');
  chile = await world.token('carla', 'chile');
  await world.addUser('maria');
});
after(async () => {
  await world.close();
  clock.close();
});

const paths = { profiles: '/realms/peru/client-policies/profiles', policies: '/realms/peru/client-policies/policies' };
const none = async () => {
  await kc.clientPolicies.updatePolicy({ policies: [] });
  await kc.clientPolicies.createProfiles({ profiles: [] });
};
// One profile of these executors, for clients of these conditions.
const rule = async (executors, conditions = [{ condition: 'any-client', configuration: {} }], enabled = true) => {
  await none();
  await kc.clientPolicies.createProfiles({ profiles: [{ name: 'strict', description: 'What we ask for', executors }] });
  await kc.clientPolicies.updatePolicy({ policies: [{ name: 'ours', enabled, conditions, profiles: ['strict'] }] });
};
const executor = (id, configuration = {}) => ({ executor: id, configuration });
const condition = (id, configuration = {}) => ({ condition: id, configuration });
beforeEach(none);

let counter = 0;
const make = async (values = {}) => {
  const clientId = `app-${++counter}`;
  const { id } = await kc.clients.create({ clientId, redirectUris: [REDIRECT], ...values });
  return { id, clientId };
};
const tokens = (form) => request(`${world.server.realm('peru')}/protocol/openid-connect/token`, { form });
const service = (clientId, secret) => tokens({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret });
const authorize = (clientId, parameters = {}) => new Browser(world.server, 'peru').authorize({ client_id: clientId, ...parameters });

test('documents: written, read, refused', async () => {
  assert.deepEqual(await kc.clientPolicies.listProfiles({}), { profiles: [] });
  assert.deepEqual(await kc.clientPolicies.listPolicies({}), { policies: [] });
  await rule([executor('pkce-enforcer', { 'auto-configure': true })]);
  const { profiles, globalProfiles } = await kc.clientPolicies.listProfiles({ includeGlobalProfiles: true });
  assert.deepEqual(globalProfiles, []);
  assert.deepEqual(profiles, [{ name: 'strict', description: 'What we ask for', executors: [executor('pkce-enforcer', { 'auto-configure': true })] }]);
  const { policies } = await kc.clientPolicies.listPolicies({ includeGlobalPolicies: true });
  assert.equal(policies[0].conditions[0].condition, 'any-client');

  const put = (what, json) => world.call('PUT', paths[what], { token, json });
  // what a policy names stays
  const gone = await put('profiles', { profiles: [] });
  assert.equal(gone.status, 400);
  assert.equal(gone.json.field, 'profiles');
  const bad = [
    ['profiles', { profiles: [{ name: 'x', executors: [executor('dpop-bind-enforcer')] }] }, 501],
    ['profiles', { profiles: [{ name: 'x', executors: [executor('pkce-enforcer', { color: 'red' })] }] }, 400],
    ['profiles', { profiles: [{ name: '', executors: [] }] }, 400],
    ['profiles', { profiles: 'strict' }, 400],
    ['profiles', { globalProfiles: [{ name: 'fapi-1-baseline' }] }, 501],
    ['policies', { policies: [{ name: 'x', profiles: ['fapi-1-baseline'] }] }, 400],
    ['policies', { policies: [{ name: 'x', conditions: [condition('acr-condition')] }] }, 501],
  ];
  for (const [what, json, status] of bad) assert.equal((await put(what, json)).status, status, JSON.stringify(json));
  assert.deepEqual((await kc.clientPolicies.listPolicies({})).policies, policies, 'nothing of it is kept');
  assert.equal((await world.call('PUT', paths.policies, { token, headers: { 'Content-Type': 'application/json' }, body: '[' })).status, 400);
  const log = (await world.cli.json('audit', 'list', '--realm', 'peru')).filter((e) => e.type === 'ConfigurationChanged');
  assert.match(JSON.stringify(log.at(-1)), /client-policies/);
});

test('AD-02: rules over clients are the realm\'s, and of nobody else\'s', async () => {
  const mario = await world.token('mario', 'peru');
  for (const path of Object.values(paths)) {
    assert.equal((await world.call('PUT', path, { token: mario, json: {} })).status, 403, 'who manages clients does not lift what is asked of them');
    for (const method of ['GET', 'PUT']) {
      assert.equal((await world.call(method, path, { token: chile, ...(method === 'PUT' ? { json: {} } : {}) })).status, 403);
      assert.equal((await world.call(method, path, method === 'PUT' ? { json: {} } : {})).status, 401);
    }
  }
});

test('auto-configure sets what is asked for; without it a client that does not fit is refused', async () => {
  const auto = { 'auto-configure': true };
  await rule([executor('pkce-enforcer', auto), executor('consent-required', auto), executor('full-scope-disabled', auto),
    executor('reject-ropc-grant', auto), executor('reject-implicit-grant', auto)]);
  const { id } = await make({ directAccessGrantsEnabled: true, implicitFlowEnabled: true });
  const client = await kc.clients.findOne({ id });
  assert.equal(client.attributes['pkce.code.challenge.method'], 'S256');
  assert.deepEqual([client.consentRequired, client.fullScopeAllowed, client.directAccessGrantsEnabled, client.implicitFlowEnabled],
    [true, false, false, false]);
  await kc.clients.update({ id }, { consentRequired: false });
  assert.equal((await kc.clients.findOne({ id })).consentRequired, true);

  const checks = [
    [executor('pkce-enforcer'), {}, 'pkce.code.challenge.method'],
    [executor('consent-required'), {}, 'consentRequired'],
    [executor('full-scope-disabled'), {}, 'fullScopeAllowed'],
    [executor('reject-ropc-grant'), { directAccessGrantsEnabled: true }, 'directAccessGrantsEnabled'],
    [executor('reject-implicit-grant'), { implicitFlowEnabled: true }, 'implicitFlowEnabled'],
    [executor('confidential-client'), { publicClient: true }, 'publicClient'],
    [executor('secure-client-authenticator', { 'allowed-client-authenticators': ['client-jwt'] }), {}, 'clientAuthenticatorType'],
    [executor('secure-client-uris'), { redirectUris: ['http://localhost/cb'] }, 'redirectUris'],
    [executor('secure-client-uris'), { rootUrl: 'http://127.0.0.1:1' }, 'rootUrl'],
    [executor('secure-client-uris'), { redirectUris: ['https://app.example.pe/*'] }, 'redirectUris'],
    [executor('secure-redirect-uris-enforcer'), { redirectUris: ['http://127.0.0.1/cb'] }, 'redirectUris'],
    [executor('secure-redirect-uris-enforcer'), { redirectUris: ['pe.example.app:/cb'] }, 'redirectUris'],
    [executor('secure-redirect-uris-enforcer', { 'allow-permitted-domains': ['*.example.cl'] }), {}, 'redirectUris'],
  ];
  for (const [rules, values, field] of checks) {
    await rule([rules]);
    const reply = await world.call('POST', '/realms/peru/clients', { token, json: { clientId: 'nope', redirectUris: [REDIRECT], ...values } });
    assert.equal(reply.status, 400, `${rules.executor} ${JSON.stringify(values)}: ${reply.text}`);
    assert.equal(reply.json.field, field);
    assert.match(reply.json.errorMessage, /client policy/);
  }
  const fits = [
    [executor('secure-redirect-uris-enforcer', { 'allow-ipv4-loopback-address': true }), { redirectUris: ['http://127.0.0.1/cb'] }],
    [executor('secure-redirect-uris-enforcer', { 'allow-private-use-uri-scheme': true }), { redirectUris: ['pe.example.app:/cb'] }],
    [executor('secure-redirect-uris-enforcer', { 'allow-permitted-domains': ['*.example.pe'] }), {}],
    [executor('secure-redirect-uris-enforcer', { 'allow-wildcard-context-path': true }), { redirectUris: ['https://app.example.pe/*'] }],
    [executor('secure-client-authenticator', { 'allowed-client-authenticators': ['client-jwt'], 'default-client-authenticator': 'client-jwt' }), {}],
  ];
  for (const [rules, values] of fits) {
    await rule([rules]);
    await make(values);
  }
  // a change is held to it like a new one
  await none();
  const old = await make({ directAccessGrantsEnabled: true });
  await rule([executor('reject-ropc-grant')]);
  assert.equal((await refusal(kc.clients.update({ id: old.id }, { name: 'x' }))).status, 400);
  await kc.clients.update({ id: old.id }, { directAccessGrantsEnabled: false });
});

test('conditions say for whom', async () => {
  const ask = [executor('consent-required')];
  const probe = async (conditions, values = {}, by = token) => {
    await rule(ask, conditions);
    const reply = await world.call('POST', '/realms/peru/clients', { token: by, json: { clientId: `probe-${++counter}`, ...values } });
    assert.ok([201, 400].includes(reply.status), reply.text);
    return reply.status === 400;
  };
  const holds = async (...args) => assert.equal(await probe(...args), true, JSON.stringify(args[0]));
  const not = async (...args) => assert.equal(await probe(...args), false, JSON.stringify(args[0]));
  await holds([condition('any-client')]);
  await not([condition('any-client', { 'is-negative-logic': true })]);
  await not([]);
  await holds([condition('client-access-type', { type: ['public'] })], { publicClient: true });
  await not([condition('client-access-type', { type: ['public'] })]);
  await holds([condition('client-attributes', { attributes: [{ key: 'sede', value: 'lima' }] })], { attributes: { sede: 'lima' } });
  await not([condition('client-attributes', { attributes: [{ key: 'sede', value: 'lima' }] })], { attributes: { sede: 'cusco' } });
  await holds([condition('client-updater-context', { 'update-client-source': ['ByAuthenticatedUser'] })]);
  await not([condition('client-updater-context', { 'update-client-source': ['ByAnonymous', 'ByInitialAccessToken'] })]);
  await holds([condition('client-updater-source-host', { 'trusted-hosts': ['127.0.0.1'] })]);
  await not([condition('client-updater-source-host', { 'trusted-hosts': ['10.0.0.1'] })]);
  await holds([condition('client-updater-source-roles', { roles: ['realm-management.realm-admin'] })]);
  await not([condition('client-updater-source-roles', { roles: ['realm-management.realm-admin'] })], {}, await world.token('mario', 'peru'));
  const [mario] = await kc.users.find({ username: 'mario' });
  const group = await kc.groups.create({ name: 'externos' });
  await kc.users.addToGroup({ id: mario.id, groupId: group.id });
  await holds([condition('client-updater-source-groups', { groups: ['externos'] })], {}, await world.token('mario', 'peru'));
  await not([condition('client-updater-source-groups', { groups: ['externos'] })]);
  // an administrator from master is no member of groups of the realm
  await not([condition('client-updater-source-groups', { groups: ['externos'] })], {}, await world.token('root', 'master'));
  // nothing of a request is known at a change: these have no say, and alone do not hold
  await not([condition('client-scopes', { scopes: ['profile'] })]);
  await holds([condition('client-scopes', { scopes: ['profile'] }), condition('any-client')]);
  await not([condition('client-roles', { roles: ['auditado'] })]);
  const { id } = await (async () => { await none(); return make(); })();
  await kc.clients.createRole({ id, name: 'auditado' });
  await rule(ask, [condition('client-roles', { roles: ['auditado'] })]);
  assert.equal((await refusal(kc.clients.update({ id }, { name: 'x' }))).status, 400);
  await rule(ask, undefined, false);
  await make(); // a policy that is off
});

test('OA-10: requests without PKCE are refused once a policy asks for it', async () => {
  const { clientId } = await make();
  assert.equal((await authorize(clientId)).status, 200);
  await rule([executor('pkce-enforcer')]);
  const reply = await authorize(clientId);
  assert.match(reply.location, /error=invalid_request.*code_challenge/);
  assert.equal((await authorize(clientId, { code_challenge: pkce().challenge, code_challenge_method: 'S256' })).status, 200);
  await rule([executor('pkce-enforcer')], [condition('client-scopes', { type: 'Optional', scopes: ['phone'] })]);
  assert.equal((await authorize(clientId)).status, 200);
  assert.match((await authorize(clientId, { scope: 'openid phone' })).location, /code_challenge/);
  await rule([executor('pkce-enforcer')], [condition('grant-type', { grant_types: ['password'] })]);
  assert.equal((await authorize(clientId)).status, 200);
});

test('requests that a policy refuses', async () => {
  const { id, clientId } = await make({ directAccessGrantsEnabled: true, implicitFlowEnabled: true, serviceAccountsEnabled: true });
  const secret = (await kc.clients.getClientSecret({ id })).value;
  const password = () => tokens({ grant_type: 'password', client_id: clientId, client_secret: secret, username: 'maria', password: PASSWORD });
  const hybrid = (response_type) => authorize(clientId, { response_type, nonce: random() });
  assert.equal((await password()).status, 200);
  await rule([executor('reject-ropc-grant')]);
  assert.equal((await password()).json.error, 'unauthorized_client');
  assert.equal((await service(clientId, secret)).status, 200, 'the others go on');
  await rule([executor('reject-implicit-grant')]);
  assert.match((await hybrid('id_token')).location, /error=unauthorized_client/);
  assert.match((await hybrid('code token')).location, /error=unauthorized_client/);
  assert.equal((await hybrid('code id_token')).status, 200);
  await rule([executor('secure-session')]);
  assert.match((await authorize(clientId)).location, /nonce/);
  assert.equal((await authorize(clientId, { nonce: random() })).status, 200);
  assert.match((await authorize(clientId, { scope: 'email', state: '' })).location, /error=invalid_request/);
  await rule([executor('secure-redirect-uris-enforcer', { 'allow-permitted-domains': ['otra.example.pe'] })]);
  assert.match((await authorize(clientId)).location, /redirect_uri/);
  await rule([executor('secure-client-authenticator', { 'allowed-client-authenticators': ['client-jwt'] })]);
  assert.equal((await service(clientId, secret)).json.error, 'unauthorized_client');
  await none();
  const open = await make({ publicClient: true, directAccessGrantsEnabled: true });
  await rule([executor('confidential-client')]);
  assert.match((await authorize(open.clientId, { code_challenge: pkce().challenge, code_challenge_method: 'S256' })).location, /error=unauthorized_client/);
  assert.equal((await tokens({ grant_type: 'password', client_id: open.clientId, username: 'maria', password: PASSWORD })).json.error, 'unauthorized_client');
});

// --- Secrets ---

const ROTATION = executor('secret-rotation', { 'expiration-period': 3600, 'rotated-expiration-period': 600, 'remaining-rotation-period': 0 });
// As an application of a stock library gets its tokens.
const grants = async (clientId, secret, auth = oidc.ClientSecretPost(secret)) => {
  const config = await oidc.discovery(new URL(world.server.realm('peru')), clientId, undefined, auth, { execute: [oidc.allowInsecureRequests] });
  return oidc.clientCredentialsGrant(config).then(() => 200, (e) => e.status ?? e.cause?.status ?? `${e}`);
};

test('OC-01: a secret that was rotated counts until it expires, with openid-client', async () => {
  await rule([ROTATION]);
  const { id, clientId } = await make({ serviceAccountsEnabled: true });
  const first = (await kc.clients.getClientSecret({ id })).value;
  const made = (await kc.clients.findOne({ id })).attributes;
  assert.equal(Number(made['client.secret.expiration.time']) - Number(made['client.secret.creation.time']), 3600);
  assert.equal((await refusal(kc.clients.invalidateSecret({ id }))).status, 404);
  const second = (await kc.clients.generateNewClientSecret({ id })).value;
  for (const auth of [oidc.ClientSecretPost, oidc.ClientSecretBasic]) {
    assert.equal(await grants(clientId, first, auth(first)), 200);
    assert.equal(await grants(clientId, second, auth(second)), 200);
    assert.equal(await grants(clientId, 'wrong', auth('wrong')), 401);
  }
  const rotated = await world.call('GET', `/realms/peru/clients/${id}/client-secret/rotated`, { token });
  assert.deepEqual(rotated.json, { type: 'secret', value: first });
  const attributes = (await kc.clients.findOne({ id })).attributes;
  assert.equal(attributes['client.secret.rotated'], undefined, 'the secret itself is no attribute');
  assert.equal(Number(attributes['client.secret.rotated.expiration.time']) - Number(attributes['client.secret.creation.time']), 600);
  // only one before counts
  const third = (await kc.clients.generateNewClientSecret({ id })).value;
  assert.equal(await grants(clientId, first), 401);
  assert.equal(await grants(clientId, second), 200);
  clock.step(601 * SECOND);
  assert.equal(await grants(clientId, second), 401, 'over');
  assert.equal(await grants(clientId, third), 200);
  token = await world.token('ana', 'peru');
  kc = await world.client('ana', 'peru');
  assert.equal((await world.call('GET', `/realms/peru/clients/${id}/client-secret/rotated`, { token })).status, 404);
  clock.step(3600 * SECOND);
  assert.equal(await grants(clientId, third), 401, 'an expired secret is none');
  token = await world.token('ana', 'peru');
  kc = await world.client('ana', 'peru');
  const fourth = (await kc.clients.generateNewClientSecret({ id })).value;
  assert.equal(await grants(clientId, third), 401, 'what had expired does not come back');
  assert.equal(await grants(clientId, fourth), 200);
});

test('a rotated secret is taken away; a change of the client does not touch it', async () => {
  await rule([ROTATION]);
  const { id, clientId } = await make({ serviceAccountsEnabled: true });
  const first = (await kc.clients.getClientSecret({ id })).value;
  const before = await kc.clients.findOne({ id });
  await kc.clients.update({ id }, { secret: 'traido-de-otra-parte' });
  assert.equal(await grants(clientId, first), 200);
  assert.equal(await grants(clientId, 'traido-de-otra-parte'), 200);
  const moments = (await kc.clients.findOne({ id })).attributes;
  // moments are the server's: neither an old copy nor a wish changes them
  await kc.clients.update({ id }, { ...before, secret: 'traido-de-otra-parte', attributes: { ...before.attributes, 'client.secret.expiration.time': '4102444800', 'client.secret.rotated.expiration.time': '' } });
  assert.deepEqual((await kc.clients.findOne({ id })).attributes, moments);
  assert.equal(await grants(clientId, first), 200);
  await kc.clients.invalidateSecret({ id });
  assert.equal(await grants(clientId, first), 401);
  assert.equal(await grants(clientId, 'traido-de-otra-parte'), 200);
  assert.equal((await refusal(kc.clients.invalidateSecret({ id }))).status, 404);
  const log = JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru'));
  for (const secret of [first, 'traido-de-otra-parte']) assert.ok(!log.includes(secret), 'AU-01');
});

test('AD-06: the rotated secret is for who may change the client', async () => {
  await rule([ROTATION]);
  await world.addAdmin('mira', ['realm-management/view-clients'], 'peru');
  const viewer = await world.token('mira', 'peru');
  const stranger = await world.token('carla', 'chile');
  const { id } = await make();
  await kc.clients.generateNewClientSecret({ id });
  const path = `/realms/peru/clients/${id}/client-secret/rotated`;
  for (const method of ['GET', 'DELETE']) {
    assert.equal((await world.call(method, path, { token: viewer })).status, 403);
    assert.equal((await world.call(method, path, { token: stranger })).status, 403);
  }
  assert.equal((await world.call('GET', path, { token })).status, 200);
});

test('OC-02: assertions under the rotated secret (client_secret_jwt)', async () => {
  await rule([ROTATION]);
  const { id, clientId } = await make({ serviceAccountsEnabled: true, clientAuthenticatorType: 'client-secret-jwt' });
  const first = (await kc.clients.getClientSecret({ id })).value;
  const second = (await kc.clients.generateNewClientSecret({ id })).value;
  const sign = (secret) => new SignJWT({ iss: clientId, sub: clientId, aud: world.server.realm('peru'), jti: random() })
    .setProtectedHeader({ alg: 'HS256' }).setIssuedAt(Math.floor((Date.now() + clock.shift) / 1000))
    .setExpirationTime(Math.floor((Date.now() + clock.shift) / 1000) + 60).sign(createSecretKey(Buffer.from(secret)));
  const present = async (secret) => (await tokens({
    grant_type: 'client_credentials', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: await sign(secret),
  })).status;
  assert.deepEqual([await present(first), await present(second), await present(`${first}x`)], [200, 200, 401]);
  clock.step(601 * SECOND);
  assert.deepEqual([await present(first), await present(second)], [401, 200]);
});

test('without a policy the secret before ends at once', async () => {
  const { id, clientId } = await make({ serviceAccountsEnabled: true });
  const first = (await kc.clients.getClientSecret({ id })).value;
  await kc.clients.generateNewClientSecret({ id });
  assert.equal(await grants(clientId, first), 401);
  assert.equal((await kc.clients.findOne({ id })).attributes?.['client.secret.expiration.time'], undefined);
});
