// Realms that are larger than one call takes: sent piece by piece, tried and made from there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf, UUID } from './lib/admin.mjs';
import { people, realmExport } from './lib/exports.mjs';
import { Client } from './lib/oidc.mjs';

const PIECE = 512 * 1024;
const LONG = 590_000; // an import under sanitizers, on a machine that does other things as well
let w, root, maker;
before(async () => {
  w = await AdminWorld.open();
  await w.addAdmin('maker', ['create-realm'], 'master');
  [root, maker] = [await w.token('root', 'master'), await w.token('maker', 'master')];
});
after(async () => { await w.close(); });

const begin = (size, token = root) => w.call('POST', '/garita/uploads', { token, json: { size } });
const look = (id, token = root) => w.call('GET', `/garita/uploads/${id}`, { token });
const piece = (id, offset, body, token = root) => w.call('PUT', `/garita/uploads/${id}?offset=${offset}`, { token, body, headers: { 'Content-Type': 'application/octet-stream' } });
const remove = (id, token = root) => w.call('DELETE', `/garita/uploads/${id}`, { token });
const make = (id, { dryRun = false, token = root } = {}) =>
  w.call('POST', `/garita/uploads/${id}/realm${dryRun ? '?dryRun=true' : ''}`, { token, timeout: LONG });
const realms = async () => (await w.call('GET', '/realms?briefRepresentation=true', { token: root })).json.map((r) => r.realm).sort();
const send = async (id, bytes, token = root) => {
  for (let at = 0; at < bytes.length; at += PIECE) assert.equal((await piece(id, at, bytes.subarray(at, at + PIECE), token)).status, 204);
};
const upload = async (realm, token = root) => {
  const bytes = Buffer.from(JSON.stringify(realm));
  const begun = await begin(bytes.length, token);
  assert.equal(begun.status, 201, begun.text);
  assert.match(idOf(begun), UUID);
  await send(idOf(begun), bytes, token);
  return idOf(begun);
};
const crowd = (count, bytes) => Array.from({ length: count }, (_, i) => ({ username: `vecino${i}`, enabled: true, ...(bytes ? { attributes: { about: ['x'.repeat(bytes)] } } : {}) }));

test('a realm of 20,000 people and 32 MiB is tried, then made, and tells how far it is', async () => {
  const users = [...people('bank'), ...crowd(20_000, 1_650)];
  const realm = realmExport(26, { realm: 'banco', users });
  const size = Buffer.byteLength(JSON.stringify(realm));
  assert.ok(size > 32 * 2 ** 20);
  const id = await upload(realm);
  assert.deepEqual((await look(id)).json, { size, received: size, busy: false });

  const tried = make(id, { dryRun: true });
  const seen = [];
  let over = false;
  tried.finally(() => { over = true; });
  while (!over) seen.push((await look(id)).json);
  const { status, json } = await tried;
  assert.equal(status, 200);
  assert.ok(json.taken.users > 20_000, JSON.stringify(json.taken));
  assert.ok(seen.some((s) => s.busy && s.what === 'users' && s.done > 0 && s.done <= users.length), 'it tells how far it is');
  assert.ok(seen.every((s, i) => i === 0 || !s.done || s.done >= (seen[i - 1].done ?? 0)), 'and goes forward');
  assert.deepEqual(await realms(), ['chile', 'master', 'peru'], 'nothing was kept');

  const made = await make(id);
  assert.equal(made.status, 201, made.text);
  assert.match(made.headers.location, /\/admin\/realms\/banco$/);
  assert.deepEqual(made.json, json, 'it says what the trial said');
  assert.equal((await new Client(w.server, 'banco', 'portal', 'portal-secret-of-the-bank').password('ana', 'secret')).status, 200);
  const count = await w.call('GET', '/realms/banco/users/count', { token: root });
  assert.ok(count.json > 20_000);
  const events = (await w.call('GET', '/realms/banco/admin-events?direction=asc&max=1', { token: root })).json;
  assert.deepEqual([events[0].operationType, events[0].details.username], ['CREATE', 'root'], 'AU-01');
  assert.equal((await make(id)).status, 409, 'there is one of that name now');
  assert.equal((await remove(id)).status, 204);
  assert.equal((await look(id)).status, 404);
});

