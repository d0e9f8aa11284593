// What a person may ask for: a copy of all that is held, and to be forgotten. Afterwards no byte of
// the data folder says who it was, and the audit chain still verifies.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { basic, request } from './lib/http.mjs';
import { PASSWORD, random } from './lib/oidc.mjs';
import { filesIn } from './lib/server.mjs';
import { SECRET, World } from './lib/world.mjs';

let world, portal, sub;
const mark = random().replace(/[^a-z0-9]/gi, '').toLowerCase();
const canaries = {
  name: `canary-${mark}`, mail: `mail-${mark}@example.pe`, first: `First${mark}`, last: `Last${mark}`,
  attribute: `attribute-${mark}`, changed: `Changed${mark}`, agent: `Agent-${mark}/1.0`,
};
const typed = `typed-${mark}`;

before(async () => {
  world = await World.open();
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  await world.addUser('luis');
  await world.addUser(canaries.name, { email: canaries.mail, firstName: canaries.first, lastName: canaries.last, 'attributes.note': canaries.attribute });
  const { tokens } = await portal.login(canaries.name);
  assert.ok(tokens.access_token);
  await portal.password(canaries.name, 'wrong');
  const agent = { ...basic('portal', SECRET), 'User-Agent': canaries.agent };
  const form = { grant_type: 'password', username: canaries.name, password: PASSWORD };
  assert.equal((await request(`${portal.endpoint}/token`, { form, headers: agent })).status, 200);
  await request(`${portal.endpoint}/token`, { form: { ...form, password: 'wrong' }, headers: agent });
  await world.setUser(canaries.name, { firstName: canaries.changed });
  await portal.password(typed, 'wrong');
  await portal.password('luis');
  sub = (await world.cli.json('user', 'show', '--realm', 'peru', '--username', canaries.name)).id;
});
after(() => world.close());

const holding = (text) => filesIn(world.server.data).filter((f) => readFileSync(f).includes(text)).map((f) => path.basename(f));
const events = (...more) => world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '5000', '--oldest-first', ...more);

test('PW-07, AU-01: a name that was typed and is nobody\'s is read in the event and in no file', async () => {
  const failed = (await events('--type', 'UserLoginAttempted')).find((e) => e.metadata.username === typed);
  assert.ok(failed);
  assert.equal(failed.userId, undefined);
  assert.equal(failed.data.error, 'user_not_found');
  assert.deepEqual(holding(typed), []);
  const sealed = (await events('--sealed')).find((e) => e.id === failed.id);
  assert.deepEqual(sealed.metadata, {});
  assert.ok(sealed.sealed.actor);
});

test('user export: all that is held, nothing secret', async () => {
  const text = await world.cli.ok('user', 'export', '--realm', 'peru', '--username', canaries.name);
  const { account, events: own } = JSON.parse(text);
  assert.equal(account.id, sub);
  assert.equal(account.username, canaries.name);
  assert.equal(account.email, canaries.mail);
  assert.equal(account.lastName, canaries.last);
  assert.deepEqual(account.attributes, { note: [canaries.attribute] });
  assert.ok(account.sessions.length >= 1);
  assert.deepEqual(account.sessions[0].clients, ['portal']);
  assert.deepEqual(account.credentials.map((c) => c.type), ['password']);
  assert.equal(account.loginFailures.count, 1);
  assert.ok(account.roles.length > 0);
  assert.doesNotMatch(text, /argon2|secretData|"hash_?value"/i);
  const types = own.map((e) => e.type);
  for (const type of ['UserCreated', 'UserLoggedIn', 'UserModified', 'DataExported']) assert.ok(types.includes(type), type);
  for (const e of own) assert.ok(e.userId === sub || e.streamId === `user:${sub}`, JSON.stringify(e));
  const made = own.find((e) => e.type === 'UserCreated');
  assert.equal(made.data.after.email, canaries.mail);
  assert.ok(own.some((e) => e.userAgent === canaries.agent));
});

test('user erase: a reason is needed, and somebody to erase', async () => {
  const cli = (...args) => world.cli.run(['user', 'erase', '--realm', 'peru', ...args]);
  assert.equal((await cli('--username', canaries.name)).status, 2);
  assert.equal((await cli('--username', canaries.name, '--reason', ' ')).status, 1);
  assert.equal((await cli('--username', 'nobody', '--reason', 'x')).status, 1);
  assert.ok((await world.cli.run(['user', 'show', '--realm', 'peru', '--username', canaries.name])).status === 0);
});

