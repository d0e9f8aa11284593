// Permissions at work: the grant uma-ticket, the evaluation for administrators, and files.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { basic, bearer, request } from './lib/http.mjs';
import { assertError, decode } from './lib/oidc.mjs';

const UMA = 'urn:ietf:params:oauth:grant-type:uma-ticket';

let world, kc, token, id, portal, spa, maria, luis;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  portal = await world.addClient('portal', { serviceAccount: true, values: { directAccessGrantsEnabled: true } });
  spa = await world.addClient('spa', { isPublic: true, values: { directAccessGrantsEnabled: true } });
  await world.addUser('maria');
  await world.addUser('luis');
  [{ id: maria }] = await kc.users.find({ username: 'maria', exact: true });
  [{ id: luis }] = await kc.users.find({ username: 'luis', exact: true });
  await kc.roles.create({ name: 'editor' });
  const role = await kc.roles.findOneByName({ name: 'editor' });
  await kc.users.addRealmRoleMappings({ id: maria, roles: [role] });
  ({ id } = await kc.clients.create({ clientId: 'photoz', serviceAccountsEnabled: true, authorizationServicesEnabled: true }));
  const client = { id };
  await kc.clients.createResource(client, { name: 'Album', type: 'urn:photoz:album', uris: ['/albums', '/albums/*'], scopes: ['view', 'delete'].map((name) => ({ name })) });
  await kc.clients.createResource(client, { name: 'Report' });
  const editors = await kc.clients.createPolicy({ id, type: 'role' }, { name: 'editors', roles: [{ id: 'editor' }] });
  const anybody = await kc.clients.createPolicy({ id, type: 'user' }, { name: 'both', users: ['maria', 'luis'] });
  await kc.clients.createPermission({ id, type: 'scope' }, { name: 'see', resources: ['Album'], scopes: ['view'], policies: [anybody.id] });
  await kc.clients.createPermission({ id, type: 'scope' }, { name: 'delete', scopes: ['delete'], policies: [editors.id] });
  await kc.clients.createPermission({ id, type: 'resource' }, { name: 'reports', resources: ['Report'], policies: [editors.id] });
});
after(() => world.close());

const of = async (user, client = portal) => (await client.password(user)).json.access_token;
const ask = (access, more = [], form = { grant_type: UMA, audience: 'photoz' }) =>
  request(`${portal.endpoint}/token`, { form: [...Object.entries(form), ...more], headers: access ? bearer(access) : {} });
const permissions = (...list) => list.map((value) => ['permission', value]);
const short = (list) => list.map((p) => [p.rsname, ...(p.scopes ?? []).toSorted()].join(' ')).sort();

test('a token with the permissions of its person', async () => {
  const access = await of('maria');
  const reply = await ask(access);
  assert.equal(reply.status, 200, reply.text);
  assert.match(reply.headers['cache-control'], /no-store/);
  assert.equal(reply.json.upgraded, false);
  assert.equal(reply.json.refresh_token, undefined);
  const claims = decode(reply.json.access_token), before = decode(access);
  assert.deepEqual(short(claims.authorization.permissions), ['Album delete view', 'Report']);
  for (const name of ['sub', 'azp', 'sid', 'scope', 'iss']) assert.deepEqual(claims[name], before[name], name);
  assert.ok([claims.aud].flat().includes('photoz'));
  assert.notEqual(claims.jti, before.jti);
  const seen = (await portal.introspect(reply.json.access_token)).json;
  assert.equal(seen.active, true);
  assert.deepEqual(seen.permissions, claims.authorization.permissions);
  assert.equal((await portal.introspect(access)).json.permissions, undefined);
  const less = decode((await ask(await of('luis'))).json.access_token);
  assert.deepEqual(short(less.authorization.permissions), ['Album view']);
});

