// AU-03: an imported realm tells of each of its objects, as if each had been made by hand; AU-01: without
// their secrets. That holds for the command and for the Admin API, in the chain and in admin-events.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { people, realmExport, rsaProvider } from './lib/exports.mjs';
import { tempFolder } from './lib/server.mjs';

let world, root, folder;
const key = rsaProvider();
const whole = (realm) => realmExport(26, {
  realm, id: `id-of-${realm}`, users: people(realm), key, organizationsEnabled: true,
  organizations: [{ name: 'Acme', alias: 'acme', domains: [{ name: `${realm}.example.pe` }], members: [{ username: 'ana' }] }],
  authenticatorConfig: [{ id: `60000000-0000-4000-8000-${realm.padStart(12, '0').slice(-12)}`, alias: 'settings', config: { secret: 'captcha-secret-of-the-bank' } }],
});

before(async () => {
  world = await AdminWorld.open();
  root = await world.client('root', 'master');
  folder = tempFolder('import-events');
  mkdirSync(folder, { recursive: true });
});
after(() => world.close());

const chain = (realm, type) => world.cli.json('audit', 'list', '--realm', realm, '--type', type, '--limit', '500');
const dataOf = async (realm, type) => (await chain(realm, type)).map((e) => e.data);
const one = (list, fits, what) => {
  const found = list.filter(fits);
  assert.equal(found.length, 1, `${what}: ${found.length} of ${JSON.stringify(list)}`);
  return found[0];
};

async function chainTells(realm) {
  one(await dataOf(realm, 'KeyCreated'), (d) => d.kid === key.kid, 'the key');
  assert.deepEqual((await dataOf(realm, 'RoleCreated')).map((d) => `${d.clientId ?? ''}/${d.name}`).filter((n) => n.startsWith('portal/')).sort(), ['portal/read', 'portal/write']);
  const composed = await dataOf(realm, 'RoleModified');
  one(composed, (d) => d.name === 'manager' && d.compositeAdded === 'write' && d.compositeClientId === 'portal', 'what a role is made of');
  const scopes = await dataOf(realm, 'ClientScopeModified');
  one(scopes, (d) => d.name === 'profile' && d.forNewClients === 'default', 'what new clients get');
  one(scopes, (d) => d.name === 'offline_access' && d.mappingAdded === 'offline_access', 'what a scope lets through');
  one(await dataOf(realm, 'ClientModified'), (d) => d.clientId === 'narrow' && d.mappingAdded === 'read' && d.roleClient === 'portal', 'what a client lets through');
  one(await dataOf(realm, 'ClientCreated'), (d) => d.clientId === 'portal' && d.after, 'a client');
  one(await dataOf(realm, 'ClientScopeCreated'), (d) => d.name === 'email' && d.after, 'a client scope');
  one(await dataOf(realm, 'GroupCreated'), (d) => d.path === '/branches/lima' && d.after, 'a group');
  one(await dataOf(realm, 'RoleAssigned'), (d) => d.path === '/branches' && d.role === 'teller', 'a role of a group');
  one(await dataOf(realm, 'ComponentCreated'), (d) => d.after.providerId === 'max-clients', 'a component');
  one(await dataOf(realm, 'IdentityProviderCreated'), (d) => d.identityProvider === 'corp', 'an identity provider');
  one(await dataOf(realm, 'IdentityProviderModified'), (d) => d.after.identityProviderMapper === 'oidc-user-attribute-idp-mapper', 'its mapper');
  one(await dataOf(realm, 'OrganizationCreated'), (d) => d.organization === 'Acme', 'an organization');
  assert.equal((await chain(realm, 'OrganizationMemberAdded')).length, 1);
  const changed = await chain(realm, 'ConfigurationChanged');
  one(changed, (e) => e.streamId.startsWith('flow:') && e.data.alias === 'forms', 'a flow');
  one(changed, (e) => e.streamId.startsWith('execution:') && e.data.alias === 'auth-username-password-form', 'a step');
  one(changed, (e) => e.streamId.startsWith('authenticator-config:') && e.data.alias === 'settings', 'settings of a step');
  one(changed, (e) => e.streamId === 'required-action:UPDATE_PASSWORD' && e.data.after, 'a required action');
  const ana = one(await dataOf(realm, 'UserCreated'), (d) => d.username === 'ana', 'a person');
  assert.equal(ana.consents, 'portal');
  one(await dataOf(realm, 'UserModified'), (d) => d.username === 'ana' && d.linkAdded === 'corp', 'an account elsewhere');
}

async function listShows(realm) {
  const list = [];
  for (let first = 0; ; first += 500) {
    const page = await root.realms.findAdminEvents({ realm, first, max: 500 });
    list.push(...page);
    if (page.length < 500) break;
  }
  const paths = (type, operation) => list.filter((e) => e.resourceType === type && e.operationType === operation).map((e) => e.resourcePath);
  assert.ok(paths('COMPONENT', 'CREATE').includes('components/30000000-0000-4000-8000-000000000001'));
  assert.deepEqual(paths('IDENTITY_PROVIDER', 'CREATE'), ['identity-provider/instances/corp']);
  assert.ok(paths('REQUIRED_ACTION', 'UPDATE').includes('authentication/required-actions/UPDATE_PASSWORD'));
  assert.ok(paths('CLIENT', 'CREATE').includes('clients/e0000000-0000-4000-8000-000000000001'));
  assert.ok(paths('GROUP', 'CREATE').includes('groups/b0000000-0000-4000-8000-000000000001'));
  for (const [type, operation] of [['AUTH_FLOW', 'UPDATE'], ['AUTH_EXECUTION', 'UPDATE'], ['AUTHENTICATOR_CONFIG', 'UPDATE'], ['ORGANIZATION', 'CREATE'], ['CLIENT_SCOPE', 'CREATE'], ['REALM_ROLE', 'CREATE'], ['CLIENT_ROLE', 'CREATE'], ['USER', 'CREATE'], ['REALM', 'CREATE']]) {
    assert.ok(paths(type, operation).length > 0, `${type} ${operation}`);
  }
  const text = JSON.stringify([list, await world.cli.json('audit', 'list', '--realm', realm, '--limit', '1000')]);
  for (const secret of ['provider-secret', 'portal-secret-of-the-bank', 'captcha-secret-of-the-bank', key.component.config.privateKey[0]]) {
    assert.ok(!text.includes(secret), 'AU-01: no secret stands in an event');
  }
}

test('AU-03: each object of a realm that a command imports is an event of its own, with what it is', async () => {
  const file = path.join(folder, 'hand.json');
  writeFileSync(file, JSON.stringify(whole('hand')));
  await world.cli.json('realm', 'import', file);
  await chainTells('hand');
  await listShows('hand');
});

test('AU-03: the same of a realm that comes by the Admin API, with who brought it', async () => {
  const token = await world.token('root', 'master');
  const reply = await world.call('POST', '/realms', { token, json: whole('wire') });
  assert.equal(reply.status, 201, reply.text);
  await chainTells('wire');
  root = await world.client('root', 'master');
  await listShows('wire');
  const [{ id }] = await root.users.find({ realm: 'master', username: 'root' });
  const [component] = await root.realms.findAdminEvents({ realm: 'wire', resourceTypes: 'COMPONENT', operationTypes: 'CREATE' });
  assert.equal(component.authDetails.userId, id);
  assert.ok(JSON.parse(component.representation).after);
});
