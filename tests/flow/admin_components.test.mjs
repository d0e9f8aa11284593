// Components through the stock client and by hand: keys that really sign, LDAP records, policies, the profile.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { AdminWorld, UUID, idOf, refusal } from './lib/admin.mjs';
import { request } from './lib/http.mjs';
import { PASSWORD } from './lib/oidc.mjs';

const KEY = 'org.keycloak.keys.KeyProvider';
const STORAGE = 'org.keycloak.storage.UserStorageProvider';
const MAPPER = 'org.keycloak.storage.ldap.mappers.LDAPStorageMapper';
const POLICY = 'org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy';
const PROFILE = 'org.keycloak.userprofile.UserProfileProvider';
const MASK = '**********';

let world, kc, token, viewer;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  await world.addAdmin('mira', ['realm-management/view-realm'], 'peru');
  viewer = await world.token('mira', 'peru');
});
after(() => world.close());

const call = (method, path, json, as = token) => world.call(method, `/realms/peru/components${path}`, { token: as, ...(json === undefined ? {} : { json }) });
const key = (providerId, config = {}, rest = {}) => ({ name: providerId, providerId, providerType: KEY, config, ...rest });
const published = async () => (await request(`${world.server.realm('peru')}/protocol/openid-connect/certs`)).json.keys;
const headerOfLogin = async () => decodeProtectedHeader((await request(`${world.server.realm('peru')}/protocol/openid-connect/token`, {
  form: { grant_type: 'password', client_id: 'admin-cli', username: 'ana', password: PASSWORD },
})).json.access_token);

test('the keys that every realm begins with are components', async () => {
  const keys = await kc.components.find({ type: KEY });
  assert.deepEqual(keys.map((k) => k.providerId).sort(), ['hmac-generated', 'rsa-generated']);
  const rsa = keys.find((k) => k.providerId === 'rsa-generated');
  assert.deepEqual(rsa.config, { algorithm: ['RS256'], keySize: ['2048'], priority: rsa.config.priority, enabled: ['true'], active: ['true'] });
  assert.equal((await kc.components.findOne({ id: rsa.id })).name, 'rsa-generated');
  assert.ok((await published()).some((k) => k.kid === rsa.id), 'its id is that of its key');
});

test('a key is made, signs by its priority, is put aside, and goes', async () => {
  const before = await published();
  const { id } = await kc.components.create(key('rsa-generated', { keySize: ['3072'], priority: ['500'], algorithm: ['RS256'] }, { name: 'nueva' }));
  assert.match(id, UUID);
  const [made] = (await published()).filter((k) => !before.some((b) => b.kid === k.kid));
  assert.equal(Buffer.from(made.n, 'base64url').length, 384);
  assert.equal((await headerOfLogin()).kid, made.kid, 'the highest priority signs');
  const shown = await kc.components.findOne({ id });
  assert.deepEqual([shown.name, shown.config.keySize, shown.config.priority], ['nueva', ['3072'], ['500']]);
  await kc.components.update({ id }, { ...shown, name: 'aparte', config: { ...shown.config, active: ['false'] } });
  assert.notEqual((await headerOfLogin()).kid, made.kid, 'a passive key does not sign');
  assert.ok((await published()).some((k) => k.kid === made.kid), 'but verifies');
  assert.equal((await kc.components.findOne({ id })).name, 'aparte');
  await kc.components.update({ id }, { ...shown, config: { ...shown.config, active: ['false'], enabled: ['false'] } });
  assert.ok(!(await published()).some((k) => k.kid === made.kid), 'a disabled one does neither');
  assert.deepEqual((await kc.components.findOne({ id })).config.active, ['false'], 'and knows what it was');
  assert.equal((await refusal(kc.components.update({ id }, { ...shown, config: { ...shown.config, keySize: ['4096'] } }))).field, 'keySize');
  await kc.components.del({ id });
  assert.equal(await kc.components.findOne({ id }), null);
});