test('what is asked for, and no more', async () => {
  const access = await of('maria');
  const list = async (more, who = access) => {
    const reply = await ask(who, [...more, ['response_mode', 'permissions']]);
    assert.equal(reply.status, 200, reply.text);
    return short(reply.json);
  };
  const { _id } = (await kc.clients.listResources({ id, name: 'Album' }))[0];
  assert.deepEqual(await list(permissions('Album#view')), ['Album view']);
  assert.deepEqual(await list(permissions(`${_id}#view, delete`)), ['Album delete view']);
  assert.deepEqual(await list(permissions('Album#view', 'Album#delete', 'Report')), ['Album delete view', 'Report']);
  assert.deepEqual(await list(permissions('#view')), ['Album view']);
  assert.deepEqual(await list(permissions('Album'), await of('luis')), ['Album view']);
  assert.equal((await list([...permissions('Album', 'Report'), ['response_permissions_limit', '1']])).length, 1);
  const nameless = await ask(access, [...permissions('Album'), ['response_mode', 'permissions'], ['response_include_resource_name', 'false']]);
  assert.deepEqual(Object.keys(nameless.json[0]).sort(), ['rsid', 'scopes']);
  const byUri = (uri, matching) => [['permission', uri], ['permission_resource_format', 'uri'], ['permission_resource_matching_uri', String(matching)]];
  assert.deepEqual(await list(byUri('/albums#view', false)), ['Album view']);
  assert.deepEqual(await list(byUri('/albums/7#view', true)), ['Album view']);
  assertError(await ask(access, byUri('/albums/7', false)), 400, 'invalid_resource');
  assertError(await ask(access, byUri('/other', true)), 403, 'access_denied'); // the default resource
  const decided = await ask(access, [...permissions('Album#delete'), ['response_mode', 'decision']]);
  assert.deepEqual(decided.json, { result: true });
});

test('a token with permissions is asked about again, with more', async () => {
  const access = await of('maria');
  const first = (await ask(access, permissions('Album#view'))).json;
  const again = async (rpt, ...list) => {
    const { json } = await ask(access, [...permissions(...list), ['rpt', rpt]]);
    return [json.upgraded, short(decode(json.access_token).authorization.permissions)];
  };
  assert.deepEqual(await again(first.access_token, 'Report'), [true, ['Album view', 'Report']]);
  assert.deepEqual(await again(first.access_token, 'Album#delete'), [true, ['Album delete view']]);
  const other = (await ask(await of('luis'), permissions('Album#view'))).json.access_token;
  for (const rpt of [access, other, 'x', `${first.access_token}x`]) assert.deepEqual(await again(rpt, 'Report'), [false, ['Report']], 'it adds nothing');
  // what was granted then is not granted for that now (OT-06)
  const both = await again(first.access_token, 'Report');
  assert.deepEqual(both[1], ['Album view', 'Report']);
  const [see] = await kc.clients.findPermissions({ id, name: 'see' });
  await kc.clients.updatePermission({ id, type: 'scope', permissionId: see.id }, { ...see, logic: 'NEGATIVE' });
  assert.deepEqual(await again(first.access_token, 'Report'), [true, ['Report']]);
  await kc.clients.updatePermission({ id, type: 'scope', permissionId: see.id }, { ...see, logic: 'POSITIVE' });
});

