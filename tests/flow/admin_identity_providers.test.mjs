// Identity providers and their mappers through the stock client and by hand; what is drawn from other servers.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { AdminWorld, UUID, idOf, refusal } from './lib/admin.mjs';

const MASK = '**********';
const NOBODY = '00000000-0000-4000-8000-000000000000';

let world, kc, token, viewer, upstream, requests = 0;
const documents = {};
before(async () => {
  upstream = http.createServer((req, res) => {
    requests++;
    const { status = 200, headers = {}, body } = documents[req.url] ?? { status: 404, body: 'secreto-de-canario' };
    res.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    res.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise((done) => upstream.listen(0, '127.0.0.1', done));
  const port = String(upstream.address().port);
  world = await AdminWorld.open({ args: ['--fetch-networks', '127.0.0.0/8', '--fetch-ports', port] });
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  await world.addAdmin('mira', ['realm-management/view-identity-providers'], 'peru');
  viewer = await world.token('mira', 'peru');
});
after(() => { upstream.close(); return world.close(); });

const instances = '/realms/peru/identity-provider/instances';
const call = (method, path, json, as = token) => world.call(method, `/realms/peru/identity-provider${path}`, { token: as, ...(json === undefined ? {} : { json }) });
const oidc = (alias, config = {}, rest = {}) => ({
  alias, providerId: 'oidc', displayName: `De ${alias}`, config: {
    clientId: 'garita', clientSecret: 'una-clave-de-canario', authorizationUrl: 'https://id.example.pe/auth',
    tokenUrl: 'https://id.example.pe/token', ...config,
  }, ...rest,
});
const events = async () => JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000'));

test('made, read, listed, changed, deleted', async () => {
  await kc.identityProviders.create(oidc('socio'));
  const shown = await kc.identityProviders.findOne({ alias: 'socio' });
  assert.match(shown.internalId, UUID);
  assert.equal(shown.enabled, true);
  assert.equal(shown.config.tokenUrl, 'https://id.example.pe/token');
  await kc.identityProviders.update({ alias: 'socio' }, { ...shown, displayName: 'Socio', trustEmail: true });
  const changed = await kc.identityProviders.findOne({ alias: 'socio' });
  assert.deepEqual([changed.displayName, changed.trustEmail, changed.internalId], ['Socio', true, shown.internalId]);
  for (const alias of ['banco', 'bodega', 'aduana']) await kc.identityProviders.create(oidc(alias));
  const found = async (query) => (await kc.identityProviders.find(query)).map((p) => p.alias).sort();
  assert.deepEqual(await found({}), ['aduana', 'banco', 'bodega', 'socio']);
  assert.deepEqual(await found({ search: 'BO' }), ['bodega']);
  assert.deepEqual(await found({ search: '*an*' }), ['aduana', 'banco']);
  assert.deepEqual(await found({ search: '"banco"' }), ['banco']);
  assert.equal((await found({ first: 1, max: 2 })).length, 2);
  const [brief] = await kc.identityProviders.find({ search: 'banco', briefRepresentation: true });
  assert.equal(brief.config, undefined);
  await kc.identityProviders.del({ alias: 'banco' });
  assert.equal(await kc.identityProviders.findOne({ alias: 'banco' }), null);
});

test('AD-06: the secret is shown to nobody, kept when the mask comes back, and not sent elsewhere', async () => {
  for (const as of [token, viewer]) {
    for (const path of ['/instances', '/instances/socio']) {
      const { status, text } = await call('GET', path, undefined, as);
      assert.equal(status, 200);
      assert.doesNotMatch(text, /canario/);
    }
  }
  const shown = await kc.identityProviders.findOne({ alias: 'socio' });
  assert.equal(shown.config.clientSecret, MASK);
  await kc.identityProviders.update({ alias: 'socio' }, shown);
  const moved = { ...shown, config: { ...shown.config, tokenUrl: 'https://evil.example/token' } };
  const reply = await call('PUT', '/instances/socio', moved);
  assert.equal(reply.status, 400);
  assert.match(reply.json.errorMessage, /clientSecret is to be given anew, as tokenUrl changes/);
  await kc.identityProviders.update({ alias: 'socio' }, { ...moved, config: { ...moved.config, clientSecret: 'otra-de-canario' } });
  assert.equal((await call('POST', '/instances', oidc('nuevo', { clientSecret: MASK }))).status, 400, 'there is none yet');
  assert.doesNotMatch(await events(), /canario/, 'AU-01');
});

test('a body that is wrong is told by its member', async () => {
  for (const [json, field] of [
    [oidc(''), 'alias'], [oidc('a/b'), 'alias'], [oidc('a%2e'), 'alias'], [oidc(7), 'alias'], [oidc('a'.repeat(256)), 'alias'],
    [{ ...oidc('x'), providerId: 'nope' }, 'providerId'], [{ ...oidc('x'), enabled: 'yes' }, 'enabled'], [{ ...oidc('x'), config: [] }, 'config'],
    [oidc('x', { tokenUrl: 'http://id.example.pe/token' }), 'tokenUrl'], [oidc('x', { authorizationUrl: 'javascript:alert(1)' }), 'authorizationUrl'],
    [oidc('x', { jwksUrl: 'file:///etc/passwd' }), 'jwksUrl'], [oidc('x', { clientId: '' }), 'clientId'], [oidc('x', { useJwksUrl: 'perhaps' }), 'useJwksUrl'],
    [oidc('x', { clientAuthMethod: 'tls' }), 'clientAuthMethod'], [{ alias: 's', providerId: 'saml', config: {} }, 'singleSignOnServiceUrl'],
  ]) {
    const reply = await call('POST', '/instances', json);
    assert.equal(reply.status, 400, field);
    assert.equal(reply.json.field, field, reply.text);
  }
  const again = await call('POST', '/instances', oidc('socio'));
  assert.equal(again.status, 409);
  assert.equal(again.json.errorMessage, 'Identity Provider socio already exists');
  assert.equal((await call('PUT', '/instances/socio', { alias: 'otro' })).json.field, 'alias');
  assert.equal((await call('POST', '/instances', { alias: 'sa', providerId: 'saml', config: { singleSignOnServiceUrl: 'https://id.example.pe/sso' } })).status, 201);
  assert.equal((await call('POST', '/instances', { alias: 'go', providerId: 'google', config: { clientId: 'a', clientSecret: 'b' } })).status, 201);
});

test('mappers: made, read, listed, changed, deleted, refused', async () => {
  const mapper = (name, type = 'oidc-user-attribute-idp-mapper', config = { claim: 'dni', 'user.attribute': 'dni' }) =>
    ({ name, identityProviderAlias: 'socio', identityProviderMapper: type, config });
  const { id } = await kc.identityProviders.createMapper({ alias: 'socio', identityProviderMapper: mapper('dni') });
  const shown = await kc.identityProviders.findOneMapper({ alias: 'socio', id });
  assert.deepEqual(shown, { id, ...mapper('dni') });
  await kc.identityProviders.updateMapper({ alias: 'socio', id }, { ...shown, config: { ...shown.config, claim: 'documento' } });
  assert.deepEqual((await kc.identityProviders.findMappers({ alias: 'socio' })).map((m) => m.config.claim), ['documento']);
  for (const [body, status, field] of [
    [mapper('dni'), 409, 'name'], [mapper(''), 400, 'name'], [mapper('x', 'nope'), 400, 'identityProviderMapper'],
    [mapper('x', 'saml-role-idp-mapper'), 400, 'identityProviderMapper'], [mapper('x', 'google-user-attribute-mapper'), 400, 'identityProviderMapper'],
    [mapper('x', undefined, { claim: 'a' }), 400, 'user.attribute'], [mapper('x', 'oidc-hardcoded-role-idp-mapper', { role: 'nowhere' }), 400, 'role'],
  ]) {
    const reply = await call('POST', '/instances/socio/mappers', body);
    assert.equal(reply.status, status, reply.text);
    assert.equal(reply.json.field, field);
  }
  const types = await kc.identityProviders.findMapperTypes({ alias: 'socio' });
  assert.ok(types['oidc-role-idp-mapper'].properties.some((p) => p.name === 'role'));
  assert.equal(types['saml-role-idp-mapper'], undefined);
  // AD-03: a mapper of another provider is missing here
  assert.equal((await call('GET', `/instances/bodega/mappers/${id}`)).status, 404);
  assert.equal((await call('DELETE', `/instances/bodega/mappers/${id}`)).status, 404);
  await kc.identityProviders.delMapper({ alias: 'socio', id });
  assert.equal(await kc.identityProviders.findOneMapper({ alias: 'socio', id }), null);
});

test('AD-04: who manages identity providers gives no more by them than he has', async () => {
  await world.addAdmin('enlace', ['realm-management/manage-identity-providers'], 'peru');
  const weak = await world.token('enlace', 'peru');
  const power = { name: 'poder', identityProviderMapper: 'oidc-hardcoded-role-idp-mapper', config: { role: 'realm-management.realm-admin' } };
  assert.equal((await call('POST', '/instances/socio/mappers', power, weak)).status, 403);
  const harmless = await call('POST', '/instances/socio/mappers', { ...power, config: { role: 'offline_access' } }, weak);
  assert.equal(harmless.status, 201);
  const path = `/instances/socio/mappers/${idOf(harmless)}`;
  assert.equal((await call('PUT', path, power, weak)).status, 403);
  assert.equal((await call('PUT', path, { identityProviderMapper: 'hardcoded-attribute-idp-mapper', config: power.config }, weak)).status, 403, 'by another kind');
  assert.equal((await call('PUT', '/instances/socio', { displayName: 'x' }, weak)).status, 204);
  assert.equal((await call('POST', '/instances/socio/mappers', { ...power, name: 'todo' })).status, 201, 'who has the right');
  assert.equal((await call('PUT', '/instances/socio', { displayName: 'y' }, weak)).status, 403, 'it gives more than he has by now');
  const group = idOf(await world.call('POST', '/realms/peru/groups', { token, json: { name: 'jefes' } }));
  const { id, roles } = await world.roleOf(kc, 'peru', 'realm-management', 'realm-admin');
  await kc.groups.addClientRoleMappings({ id: group, clientUniqueId: id, roles });
  const byGroup = { name: 'g', identityProviderMapper: 'oidc-advanced-group-idp-mapper', config: { claims: '[]', group: '/jefes' } };
  assert.equal((await call('POST', '/instances/bodega/mappers', byGroup, weak)).status, 403);
});

test('BR-06: links of people end with their provider', async () => {
  const { id } = await kc.users.create({ username: 'maria' });
  await kc.users.addToFederatedIdentity({ id, federatedIdentityId: 'aduana', federatedIdentity: { userId: '7', userName: 'm' } });
  await kc.identityProviders.del({ alias: 'aduana' });
  await kc.identityProviders.create(oidc('aduana', { tokenUrl: 'https://other.example/token' }));
  assert.deepEqual(await kc.users.listFederatedIdentities({ id }), []);
});

test('a configuration is drawn from a discovery document', async () => {
  const base = `http://127.0.0.1:${upstream.address().port}`;
  documents['/good'] = { body: {
    issuer: 'https://id.example.pe', authorization_endpoint: 'https://id.example.pe/auth', token_endpoint: 'https://id.example.pe/token',
    userinfo_endpoint: 'https://id.example.pe/me', jwks_uri: 'https://id.example.pe/keys', extra: 'canario',
  } };
  const config = await kc.identityProviders.importFromUrl({ providerId: 'oidc', fromUrl: `${base}/good` });
  assert.deepEqual(config, {
    issuer: 'https://id.example.pe', authorizationUrl: 'https://id.example.pe/auth', tokenUrl: 'https://id.example.pe/token',
    userInfoUrl: 'https://id.example.pe/me', jwksUrl: 'https://id.example.pe/keys', useJwksUrl: 'true', validateSignature: 'true',
  });
  await kc.identityProviders.create({ alias: 'hallado', providerId: 'oidc', config: { ...config, clientId: 'x', clientSecret: 'y' } });
  const refused = async (body, status, field) => {
    const reply = await call('POST', '/import-config', body);
    assert.equal(reply.status, status, reply.text);
    if (field) assert.equal(reply.json.field, field);
    assert.doesNotMatch(reply.text, /canario/, 'SS-03: nothing of what came is told');
  };
  documents['/bad'] = { body: { issuer: 'https://id.example.pe', authorization_endpoint: 'javascript:canario' } };
  documents['/moved'] = { status: 302, headers: { Location: `${base}/good` }, body: '' };
  documents['/text'] = { body: 'secreto-de-canario' };
  documents['/huge'] = { body: { issuer: 'x'.repeat(70000) } };
  for (const path of ['/bad', '/moved', '/text', '/huge', '/missing']) await refused({ providerId: 'oidc', fromUrl: base + path }, 400, 'fromUrl');
  await refused({ providerId: 'saml', fromUrl: `${base}/good` }, 501);
  await refused({ providerId: 'nope', fromUrl: `${base}/good` }, 400, 'providerId');
  await refused({ providerId: 'oidc' }, 400, 'fromUrl');
});

test('SS-01: nothing is fetched from where nothing may be fetched', async () => {
  const before = requests;
  for (const fromUrl of ['http://id.example.pe/x', 'file:///etc/passwd', 'https://169.254.169.254/latest', 'https://127.0.0.1:1/x', 'https://[::1]/x', 'https://user@id.example.pe/', `http://localhost:${upstream.address().port + 1}/good`]) {
    const reply = await call('POST', '/import-config', { providerId: 'oidc', fromUrl });
    assert.equal(reply.status, 400, fromUrl);
    assert.equal(reply.json.field, 'fromUrl');
  }
  assert.equal(requests, before);
});

test('kinds, export, keys, permissions', async () => {
  assert.equal((await kc.identityProviders.findFactory({ providerId: 'oidc' })).id, 'oidc');
  assert.equal((await call('GET', '/providers/nope')).status, 404);
  assert.equal((await call('GET', '/instances/socio/export')).status, 204);
  assert.equal((await call('GET', '/instances/sa/export')).status, 501);
  assert.equal((await call('GET', '/instances/socio/reload-keys')).text, 'false');
  assert.deepEqual((await call('GET', '/instances/socio/management/permissions')).json, { enabled: false });
  assert.equal((await call('PUT', '/instances/socio/management/permissions', { enabled: true })).status, 501);
});

test('AD-02, AD-03, AD-10: missing, of another realm, without the right', async () => {
  const root = await world.token('root', 'master');
  for (const [method, path, json] of [['GET', ''], ['PUT', '', {}], ['DELETE', ''], ['GET', '/mappers'], ['POST', '/mappers', {}], ['GET', `/mappers/${NOBODY}`], ['GET', '/export']]) {
    assert.equal((await call(method, `/instances/nadie${path}`, json)).status, 404, `${method} ${path}`);
    assert.equal((await world.call(method, `/realms/chile/identity-provider/instances/socio${path}`, { token: root, json })).status, 404, `${method} ${path}`);
    assert.equal((await world.call(method, `/realms/chile/identity-provider/instances/socio${path}`, { token, json })).status, 403, `${method} ${path}`);
    if (method !== 'GET') assert.equal((await call(method, `/instances/socio${path}`, json, viewer)).status, 403, `${method} ${path}`);
  }
  assert.equal((await refusal(kc.identityProviders.update({ alias: 'nadie' }, { enabled: true }))).status, 404);
});

test('each change is an event', async () => {
  const log = await events();
  for (const type of ['IdentityProviderCreated', 'IdentityProviderModified', 'IdentityProviderDeleted']) assert.match(log, new RegExp(type));
});
