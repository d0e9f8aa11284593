// Clients through the stock client and by hand: made, found, changed, deleted, refused; secrets; sessions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, UUID, idOf, refusal } from './lib/admin.mjs';
import { request } from './lib/http.mjs';
import { PASSWORD } from './lib/oidc.mjs';

let world, kc, token, viewer;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  await world.addAdmin('mira', ['realm-management/view-clients'], 'peru');
  viewer = await world.token('mira', 'peru');
});
after(() => world.close());

const NOBODY = '00000000-0000-4000-8000-000000000000';
const clients = '/realms/peru/clients';
const byName = async (clientId) => (await kc.clients.find({ clientId }))[0];
const tokens = (form) => request(`${world.server.realm('peru')}/protocol/openid-connect/token`, { form });
const asService = (clientId, secret) => tokens({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret });

test('a client is made, read, changed, deleted', async () => {
  const { id } = await kc.clients.create({
    clientId: 'tienda', name: 'Tienda', redirectUris: ['https://tienda.example.pe/cb'], webOrigins: ['+'],
    attributes: { 'pkce.code.challenge.method': 'S256' }, directAccessGrantsEnabled: true,
  });
  assert.match(id, UUID);
  const client = await kc.clients.findOne({ id });
  assert.equal(client.clientId, 'tienda');
  assert.equal(client.enabled, true);
  assert.deepEqual(client.redirectUris, ['https://tienda.example.pe/cb']);
  assert.equal(client.attributes['pkce.code.challenge.method'], 'S256');
  assert.ok(client.defaultClientScopes.includes('profile'));
  assert.ok(client.optionalClientScopes.includes('offline_access'));
  assert.ok(client.secret.length >= 43);
  assert.deepEqual(client.access, { view: true, configure: true, manage: true });
  await kc.clients.update({ id }, { ...client, name: 'Tienda 2', attributes: { 'pkce.code.challenge.method': '', logoUri: 'https://tienda.example.pe/logo.png' } });
  const changed = await kc.clients.findOne({ id });
  assert.equal(changed.name, 'Tienda 2');
  assert.deepEqual(changed.attributes, { logoUri: 'https://tienda.example.pe/logo.png' });
  assert.equal(changed.secret, client.secret);
  await kc.clients.update({ id }, { clientId: 'tienda-nueva' });
  assert.equal((await kc.clients.findOne({ id })).clientId, 'tienda-nueva');
  assert.deepEqual((await kc.clients.findOne({ id })).redirectUris, ['https://tienda.example.pe/cb'], 'what is not named stays');
  await kc.clients.del({ id });
  assert.equal((await world.call('GET', `${clients}/${id}`, { token })).status, 404);
});

test('ids of imports stay, with mappers and scopes; twice is a conflict', async () => {
  const id = '11111111-2222-4333-8444-555555555555';
  const body = {
    id, clientId: 'importado', publicClient: true, defaultClientScopes: ['email'], optionalClientScopes: [],
    protocolMappers: [{ name: 'sede', protocol: 'openid-connect', protocolMapper: 'oidc-hardcoded-claim-mapper', config: { 'claim.name': 'sede', 'claim.value': 'Lima', 'access.token.claim': 'true' } }],
  };
  assert.equal(idOf(await world.call('POST', clients, { token, json: body })), id);
  const made = await kc.clients.findOne({ id });
  assert.deepEqual(made.defaultClientScopes, ['email']);
  assert.deepEqual(made.optionalClientScopes, []);
  assert.equal(made.protocolMappers[0].config['claim.value'], 'Lima');
  assert.equal(made.secret, undefined, 'a public client has none');
  const again = await world.call('POST', clients, { token, json: { clientId: 'importado' } });
  assert.equal(again.status, 409);
  assert.equal(again.json.errorMessage, 'Client importado already exists');
  // AD-14: a change is judged as a whole
  await kc.clients.update({ id }, { publicClient: false });
  const secret = (await kc.clients.findOne({ id })).secret;
  assert.ok(secret.length >= 43, 'it needs one now');
});

