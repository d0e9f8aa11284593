// Claims by mapper: those that the systems behind this server ask for, and those that no mapper may
// touch.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decode } from './lib/oidc.mjs';
import { World } from './lib/world.mjs';

let world, portal;
const everywhere = { 'access.token.claim': 'true', 'id.token.claim': 'true', 'userinfo.token.claim': 'true', 'introspection.token.claim': 'true' };
const named = (name, more = {}) => ({ 'claim.name': name, 'jsonType.label': 'String', ...everywhere, ...more });

before(async () => {
  world = await World.open();
  await world.addUser('ana', {
    email: 'ana@example.pe', firstName: 'Ana', lastName: 'Quispe', 'attributes.department': 'finance', 'attributes.tenant_id': 't-17',
    'attributes.level': '7', 'attributes.active': 'true', 'attributes.tags': ['a', 'b'], 'attributes.address': '{"city":"Lima"}',
  });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  await world.cli.ok('role', 'add', '--realm', 'peru', '--name', 'auditor');
  await world.cli.ok('role', 'add', '--realm', 'peru', '--client-id', 'portal', '--name', 'editor');
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--username', 'ana', '--role', 'auditor');
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--username', 'ana', '--client-id', 'portal', '--role', 'editor');
  await world.cli.ok('group', 'add', '--realm', 'peru', '--path', '/company');
  await world.cli.ok('group', 'add', '--realm', 'peru', '--path', '/company/ops');
  await world.cli.ok('group', 'join', '--realm', 'peru', '--path', '/company/ops', '--username', 'ana');
  const mappers = {
    tenant: ['oidc-hardcoded-claim-mapper', named('tenant', { 'claim.value': 'peru' })],
    country: ['oidc-hardcoded-claim-mapper', named('country', { 'claim.value': 'PE' })],
    department: ['oidc-usermodel-attribute-mapper', named('department', { 'user.attribute': 'department' })],
    tenant_id: ['oidc-usermodel-attribute-mapper', named('tenant_id', { 'user.attribute': 'tenant_id' })],
    level: ['oidc-usermodel-attribute-mapper', named('level', { 'user.attribute': 'level', 'jsonType.label': 'int' })],
    active: ['oidc-usermodel-attribute-mapper', named('is_active', { 'user.attribute': 'active', 'jsonType.label': 'boolean' })],
    tags: ['oidc-usermodel-attribute-mapper', named('tags', { 'user.attribute': 'tags', multivalued: 'true' })],
    json: ['oidc-usermodel-attribute-mapper', named('place', { 'user.attribute': 'address', 'jsonType.label': 'JSON' })],
    nested: ['oidc-hardcoded-claim-mapper', named('deep.er.claim', { 'claim.value': 'x' })],
    roles: ['oidc-usermodel-realm-role-mapper', named('roles', { multivalued: 'true' })],
    tenant_role: ['oidc-usermodel-client-role-mapper', named('tenant_role', { multivalued: 'true', 'usermodel.clientRoleMapping.clientId': 'portal' })],
    groups: ['oidc-group-membership-mapper', named('groups', { 'full.path': 'true' })],
    audience: ['oidc-audience-mapper', { 'included.custom.audience': 'https://api.example.pe', 'access.token.claim': 'true' }],
    idOnly: ['oidc-hardcoded-claim-mapper', named('only_id', { 'claim.value': '1', 'access.token.claim': 'false', 'userinfo.token.claim': 'false', 'introspection.token.claim': 'false' })],
  };
  for (const [name, [type, config]] of Object.entries(mappers)) await world.addMapper('portal', name, type, config);
});
after(() => world.close());

const fetchAll = async (scope = 'openid profile email') => {
  const t = (await portal.password('ana', undefined, { scope })).json;
  return { access: decode(t.access_token), id: decode(t.id_token), info: (await portal.userinfo(t.access_token)).json, seen: (await portal.introspect(t.access_token)).json };
};

test('tenant, roles, department, country, tenant_id, tenant_role are in every token where asked for', async () => {
  for (const [where, claims] of Object.entries(await fetchAll())) {
    assert.equal(claims.tenant, 'peru', where);
    assert.equal(claims.country, 'PE', where);
    assert.equal(claims.department, 'finance', where);
    assert.equal(claims.tenant_id, 't-17', where);
    assert.deepEqual(new Set(claims.roles), new Set(['auditor', 'default-roles-peru', 'offline_access', 'uma_authorization']), where);
    assert.deepEqual(claims.tenant_role, ['editor'], where);
  }
});

