// Restoring (BK-01, OT-05): a realm into its place under the running server, and a node from nothing but
// the backups and the copy of the master key.
import assert from 'node:assert/strict';
import { closeSync, copyFileSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { AdminWorld } from './lib/admin.mjs';
import { formById } from './lib/html.mjs';
import { bearer, request } from './lib/http.mjs';
import { freePort, Server, sleep, until } from './lib/server.mjs';
import { run } from './lib/cli.mjs';
import { addRealmFile } from './lib/storage.mjs';
import { World } from './lib/world.mjs';
import { holder, hotp, otpCredential } from './lib/otp.mjs';
import { Browser, PASSWORD, random } from './lib/oidc.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'garita-restore-'));
const dir = path.join(scratch, 'backups');
const world = await World.open({ args: ['--backup-dir', dir] });
after(async () => {
  await world.close();
  rmSync(scratch, { recursive: true, force: true });
});
const chileFile = await addRealmFile(world, 'chile');
await world.addUser('ana');
const portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
const kept = path.join(scratch, 'kept.key');
copyFileSync(path.join(world.server.data, 'master.key'), kept);

// A realm with things that are good once and are dated by others.
const admins = new AdminWorld(world.server);
await world.addRealm('ecuador', { otpPolicyLookAheadWindow: 1, bruteForceProtected: false });
await admins.addAdmin('root', ['admin'], 'master');
const ecuador = await admins.client('root', 'master', 'ecuador');
const people = { otto: 300, oscar: 300, olga: 1 }; // and the seconds for which a code of theirs stands
for (const [username, period] of Object.entries(people))
  await ecuador.users.create(holder(username, otpCredential({ period })));
await ecuador.users.create(holder('hector', otpCredential({ subType: 'hotp' })));
let usedByOscar;
const codeOf = (name) => hotp(Math.floor(Date.now() / 1000 / people[name]));
const counter = await world.addClient('counter', { realm: 'ecuador', values: { directAccessGrantsEnabled: true } });
const pair = await generateKeyPair('ES256', { extractable: true });
const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), alg: 'ES256', use: 'sig', kid: 'k1' }] });
await world.addClient('keyed', {
  realm: 'ecuador', serviceAccount: true, values: { clientAuthenticatorType: 'client-jwt', 'attributes.use.jwks.string': 'true', 'attributes.jwks.string': jwks },
});
const assertionFor = (server) => new SignJWT({ iss: 'keyed', sub: 'keyed', aud: server.realm('ecuador'), jti: random(), iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 600 })
  .setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(pair.privateKey);
const asKeyed = async (server, client_assertion) => (await request(`${server.realm('ecuador')}/protocol/openid-connect/token`, {
  form: { grant_type: 'client_credentials', client_assertion, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' },
})).status;
const initial = await ecuador.realms.createClientsInitialAccess({ realm: 'ecuador' }, { count: 1, expiration: 3600 });
const register = async () => (await request(`${world.server.realm('ecuador')}/clients-registrations/openid-connect`, {
  method: 'POST', json: { redirect_uris: ['https://app.example.pe/cb'] }, headers: bearer(initial.token),
})).status;

const early = await portal.password('ana');
assert.equal(early.status, 200);
// The server's own first backup may be under way.
async function backUp() {
  const result = await world.cli.run(['backup', 'now', '--json']);
  if (result.status === 0) return JSON.parse(result.stdout);
  assert.match(result.stderr, /another backup is being made/);
  await sleep(100);
  return backUp();
}
const backup = await backUp();
const takenBy = new Date().toISOString();
await sleep(20);
const users = async (realm = 'peru', cli = world.cli) => (await cli.json('user', 'list', '--realm', realm)).map((u) => u.username).sort();

test('a realm comes back into its place under the running server, and no other is touched', async () => {
  await world.addUser('eva');
  await world.addUser('luis', {}, { realm: 'chile' });
  const late = await portal.password('eva');
  assert.deepEqual(await users(), ['ana', 'eva']);
  const tried = await world.cli.json('restore', '--realm', 'peru', '--in-place', '--dry-run');
  assert.equal(tried.dryRun, true);
  assert.deepEqual(await users(), ['ana', 'eva']);

  const result = await world.cli.json('restore', '--realm', 'peru', '--at', takenBy, '--in-place');
  assert.equal(result.backup, backup.id);
  assert.equal(result.badEvent, 0);
  assert.equal(result.spentCarried, true);
  assert.deepEqual(await users(), ['ana']);
  assert.deepEqual(await users('chile'), ['luis']);
  // Nothing that was given out is good any more, before the backup or after it.
  for (const tokens of [early, late]) {
    assert.equal((await portal.refresh(tokens.json.refresh_token)).status, 400);
    assert.deepEqual((await portal.introspect(tokens.json.access_token)).json, { active: false });
  }
  assert.equal((await portal.password('ana')).status, 200);
  assert.notEqual((await portal.password('eva')).status, 200);
  const [event] = await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'RealmRestored');
  assert.equal(event.data.backup, backup.id);
  await world.cli.ok('audit', 'verify', '--realm', 'peru');
});

