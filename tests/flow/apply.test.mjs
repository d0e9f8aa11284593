// garita apply: files to realms, on a folder, through the socket and by the Admin API.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import { AdminWorld } from './lib/admin.mjs';
import { run } from './lib/cli.mjs';
import { request } from './lib/http.mjs';
import { Client, PASSWORD } from './lib/oidc.mjs';
import { freePort } from './lib/server.mjs';

const SECRET = 'c2VjcmV0LW9mLXRoZS1wb3J0YWwtYXBwbGljYXRpb24tMg';
const env = { PORTAL_SECRET: SECRET, MARIA_PASSWORD: PASSWORD };

let world, folder;
before(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'garita-apply-'));
  world = await AdminWorld.open();
});
after(async () => {
  rmSync(folder, { recursive: true });
  await world.close();
});

let count = 0;
function file(content, name = `${++count}.json`) {
  const full = path.join(folder, name);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  return full;
}
const apply = (what, ...args) => world.cli.run(['apply', '-f', typeof what === 'string' ? what : file(what), ...args], { env });
async function applied(what, ...args) {
  const out = await apply(what, '--json', ...args);
  assert.equal(out.status, 0, out.stderr);
  return JSON.parse(out.stdout);
}
const rows = ([{ changes }]) => changes.map((c) => `${c.action} ${c.kind} ${c.name}`);
const user = async (realm, name) => {
  const found = await world.cli.json('user', 'show', '--realm', realm, '--username', name);
  return { ...found, roles: found.roles.map((role) => role.name) };
};
const client = (realm, id) => world.cli.json('client', 'show', '--realm', realm, '--client-id', id);

const BOLIVIA = `
realms:
  - realm: bolivia
    displayName: Bolivia
    accessTokenLifespan: 300
    roles:
      realm:
        - {name: auditor, description: Looks}
        - {name: boss, composites: {realm: [auditor], client: {portal: [reader]}}}
      client:
        portal: [{name: reader, attributes: {level: ["1"]}}]
    clientScopes:
      - name: branch
        attributes: {include.in.token.scope: "true"}
        protocolMappers:
          - {name: branch, protocol: openid-connect, protocolMapper: oidc-usermodel-attribute-mapper,
             config: {user.attribute: branch, claim.name: branch, jsonType.label: String, access.token.claim: "true"}}
    defaultOptionalClientScopes: [address, phone, offline_access, branch]
    clients:
      - clientId: portal
        publicClient: false
        secret: {secretFrom: {env: PORTAL_SECRET}}
        serviceAccountsEnabled: true
        redirectUris: ["https://portal.example.bo/cb", "https://portal.example.bo/other"]
        defaultClientScopes: [profile, email, branch]
    groups:
      - name: company
        attributes: {tax: ["77"]}
        realmRoles: [auditor]
        subGroups: [{name: la paz, clientRoles: {portal: [reader]}}]
    defaultGroups: [/company]
    scopeMappings:
      - {clientScope: branch, roles: [auditor]}
      - {client: portal, roles: [boss]}
    clientScopeMappings:
      portal: [{clientScope: branch, roles: [reader]}]
      account: [{client: portal, roles: [view-profile]}]
    users:
      - username: Maria
        email: Maria@Example.BO
        credentials: [{type: password, value: {secretFrom: {env: MARIA_PASSWORD}}}]
        realmRoles: [boss]
        groups: [/company/la paz]
      - {username: service-account-portal, clientRoles: {realm-management: [view-users]}}
`;