test('types: numbers, booleans, lists, JSON, nested names, groups, audience', async () => {
  const { access, id } = await fetchAll();
  assert.equal(access.level, 7);
  assert.equal(access.is_active, true);
  assert.deepEqual(access.tags, ['a', 'b']);
  assert.deepEqual(access.place, { city: 'Lima' });
  assert.equal(access.deep.er.claim, 'x');
  assert.deepEqual(access.groups, ['/company/ops']);
  assert.ok([access.aud].flat().includes('https://api.example.pe'));
  assert.deepEqual(access.resource_access.portal.roles, ['editor']);
  assert.ok(access.realm_access.roles.includes('auditor'));
  assert.equal(id.only_id, '1');
  assert.equal(access.only_id, undefined);
});

test('oidcc-scope-profile, -email, -all: scopes bring their claims to UserInfo', async () => {
  const { info } = await fetchAll();
  assert.equal(info.name, 'Ana Quispe');
  assert.equal(info.given_name, 'Ana');
  assert.equal(info.family_name, 'Quispe');
  assert.equal(info.preferred_username, 'ana');
  assert.equal(info.email, 'ana@example.pe');
  assert.equal(info.email_verified, false);
});

test('oidcc-scope-address, -phone: optional scopes', async () => {
  await world.setUser('ana', { 'attributes.street': 'Jr. Unión 1', 'attributes.locality': 'Lima', 'attributes.country': 'PE', 'attributes.phoneNumber': '+51 1 2345678', 'attributes.phoneNumberVerified': 'true' });
  const { info } = await fetchAll('openid address phone');
  assert.equal(info.address.street_address, 'Jr. Unión 1');
  assert.equal(info.address.locality, 'Lima');
  assert.equal(info.phone_number, '+51 1 2345678');
  assert.equal(info.phone_number_verified, true);
  const without = (await fetchAll('openid')).info;
  assert.equal(without.phone_number, undefined);
});

test('OI-07: mappers cannot write reserved claims', async () => {
  const before = await fetchAll();
  for (const name of ['sub', 'iss', 'exp', 'iat', 'nbf', 'jti', 'typ', 'azp', 'sid', 'auth_time', 'nonce', 'at_hash', 'c_hash', 'acr', 'scope', 'cnf']) {
    const args = ['client', 'mapper', 'add', '--realm', 'peru', '--client-id', 'portal', '--name', `evil ${name}`, '--type', 'oidc-hardcoded-claim-mapper',
      `claim.name=${name}`, 'claim.value=forged', 'access.token.claim=true', 'id.token.claim=true', 'userinfo.token.claim=true'];
    await world.cli.run(args);
  }
  const after = await fetchAll();
  for (const where of ['access', 'id', 'info']) {
    assert.doesNotMatch(JSON.stringify(after[where]), /forged/, where);
    assert.equal(after[where].sub, before[where].sub);
  }
});

test('OI-07: attributes named like identity claims never become them', async () => {
  await world.setUser('ana', { 'attributes.sub': 'forged', 'attributes.iss': 'forged', 'attributes.email': 'forged@evil.example', 'attributes.preferred_username': 'forged', 'attributes.email_verified': 'true' });
  const after = await fetchAll();
  for (const where of ['access', 'id', 'info']) assert.doesNotMatch(JSON.stringify(after[where]), /forged/, where);
  assert.equal(after.info.email_verified, false);
});

test('roles of groups and of composites arrive', async () => {
  await world.cli.ok('role', 'add', '--realm', 'peru', '--name', 'reader');
  await world.cli.ok('role', 'add', '--realm', 'peru', '--name', 'writer');
  await world.cli.ok('role', 'compose', '--realm', 'peru', '--role', 'writer', '--with', 'reader');
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--group', '/company', '--role', 'writer');
  const { access } = await fetchAll();
  for (const role of ['writer', 'reader', 'auditor']) assert.ok(access.realm_access.roles.includes(role), role);
});

test('a role taken away is gone from the next token', async () => {
  await world.cli.ok('role', 'revoke', '--realm', 'peru', '--username', 'ana', '--role', 'auditor');
  const { access } = await fetchAll();
  assert.ok(!access.realm_access.roles.includes('auditor'));
});

test('a client without full scope sees its own roles only', async () => {
  await world.setClient('portal', { fullScopeAllowed: false });
  const { access } = await fetchAll();
  assert.equal(access.realm_access, undefined);
  assert.deepEqual(access.resource_access.portal.roles, ['editor']);
  await world.setClient('portal', { fullScopeAllowed: true });
});
