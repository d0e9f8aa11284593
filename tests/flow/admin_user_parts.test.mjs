// What belongs to a person: passwords, sessions, consents, groups, roles, accounts elsewhere.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf, refusal } from './lib/admin.mjs';
import { request } from './lib/http.mjs';
import { PASSWORD } from './lib/oidc.mjs';

let world, kc, token, id;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  ({ id } = await kc.users.create({ username: 'maria', enabled: true }));
});
after(() => world.close());

const users = '/realms/peru/users';
const NOBODY = '00000000-0000-4000-8000-000000000000';
const logIn = (password) => request(`${world.server.realm('peru')}/protocol/openid-connect/token`, {
  form: { grant_type: 'password', client_id: 'admin-cli', username: 'maria', password, scope: 'openid' },
});

test('a password is set, asked to be changed, refused; old sessions end', async () => {
  await kc.users.resetPassword({ id, credential: { type: 'password', value: PASSWORD, temporary: false } });
  const session = await logIn(PASSWORD);
  assert.equal(session.status, 200);
  await kc.users.resetPassword({ id, credential: { type: 'password', value: 'Huascaran-6768', temporary: true } });
  assert.equal((await logIn(PASSWORD)).status, 401);
  assert.deepEqual((await kc.users.findOne({ id })).requiredActions, ['UPDATE_PASSWORD']);
  assert.equal((await logIn('Huascaran-6768')).json.error_description, 'Account is not fully set up');
  await kc.users.resetPassword({ id, credential: { type: 'password', value: PASSWORD, temporary: false } });
  for (const json of [{}, { type: 'otp', value: 'x' }, { value: '' }, { value: 7 }, { value: 'x', temporary: 'no' }]) {
    const reply = await world.call('PUT', `${users}/${id}/reset-password`, { token, json });
    assert.equal(reply.status, 400, JSON.stringify(json));
  }
  await kc.realms.update({ realm: 'peru' }, { passwordPolicy: 'length(12)' });
  const weak = await refusal(kc.users.resetPassword({ id, credential: { type: 'password', value: 'short' } }));
  assert.equal(weak.status, 400);
  assert.ok(weak.errorMessage);
  await kc.realms.update({ realm: 'peru' }, { passwordPolicy: '' });
});

test('credentials: listed without secrets, labelled, deleted', async () => {
  const [credential] = await kc.users.getCredentials({ id });
  assert.equal(credential.type, 'password');
  assert.equal(credential.secretData, undefined);
  await kc.users.updateCredentialLabel({ id, credentialId: credential.id }, 'from the desk');
  assert.equal((await kc.users.getCredentials({ id }))[0].userLabel, 'from the desk');
  const other = await refusal(kc.users.deleteCredential({ id, credentialId: NOBODY }));
  assert.equal(other.status, 404);
  await kc.users.deleteCredential({ id, credentialId: credential.id });
  assert.deepEqual(await kc.users.getCredentials({ id }), []);
  assert.equal((await logIn(PASSWORD)).status, 401);
  await kc.users.resetPassword({ id, credential: { type: 'password', value: PASSWORD, temporary: false } });
});