test('the list: by name, by part, by attribute, in pages', async () => {
  for (let i = 0; i < 5; i++) await kc.clients.create({ clientId: `lote-${i}`, attributes: { sede: i < 2 ? 'lima' : 'cusco' } });
  assert.deepEqual((await kc.clients.find({ clientId: 'lote-3' })).map((c) => c.clientId), ['lote-3']);
  assert.deepEqual(await kc.clients.find({ clientId: 'lote' }), []);
  assert.equal((await kc.clients.find({ clientId: 'OTE-', search: true })).length, 5);
  const page = await kc.clients.find({ clientId: 'lote', search: true, first: 1, max: 2 });
  assert.deepEqual(page.map((c) => c.clientId), ['lote-1', 'lote-2']);
  const reply = await world.call('GET', `${clients}?q=sede:lima`, { token });
  assert.deepEqual(reply.json.map((c) => c.clientId), ['lote-0', 'lote-1']);
  assert.equal(reply.json[0].secret, undefined, 'AD-06: no secrets in lists');
  assert.equal((await world.call('GET', `${clients}?max=2001`, { token })).status, 400);
  // who may only ask is shown none
  await world.addAdmin('pregunta', ['realm-management/query-clients'], 'peru');
  const asker = await world.token('pregunta', 'peru');
  assert.deepEqual((await world.call('GET', clients, { token: asker })).json, []);
  assert.equal((await world.call('GET', `${clients}/${NOBODY}`, { token: asker })).status, 403);
});

test('a body that is wrong is told by its member', async () => {
  const bad = [
    [{}, 'clientId'], [{ clientId: '' }, 'clientId'], [{ clientId: 7 }, 'clientId'],
    [{ clientId: 'x', redirectUris: ['javascript:alert(1)'] }, 'redirectUris'],
    [{ clientId: 'x', redirectUris: 'https://x' }, 'redirectUris'],
    [{ clientId: 'x', protocol: 'saml' }, 'protocol'],
    [{ clientId: 'x', publicClient: true, serviceAccountsEnabled: true }, 'serviceAccountsEnabled'],
    [{ clientId: 'x', authorizationServicesEnabled: true }, 'authorizationServicesEnabled'],
    [{ clientId: 'x', defaultClientScopes: ['nowhere'] }, 'defaultClientScopes'],
    [{ clientId: 'x', protocolMappers: {} }, 'protocolMappers'],
    [{ clientId: 'x', protocolMappers: [{ name: 'a', protocolMapper: 'oidc-script-based-protocol-mapper' }] }, 'protocolMapper'],
    [{ clientId: 'x', secret: 'a\u0001' }, 'secret'],
    [{ clientId: 'x', id: 'i'.repeat(37) }, 'id'],
  ];
  for (const [json, field] of bad) {
    const reply = await world.call('POST', clients, { token, json });
    assert.equal(reply.status, 400, JSON.stringify(json));
    assert.equal(reply.json.field, field, JSON.stringify(reply.json));
  }
  assert.equal((await world.call('POST', clients, { token, headers: { 'Content-Type': 'application/json' }, body: '[' })).status, 400);
  assert.equal(await byName('x'), undefined);
});

test('AD-06: who may look at clients is shown no secret', async () => {
  const { id } = await kc.clients.create({ clientId: 'cofre', secret: 'un-secreto-de-canario' });
  assert.equal((await kc.clients.findOne({ id })).secret, 'un-secreto-de-canario');
  for (const path of ['', '/installation/providers/keycloak-oidc-keycloak-json', '/certificates/jwt.credential', '/protocol-mappers/models', '/scope-mappings']) {
    const reply = await world.call('GET', `${clients}/${id}${path}`, { token: viewer });
    assert.equal(reply.status, 200, path);
    assert.doesNotMatch(reply.text, /canario/, path);
  }
  for (const path of ['?clientId=cofre', '?clientId=cofre&search=true']) {
    assert.doesNotMatch((await world.call('GET', clients + path, { token: viewer })).text, /canario/);
  }
  assert.equal((await world.call('GET', `${clients}/${id}/client-secret`, { token: viewer })).status, 403);
  assert.equal((await world.call('POST', `${clients}/${id}/client-secret`, { token: viewer })).status, 403);
  // what was shown masked and comes back means the secret that is there
  const shown = (await world.call('GET', `${clients}/${id}`, { token: viewer })).json;
  assert.equal(shown.secret, '**********');
  await kc.clients.update({ id }, shown);
  assert.equal((await kc.clients.getClientSecret({ id })).value, 'un-secreto-de-canario');
  const log = await world.cli.json('audit', 'list', '--realm', 'peru');
  assert.doesNotMatch(JSON.stringify(log), /canario/);
});

