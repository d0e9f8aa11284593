// AD-01, AD-02, AD-10: every line of the Admin API x every role x realms: deny by default. The table of
// routes comes from the binary; who may do what is written down here anew.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, UUID } from './lib/admin.mjs';

const ROLES = [
  'view-realm', 'view-users', 'view-clients', 'view-events', 'view-identity-providers', 'view-authorization',
  'manage-realm', 'manage-users', 'create-client', 'manage-clients', 'manage-events', 'manage-identity-providers',
  'manage-authorization', 'query-users', 'query-clients', 'query-realms', 'query-groups', 'impersonation',
];
// a role of the first kind comes with those of the second
const COMES_WITH = { 'view-users': ['query-users', 'query-groups'], 'view-clients': ['query-clients'] };
const GRANTED_TO = {
  VIEW_REALM: ['view-realm', 'manage-realm'], MANAGE_REALM: ['manage-realm'],
  VIEW_USERS: ['view-users', 'manage-users'], MANAGE_USERS: ['manage-users'],
  QUERY_USERS: ['query-users', 'view-users', 'manage-users'],
  QUERY_GROUPS: ['query-groups', 'view-users', 'manage-users'],
  VIEW_CLIENTS: ['view-clients', 'manage-clients'], MANAGE_CLIENTS: ['manage-clients'],
  QUERY_CLIENTS: ['query-clients', 'view-clients', 'manage-clients'],
  CREATE_CLIENT: ['create-client', 'manage-clients'],
  VIEW_EVENTS: ['view-events', 'manage-events'], MANAGE_EVENTS: ['manage-events'],
  VIEW_IDENTITY_PROVIDERS: ['view-identity-providers', 'manage-identity-providers'],
  MANAGE_IDENTITY_PROVIDERS: ['manage-identity-providers'],
  VIEW_AUTHORIZATION: ['view-authorization', 'manage-authorization'], MANAGE_AUTHORIZATION: ['manage-authorization'],
  IMPERSONATE: ['impersonation'],
  VIEW_PROFILE: ['view-realm', 'manage-realm', 'query-users', 'view-users', 'manage-users'],
  ANY_ROLE: ROLES,
  CREATE_REALM: [], SIGNED_IN: null,
};
const NOBODY = '00000000-0000-4000-8000-000000000000';

let world, root, routes;
before(async () => {
  world = await AdminWorld.open();
  root = await world.client('root', 'master');
  routes = await world.cli.json('routes');
  await world.addAdmin('probe', [], 'peru');
  await world.addAdmin('probe', [], 'master');
});
after(() => world.close());

const path = (route, realm) => route.path.slice('/admin'.length).replace('{realm}', realm).replace(/\{[a-z]+\*?\}/g, NOBODY);
const ask = (route, realm, token) => world.call(route.method, path(route, realm), {
  token, ...(['POST', 'PUT'].includes(route.method) ? { json: {} } : {}),
});
// what would end the realm, or the logins of those who ask
const isDangerous = (route) => (route.method === 'DELETE' && route.path === '/admin/realms/{realm}') || route.path.endsWith('/logout-all');
const hasRealm = (route) => route.path.includes('{realm}');

async function each(items, f) {
  const queue = [...items];
  await Promise.all(Array.from({ length: 4 }, async () => {
    while (queue.length) await f(queue.shift());
  }));
}

// What a caller with these roles over realm `over` (null: over none) is told when it asks about `realm`.
async function check(token, roles, over, realm) {
  await each(routes, async (route) => {
    const granted = GRANTED_TO[route.permission];
    assert.notEqual(granted, undefined, `an unknown permission: ${route.permission}`);
    if (granted === null && !hasRealm(route)) return; // decided by the handler: tested with it
    const reaches = over === (hasRealm(route) ? realm : 'master'); // lines without a realm are master's
    const allowed = granted === null ? reaches : reaches && roles.some((role) => granted.includes(role));
    if (allowed && isDangerous(route)) return;
    const { status, text } = await ask(route, realm, token);
    const what = `${route.method} ${path(route, realm)} with ${roles} over ${over}: ${status} ${text.slice(0, 200)}`;
    const fine = status < 500 || status === 501 || /names no mail server/.test(text); // as Keycloak, a 500
    if (allowed) assert.ok(status !== 401 && status !== 403 && fine, what);
    else assert.equal(status, 403, what);
  });
}

const withParts = (role) => [role, ...(COMES_WITH[role] ?? [])];

