// /openapi.json against the server that it describes: it is a valid description, it holds every line of the
// tables and no other, and every call answers as it says.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import { AdminWorld } from './lib/admin.mjs';
import { request } from './lib/http.mjs';
import { freePort, Server } from './lib/server.mjs';

const METHODS = ['get', 'post', 'put', 'delete', 'options', 'patch'];
const NOBODY = '00000000-0000-4000-8000-000000000000';

let world, kc, token, reply, doc, ajv, ids;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('root', 'master', 'peru');
  token = await world.token('root', 'master');
  reply = await request(`${world.server.origin}/openapi.json`);
  doc = reply.json;
  ajv = new Ajv({ strict: false });
  ajv.addSchema({ $id: 'doc', components: doc.components });
  await world.addClient('web');
  const [client] = await kc.clients.find({ clientId: 'web' });
  const [scope] = await kc.clientScopes.find();
  await kc.roles.create({ name: 'teller' });
  const { id: group } = await kc.groups.create({ name: 'company' });
  const { id: user } = await kc.users.create({ username: 'maria', enabled: true, credentials: [{ type: 'password', value: 'a long password of maria' }] });
  const [credential] = await kc.users.getCredentials({ id: user });
  const role = await kc.roles.findOneByName({ name: 'teller' });
  await kc.clients.createRole({ id: client.id, name: 'teller' });
  const mapper = { name: 'm', protocol: 'openid-connect', protocolMapper: 'oidc-usermodel-attribute-mapper', config: { 'user.attribute': 'a', 'claim.name': 'a', 'jsonType.label': 'String' } };
  await kc.clients.addProtocolMapper({ id: client.id }, mapper);
  const [own] = await kc.clients.listProtocolMappers({ id: client.id });
  const component = await kc.components.create({ name: 'directory', providerId: 'ldap', providerType: 'org.keycloak.storage.UserStorageProvider', config: {
    connectionUrl: ['ldaps://ldap.example.pe'], usersDn: ['ou=people'], usernameLDAPAttribute: ['uid'], rdnLDAPAttribute: ['uid'], uuidLDAPAttribute: ['entryUUID'], userObjectClasses: ['person'] } });
  await kc.identityProviders.create({ alias: 'partner', providerId: 'oidc', config: { clientId: 'a', clientSecret: 'b', authorizationUrl: 'https://id.example.pe/a', tokenUrl: 'https://id.example.pe/t' } });
  const { id: identityMapper } = await kc.identityProviders.createMapper({ alias: 'partner', identityProviderMapper: {
    name: 'm', identityProviderMapper: 'oidc-user-attribute-idp-mapper', config: { claim: 'a', 'user.attribute': 'a' } } });
  await kc.realms.update({ realm: 'peru' }, { organizationsEnabled: true });
  const { id: organization } = await kc.organizations.create({ name: 'guild' });
  await kc.organizations.addMember({ orgId: organization, userId: user });
  await kc.organizations.linkIdp({ orgId: organization, alias: 'partner' });
  const { id: organizationGroup } = await kc.organizations.groups(organization).create({ name: 'company' });
  await kc.clients.update({ id: client.id }, { serviceAccountsEnabled: true, authorizationServicesEnabled: true });
  const guarded = { resource: (await kc.clients.listResources({ id: client.id }))[0]._id };
  guarded.scope = (await kc.clients.createAuthorizationScope({ id: client.id }, { name: 'view' })).id;
  guarded.policy = (await kc.clients.createPolicy({ id: client.id, type: 'user' }, { name: 'p', users: [user] })).id;
  guarded.permission = (await kc.clients.createPermission({ id: client.id, type: 'resource' }, { name: 'r', resources: [guarded.resource], policies: [guarded.policy] })).id;
  const begun = await world.call('POST', '/garita/uploads', { token, json: { size: 1 } });
  ids = { guarded, upload: begun.headers.location.split('/').pop(), realm: 'peru', client: client.id, other: client.id, scope: scope.id, group, user, credential: credential.id, role: 'teller',
    roleId: role.id, mapper: own.id, container: 'peru', attr: 'jwt.credential', protocol: 'openid-connect', path: 'company',
    component: component.id, alias: 'partner', identityMapper, organization, organizationGroup, provider: 'keycloak-oidc-keycloak-json', file: 'nothing.css' };
});
after(() => world.close());

function* operations() {
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const method of METHODS) if (item[method]) yield { path, item, method, op: item[method] };
  }
}