test('a secret is made anew; the one before is worth nothing', async () => {
  const { id } = await kc.clients.create({ clientId: 'rampa', serviceAccountsEnabled: true });
  const first = await kc.clients.getClientSecret({ id });
  assert.equal(first.type, 'secret');
  assert.equal((await asService('rampa', first.value)).status, 200);
  const next = await kc.clients.generateNewClientSecret({ id });
  assert.notEqual(next.value, first.value);
  assert.equal((await asService('rampa', first.value)).status, 401);
  assert.equal((await asService('rampa', next.value)).status, 200);
  await kc.clients.update({ id }, { secret: 'traido-de-otra-parte' });
  assert.equal((await asService('rampa', 'traido-de-otra-parte')).status, 200);
  assert.equal((await refusal(kc.clients.invalidateSecret({ id }))).status, 404);
  assert.equal((await world.call('GET', `${clients}/${id}/client-secret/rotated`, { token })).status, 404);
  const open = await kc.clients.create({ clientId: 'abierto', publicClient: true });
  assert.equal((await refusal(kc.clients.generateNewClientSecret({ id: open.id }))).status, 400);
});

test('the service account: there, looked at, gone with the switch', async () => {
  const { id } = await byName('rampa');
  const user = await kc.clients.getServiceAccountUser({ id });
  assert.equal(user.username, 'service-account-rampa');
  assert.equal(user.serviceAccountClientId !== undefined, true);
  // AD-07: without a right to look at people the account has a name and no attributes
  const brief = await world.call('GET', `${clients}/${id}/service-account-user`, { token: viewer });
  assert.equal(brief.json.username, 'service-account-rampa');
  assert.equal(brief.json.serviceAccountClientId, undefined);
  await kc.clients.update({ id }, { serviceAccountsEnabled: false });
  assert.equal((await refusal(kc.clients.getServiceAccountUser({ id }))).status, 400);
  assert.deepEqual(await kc.users.find({ username: 'service-account-rampa', exact: true }), []);
});

test('AD-04: managing clients is no way to a service account that may more', async () => {
  const { id } = await kc.clients.create({ clientId: 'poderoso', serviceAccountsEnabled: true, redirectUris: ['https://poderoso.example.pe/cb'] });
  const account = await kc.clients.getServiceAccountUser({ id });
  const { id: management, roles } = await world.roleOf(kc, 'peru', 'realm-management', 'manage-users');
  await kc.users.addClientRoleMappings({ id: account.id, clientUniqueId: management, roles });
  await world.addAdmin('clientela', ['realm-management/manage-clients'], 'peru');
  const weak = await world.token('clientela', 'peru');
  const secret = (await kc.clients.getClientSecret({ id })).value;
  const tries = [
    ['GET', '/client-secret'], ['POST', '/client-secret'], ['PUT', '', { secret: 'mine' }],
    ['PUT', '', { redirectUris: ['https://evil.example/cb'] }], ['PUT', '', { clientAuthenticatorType: 'client-jwt', attributes: { 'jwks.url': 'https://evil.example/jwks' } }],
    ['DELETE', ''], ['PUT', '/default-client-scopes/' + NOBODY], ['POST', '/protocol-mappers/models', { name: 'x', protocolMapper: 'oidc-sub-mapper' }],
    ['POST', '/scope-mappings/realm', []], ['PUT', '', { serviceAccountsEnabled: false }],
  ];
  for (const [method, path, json] of tries) {
    const reply = await world.call(method, `${clients}/${id}${path}`, { token: weak, json });
    assert.equal(reply.status, 403, `${method} ${path} ${JSON.stringify(json)}: ${reply.text}`);
  }
  const shown = await world.call('GET', `${clients}/${id}`, { token: weak });
  assert.equal(shown.json.secret, '**********');
  assert.doesNotMatch((await world.call('GET', `${clients}/${id}/installation/providers/keycloak-oidc-keycloak-json`, { token: weak })).text, new RegExp(secret));
  assert.equal((await asService('poderoso', secret)).status, 200, 'nothing has changed');
  // an ordinary client is his to manage
  const made = await world.call('POST', clients, { token: weak, json: { clientId: 'comun' } });
  assert.equal(made.status, 201);
  assert.equal((await world.call('GET', `${clients}/${idOf(made)}/client-secret`, { token: weak })).status, 200);
});