test('a realm is made with all its parts, and applying twice changes nothing', async () => {
  const yaml = file(BOLIVIA, 'bolivia.yaml');
  const plan = await apply(yaml, '--dry-run', '--diff');
  assert.equal(plan.status, 0, plan.stderr);
  assert.match(plan.stdout, /\+ client portal/);
  assert.equal((await world.cli.run(['realm', 'show', 'bolivia'])).status, 1, 'a dry run makes no realm');
  const first = await apply(yaml, '--diff', '--why', 'ticket 4711');
  assert.equal(first.status, 0, first.stderr);
  for (const out of [plan, first]) {
    assert.ok(!(out.stdout + out.stderr).includes(SECRET) && !(out.stdout + out.stderr).includes(PASSWORD), 'secrets are never printed');
    assert.match(out.stdout, /secret: \(secret\)/);
  }

  const maria = await user('bolivia', 'maria');
  assert.deepEqual([maria.email, maria.enabled, maria.groups], ['maria@example.bo', true, ['/company/la paz']]);
  assert.ok(maria.roles.includes('boss'));
  const portal = await client('bolivia', 'portal');
  assert.deepEqual(portal.redirectUris, ['https://portal.example.bo/cb', 'https://portal.example.bo/other']);
  const token = await request(`${world.server.realm('bolivia')}/protocol/openid-connect/token`, {
    form: { grant_type: 'client_credentials', client_id: 'portal', client_secret: SECRET },
  });
  assert.equal(token.status, 200, token.text);

  const root = await world.client('root', 'master', 'bolivia');
  const mapped = await root.clients.listScopeMappings({ id: portal.id });
  assert.deepEqual([mapped.realmMappings.map((r) => r.name), mapped.clientMappings.account.mappings.map((r) => r.name)], [['boss'], ['view-profile']]);

  const events = await world.cli.json('audit', 'list', '--realm', 'bolivia', '--limit', '1000');
  const made = events.filter((e) => ['ClientCreated', 'UserCreated', 'RoleCreated', 'GroupCreated'].includes(e.type));
  assert.ok(made.length >= 6);
  const byApply = events.filter((e) => e.metadata?.path);
  assert.ok(byApply.length > 10);
  for (const e of byApply) assert.equal(e.metadata.justification, 'ticket 4711');

  const second = await applied(yaml);
  assert.deepEqual([second[0].changes, second[0].applied], [[], false]);
  // Those of tokens may come a moment after the answer; what apply does is there when it says so.
  const after = await world.cli.json('audit', 'list', '--realm', 'bolivia', '--limit', '1000');
  assert.deepEqual(after.filter((e) => e.metadata?.path), byApply, 'no event without a change');
  assert.equal((await apply(yaml, '--drift')).status, 0);
});