// Values of the path's parameters: things that are there, where the test made such.
function filled(path) {
  const segments = path.split('/');
  return segments.map((segment, i) => {
    const [, name] = segment.match(/^\{(.*)\}$/) ?? [];
    if (!name) return segment;
    const before = segments[i - 1];
    if (path.includes('/authz/') && i > segments.indexOf('resource-server')) {
      if (name === 'type' && i < segments.length - 1) return before === 'policy' ? 'user' : 'resource';
      return ids.guarded[before === '{type}' ? segments[i - 2] : before];
    }
    if (before === 'roles-by-id') return ids.roleId;
    if (before === 'users' || (before === 'members')) return ids.user;
    if (before === 'components' || before === 'user-storage') return ids.component;
    if (before === 'organizations') return ids.organization;
    if (before === 'groups' && segments.includes('organizations')) return ids.organizationGroup;
    if (before === 'mappers') return ids.identityMapper;
    if (before === 'providers' && name === 'id') return 'oidc';
    if (before === 'admin') return 'master';
    return ids[name] ?? NOBODY;
  }).join('/');
}

const resolve = (node) => (node?.$ref ? node.$ref.slice(2).split('/').reduce((at, part) => at[part], doc) : node);
const outer = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"doc#/components'));

function call({ path, item, method, op }, { body } = {}) {
  const base = item.servers?.[0].url ?? doc.servers[0].url;
  const bearer = (op.security ?? []).some((s) => s.bearer) && path.startsWith('/admin') ? { Authorization: `Bearer ${token}` } : {};
  const media = Object.keys(op.requestBody?.content ?? {})[0];
  const content = media === 'application/json' ? { json: body ?? {} } : media?.endsWith('urlencoded') ? { form: {} } : media ? { body: 'x', headers: { 'Content-Type': media } } : {};
  const searched = { scope: 'view', resource: 'Default Resource', policy: 'p', permission: 'r' }[path.match(/resource-server\/(\w+)\/.*search$/)?.[1]];
  const end = path === '/admin/garita/live' ? '?max=1' : searched ? `?name=${encodeURIComponent(searched)}` : ''; // the first would go on
  return request(base + filled(path) + end, { method: method.toUpperCase(), ...content, headers: { ...content.headers, ...bearer } });
}

// A status that is described, a media type that belongs to it, a body that fits the schema and holds no
// member that the schema does not name.
function check(operation, answer) {
  const what = `${operation.method.toUpperCase()} ${filled(operation.path)}: ${answer.status} ${answer.text.slice(0, 200)}`;
  const described = resolve(operation.op.responses[answer.status] ?? operation.op.responses[`${String(answer.status)[0]}XX`]);
  assert.ok(described, `this status is not described: ${what}`);
  assert.ok(!answer.text.includes('no such page'), `this path is not served: ${what}`);
  if (answer.text === '') return;
  const media = answer.headers['content-type'].split(';')[0];
  const content = described.content?.[media];
  assert.ok(content, `${media} is not described: ${what}`);
  if (media !== 'application/json' || answer.json === undefined) return;
  const fits = ajv.compile(outer(content.schema));
  assert.ok(fits(answer.json), `${JSON.stringify(fits.errors)}: ${what}`);
  const schema = resolve(content.schema.items ?? content.schema);
  if (!schema.properties) return;
  for (const object of [answer.json].flat()) {
    for (const name of Object.keys(object)) assert.ok(schema.properties[name], `${name} is not described: ${what}`);
  }
}

// All that is wrong, not the first of it alone.
class Findings {
  list = [];
  see(f) {
    try { f(); } catch (error) { this.list.push(error.message); }
  }
  none() { assert.deepEqual(this.list, []); }
}

