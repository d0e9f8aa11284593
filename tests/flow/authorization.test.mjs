// Authorization services through the stock client: what resource servers guard is made, read, listed, changed,
// deleted and refused.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, UUID, refusal } from './lib/admin.mjs';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const ROOT = '/realms/peru/clients';

let world, kc, token, id, maria;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  ({ id } = await kc.clients.create({ clientId: 'photoz', serviceAccountsEnabled: true, authorizationServicesEnabled: true }));
  ({ id: maria } = await kc.users.create({ username: 'maria', enabled: true }));
});
after(() => world.close());

const call = (method, path, json, as = token, client = id) =>
  world.call(method, `${ROOT}/${client}/authz/resource-server${path}`, { token: as, ...(json === undefined ? {} : { json }) });
const want = async (status, ...args) => {
  const reply = await call(...args);
  assert.equal(reply.status, status, `${args[0]} ${args[1]}: ${reply.status} ${reply.text}`);
  return reply.text === '' ? undefined : reply.json;
};
const names = (list) => list.map((o) => o.name).sort();
let counter = 0;
const fresh = (what) => `${what} ${++counter}`;
const policy = (type, more) => kc.clients.createPolicy({ id, type }, { name: fresh(type), type, ...more });
const permission = (type, more) => kc.clients.createPermission({ id, type }, { name: fresh(type), type, ...more });

test('the switch makes a resource server, with a resource and nothing that allows anything', async () => {
  assert.equal((await kc.clients.findOne({ id })).authorizationServicesEnabled, true);
  assert.deepEqual(await kc.clients.getResourceServer({ id }), {
    id, clientId: id, name: 'photoz', allowRemoteResourceManagement: true, policyEnforcementMode: 'ENFORCING',
    decisionStrategy: 'UNANIMOUS', resources: [], policies: [], scopes: [],
  });
  const [resource] = await kc.clients.listResources({ id });
  assert.match(resource._id, UUID);
  assert.deepEqual({ ...resource, _id: 0 }, {
    _id: 0, name: 'Default Resource', type: 'urn:photoz:resources:default', ownerManagedAccess: false, attributes: {}, uris: ['/*'], scopes: [],
    owner: { id, name: 'photoz' },
  });
  assert.deepEqual(await kc.clients.listPolicies({ id }), []);
  const account = await kc.clients.getServiceAccountUser({ id });
  assert.deepEqual((await kc.users.listClientRoleMappings({ id: account.id, clientUniqueId: id })).map((r) => r.name), ['uma_protection']);
});

test('AD-01, AD-14: the switch needs a service account and the right, also after a change; off, all is gone', async () => {
  await world.addAdmin('gestor', ['realm-management/manage-clients'], 'peru');
  const manager = await world.token('gestor', 'peru');
  const on = (json, as = token) => world.call('POST', ROOT, { token: as, json });
  assert.equal((await on({ clientId: 'bare', authorizationServicesEnabled: true })).json.field, 'authorizationServicesEnabled');
  assert.equal((await on({ clientId: 'bare', serviceAccountsEnabled: true, authorizationServicesEnabled: true }, manager)).status, 403);
  const { id: other } = await kc.clients.create({ clientId: 'brief', serviceAccountsEnabled: true, authorizationServicesEnabled: true });
  assert.equal((await world.call('PUT', `${ROOT}/${other}`, { token: manager, json: { authorizationServicesEnabled: false } })).status, 403);
  assert.equal((await world.call('PUT', `${ROOT}/${other}`, { token, json: { serviceAccountsEnabled: false } })).status, 400);
  await kc.clients.createAuthorizationScope({ id: other }, { name: 'view' });
  await kc.clients.update({ id: other }, { authorizationServicesEnabled: false });
  for (const [method, path] of [['GET', ''], ['GET', '/scope'], ['POST', '/scope'], ['GET', '/settings'], ['POST', '/policy/evaluate']]) {
    assert.equal((await call(method, path, method === 'POST' ? { name: 'x' } : undefined, token, other)).status, 404, path);
  }
  await assert.rejects(kc.clients.listRoles({ id: other }).then((roles) => assert.equal(roles.length, 1)));
  await kc.clients.update({ id: other }, { authorizationServicesEnabled: true });
  assert.deepEqual(await kc.clients.listAllScopes({ id: other }), []);
  await kc.clients.del({ id: other });
});

