// The protection API: a resource server looks after its own resources.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, UUID } from './lib/admin.mjs';
import { bearer, request } from './lib/http.mjs';
import { Client } from './lib/oidc.mjs';

let world, kc, photoz, other, id, pat, base, maria;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  await world.addUser('maria');
  [{ id: maria }] = await kc.users.find({ username: 'maria', exact: true });
  const make = async (clientId) => {
    const made = await kc.clients.create({ clientId, secret: `a secret of ${clientId} for its own tests`, serviceAccountsEnabled: true, authorizationServicesEnabled: true, directAccessGrantsEnabled: true });
    return [made.id, new Client(world.server, 'peru', clientId, `a secret of ${clientId} for its own tests`)];
  };
  [id, photoz] = await make('photoz');
  [, other] = await make('other');
  pat = (await photoz.service()).json.access_token;
  base = (await request(`${world.server.realm('peru')}/.well-known/uma2-configuration`)).json.resource_registration_endpoint;
});
after(() => world.close());

const call = (method, path, json, token = pat) =>
  request(base + path, { method, headers: token ? bearer(token) : {}, ...(json === undefined ? {} : { json }) });
const want = async (status, ...args) => {
  const reply = await call(...args);
  assert.equal(reply.status, status, `${args[0]} ${args[1]}: ${reply.status} ${reply.text}`);
  return reply.text === '' ? undefined : reply.json;
};

test('where it is', async () => {
  const metadata = (await request(`${world.server.realm('peru')}/.well-known/uma2-configuration`)).json;
  const issuer = world.server.realm('peru');
  assert.equal(metadata.issuer, issuer);
  assert.equal(metadata.token_endpoint, `${issuer}/protocol/openid-connect/token`);
  assert.equal(metadata.resource_registration_endpoint, `${issuer}/authz/protection/resource_set`);
  assert.equal(metadata.permission_endpoint, undefined);
  assert.ok(metadata.grant_types_supported.includes('urn:ietf:params:oauth:grant-type:uma-ticket'));
});

test('made, read, found, changed, removed, refused', async () => {
  const made = await want(201, 'POST', '', { name: 'Album', type: 'urn:photoz:album', uris: ['/album/*'], resource_scopes: ['view', 'delete'], owner: maria, attributes: { a: ['1'] } });
  assert.match(made._id, UUID);
  assert.deepEqual(await want(200, 'GET', `/${made._id}`), made);
  assert.deepEqual([made.name, made.owner, made.resource_scopes.map((s) => s.name), made.attributes], ['Album', { id: maria }, ['delete', 'view'], { a: ['1'] }]);
  assert.equal((await kc.clients.getResource({ id, resourceId: made._id })).name, 'Album');
  const found = (query) => want(200, 'GET', `?${query}`);
  for (const query of ['name=alb', 'name=Album&exactName=true', 'uri=/album/*', 'uri=/album/7&matchingUri=true', `owner=${maria}`, 'type=urn:photoz:album', 'scope=view', 'scope=view&uri=/album/*']) {
    assert.deepEqual(await found(query), [made._id], query);
  }
  for (const query of ['name=Alb&exactName=true', 'owner=nobody', 'owner=maria', 'scope=nothing', 'scope=view&uri=/x', 'first=9', 'owner=photoz&name=Album']) assert.deepEqual(await found(query), [], query);
  assert.deepEqual((await found('deep=true&name=Album'))[0], made);
  assert.equal((await found('max=1')).length, 1);
  await want(400, 'GET', '?max=5000');
  await want(204, 'PUT', `/${made._id}`, { name: 'Album', resource_scopes: ['view'] });
  const changed = await want(200, 'GET', `/${made._id}`);
  assert.deepEqual([changed.scopes.map((s) => s.name), changed.uris], [['view'], ['/album/*']]);
  await want(409, 'POST', '', { name: 'Default Resource' });
  for (const json of [{}, { name: 7 }, { name: 'x', owner: 'nobody' }, { name: 'x', uris: 'x' }]) await want(400, 'POST', '', json);
  await want(204, 'DELETE', `/${made._id}`);
  await want(404, 'GET', `/${made._id}`);
  await want(404, 'PUT', `/${made._id}`, { name: 'x' });
  await want(404, 'DELETE', `/${made._id}`);
  const [event] = await kc.realms.findAdminEvents({ realm: 'peru', max: 1, operationTypes: ['DELETE'] });
  assert.equal(JSON.parse(event.representation).object, 'Album');
  assert.equal(event.authDetails.clientId, 'photoz');
  assert.deepEqual([event.resourceType, event.resourcePath], ['AUTHORIZATION_RESOURCE', `authz/protection/resource_set/${made._id}`]);
});

test('AD-07: a resource server learns nobody\'s name, nor whether there is somebody of a name', async () => {
  const told = async (owner) => {
    const { status, text } = await call('POST', '', { name: 'Whose', owner });
    return `${status} ${text}`;
  };
  assert.match(await told('nobody'), /^400 /);
  for (const owner of ['maria', { name: 'maria' }, { name: 'nobody' }, { id: 'maria' }]) assert.equal(await told(owner), await told('nobody'));
  const made = await want(201, 'POST', '', { name: 'Hers', owner: { id: maria } });
  assert.deepEqual(made.owner, { id: maria });
  for (const path of ['', '?deep=true', `/${made._id}`]) assert.ok(!(await call('GET', path)).text.includes('maria'), path);
  for (const owner of ['photoz', id, { name: 'photoz' }]) {
    const own = await want(201, 'POST', '', { name: 'Its', owner });
    assert.deepEqual(own.owner, { id, name: 'photoz' });
    await want(204, 'DELETE', `/${own._id}`);
  }
  await want(204, 'DELETE', `/${made._id}`);
});

test('AD-01, AD-03, OT-06, OT-15: with the role alone, of one\'s own alone, for as long as one has it', async () => {
  const mine = await want(201, 'POST', '', { name: 'Mine' });
  const theirs = (await other.service()).json.access_token;
  for (const [method, json] of [['GET'], ['PUT', { name: 'x' }], ['DELETE']]) await want(404, method, `/${mine._id}`, json, theirs);
  assert.equal((await want(200, 'GET', '', undefined, theirs)).length, 1, 'its default resource');
  const { access_token, id_token, refresh_token } = (await photoz.password('maria')).json;
  for (const [method, path, json] of [['GET', ''], ['POST', '', { name: 'x' }], ['GET', `/${mine._id}`], ['PUT', `/${mine._id}`, {}], ['DELETE', `/${mine._id}`]]) {
    await want(403, method, path, json, access_token); // of the client, without the role
    await want(401, method, path, json, id_token);
    await want(401, method, path, json, refresh_token);
    await want(401, method, path, json, await world.token('root', 'master'));
    await want(401, method, path, json, null);
  }
  await kc.clients.updateResourceServer({ id }, { allowRemoteResourceManagement: false });
  await want(403, 'GET', '');
  await kc.clients.updateResourceServer({ id }, { allowRemoteResourceManagement: true });
  await want(200, 'GET', '');
  const account = await kc.clients.getServiceAccountUser({ id });
  const role = await kc.clients.findRole({ id, roleName: 'uma_protection' });
  await kc.users.delClientRoleMappings({ id: account.id, clientUniqueId: id, roles: [role] });
  await want(403, 'GET', '');
  await kc.users.addClientRoleMappings({ id: account.id, clientUniqueId: id, roles: [role] });
  await want(200, 'GET', `/${mine._id}`);
  await kc.clients.update({ id }, { authorizationServicesEnabled: false });
  await want(403, 'GET', '');
});