test('what differs is told, changed and no more', async () => {
  await world.cli.ok('client', 'set', '--realm', 'bolivia', '--client-id', 'portal', 'redirectUris=https://evil.example/cb');
  await world.cli.ok('role', 'assign', '--realm', 'bolivia', '--username', 'maria', '--role', 'offline_access');
  await world.cli.ok('group', 'join', '--realm', 'bolivia', '--username', 'maria', '--path', '/company');
  const yaml = path.join(folder, 'bolivia.yaml');
  const drift = await apply(yaml, '--drift', '--diff');
  assert.equal(drift.status, 1);
  assert.match(drift.stdout, /redirectUris: \["https:\/\/evil\.example\/cb"\] -> \["https:\/\/portal/);
  assert.match(drift.stderr, /3 objects are not as the files say/);
  assert.deepEqual((await client('bolivia', 'portal')).redirectUris, ['https://evil.example/cb'], 'looking changes nothing');
  const [done] = await applied(yaml);
  assert.deepEqual(rows([done]), ['update client portal', 'update user Maria', 'update user Maria']);
  assert.deepEqual((await client('bolivia', 'portal')).redirectUris, ['https://portal.example.bo/cb', 'https://portal.example.bo/other']);
  const maria = await user('bolivia', 'maria');
  assert.deepEqual([maria.groups, maria.roles.includes('offline_access'), maria.roles.includes('default-roles-bolivia')], [['/company/la paz'], false, true]);
  assert.deepEqual((await applied(yaml))[0].changes, []);
});

test('scope mappings are taken as they stand', async () => {
  const changed = file(BOLIVIA.replace('{client: portal, roles: [boss]}', '{client: portal, roles: [auditor]}').replace('roles: [reader]}]\n      account', 'roles: []}]\n      account'), 'scopes.yaml');
  const [out] = await applied(changed);
  assert.deepEqual(out.changes.map((c) => [c.name, c.members]), [
    ['branch', [{ member: 'scopeMappings', before: ['auditor', 'portal/reader'], after: ['auditor'] }]],
    ['portal', [{ member: 'scopeMappings', before: ['boss', 'account/view-profile'], after: ['auditor', 'account/view-profile'] }]],
  ]);
  assert.deepEqual((await applied(changed))[0].changes, []);
  await applied(path.join(folder, 'bolivia.yaml'));
  for (const json of [{ scopeMappings: {} }, { scopeMappings: [{ roles: [] }] }, { clientScopeMappings: [] }, { clientScopeMappings: { portal: [{}] } },
    { scopeMappings: [{ client: 'nowhere', roles: [] }] }]) {
    assert.equal((await apply({ realm: 'bolivia', ...json })).status, 1, JSON.stringify(json));
  }
});

test('what an export holds is as it is', async () => {
  const exported = path.join(folder, 'exported.json');
  await world.cli.ok('realm', 'export', 'bolivia', '--to', exported);
  const [out] = await applied(exported);
  assert.deepEqual([out.changes, out.applied], [[], false]);
});

test('an export without secrets is what is there: applying it changes no secret, also once it is ours', async () => {
  await world.addRealm('masked');
  const shop = await world.addClient('tienda', { realm: 'masked', serviceAccount: true });
  const login = async () => (await shop.token({ grant_type: 'client_credentials' })).status;
  const exported = path.join(folder, 'no-secrets.json');
  await world.cli.ok('realm', 'export', 'masked', '--to', exported, '--no-secrets');
  assert.deepEqual((await applied(exported))[0].changes, []);
  await applied(exported, '--adopt');
  assert.deepEqual((await applied(exported, '--adopt'))[0].changes, []);
  assert.equal(await login(), 200);
  await applied({ realm: 'masked', clients: [{ clientId: 'nueva', secret: '**********', serviceAccountsEnabled: true }] });
  const stars = new Client(world.server, 'masked', 'nueva', '**********', {});
  assert.equal((await stars.token({ grant_type: 'client_credentials' })).status, 401, 'a mask is no secret: one was made');
});

test('what others made is neither changed nor removed until it is adopted', async () => {
  await world.addClient('by-hand', { realm: 'chile' });
  await world.cli.ok('role', 'add', '--realm', 'chile', '--name', 'by-hand');
  const document = { realm: 'chile', clients: [{ clientId: 'by-hand', description: 'of the files' }], roles: { realm: [{ name: 'new' }] } };
  const refused = await apply(document);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /realm chile: Not made by apply, so nothing was changed: client by-hand/);
  assert.equal((await world.cli.run(['role', 'show', '--realm', 'chile', '--role', 'new'])).status, 1, 'all or nothing');
  assert.deepEqual(rows(await applied(document, '--dry-run')), ['create role new', 'foreign client by-hand']);
  assert.deepEqual(rows(await applied(document, '--adopt', '--why', 'it is ours now')), ['create role new', 'adopt client by-hand']);
  assert.deepEqual((await applied(document))[0].changes, []);
  const other = await apply(document, '--owner', 'another');
  assert.equal(other.status, 0, 'what is as it is to be needs no mark');
  document.clients[0].description = 'another';
  assert.equal((await apply(document, '--owner', 'another')).status, 1);

  const gone = await applied({ realm: 'chile' }, '--prune');
  assert.deepEqual(rows(gone).sort(), ['delete client by-hand', 'delete role new']);
  assert.equal((await world.cli.run(['role', 'show', '--realm', 'chile', '--role', 'by-hand'])).status, 0, 'made by hand: it stays');
  assert.deepEqual((await applied({ realm: 'chile' }, '--prune'))[0].changes, []);
});

test('what is not wanted any more goes; a group with the groups of others below stays', async () => {
  await applied({ realm: 'chile',
    groups: [{ name: 'a', subGroups: [{ name: 'b' }] }, { name: 'c' }], users: [{ username: 'pedro' }, { username: 'rosa' }],
    clientScopes: [{ name: 'kept' }, { name: 'dropped' }], clients: [{ clientId: 'web', publicClient: true }],
    roles: { client: { web: [{ name: 'one' }, { name: 'two' }] } } });
  await world.cli.ok('group', 'add', '--realm', 'chile', '--path', '/a/b/by-hand');
  const out = await applied({ realm: 'chile', users: [{ username: 'rosa' }], clientScopes: [{ name: 'kept' }],
    clients: [{ clientId: 'web' }], roles: { client: { web: [{ name: 'one' }] } } }, '--prune');
  assert.deepEqual(rows(out), ['delete user pedro', 'keep group /a/b', 'keep group /a', 'delete group /c', 'delete role web/two', 'delete clientScope dropped']);
  assert.equal((await world.cli.run(['group', 'show', '--realm', 'chile', '--path', '/a/b/by-hand'])).status, 0);
});

test('all of a realm or nothing', async () => {
  const bad = { realm: 'chile', roles: { realm: [{ name: 'before' }] }, users: [{ username: 'xavier', realmRoles: ['no such role'] }] };
  const out = await apply(bad);
  assert.equal(out.status, 1);
  assert.match(out.stderr, /realm chile: .*no such role/);
  assert.equal((await world.cli.run(['role', 'show', '--realm', 'chile', '--role', 'before'])).status, 1);
  const fresh = await apply({ realm: 'paraguay', clients: [{ clientId: 'x', redirectUris: 'no list' }] });
  assert.equal(fresh.status, 1);
  assert.match(fresh.stderr, /client x: .*redirectUris/);
  assert.equal((await world.cli.run(['realm', 'show', 'paraguay'])).status, 1, 'a new realm goes again');
  for (const json of [{ realm: 'chile', users: {} }, { realm: 'chile', users: [{}] }, { realm: 'chile', users: [3] },
    { realm: 'chile', groups: [{ name: 'g', realmRoles: 'x' }] }, { realm: '../x' }, { realm: 'chile', defaultGroups: ['/no'] }]) {
    assert.equal((await apply(json)).status, 1, JSON.stringify(json));
  }
});

test('a name that is not known is told and not lost in silence', async () => {
  const [out] = await applied({ realm: 'chile', clients: [{ clientId: 'web', redirectUri: 'x' }] }, '--adopt');
  assert.deepEqual(out.ignored, [{ kind: 'client', name: 'web', member: 'redirectUri' }]);
});

test('a folder with overlays, variables and secrets from files', async () => {
  file('variables: {host: portal.example.com, country: none}\n', 'many/0.yaml');
  file({ realm: 'uruguay', displayName: '$(country)', clients: [{ clientId: 'web', secret: { secretFrom: { file: 'web.secret' } }, redirectUris: ['https://$(host)/cb'], description: 'costs $$(money)' }] }, 'many/1.json');
  file('realms: [{realm: uruguay, roles: {realm: [{name: teller}]}}]\n', 'many/2.yml');
  file('variables: {country: Uruguay, host: portal.example.uy}\nrealms: [{realm: uruguay, accessTokenLifespan: 120, clients: [{clientId: web, name: Web}, {clientId: uy, publicClient: true}]}]\n', 'many/overrides/UY.yaml');
  file(`${SECRET}\n`, 'many/web.secret');
  const many = path.join(folder, 'many');
  const [out] = await applied(many, '--overlay', 'UY', '--var', 'country=República');
  assert.deepEqual(rows([out]), ['create realm uruguay', 'create role teller', 'create client web', 'create client uy']);
  const web = await client('uruguay', 'web');
  assert.deepEqual([web.redirectUris, web.name, web.description], [['https://portal.example.uy/cb'], 'Web', 'costs $(money)']);
  assert.equal((await world.cli.json('realm', 'show', 'uruguay')).displayName, 'República');
  assert.equal((await apply(many, '--overlay', 'XX')).status, 1);
  assert.equal((await apply(many, '--overlay', '../UY')).status, 2);
  for (const [text, what] of [
    ['realms: [{realm: $(nowhere)}]', /no variable nowhere/],
    ['realms: [{realm: x, displayName: {secretFrom: {env: NOT_SET}}}]', /no secret NOT_SET/],
    ['realms: [{realm: x, displayName: {secretFrom: {file: nothing}}}]', /cannot read .*nothing/],
    ['a: &a [1]\nrealms: [*a]', /yaml:1: anchors/], ['realms: [{realm: x, realm: y}]', /stands twice/],
    ['relms: []', /relms is not known/], ['realms: [', /yaml:/], ['[[[', /yaml:/], ['realms: [{}]', /without a name/], ['', /no realm/],
  ]) {
    const refused = await apply(file(text, 'bad.yaml'));
    assert.equal(refused.status, 1, text);
    assert.match(refused.stderr, what);
    assert.ok(refused.stderr.split('\n').length <= 2, 'one line');
  }
});

// AD-02, AD-04: by the Admin API a run can do what its caller could do call by call.
test('by the Admin API, with the rights of the caller', async () => {
  const post = (token, json, query = '') => world.call('POST', `/apply${query}`, { token, json, headers: { 'X-Justification': 'by rest' } });
  const ana = await world.token('ana', 'peru');
  const done = await post(ana, { realm: 'peru', roles: { realm: [{ name: 'teller' }] }, users: [{ username: 'luz', realmRoles: ['teller'] }] });
  assert.equal(done.status, 200, done.text);
  assert.deepEqual(rows([done.json]), ['create role teller', 'create user luz']);
  const [event] = (await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '100')).filter((e) => e.type === 'RoleCreated');
  assert.deepEqual([event.metadata.justification, event.metadata.path], ['by rest', 'roles']);
  for (const realm of ['chile', 'master', 'nowhere']) assert.equal((await post(ana, { realm })).status, 403, realm);
  assert.equal((await post(undefined, { realm: 'peru' })).status, 401);

  await world.addAdmin('half', ['realm-management/manage-users', 'realm-management/view-users'], 'peru');
  const half = await world.token('half', 'peru');
  assert.equal((await post(half, { realm: 'peru', users: [{ username: 'eva' }], roles: { realm: [{ name: 'sneaky' }] } })).status, 403);
  assert.equal((await world.cli.run(['user', 'show', '--realm', 'peru', '--username', 'eva'])).status, 1);
  const raise = await post(half, { realm: 'peru', users: [{ username: 'eva', clientRoles: { 'realm-management': ['realm-admin'] } }] });
  assert.equal(raise.status, 403, raise.text);
  assert.equal((await post(half, { realm: 'peru', users: [{ username: 'eva' }] })).status, 200, 'what it may do call by call');
  const marked = await post(half, { realm: 'peru', users: [{ username: 'ana', firstName: 'Mine' }] }, '?adopt=true');
  assert.equal(marked.status, 403, 'AD-04: an administrator is changed only by who has his rights');

  const root = await world.token('root', 'master');
  assert.equal((await post(root, { realm: 'ecuador', enabled: true })).status, 200);
  assert.equal((await post(root, { realm: 'ecuador' }, '?dryRun=true&prune=true')).json.applied, false);
  for (const [json, query] of [[{}, ''], [[], ''], [{ realm: 'peru' }, '?dryRun=perhaps'], [{ realm: 'peru' }, '?owner=a%20b']]) {
    assert.equal((await post(root, json, query)).status, 400, JSON.stringify(json) + query);
  }
});