test('OT-05: what was spent stays spent, whatever state comes back', async () => {
  const tokens = await portal.password('ana');
  assert.equal((await portal.revoke(tokens.json.access_token)).status, 200);
  await world.cli.json('restore', '--realm', 'peru', '--backup', backup.id, '--in-place');
  assert.deepEqual((await portal.introspect(tokens.json.access_token)).json, { active: false });
});

test('OT-05, BK-01: one-time passwords, assertions, registrations and login pages of before the restore are not taken', async () => {
  const code = codeOf('otto');
  assert.equal((await counter.password('otto', PASSWORD, { totp: code })).status, 200);
  usedByOscar = codeOf('oscar');
  assert.equal((await counter.password('oscar', PASSWORD, { totp: usedByOscar })).status, 200);
  assert.equal((await counter.password('hector', PASSWORD, { totp: hotp(0) })).status, 200);
  const assertion = await assertionFor(world.server);
  assert.equal(await asKeyed(world.server, assertion), 200);
  assert.equal(await register(), 201);
  const browser = new Browser(world.server, 'ecuador');
  const page = await browser.authorize({ client_id: 'counter' });
  const unused = await assertionFor(world.server);

  await world.cli.json('restore', '--realm', 'ecuador', '--backup', backup.id, '--in-place');
  assert.equal((await counter.password('otto', PASSWORD, { totp: code })).status, 401, 'used after the backup');
  assert.equal((await counter.password('hector', PASSWORD, { totp: hotp(0) })).status, 401, 'his counter went on');
  assert.equal((await counter.password('hector', PASSWORD, { totp: hotp(1) })).status, 200);
  for (const old of [assertion, unused]) assert.equal(await asKeyed(world.server, old), 401, 'nobody knows whether it was used');
  assert.equal(await register(), 401, 'it counted to one');
  const late = await browser.logIn(page, 'otto');
  assert.ok(!formById(late.text, 'kc-otp-login-form'), late.text.slice(0, 500));

  await sleep(1100); // the second of the restore
  const fresh = new Browser(world.server, 'ecuador');
  assert.ok(formById((await fresh.logIn(await fresh.authorize({ client_id: 'counter' }), 'otto')).text, 'kc-otp-login-form'));
  assert.equal(await asKeyed(world.server, await assertionFor(world.server)), 200);
  await until('codes of later steps are good', async () => (await counter.password('olga', PASSWORD, { totp: codeOf('olga') })).status === 200);
  const { attributes } = await (await admins.client('root', 'master')).realms.findOne({ realm: 'ecuador' });
  assert.ok(!Object.keys(attributes ?? {}).some((name) => name.startsWith('garita.setup.')), 'the mark is nobody\'s setting');
});

test('a realm that was deleted comes back; after a restart it is there', async () => {
  await world.cli.ok('realm', 'delete', 'peru', '--confirm', 'peru');
  await world.cli.json('restore', '--realm', 'peru', '--backup', backup.id, '--in-place');
  await world.server.restart();
  assert.deepEqual(await users(), ['ana']);
  assert.equal((await portal.password('ana')).status, 200);
});

test('a realm that is fenced off because its database is damaged comes back', async () => {
  await world.server.restart();
  const bytes = readFileSync(chileFile);
  const fd = openSync(chileFile, 'r+');
  for (let at = 2048 + 1000; at < bytes.length; at += 2048) writeSync(fd, Buffer.from([bytes[at] ^ 8]), 0, 1, at);
  closeSync(fd);
  await until('the damage is met', async () => (await world.cli.run(['realm', 'check', 'chile'])).status === 1);
  const incomplete = await world.cli.run(['backup', 'now', '--json']);
  assert.equal(incomplete.status, 1);
  assert.match(incomplete.stderr, /lacks 1 realm/);
  assert.equal((await world.cli.json('backup', 'list')).at(-1).missing, 1);
  const result = await world.cli.json('restore', '--realm', 'chile', '--backup', backup.id, '--in-place');
  assert.equal(result.spentCarried, false);
  assert.deepEqual(await users('chile'), []);
  assert.equal((await world.cli.json('realm', 'list')).find((r) => r.realm === 'chile').state, 'ok');
});