test('settings', async () => {
  await kc.clients.updateResourceServer({ id }, { policyEnforcementMode: 'PERMISSIVE', decisionStrategy: 'AFFIRMATIVE', allowRemoteResourceManagement: false });
  const shown = await kc.clients.getResourceServer({ id });
  assert.deepEqual([shown.policyEnforcementMode, shown.decisionStrategy, shown.allowRemoteResourceManagement], ['PERMISSIVE', 'AFFIRMATIVE', false]);
  assert.equal((await want(400, 'PUT', '', { policyEnforcementMode: 'SOMETIMES' })).field, 'policyEnforcementMode');
  assert.equal((await want(400, 'PUT', '', { decisionStrategy: 'CONSENSUS' })).field, 'decisionStrategy');
  await kc.clients.updateResourceServer({ id }, { policyEnforcementMode: 'ENFORCING', decisionStrategy: 'UNANIMOUS' });
});

test('scopes: made, read, listed, changed, deleted, refused', async () => {
  const made = await kc.clients.createAuthorizationScope({ id }, { name: 'album:view', displayName: 'See', iconUri: 'https://icons.example.pe/v.png' });
  assert.match(made.id, UUID);
  assert.deepEqual(await kc.clients.getAuthorizationScope({ id, scopeId: made.id }), { id: made.id, name: 'album:view', displayName: 'See', iconUri: 'https://icons.example.pe/v.png' });
  await kc.clients.createAuthorizationScope({ id }, { name: 'album:delete' });
  assert.deepEqual(names(await kc.clients.listAllScopes({ id, name: 'VIEW' })), ['album:view']);
  assert.deepEqual(names(await want(200, 'GET', '/scope?first=1&max=1')), ['album:view']);
  assert.equal((await want(200, 'GET', '/scope/search?name=album:view')).id, made.id);
  await want(204, 'GET', '/scope/search?name=nothing');
  await want(400, 'GET', '/scope/search');
  await kc.clients.updateAuthorizationScope({ id, scopeId: made.id }, { name: 'album:see' });
  assert.equal((await kc.clients.getAuthorizationScope({ id, scopeId: made.id })).name, 'album:see');
  assert.equal((await call('POST', '/scope', { name: 'album:see' })).status, 409);
  assert.equal((await call('PUT', `/scope/${made.id}`, { name: 'album:delete' })).status, 409);
  for (const json of [{}, { name: '' }, { name: 7 }, { name: 'a\u0001' }, { name: 'n'.repeat(256) }, { name: 'x', iconUri: 'javascript:alert(1)' }]) await want(400, 'POST', '/scope', json);
  await kc.clients.delAuthorizationScope({ id, scopeId: made.id });
  await want(404, 'GET', `/scope/${made.id}`);
  await want(404, 'DELETE', `/scope/${made.id}`);
});

