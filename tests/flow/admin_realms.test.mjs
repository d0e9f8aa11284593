// /admin/realms by the stock client and by hand.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, refusal } from './lib/admin.mjs';
import { people, realmExport } from './lib/exports.mjs';

let world, kc, token;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('root', 'master');
  token = await world.token('root', 'master');
});
after(() => world.close());

test('created, read, listed, changed, deleted', async () => {
  await kc.realms.create({ realm: 'ecuador', enabled: true, displayName: 'Ecuador', accessTokenLifespan: 600, unknownSetting: 1 });
  const realm = await kc.realms.findOne({ realm: 'ecuador' });
  assert.equal(realm.displayName, 'Ecuador');
  assert.equal(realm.accessTokenLifespan, 600);
  assert.equal(realm.enabled, true);
  assert.equal(realm.defaultRole.name, 'default-roles-ecuador');
  assert.deepEqual((await kc.realms.find()).map((r) => r.realm).sort(), ['chile', 'ecuador', 'master', 'peru']);
  await kc.realms.update({ realm: 'ecuador' }, { displayName: 'Mitad del Mundo', attributes: { 'garita.country': 'EC' } });
  const changed = await kc.realms.findOne({ realm: 'ecuador' });
  assert.equal(changed.displayName, 'Mitad del Mundo');
  assert.equal(changed.accessTokenLifespan, 600, 'what is not named stays');
  assert.equal(changed.attributes['garita.country'], 'EC');
  await kc.realms.del({ realm: 'ecuador' });
  assert.equal((await world.call('GET', '/realms/ecuador', { token })).status, 404);
});

test('Location; a new realm is not enabled unless it says so', async () => {
  const reply = await world.call('POST', '/realms', { token, json: { realm: 'quieto' } });
  assert.equal(reply.status, 201);
  assert.equal(reply.headers.location, `${world.server.origin}/admin/realms/quieto`);
  assert.equal((await kc.realms.findOne({ realm: 'quieto' })).enabled, false);
});

test('conflict, bad bodies, what cannot be done is said', async () => {
  const conflict = await refusal(kc.realms.create({ realm: 'peru' }));
  assert.equal(conflict.status, 409);
  assert.match(conflict.errorMessage, /exists/);
  const bad = [
    [{}, 'realm'], [{ realm: 'a/b' }, 'realm'], [{ realm: 7 }, 'realm'],
    [{ realm: 'x', accessTokenLifespan: '600' }, 'accessTokenLifespan'],
    [{ realm: 'x', accessTokenLifespan: -1 }, 'accessTokenLifespan'],
  ];
  for (const [json, field] of bad) {
    const reply = await world.call('POST', '/realms', { token, json });
    assert.equal(reply.status, 400, JSON.stringify(json));
    assert.equal(reply.json.field, field);
  }
  assert.equal((await world.call('GET', '/realms/x', { token })).status, 404);
  assert.equal((await world.call('PUT', '/realms/peru', { token, json: { users: [{ username: 'u' }] } })).status, 501);
  assert.equal((await world.call('PUT', '/realms/peru', { token, json: { realm: 'pais' } })).status, 501);
  assert.equal((await world.call('DELETE', '/realms/master', { token })).status, 403);
});

test('RE-04: the marks of set-up are neither shown nor changed', async () => {
  assert.doesNotMatch((await world.call('GET', '/realms/master', { token })).text, /garita\.setup/);
  const attributes = { 'garita.setup.tokenHash': 'x', color: 'rojo' };
  assert.equal((await world.call('POST', '/realms', { token, json: { realm: 'marcado', attributes } })).status, 201);
  assert.deepEqual((await world.cli.json('realm', 'show', 'marcado')).attributes, { color: 'rojo' }, 'nor brought along');
});

test('AD-04: how long the audit chain of a realm is kept is not up to its own administrators', async () => {
  const own = await world.token('ana', 'peru');
  const put = (attributes, as) => world.call('PUT', '/realms/peru', { token: as, json: { attributes } });
  const kept = async () => (await world.cli.json('realm', 'show', 'peru')).attributes?.['garita.auditRetentionDays'];
  for (const name of ['garita.auditArchiveDays', 'garita.auditRetentionDays', 'garita.auditUnknownDays']) {
    assert.equal((await put({ [name]: '1' }, own)).status, 403, name);
    assert.equal((await world.call('POST', '/apply?adopt=true', { token: own, json: { realm: 'peru', attributes: { [name]: '1' } } })).status, 403, name);
  }
  assert.equal((await put({ 'garita.auditRetentionDays': '3000' }, token)).status, 204);
  assert.equal(await kept(), '3000');
  assert.equal((await put({ 'garita.auditRetentionDays': '3000', color: 'rojo' }, own)).status, 204, 'what stays may be said');
  assert.equal((await put({ 'garita.auditRetentionDays': '' }, own)).status, 403);
  assert.equal(await kept(), '3000');
});

test('who may create realms administers what he created, and nothing else', async () => {
  await world.addAdmin('maker', ['create-realm'], 'master');
  const maker = await world.token('maker', 'master');
  assert.equal((await world.call('POST', '/realms', { token: maker, json: { realm: 'propio', enabled: true } })).status, 201);
  assert.equal((await world.call('POST', '/realms/propio/users', { token: maker, json: { username: 'usuario' } })).status, 201);
  assert.equal((await world.call('GET', '/realms/peru', { token: maker })).status, 403);
  assert.deepEqual((await world.call('GET', '/realms', { token: maker })).json.map((r) => r.realm), ['propio']);
});

test('who may not see settings is told the name alone', async () => {
  await world.addAdmin('viewer', ['realm-management/view-users'], 'peru');
  const viewer = await world.token('viewer', 'peru');
  const realm = (await world.call('GET', '/realms/peru', { token: viewer })).json;
  assert.equal(realm.realm, 'peru');
  assert.equal(realm.accessTokenLifespan, undefined);
});

test('a realm with all that is in it comes whole, or not at all', async () => {
  const whole = realmExport(26, { realm: 'entero', users: people('entero') });
  const made = await world.call('POST', '/realms', { token, json: whole });
  assert.equal(made.status, 201, made.text);
  assert.match(made.headers.location, /\/admin\/realms\/entero$/);
  assert.equal(made.json.taken.users, 10);
  assert.ok(made.json.left.some((r) => r.places.includes('clients[1].redirectUris[1]')));
  assert.equal((await world.call('GET', '/realms/entero/users/count', { token })).text, '9');
  const again = await world.call('POST', '/realms', { token, json: whole });
  assert.equal(again.status, 409);
  assert.match(again.json.errorMessage, /entero exists/);
  const wrong = await world.call('POST', '/realms', { token, json: { ...whole, realm: 'roto', users: [{ username: 'a' }, { username: 'A' }] } });
  assert.equal(wrong.status, 409);
  assert.match(wrong.json.errorMessage, /users\[1\]\.username/);
  assert.equal((await world.call('GET', '/realms/roto', { token })).status, 404);
  const clear = Array.from({ length: 101 }, (_, i) => ({ username: `u${i}`, credentials: [{ type: 'password', value: 'x' }] }));
  const costly = await world.call('POST', '/realms', { token, json: { realm: 'caro', passwordPolicy: 'hashAlgorithm(pbkdf2-sha256) and hashIterations(1000)', users: clear } });
  assert.equal(costly.status, 400, costly.text);
  assert.match(costly.text, /users\[100\].*passwords in clear/);
  assert.equal((await world.call('POST', '/realms', { token, json: { realm: 'master', users: [{ username: 'a' }] } })).status, 409);
});