test('several credentials: their order, and one-time passwords taken away', async () => {
  const otp = (name) => ({ type: 'otp', userLabel: name, secretData: '{"value":"c2VjcmV0"}',
    credentialData: '{"subType":"totp","digits":6,"period":30,"algorithm":"HmacSHA1"}' });
  const person = { username: 'orden', enabled: true, credentials: [otp('a'), otp('b'), otp('c')] };
  const { id: who } = await kc.users.create(person);
  const labels = async () => (await kc.users.getCredentials({ id: who })).map((c) => c.userLabel);
  const of = async (label) => (await kc.users.getCredentials({ id: who })).find((c) => c.userLabel === label).id;
  const post = (path) => world.call('POST', `/realms/peru/users/${who}/credentials/${path}`, { token, json: {} });
  assert.deepEqual(await labels(), ['a', 'b', 'c']);
  assert.equal((await kc.users.findOne({ id: who })).totp, true);
  await kc.users.moveCredentialPositionUp({ id: who, credentialId: await of('c') });
  assert.deepEqual(await labels(), ['c', 'a', 'b']);
  await kc.users.moveCredentialPositionDown({ id: who, credentialId: await of('c'), newPreviousCredentialId: await of('b') });
  assert.deepEqual(await labels(), ['a', 'b', 'c']);
  assert.equal((await post(`${await of('c')}/moveAfter/${await of('a')}`)).status, 204);
  assert.deepEqual(await labels(), ['a', 'c', 'b']);
  assert.equal((await post(`${await of('a')}/moveAfter/${await of('a')}`)).status, 400);
  assert.equal((await post(`${NOBODY}/moveToFirst`)).status, 404);
  const told = await kc.realms.findAdminEvents({ realm: 'peru', resourcePath: `users/${who}/credentials/*/moveAfter/*` });
  assert.equal(told.length, 2);
  assert.deepEqual(await kc.users.getUserStorageCredentialTypes({ id: who }), []);
  const disable = (types) => world.call('PUT', `/realms/peru/users/${who}/disable-credential-types`, { token, json: types });
  assert.equal((await world.call('PUT', `/realms/peru/users/${id}/disable-credential-types`, { token, json: ['password'] })).status, 501);
  assert.equal((await disable([7])).status, 400);
  assert.equal((await disable(['otp'])).status, 204);
  assert.deepEqual(await labels(), []);
  assert.equal((await kc.users.findOne({ id: who })).totp, false);
  const { id: another } = await kc.users.create({ ...person, username: 'orden2' });
  assert.equal((await world.call('PUT', `/realms/peru/users/${another}/remove-totp`, { token, json: {} })).status, 204);
  assert.deepEqual(await kc.users.getCredentials({ id: another }), []);
  const [removed] = await kc.realms.findAdminEvents({ realm: 'peru', resourcePath: `users/${another}/remove-totp` });
  assert.equal(JSON.parse(removed.representation).type, 'otp');
});

test('nothing is mailed to who has no address', async () => {
  for (const call of [() => kc.users.sendVerifyEmail({ id }), () => kc.users.executeActionsEmail({ id, actions: ['UPDATE_PASSWORD'] })]) {
    const refused = await refusal(call());
    assert.deepEqual([refused.status, refused.errorMessage], [400, 'User email missing']);
  }
});

test('sessions: listed, ended one by one and all at once', async () => {
  for (let i = 0; i < 3; i++) assert.equal((await logIn(PASSWORD)).status, 200);
  const sessions = await kc.users.listSessions({ id });
  assert.equal(sessions.length, 3);
  assert.equal(sessions[0].username, 'maria');
  assert.deepEqual(Object.values(sessions[0].clients), ['admin-cli']);
  await kc.realms.deleteSession({ realm: 'peru', session: sessions[0].id });
  assert.equal((await kc.users.listSessions({ id })).length, 2);
  const tokens = (await logIn(PASSWORD)).json;
  await kc.users.logout({ id });
  assert.deepEqual(await kc.users.listSessions({ id }), []);
  const refreshed = await request(`${world.server.realm('peru')}/protocol/openid-connect/token`, {
    form: { grant_type: 'refresh_token', client_id: 'admin-cli', refresh_token: tokens.refresh_token },
  });
  assert.equal(refreshed.status, 400, 'OT-06: a session that was ended gives nothing');
  assert.equal((await world.call('DELETE', `/realms/peru/sessions/${NOBODY}`, { token })).status, 404);
});

test('consents: none, and none to take back', async () => {
  assert.deepEqual(await kc.users.listConsents({ id }), []);
  assert.equal((await refusal(kc.users.revokeConsent({ id, clientId: 'account' }))).status, 404);
  assert.equal((await refusal(kc.users.revokeConsent({ id, clientId: 'nothing' }))).status, 404);
});