test('resources: made, read, listed, changed, deleted, refused', async () => {
  const made = await kc.clients.createResource({ id }, {
    name: 'Album', displayName: 'An album', type: 'urn:photoz:album', uris: ['/album/*'], scopes: [{ name: 'album:view' }, { name: 'album:delete' }],
    attributes: { year: ['2026'] }, icon_uri: 'https://icons.example.pe/a.png', ownerManagedAccess: true,
  });
  const shown = await kc.clients.getResource({ id, resourceId: made._id });
  assert.deepEqual(shown, made);
  assert.deepEqual([shown.name, shown.uris, names(shown.scopes), shown.attributes, shown.ownerManagedAccess],
    ['Album', ['/album/*'], ['album:delete', 'album:view'], { year: ['2026'] }, true]);
  assert.ok(names(await kc.clients.listAllScopes({ id })).includes('album:view'), 'a scope that was not there is made');
  const mine = await kc.clients.createResource({ id }, { name: 'Album', type: 'urn:photoz:album', owner: { id: maria } });
  assert.deepEqual(mine.owner, { id: maria, name: 'maria' });
  const found = async (query) => (await kc.clients.listResources({ id, ...query })).map((r) => r._id).sort();
  const both = [made._id, mine._id].sort();
  assert.deepEqual(await found({ name: 'alb' }), both);
  assert.deepEqual(await found({ type: 'urn:photoz:album', first: 0, max: 10 }), both);
  assert.deepEqual(await found({ owner: 'maria' }), [mine._id]);
  assert.deepEqual(await found({ owner: 'photoz', name: 'Album' }), [made._id]);
  assert.deepEqual(await found({ owner: 'nobody' }), []);
  assert.deepEqual(await found({ uri: '/album/*' }), [made._id]);
  assert.deepEqual(await found({ uri: '/album/7', matchingUri: true }), [made._id]);
  assert.deepEqual(await found({ uri: '/other', matchingUri: true }), await found({ name: 'Default Resource' }));
  assert.deepEqual(await found({ scope: 'album:view' }), [made._id]);
  assert.deepEqual(await found({ scope: 'album:view', uri: '/elsewhere' }), []);
  assert.deepEqual(await found({ scope: 'nothing' }), []);
  assert.deepEqual(names(await kc.clients.listScopesByResource({ id, resourceName: 'Album' })), ['album:delete', 'album:view']);
  assert.deepEqual(await want(200, 'GET', `/resource/${made._id}/attributes`), { year: ['2026'] });
  assert.equal((await want(200, 'GET', '/resource/search?name=Album'))._id, made._id);
  await kc.clients.updateResource({ id, resourceId: made._id }, { name: 'Album', uris: ['/albums/*'], scopes: [{ name: 'album:view' }] });
  const changed = await kc.clients.getResource({ id, resourceId: made._id });
  assert.deepEqual([changed.uris, names(changed.scopes), changed.type], [['/albums/*'], ['album:view'], 'urn:photoz:album']);
  assert.deepEqual(await found({ uri: '/album/*' }), []);
  assert.equal((await call('POST', '/resource', { name: 'Album' })).status, 409);
  for (const json of [{}, { name: 'x', uris: 'x' }, { name: 'x', scopes: [7] }, { name: 'x', attributes: [] }, { name: 'x', owner: { id: NOBODY } }, { name: 'x', _id: '../x' }]) await want(400, 'POST', '/resource', json);
  await kc.clients.delResource({ id, resourceId: mine._id });
  await want(404, 'GET', `/resource/${mine._id}`);
});