test('AD-04: the clients of administrators and those that carry rights', async () => {
  const weak = await world.token('clientela', 'peru');
  for (const clientId of ['realm-management', 'security-admin-console', 'admin-cli']) {
    const { id } = await byName(clientId);
    const reply = await world.call('PUT', `${clients}/${id}`, { token: weak, json: { redirectUris: ['https://evil.example/*'] } });
    assert.equal(reply.status, 403, clientId);
  }
  const { id } = await byName('realm-management');
  assert.equal((await world.call('DELETE', `${clients}/${id}`, { token })).status, 403, 'it stays, whoever asks');
  assert.equal((await world.call('PUT', `${clients}/${id}`, { token, json: { clientId: 'other' } })).status, 403);
  const root = await world.token('root', 'master');
  const all = '/realms/master/clients';
  for (const clientId of ['bolivia-realm', 'x-realm', '-realm']) {
    assert.equal((await world.call('POST', all, { token: root, json: { clientId } })).status, 403, clientId);
  }
  const plain = await world.call('POST', all, { token: root, json: { clientId: 'llano' } });
  assert.equal((await world.call('PUT', `${all}/${idOf(plain)}`, { token: root, json: { clientId: 'bolivia-realm' } })).status, 403);
  const [peru] = (await world.call('GET', `${all}?clientId=peru-realm`, { token: root })).json;
  assert.equal((await world.call('DELETE', `${all}/${peru.id}`, { token: root })).status, 403);
  assert.equal((await world.call('PUT', `${all}/${peru.id}`, { token: root, json: { clientId: 'chile2-realm' } })).status, 403);
  // in other realms the name means nothing
  assert.equal((await world.call('POST', clients, { token, json: { clientId: 'algo-realm' } })).status, 201);
});

test('AD-03: ids of another realm are missing here', async () => {
  const root = await world.token('root', 'master');
  const other = await world.call('POST', '/realms/chile/clients', { token: root, json: { clientId: 'ajeno' } });
  const id = idOf(other);
  for (const [method, path] of [['GET', ''], ['PUT', ''], ['DELETE', ''], ['GET', '/client-secret'], ['POST', '/client-secret'], ['GET', '/service-account-user']]) {
    const reply = await world.call(method, `${clients}/${id}${path}`, { token, ...(method === 'PUT' ? { json: {} } : {}) });
    assert.equal(reply.status, 404, `${method} ${path}`);
  }
  assert.equal((await world.call('GET', `${clients}/tienda`, { token })).status, 404, 'a name is no id');
});

test('sessions of a client: listed, counted, for who looks at people', async () => {
  const { id } = await kc.clients.create({ clientId: 'sesiones', publicClient: true, directAccessGrantsEnabled: true });
  await world.addUser('maria');
  const form = { grant_type: 'password', client_id: 'sesiones', username: 'maria', password: PASSWORD };
  assert.equal((await tokens(form)).status, 200);
  assert.equal((await tokens({ ...form, scope: 'openid offline_access' })).status, 200);
  const online = await kc.clients.listSessions({ id });
  assert.ok(online.length >= 1);
  assert.equal(online[0].username, 'maria');
  assert.deepEqual(online[0].clients, { [id]: 'sesiones' });
  assert.deepEqual(await kc.clients.getSessionCount({ id }), { count: online.length });
  assert.equal((await kc.clients.listOfflineSessions({ id })).length, 1);
  assert.deepEqual(await kc.clients.getOfflineSessionCount({ id }), { count: 1 });
  assert.equal((await kc.clients.listSessions({ id, first: online.length, max: 5 })).length, 0);
  assert.equal((await world.call('GET', `${clients}/${id}/user-sessions`, { token: viewer })).status, 403, 'AD-07');
});