test('groups: joined, listed, counted, left', async () => {
  await world.cli.ok('group', 'add', '--realm', 'peru', '--path', '/ventas');
  await world.cli.ok('group', 'add', '--realm', 'peru', '--path', '/ventas/lima');
  const groups = await world.cli.json('group', 'list', '--realm', 'peru');
  const groupId = groups.find((g) => g.path === '/ventas/lima').id;
  await kc.users.addToGroup({ id, groupId });
  const [group] = await kc.users.listGroups({ id });
  assert.equal(group.path, '/ventas/lima');
  assert.equal((await world.call('GET', `${users}/${id}/groups/count`, { token })).json.count, 1);
  assert.deepEqual(await kc.users.listGroups({ id, search: 'cusco' }), []);
  assert.equal((await refusal(kc.users.addToGroup({ id, groupId: NOBODY }))).status, 404);
  await kc.users.delFromGroup({ id, groupId });
  assert.deepEqual(await kc.users.listGroups({ id }), []);
});

test('roles: given, seen directly, as available and with their parts, taken', async () => {
  await kc.roles.create({ name: 'part' });
  await kc.roles.create({ name: 'whole' });
  const whole = await kc.roles.findOneByName({ name: 'whole' });
  const part = await kc.roles.findOneByName({ name: 'part' });
  await kc.roles.createComposite({ roleId: whole.id }, [part]);
  await kc.users.addRealmRoleMappings({ id, roles: [{ id: whole.id, name: 'whole' }] });
  const names = (roles) => roles.map((r) => r.name).sort();
  assert.deepEqual(names(await kc.users.listRealmRoleMappings({ id })), ['default-roles-peru', 'whole']);
  assert.ok(names(await kc.users.listCompositeRealmRoleMappings({ id })).includes('part'));
  const available = names(await kc.users.listAvailableRealmRoleMappings({ id }));
  assert.ok(available.includes('part') && !available.includes('whole'));
  const all = await kc.users.listRoleMappings({ id });
  assert.deepEqual(names(all.realmMappings), ['default-roles-peru', 'whole']);
  assert.equal(all.clientMappings, undefined);
  await kc.users.delRealmRoleMappings({ id, roles: [{ id: whole.id, name: 'whole' }] });
  assert.deepEqual(names(await kc.users.listRealmRoleMappings({ id })), ['default-roles-peru']);
});

test('roles of clients, by id of client and role', async () => {
  const account = (await world.cli.json('client', 'show', '--realm', 'peru', '--client-id', 'account')).id;
  const role = await kc.clients.findRole({ id: account, roleName: 'view-groups' });
  await kc.users.addClientRoleMappings({ id, clientUniqueId: account, roles: [{ id: role.id, name: role.name }] });
  const direct = await kc.users.listClientRoleMappings({ id, clientUniqueId: account });
  assert.deepEqual(direct.map((r) => [r.name, r.clientRole, r.containerId]), [['view-groups', true, account]]);
  const all = await kc.users.listRoleMappings({ id });
  assert.equal(all.clientMappings.account.id, account);
  const composite = await kc.users.listCompositeClientRoleMappings({ id, clientUniqueId: account });
  assert.ok(composite.some((r) => r.name === 'manage-account'), 'by way of the default role');
  // AD-03: a role of another container than the path says is not there
  const wrong = await refusal(kc.users.addRealmRoleMappings({ id, roles: [{ id: role.id, name: role.name }] }));
  assert.equal(wrong.status, 404);
  const missing = await refusal(kc.users.addClientRoleMappings({ id, clientUniqueId: NOBODY, roles: [{ id: role.id, name: 'x' }] }));
  assert.equal(missing.status, 404);
  await kc.users.delClientRoleMappings({ id, clientUniqueId: account, roles: [{ id: role.id, name: role.name }] });
  assert.deepEqual(await kc.users.listClientRoleMappings({ id, clientUniqueId: account }), []);
  for (const json of [{}, [7], [{ id: 7 }], [{ id: NOBODY }], [{}]]) {
    const reply = await world.call('POST', `${users}/${id}/role-mappings/realm`, { token, json });
    assert.ok([400, 404].includes(reply.status), JSON.stringify(json));
  }
});