test('the registry of tenants becomes realms, people and service accounts', async () => {
  const registry = `
tenants:
  - tenant: panama
    displayName: Panamá
    environments: [production, staging]
    quotas: {users: 50000}
    settings: {accessTokenLifespan: 120}
    owner: {username: olga, email: olga@example.pa}
    members:
      auditor: [luis, Olga]
      realm-management/view-users: [luis]
    serviceAccounts:
      - {clientId: billing, secret: {secretFrom: {env: PORTAL_SECRET}}, roles: [realm-management/view-users, auditor]}
globalAdmins: [{username: gina, email: gina@example.com}]
realms:
  - realm: panama
    roles: {realm: [{name: auditor}]}
  - realm: panama-staging
    accessTokenLifespan: 60
    roles: {realm: [{name: auditor}]}
`;
  const yaml = file(registry, 'tenants.yaml');
  const out = await applied(yaml);
  assert.deepEqual(out.map((r) => r.realm), ['panama', 'panama-staging', 'master']);
  const panama = await world.cli.json('realm', 'show', 'panama');
  assert.deepEqual([panama.displayName, panama.accessTokenLifespan, panama.attributes['garita.quota.users'], panama.attributes['garita.environment']],
    ['Panamá', 120, '50000', 'production']);
  assert.equal((await world.cli.json('realm', 'show', 'panama-staging')).accessTokenLifespan, 60);
  assert.deepEqual((await user('panama', 'luis')).roles.sort(), ['auditor', 'default-roles-panama', 'view-users']);
  assert.deepEqual((await user('panama', 'olga')).roles.sort(), ['auditor', 'default-roles-panama', 'realm-admin']);
  assert.deepEqual((await user('panama', 'service-account-billing')).roles.sort(), ['auditor', 'default-roles-panama', 'view-users']);
  assert.ok((await user('master', 'gina')).roles.includes('admin'));
  for (const { changes } of await applied(yaml)) assert.deepEqual(changes, []);
  await applied(file(registry.replace('[luis, Olga]', '[olga]'), 'tenants.yaml'));
  assert.deepEqual((await user('panama', 'luis')).roles.sort(), ['default-roles-panama', 'view-users']);
  for (const [text, what] of [
    ['tenants: [{}]', /a name is needed/], ['tenants: [{tenant: x, qoutas: {}}]', /qoutas is not known/],
    ['tenants: [{tenant: x, members: {a: b}}]', /lists of people/], ['tenants: [{tenant: x, owner: 3}]', /a person is/],
    ['tenants: [{tenant: x, environments: 3}]', /environments/], ['tenants: [{tenant: x, serviceAccounts: [{}]}]', /without clientId/],
  ]) {
    const refused = await apply(file(text, 'bad.yaml'));
    assert.equal(refused.status, 1, text);
    assert.match(refused.stderr, what);
  }
});

