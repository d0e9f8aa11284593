// Files that are no exports, or that want more than they may: refused with the place in the file, and
// nothing of them stays.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cli, run } from './lib/cli.mjs';
import { pbkdf2, people, realmExport } from './lib/exports.mjs';
import { BIN, childEnvironment, filesIn, sleep, tempFolder } from './lib/server.mjs';
import { World } from './lib/world.mjs';

let world, folder, files;
before(async () => {
  world = await World.open();
  folder = tempFolder('attacks');
  files = filesIn(world.server.data).length;
});
after(() => world.close());

let number = 0;
function write(content) {
  const file = path.join(folder, `attack-${number++}.json`);
  writeFileSync(file, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  return file;
}
async function refused(content, said) {
  const result = await world.cli.run(['realm', 'import', write(content)]);
  assert.equal(result.status, 1, result.stdout);
  assert.match(result.stderr, said);
  assert.ok(!(await world.cli.json('realm', 'list')).some((r) => r.realm === 'evil'));
  assert.equal(filesIn(world.server.data).length, files, 'no file stays');
}
const evil = (more = {}) => ({ realm: 'evil', enabled: true, ...more });
const users = (...list) => evil({ users: list });

test('JO-08, IN-04: broken, cut, deep, huge and foreign texts are refused with line and column', async () => {
  const whole = JSON.stringify(realmExport(26, { realm: 'evil', users: people('evil') }));
  await refused('', /line 1, column 1: malformed/);
  await refused(whole.slice(0, -20), /line 1, column \d+: malformed/);
  await refused(`${whole} x`, /line 1, column \d+: malformed/);
  await refused('{"realm":"evil",\n"users":[{"username":"a",}]}', /line 2, column \d+: malformed/);
  await refused(`{"realm":"evil","x":${'['.repeat(100000)}`, /nested too deeply/);
  await refused(`{"realm":"evil","groups":[${'{"name":"g","subGroups":['.repeat(30)}`, /nested too deeply/);
  await refused(Buffer.from('{"realm":"evil","displayName":"\xff\xfe"}', 'latin1'), /UTF-8/);
  await refused(`{"realm":"evil","accessTokenLifespan":${'9'.repeat(1000)}}`, /not a number/);
  await refused(`{"realm":"evil","displayName":"${'x'.repeat(5 << 20)}"}`, /larger than its limit/);
  await refused(`{"realm":"evil","users":[{"username":"${'x'.repeat(5 << 20)}"}]}`, /larger than its limit/);
  await refused('"evil"', /malformed/);
  await refused('[]', /no realm/);
  await refused('{"enabled":true}', /name of the realm is missing/);
});

test('JO-07: what stands twice is refused', async () => {
  await refused('{"realm":"evil","enabled":true,"enabled":false}', /twice/);
  await refused('{"realm":"evil","users":[],"users":[]}', /twice/);
  await refused('{"realm":"evil","users":[{"username":"a","username":"b"}]}', /twice/);
  await refused([evil(), evil()], /stands twice/);
});

test('wrong types are told with their place', async () => {
  await refused(evil({ accessTokenLifespan: '300' }), /accessTokenLifespan/);
  await refused(evil({ users: {} }), /users: a list/);
  await refused(users({ username: 'a' }, 7), /users\[1\]: an object/);
  await refused(users({ username: ['a'] }), /users\[0\]\.username/);
  await refused(users({ username: 'a', credentials: [{ type: 'password', secretData: {} }] }), /users\[0\]\.credentials\[0\]\.secretData: a text/);
  await refused(users({ username: 'a', credentials: [{ type: 'password', secretData: '{', credentialData: '{}' }] }), /users\[0\]\.credentials\[0\]\.secretData/);
  await refused(users({ username: 'a', realmRoles: [{}] }), /users\[0\]\.realmRoles\[0\]/);
  await refused(users({ username: 'a', attributes: { x: 1 } }), /users\[0\]\.attributes/);
  await refused(evil({ roles: { client: [] } }), /roles\.client: an object/);
  await refused(evil({ clients: [{ clientId: 'a', protocolMappers: [{ name: 'm', protocolMapper: 't', config: [] }] }] }), /clients\[0\]\.protocolMappers\[0\]\.config/);
  await refused(evil({ components: { 'x': {} } }), /components\.x: a list/);
  await refused(users({ username: 'a\u202eb' }), /users\[0\]\.username/);
  await refused(users({ username: 'x', id: 'y'.repeat(100) }), /users\[0\]\.id/);
});

test('names and ids that meet, circles, and claims beyond all limits', async () => {
  await refused(users({ username: 'Ana' }, { username: 'ana' }), /users\[1\]\.username: User exists/);
  await refused(users({ id: 'one', username: 'a' }, { id: 'one', username: 'b' }), /users\[1\]/);
  await refused(evil({ clients: [{ clientId: 'c' }, { clientId: 'c' }] }), /clients\[1\]\.clientId: Client c already exists/);
  await refused(evil({ groups: [{ name: 'g' }, { name: 'g' }] }), /groups\[1\]\.name/);
  await refused(evil({ roles: { realm: [{ name: 'a', composites: { realm: ['b'] } }, { name: 'b', composites: { realm: ['a'] } }] } }), /roles\.realm\[1\]\.composites\.realm\[0\]: .*part of itself/);
  await refused(evil({ groups: [{ name: 'a/b' }] }), /groups\[0\]\.name/);
  const huge = pbkdf2('x');
  huge.credentialData = JSON.stringify({ hashIterations: 4294967296, algorithm: 'pbkdf2-sha256' });
  const report = await world.cli.json('realm', 'import', write(users({ username: 'a', credentials: [huge] })), '--dry-run');
  assert.equal(report.realms[0].taken.credentials, undefined);
  assert.match(report.realms[0].left.find((r) => r.places[0] === 'users[0].credentials[0]').reason, /cannot be verified/);
});

test('RE-04: master is not replaced; rights of administration are not borrowed', async () => {
  await refused({ realm: 'master', enabled: true }, /master is this server's own realm/);
  await refused({ realm: '../evil' }, /realm's name/);
  // Clients that carry rights keep to themselves, and names of other realms' clients mean nothing here.
  const result = await world.cli.json('realm', 'import', write({
    realm: 'sly', enabled: true,
    clients: [{ clientId: 'realm-management', publicClient: true, standardFlowEnabled: true, redirectUris: ['https://evil.example/*'], serviceAccountsEnabled: true, directAccessGrantsEnabled: true },
      { clientId: 'peru-realm', secret: 'x' }, { clientId: 'master-realm', secret: 'x' }],
    roles: { client: { 'peru-realm': [{ name: 'manage-users' }], 'master-realm': [{ name: 'manage-realm' }] } },
    users: [{ username: 'mallory', enabled: true, credentials: [{ type: 'password', value: 'secret' }], realmRoles: ['admin', 'create-realm'], clientRoles: { 'peru-realm': ['manage-users'], 'master-realm': ['manage-realm'], 'realm-management': ['no-such-role'] } }],
  }));
  assert.equal(result.realms[0].state, 'imported');
  const management = await world.cli.json('client', 'show', '--realm', 'sly', '--client-id', 'realm-management');
  assert.equal(management.bearerOnly, true);
  assert.equal(management.publicClient, false);
  assert.equal(management.serviceAccountsEnabled, false);
  const { origin } = world.server;
  const login = await fetch(`${origin}/realms/sly/protocol/openid-connect/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', username: 'mallory', password: 'secret' }) });
  const { access_token } = await login.json();
  for (const realm of ['peru', 'master']) {
    for (const what of ['', '/users']) {
      const reply = await fetch(`${origin}/admin/realms/${realm}${what}`, { headers: { Authorization: `Bearer ${access_token}` } });
      assert.equal(reply.status, 403, `${realm}${what}`);
    }
  }
  await world.cli.ok('realm', 'delete', 'sly', '--confirm', 'sly');
  files = filesIn(world.server.data).length;
});

test('CL-02, IN-03: nothing in a file names another file or the environment; links are not followed', async () => {
  const dir = path.join(folder, 'links');
  mkdirSync(dir);
  const secretFile = write({ realm: 'evil', users: [] });
  symlinkSync(secretFile, path.join(dir, 'evil-realm.json'));
  const linked = await world.cli.run(['realm', 'import', dir]);
  assert.equal(linked.status, 1);
  assert.match(linked.stderr, /evil-realm\.json/);
  const report = await world.cli.json('realm', 'import', write(evil({ displayName: '${env.HOME}', users: [{ username: 'a', attributes: { x: ['${file:/etc/passwd}', '${env.PATH}'] } }] })));
  assert.equal(report.realms[0].state, 'imported');
  const user = await world.cli.json('user', 'show', '--realm', 'evil', '--username', 'a');
  assert.deepEqual(user.attributes.x, ['${file:/etc/passwd}', '${env.PATH}']);
  assert.equal((await world.cli.json('realm', 'show', 'evil')).displayName, '${env.HOME}');
  await world.cli.ok('realm', 'delete', 'evil', '--confirm', 'evil');
  for (const what of ['/dev/zero', '/proc/self/mem', '/nowhere']) {
    assert.equal((await world.cli.run(['realm', 'import', what])).status, 1);
  }
});

test('killed in the middle: nothing of the realm stays, and the one that was there does', async () => {
  const data = path.join(tempFolder(), 'killed');
  assert.equal((await run(BIN, ['init', '--data', data])).status, 0);
  const cli = new Cli(data, BIN);
  await cli.ok('realm', 'import', write({ realm: 'bank', enabled: true, displayName: 'the old one' }));
  const databases = () => filesIn(data).filter((f) => f.endsWith('.db')).sort();
  const before = databases();
  const credential = pbkdf2('x');
  const many = write({ realm: 'bank', enabled: true, users: Array.from({ length: 20000 }, (_, i) => ({ username: `u${i}`, enabled: true, credentials: [credential] })) });
  for (const wait of [300, 1200, 2500]) {
    const child = spawn(BIN, ['realm', 'import', many, '--if-exists', 'overwrite', '--data', data], { env: childEnvironment(), stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await sleep(wait);
    child.kill('SIGKILL');
    await ended;
    const [realm] = (await cli.json('realm', 'list')).filter((r) => r.realm === 'bank');
    assert.equal(realm.displayName, 'the old one');
    assert.deepEqual(databases(), before);
  }
});
