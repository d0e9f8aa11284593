// Keycloak's exports taken in: who was there logs in with what he had, tokens from before verify, and what
// could not be taken is told.
import assert from 'node:assert/strict';
import { createPublicKey, createSign, createVerify } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { run } from './lib/cli.mjs';
import { otp, people, realmExport, rsaProvider } from './lib/exports.mjs';
import { basic, request } from './lib/http.mjs';
import { Client, decode, headerOf } from './lib/oidc.mjs';
import { totp } from './lib/otp.mjs';
import { BIN, childEnvironment, filesIn, freePort, Server, tempFolder } from './lib/server.mjs';

let world, folder, root;
const key = rsaProvider();
const secret = 'portal-secret-of-the-bank';

before(async () => {
  world = await AdminWorld.open();
  folder = tempFolder('exports');
  root = await world.client('root', 'master');
});
after(() => world.close());

let files = 0;
function write(content, name = `export-${files++}.json`) {
  const file = path.join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  return file;
}
const take = (content, ...args) => world.cli.json('realm', 'import', write(content), ...args);
const refuse = async (content, ...args) => {
  const result = await world.cli.run(['realm', 'import', write(content), ...args]);
  assert.equal(result.status, 1, result.stdout);
  return result.stderr;
};
const portalOf = (realm) => new Client(world.server, realm, 'portal', secret);
const remark = (list, place) => list.find((r) => r.places.some((p) => p.startsWith(place)));
const logIn = async (realm, username, password) => (await portalOf(realm).password(username, password));

for (const version of [15, 21, 26]) {
  test(`a whole export of version ${version}: everybody logs in as before`, async () => {
    const realm = `bank${version}`;
    const result = await take(realmExport(version, { users: people(realm), key: version === 26 ? key : undefined }));
    const [report] = result.realms;
    assert.equal(report.state, 'imported');
    assert.equal(report.taken.users, 10);
    assert.equal(report.taken.groups, 2);
    assert.equal(report.taken['identity providers'], 1);

    for (const [name, password] of [['ana', 'secret'], ['josé.ñandú', 'clave de José'], ['sha512', 'secret 512'], ['sha1', 'secret 1'], ['clear', 'in clear, 1']]) {
      const reply = await logIn(realm, name, password);
      assert.equal(reply.status, 200, `${name}: ${reply.text}`);
      assert.equal((await logIn(realm, name, `${password}x`)).status, 401);
    }
    assert.match((await logIn(realm, 'fresh', 'in clear, 2')).text, /not fully set up/);
    assert.equal((await logIn(realm, 'nosalt', 'x')).status, 401);
    // WE-12: who has a second factor is not let in without it
    assert.equal((await logIn(realm, 'segundo', 'secret')).status, 401);
    const seed = JSON.parse(otp.secretData).value;
    assert.equal((await portalOf(realm).password('segundo', 'secret', { totp: totp(0, { key: seed }) })).status, 200);
    assert.equal((await logIn(realm, 'off', 'secret off')).status, 401);

    const token = decode((await logIn(realm, 'ana', 'secret')).json.access_token);
    assert.equal(token.sub, '40000000-0000-4000-8000-000000000001');
    assert.equal(token.preferred_username, 'ana');
    assert.equal(token.branch, 'Lima 3');
    assert.equal(token.exp - token.iat, 120);
    assert.deepEqual([...token.realm_access.roles].sort(), [`default-roles-${realm}`, 'manager', 'offline_access', 'teller', 'uma_authorization'].sort());
    assert.deepEqual([...token.resource_access.portal.roles].sort(), ['read', 'write']);

    const service = await request(`${world.server.realm(realm)}/protocol/openid-connect/token`, { form: { grant_type: 'client_credentials' }, headers: basic('portal', secret) });
    assert.equal(service.status, 200, service.text);
    assert.ok(decode(service.json.access_token).realm_access.roles.includes('teller'));

    // AU-03: what came with a person stands in his event, without what it is
    const [made] = (await world.cli.json('audit', 'list', '--realm', realm, '--type', 'UserCreated')).filter((e) => JSON.stringify(e).includes('"ana"'));
    const given = made.data ?? made.details ?? made;
    assert.equal(given.roles, `default-roles-${realm}, manager, account/view-profile`);
    assert.equal(given.groups, '/branches/lima');
    assert.equal(given.credentials, 'password');

    // what could not be taken
    assert.match(remark(report.left, 'clients[1].redirectUris[1]').reason, /redirectUris/);
    assert.ok(remark(report.left, 'clients[3]'));
    assert.ok(remark(report.left, 'users[1].email'));
    assert.ok(remark(report.left, 'users[6].credentials[0]'));
    assert.match(remark(report.left, 'passwordPolicy').reason, /passwordBlacklist/);
    assert.ok(remark(report.left, 'attributes.garita.setup.token'), 'RE-04: marks of set-up come from nowhere else');
    assert.ok(!remark(report.adapted, 'users[8].credentials[1]'), 'one-time passwords work');
    assert.equal(Boolean(remark(report.adapted, 'clientScopes.basic')), version < 25);
    assert.ok(!JSON.stringify(result).includes('provider-secret'));
  });
}