test('policies of each type: made, read, changed, refused', async () => {
  await kc.roles.create({ name: 'editor' });
  const role = await kc.roles.findOneByName({ name: 'editor' });
  const { id: group } = await kc.groups.create({ name: 'office' });
  const [scope] = await kc.clientScopes.find();
  const cases = {
    role: [{ roles: [{ id: role.id, required: true }], fetchRoles: true }, {}],
    user: [{ users: [maria] }, {}],
    client: [{ clients: [id] }, {}],
    'client-scope': [{ clientScopes: [{ id: scope.id, required: false }] }, {}],
    group: [{ groups: [{ id: group, extendChildren: true }], groupsClaim: 'groups' }, {}],
    regex: [{ targetClaim: 'email', pattern: '.*@example[.]pe', targetContextAttributes: false }, {}],
    time: [{ notBefore: '2026-01-01 00:00:00', notOnOrAfter: '2099-01-01 00:00:00', hour: '8', hourEnd: '18' }, {}],
  };
  for (const [type, [members]] of Object.entries(cases)) {
    const made = await policy(type, { ...members, description: 'words', logic: 'NEGATIVE' });
    const shown = await want(200, 'GET', `/policy/${type}/${made.id}`);
    assert.deepEqual(shown, { id: made.id, name: made.name, description: 'words', type, logic: 'NEGATIVE', decisionStrategy: 'UNANIMOUS', ...members }, type);
    await kc.clients.updatePolicy({ id, type, policyId: made.id }, { ...shown, name: `${type} again`, logic: 'POSITIVE' });
    const [listed] = (await kc.clients.listPolicies({ id, name: `${type} again` }));
    assert.deepEqual([listed.id, listed.logic, listed.type], [made.id, 'POSITIVE', type]);
    assert.ok(listed.config && typeof listed.config === 'object');
    assert.deepEqual(names(await want(200, 'GET', `/policy/${type}`)), [`${type} again`]);
    await want(404, 'GET', `/policy/${type === 'time' ? 'role' : 'time'}/${made.id}`);
  }
  const bad = [
    ['role', { roles: [{ id: NOBODY }] }, 400], ['role', { roles: 'x' }, 400], ['user', { users: [NOBODY] }, 400], ['group', { groups: [{ path: '/nowhere' }] }, 400],
    ['client', { clients: ['nowhere'] }, 400], ['client-scope', { clientScopes: [{ id: 'nowhere' }] }, 400], ['regex', { targetClaim: 'a', pattern: '(' }, 400], ['regex', { pattern: 'a' }, 400],
    ['time', {}, 400], ['time', { notBefore: 'soon' }, 400], ['time', { hour: '25' }, 400], ['aggregate', {}, 400], ['aggregate', { policies: ['nowhere'] }, 400],
    ['js', { code: 'x' }, 501], ['uma', {}, 501], ['nothing', {}, 400], ['role', { logic: 'MAYBE' }, 400],
  ];
  for (const [type, members, status] of bad) await want(status, 'POST', `/policy/${type}`, { name: 'bad', ...members });
  assert.equal((await call('POST', '/policy/user', { name: 'user again', users: [maria] })).status, 409);
  const again = await kc.clients.createOrUpdatePolicy({ id, policyName: 'user again', policy: { name: 'user again', type: 'user', users: [] } });
  assert.equal(again.config.users, '[]');
  const general = await want(201, 'POST', '/policy', { name: 'by config', type: 'role', config: { roles: JSON.stringify([{ id: 'editor' }, { id: 'photoz/uma_protection', required: true }]) } });
  assert.equal(general.roles[0].id, role.id);
  assert.deepEqual(general.roles.map((r) => r.required), [false, true]);
});

test('policies of policies: circles are refused, what hangs on one goes with it', async () => {
  const one = await policy('user', { users: ['maria'] });
  const inner = await policy('aggregate', { policies: [one.id] });
  const outer = await policy('aggregate', { policies: [inner.name], decisionStrategy: 'AFFIRMATIVE' });
  assert.deepEqual((await want(200, 'GET', `/policy/aggregate/${outer.id}`)).policies, [inner.id]);
  assert.deepEqual(names(await kc.clients.getAssociatedPolicies({ id, permissionId: outer.id })), [inner.name]);
  assert.deepEqual(names(await kc.clients.listDependentPolicies({ id, policyId: one.id })), [inner.name]);
  for (const policies of [[inner.id], [outer.id]]) {
    assert.match((await want(400, 'PUT', `/policy/aggregate/${inner.id}`, { policies })).errorMessage, /part of itself/);
  }
  const other = await policy('user', { users: ['maria'] });
  const mixed = await policy('aggregate', { policies: [one.id, other.id] });
  await kc.clients.delPolicy({ id, policyId: one.id });
  for (const gone of [one, inner, outer]) await want(404, 'GET', `/policy/${gone.id}`);
  assert.deepEqual(names(await kc.clients.getAssociatedPolicies({ id, permissionId: mixed.id })), [other.name]);
});