test('each kind of key', async () => {
  for (const [providerId, config, alg] of [
    ['ecdsa-generated', { ecdsaEllipticCurveKey: ['P-384'] }, 'ES384'], ['ecdsa-generated', {}, 'ES256'],
    ['eddsa-generated', {}, 'EdDSA'], ['rsa-generated', { algorithm: ['PS512'] }, 'PS512'],
  ]) {
    const { id } = await kc.components.create(key(providerId, config));
    assert.ok((await published()).some((k) => k.alg === alg), alg);
    const shown = await kc.components.findOne({ id });
    for (const [name, value] of Object.entries(config)) assert.deepEqual(shown.config[name], value);
  }
  const hmac = await kc.components.create(key('hmac-generated', { algorithm: ['HS256'] }));
  assert.deepEqual((await kc.components.findOne(hmac)).config.algorithm, ['HS256']);
  for (const providerId of ['aes-generated', 'java-keystore', 'rsa-enc-generated']) {
    const reply = await call('POST', '', key(providerId));
    assert.equal(reply.status, 501);
    assert.match(reply.json.error_description, new RegExp(providerId));
  }
  for (const [config, field] of [[{ keySize: ['1024'] }, 'keySize'], [{ algorithm: ['HS256'] }, 'algorithm'], [{ priority: ['x'] }, 'priority'], [{ active: ['maybe'] }, 'active'], [{ active: ['true', 'false'] }, 'active']]) {
    assert.equal((await call('POST', '', key('rsa-generated', config))).json.field, field, field);
  }
});

