// What may be typed into a password field, and into a name field.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { basic, request } from './lib/http.mjs';
import { Browser, PASSWORD } from './lib/oidc.mjs';
import { SECRET, World } from './lib/world.mjs';

let world, portal;
before(async () => {
  world = await World.open({ realm: { bruteForceProtected: false } });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
});
after(() => world.close());

test('PW-06: long and Unicode passwords count to their last character', async () => {
  const passwords = ['a'.repeat(72), 'b'.repeat(255), 'contraseña-ñandú-☃', '𝄞'.repeat(30), ' leading and trailing ', 'пароль пароль', '"\'<>&%+\\'];
  for (const [i, password] of passwords.entries()) {
    await world.addUser(`pw${i}`, {}, { password });
    assert.equal((await portal.password(`pw${i}`, password)).status, 200, password);
    const shorter = [...password].slice(0, -1).join('');
    for (const wrong of [`${password}x`, shorter, `x${password}`, `${shorter}\ufffd`]) {
      assert.equal((await portal.password(`pw${i}`, wrong)).status, 401, wrong);
    }
  }
});

test('PW-06: huge passwords, NUL and broken UTF-8 are refused quickly, without a 5xx', async () => {
  await world.addUser('ana');
  for (const password of ['x'.repeat(5000), 'x'.repeat(1 << 20), `${PASSWORD}\u0000`, `\u0000${PASSWORD}`, '']) {
    const started = Date.now();
    const reply = await portal.password('ana', password);
    assert.ok(reply.status >= 400 && reply.status < 500, `${reply.status}`);
    assert.ok(Date.now() - started < 30000);
  }
  const broken = await request(`${portal.endpoint}/token`, {
    body: 'grant_type=password&username=ana&password=%ff%fe', headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...basic('portal', SECRET) },
  });
  assert.equal(broken.status, 400);
});

test('BR-09: a user name has one form, in every path', async () => {
  await world.addUser('Carmen', { email: 'Carmen@Example.PE' });
  for (const name of ['carmen', 'CARMEN', ' carmen ', 'carmen@example.pe', 'CARMEN@EXAMPLE.PE']) {
    assert.equal((await portal.password(name)).status, 200, name);
    const page = await new Browser(world.server, 'peru').obtain({ client_id: 'portal' }, name);
    assert.ok(page.callback?.code, name);
  }
  const twice = await world.cli.withFile(PASSWORD, (file) =>
    world.cli.run(['user', 'add', '--realm', 'peru', '--username', 'CARMEN', '--password-file', file]));
  assert.equal(twice.status, 1);
});

test('RE-02: a user name may not be the e-mail of another, nor the other way round', async () => {
  await world.addUser('rosa', { email: 'rosa@example.pe' });
  const tries = [['rosa@example.pe'], ['other', 'email=rosa@example.pe']];
  for (const [name, ...more] of tries) {
    const result = await world.cli.withFile(PASSWORD, (file) =>
      world.cli.run(['user', 'add', '--realm', 'peru', '--username', name, '--password-file', file, ...more]));
    assert.equal(result.status, 1, name);
  }
});

test('IN-01, IN-02: names are data', async () => {
  for (const name of ["' OR '1'='1", "ana'--", '*)(uid=*', 'ana" OR ""="', '%', '_na', 'ana;', '${jndi:ldap://x}', '../../ana', 'ana\\', '\u202eana', 'x'.repeat(300), 'x'.repeat(100000)]) {
    const reply = await portal.password(name);
    assert.ok([400, 401, 413].includes(reply.status), name.slice(0, 40));
    const browser = new Browser(world.server, 'peru');
    const page = await browser.logIn(await browser.authorize({ client_id: 'portal' }), name);
    assert.ok(page.status < 500 && !(page.isRedirect && page.location.includes('code=')), name.slice(0, 40));
  }
});

test('the password policy is asked when a password is set', async () => {
  await world.setRealm({ passwordPolicy: 'length(10) and digits(1) and upperCase(1) and notUsername' });
  for (const weak of ['Short1', 'nodigitsUPPER', 'no-upper-1234']) {
    const result = await world.cli.withFile(weak, (file) => world.cli.run(['user', 'add', '--realm', 'peru', '--username', 'weak', '--password-file', file]));
    assert.equal(result.status, 1, weak);
    assert.ok(result.stderr.trim());
    assert.ok(!result.stderr.includes(weak), 'PW-07');
  }
  await world.addUser('strong', {}, { password: 'Good-enough-2024' });
  await world.setRealm({ passwordPolicy: '' });
});

test('PW-01: passwords of Keycloak verify, and are hashed anew at the login', async () => {
  const salt = randomBytes(16);
  const old = (digest, iterations, bytes) => ({
    secretData: JSON.stringify({ value: pbkdf2Sync('secreto-1', salt, iterations, bytes, digest).toString('base64'), salt: salt.toString('base64'), additionalParameters: {} }),
    credentialData: JSON.stringify({ hashIterations: iterations, algorithm: `pbkdf2-${digest}`, additionalParameters: {} }),
  });
  const users = { old256: old('sha256', 27500, 32), old256long: old('sha256', 27500, 64), old512: old('sha512', 30000, 64) };
  const lines = Object.entries(users).map(([username, c]) => JSON.stringify({ username, enabled: true, credentials: [{ type: 'password', ...c }] }));
  lines.push(JSON.stringify({ username: 'broken', enabled: true, credentials: [{ type: 'password', secretData: '{"value":"!!","salt":""}', credentialData: '{"hashIterations":-1,"algorithm":"pbkdf2-sha256"}' }] }));
  await world.cli.withFile(lines.join('\n'), (file) => world.cli.ok('user', 'import', '--realm', 'peru', '--file', file));
  for (const username of Object.keys(users)) {
    assert.equal((await portal.password(username, 'wrong')).status, 401, username);
    assert.equal((await portal.password(username, 'secreto-1')).status, 200, username);
    assert.equal((await portal.password(username, 'secreto-1')).status, 200, `${username}, after the new hash`);
    assert.equal((await portal.password(username, 'wrong')).status, 401, username);
  }
  assert.equal((await portal.password('broken', '')).json.access_token, undefined);
  assert.ok((await portal.password('broken', 'x')).status < 500, 'malformed records fail closed');
});