test('the parts are as they were: ids, times, attributes, groups, consents, accounts elsewhere', async () => {
  root.setConfig({ realmName: 'bank26' });
  const ana = await root.users.findOne({ id: '40000000-0000-4000-8000-000000000001' });
  assert.equal(ana.createdTimestamp, 1600000000123);
  assert.equal(ana.emailVerified, true);
  assert.deepEqual(ana.attributes, { branch: ['Lima 3'] });
  assert.deepEqual((await root.users.listGroups({ id: ana.id })).map((g) => g.path), ['/branches/lima']);
  assert.deepEqual((await root.users.listFederatedIdentities({ id: ana.id })).map((f) => f.userId), ['corp-7']);
  assert.deepEqual((await root.users.listConsents({ id: ana.id })).map((c) => c.clientId), ['portal']);
  assert.deepEqual((await root.users.getCredentials({ id: ana.id })).map((c) => c.type), ['password']);
  const segundo = await root.users.findOne({ id: '40000000-0000-4000-8000-000000000002' });
  assert.deepEqual((await root.users.getCredentials({ id: segundo.id })).map((c) => c.type).sort(), ['otp', 'password']);
  const portal = (await root.clients.find({ clientId: 'portal' }))[0];
  assert.equal(portal.id, 'e0000000-0000-4000-8000-000000000001');
  assert.deepEqual(portal.redirectUris, ['https://app.example.pe/*']);
  assert.equal((await root.clients.getServiceAccountUser({ id: portal.id })).username, 'service-account-portal');
  const realm = await root.realms.findOne({ realm: 'bank26' });
  assert.equal(realm.defaultRole.name, 'default-roles-bank26');
  assert.equal(realm.passwordPolicy, 'length(8)');
  assert.equal(realm.attributes['garita.setup.token'], undefined);
  assert.deepEqual((await root.groups.find()).map((g) => g.name), ['branches']);
  assert.deepEqual((await root.clients.find()).map((c) => c.clientId).sort(), ['account', 'account-console', 'admin-cli', 'broker', 'narrow', 'portal', 'realm-management', 'security-admin-console']);
  // a new person joins the default group
  const made = await root.users.create({ username: 'nueva' });
  assert.deepEqual((await root.users.listGroups({ id: made.id })).map((g) => g.path), ['/branches']);
  const [verdict] = await world.cli.json('audit', 'verify', '--realm', 'bank26');
  assert.equal(verdict.whole, true);
});