test('the whole node comes back from the backups and the kept key alone', async () => {
  const to = path.join(scratch, 'node');
  const lost = ['--data', path.join(scratch, 'lost')];
  const restore = (...args) => run(world.cli.bin, ['restore', '--from', dir, '--to', to, ...args, ...lost]);
  const without = await restore();
  assert.equal(without.status, 1);
  assert.match(without.stderr, /master key is missing/);
  const wrong = path.join(scratch, 'wrong.key');
  writeFileSync(wrong, randomBytes(32), { mode: 0o600 });
  const refused = await restore('--key-file', wrong);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /another master key/);
  assert.ok(!existsSync(to));

  const ports = { web: await freePort(), management: await freePort() };
  const assertion = await assertionFor({ realm: (name) => `http://localhost:${ports.web}/realms/${name}` });
  const tried = await restore('--key-file', kept, '--dry-run');
  assert.equal(tried.status, 0, tried.stderr);
  assert.ok(!existsSync(to));
  const done = await restore('--key-file', kept, '--backup', backup.id);
  assert.equal(done.status, 0, done.stderr);
  assert.ok(!readdirSync(scratch).some((name) => name.endsWith('.restoring')));
  const again = await restore('--key-file', kept);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /there already/);

  const node = await Server.start({ data: to, ports });
  try {
    assert.deepEqual(await users('peru', node.cli), ['ana']);
    assert.deepEqual(await users('chile', node.cli), []);
    for (const realm of ['master', 'peru', 'chile']) {
      await node.cli.ok('audit', 'verify', '--realm', realm);
      await node.cli.ok('realm', 'check', realm);
    }
    const there = Object.assign(Object.create(Object.getPrototypeOf(portal)), portal, { server: node });
    assert.equal((await there.refresh(early.json.refresh_token)).status, 400);
    assert.equal((await there.password('ana', PASSWORD)).status, 200);
    // OT-05: nothing is known here of what was used on the machine that is lost.
    const counts = Object.assign(Object.create(Object.getPrototypeOf(counter)), counter, { server: node });
    assert.equal((await counts.password('oscar', PASSWORD, { totp: usedByOscar })).status, 401);
    assert.equal(await asKeyed(node, assertion), 401);
    assert.equal(await asKeyed(node, await assertionFor(node)), 200);
    await until('codes of later steps are good', async () => (await counts.password('olga', PASSWORD, { totp: codeOf('olga') })).status === 200);
  } finally {
    await node.stop();
  }
});

test('one realm comes into a folder of its own, with master', async () => {
  const to = path.join(scratch, 'one');
  const done = await run(world.cli.bin, ['restore', '--realm', 'chile', '--from', dir, '--to', to, '--key-file', kept, '--json', '--data', world.server.data]);
  assert.equal(done.status, 0, done.stderr);
  assert.deepEqual(JSON.parse(done.stdout).realms.map((r) => r.realm).sort(), ['chile', 'master']);
  const list = await run(world.cli.bin, ['realm', 'list', '--json', '--data', to]);
  assert.deepEqual(JSON.parse(list.stdout).map((r) => r.realm).sort(), ['chile', 'master']);
});

test('what cannot be is told in a sentence', async () => {
  const told = async (pattern, ...args) => {
    const { status, stderr } = await world.cli.run(['restore', ...args]);
    assert.notEqual(status, 0);
    assert.match(stderr, pattern);
  };
  await told(/--to DIR.*--in-place/, '--realm', 'peru');
  await told(/--realm NAME/, '--in-place');
  await told(/no backup with realm bolivia/, '--realm', 'bolivia', '--in-place');
  await told(/master is restored with the whole node/, '--realm', 'master', '--in-place');
  await told(/no backup of realm peru that was taken by then/, '--realm', 'peru', '--at', '2020-01-01', '--in-place');
  await told(/there is none/, '--realm', 'peru', '--backup', '20200101T000000.000Z', '--in-place');
});