test('PW-07: user erase leaves no byte of the person in the data folder, and a chain that verifies', async () => {
  assert.ok(holding(canaries.name).length > 0, 'it was there');
  const before = await events();
  await world.cli.ok('user', 'erase', '--realm', 'peru', '--username', canaries.name, '--reason', 'request 4711');
  for (const [what, text] of Object.entries(canaries)) assert.deepEqual(holding(text), [], what);
  const after = await events();
  assert.equal(after.length, before.length + 1);
  const told = after.at(-1);
  assert.equal(told.type, 'DataDeleted');
  assert.equal(told.streamId, `user:${sub}`);
  assert.equal(told.clientId, 'garita-cli');
  assert.equal(told.data.reason, 'request 4711');
  const text = JSON.stringify(after);
  for (const canary of Object.values(canaries)) assert.ok(!text.includes(canary), canary);
  const own = after.filter((e) => e.userId === sub);
  assert.ok(own.length >= 3);
  for (const e of own) {
    assert.equal(e.erased, true);
    assert.equal(e.ip, undefined);
    assert.deepEqual(e.data, {});
  }
  assert.ok(after.find((e) => e.type === 'UserLoggedIn' && e.userId !== sub).ip, 'others are untouched');
  const [verdict] = await world.cli.json('audit', 'verify', '--realm', 'peru');
  assert.equal(verdict.whole, true);
  assert.equal((await portal.password(canaries.name)).status, 401);
  await world.server.restart();
  for (const [what, found] of Object.entries(canaries)) {
    // who tried with that name since is nobody, and sealed
    assert.deepEqual(holding(found), [], what);
  }
});

test('somebody who was deleted before is erased by id', async () => {
  await world.addUser(`second-${mark}`, { email: `second-${mark}@example.pe` });
  const { id } = await world.cli.json('user', 'show', '--realm', 'peru', '--username', `second-${mark}`);
  await world.cli.ok('user', 'delete', '--realm', 'peru', '--username', `second-${mark}`);
  assert.ok(JSON.stringify(await events()).includes(`second-${mark}@`), 'the trail still says who');
  await world.cli.ok('user', 'erase', '--realm', 'peru', '--username', id, '--reason', 'request 4712');
  assert.ok(!JSON.stringify(await events()).includes(`second-${mark}`));
  assert.deepEqual(holding(`second-${mark}`), []);
  assert.equal((await world.cli.run(['user', 'erase', '--realm', 'peru', '--username', id, '--reason', 'again'])).status, 1);
});

test('PW-07: an administrator of master is erased in all realms, and once more in one that was shut', async () => {
  const admin = await AdminWorld.open();
  try {
    const token = await admin.token('root', 'master');
    const { id } = await admin.cli.json('user', 'show', '--realm', 'master', '--username', 'root');
    for (const realm of ['chile', 'peru']) {
      const reply = await admin.call('PUT', `/realms/${realm}`, { token, json: { displayName: 'By root' } });
      assert.equal(reply.status, 204, reply.text);
    }
    const doneIn = async (realm) => (await admin.cli.json('audit', 'list', '--realm', realm, '--type', 'ConfigurationChanged')).find((e) => e.userId === id);
    assert.equal((await doneIn('chile')).metadata.username, 'root');
    // chile is refused after a new start
    const chile = filesIn(path.join(admin.server.data, 'realms')).find((f) => !f.includes('master') && readFileSync(f).includes('chile'));
    admin.server.keepData = true;
    await admin.server.stop();
    admin.server.keepData = false;
    chmodSync(chile.replace(/-wal$/, ''), 0o644);
    await admin.server.launch();
    const erase = (who) => admin.cli.run(['user', 'erase', '--realm', 'master', '--username', who, '--reason', 'request 4713']);
    const first = await erase('root');
    assert.equal(first.status, 1);
    assert.match(first.stderr, new RegExp(`realm chile may still say who it was.*${id}`));
    assert.equal((await doneIn('peru')).erased, true, 'the other realm was reached');
    chmodSync(chile.replace(/-wal$/, ''), 0o600);
    await admin.cli.ok('realm', 'check', 'chile');
    assert.equal((await doneIn('chile')).metadata.username, 'root');
    assert.equal((await erase(id)).status, 0);
    assert.equal((await doneIn('chile')).erased, true);
    assert.equal((await erase(id)).status, 1, 'nothing is left');
  } finally {
    await admin.close();
  }
});