test('keys keep their ids, so tokens from before still verify', async () => {
  const jwks = (await request(`${world.server.realm('bank26')}/protocol/openid-connect/certs`)).json.keys;
  const jwk = jwks.find((k) => k.kid === key.kid);
  assert.ok(jwk, 'published under the kid that Keycloak gave it');
  const old = createSign('RSA-SHA256').update('head.body').sign(key.privateKey);
  assert.ok(createVerify('RSA-SHA256').update('head.body').verify(createPublicKey({ key: jwk, format: 'jwk' }), old));
  // RSA with PKCS #1 is the same each time: the server signs with that very key
  const token = (await logIn('bank26', 'ana', 'secret')).json.access_token;
  const [head, body, signature] = token.split('.');
  assert.equal(headerOf(token).kid, key.kid);
  assert.equal(createSign('RSA-SHA256').update(`${head}.${body}`).sign(key.privateKey).toString('base64url'), signature);
});

test('flows come by name, are completed, and are what logins follow', async () => {
  const bare = { realm: 'flujos', enabled: true, users: [people('flujos')[0]].map((p) => ({ username: p.username, credentials: p.credentials, enabled: true })), browserFlow: 'ours' };
  const step = (authenticator, requirement, priority, more) => ({ authenticator, requirement, priority, ...more });
  const flow = (alias, authenticationExecutions, topLevel = true) => ({ alias, providerId: 'basic-flow', topLevel, builtIn: false, authenticationExecutions });
  const authenticationFlows = [
    flow('ours', [step('auth-cookie', 'ALTERNATIVE', 10), { authenticatorFlow: true, flowAlias: 'ours below', requirement: 'ALTERNATIVE', priority: 20 }]),
    flow('ours below', [step('auth-username-password-form', 'REQUIRED', 10), step('auth-otp-form', 'OPTIONAL', 20, { authenticatorConfig: 'nowhere' })], false),
  ];
  const [report] = (await take({ ...bare, authenticationFlows })).realms;
  assert.equal(report.taken['authentication flows'], 2);
  assert.ok(remark(report.adapted, 'authenticationFlows[1].authenticationExecutions[1].requirement'));
  assert.ok(remark(report.left, 'authenticationFlows[1].authenticationExecutions[1].authenticatorConfig'));
  root.setConfig({ realmName: 'flujos' });
  const flows = await root.authenticationManagement.getFlows();
  assert.ok(['ours', 'browser', 'direct grant', 'clients', 'registration'].every((alias) => flows.some((f) => f.alias === alias)));
  const executions = await root.authenticationManagement.getExecutions({ flow: 'ours' });
  assert.deepEqual(executions.map((e) => [e.providerId ?? e.displayName, e.requirement, e.level]), [
    ['auth-cookie', 'ALTERNATIVE', 0], ['ours below', 'ALTERNATIVE', 0], ['auth-username-password-form', 'REQUIRED', 1], ['auth-otp-form', 'DISABLED', 1]]);

  const wrong = (flows_, words) => refuse({ ...bare, realm: 'flujos2', authenticationFlows: flows_ }).then((text) => assert.match(text, words));
  await wrong([flow('a', [{ authenticatorFlow: true, flowAlias: 'b', requirement: 'REQUIRED' }]), flow('b', [{ authenticatorFlow: true, flowAlias: 'a', requirement: 'REQUIRED' }], false)], /leads into itself/);
  await wrong([flow('a', []), flow('a', [])], /authenticationFlows\[1\]\.alias.*another flow has this name/);
  await wrong([flow('a', [{ authenticatorFlow: true, flowAlias: 'c', requirement: 'REQUIRED' }])], /authenticationExecutions\[0\]\.flowAlias.*no flow of this name/);
  const below = { authenticatorFlow: true, flowAlias: 'b', requirement: 'REQUIRED' };
  await wrong([flow('a', [below, below]), flow('b', [], false)], /authenticationExecutions\[1\]\.flowAlias.*stands elsewhere/);
  await wrong([flow('a', 7)], /authenticationFlows\[0\]\.authenticationExecutions/);
});