test('on a server elsewhere, with a token or with a client', async () => {
  const there = (args, document) => run(world.server.bin, ['apply', '-f', file(document), '--server', world.server.origin, '--json', ...args], { env });
  const document = { realm: 'peru', roles: { realm: [{ name: 'from afar' }] } };
  const token = file(`${await world.token('ana', 'peru')}\n`, 'token');
  const plan = await there(['--token-file', token, '--dry-run'], document);
  assert.equal(plan.status, 0, plan.stderr);
  assert.deepEqual(rows(JSON.parse(plan.stdout)), ['create role from afar']);
  assert.equal((await there(['--token-file', token, '--drift'], document)).status, 1);
  const done = await there(['--token-file', token, '--why', 'by wire', '--owner', 'afar'], document);
  assert.equal(done.status, 0, done.stderr);
  assert.deepEqual((await applied(document, '--owner', 'afar'))[0].changes, [], 'here and there are one engine');
  const [event] = (await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000')).filter((e) => e.metadata?.justification === 'by wire');
  assert.equal(event.metadata.username, 'ana');

  await world.addClient('deployer', { realm: 'peru', serviceAccount: true, redirectUris: [], secret: SECRET });
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--username', 'service-account-deployer', '--role', 'realm-management/realm-admin');
  const login = ['--client-id', 'deployer', '--secret-file', file(SECRET, 'deployer.secret'), '--auth-realm', 'peru'];
  const gone = await there([...login, '--prune', '--owner', 'afar'], { realm: 'peru' });
  assert.equal(gone.status, 0, gone.stderr);
  assert.deepEqual(rows(JSON.parse(gone.stdout)), ['delete role from afar']);

  for (const [args, status, what] of [
    [['--token-file', token], 1, /realm chile: the server answers 403/],
    [['--client-id', 'deployer', '--secret-file', file('wrong secret', 'wrong.secret'), '--auth-realm', 'peru'], 1, /the server answers 401/],
    [[], 2, /--server needs/], [['--token-file', token, ...login], 2, /--server needs/],
    [['--token-file', token, '--why', 'two\nlines'], 2, /one line/],
  ]) {
    const refused = await there(args, { realm: 'chile' });
    assert.equal(refused.status, status, refused.stderr);
    assert.match(refused.stderr, what);
    assert.ok(!refused.stderr.includes(SECRET));
  }
  for (const server of ['http://example.com', 'ftp://localhost', 'https://u:p@localhost', 'nowhere']) {
    assert.equal((await run(world.server.bin, ['apply', '-f', file(document), '--server', server, '--token-file', token])).status, 2, server);
  }
  assert.equal((await run(world.server.bin, ['apply', '-f', file(document), '--server', `http://127.0.0.1:${await freePort()}`, '--token-file', token])).status, 1);
});

test('a server elsewhere is known by its certificate', async () => {
  const tls = await AdminWorld.open({ tls: true });
  const token = file(await tls.token('ana', 'peru'), 'token.tls');
  const there = (...args) => run(tls.server.bin, ['apply', '-f', file({ realm: 'peru' }), '--server', tls.server.origin, '--token-file', token, ...args]);
  const unknown = await there();
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /cannot be reached/);
  const known = await there('--ca-file', path.join(tls.server.data, 'tls/tls.crt'));
  assert.equal(known.status, 0, known.stderr);
  await tls.close();
});

