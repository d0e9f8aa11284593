// The Admin API from outside: tokens of administrators, plain calls, and the stock client.
import KcAdminClient from '@keycloak/keycloak-admin-client';
import assert from 'node:assert/strict';
import { bearer, request } from './http.mjs';
import { PASSWORD } from './oidc.mjs';
import { World } from './world.mjs';

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export class AdminWorld extends World {
  // Realms master, peru and chile; root administers everything, ana administers peru.
  static async open(options) {
    const { server } = await World.open(options);
    const world = new AdminWorld(server);
    await world.addRealm('chile');
    await world.addAdmin('root', ['admin'], 'master');
    await world.addAdmin('ana', ['realm-management/realm-admin'], 'peru');
    return world;
  }

  async addAdmin(username, roles, realm) {
    await this.cli.withFile(PASSWORD, (file) => this.cli.ok(
      'user', 'add', '--realm', realm, '--username', username, '--password-file', file,
      ...roles.flatMap((role) => ['--role', role])));
  }

  async token(username, realm, { clientId = 'admin-cli', password = PASSWORD } = {}) {
    const reply = await request(`${this.server.realm(realm)}/protocol/openid-connect/token`, {
      form: { grant_type: 'password', client_id: clientId, username, password },
    });
    assert.equal(reply.status, 200, `no token for ${username}: ${reply.text}`);
    return reply.json.access_token;
  }

  // One call: path below /admin, such as "/realms/peru/users".
  call(method, path, { token, ...options } = {}) {
    const headers = { ...(token ? bearer(token) : {}), ...options.headers };
    return request(`${this.server.origin}${this.server.basePath}/admin${path}`, { method, ...options, headers });
  }

  // A client's role as mappings take it; by the raw API, so that tests need no clients resource.
  async roleOf(root, realm, clientId, role) {
    const out = await this.cli.json('client', 'show', '--realm', realm, '--client-id', clientId);
    const found = await root.clients.findRole({ realm, id: out.id, roleName: role });
    return { id: out.id, roles: [{ id: found.id, name: found.name }] };
  }

  async client(username, realm, target = realm) {
    const client = new KcAdminClient({ baseUrl: this.server.origin, realmName: realm });
    await client.auth({ grantType: 'password', clientId: 'admin-cli', username, password: PASSWORD });
    client.setConfig({ realmName: target });
    return client;
  }
}

// The id at the end of a Location header.
export const idOf = (reply) => reply.headers.location.split('/').pop();

// What the stock client throws, as status and body.
export async function refusal(promise) {
  const error = await promise.then(() => assert.fail('the call should have been refused'), (e) => e);
  assert.ok(error.response, `a refusal is expected: ${error}`);
  return { status: error.response.status, ...error.responseData };
}
