// AU-01, AU-03, AD-12: the lists of events of the Admin API, drawn from the audit chain.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, UUID, refusal } from './lib/admin.mjs';
import { request } from './lib/http.mjs';

let world, ana, maria;
before(async () => {
  world = await AdminWorld.open();
  ana = await world.client('ana', 'peru');
  const { id } = await ana.users.create({ username: 'maria', enabled: true, email: 'maria@example.pe' });
  maria = id;
});
after(() => world.close());

const events = (query = {}) => ana.realms.findEvents({ realm: 'peru', ...query });
const adminEvents = (query = {}) => ana.realms.findAdminEvents({ realm: 'peru', ...query });
const failLogin = () => request(`${world.server.realm('peru')}/protocol/openid-connect/token`, {
  form: { grant_type: 'password', client_id: 'admin-cli', username: 'ana', password: 'wrong' },
});

test('events of people and clients: members, conditions, order and pages', async () => {
  await failLogin();
  await world.token('ana', 'peru');
  const [{ id: anaId }] = await ana.users.find({ username: 'ana', exact: true });
  const all = await events();
  assert.ok(all.length >= 3);
  const [login] = await events({ type: 'LOGIN', max: 1 });
  assert.match(login.id, UUID);
  assert.equal(login.type, 'LOGIN');
  assert.equal(login.clientId, 'admin-cli');
  assert.equal(login.userId, anaId);
  assert.equal(login.ipAddress, '127.0.0.1');
  assert.equal(login.details.username, 'ana');
  assert.equal(login.realmId, (await ana.realms.findOne({ realm: 'peru' })).id);
  const [failed] = await events({ type: 'LOGIN_ERROR' });
  assert.ok(failed.error);
  const both = await events({ type: ['LOGIN', 'LOGIN_ERROR'] });
  assert.deepEqual([...new Set(both.map((e) => e.type))].sort(), ['LOGIN', 'LOGIN_ERROR']);
  assert.deepEqual(both.map((e) => e.time), both.map((e) => e.time).sort((a, b) => b - a));
  const oldest = await events({ type: ['LOGIN', 'LOGIN_ERROR'], direction: 'asc' });
  assert.deepEqual(oldest.map((e) => e.id), both.map((e) => e.id).reverse());
  assert.deepEqual((await events({ first: 1, max: 1 })).map((e) => e.id), [all[1].id]);
  assert.deepEqual(await events({ user: maria }), []);
  assert.equal((await events({ user: anaId })).every((e) => e.userId === anaId), true);
  assert.deepEqual(await events({ client: 'nobody' }), []);
  assert.ok((await events({ client: 'admin-cli' })).length > 0);
  assert.deepEqual(await events({ ipAddress: '192.0.2.1' }), []);
  assert.equal((await events({ ipAddress: '127.0.0.1' })).length, (await events()).length);
  const today = new Date(login.time).toISOString().slice(0, 10);
  assert.ok((await events({ dateFrom: today, dateTo: today })).length > 0);
  assert.deepEqual(await events({ dateTo: '2001-01-01' }), []);
  assert.deepEqual(await events({ dateFrom: String(login.time + 3600_000) }), []);
  assert.deepEqual(await events({ type: 'REGISTER' }), []);
});

test('admin events: who, from where, what before and after, why; conditions', async () => {
  const token = await world.token('ana', 'peru');
  const reply = await world.call('PUT', `/realms/peru/users/${maria}`, {
    token, json: { firstName: 'María' }, headers: { 'X-Justification': 'ticket 4711' },
  });
  assert.equal(reply.status, 204);
  const [event] = await adminEvents({ max: 1 });
  const [{ id: anaId }] = await ana.users.find({ username: 'ana', exact: true });
  assert.equal(event.operationType, 'UPDATE');
  assert.equal(event.resourceType, 'USER');
  assert.equal(event.resourcePath, `users/${maria}`);
  assert.equal(event.authDetails.userId, anaId);
  assert.equal(event.authDetails.ipAddress, '127.0.0.1');
  assert.equal(event.authDetails.clientId, 'admin-cli');
  assert.equal(event.authDetails.realmId, event.realmId);
  assert.equal(event.details.justification, 'ticket 4711');
  const said = JSON.parse(event.representation);
  assert.equal(said.after.firstName, 'María');
  assert.ok('before' in said);
  const [made] = await adminEvents({ resourcePath: `users/${maria}`, operationTypes: 'CREATE' });
  assert.equal(made.resourceType, 'USER');
  assert.deepEqual(new Set((await adminEvents({ resourcePath: `users/${maria}*` })).map((e) => e.operationType)),
    new Set(['CREATE', 'UPDATE']));
  assert.deepEqual(await adminEvents({ resourceTypes: 'GROUP' }), []);
  await ana.groups.create({ name: 'lima' });
  const [group] = await adminEvents({ resourceTypes: ['GROUP', 'COMPONENT'], operationTypes: ['CREATE'], direction: 'desc' });
  assert.equal(group.resourceType, 'GROUP');
  assert.ok((await adminEvents({ authUser: anaId, authRealm: 'peru', authClient: 'admin-cli' })).length > 0);
  assert.deepEqual(await adminEvents({ authUser: maria }), []);
  assert.deepEqual(await adminEvents({ authRealm: 'chile' }), []);
  assert.deepEqual(await adminEvents({ authIpAddress: '192.0.2.1' }), []);
  assert.deepEqual(await adminEvents({ dateTo: '2001-01-01' }), []);
});