test('the stock keycloak-authz asks and is told', async () => {
  const lib = await import('keycloak-js/authz');
  globalThis.XMLHttpRequest = class { // as much of it as the library needs
    open(method, url) { Object.assign(this, { method, url, headers: {} }); }
    setRequestHeader(name, value) { this.headers[name] = value; }
    async send(body) {
      const reply = await request(this.url, { method: this.method, headers: this.headers, body });
      Object.assign(this, { readyState: 4, status: reply.status, responseText: reply.text });
      this.onreadystatechange();
    }
  };
  const before = globalThis.fetch;
  globalThis.fetch = async (url) => { const reply = await request(url); return { ok: reply.status === 200, json: async () => reply.json }; };
  try {
    const authz = new lib.default({ authServerUrl: world.server.origin, realm: 'peru', clientId: 'spa', didInitialize: true, token: await of('luis', spa) });
    const ask2 = (permissions) => new Promise((resolve, reject) => { authz.entitlement('photoz', { permissions }).then(resolve, () => resolve('denied'), reject); });
    assert.deepEqual(short(decode(await ask2([{ id: 'Album', scopes: ['view'] }])).authorization.permissions), ['Album view']);
    assert.deepEqual(short(decode(await ask2([{ id: 'Album' }])).authorization.permissions), ['Album view'], 'with the first token as rpt');
    authz.rpt = undefined;
    assert.equal(await ask2([{ id: 'Report' }]), 'denied');
  } finally {
    globalThis.fetch = before;
    delete globalThis.XMLHttpRequest;
  }
});

test('refused: what is not allowed, not there, or not meant so', async () => {
  const access = await of('luis');
  assertError(await ask(access, permissions('Album#delete')), 403, 'access_denied', /not_authorized/);
  assertError(await ask(access, [...permissions('Report'), ['response_mode', 'decision']]), 403, 'access_denied');
  assertError(await ask(access, permissions('Default Resource')), 403, 'access_denied');
  assertError(await ask(access, permissions('Report#view')), 403, 'access_denied'); // it does not have the scope
  assertError(await ask(access, permissions('Nothing')), 400, 'invalid_resource', /\[Nothing\]/);
  assertError(await ask(access, permissions('Album#burn')), 400, 'invalid_scope', /\[burn\]/);
  assertError(await ask(access, permissions('#')), 400, 'invalid_request');
  assertError(await ask(access, [['response_mode', 'other']]), 400, 'invalid_request');
  assertError(await ask(access, [['audience', 'photoz']]), 400, 'invalid_request', /duplicated/);
  assertError(await ask(access, [], { grant_type: UMA }), 400, 'invalid_request', /audience/);
  assertError(await ask(access, [], { grant_type: UMA, audience: 'portal' }), 400, 'invalid_request', /does not support permissions/);
  assertError(await ask(access, [], { grant_type: UMA, audience: 'nowhere' }), 400, 'invalid_request');
  assertError(await ask(access, [['permission_resource_format', 'name']]), 400, 'invalid_request');
  assertError(await ask(access, permissions(`Album#${'view,'.repeat(2000)}`)), 400, 'invalid_request', /More than 2000/);
  for (const name of ['ticket', 'claim_token']) assertError(await ask(access, [[name, 'x']]), 400, 'invalid_request', /not supported/);
  // elsewhere nothing stands twice
  const twice = await request(`${portal.endpoint}/token`, { form: [['grant_type', 'client_credentials'], ['permission', 'a'], ['permission', 'b'], ['client_id', 'portal'], ['client_secret', portal.secret]] });
  assertError(twice, 400, 'invalid_request');
});

test('OT-06, OT-15: only a good access token asks, and it is asked about each time', async () => {
  const { json } = await portal.password('maria');
  for (const bad of [json.id_token, json.refresh_token, `${json.access_token}x`, 'x']) assert.equal((await ask(bad)).status, 401);
  assertError(await ask(undefined), 401, 'invalid_client');
  const other = await world.token('root', 'master');
  assert.equal((await ask(other)).status, 401, 'of another realm');
  // a bearer token is no authentication for other grants
  const misuse = await request(`${portal.endpoint}/token`, { form: { grant_type: 'client_credentials' }, headers: bearer(json.access_token) });
  assert.equal(misuse.status, 401);
  // a role that was taken away is gone at the next question, and so is a person
  const role = await kc.roles.findOneByName({ name: 'editor' });
  assert.equal((await ask(json.access_token, permissions('Report'))).status, 200);
  await kc.users.delRealmRoleMappings({ id: maria, roles: [role] });
  assertError(await ask(json.access_token, permissions('Report')), 403, 'access_denied');
  await kc.users.addRealmRoleMappings({ id: maria, roles: [role] });
  await kc.clients.update({ id }, { enabled: false });
  assertError(await ask(json.access_token), 400, 'invalid_request', /does not support/);
  await kc.clients.update({ id }, { enabled: true });
  assert.equal((await ask(json.access_token, permissions('Report'))).status, 200);
  await kc.users.logout({ id: maria });
  assert.equal((await ask(json.access_token)).status, 401);
  const again = await of('maria');
  await kc.users.update({ id: maria }, { enabled: false });
  assert.equal((await ask(again)).status, 401);
  await kc.users.update({ id: maria }, { enabled: true });
});

