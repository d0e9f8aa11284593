// ~/users by the stock client and by hand.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf, refusal, UUID } from './lib/admin.mjs';

let world, kc, token;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
});
after(() => world.close());

const users = '/realms/peru/users';
const post = (json) => world.call('POST', users, { token, json });

test('created, read, listed, counted, changed, deleted', async () => {
  const { id } = await kc.users.create({
    username: 'Maria', email: 'Maria@Example.pe', firstName: 'María', lastName: 'Quispe', enabled: true,
    attributes: { dni: ['12345678'], sede: ['Lima', 'Cusco'] },
  });
  assert.match(id, UUID);
  const user = await kc.users.findOne({ id });
  assert.equal(user.username, 'maria');
  assert.equal(user.email, 'maria@example.pe');
  assert.deepEqual(user.attributes, { dni: ['12345678'], sede: ['Lima', 'Cusco'] });
  assert.deepEqual(user.requiredActions, []);
  assert.equal(user.enabled, true);
  assert.equal(user.access.manage, true);
  assert.deepEqual((await kc.users.find({ q: 'dni:12345678' })).map((u) => u.id), [id]);
  assert.deepEqual((await kc.users.find({ search: 'qui*' })).map((u) => u.id), [id]);
  assert.deepEqual((await kc.users.find({ username: 'mari', exact: true })).length, 0);
  assert.equal((await kc.users.find({ email: 'maria@example.pe', exact: true })).length, 1);
  assert.equal(await kc.users.count({ search: 'maria' }), 1);
  await kc.users.update({ id }, { lastName: 'Mamani', attributes: { dni: ['87654321'] } });
  const changed = await kc.users.findOne({ id });
  assert.equal(changed.lastName, 'Mamani');
  assert.equal(changed.firstName, 'María', 'what is not named stays');
  assert.deepEqual(changed.attributes, { dni: ['87654321'] });
  await kc.users.del({ id });
  assert.equal((await world.call('GET', `${users}/${id}`, { token })).status, 404);
});

test('as Keycloak: a user without enabled is not enabled; Location and trailing slash', async () => {
  const reply = await world.call('POST', `${users}/`, { token, json: { username: 'off' } });
  assert.equal(reply.status, 201);
  assert.equal(reply.text, '');
  assert.equal(reply.headers.location, `${world.server.origin}/admin${users}/${idOf(reply)}`);
  assert.equal((await world.call('GET', `${users}/${idOf(reply)}`, { token })).json.enabled, false);
  assert.equal((await world.call('GET', `${users}/`, { token })).status, 200);
});

test('pages', async () => {
  for (const n of [1, 2, 3, 4, 5]) await kc.users.create({ username: `page${n}`, enabled: true });
  const names = async (query) => (await kc.users.find({ username: 'page', ...query })).map((u) => u.username);
  assert.deepEqual(await names({ first: 1, max: 2 }), ['page2', 'page3']);
  assert.deepEqual(await names({ max: -1 }), ['page1', 'page2', 'page3', 'page4', 'page5']);
  assert.deepEqual(await names({ first: 9 }), []);
  const brief = (await kc.users.find({ username: 'page1', briefRepresentation: true }))[0];
  assert.equal(brief.requiredActions, undefined);
  for (const query of ['max=x', 'max=1000000', 'first=1.5', 'exact=maybe', 'q=novalue', 'enabled=perhaps', 'search=a%20b%20c%20d%20e%20f%20g%20h%20i', `search=${'x'.repeat(256)}`]) {
    const reply = await world.call('GET', `${users}?${query}`, { token });
    assert.ok([400, 501].includes(reply.status), query);
    assert.ok(reply.json.errorMessage ?? reply.json.error, query);
  }
});