test('flows whose names mean something in paths get others; usual ones have what is in them to themselves', async () => {
  const step = (authenticator, requirement, priority) => ({ authenticator, requirement, priority });
  const below = (flowAlias) => ({ authenticatorFlow: true, flowAlias, requirement: 'ALTERNATIVE', priority: 20 });
  const flow = (alias, authenticationExecutions, topLevel = true) => ({ alias, providerId: 'basic-flow', topLevel, builtIn: false, authenticationExecutions });
  const [report] = (await take({
    realm: 'caminos', enabled: true, browserFlow: 'web/móvil',
    authenticationFlows: [
      flow('web/móvil', [step('auth-cookie', 'ALTERNATIVE', 10), below('forms')]),
      flow('forms', [step('auth-username-password-form', 'REQUIRED', 10)], false),
      flow('..', []),
    ],
  })).realms;
  assert.ok(remark(report.adapted, 'authenticationFlows[0].alias'));
  assert.ok(remark(report.adapted, 'authenticationFlows[2].alias'));
  root.setConfig({ realmName: 'caminos' });
  const flows = await root.authenticationManagement.getFlows();
  for (const alias of ['web-móvil', '..-', 'browser']) assert.ok(flows.some((f) => f.alias === alias), alias);
  assert.equal((await root.realms.findOne({ realm: 'caminos' })).browserFlow, 'web-móvil');
  const inside = async (flow_) => (await root.authenticationManagement.getExecutions({ flow: flow_ }));
  assert.deepEqual((await inside('web-móvil')).map((e) => e.providerId ?? e.displayName), ['auth-cookie', 'forms', 'auth-username-password-form']);
  const usual = await inside('browser');
  const own = usual.find((e) => e.displayName === 'browser forms');
  assert.ok(own, JSON.stringify(usual));
  assert.notEqual(own.flowId, (await inside('web-móvil'))[1].flowId);
  assert.ok(usual.some((e) => e.providerId === 'auth-otp-form'), 'the usual one is whole');
});

test('nodes of clients come along', async () => {
  const [report] = (await take({ realm: 'nodos', enabled: true, clients: [{ clientId: 'cluster', registeredNodes: { 'app1.example.pe:8443': 1700000000, 'a/b': 1700000000, 'app2.example.pe': 'x' } }] })).realms;
  assert.equal(remark(report.left, 'clients[0].registeredNodes').count, 2);
  root.setConfig({ realmName: 'nodos' });
  const [client] = await root.clients.find({ clientId: 'cluster' });
  assert.deepEqual(client.registeredNodes, { 'app1.example.pe:8443': 1700000000 });
});

test('of organizations that share a name, an alias, a domain or an id the first is taken', async () => {
  const one = { id: 'una', name: 'Una', alias: 'una', domains: [{ name: 'una.example' }] };
  const organizations = [one, { name: 'Una', alias: 'b' }, { name: 'C', alias: 'una' }, { name: 'D', alias: 'd', domains: [{ name: 'd.example' }, { name: 'UNA.example' }] },
    { id: 'una', name: 'E', alias: 'e' }, { name: 'Una', alias: 'una' }, { name: 'd', alias: 'una.example', domains: [{ name: 'd.example' }] }];
  const [report] = (await take({ realm: 'iguales', enabled: true, organizationsEnabled: true, organizations })).realms;
  assert.equal(report.taken.organizations, 2);
  for (const i of [1, 2, 3, 4, 5]) assert.ok(remark(report.left, `organizations[${i}]`), String(i));
});