test('OT-06: what a token is given for ends with it, and no token with permissions asks for another', async () => {
  const [client] = await kc.clients.find({ clientId: 'portal' });
  const last = async (attributes) => kc.clients.update({ id: client.id }, { ...client, attributes: { ...client.attributes, ...attributes } });
  await last({ 'access.token.lifespan': '60' });
  const own = (await portal.service()).json.access_token;
  const person = await of('maria');
  await last({ 'access.token.lifespan': '600' });
  await kc.clients.updateResourceServer({ id }, { policyEnforcementMode: 'DISABLED' });
  for (const access of [own, person]) {
    const { json } = await ask(access, permissions('Album#view'));
    assert.equal(decode(json.access_token).exp, decode(access).exp);
    assert.ok(json.expires_in <= 60, `${json.expires_in}`);
    assert.equal((await ask(json.access_token, permissions('Album#view'))).status, 401);
    assert.equal((await ask(json.access_token, [['response_mode', 'decision']])).status, 401);
  }
  // who authenticates gets one of its own
  const { json } = await portal.token({ grant_type: UMA, audience: 'photoz', permission: 'Album#view' });
  assert.equal(json.expires_in, 600);
  await kc.clients.updateResourceServer({ id }, { policyEnforcementMode: 'ENFORCING' });
  await last({ 'access.token.lifespan': '' });
});

test('a client asks for its service account; public ones have none', async () => {
  assertError(await portal.token({ grant_type: UMA, audience: 'photoz' }), 403, 'access_denied');
  const [{ id: client }] = await kc.clients.find({ clientId: 'portal' });
  const account = await kc.clients.getServiceAccountUser({ id: client });
  await kc.users.addRealmRoleMappings({ id: account.id, roles: [await kc.roles.findOneByName({ name: 'editor' })] });
  const reply = await portal.token({ grant_type: UMA, audience: 'photoz', permission: 'Report' });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(decode(reply.json.access_token).sub, account.id);
  assertError(await spa.token({ grant_type: UMA, audience: 'photoz' }), 400, 'unauthorized_client');
  assert.equal((await ask(await of('maria', spa), permissions('Report'))).status, 200, 'with a person\'s token they may');
});

test('OI-07: no mapper says what permissions somebody has', async () => {
  await world.addMapper('spa', 'forged', 'oidc-hardcoded-claim-mapper', {
    'claim.name': 'authorization.permissions', 'claim.value': '[{"rsname":"Report"}]', 'jsonType.label': 'JSON', 'access.token.claim': 'true' });
  const access = await of('luis', spa);
  assert.equal(decode(access).authorization, undefined);
  assert.deepEqual(short(decode((await ask(access)).json.access_token).authorization.permissions), ['Album view']);
});

test('modes: off and permissive allow what no permission is about', async () => {
  const access = await of('luis');
  const decided = async (permission) => (await ask(access, [...permissions(permission), ['response_mode', 'decision']])).status;
  const set = (policyEnforcementMode) => kc.clients.updateResourceServer({ id }, { policyEnforcementMode });
  assert.deepEqual([await decided('Default Resource'), await decided('Report')], [403, 403]);
  await set('PERMISSIVE');
  assert.deepEqual([await decided('Default Resource'), await decided('Report')], [200, 403]);
  await set('DISABLED');
  assert.deepEqual([await decided('Default Resource'), await decided('Report')], [200, 200]);
  await set('ENFORCING');
});