test('permissions: made, read, listed, changed, deleted, refused', async () => {
  const who = await policy('user', { users: [maria] });
  const resource = await kc.clients.createResource({ id }, { name: 'Photo', type: 'urn:photoz:photo', scopes: [{ name: 'photo:see' }, { name: 'photo:print' }] });
  const onResource = await permission('resource', { resources: [resource._id], policies: [who.id] });
  const onType = await permission('resource', { resourceType: 'urn:photoz:photo', policies: [who.name] });
  const onScope = await permission('scope', { scopes: ['photo:see'], policies: [who.id], decisionStrategy: 'AFFIRMATIVE' });
  assert.deepEqual(names(await kc.clients.findPermissions({ id })), names([onResource, onType, onScope]));
  assert.deepEqual(names(await kc.clients.findPermissions({ id, type: 'scope' })), [onScope.name]);
  assert.deepEqual(names(await kc.clients.findPermissions({ id, resource: 'Photo' })), [onResource.name]);
  assert.deepEqual(names(await kc.clients.findPermissions({ id, scope: 'photo:see' })), [onScope.name]);
  assert.ok(!names(await kc.clients.listPolicies({ id, permission: false })).includes(onScope.name));
  assert.deepEqual(names(await kc.clients.listPermissionsByResource({ id, resourceId: resource._id })), names([onResource, onType, onScope]));
  assert.deepEqual(names(await kc.clients.listPermissionScope({ id })), [onScope.name]);
  assert.deepEqual(names(await kc.clients.getAssociatedResources({ id, permissionId: onResource.id })), ['Photo']);
  assert.deepEqual(names(await kc.clients.getAssociatedScopes({ id, permissionId: onScope.id })), ['photo:see']);
  const [scope] = await kc.clients.listAllScopes({ id, name: 'photo:see' });
  assert.deepEqual(names(await kc.clients.listAllResourcesByScope({ id, scopeId: scope.id })), ['Photo']);
  assert.deepEqual(names(await kc.clients.listAllPermissionsByScope({ id, scopeId: scope.id })), [onScope.name]);
  const shown = await kc.clients.findOnePermission({ id, type: 'scope', permissionId: onScope.id });
  assert.deepEqual([shown.name, shown.decisionStrategy], [onScope.name, 'AFFIRMATIVE']);
  await kc.clients.updatePermission({ id, type: 'scope', permissionId: onScope.id }, { ...shown, scopes: ['photo:print'], policies: [who.id] });
  assert.deepEqual(names(await kc.clients.getAssociatedScopes({ id, permissionId: onScope.id })), ['photo:print']);
  for (const [type, members] of [['resource', { policies: [who.id] }], ['scope', { policies: [who.id] }], ['resource', { resources: ['nowhere'] }],
    ['scope', { scopes: ['photo:see'], policies: [onResource.id] }], ['role', {}]]) await want(400, 'POST', `/permission/${type}`, { name: 'bad', ...members });
  const [print] = await kc.clients.listAllScopes({ id, name: 'photo:print' });
  assert.match((await want(400, 'DELETE', `/scope/${print.id}`)).error_description ?? '', /associated with resources/);
  // what is about a resource alone goes with it: else it would be about every one
  await kc.clients.delResource({ id, resourceId: resource._id });
  await want(404, 'GET', `/permission/resource/${onResource.id}`);
  await want(200, 'GET', `/permission/resource/${onType.id}`);
  await kc.clients.delAuthorizationScope({ id, scopeId: print.id });
  await want(404, 'GET', `/permission/scope/${onScope.id}`);
  await kc.clients.delPermission({ id, type: 'resource', permissionId: onType.id });
  await want(404, 'GET', `/permission/resource/${onType.id}`);
});

test('providers', async () => {
  const types = (list) => list.map((p) => p.type).sort();
  assert.deepEqual(types(await kc.clients.listPolicyProviders({ id })), ['aggregate', 'client', 'client-scope', 'group', 'regex', 'role', 'time', 'user']);
  assert.deepEqual(types(await want(200, 'GET', '/permission/providers')), ['resource', 'scope']);
});