test('accounts elsewhere: linked once, listed, unlinked', async () => {
  const link = { userId: '4711', userName: 'maria@corp' };
  await kc.users.addToFederatedIdentity({ id, federatedIdentityId: 'corp', federatedIdentity: link });
  assert.deepEqual(await kc.users.listFederatedIdentities({ id }), [{ identityProvider: 'corp', ...link }]);
  assert.equal((await refusal(kc.users.addToFederatedIdentity({ id, federatedIdentityId: 'corp', federatedIdentity: link }))).status, 409);
  const other = idOf(await world.call('POST', users, { token, json: { username: 'otra' } }));
  const stolen = await refusal(kc.users.addToFederatedIdentity({ id: other, federatedIdentityId: 'corp', federatedIdentity: link }));
  assert.equal(stolen.status, 409, 'BR-06: an account elsewhere is one person\'s');
  await kc.users.delFromFederatedIdentity({ id, federatedIdentityId: 'corp' });
  assert.deepEqual(await kc.users.listFederatedIdentities({ id }), []);
  assert.equal((await refusal(kc.users.delFromFederatedIdentity({ id, federatedIdentityId: 'corp' }))).status, 404);
});

test('AD-04: who manages people gives no more than he has, whatever the way', async () => {
  await world.addAdmin('manager', ['realm-management/manage-users', 'realm-management/view-users'], 'peru');
  const manager = await world.token('manager', 'peru');
  const management = (await world.cli.json('client', 'show', '--realm', 'peru', '--client-id', 'realm-management')).id;
  const roleOf = (name) => kc.clients.findRole({ id: management, roleName: name });
  const give = (name, role) => world.call('POST', `${users}/${id}/role-mappings/clients/${management}`, { token: manager, json: [role] });
  for (const name of ['realm-admin', 'manage-realm', 'impersonation', 'manage-clients']) {
    assert.equal((await give(name, await roleOf(name))).status, 403, name);
  }
  assert.equal((await give('view-users', await roleOf('view-users'))).status, 204, 'what he has he may give');
  // in the clothes of another role
  await kc.roles.create({ name: 'harmless' });
  const harmless = await kc.roles.findOneByName({ name: 'harmless' });
  await kc.roles.createComposite({ roleId: harmless.id }, [await roleOf('manage-realm')]);
  const dressed = await world.call('POST', `${users}/${id}/role-mappings/realm`, { token: manager, json: [harmless] });
  assert.equal(dressed.status, 403);
  // by a group, and by one below it
  await world.cli.ok('group', 'add', '--realm', 'peru', '--path', '/jefes');
  await world.cli.ok('group', 'add', '--realm', 'peru', '--path', '/jefes/hijos');
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'realm-management/realm-admin', '--group', '/jefes');
  const groups = await world.cli.json('group', 'list', '--realm', 'peru');
  for (const path of ['/jefes', '/jefes/hijos']) {
    const groupId = groups.find((g) => g.path === path).id;
    assert.equal((await world.call('PUT', `${users}/${id}/groups/${groupId}`, { token: manager })).status, 403, path);
    const made = await world.call('POST', users, { token: manager, json: { username: 'nuevo', groups: [path] } });
    assert.equal(made.status, 403, path);
    assert.deepEqual(await kc.users.find({ username: 'nuevo' }), [], 'nothing is half done');
  }
  // by the password of who has more
  const [ana] = await kc.users.find({ username: 'ana', exact: true });
  const password = await world.call('PUT', `${users}/${ana.id}/reset-password`, { token: manager, json: { value: 'Huascaran-6768' } });
  assert.equal(password.status, 403);
  assert.ok(await world.token('ana', 'peru'));
});