test('AD-06, SK-01: a private key that is given signs, and is never shown', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const { id } = await kc.components.create(key('rsa', { privateKey: [pem], priority: ['900'] }));
  const { n } = privateKey.export({ format: 'jwk' });
  const { kid } = await headerOfLogin();
  assert.equal((await published()).find((k) => k.kid === kid).n, n);
  for (const as of [token, viewer]) {
    for (const path of [`/${id}`, `?type=${KEY}`]) {
      const { text } = await call('GET', path, undefined, as);
      assert.ok(!text.includes(pem.slice(60, 120)) && text.includes(MASK), path);
    }
  }
  const shown = await kc.components.findOne({ id });
  assert.ok(shown.config.certificate[0].startsWith('MII'));
  await kc.components.update({ id }, { ...shown, name: 'dada' });
  assert.equal((await headerOfLogin()).kid, kid, 'the mask means the key that is there');
  assert.equal((await call('POST', '', key('rsa', { privateKey: [MASK] }))).status, 400);
  assert.equal((await call('POST', '', key('rsa', { privateKey: ['no key'] }))).json.field, 'privateKey');
  assert.equal((await call('POST', '', key('rsa', {}))).json.field, 'privateKey');
  const other = await kc.components.create(key('rsa', { privateKey: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' })] }));
  const foreign = (await kc.components.findOne(other)).config.certificate;
  const mixed = await call('POST', '', key('rsa', { privateKey: [pem], certificate: foreign }));
  assert.equal(mixed.json.field, 'certificate');
  await kc.components.del({ id });
  assert.doesNotMatch(JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000')), new RegExp(pem.slice(60, 100).replace(/[+/]/g, '.')));
});

test('the last key that the realm signs with stays', async () => {
  const hmacs = (await kc.components.find({ type: KEY })).filter((k) => k.config.algorithm?.[0] === 'HS512');
  assert.equal(hmacs.length, 1);
  assert.equal((await call('DELETE', `/${hmacs[0].id}`)).status, 403);
  const passive = { ...hmacs[0], config: { ...hmacs[0].config, active: ['false'] } };
  assert.equal((await call('PUT', `/${hmacs[0].id}`, passive)).status, 403);
});

const ldap = (config = {}) => ({
  name: 'directorio', providerId: 'ldap', providerType: STORAGE, config: {
    connectionUrl: ['ldaps://ldap.example.pe'], usersDn: ['ou=people,dc=example'], usernameLDAPAttribute: ['uid'], rdnLDAPAttribute: ['uid'],
    uuidLDAPAttribute: ['entryUUID'], userObjectClasses: ['inetOrgPerson'], vendor: ['other'], editMode: ['READ_ONLY'],
    authType: ['simple'], bindDn: ['cn=admin'], bindCredential: ['una-clave-de-canario'], ...config,
  },
});

test('AD-06: an LDAP provider is kept; its credential is sealed, masked, and bound to its host', async () => {
  const { id } = await kc.components.create(ldap());
  const shown = await kc.components.findOne({ id });
  assert.deepEqual(shown.config.bindCredential, [MASK]);
  assert.equal((await kc.realms.findOne({ realm: 'peru' })).id, shown.parentId);
  await kc.components.update({ id }, { ...shown, name: 'otro', config: { ...shown.config, searchScope: ['2'] } });
  assert.deepEqual((await kc.components.findOne({ id })).config.searchScope, ['2']);
  const moved = { ...shown, config: { ...shown.config, connectionUrl: ['ldap://evil.example'] } };
  const reply = await call('PUT', `/${id}`, moved);
  assert.equal(reply.status, 400);
  assert.match(reply.json.errorMessage, /bindCredential is to be given anew/);
  const startTls = { ...shown, config: { ...shown.config, startTls: ['true'] } };
  assert.equal((await call('PUT', `/${id}`, startTls)).status, 400);
  await kc.components.update({ id }, { ...moved, config: { ...moved.config, bindCredential: ['otra-de-canario'] } });
  assert.doesNotMatch((await call('GET', `/${id}`)).text, /canario/);
  assert.doesNotMatch(JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000')), /canario/);
  assert.deepEqual((await kc.components.find({ type: STORAGE, name: 'otro' })), []);
  assert.deepEqual((await world.call('GET', `/realms/peru/user-storage/${id}/name`, { token })).json, { id, name: 'directorio' });
  assert.deepEqual((await kc.components.find({ type: STORAGE, parent: shown.parentId })).map((c) => c.id), [id]);
});

test('what an LDAP provider may hold', async () => {
  for (const [config, field] of [
    [{ connectionUrl: ['https://x'] }, 'connectionUrl'], [{ connectionUrl: [] }, 'connectionUrl'], [{ editMode: ['SOMETIMES'] }, 'editMode'],
    [{ pagination: ['1'] }, 'pagination'], [{ batchSizeForSync: ['many'] }, 'batchSizeForSync'], [{ usersDn: [] }, 'usersDn'],
    [{ customUserSearchFilter: ['(a=b))(c=d'] }, 'customUserSearchFilter'], [{ connectionUrl: 7 }, 'config'],
    [{ bindCredential: [MASK] }, 'config'],
  ]) {
    const reply = await call('POST', '', ldap(config));
    assert.equal(reply.status, 400, field);
    assert.equal(reply.json.field, field, reply.text);
  }
  assert.equal((await call('POST', '', { ...ldap(), providerId: 'nis' })).status, 400);
  assert.equal((await call('POST', '', { ...ldap(), name: 7 })).json.field, 'name');
});

test('mappers belong to a provider and go with it; AD-04: they give no more than their maker has', async () => {
  const [{ id: parent }] = await kc.components.find({ type: STORAGE });
  const mapper = (providerId, config, parentId = parent) => ({ name: providerId, providerId, providerType: MAPPER, parentId, config });
  const types = await kc.components.listSubComponents({ id: parent, type: MAPPER });
  assert.ok(types.some((t) => t.id === 'user-attribute-ldap-mapper' && t.properties.some((p) => p.name === 'ldap.attribute' && p.required)));
  const { id } = await kc.components.create(mapper('user-attribute-ldap-mapper', { 'user.model.attribute': ['email'], 'ldap.attribute': ['mail'] }));
  assert.deepEqual((await kc.components.find({ parent, type: MAPPER })).map((c) => c.id), [id]);
  const orphan = await call('POST', '', mapper('full-name-ldap-mapper', {}, '00000000-0000-4000-8000-000000000000'));
  assert.equal(orphan.json.field, 'parentId');
  assert.equal((await call('POST', '', mapper('hardcoded-ldap-role-mapper', { role: ['nowhere'] }))).json.field, 'role');
  await world.addAdmin('jefe', ['realm-management/manage-realm'], 'peru');
  const weak = await world.token('jefe', 'peru');
  for (const body of [
    mapper('hardcoded-ldap-role-mapper', { role: ['realm-management.realm-admin'] }),
    mapper('role-ldap-mapper', { 'roles.dn': ['ou=roles'], 'use.realm.roles.mapping': ['false'], 'client.id': ['realm-management'] }),
  ]) assert.equal((await call('POST', '', body, weak)).status, 403, body.providerId);
  // groups by whatever names another directory has: any that is here
  const byGroups = mapper('group-ldap-mapper', { 'groups.dn': ['ou=groups'] });
  const harmless = await call('POST', '', byGroups, weak);
  assert.equal(harmless.status, 201, harmless.text);
  const { id: strong } = await kc.groups.create({ name: 'strong' });
  const { id: clientUniqueId, roles } = await world.roleOf(kc, 'peru', 'realm-management', 'manage-users');
  await kc.groups.addClientRoleMappings({ id: strong, clientUniqueId, roles });
  assert.equal((await call('POST', '', { ...byGroups, name: 'again' }, weak)).status, 403);
  assert.equal((await call('PUT', `/${parent}`, { name: 'y' }, weak)).status, 403, 'its directory');
  await kc.groups.del({ id: strong });
  // nor by another kind in the body of a change
  assert.equal((await call('PUT', `/${parent}`, { name: 'y' }, weak)).status, 204);
  const change = await call('POST', '', mapper('hardcoded-ldap-role-mapper', { role: ['offline_access'] }), weak);
  assert.equal(change.status, 201);
  const disguised = { providerId: 'full-name-ldap-mapper', config: { role: ['realm-management.realm-admin'] } };
  assert.equal((await call('PUT', `/${idOf(change)}`, disguised, weak)).status, 403);
  assert.equal((await call('POST', '', mapper('hardcoded-ldap-role-mapper', { role: ['realm-management.realm-admin'] }))).status, 201);
  assert.equal((await call('PUT', `/${parent}`, { name: 'x' }, weak)).status, 403, 'who asks another directory would get that');
  await kc.components.del({ id: parent });
  assert.deepEqual(await kc.components.find({ type: MAPPER }), []);
});

test('AD-04: a key that somebody knows makes tokens of anybody, so only who has all rights brings one', async () => {
  await world.addAdmin('llavero', ['realm-management/manage-realm'], 'peru');
  const weak = await world.token('llavero', 'peru');
  const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const before = await published();
  const refused = await call('POST', '', key('rsa', { privateKey: [pem], active: ['false'] }), weak);
  assert.equal(refused.status, 403, refused.text);
  assert.deepEqual(await published(), before);
  assert.equal((await call('POST', '', key('rsa-generated'), weak)).status, 201, 'one that nobody knows');
  const { id } = await kc.components.create(key('rsa', { privateKey: [pem], enabled: ['false'], active: ['false'] }));
  const shown = await kc.components.findOne({ id });
  assert.equal((await call('PUT', `/${id}`, { ...shown, config: { ...shown.config, enabled: ['true'] } }, weak)).status, 403, 'nor puts it into use again');
  await kc.components.del({ id });
});

test('policies of client registration are kept; what kinds there are', async () => {
  const { id } = await kc.components.create({ name: 'Max', providerId: 'max-clients', providerType: POLICY, subType: 'anonymous', config: { 'max-clients': ['10'] } });
  const shown = await kc.components.findOne({ id });
  assert.deepEqual([shown.subType, shown.config], ['anonymous', { 'max-clients': ['10'] }]);
  const kinds = await kc.realms.getClientRegistrationPolicyProviders({ realm: 'peru' });
  assert.ok(kinds.some((k) => k.id === 'trusted-hosts'));
});

test('the component of the profile is the profile', async () => {
  assert.deepEqual(await kc.components.find({ type: PROFILE }), []);
  const profile = await kc.users.getProfile();
  profile.attributes.push({ name: 'dni', permissions: { view: ['admin'], edit: ['admin'] } });
  const { id } = await kc.components.create({ name: 'p', providerId: 'declarative-user-profile', providerType: PROFILE, config: { 'kc.user.profile.config': [JSON.stringify(profile)] } });
  assert.ok((await kc.users.getProfile()).attributes.some((a) => a.name === 'dni'));
  const [shown] = await kc.components.find({ type: PROFILE });
  assert.equal(shown.id, id);
  assert.ok(JSON.parse(shown.config['kc.user.profile.config'][0]).attributes.some((a) => a.name === 'dni'));
  await kc.components.del({ id });
  assert.ok(!(await kc.users.getProfile()).attributes.some((a) => a.name === 'dni'));
});

test('AD-03, AD-10: missing, of another realm, without the right', async () => {
  const [rsa] = await kc.components.find({ type: KEY });
  const root = await world.token('root', 'master');
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const json = method === 'PUT' ? {} : undefined;
    assert.equal((await call(method, '/no-such', json)).status, 404);
    assert.equal((await world.call(method, `/realms/chile/components/${rsa.id}`, { token: root, json })).status, 404);
    if (method !== 'GET') assert.equal((await call(method, `/${rsa.id}`, json, viewer)).status, 403);
  }
  assert.equal((await call('GET', `/${rsa.id}`, undefined, viewer)).status, 200);
  assert.equal((await call('POST', '', [])).status, 400);
});

test('each change is an event', async () => {
  const log = JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000'));
  for (const type of ['ComponentCreated', 'ComponentModified', 'ComponentDeleted', 'KeyCreated', 'KeyModified', 'KeyDeleted']) assert.match(log, new RegExp(type));
});