test('many people in one call: what a call takes is read without being held as a whole', async () => {
  const body = JSON.stringify({ realm: 'pueblo', enabled: true, users: crowd(30_000) });
  assert.ok(body.length < 2 * 2 ** 20);
  const tried = await w.call('POST', '/realms?dryRun=true', { token: root, body, headers: { 'Content-Type': 'application/json' }, timeout: LONG });
  assert.deepEqual([tried.status, tried.json?.taken.users], [200, 30_000], tried.text);
});

test('who made a realm by it administers it; who may not make one has no such call', async () => {
  const id = await upload({ realm: 'propio', enabled: true, users: crowd(3) }, maker);
  assert.equal((await make(id, { token: maker })).status, 201);
  const own = await w.token('maker', 'master');
  assert.equal((await w.call('GET', '/realms/propio/users/count', { token: own })).json, 3);
  assert.equal((await w.call('GET', '/realms/peru/users/count', { token: own })).status, 403);
  const ana = await w.token('ana', 'peru');
  for (const reply of [await begin(10, ana), await look(id, ana), await piece(id, 0, 'x', ana), await make(id, { token: ana }), await remove(id, ana)]) assert.equal(reply.status, 403);
  assert.equal((await remove(id, maker)).status, 204);
});

test('AD-03: nobody sees, changes, makes or removes what somebody else sent', async () => {
  const id = await upload({ realm: 'ajeno', users: crowd(1) }, maker);
  for (const reply of [await look(id), await piece(id, 0, 'x'), await make(id), await remove(id)]) assert.deepEqual([reply.status, reply.json.error], [404, 'Upload not found']);
  assert.equal((await look(id, maker)).status, 200);
  assert.equal((await remove(id, maker)).status, 204);
});

test('wrong pieces, too much, too many, not whole', async () => {
  for (const size of [0, -1, 1.5, 'x', null, 64 * 2 ** 20 + 1]) {
    const refused = await begin(size);
    assert.deepEqual([refused.status, refused.json.field], [400, 'size'], String(size));
  }
  const id = idOf(await begin(10));
  for (const offset of ['', '-1', 'x', '1e3']) assert.deepEqual([(await piece(id, offset, 'abc')).status], [400], offset);
  assert.equal((await piece(id, 3, 'abc')).status, 409, 'a gap');
  assert.equal((await piece(id, 0, '{"realm":"too long')).status, 413);
  assert.equal((await piece(id, 0, Buffer.alloc(PIECE + 1))).status, 413);
  assert.equal((await piece(id, 0, '{"a":')).status, 204);
  assert.equal((await piece(id, 0, '{"a":')).status, 204, 'sent again, as its answer was lost');
  assert.equal((await piece(id, 0, '{"b":')).status, 409);
  assert.equal((await make(id)).status, 409, 'not whole');
  const second = idOf(await begin(10));
  const third = idOf(await begin(10));
  assert.equal((await look(id)).status, 404, 'the oldest gives way');
  for (const one of [second, third]) assert.equal((await remove(one)).status, 204);
  assert.equal((await remove(third)).status, 404);
});

test('what is no realm, and what is wrong in it, is said with its place', async () => {
  const cases = [['[{"realm":"a"},{"realm":"b"}]', /An object is expected/], ['{"realm":"x","users":[{"username":"a"},', /line 1, column/], ['{"users":[{"username":"a"}]}', /./],
    ['{"realm":"master","users":[{"username":"a"}]}', /master/], ['{"realm":"x","users":[{"username":"a","email":1}]}', /users\[0\]/]];
  for (const [text, why] of cases) {
    const id = idOf(await begin(text.length));
    await send(id, Buffer.from(text));
    const refused = await make(id);
    assert.ok(refused.status >= 400 && refused.status < 500, `${text}: ${refused.status}`);
    assert.match(refused.text, why);
    assert.equal((await remove(id)).status, 204);
  }
  assert.ok(!(await realms()).includes('x'));
});

test('passwords in clear are bounded here as in one call', async () => {
  const users = crowd(101).map((u) => ({ ...u, credentials: [{ type: 'password', value: 'de-canario' }] }));
  const id = await upload({ realm: 'claro', users });
  const refused = await make(id, { dryRun: true });
  assert.equal(refused.status, 400, refused.text);
  await remove(id);
});

test('SK-02: the log names none of it', () => {
  assert.ok(w.server.logLines.length > 0);
  assert.doesNotMatch(JSON.stringify(w.server.logLines), /de-canario/);
});