test('what an administrator did to a session is an admin event, what its owner did is not', async () => {
  const { id } = await ana.users.create({ username: 'lucia', enabled: true });
  await ana.users.logout({ id });
  const [event] = await adminEvents({ resourcePath: `users/${id}/logout` });
  assert.equal(event?.operationType, 'ACTION');
  assert.deepEqual((await events({ type: 'LOGOUT' })).filter((e) => e.details.userId === id), []);
});

test('AU-01: no secret stands in an event', async () => {
  const secret = 'a-secret-that-nobody-may-read-0123456789';
  const { id } = await ana.clients.create({ clientId: 'portal', secret, publicClient: false });
  await ana.users.resetPassword({ id: maria, credential: { type: 'password', value: secret } });
  await ana.clients.generateNewClientSecret({ id });
  const text = JSON.stringify([await adminEvents({ max: 500 }), await events({ max: 500 })]);
  assert.ok(text.includes('portal'));
  assert.equal(text.includes(secret), false);
});

test('bad questions are refused', async () => {
  const token = await world.token('ana', 'peru');
  for (const query of ['dateFrom=yesterday', 'dateTo=2026-02-31', 'direction=up', 'max=x', 'max=2001',
    Array(101).fill('type=LOGIN').join('&'), 'user=a&user=b']) {
    const reply = await world.call('GET', `/realms/peru/events?${query}`, { token });
    assert.equal(reply.status, 400, query);
    assert.ok(reply.json.errorMessage ?? reply.json.error);
  }
});

test('a reason that could not be kept is refused', async () => {
  const token = await world.token('ana', 'peru');
  const why = (text) => world.call('POST', '/realms/peru/groups', {
    token, json: { name: 'why' }, headers: { 'X-Justification': text },
  });
  assert.equal((await why('x'.repeat(1025))).status, 400);
  const latin1 = { 'X-Justification': '\u00ff' };
  assert.equal((await world.call('DELETE', '/realms/peru/events', { token, headers: latin1 })).status, 400, 'not UTF-8');
  assert.equal((await why('x'.repeat(1024))).status, 201);
});

test('configuration: shown, changed, refused', async () => {
  const config = await ana.realms.getConfigEvents({ realm: 'peru' });
  assert.deepEqual(config, {
    eventsEnabled: true, eventsExpiration: 0, eventsListeners: [], enabledEventTypes: [],
    adminEventsEnabled: true, adminEventsDetailsEnabled: true,
  });
  const put = (change) => ana.realms.updateConfigEvents({ realm: 'peru' }, { ...config, ...change });
  await put({ enabledEventTypes: ['LOGIN'], eventsListeners: ['jboss-logging'], adminEventsDetailsEnabled: false });
  assert.deepEqual([...new Set((await events()).map((e) => e.type))], ['LOGIN']);
  assert.deepEqual(await events({ type: 'LOGIN_ERROR' }), []);
  assert.equal((await adminEvents({ max: 1 }))[0].representation, undefined);
  assert.equal((await ana.realms.findOne({ realm: 'peru' })).adminEventsDetailsEnabled, false);
  await put({ eventsEnabled: false, adminEventsEnabled: false, enabledEventTypes: [], eventsListeners: [] });
  assert.deepEqual([await events(), await adminEvents()], [[], []]);
  await put({});
  assert.ok((await events({ type: 'LOGIN_ERROR' })).length > 0, 'what happened meanwhile is there: the chain records all');
  const [changed] = await adminEvents({ max: 1 });
  assert.equal(JSON.parse(changed.representation).after.eventsEnabled, true);
  assert.equal((await refusal(put({ eventsListeners: ['email'] }))).status, 501);
  assert.equal((await refusal(put({ eventsEnabled: 'yes' }))).status, 400);
  assert.equal((await refusal(put({ eventsExpiration: -1 }))).status, 400);
  assert.equal((await refusal(put({ enabledEventTypes: Array(257).fill('LOGIN') }))).status, 400);
});

test('AU-03: clearing hides, is told, and the chain keeps everything', async () => {
  const before = (await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1'))[0].seq;
  await ana.realms.clearEvents({ realm: 'peru' });
  assert.deepEqual(await events(), []);
  const [hidden] = await adminEvents({ max: 1 });
  assert.equal(hidden.resourcePath, 'events');
  assert.equal(JSON.parse(hidden.representation).list, 'events');
  await ana.realms.clearAdminEvents({ realm: 'peru' });
  const left = await adminEvents();
  assert.deepEqual(left.map((e) => e.resourcePath), ['admin-events']);
  assert.deepEqual((await adminEvents({ direction: 'asc' })).map((e) => e.id), [left[0].id]);
  await world.token('ana', 'peru');
  assert.ok((await events()).some((e) => e.type === 'LOGIN'));
  const chain = await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '5000');
  assert.equal(chain.filter((e) => e.seq <= before).length, before);
  await world.cli.ok('audit', 'verify', '--realm', 'peru');
});

test('AD-02: another realm is never reached', async () => {
  const token = await world.token('ana', 'peru');
  for (const [method, path] of [['GET', 'events'], ['DELETE', 'events'], ['GET', 'admin-events'], ['DELETE', 'admin-events'], ['GET', 'events/config']]) {
    assert.equal((await world.call(method, `/realms/chile/${path}`, { token })).status, 403);
  }
});