test('who is deleted is in no policy any more', async () => {
  const { id: luis } = await kc.users.create({ username: 'luis', enabled: true });
  const { id: short } = await kc.clients.create({ clientId: 'short' });
  await kc.roles.create({ name: 'passing' });
  await kc.groups.create({ name: 'passing' });
  await kc.clientScopes.create({ name: 'passing', protocol: 'openid-connect' });
  const alone = await policy('user', { users: [luis] });
  const shared = await policy('user', { users: [luis, maria] });
  const others = [await policy('role', { roles: [{ id: 'passing' }] }), await policy('group', { groups: [{ path: '/passing' }] }),
    await policy('client', { clients: ['short'] }), await policy('client-scope', { clientScopes: [{ id: 'passing' }] })];
  const owned = await kc.clients.createResource({ id }, { name: 'of luis', owner: { id: luis }, type: 'urn:of:luis', scopes: [{ name: 'luis:see' }] });
  // about the resource alone: without it, it would be about every one with the scope (AD-04)
  const about = await permission('scope', { resources: [owned._id], scopes: ['luis:see'], policies: [shared.id] });
  const typed = await permission('resource', { resources: [owned._id], resourceType: 'urn:of:luis', policies: [shared.id] });
  const { id: short2 } = await kc.clients.create({ clientId: 'short2' });
  await kc.clients.createRole({ id: short2, name: 'inner' });
  const inner = await policy('role', { roles: [{ id: 'short2/inner' }] });
  await kc.clients.del({ id: short2 });
  await want(404, 'GET', `/policy/${inner.id}`);
  await kc.users.del({ id: luis });
  await kc.roles.delByName({ name: 'passing' });
  await kc.groups.del({ id: (await kc.groups.find({ search: 'passing' }))[0].id });
  await kc.clients.del({ id: short });
  await kc.clientScopes.del({ id: (await kc.clientScopes.findOneByName({ name: 'passing' })).id });
  for (const gone of [alone, ...others]) await want(404, 'GET', `/policy/${gone.id}`);
  assert.deepEqual((await want(200, 'GET', `/policy/user/${shared.id}`)).users, [maria]);
  await want(404, 'GET', `/resource/${owned._id}`);
  await want(404, 'GET', `/permission/scope/${about.id}`);
  await want(200, 'GET', `/permission/resource/${typed.id}`);
});

test('AD-01, AD-02, AD-03, AD-07: rights, realms and clients apart', async () => {
  await world.addAdmin('mira', ['realm-management/view-authorization'], 'peru');
  await world.addAdmin('ordena', ['realm-management/manage-authorization'], 'peru');
  await world.addAdmin('vecina', ['realm-management/realm-admin'], 'chile');
  const viewer = await world.token('mira', 'peru'), manager = await world.token('ordena', 'peru'), neighbour = await world.token('vecina', 'chile');
  const who = await policy('user', { users: [maria] });
  await want(200, 'GET', `/policy/user/${who.id}`, undefined, viewer);
  for (const [method, path, json] of [['POST', '/scope', { name: 'x' }], ['PUT', '', {}], ['DELETE', `/policy/${who.id}`], ['POST', '/import', {}], ['GET', '/settings']]) {
    await want(403, method, path, json, viewer);
    await want(403, method, path, json, neighbour);
  }
  await want(403, 'GET', '/scope', undefined, neighbour);
  await want(201, 'POST', '/scope', { name: fresh('by manager') }, manager);
  // whether there is somebody of a name is for who may look at people
  await want(403, 'POST', '/policy/user', { name: 'x', users: ['maria'] }, manager);
  await want(403, 'POST', '/policy/user', { name: 'x', users: ['nobody'] }, manager);
  await want(403, 'GET', '/resource?owner=maria', undefined, manager);
  await want(403, 'POST', '/resource', { name: 'x', owner: { name: 'nobody' } }, manager);
  await want(403, 'POST', '/policy/evaluate', { userId: maria }, viewer);
  await want(403, 'GET', '/settings', undefined, manager);
  const { id: second } = await kc.clients.create({ clientId: 'second', serviceAccountsEnabled: true, authorizationServicesEnabled: true });
  for (const method of ['GET', 'DELETE']) assert.equal((await call(method, `/policy/${who.id}`, undefined, token, second)).status, 404);
  assert.equal((await call('POST', '/policy/aggregate', { name: 'x', policies: [who.id] }, token, second)).status, 400);
  await world.addClient('other', { realm: 'chile' }).catch(() => undefined);
  assert.equal((await world.call('GET', `/realms/chile/clients/${id}/authz/resource-server`, { token: await world.token('root', 'master') })).status, 404);
});