async function withRole(home, clientId, role, f) {
  const [user] = await root.users.find({ realm: home, username: 'probe', exact: true });
  const { id, roles } = await world.roleOf(root, home, clientId, role);
  await root.users.addClientRoleMappings({ realm: home, id: user.id, clientUniqueId: id, roles });
  await f();
  await root.users.delClientRoleMappings({ realm: home, id: user.id, clientUniqueId: id, roles });
}

test('the table holds what it should', () => {
  assert.ok(routes.length > 60);
  for (const route of routes) {
    assert.match(route.path, /^\/admin\//);
    if (route.method === 'GET') continue;
    // the body names the realm: apply.test.mjs tries callers of other realms and with fewer rights
    if (route.path === '/admin/apply') {
      assert.equal(route.permission, 'SIGNED_IN');
      continue;
    }
    // it answers a question and changes nothing
    if (route.path.endsWith('/policy/evaluate')) {
      assert.equal(route.permission, 'VIEW_AUTHORIZATION');
      continue;
    }
    // AD-10: the column itself; the rest of the tests take it as given
    const byId = /^\/admin\/realms\/\{realm\}\/(roles-by-id|change-requests)\//.test(route.path);
    assert.match(route.permission, byId ? /^ANY_ROLE$/ : /^(MANAGE_|CREATE_|IMPERSONATE$)/, `${route.method} ${route.path}`);
  }
});

test('nobody: 401 everywhere, for realms that are and realms that are not', async () => {
  for (const realm of ['peru', 'master', 'nowhere']) {
    await each(routes, async (route) => {
      assert.equal((await ask(route, realm)).status, 401, `${route.method} ${path(route, realm)}`);
    });
  }
});

test('a person without a role: 403 everywhere', async () => {
  const token = await world.token('probe', 'peru');
  for (const realm of ['peru', 'chile', 'master', 'nowhere']) {
    await each(routes, async (route) => {
      if (route.path.endsWith('/whoami') && realm === 'peru') return;
      assert.equal((await ask(route, realm, token)).status, 403, `${route.method} ${path(route, realm)}`);
    });
  }
});

test("each role of realm-management: what it grants in its own realm, nothing anywhere else", async () => {
  const token = await world.token('probe', 'peru');
  for (const role of ROLES) {
    await withRole('peru', 'realm-management', role, async () => {
      await check(token, withParts(role), 'peru', 'peru');
      for (const realm of ['chile', 'master', 'nowhere']) await check(token, withParts(role), 'peru', realm);
    });
  }
});

test("each role of master's client for a realm: what it grants in that realm alone", async () => {
  const token = await world.token('probe', 'master');
  for (const role of ROLES) {
    await withRole('master', 'peru-realm', role, async () => {
      await check(token, withParts(role), 'peru', 'peru');
      for (const route of routes.filter((r) => hasRealm(r) && GRANTED_TO[r.permission] !== null)) {
        for (const realm of ['chile', 'master']) {
          assert.equal((await ask(route, realm, token)).status, 403, `${role}: ${route.method} ${path(route, realm)}`);
        }
      }
    });
  }
});

// These ask for every right: operations_api.test.mjs, standby_fenced.test.mjs, first_run_api.test.mjs
const WANT_EVERYTHING = ['log', 'promote', 'certificate', 'certificate/request', 'standby/token'].map((line) => `/admin/garita/${line}`);

test("each role of master's client for itself: what it grants on the lines that have no realm", async () => {
  const token = await world.token('probe', 'master');
  for (const role of ROLES) {
    await withRole('master', 'master-realm', role, async () => {
      await each(routes.filter((r) => !hasRealm(r) && GRANTED_TO[r.permission] !== null), async (route) => {
        const allowed = withParts(role).some((r) => GRANTED_TO[route.permission].includes(r));
        const expected = allowed && !WANT_EVERYTHING.includes(route.path);
        const end = route.path === '/admin/garita/live' ? '?max=1' : '';
        const { status } = await world.call(route.method, `${path(route)}${end}`, { token, ...(route.method === 'POST' ? { json: {} } : {}) });
        assert.equal(status !== 403, expected, `${role}: ${route.method} ${route.path}: ${status}`);
      });
    });
  }
});

test('after all that, the realms are what they were', async () => {
  assert.deepEqual((await root.realms.find()).map((r) => r.realm).sort(), ['chile', 'master', 'peru']);
  assert.match((await root.users.find({ realm: 'peru', username: 'probe' }))[0].id, UUID);
});