test('administrators ask for somebody, and why', async () => {
  const evaluate = (body) => kc.clients.evaluateResource({ id }, { resources: [], context: { attributes: {} }, roleIds: [], clientId: id, userId: luis, entitlements: false, ...body });
  const reply = await evaluate({ resources: [{ name: 'Album', scopes: [] }] });
  assert.equal(reply.status, 'PERMIT');
  const [album] = reply.results;
  assert.deepEqual([album.resource.name, album.status, album.scopes.map((s) => s.name), album.allowedScopes.map((s) => s.name)], ['Album', 'PERMIT', ['delete', 'view'], ['view']]);
  assert.deepEqual(album.policies.map((p) => [p.policy.name, p.status, p.associatedPolicies.map((a) => [a.policy.name, a.status])]).sort(),
    [['delete', 'DENY', [['editors', 'DENY']]], ['see', 'PERMIT', [['both', 'PERMIT']]]]);
  assert.deepEqual(reply.rpt, { sub: luis, authorization: { permissions: [{ scopes: ['view'], rsid: album.resource._id, rsname: 'Album' }] } });
  assert.equal((await evaluate({ resources: [{ name: 'Report' }] })).status, 'DENY');
  assert.equal((await evaluate({ resources: [{ name: 'Report' }], roleIds: ['editor'] })).status, 'PERMIT');
  assert.equal((await evaluate({ resources: [{ type: 'urn:photoz:album', scopes: [{ name: 'delete' }] }], userId: 'maria' })).status, 'PERMIT');
  assert.deepEqual((await evaluate({})).results.map((r) => r.resource.name).sort(), ['Album', 'Default Resource', 'Report']);
  assert.equal((await evaluate({ userId: null, resources: [{ name: 'Album' }] })).status, 'DENY');
  for (const body of [{ userId: 'nobody' }, { clientId: 'nowhere' }, { roleIds: ['nothing'] }, { resources: 'x' }, { resources: [{ name: 'Nothing' }] }]) {
    await assert.rejects(evaluate(body), (e) => e.response.status === 400, JSON.stringify(body));
  }
});