test('not-before ends the tokens of a client; nothing is pushed', async () => {
  const { id } = await byName('sesiones');
  const given = await tokens({ grant_type: 'password', client_id: 'sesiones', username: 'maria', password: PASSWORD, scope: 'openid' });
  const userinfo = () => request(`${world.server.realm('peru')}/protocol/openid-connect/userinfo`, { headers: { Authorization: `Bearer ${given.json.access_token}` } });
  assert.equal((await userinfo()).status, 200);
  await kc.clients.update({ id }, { notBefore: Math.floor(Date.now() / 1000) + 60 });
  assert.equal((await userinfo()).status, 401);
  assert.deepEqual((await world.call('POST', `${clients}/${id}/push-revocation`, { token })).json, {});
  await kc.clients.update({ id }, { adminUrl: 'https://app.example.pe/k' });
  assert.deepEqual((await world.call('POST', `${clients}/${id}/push-revocation`, { token })).json,
    { failedRequests: ['https://app.example.pe/k'] });
});

test('nodes: told, shown, tested without a word to them, taken away', async () => {
  const { id } = await kc.clients.create({ clientId: 'cluster' });
  await kc.clients.addClusterNode({ id, node: 'app1.example.pe:8443' });
  await kc.clients.addClusterNode({ id, node: 'app2.example.pe' });
  const { registeredNodes } = await kc.clients.findOne({ id });
  assert.deepEqual(Object.keys(registeredNodes).sort(), ['app1.example.pe:8443', 'app2.example.pe']);
  assert.ok(Math.abs(registeredNodes['app2.example.pe'] - Date.now() / 1000) < 60);
  assert.deepEqual((await kc.clients.testNodesAvailable({ id })).failedRequests.sort(), ['app1.example.pe:8443', 'app2.example.pe']);
  await kc.clients.deleteClusterNode({ id, node: 'app1.example.pe:8443' });
  assert.deepEqual(await kc.clients.testNodesAvailable({ id }), { failedRequests: ['app2.example.pe'] });
  assert.equal((await refusal(kc.clients.deleteClusterNode({ id, node: 'app1.example.pe:8443' }))).status, 404);
  for (const json of [{}, { node: '' }, { node: 7 }, { node: '..' }, { node: 'a/b' }, { node: 'x'.repeat(201) }])
    assert.equal((await world.call('POST', `${clients}/${id}/nodes`, { token, json })).status, 400, JSON.stringify(json));
  for (let i = 1; i < 64; i++) await kc.clients.addClusterNode({ id, node: `n${i}` });
  assert.equal((await refusal(kc.clients.addClusterNode({ id, node: 'one-more' }))).status, 400);
  await kc.clients.addClusterNode({ id, node: 'n1' });
  assert.equal((await world.call('POST', `${clients}/${NOBODY}/nodes`, { token, json: { node: 'x' } })).status, 404);
});

test('what does not exist says so, once the client is found', async () => {
  const { id } = await byName('cofre');
  for (const [method, path] of [
    ['GET', '/evaluate-scopes/generate-example-saml-response'],
  ]) {
    const json = method === 'GET' ? undefined : {};
    assert.equal((await world.call(method, `${clients}/${id}${path}`, { token, json })).status, 501, path);
    assert.equal((await world.call(method, `${clients}/${NOBODY}${path}`, { token, json })).status, 404, path);
  }
});

test('keycloak.json', async () => {
  const { id } = await byName('cofre');
  const reply = await world.call('GET', `${clients}/${id}/installation/providers/keycloak-oidc-keycloak-json`, { token });
  assert.equal(reply.json.realm, 'peru');
  assert.equal(reply.json.resource, 'cofre');
  assert.equal(reply.json['auth-server-url'], world.server.origin);
  assert.equal(reply.json.credentials.secret, 'un-secreto-de-canario');
  assert.equal((await world.call('GET', `${clients}/${id}/installation/providers/nope`, { token })).status, 404);
});

test('each change is an event with who made it', async () => {
  const log = JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000'));
  for (const type of ['ClientCreated', 'ClientModified', 'ClientDeleted', 'ClientSecretRotated']) assert.match(log, new RegExp(type));
});
