// Changes that wait for a second person, from the command line; and what ends them when nobody decides.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf } from './lib/admin.mjs';
import { HOUR, MachineClock } from './lib/clock.mjs';
import { tempFolder, until } from './lib/server.mjs';

const WHY = { 'X-Justification': 'ticket 4711' };
const HERE = ['--realm', 'peru'];

let clock, world, root, ana, luis, client;
before(async () => {
  clock = new MachineClock();
  world = await AdminWorld.open({ env: clock.env, args: ['--sweep-interval', '5'] });
  await world.addAdmin('luis', ['realm-management/realm-admin'], 'peru');
  root = await world.token('root', 'master');
  ana = await world.token('ana', 'peru');
  luis = await world.token('luis', 'peru');
  client = idOf(await call('POST', '/clients', ana, { clientId: 'shop', redirectUris: ['https://app.example/cb'] }));
  const set = await call('PUT', '/four-eyes', root, { kinds: ['client-redirect-uris'] });
  assert.equal(set.status, 204, set.text);
});
after(async () => {
  await world.close();
  clock.close();
});

const call = (method, below, token, json) => world.call(method, `/realms/peru${below}`, { token, headers: WHY, json });
const redirects = async () => (await call('GET', `/clients/${client}`, ana)).json.redirectUris;
async function ask(uri) {
  const reply = await call('PUT', `/clients/${client}`, ana, { redirectUris: [uri] });
  assert.equal(reply.status, 202, reply.text);
  return reply.json.id;
}
// The command as a person with a token gives it, to a server and without its data folder.
const there = (token, ...args) => world.cli.withFile(token, (file) =>
  world.cli.run([...args, ...HERE, '--server', world.server.origin, '--token-file', file, '--json']));
const thereOk = async (token, ...args) => {
  const result = await there(token, ...args);
  assert.equal(result.status, 0, result.stderr);
  return JSON.parse(result.stdout);
};
const types = async (realm) => (await world.cli.json('audit', 'list', '--realm', realm)).map((e) => e.type);

test('listed and shown in the data folder and at a server alike', async () => {
  const id = await ask('https://one.example/cb');
  const list = await world.cli.json('change', 'list', ...HERE, '--status', 'pending');
  assert.deepEqual(list.map((r) => r.id), [id]);
  assert.deepEqual(await thereOk(luis, 'change', 'list', '--status', 'pending'), list);
  assert.deepEqual(await world.cli.json('change', 'list', ...HERE, '--status', 'approved'), []);
  const shown = await world.cli.json('change', 'show', id, ...HERE);
  assert.equal(shown.requestedBy.username, 'ana');
  assert.deepEqual(shown.changes[0].data.after.redirectUris, ['https://one.example/cb']);
  assert.deepEqual(await thereOk(luis, 'change', 'show', id), shown);
  const table = await world.cli.ok('change', 'list', ...HERE);
  assert.match(table, /client-redirect-uris/);
  const missing = await world.cli.run(['change', 'show', 'no-such-id', ...HERE]);
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /Change request not found/);
});

test('approved by a person with a token alone, never by who asked', async () => {
  const id = await ask('https://two.example/cb');
  const here = await world.cli.run(['change', 'approve', id, ...HERE]);
  assert.equal(here.status, 2);
  assert.match(here.stderr, /second person approves with his own token/);
  const own = await there(ana, 'change', 'approve', id);
  assert.equal(own.status, 1);
  assert.match(own.stderr, /403: Whoever asked for a change does not approve it/);
  assert.deepEqual(await redirects(), ['https://app.example/cb']);
  const done = await thereOk(luis, 'change', 'approve', id, '--reason', 'looked at it');
  assert.equal(done.status, 'approved');
  assert.equal(done.decidedBy.username, 'luis');
  assert.deepEqual(await redirects(), ['https://two.example/cb']);
});

test('rejected with a reason, by a person or on the machine, and each is in the audit log', async () => {
  const first = await ask('https://three.example/cb');
  assert.equal((await thereOk(luis, 'change', 'reject', first, '--reason', 'unknown host')).reason, 'unknown host');
  const second = await ask('https://four.example/cb');
  assert.equal((await world.cli.run(['change', 'reject', second, ...HERE])).status, 2, '--reason is needed');
  await world.cli.ok('change', 'reject', second, ...HERE, '--reason', 'nobody knows ana');
  const again = await world.cli.run(['change', 'reject', second, ...HERE, '--reason', 'twice']);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /does not wait any more: it is rejected/);
  const events = (await world.cli.json('audit', 'list', ...HERE)).filter((e) => e.type === 'ChangeRejected');
  assert.equal(events.length, 2);
});

test('a realm is not replaced in silence where a second person is wanted', async () => {
  const file = path.join(tempFolder('export'), 'peru.json');
  await world.cli.ok('realm', 'export', 'peru', '--to', file);
  const refused = await world.cli.run(['realm', 'import', file, '--if-exists', 'overwrite']);
  assert.equal(refused.status, 2, refused.stdout);
  assert.match(refused.stderr, /second person.*client-redirect-uris/);
  await world.cli.ok('realm', 'import', file, '--if-exists', 'overwrite', '--dry-run');
  assert.ok(!(await types('master')).includes('FourEyesBypassed'));
});

test('nobody decided: it ends with its time, and the log says so without anybody asking', async () => {
  const id = await ask('https://five.example/cb');
  clock.step(8 * 24 * HOUR);
  await until('the end is noted', async () => (await types('peru')).includes('ChangeExpired'));
  const shown = await world.cli.json('change', 'show', id, ...HERE);
  assert.equal(shown.status, 'expired');
  assert.ok(!('body' in shown));
});

test('with a reason it is replaced, and master keeps that it was done alone', async () => {
  const file = path.join(tempFolder('export'), 'peru.json');
  await world.cli.ok('realm', 'export', 'peru', '--to', file);
  await world.cli.ok('realm', 'import', file, '--if-exists', 'overwrite', '--why', 'restore after a mistake');
  const events = await world.cli.json('audit', 'list', '--realm', 'master');
  const alone = events.find((e) => e.type === 'FourEyesBypassed');
  assert.ok(alone, 'noted in master');
  assert.match(JSON.stringify(alone), /restore after a mistake/);
});