test('it is a valid description of version 3.1', async () => {
  assert.equal(reply.status, 200);
  assert.equal(reply.headers['content-type'], 'application/json');
  assert.match(doc.openapi, /^3\.1\./);
  assert.deepEqual(doc.servers, [{ url: world.server.origin }]);
  const result = await new Validator().validate(structuredClone(doc));
  assert.ok(result.valid, JSON.stringify(result.errors, null, 1)?.slice(0, 2000));
  const names = [...operations()].map(({ op }) => op.operationId);
  assert.equal(new Set(names).size, names.length, 'each operation has a name of its own');
  for (const { path, item, op } of operations()) {
    assert.ok(op.summary && op.tags.length === 1, path);
    const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map((m) => m[1]);
    assert.deepEqual(item.parameters.map((p) => p.name), inPath, path);
  }
  for (const [ref] of JSON.stringify(doc).matchAll(/#\/components\/[A-Za-z/]+/g)) assert.ok(resolve({ $ref: ref }), ref);
  assert.ok([...operations()].length > 200);
  for (const path of ['members/invite-user', 'members/invite-existing-user', 'invitations/{invitation}/resend']) {
    const { op } = [...operations()].find((o) => o.path.startsWith('/admin/realms/{realm}/organizations/') && o.path.replace(/\{[^}]+\}\/resend/, '{invitation}/resend').endsWith(path));
    assert.deepEqual(Object.keys(op.responses), ['204', '409', '4XX', '5XX'], path);
    assert.equal(op.responses['409'].$ref, '#/components/responses/Error');
  }
  const again = await request(`${world.server.origin}/openapi.json`, { headers: { 'If-None-Match': reply.headers.etag } });
  assert.equal(again.status, 304);
});

test('administration on a port of its own, and a base path, are told', async () => {
  const port = await freePort();
  const server = await Server.start({ args: ['--admin-port', String(port)], basePath: '/auth' });
  const { json } = await request(`${server.origin}/auth/openapi.json`);
  assert.deepEqual(json.servers, [{ url: `${server.origin}/auth` }]);
  const [{ url }] = json.paths['/admin/serverinfo'].servers;
  assert.equal(url, `http://localhost:${port}/auth`);
  assert.equal((await request(`${url}/admin/serverinfo`)).status, 401);
  assert.equal(json.paths['/realms/{realm}'].servers, undefined);
  const [management] = json.paths['/health'].servers;
  assert.equal((await request(`${management.url}/health`)).status, 200);
  await server.stop();
});

// The pages of the console stand beside the Admin API and need no permission.
const PAGES = ['/admin', '/admin/{realm}/console', '/admin/{realm}/console/config', '/admin/{realm}/console/assets/{file}'];
const isAdmin = ({ path }) => path.startsWith('/admin') && !PAGES.includes(path);

test('it holds every line of the Admin API that does something, with its permission, and no other', async () => {
  const described = new Map([...operations()].filter(isAdmin).map((o) =>
    [`${o.method.toUpperCase()} ${o.path.replace(/\{[^}]*\}/g, '{}')}`, o.op['x-permission']]));
  for (const route of await world.cli.json('routes')) {
    const key = `${route.method} ${route.path.replace(/\{[^}]*\}/g, '{}')}`;
    if (described.has(key)) {
      assert.equal(described.get(key), route.permission, key);
      described.delete(key);
      continue;
    }
    const json = ['POST', 'PUT'].includes(route.method) ? { json: {} } : {};
    const answer = await world.call(route.method, filled(route.path.replace('*}', '}')).slice('/admin'.length), { token, ...json });
    assert.ok([404, 501].includes(answer.status), `${key} does something and is not described: ${answer.status}`);
  }
  assert.deepEqual([...described.keys()], [], 'described and in no table');
});

test('every look answers as described', async () => {
  const refused = [];
  const findings = new Findings();
  for (const operation of operations()) {
    if (operation.method !== 'get') continue;
    const answer = await call(operation);
    findings.see(() => check(operation, answer));
    if (isAdmin(operation) && answer.status !== 200) refused.push(`${operation.path} ${answer.status}`);
  }
  findings.none();
  assert.ok(refused.length < 20, `few looks find nothing, the others show what they describe: ${refused.join('; ')}`);
});

test('everything that is shown by its own path goes back there as described', async () => {
  let count = 0;
  const findings = new Findings();
  for (const operation of operations()) {
    const look = operation.item.get;
    if (operation.method !== 'put' || !look || !operation.path.startsWith('/admin')) continue;
    if (operation.path === '/admin/garita/uploads/{upload}') continue; // a piece of a file is not what is shown
    const shown = await call({ ...operation, method: 'get', op: look });
    if (shown.status !== 200) continue;
    const answer = await call(operation, { body: shown.json });
    findings.see(() => check(operation, answer));
    findings.see(() => assert.ok(answer.status < 300, `PUT ${filled(operation.path)}: ${answer.status} ${answer.text}`));
    count++;
  }
  findings.none();
  assert.ok(count > 8);
});

test('every change answers as described', async () => {
  const made = {
    '/admin/realms': { realm: 'extra' }, '/admin/apply': { realm: 'extra' }, '/admin/realms/{realm}/users': { username: 'new' },
    '/admin/realms/{realm}/roles': { name: 'new' }, '/admin/realms/{realm}/clients/{client}/roles': { name: 'new' },
    '/admin/realms/{realm}/clients': { clientId: 'new' }, '/admin/realms/{realm}/client-scopes': { name: 'new', protocol: 'openid-connect' },
    '/admin/realms/{realm}/groups': { name: 'new' }, '/admin/realms/{realm}/groups/{group}/children': { name: 'below' },
  };
  const order = ['post', 'put', 'patch', 'options', 'delete'];
  const depth = ({ path }) => -path.split('/').length;
  const all = [...operations()].filter(({ method }) => method !== 'get')
    .sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method) || depth(a) - depth(b));
  const findings = new Findings();
  for (const operation of all) {
    const body = made[operation.method === 'post' ? operation.path : ''];
    const isList = operation.op.requestBody?.content?.['application/json']?.schema?.type === 'array';
    const answer = await call(operation, { body: body ?? (isList ? [] : {}) });
    findings.see(() => check(operation, answer));
    findings.see(() => assert.ok(!body || answer.status < 300, `${operation.method} ${operation.path}: ${answer.status} ${answer.text}`));
    findings.see(() => assert.ok(answer.status !== 201 || answer.headers.location, operation.path));
    if (operation.method === 'delete' && operation.path === '/admin/realms/{realm}') assert.equal(answer.status, 204);
  }
  findings.none();
});
