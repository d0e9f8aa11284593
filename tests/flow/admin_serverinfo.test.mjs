// serverinfo and whoami: what is listed exists, and what exists is listed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { request } from './lib/http.mjs';

let world, ana, info;
before(async () => {
  world = await AdminWorld.open();
  ana = await world.client('ana', 'peru');
  info = await ana.serverInfo.find();
});
after(() => world.close());

const table = (path, pattern) => [...readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8').matchAll(pattern)].map((m) => m[1]);

test('the machine', () => {
  assert.match(info.systemInfo.version, /^\d+\.\d+\.\d+$/);
  assert.ok(Math.abs(Date.parse(info.systemInfo.serverTime) - Date.now()) < 3600_000);
  const { total, used, free, freePercentage } = info.memoryInfo;
  assert.ok(total > 0 && free <= total && used + free === total && freePercentage <= 100);
  assert.ok(info.cpuInfo.processorCount > 0);
});

test('features: each is on or off in both lists', () => {
  const off = info.features.filter((f) => !f.enabled).map((f) => f.name);
  assert.deepEqual(info.profileInfo.disabledFeatures, off);
  assert.ok(off.includes('CIBA'));
  assert.ok(info.features.find((f) => f.name === 'IMPERSONATION').enabled);
});

test('protocol mappers: every kind that tokens know, and each can be made from what is told', async () => {
  const kinds = info.protocolMapperTypes['openid-connect'];
  assert.deepEqual(kinds.map((k) => k.id).sort(), table('core/oidc/mappers.def', /^M\("([^"]+)"/gm).sort());
  const { id } = await ana.clients.create({ clientId: 'probe' });
  for (const kind of kinds) {
    const config = Object.fromEntries(kind.properties.map((p) => [p.name, p.defaultValue ?? 'x']));
    await ana.clients.addProtocolMapper({ id }, { name: kind.id, protocol: 'openid-connect', protocolMapper: kind.id,
      config: { ...config, ...(config.role ? { role: 'offline_access' } : {}) } });
  }
  assert.equal((await ana.clients.listProtocolMappers({ id })).length, kinds.length);
  const builtin = info.builtinProtocolMappers['openid-connect'];
  assert.ok(builtin.some((m) => m.name === 'email' && m.config['claim.name'] === 'email'));
  for (const mapper of builtin) assert.ok(kinds.some((k) => k.id === mapper.protocolMapper), mapper.protocolMapper);
});

test('components, algorithms, client authenticators: as they are known elsewhere', async () => {
  const keys = info.componentTypes['org.keycloak.keys.KeyProvider'];
  assert.deepEqual(keys.map((k) => k.id).sort(), Object.keys(info.providers.keys.providers).sort());
  assert.ok(keys.find((k) => k.id === 'rsa-generated').properties.some((p) => p.name === 'keySize'));
  const discovery = (await request(`${world.server.realm('peru')}/.well-known/openid-configuration`)).json;
  assert.deepEqual(Object.keys(info.providers.signature.providers).sort(), [...discovery.id_token_signing_alg_values_supported].sort());
  assert.deepEqual(Object.keys(info.providers['client-authenticator'].providers), ['client-jwt', 'client-secret', 'client-secret-jwt']);
  assert.deepEqual(Object.keys(info.clientInstallations), ['openid-connect']);
});

test('identity providers: what is told of each kind is what its own line tells', async () => {
  const kinds = info.componentTypes['identity-provider'];
  assert.ok(kinds.length > 10 && kinds.some((k) => k.id === 'saml'));
  for (const kind of kinds) {
    const { json } = await world.call('GET', `/realms/peru/identity-provider/providers/${kind.id}`, { token: await world.token('ana', 'peru') });
    assert.deepEqual(json.configProperties, kind.properties, kind.id);
  }
});

test('password policies: each that is told can be set', async () => {
  for (const { id, defaultValue, configType } of info.passwordPolicies) {
    if (id === 'hashAlgorithm' || id === 'hashIterations') continue;
    await ana.realms.update({ realm: 'peru' }, { passwordPolicy: `${id}(${defaultValue ?? (configType ? 1 : 'undefined')})` });
  }
  await ana.realms.update({ realm: 'peru' }, { passwordPolicy: '' });
});

test('words of events are those that the lists know', async () => {
  assert.ok(info.enums.eventType.includes('LOGIN') && info.enums.eventType.includes('LOGIN_ERROR'));
  assert.deepEqual(info.enums.operationType, ['CREATE', 'UPDATE', 'DELETE', 'ACTION']);
  for (const names of [info.enums.eventType, info.enums.resourceType]) assert.equal(new Set(names).size, names.length);
  for (const event of await ana.realms.findAdminEvents({ realm: 'peru' })) assert.ok(info.enums.resourceType.includes(event.resourceType));
  for (const event of await ana.realms.findEvents({ realm: 'peru' })) assert.ok(info.enums.eventType.includes(event.type));
  assert.deepEqual(info.themes.login[0].locales.includes('es'), true);
});

test('whoami: the caller and his rights by realm', async () => {
  const me = await ana.whoAmI.find({ currentRealm: 'peru' });
  assert.equal(me.realm, 'peru');
  assert.equal(me.createRealm, false);
  assert.ok(me.realm_access.peru.includes('manage-users'));
  assert.deepEqual(Object.keys(me.realm_access), ['peru']);
  const root = await (await world.client('root', 'master')).whoAmI.find({ currentRealm: 'master' });
  assert.equal(root.createRealm, true);
  assert.deepEqual(Object.keys(root.realm_access).sort(), ['chile', 'master', 'peru']);
});

test('whoami?sets=true: the same rights, each set of roles once', async () => {
  for (const [name, realm] of [['root', 'master'], ['ana', 'peru']]) {
    const token = await world.token(name, realm);
    const plain = (await world.call('GET', `/${realm}/console/whoami`, { token })).json;
    const { realm_sets: realms, role_sets: sets, ...who } = (await world.call('GET', `/${realm}/console/whoami?sets=true`, { token })).json;
    assert.deepEqual({ ...who, realm_access: Object.fromEntries(Object.entries(realms).map(([of, at]) => [of, sets[at]])) }, plain);
    assert.equal(new Set(sets.map(String)).size, sets.length);
  }
});

test('whoami: the language is the caller\'s own, else his realm\'s', async () => {
  const locale = async (currentRealm = 'peru') => (await ana.whoAmI.find({ currentRealm })).locale;
  const [{ id }] = await ana.users.find({ username: 'ana', exact: true });
  const before = await ana.realms.findOne({ realm: 'peru' });
  await ana.realms.update({ realm: 'peru' }, { internationalizationEnabled: true, supportedLocales: ['en', 'es', 'pt'], defaultLocale: 'es' });
  assert.equal(await locale(), 'es');
  await ana.users.updateProfile({ ...await ana.users.getProfile(), unmanagedAttributePolicy: 'ENABLED' });
  await ana.users.update({ id }, { attributes: { locale: ['pt'] } });
  assert.equal(await locale(), 'pt');
  await ana.users.update({ id }, { attributes: { locale: ['qu'] } });
  assert.equal(await locale(), 'es', 'a language that the realm does not speak');
  await ana.realms.update({ realm: 'peru' }, { internationalizationEnabled: false });
  assert.equal(await locale(), 'en');
  await ana.realms.update({ realm: 'peru' }, { internationalizationEnabled: before.internationalizationEnabled, defaultLocale: before.defaultLocale });
});

test('AD-10: who administers nothing is told nothing', async () => {
  await world.addUser('nobody');
  assert.equal((await world.call('GET', '/serverinfo', { token: await world.token('nobody', 'peru') })).status, 403);
});
