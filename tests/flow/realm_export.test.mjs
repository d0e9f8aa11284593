// garita realm export: Keycloak's realm file with everything that a realm has, of one moment, whole or
// not there at all; while the server serves and while none does.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { Cli, run } from './lib/cli.mjs';
import { fillRealm } from './lib/full_realm.mjs';
import { request } from './lib/http.mjs';
import { PASSWORD } from './lib/oidc.mjs';
import { BIN, childEnvironment, Server, tempFolder } from './lib/server.mjs';
import { SECRET } from './lib/world.mjs';

let world, cli, root, folder;

before(async () => {
  world = await AdminWorld.open();
  cli = world.cli;
  folder = tempFolder('export');
  root = await world.client('root', 'master', 'peru');
  await fillRealm(world, root);
});
after(() => world.close());

const read = (file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
const to = (file) => path.join(folder, file);
const user = (realm, name) => realm.users.find((u) => u.username === name);
const client = (realm, id) => realm.clients.find((c) => c.clientId === id);
const keysOf = (realm) => realm.components['org.keycloak.keys.KeyProvider'];

test('the file of a serving server holds one of everything, in the names of Keycloak', async () => {
  const out = await cli.json('realm', 'export', 'peru', '--to', to('whole.json'));
  const realm = read('whole.json');
  assert.equal(out.users, realm.users.length);
  assert.equal(out.bytes, statSync(to('whole.json')).size);
  assert.equal(realm.realm, 'peru');
  assert.equal(realm.displayName, 'Perú');
  assert.equal(realm.accessTokenLifespan, 321);
  assert.equal(realm.attributes['garita.country'], 'PE');
  assert.equal(realm.keycloakVersion.split('.').length, 3);
  assert.equal(realm.defaultRole.name, 'default-roles-peru');
  const teller = realm.roles.realm.find((r) => r.name === 'teller');
  assert.deepEqual(teller.composites, { realm: ['clerk'], client: { portal: ['approve'] } });
  assert.equal(teller.containerId, realm.id);
  assert.deepEqual(realm.roles.client.portal.map((r) => [r.name, r.clientRole, r.attributes]), [['approve', true, { level: ['2'] }]]);
  assert.deepEqual(realm.groups.map((g) => g.path), ['/lima']);
  assert.deepEqual(realm.groups[0].attributes, { city: ['Lima'] });
  const cash = realm.groups[0].subGroups[0];
  assert.deepEqual([cash.path, cash.realmRoles, cash.clientRoles], ['/lima/cash', ['clerk'], { portal: ['approve'] }]);
  assert.deepEqual(realm.defaultGroups, ['/lima']);
  assert.deepEqual(realm.scopeMappings.find((m) => m.client === 'portal').roles, ['clerk']);
  assert.deepEqual(realm.clientScopeMappings.portal, [{ client: 'portal', roles: ['approve'] }]);
  const portal = client(realm, 'portal');
  assert.equal(portal.secret, SECRET);
  assert.equal(portal.fullScopeAllowed, false);
  assert.equal(portal.protocolMappers[0].config['claim.name'], 'dni');
  assert.ok(portal.defaultClientScopes.includes('basic'));
  assert.ok(realm.clientScopes.some((s) => s.name === 'branch'));
  assert.ok(realm.defaultDefaultClientScopes.includes('profile'));
  const profile = realm.components['org.keycloak.userprofile.UserProfileProvider'][0];
  assert.equal(JSON.parse(profile.config['kc.user.profile.config'][0]).unmanagedAttributePolicy, 'ENABLED');
  const [policy] = realm.components['org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy'];
  assert.deepEqual([policy.name, policy.providerId, policy.subType, policy.subComponents], ['few', 'max-clients', 'anonymous', {}]);
});

test('people go with hashes, roles, groups, accounts elsewhere and consents', async () => {
  const realm = read('whole.json');
  const maria = user(realm, 'maria');
  assert.deepEqual([maria.firstName, maria.lastName, maria.email, maria.attributes], ['María', 'Quispe', 'maria@example.pe', { dni: ['12345678'] }]);
  assert.deepEqual(maria.groups, ['/lima', '/lima/cash']);
  assert.ok(maria.realmRoles.includes('teller') && maria.realmRoles.includes('default-roles-peru'));
  assert.deepEqual(maria.clientRoles, { portal: ['approve'] });
  assert.deepEqual(maria.federatedIdentities, [{ identityProvider: 'google', userId: 'g-1', userName: 'maria@gmail' }]);
  const [password] = maria.credentials;
  assert.equal(password.type, 'password');
  assert.ok(JSON.parse(password.secretData).value && JSON.parse(password.secretData).salt);
  assert.ok(JSON.parse(password.credentialData).algorithm);
  assert.equal(user(realm, 'service-account-portal').serviceAccountClientId, 'portal');
  const [consent] = maria.clientConsents;
  assert.equal(consent.clientId, 'portal');
  assert.ok(consent.grantedClientScopes.includes('email') && consent.createdDate > 0);
  assert.ok(!readFileSync(to('whole.json'), 'utf8').includes(PASSWORD));
});

test('keys keep their names, and their private parts are the ones that the realm signs with', async () => {
  const { keys } = (await request(`${world.server.realm('peru')}/protocol/openid-connect/certs`)).json;
  const exported = keysOf(read('whole.json'));
  const der = (base64) => Buffer.from(base64, 'base64');
  for (const jwk of keys) {
    const { config, providerId } = exported.find((k) => k.config.kid[0] === jwk.kid);
    const text = (config.privateKey ?? config.ecdsaPrivateKey ?? config.eddsaPrivateKey)[0];
    const spki = createPublicKey(createPrivateKey({ key: der(text), format: 'der', type: 'pkcs8' })).export({ format: 'der', type: 'spki' });
    assert.deepEqual(spki, createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' }), providerId);
    // Keycloak names a key after its public part, whatever the file says.
    assert.equal(createHash('sha256').update(spki).digest('base64url'), jwk.kid);
    assert.equal(config.algorithm[0], jwk.alg);
  }
  const names = new Set(exported.map((k) => k.providerId));
  assert.deepEqual([...names].sort(), ['ecdsa-generated', 'eddsa-generated', 'hmac-generated', 'rsa-generated']);
  const hmac = exported.find((k) => k.providerId === 'hmac-generated' && k.config.algorithm[0] === 'HS512').config;
  assert.equal(Buffer.from(hmac.secret[0], 'base64url').length, 64);
  assert.ok(exported.some((k) => k.config.active?.[0] === 'false' && Number(k.config['garita.notAfter'][0]) > Date.now()));
});

test('two exports are the same bytes, files are for their owner alone', async () => {
  await cli.ok('realm', 'export', 'peru', '--to', to('again.json'));
  assert.ok(readFileSync(to('again.json')).equals(readFileSync(to('whole.json'))));
  const printed = await cli.run(['realm', 'export', 'peru']);
  assert.equal(printed.status, 0, printed.stderr);
  assert.equal(printed.stdout, readFileSync(to('whole.json'), 'utf8'));
  assert.match(printed.stderr, /exported/);
  assert.equal(statSync(to('again.json')).mode & 0o777, 0o600);
});

test('people in files of their own are the same people', async () => {
  const out = await cli.json('realm', 'export', 'peru', '--to', to('apart'), '--users', 'different-files', '--users-per-file', '2');
  const files = readdirSync(to('apart')).sort();
  const count = out.users;
  assert.deepEqual(files, ['peru-realm.json', ...Array.from({ length: Math.ceil(count / 2) }, (_, i) => `peru-users-${i}.json`)].sort());
  assert.equal(out.files, files.length);
  const { users, ...realm } = read('whole.json');
  assert.deepEqual(read('apart/peru-realm.json'), realm);
  const apart = files.slice(1).map((file) => read(`apart/${file}`));
  assert.ok(apart.every((f) => f.realm === 'peru' && f.users.length >= 1 && f.users.length <= 2));
  assert.deepEqual(apart.flatMap((f) => f.users), users);
  assert.ok(files.every((file) => (statSync(to(`apart/${file}`)).mode & 0o777) === 0o600));
});

test('what is there stays, unless --force says otherwise; then nothing of the older export is left', async () => {
  for (const target of [['--to', to('whole.json')], ['--to', to('apart')], ['--to', to('apart'), '--users', 'different-files']]) {
    const { status, stderr } = await cli.run(['realm', 'export', 'peru', ...target]);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /already.*--force/);
  }
  await cli.ok('realm', 'export', 'peru', '--to', to('apart'), '--users', 'different-files', '--users-per-file', '100', '--force');
  assert.deepEqual(readdirSync(to('apart')).sort(), ['peru-realm.json', 'peru-users-0.json']);
  await cli.ok('realm', 'export', 'peru', '--to', to('apart'), '--users', 'skip', '--force');
  assert.deepEqual(readdirSync(to('apart')), ['peru-realm.json']);
  assert.equal(read('apart/peru-realm.json').users, undefined);
});

test('a failure leaves nothing: neither a part of a file nor a name that leads elsewhere', async () => {
  mkdirSync(to('empty'));
  const wrong = [
    [['nowhere', '--to', to('empty/x.json')], /no realm nowhere/],
    [['peru', '--to', to('missing/folder/x.json')], /cannot open/],
    [['peru', '--users', 'different-files'], /--to/],
    [['peru', '--to', to('empty/x.json'), '--users', 'some'], /--users/],
    [['peru', '--to', to('empty/x.json'), '--users-per-file', '0'], /--users-per-file/],
    [['peru', '--to', '/dev/full/x'], /cannot/],
  ];
  for (const [args, message] of wrong) {
    const { status, stderr } = await cli.run(['realm', 'export', ...args]);
    assert.notEqual(status, 0);
    assert.match(stderr, message);
  }
  assert.deepEqual(readdirSync(to('empty')), []);
});

test('--no-secrets leaves out keys, hashes and secrets', async () => {
  await cli.ok('realm', 'export', 'peru', '--to', to('open.json'), '--no-secrets');
  const realm = read('open.json');
  assert.equal(client(realm, 'portal').secret, '**********');
  assert.equal(client(realm, 'spa').secret, undefined);
  for (const key of keysOf(realm)) assert.deepEqual(Object.keys(key.config).filter((k) => !['priority', 'algorithm', 'active', 'enabled', 'garita.notAfter'].includes(k)), []);
  assert.ok(realm.users.every((u) => u.credentials === undefined));
  const text = readFileSync(to('open.json'), 'utf8');
  assert.ok(!text.includes(SECRET) && !text.includes('secretData') && !text.includes('rivateKey'));
});

test('every export is an event that says what went out and who asked', async () => {
  const events = await cli.json('audit', 'list', '--realm', 'peru', '--type', 'DataExported');
  const data = events.map((e) => (typeof e.data === 'string' ? JSON.parse(e.data) : e.data));
  assert.ok(events.every((e) => e.streamId.startsWith('realm:') && e.clientId === 'garita-cli'));
  assert.deepEqual(data[0], { realm: 'peru', users: 'same-file', clients: 'true', groupsAndRoles: 'true', secrets: 'false' });
  assert.ok(data.some((d) => d.users === 'different-files') && data.some((d) => d.secrets === 'true'));
});

test('partial export: no people but service accounts, no secrets, and only what was asked for', async () => {
  const whole = read('whole.json');
  const bare = await root.realms.export({ realm: 'peru' });
  for (const member of ['clients', 'roles', 'groups', 'users']) assert.equal(bare[member], undefined, member);
  assert.deepEqual(bare.clientScopes, whole.clientScopes);
  assert.equal(bare.defaultRole.name, 'default-roles-peru');
  const part = await root.realms.export({ realm: 'peru', exportClients: true, exportGroupsAndRoles: true });
  assert.deepEqual(part.users.map((u) => u.username), ['service-account-portal']);
  assert.equal(part.users[0].credentials, undefined);
  assert.deepEqual([part.roles, part.groups, part.scopeMappings], [whole.roles, whole.groups, whole.scopeMappings]);
  const masked = ({ attributes: { 'client.secret.rotated': _, ...attributes }, ...c }) => ({ ...c, attributes, ...(c.secret && { secret: '**********' }) });
  assert.deepEqual(part.clients, whole.clients.map(masked));
  assert.ok(!JSON.stringify(part).includes('rivateKey'));
  const [event] = await cli.json('audit', 'list', '--realm', 'peru', '--type', 'DataExported', '--limit', '1');
  assert.equal(event.clientId, 'admin-cli');
  assert.match(JSON.stringify(event.data), /service-accounts/);
});

test('AD-07: who manages the realm is not shown by a partial export what he may not see', async () => {
  const admin = (name, ...roles) => world.addAdmin(name, roles.map((role) => `realm-management/${role}`), 'peru');
  await admin('lupe', 'manage-realm');
  await admin('vera', 'view-realm', 'view-clients', 'view-users');
  await admin('olga', 'manage-realm', 'query-groups', 'view-users');
  await admin('sara', 'manage-realm', 'view-clients', 'query-groups');
  await admin('toda', 'manage-realm', 'view-clients', 'view-identity-providers', 'view-users');
  const ask = async (name, query) => world.call('POST', `/realms/peru/partial-export${query}`, { token: await world.token(name, 'peru') });
  const status = async (...args) => (await ask(...args)).status;
  for (const query of ['?exportClients=true', '?exportGroupsAndRoles=true']) {
    for (const name of ['lupe', 'vera', 'olga', 'sara']) assert.equal(await status(name, query), 403, name + query);
    assert.equal(await status('toda', query), 200);
  }
  assert.equal(await status('vera', ''), 403);
  assert.equal(await status('lupe', '?exportClients=maybe'), 400);
  const provider = { alias: 'gob', providerId: 'oidc', config: { authorizationUrl: 'https://a.pe/a', tokenUrl: 'https://a.pe/t', clientId: 'x', clientSecret: 's' } };
  await root.identityProviders.create({ realm: 'peru', ...provider });
  await root.realms.update({ realm: 'peru' }, { organizationsEnabled: true });
  const { id } = await root.organizations.create({ realm: 'peru', name: 'Gremio', domains: [{ name: 'gremio.example.pe' }] });
  const [person] = await root.users.find({ realm: 'peru', username: 'lupe', exact: true });
  await root.organizations.addMember({ realm: 'peru', orgId: id, userId: person.id });
  await root.organizations.groups(id).create({ name: 'Mesa' });
  assert.deepEqual((await ask('toda', '?exportGroupsAndRoles=true')).json.organizations.find((o) => o.name === 'Gremio').groups.map((g) => g.path), ['/Mesa']);
  const all = (await ask('toda', '')).json, bare = (await ask('lupe', '')).json;
  for (const member of ['clientScopes', 'defaultDefaultClientScopes', 'identityProviders']) {
    assert.ok(all[member].length > 0, member);
    assert.equal(bare[member], undefined, member);
  }
  assert.equal(bare.scopeMappings, undefined);
  assert.deepEqual(bare.components, all.components);
  for (const part of [all, bare]) {
    assert.ok(part.organizations.some((o) => o.name === 'Gremio'));
    for (const organization of part.organizations) assert.deepEqual([organization.members, organization.groups], [undefined, undefined], organization.name);
  }
  await root.organizations.delById({ realm: 'peru', id });
  await root.identityProviders.del({ realm: 'peru', alias: 'gob' });
  const events = await cli.json('audit', 'list', '--realm', 'peru', '--type', 'DataExported', '--limit', '1');
  assert.match(JSON.stringify(events[0].data), /clients[^,]*false/);
});

test('master is exported as well, without the marks of set-up', async () => {
  await cli.ok('realm', 'export', 'master', '--to', to('master.json'));
  const realm = read('master.json');
  assert.ok(user(realm, 'root').realmRoles.includes('admin'));
  assert.ok(!Object.keys(realm.attributes ?? {}).some((name) => name.startsWith('garita.setup.')));
});

test('a stopped folder gives the same file as the server that ran on it', async () => {
  const data = path.join(tempFolder(), 'garita');
  const stopped = new Cli(data, BIN);
  assert.equal((await run(BIN, ['init', '--data', data])).status, 0);
  await stopped.ok('realm', 'create', 'chile');
  await stopped.ok('realm', 'export', 'chile', '--to', to('stopped.json'));
  const server = await Server.start({ data });
  try {
    await stopped.ok('realm', 'export', 'chile', '--to', to('served.json'));
  } finally {
    await server.stop();
  }
  assert.ok(readFileSync(to('served.json')).equals(readFileSync(to('stopped.json'))));
});

test('an export is of one moment, however many write meanwhile', async () => {
  let stop = false;
  const writers = (async () => {
    for (let i = 0; !stop; i++) {
      const { id } = await root.roles.findOneByName({ name: 'clerk' });
      await root.roles.updateById({ id }, { name: 'clerk', description: `${i}` });
      await root.users.create({ username: `late-${i}`, enabled: true });
    }
  })();
  try {
    for (let i = 0; i < 3; i++) {
      await cli.ok('realm', 'export', 'peru', '--to', to(`busy-${i}.json`));
      const realm = read(`busy-${i}.json`);
      const late = realm.users.filter((u) => u.username.startsWith('late-')).length;
      const turn = Number(realm.roles.realm.find((r) => r.name === 'clerk').description ?? -1);
      assert.ok(late === turn || late === turn + 1, `${late} people after change ${turn}`);
    }
  } finally {
    stop = true;
    await writers;
  }
});

test('other commands go on while an export waits for whoever reads it', async () => {
  const users = Array.from({ length: 3000 }, (_, i) => ({ username: `person${i}`, attributes: { note: ['x'.repeat(200)] } }));
  writeFileSync(to('crowd.json'), JSON.stringify({ realm: 'crowd', users }));
  await cli.ok('realm', 'import', to('crowd.json'));
  const exporter = spawn(BIN, ['realm', 'export', 'crowd', '--data', world.server.data], { env: childEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] });
  const over = new Promise((resolve) => exporter.on('close', resolve));
  await new Promise((resolve) => exporter.stdout.once('readable', resolve)); // under way, and not read on
  await cli.ok('realm', 'set', 'chile', 'displayName=Chile');
  assert.equal(exporter.exitCode, null, 'the export is still at work');
  let text = '';
  exporter.stdout.on('data', (chunk) => { text += chunk; });
  assert.equal(await over, 0);
  assert.equal(JSON.parse(text).users.length, 3000);
});
