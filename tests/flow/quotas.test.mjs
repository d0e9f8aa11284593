// How much a realm may hold: quotas that master sets, and counts that nobody counts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf } from './lib/admin.mjs';

let world, kc, token, rootToken;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  rootToken = await world.token('root', 'master');
});
after(() => world.close());

const call = (method, path, json, as = token) =>
  world.call(method, `/realms/peru${path}`, { token: as, ...(json === undefined ? {} : { json }) });
const people = async () => (await call('GET', '/users/count')).json;
const setQuotas = (quotas, as) =>
  call('PUT', '', { attributes: Object.fromEntries(Object.entries(quotas).map(([name, most]) => [`garita.quota.${name}`, most])) }, as);

test('only administrators of master set quotas, and as numbers', async () => {
  const refused = await setQuotas({ users: '5' });
  assert.equal(refused.status, 403);
  assert.match(refused.text, /garita\.quota\.users/);
  for (const wrong of ['many', '-1', '1.5', '99999999999999999999']) {
    const bad = await setQuotas({ users: wrong }, rootToken);
    assert.equal(bad.status, 400, wrong);
  }
  assert.equal((await setQuotas({ users: '1000', storage: 'plenty' }, rootToken)).status, 204);
  assert.equal((await setQuotas({ users: '1001' })).status, 403, 'nobody lifts his own');
  assert.equal((await call('PUT', '', { attributes: {} })).status, 403, 'or takes it away');
  const realm = (await call('GET', '')).json;
  assert.equal((await call('PUT', '', { displayName: 'Perú', attributes: realm.attributes })).status, 204, 'what it leaves alone it may send');
});

test('people, clients and groups stop at the quota; what is deleted makes room', async () => {
  const there = await people();
  assert.equal((await setQuotas({ users: String(there + 1), clients: '0', groups: '1' }, rootToken)).status, 204);
  const first = idOf(await call('POST', '/users', { username: 'first' }));
  assert.equal(await people(), there + 1);
  const second = await call('POST', '/users', { username: 'second' });
  assert.equal(second.status, 400);
  assert.match(second.text, new RegExp(`may have ${there + 1} people`));
  assert.equal((await call('DELETE', `/users/${first}`)).status, 204);
  assert.equal(await people(), there);
  idOf(await call('POST', '/users', { username: 'second' }));
  assert.equal((await call('POST', '/clients', { clientId: 'one-more' })).status, 400);
  assert.equal((await call('POST', '/groups', { name: 'one' })).status, 201);
  assert.equal((await call('POST', '/groups', { name: 'two' })).status, 400);
  const partial = await call('POST', '/partialImport', { ifResourceExists: 'FAIL', users: [{ username: 'third' }] });
  assert.equal(partial.status, 400, 'not by another way either');
  assert.equal(await people(), there + 1);
});

test('service accounts are no people; groups go with what is below them', async () => {
  assert.equal((await setQuotas({}, rootToken)).status, 204);
  const there = await people();
  const id = idOf(await call('POST', '/clients', { clientId: 'machine', publicClient: false, serviceAccountsEnabled: true }));
  assert.equal(await people(), there);
  const parent = idOf(await call('POST', '/groups', { name: 'parent' }));
  await call('POST', `/groups/${parent}/children`, { name: 'child' });
  assert.equal((await call('DELETE', `/groups/${parent}`)).status, 204);
  assert.equal((await setQuotas({ groups: '2', clients: '1000' }, rootToken)).status, 204);
  assert.equal((await call('POST', '/groups', { name: 'again' })).status, 201, 'both are gone');
  assert.equal((await call('DELETE', `/clients/${id}`)).status, 204);
  assert.equal(await people(), there);
  assert.equal((await kc.users.find({ max: 1000 })).length, there);
});