test('AD-12 search as Keycloak: words, wholes, anywhere; enabled and emailVerified', async () => {
  const people = [['sea1', 'Rosa', 'Ñahui Mamani', true], ['sea2', 'Rosalía', 'Mamani', false], ['sea3', 'José', 'Rosas Ñahui', true]];
  for (const [username, firstName, lastName, enabled] of people) {
    await kc.users.create({ username, firstName, lastName, enabled, email: `${username}@search.pe`, emailVerified: username === 'sea3' });
  }
  const names = async (query) => (await kc.users.find(query)).map((u) => u.username);
  const cases = [
    [{ search: 'ROSA' }, ['sea1', 'sea2', 'sea3']],
    [{ search: '"rosa"' }, ['sea1']],
    [{ search: 'rosa mamani' }, ['sea2']],
    [{ search: 'ñahui mam' }, ['sea1']],
    [{ search: '*ñahui*' }, ['sea1', 'sea3']],
    [{ search: 'r*a *mam*' }, ['sea1', 'sea2']],
    [{ search: '*@search.pe', first: 1, max: 1 }, ['sea2']],
    [{ search: 'sea', enabled: false }, ['sea2']],
    [{ search: 'sea', emailVerified: true }, ['sea3']],
    [{ lastName: 'ÑAHUI' }, ['sea1']],
  ];
  for (const [query, expected] of cases) {
    assert.deepEqual(await names(query), expected, JSON.stringify(query));
    if (!query.max) assert.equal(await kc.users.count(query), expected.length, JSON.stringify(query));
  }
});

test('conflict, missing, bad bodies', async () => {
  await kc.users.create({ username: 'twice', email: 'twice@example.pe' });
  const conflict = await refusal(kc.users.create({ username: 'twice' }));
  assert.equal(conflict.status, 409);
  assert.match(conflict.errorMessage, /^User exists with same username/);
  assert.equal((await refusal(kc.users.create({ username: 'other', email: 'twice@example.pe' }))).status, 409);
  const missing = await world.call('GET', `${users}/00000000-0000-4000-8000-000000000000`, { token });
  assert.equal(missing.status, 404);
  assert.deepEqual(missing.json, { error: 'User not found' });
  for (const id of ['twice', "x'--", '%00', 'a'.repeat(300)]) {
    assert.ok([400, 404].includes((await world.call('GET', `${users}/${id}`, { token })).status), id);
  }
  const wrong = await post({ username: 'w', enabled: 'yes' });
  assert.equal(wrong.status, 400);
  assert.equal(wrong.json.field, 'enabled');
  const raw = (body) => world.call('POST', users, { token, body, headers: { 'Content-Type': 'application/json' } });
  for (const body of ['{', '[]', '"x"', 'null', '{"username":"a","username":"b"}', '{"username":"a"}{}', '']) {
    assert.equal((await raw(body)).status, 400, body);
  }
  assert.equal((await post({ email: 'nobody@example.pe' })).status, 400, 'no user name');
  assert.equal((await post({ username: 'okay', unknownMember: [1, { a: 2 }] })).status, 201, 'unknown members are ignored');
  assert.equal((await raw(`{"username":"${'a'.repeat(300000)}"}`)).status, 413);
  assert.equal((await world.call('POST', users, { token, body: 'username=x', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })).status, 415);
  assert.equal((await world.call('PATCH', users, { token, json: {} })).status, 405);
});

test('a password comes with the user and lets him in', async () => {
  await kc.users.create({ username: 'clave', enabled: true, credentials: [{ type: 'password', value: 'Huascaran-6768', temporary: false }] });
  assert.ok(await world.token('clave', 'peru', { password: 'Huascaran-6768' }));
});

test('AD-06, AD-03: no secret in any answer; ids of another realm are missing', async () => {
  const root = await world.token('root', 'master');
  const made = await world.call('POST', '/realms/chile/users', { token: root, json: { username: 'lejos' } });
  assert.equal((await world.call('GET', `${users}/${idOf(made)}`, { token: root })).status, 404);
  assert.equal((await world.call('DELETE', `${users}/${idOf(made)}`, { token: root })).status, 404);
  const list = await world.call('GET', users, { token });
  assert.doesNotMatch(list.text, /secretData|Huascaran/);
});

test('AU-03: a change is an event that says who, from where, why, before and after', async () => {
  const made = await post({ username: 'audited', email: 'a@example.pe' });
  const reply = await world.call('PUT', `${users}/${idOf(made)}`, {
    token, json: { email: 'b@example.pe' }, headers: { 'X-Justification': 'ticket 4711' },
  });
  assert.equal(reply.status, 204);
  const events = await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'UserModified');
  const [event] = events;
  const metadata = typeof event.metadata === 'string' ? JSON.parse(event.metadata) : event.metadata;
  const data = typeof event.data === 'string' ? JSON.parse(event.data) : event.data;
  assert.equal(metadata.justification, 'ticket 4711');
  assert.equal(metadata.realm, 'peru');
  assert.equal(metadata.username, 'ana');
  assert.equal(metadata.path, `users/${idOf(made)}`);
  assert.deepEqual([data.before.email, data.after.email], ['a@example.pe', 'b@example.pe']);
});