test('organizations come with their members, providers with the checks of the Admin API', async () => {
  const users = [{ id: '40000000-0000-4000-8000-000000000011', username: 'socia', enabled: true }];
  const organizations = [{ name: 'Aerolínea', alias: 'aerolinea', enabled: true, domains: [{ name: 'air.example', verified: true }], members: [{ username: 'socia' }, { username: 'nobody' }] },
    { name: 'Aerolínea', alias: 'otra', domains: [{ name: 'b.example' }] }];
  const identityProviders = [{ alias: 'good', providerId: 'oidc', config: { clientId: 'x', clientSecret: 's', authorizationUrl: 'https://good.example/a', tokenUrl: 'https://good.example/t' } },
    { alias: 'bad one/', providerId: 'oidc', config: {} }];
  const [report] = (await take({ realm: 'socios', enabled: true, organizationsEnabled: true, users, organizations, identityProviders,
    localizationTexts: { es: { loginTitle: 'Entrar' }, 'not a locale': { a: 'b' } }, verifiableCredentialsEnabled: false, scimApiEnabled: true })).realms;
  assert.deepEqual(report.left.find((r) => /no such setting/.test(r.reason)).places, ['scimApiEnabled'], 'texts are taken, and what is off is not missed');
  assert.deepEqual(await root.realms.getRealmLocalizationTexts({ realm: 'socios', selectedLocale: 'es' }), { loginTitle: 'Entrar' });
  assert.deepEqual([report.taken.organizations, report.taken['organization members'], report.taken['identity providers']], [1, 1, 1]);
  for (const place of ['localizationTexts.not a locale', 'organizations[1]', 'organizations[0].members[1]', 'identityProviders[1]']) assert.ok(remark(report.left, place), place);
  root.setConfig({ realmName: 'socios' });
  const [found] = await root.organizations.find();
  assert.equal(found.name, 'Aerolínea');
  assert.deepEqual((await root.organizations.listMembers({ orgId: found.id })).map((m) => m.username), ['socia']);
  assert.deepEqual((await root.identityProviders.find()).map((p) => p.alias), ['good']);
});

test('what a person is to do and this server cannot carry out is kept and told', async () => {
  const users = [{ username: 'apurada', enabled: true, requiredActions: ['UPDATE_PASSWORD', 'webauthn-register', 'own-action'] }];
  const [report] = (await take({ realm: 'tareas', enabled: true, users })).realms;
  for (const i of [1, 2]) assert.match(remark(report.adapted, `users[0].requiredActions[${i}]`).reason, /cannot carry it out/);
  assert.equal(remark(report.adapted, 'users[0].requiredActions[0]'), undefined);
  root.setConfig({ realmName: 'tareas' });
  assert.deepEqual((await root.users.find({ username: 'apurada' }))[0].requiredActions, ['UPDATE_PASSWORD', 'webauthn-register', 'own-action']);
});

test('groups of organizations come with their roles and members; those of one that is off lie dormant', async () => {
  const users = [{ id: '40000000-0000-4000-8000-000000000012', username: 'jefa', enabled: true }];
  const groups = [{ name: 'Ventas', attributes: { floor: ['2'] }, subGroups: [{ name: 'Sur', realmRoles: ['clerk', 'nope'] }] }];
  const members = [{ username: 'jefa', groups: ['/Ventas/Sur', '/Nada'] }];
  const organizations = [{ name: 'Una', groups, members }, { name: 'Dormida', enabled: false, groups: [{ name: 'Ventas', realmRoles: ['boss'] }], members: [{ username: 'jefa', groups: ['/Ventas'] }] }];
  const [report] = (await take({ realm: 'grupos', enabled: true, organizationsEnabled: true, roles: { realm: [{ name: 'clerk' }, { name: 'boss' }] },
    groups: [{ name: 'Ventas' }], users, organizations })).realms;
  assert.equal(report.taken.groups, 4);
  for (const place of ['organizations[0].groups[0].subGroups[0].realmRoles[1]', 'organizations[0].members[0].groups[1]']) assert.ok(remark(report.left, place), place);
  root.setConfig({ realmName: 'grupos' });
  const [una] = await root.organizations.find({ search: 'Una' });
  const [tree] = await root.organizations.groups(una.id).find({ search: 'Sur', populateHierarchy: true, briefRepresentation: false });
  assert.deepEqual([tree.name, tree.attributes, tree.subGroups[0].path, tree.subGroups[0].realmRoles], ['Ventas', { floor: ['2'] }, '/Ventas/Sur', ['clerk']]);
  const [{ id: jefa }] = await root.users.find({ username: 'jefa' });
  const effective = async () => (await root.users.listCompositeRealmRoleMappings({ id: jefa })).map((r) => r.name).filter((n) => ['clerk', 'boss'].includes(n));
  assert.deepEqual(await effective(), ['clerk']);
  const [asleep] = await root.organizations.find({ search: 'Dormida' });
  await root.organizations.updateById({ id: asleep.id }, { name: 'Dormida', enabled: true });
  assert.deepEqual((await effective()).sort(), ['boss', 'clerk']);
});