test('files: settings go out and come in again the same; a realm keeps them', async () => {
  await kc.groups.create({ name: 'team' });
  await kc.clients.createPolicy({ id, type: 'group' }, { name: 'team', groups: [{ path: '/team', extendChildren: true }] });
  await kc.clients.createResource({ id }, { name: 'Album', owner: { id: maria } });
  const settings = await kc.clients.exportResource({ id });
  assert.deepEqual(settings.policies.find((p) => p.name === 'team').config, { groups: '[{"path":"/team","extendChildren":true}]' });
  assert.deepEqual(settings.resources.filter((r) => r.owner).map((r) => [r.name, r.owner]), [['Album', { id: maria, name: 'maria' }]]);
  assert.deepEqual(settings.policies.find((p) => p.name === 'editors').config, { roles: '[{"id":"editor","required":false}]' });
  assert.deepEqual(settings.policies.find((p) => p.name === 'both').config, { users: '["maria","luis"]' });
  assert.deepEqual(settings.policies.find((p) => p.name === 'see').config, { resources: '["Album"]', scopes: '["view"]', applyPolicies: '["both"]' });
  const { id: copy } = await kc.clients.create({ clientId: 'copy', serviceAccountsEnabled: true, authorizationServicesEnabled: true, authorizationSettings: { ...settings, policies: [...settings.policies].reverse() } });
  const plain = (s) => JSON.parse(JSON.stringify(s, (key, value) => (['id', '_id'].includes(key) ? undefined : value)));
  assert.deepEqual(plain(await kc.clients.exportResource({ id: copy })), plain(settings));
  await kc.clients.importResource({ id: copy }, settings);
  assert.deepEqual(plain(await kc.clients.exportResource({ id: copy })), plain(settings));
  for (const bad of [{ policies: [{ name: 'x', type: 'role', config: { roles: '[{"id":"gone"}]' } }] }, { policies: [{ name: 'x', type: 'aggregate', config: { applyPolicies: '["y"]' } }] }, { scopes: 'x' }, { resources: [{}] }]) {
    const reply = await world.call('POST', `/realms/peru/clients/${copy}/authz/resource-server/import`, { token, json: { ...bad, scopes: bad.scopes ?? [{ name: 'half' }] } });
    assert.equal(reply.status, 400, JSON.stringify(bad));
  }
  assert.deepEqual(plain(await kc.clients.exportResource({ id: copy })), plain(settings), 'all or nothing');

  const client = { clientId: 'partial', publicClient: false, serviceAccountsEnabled: true, authorizationServicesEnabled: true, authorizationSettings: settings };
  for (const ifResourceExists of ['FAIL', 'OVERWRITE']) {
    await kc.realms.partialImport({ realm: 'peru', rep: { ifResourceExists, clients: [client] } });
    const [{ id: partial }] = await kc.clients.find({ clientId: 'partial' });
    assert.deepEqual(plain(await kc.clients.exportResource({ id: partial })), plain(settings));
  }
  const exported = (await world.call('POST', '/realms/peru/partial-export?exportClients=true', { token, json: {} })).json;
  assert.deepEqual(exported.clients.find((c) => c.clientId === 'photoz').authorizationSettings, settings);
  await world.addAdmin('medio', ['manage-realm', 'view-clients', 'view-users'].map((r) => `realm-management/${r}`), 'peru');
  const half = (await world.call('POST', '/realms/peru/partial-export?exportClients=true', { token: await world.token('medio', 'peru'), json: {} })).json;
  assert.equal(half.clients.find((c) => c.clientId === 'photoz').authorizationSettings, undefined, 'AD-07: for who may not see it');

  const dir = await mkdtemp(join(tmpdir(), 'garita-authz-'));
  try {
    const first = join(dir, 'a.json'), second = join(dir, 'b.json');
    await world.cli.ok('realm', 'export', 'peru', '--to', first);
    const file = JSON.parse(await readFile(first, 'utf8'));
    const photoz = file.clients.find((c) => c.clientId === 'photoz');
    assert.deepEqual(photoz.authorizationSettings, settings);
    photoz.authorizationSettings.policies.push({ name: 'script', type: 'js', logic: 'NEGATIVE', decisionStrategy: 'UNANIMOUS', config: { code: '$evaluation.grant()' } },
      { name: 'by script', type: 'resource', logic: 'POSITIVE', decisionStrategy: 'UNANIMOUS', config: { resources: '["Default Resource"]', applyPolicies: '["script"]' } });
    await writeFile(second, JSON.stringify({ ...file, realm: 'copy', id: undefined }));
    await world.cli.ok('realm', 'import', second);
    const root = await world.client('root', 'master', 'copy');
    const [there] = await root.clients.find({ clientId: 'photoz' });
    const taken = await root.clients.exportResource({ id: there.id });
    assert.deepEqual(plain({ ...taken, policies: taken.policies.filter((p) => !p.name.includes('script')) }), plain(settings));
    const evaluated = await root.clients.evaluateResource({ id: there.id }, { userId: 'maria', resources: [{ name: 'Default Resource' }] });
    assert.equal(evaluated.status, 'DENY', 'a script grants nothing, nor does its opposite');
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('AD-12: a thousand resources are decided about at once, one more is refused', async () => {
  const { id: big } = await kc.clients.create({ clientId: 'big', serviceAccountsEnabled: true, authorizationServicesEnabled: true });
  await kc.clients.importResource({ id: big }, {
    scopes: [{ name: 'view' }], resources: Array.from({ length: 1000 }, (_, i) => ({ name: `r${i}`, type: `t${i % 10}`, scopes: [{ name: 'view' }] })),
    policies: [{ name: 'both', type: 'user', config: { users: '["maria","luis"]' } }, { name: 'see', type: 'scope', config: { scopes: '["view"]', applyPolicies: '["both"]' } }],
  });
  const access = await of('luis');
  const all = () => ask(access, [['response_mode', 'permissions']], { grant_type: UMA, audience: 'big' });
  assertError(await all(), 400, 'invalid_request');
  const [{ _id }] = await kc.clients.listResources({ id: big, name: 'Default' });
  await kc.clients.delResource({ id: big, resourceId: _id });
  const reply = await all();
  assert.equal(reply.status, 200, reply.text.slice(0, 300));
  assert.equal(reply.json.length, 1000);
});

test('OT-12: what was given for a token is over when that token is revoked, for everybody who asks', async () => {
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'token-validator', '--username', 'service-account-portal');
  const validate = async (value) => (await request(`${world.server.origin}/grpc/token/validate`, {
    json: { token: value }, headers: { 'X-Tenant-ID': 'peru', ...basic('portal', portal.secret) } })).json.reason ?? 'ACTIVE';
  const anybody = await kc.clients.createPolicy({ id, type: 'client' }, { name: 'portal itself', clients: [portal.id ?? (await kc.clients.find({ clientId: 'portal' }))[0].id] });
  await kc.clients.createResource({ id }, { name: 'Machine' });
  const [{ _id: machine }] = await kc.clients.listResources({ id, name: 'Machine' });
  await kc.clients.createPermission({ id, type: 'resource' }, { name: 'machines', resources: [machine], policies: [anybody.id] });
  const service = async () => (await portal.post('/token', { grant_type: 'client_credentials' })).json.access_token;
  for (const make of [() => of('maria'), service]) {
    const access = await make(), other = await make();
    const rpt = (await ask(access)).json.access_token, spared = (await ask(other)).json.access_token;
    assert.equal(decode(rpt).origin_jti, decode(access).jti);
    assert.equal(decode(access).origin_jti, undefined);
    for (let i = 0; i < 3; i++) assert.equal(await validate(rpt), 'ACTIVE', 'kept, too');
    assert.equal((await portal.revoke(access)).status, 200);
    assert.equal(await validate(rpt), 'REVOKED');
    assert.equal((await portal.introspect(rpt)).json.active, false);
    assert.equal((await ask(rpt, [['rpt', rpt]])).status, 401);
    assert.equal(await validate(spared), 'ACTIVE', 'of another token');
    assert.equal((await portal.introspect(spared)).json.active, true);
  }
  const access = await of('maria'), rpt = (await ask(access)).json.access_token;
  assert.equal(await validate(rpt), 'ACTIVE');
  await kc.users.logout({ id: maria });
  assert.equal(await validate(rpt), 'SESSION_ENDED');
  assert.equal((await portal.introspect(rpt)).json.active, false);
});

test('AU-01: each answer is an event of who asked for what', async () => {
  const access = await of('luis');
  await ask(access, permissions('Album#view'));
  await ask(access, [...permissions('Report'), ['response_mode', 'decision']]);
  const last = async (type) => (await kc.realms.findEvents({ realm: 'peru', type, max: 1 }))[0];
  const granted = await last('PERMISSION_TOKEN'), denied = await last('PERMISSION_TOKEN_ERROR');
  for (const event of [granted, denied]) {
    assert.deepEqual([event.userId, event.clientId, event.details.audience], [luis, 'portal', 'photoz'], JSON.stringify(event));
    assert.equal(event.sessionId, decode(access).sid);
  }
  assert.equal(denied.error, 'access_denied');
});