test('AD-07: who may not look at people sees them nowhere here', async () => {
  await world.addUser('canaria');
  const [{ id: canary }] = await kc.users.find({ username: 'canaria', exact: true });
  await world.addAdmin('sola', ['realm-management/view-authorization'], 'peru');
  await world.addAdmin('ambas', ['realm-management/view-authorization', 'realm-management/view-users'], 'peru');
  const owned = await want(201, 'POST', '/resource', { name: 'Of the canary', owner: canary });
  const who = await policy('user', { users: [canary] });
  const all = await policy('aggregate', { policies: [who.id] });
  const paths = ['/resource', '/resource?deep=false', `/resource/${owned._id}`, '/policy', '/policy?type=user', '/policy/user',
    `/policy/${who.id}`, `/policy/user/${who.id}`, `/policy/search?name=${encodeURIComponent(who.name)}`, `/policy/user/search?name=${encodeURIComponent(who.name)}`, `/policy/${all.id}/associatedPolicies`];
  const alone = await world.token('sola', 'peru'), both = await world.token('ambas', 'peru');
  for (const path of paths) {
    const shown = await call('GET', path, undefined, both), hidden = await call('GET', path, undefined, alone);
    assert.deepEqual([shown.status, hidden.status], [200, 200], path);
    assert.ok(shown.text.includes(canary), path);
    assert.ok(!hidden.text.includes(canary) && !hidden.text.includes('canaria'), `${path}: ${hidden.text}`);
  }
  const its = await want(200, 'GET', '/resource?name=Default%20Resource', undefined, alone);
  assert.equal(its[0].owner.id, id, 'of the client itself');
});

test('AU-01: each change is an event with before and after', async () => {
  const made = await kc.clients.createAuthorizationScope({ id }, { name: 'told' });
  await kc.clients.updateAuthorizationScope({ id, scopeId: made.id }, { name: 'told again' });
  const [event] = await kc.realms.findAdminEvents({ realm: 'peru', max: 1, resourceTypes: ['AUTHORIZATION_SCOPE'] });
  assert.equal(event.operationType, 'UPDATE');
  assert.equal(event.resourcePath, `clients/${id}/authz/resource-server/scope/${made.id}`);
  assert.deepEqual(JSON.parse(event.representation), { object: 'told again', before: { name: 'told' }, after: { name: 'told again' } });
  const result = await refusal(kc.clients.createAuthorizationScope({ id }, { name: 'told again' }));
  assert.equal(result.status, 409);
});

test('AD-04: four eyes: a change waits for a second person, and is then as it was asked for', async () => {
  await world.addAdmin('segunda', ['realm-management/realm-admin'], 'peru');
  const second = await world.token('segunda', 'peru'), why = { 'X-Justification': 'ticket 4711' };
  const of = (method, path, json, as) => world.call(method, `/realms/peru${path}`, { token: as, headers: why, ...(json === undefined ? {} : { json }) });
  const held = async (method, path, json) => {
    const reply = await of(method, path, json, token);
    assert.equal(reply.status, 202, `${method} ${path}: ${reply.status} ${reply.text}`);
    assert.equal((await of('POST', `/change-requests/${reply.json.id}/approve`, {}, second)).status, 200);
  };
  const base = `/clients/${id}/authz/resource-server`;
  assert.equal((await of('PUT', '/four-eyes', { kinds: ['authorization'] }, token)).status, 204);
  const waits = await of('POST', `${base}/scope`, { name: 'held' }, token);
  assert.equal(waits.status, 202);
  assert.deepEqual(waits.json.kinds, ['authorization']);
  assert.deepEqual(await kc.clients.listAllScopes({ id, name: 'held' }), []);
  assert.equal((await of('POST', `/change-requests/${waits.json.id}/approve`, {}, second)).status, 200);
  const [scope] = await kc.clients.listAllScopes({ id, name: 'held' });
  assert.equal(scope.name, 'held');
  await held('PUT', `${base}/scope/${scope.id}`, { name: 'held again' });
  await held('DELETE', `${base}/scope/${scope.id}`);
  await want(404, 'GET', `/scope/${scope.id}`);
  await held('PUT', '/four-eyes', { kinds: [] });
});