test('an import again: refused, skipped, or put into the place of what is there', async () => {
  const content = realmExport(26, { users: people('bank26'), key });
  assert.match(await refuse(content), /a realm called bank26 exists/);
  assert.equal((await take(content, '--if-exists', 'skip')).realms[0].state, 'skipped');
  root.setConfig({ realmName: 'bank26' });
  assert.equal((await root.users.find({ username: 'nueva' })).length, 1);
  assert.equal((await take(content, '--if-exists', 'overwrite')).realms[0].state, 'imported');
  root.setConfig({ realmName: 'bank26' });
  assert.equal((await root.users.find({ username: 'nueva' })).length, 0, 'the old one is gone as a whole');
  assert.equal((await logIn('bank26', 'ana', 'secret')).status, 200);
  const deleted = await world.cli.json('audit', 'list', '--realm', 'master', '--type', 'RealmDeleted');
  assert.deepEqual(deleted[0].data, { realm: 'bank26', replacedBy: 'import' });
});

test('a failed overwrite leaves the realm that is there', async () => {
  const content = realmExport(26, { users: [...people('bank26'), { username: 'ANA' }] });
  assert.match(await refuse(content, '--if-exists', 'overwrite'), /users\[10\]\.username: User exists/);
  assert.equal((await logIn('bank26', 'ana', 'secret')).status, 200);
});

test('--dry-run does everything and keeps nothing', async () => {
  const before = filesIn(world.server.data).length;
  const result = await take(realmExport(21, { realm: 'trial', users: people('trial') }), '--dry-run');
  assert.equal(result.dryRun, true);
  assert.equal(result.realms[0].taken.users, 10);
  assert.ok(!(await world.cli.json('realm', 'list')).some((r) => r.realm === 'trial'));
  assert.equal(filesIn(world.server.data).length, before);
});

test('--realm gives another name, to its own pages too', async () => {
  const result = await take(realmExport(21, { users: people('bank21') }), '--realm', 'copy');
  assert.equal(result.realms[0].realm, 'copy');
  root.setConfig({ realmName: 'copy' });
  const account = (await root.clients.find({ clientId: 'account' }))[0];
  assert.deepEqual(account.redirectUris, ['/realms/copy/account/*']);
  assert.equal((await logIn('copy', 'ana', 'secret')).status, 200);
});

test('a folder as Keycloak writes it, with people in files of their own; an array of realms', async () => {
  const dir = path.join(folder, 'folder');
  mkdirSync(dir);
  const all = people('split');
  const { users, ...realm } = realmExport(26, { realm: 'split' });
  assert.equal(users.length, 0);
  writeFileSync(path.join(dir, 'split-realm.json'), JSON.stringify(realm));
  writeFileSync(path.join(dir, 'split-users-0.json'), JSON.stringify({ realm: 'split', users: all.slice(0, 4) }));
  writeFileSync(path.join(dir, 'split-users-1.json'), JSON.stringify({ realm: 'split', users: all.slice(4) }));
  writeFileSync(path.join(dir, 'master-realm.json'), JSON.stringify(realmExport(26, { realm: 'master' })));
  writeFileSync(path.join(dir, 'notes.txt'), 'not JSON');
  const result = await world.cli.json('realm', 'import', dir);
  assert.deepEqual(result.realms.map((r) => [r.realm, r.state]), [['master', 'skipped'], ['split', 'imported']]);
  assert.equal(result.realms[1].taken.users, 10);
  assert.equal((await logIn('split', 'sha1', 'secret 1')).status, 200);

  const two = await take([realmExport(26, { realm: 'one' }), realmExport(26, { realm: 'two' })]);
  assert.deepEqual(two.realms.map((r) => r.state), ['imported', 'imported']);
});