test('the schema for editors takes what is taken and finds what is wrong', async () => {
  const schema = JSON.parse((await run(world.server.bin, ['apply', '--schema'])).stdout);
  const check = new Ajv({ strict: false }).compile(schema);
  for (const good of [{ realm: 'x' }, [{ realm: 'x', users: [{ username: 'a', attributes: { a: ['1'] } }] }], { variables: { a: 1 }, tenants: [{ tenant: 'x' }] },
    { realms: [{ realm: 'x', enabled: true, clients: [{ clientId: 'c', secret: { secretFrom: { env: 'X' } }, redirectUris: ['u'] }], groups: [{ name: 'g', subGroups: [{ name: 'h' }] }] }] }]) {
    assert.ok(check(good), JSON.stringify([good, check.errors]));
  }
  for (const bad of [{}, { realms: {} }, { relms: [] }, { realm: 'x', enabled: 'yes' }, { realm: 'x', clients: [{}] }, { realm: 'x', users: [{ username: 1 }] },
    { realm: 'x', clients: [{ clientId: 'c', secret: { secretFrom: { env: 'X', file: 'y' } } }] }, { realm: 'x', groups: [{ name: 'g', subGroups: [{}] }] },
    { realms: [{ realm: 'x', accessTokenLifespan: 1.5 }] }]) {
    assert.ok(!check(bad), JSON.stringify(bad));
  }
});