test('a realm of two lines gets all that a realm needs', async () => {
  const result = await take({ realm: 'tiny', enabled: true, users: [{ username: 'ana', enabled: true, credentials: [{ type: 'password', value: 'secret' }] }], clients: [{ clientId: 'portal', secret, directAccessGrantsEnabled: true }] });
  assert.equal(result.realms[0].state, 'imported');
  const reply = await logIn('tiny', 'ana', 'secret');
  assert.equal(reply.status, 200, reply.text);
  assert.ok(decode(reply.json.access_token).sub);
});

test('old spellings: applications, client templates, default roles, hashes side by side', async () => {
  const result = await take({
    realm: 'ancient', enabled: true, defaultRoles: ['user'], roles: { realm: [{ name: 'user' }], application: { shop: [{ name: 'buy' }] } },
    clientTemplates: [{ name: 'tpl', protocol: 'openid-connect' }],
    applications: [{ name: 'shop', secret: 'old-secret', directAccessGrantsEnabled: true, clientTemplate: 'tpl', defaultRoles: ['buy'] }],
    users: [{ username: 'ana', enabled: true, applicationRoles: { shop: ['buy'] }, credentials: [{ type: 'password', hashedSaltedValue: JSON.parse(people('x')[1].credentials[0].secretData).value, salt: 'AAAAAAAAAAAAAAAAAAAAAA==', hashIterations: 27500, algorithm: 'pbkdf2-sha256' }] }],
  });
  assert.equal(result.realms[0].state, 'imported');
  assert.equal(result.realms[0].taken.credentials, 1);
  root.setConfig({ realmName: 'ancient' });
  const role = await root.roles.findOneByName({ name: 'default-roles-ancient' });
  const parts = await root.roles.getCompositeRoles({ id: role.id });
  assert.ok(parts.some((r) => r.name === 'user'));
});

test('export, import, export: the same bytes', async () => {
  const first = path.join(folder, 'first.json');
  const second = path.join(folder, 'second.json');
  const data = path.join(tempFolder(), 'other');
  await world.cli.ok('realm', 'export', 'bank21', '--to', first);
  assert.equal((await run(BIN, ['init', '--data', data])).status, 0);
  for (const args of [['import', first], ['export', 'bank21', '--to', second]]) {
    const result = await run(BIN, ['realm', ...args, '--data', data]);
    assert.equal(result.status, 0, result.stderr);
  }
  assert.equal(readFileSync(second, 'utf8'), readFileSync(first, 'utf8'));
});

test('while no server runs, and at the start of one', async () => {
  const data = path.join(tempFolder(), 'stopped');
  const file = write(realmExport(26, { realm: 'cold', users: people('cold') }));
  assert.equal((await run(BIN, ['init', '--data', data])).status, 0);
  const imported = await run(BIN, ['realm', 'import', file, '--data', data]);
  assert.equal(imported.status, 0, imported.stderr);
  assert.match(imported.stdout, /realm cold: imported\n.*10 users/s);
  const other = write(realmExport(26, { realm: 'warm', users: people('warm') }));
  const server = await Server.start({ data, args: ['--import-realm', other] });
  try {
    for (const realm of ['cold', 'warm']) {
      const client = new Client(server, realm, 'portal', secret);
      assert.equal((await client.password('ana', 'secret')).status, 200);
    }
    assert.match(server.log, /realm warm: imported/);
    await server.restart();
    assert.match(server.log, /realm warm: skipped/);
  } finally {
    await server.stop();
  }
  const broken = await run(BIN, ['serve', '--data', data, '--dev', '--http-port', String(await freePort()), '--management-port', '0', '--grpc-port', '0', '--import-realm', write('{')], { env: childEnvironment() });
  assert.equal(broken.status, 1);
  assert.match(broken.stderr, /line 1, column 2/);
});