test('a person against the rules of the profile is named, by the Admin API as by the command', async () => {
  const token = await world.token('root', 'master');
  const wrong = { realm: 'peru', users: [{ username: 'x' }] };
  const answer = await world.call('POST', '/apply', { token, json: wrong });
  assert.equal(answer.status, 400);
  assert.match(answer.text, /user x: .*username/);
  assert.match((await apply(wrong)).stderr, /user x: .*username/);
});

test('of calls that make the same realm at once, one makes it and none takes it away', async () => {
  const token = await world.token('root', 'master');
  for (let i = 0; i < 4; i++) {
    const json = { realm: `carrera-${i}`, displayName: 'Carrera' };
    const answers = await Promise.all([1, 2, 3].map(() => world.call('POST', '/apply', { token, json })));
    const made = answers.filter((a) => a.status === 200 && a.json.applied && a.json.summary.create > 0);
    assert.equal(made.length, 1, answers.map((a) => a.text).join());
    assert.equal((await world.call('GET', `/realms/carrera-${i}`, { token })).status, 200, 'it was made, and told so');
  }
});

test('what cannot be answered is not done', async () => {
  const token = await world.token('root', 'master');
  const people = (n, bytes) => Array.from({ length: n }, (_, i) => ({ username: `p${String(i).padStart(5, '0')}`, attributes: { note: ['x'.repeat(bytes)] } }));
  const large = { realm: 'peru', users: people(500, 3500) }; // 1.8 MB
  const answer = await world.call('POST', '/apply', { token, json: large });
  assert.ok([200, 413].includes(answer.status), answer.text.slice(0, 200));
  const there = (await world.cli.run(['user', 'show', '--realm', 'peru', '--username', 'p00000'])).status === 0;
  assert.equal(there, answer.status === 200);
  assert.equal((await apply({ realm: 'peru', users: people(500, 5000) })).status, 1, 'more than fits into one document');
  const [out] = await applied({ realm: 'peru', users: people(2000, 10) });
  assert.equal(out.summary.create + out.summary.same + out.summary.update, 2000);
  assert.deepEqual(rows(await applied({ realm: 'peru', users: people(2000, 10) })), []);
});

test('on a folder without a server', async () => {
  await world.server.stop.call(Object.assign(world.server, { keepData: true }));
  const out = await apply(path.join(folder, 'bolivia.yaml'), '--json');
  assert.equal(out.status, 0, out.stderr);
  assert.deepEqual(JSON.parse(out.stdout)[0].changes, []);
  assert.deepEqual(rows(await applied({ realm: 'offline', users: [{ username: 'xavier' }] })), ['create realm offline', 'create user xavier']);
  world.server.keepData = false;
  await world.server.launch();
});
