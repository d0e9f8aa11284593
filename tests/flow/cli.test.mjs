// The command line: the same on a stopped folder and on a running server; exit statuses; secrets
// never in arguments.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Cli, run } from './lib/cli.mjs';
import { Client, PASSWORD, REDIRECT } from './lib/oidc.mjs';
import { BIN, freePort, Server, tempFolder } from './lib/server.mjs';
import { SECRET } from './lib/world.mjs';

let server, running, stopped;
before(async () => {
  server = await Server.start();
  running = server.cli;
  const data = path.join(tempFolder(), 'garita');
  assert.equal((await run(BIN, ['init', '--data', data])).status, 0);
  stopped = new Cli(data, BIN);
});
after(() => server.stop());

const COMMANDS = ['serve', 'init', 'realm', 'user', 'client', 'role', 'group', 'keys', 'audit', 'bench-data', 'config', 'doctor', 'version', 'help'];

for (const command of COMMANDS) {
  test(`garita ${command} --help tells what it does, on stdout, with status 0`, async () => {
    const { status, stdout, stderr } = await run(BIN, [command, '--help']);
    assert.equal(status, 0);
    assert.ok(stdout.includes(command), stdout);
    assert.ok(stdout.split('\n').length >= 3);
    assert.equal(stderr, '');
  });
}

test('help lists every command; no argument is wrong usage', async () => {
  const { stdout } = await run(BIN, ['help']);
  for (const command of COMMANDS) assert.match(stdout, new RegExp(`\\b${command}\\b`));
  assert.equal((await run(BIN, [])).status, 2);
});

test('wrong usage is status 2 with one line on stderr', async () => {
  const wrong = [['nonsense'], ['realm'], ['realm', 'nonsense'], ['realm', 'create'], ['user', 'add'], ['user', 'add', '--realm'], ['realm', 'list', '--nonsense'],
    ['user', 'add', '--username', 'x'], ['serve', '--http-port', 'x'], ['serve', '--https-port', '70000'], ['audit', 'list', '--limit', '-1'], ['--nonsense'], ['version', 'extra', 'words']];
  for (const args of wrong) {
    const { status, stderr, stdout } = await stopped.run(args);
    assert.equal(status, 2, `${args.join(' ')}: ${stderr}`);
    assert.ok(stderr.trim().length > 0 && stderr.trim().split('\n').length <= 3, stderr);
    assert.equal(stdout, '');
  }
});

test('version says what it is; --licenses has the notices', async () => {
  assert.match((await run(BIN, ['version'])).stdout, /garita.*\d+\.\d+/i);
  const { stdout } = await run(BIN, ['version', '--licenses']);
  for (const name of ['SQLite', 'mbed', 'libsodium', 'CivetWeb', 'Apache']) assert.match(stdout, new RegExp(name, 'i'));
  assert.ok(JSON.parse((await run(BIN, ['version', '--json'])).stdout).version);
});

for (const [name, cli] of [['a running server', () => running], ['a stopped folder', () => stopped]]) {
  test(`realm, user, client, role, group, keys on ${name}`, async () => {
    const c = cli();
    await c.ok('realm', 'create', 'peru');
    assert.ok((await c.json('realm', 'list')).some((r) => (r.realm ?? r.name) === 'peru'));
    await c.withFile(PASSWORD, (file) => c.ok('user', 'add', '--realm', 'peru', '--username', 'ana', '--password-file', file, 'email=ana@example.pe'));
    assert.ok((await c.json('user', 'list', '--realm', 'peru')).some((u) => u.username === 'ana' && u.email === 'ana@example.pe'));
    await c.withFile(SECRET, (file) => c.ok('client', 'add', '--realm', 'peru', '--client-id', 'portal', '--secret-file', file, '--redirect-uri', REDIRECT, '--redirect-uri', 'https://app.example.pe/2', '--service-account'));
    await c.ok('client', 'add', '--realm', 'peru', '--client-id', 'spa', '--public', '--redirect-uri', REDIRECT);
    const clients = await c.json('client', 'list', '--realm', 'peru');
    for (const id of ['account', 'account-console', 'admin-cli', 'broker', 'realm-management', 'security-admin-console', 'portal', 'spa']) {
      assert.ok(clients.some((x) => x.clientId === id), id);
    }
    await c.ok('role', 'add', '--realm', 'peru', '--name', 'auditor');
    await c.ok('role', 'assign', '--realm', 'peru', '--username', 'ana', '--role', 'auditor');
    await c.ok('group', 'add', '--realm', 'peru', '--path', '/ops');
    assert.ok((await c.json('keys', 'list', '--realm', 'peru')).some((k) => (k.alg ?? k.algorithm) === 'RS256'));
    assert.ok((await c.json('audit', 'list', '--realm', 'peru')).length >= 4);
    assert.equal((await c.run(['audit', 'verify', '--realm', 'peru'])).status, 0);
    const ports = ['--https-port', '--http-port', '--management-port', '--grpc-port'];
    const free = await Promise.all(ports.map(async (name) => [name, String(await freePort())]));
    await c.ok('doctor', ...free.flat());
  });

  test(`refusals are status 1 with one clear line on ${name}`, async () => {
    const c = cli();
    const refusals = [['realm', 'create', 'peru'], ['realm', 'create', 'bad name'], ['realm', 'create', '../x'], ['realm', 'create', ''], ['realm', 'create', 'a'.repeat(300)],
      ['user', 'list', '--realm', 'nowhere'], ['user', 'set', '--realm', 'peru', '--username', 'nobody', 'firstName=x'], ['client', 'add', '--realm', 'peru', '--client-id', 'portal', '--public'],
      ['role', 'assign', '--realm', 'peru', '--username', 'ana', '--role', 'nothing'], ['realm', 'set', 'peru', 'accessTokenLifespan=-5'], ['realm', 'set', 'peru', 'nonsense=1'],
      ['realm', 'set', 'peru', 'enabled=perhaps'], ['keys', 'rotate', '--realm', 'peru', '--alg', 'none'], ['user', 'add', '--realm', 'peru', '--username', 'x', '--password-file', '/nonexistent']];
    for (const args of refusals) {
      const { status, stderr } = await c.run(args);
      assert.ok(status === 1 || (status === 2 && args[2] === ''), `${args.join(' ')}: ${status} ${stderr}`);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
      assert.doesNotMatch(stderr, /\.c:|sqlite/i);
    }
  });
}

test('what the command line makes on a running server works at once', async () => {
  const portal = new Client(server, 'peru', 'portal', SECRET);
  assert.equal((await portal.service()).status, 200);
  assert.ok((await portal.login('ana')).tokens.access_token);
});

test('what it makes on a stopped folder works after the start', async () => {
  const own = await Server.start({ data: stopped.data });
  const portal = new Client(own, 'peru', 'portal', SECRET);
  assert.equal((await portal.service()).status, 200);
  assert.ok((await portal.login('ana')).tokens.access_token);
  await own.stop();
});

test('commands on a stopped folder wait for each other', async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => stopped.run(['realm', 'list', '--json'])));
  for (const { status, stderr } of answers) assert.equal(status, 0, stderr);
});

test('a secret that is not given is made and shown once: 256 bits', async () => {
  const out = await running.json('client', 'add', '--realm', 'peru', '--client-id', 'generated', '--service-account', '--redirect-uri', REDIRECT);
  const secret = out.secret;
  assert.ok(Buffer.from(secret, 'base64url').length >= 32 || secret.length >= 43, 'at least 256 bits');
  assert.equal((await new Client(server, 'peru', 'generated', secret).service()).status, 200);
});

test('passwords are taken from a prompt or a file, never from an argument', async () => {
  for (const args of [['user', 'add', '--realm', 'peru', '--username', 'x', '--password', 'secret'], ['client', 'add', '--realm', 'peru', '--client-id', 'x', '--secret', 'secret']]) {
    assert.equal((await running.run(args)).status, 2, args.join(' '));
  }
  const piped = await running.run(['user', 'add', '--realm', 'peru', '--username', 'piped', '--password-file', '-'], { input: `${PASSWORD}\n` });
  assert.equal(piped.status, 0, piped.stderr);
  const portal = new Client(server, 'peru', 'portal', SECRET);
  assert.ok((await portal.login('piped')).tokens.access_token, 'the line end is not part of the password');
});

test('a change of nothing is wrong usage and no event', async () => {
  const events = async () => (await stopped.json('audit', 'list', '--realm', 'peru')).length;
  const earlier = await events();
  for (const args of [['realm', 'set', 'peru'], ['realm', 'update', 'peru'], ['client', 'set', '--realm', 'peru', '--client-id', 'portal'], ['user', 'set', '--realm', 'peru', '--username', 'ana']]) {
    const { status, stderr } = await stopped.run(args);
    assert.equal(status, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, /missing: \[?KEY=VALUE/);
  }
  assert.equal(await events(), earlier);
  await stopped.ok('realm', 'set', 'peru', '--enable');
  await stopped.ok('client', 'set', '--realm', 'peru', '--client-id', 'portal', '--enable');
});

test('what is wrong with a password is said in a sentence', async () => {
  await stopped.ok('realm', 'create', 'strict', 'passwordPolicy=length(10) and passwordHistory(2)');
  const add = (password) => stopped.run(['user', 'add', '--realm', 'strict', '--username', 'ana', '--password-file', '-'], { input: password });
  const short = await add('short');
  assert.equal(short.status, 1);
  assert.match(short.stderr, /the password needs at least 10 characters/);
  assert.equal((await add(PASSWORD)).status, 0);
  const again = await stopped.run(['user', 'password', '--realm', 'strict', '--username', 'ana', '--password-file', '-'], { input: PASSWORD });
  assert.equal(again.status, 1);
  assert.match(again.stderr, /the password must differ from the last 2 passwords/);
});

test('a mapper of an unknown type is refused', async () => {
  const add = (type) => stopped.run(['client', 'mapper', 'add', '--realm', 'peru', '--client-id', 'portal', '--name', 'full', '--type', type]);
  const { status, stderr } = await add('nope');
  assert.equal(status, 1);
  assert.match(stderr, /there is no mapper type nope/);
  assert.deepEqual(await stopped.json('client', 'mapper', 'list', '--realm', 'peru', '--client-id', 'portal'), []);
  assert.equal((await add('oidc-full-name-mapper')).status, 0);
});

test('keys rotate tells what signs now; the older key verifies for 30 days', async () => {
  const rotate = (...args) => running.ok('keys', 'rotate', '--realm', 'turning', ...args);
  const keys = async () => running.json('keys', 'list', '--realm', 'turning');
  await running.ok('realm', 'create', 'turning');
  await running.withFile(SECRET, (file) => running.ok('client', 'add', '--realm', 'turning', '--client-id', 'robot', '--secret-file', file, '--service-account', '--redirect-uri', REDIRECT));
  const first = await rotate('--alg', 'ES256');
  assert.match(first, /new ES256 key \S+ signs wherever ES256 is chosen; this realm's default is RS256/);
  assert.doesNotMatch(first, /older/);
  assert.match(await rotate('--alg', 'ES256'), /older ES256 keys verify for 30 days/);
  const [old] = (await keys()).filter((k) => k.algorithm === 'RS256');
  assert.match(await rotate(), /RS256 now signs with key \S+; older RS256 keys verify for 30 days/);
  const after = (await keys()).filter((k) => k.algorithm === 'RS256');
  const fresh = after.find((k) => k.status === 'ACTIVE');
  const passive = after.find((k) => k.kid === old.kid);
  assert.ok(fresh.kid !== old.kid && fresh.priority > passive.priority);
  assert.equal(passive.status, 'PASSIVE');
  assert.ok(Math.abs(Date.parse(passive.verifiesUntil) - Date.now() - 30 * 86400e3) < 60e3, passive.verifiesUntil);
  const reply = await new Client(server, 'turning', 'robot', SECRET).service();
  const token = reply.json?.access_token ?? reply.body.access_token;
  assert.equal(JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid, fresh.kid);
});

test('a look into an empty folder leaves it empty', async () => {
  const empty = new Cli(path.join(tempFolder(), 'empty'), BIN);
  mkdirSync(empty.data, { mode: 0o700 });
  for (const args of [['user', 'list', '--realm', 'peru'], ['realm', 'list'], ['doctor']]) {
    const { status, stdout, stderr } = await empty.run(args);
    assert.equal(status, args[0] === 'doctor' ? 0 : 1, args.join(' '));
    assert.match(stdout + stderr, /the data folder is empty/);
    assert.deepEqual(readdirSync(empty.data), []);
  }
});

test('help of a group in a group; --version; unknown words are repeated', async () => {
  for (const args of [['help', 'client', 'mapper'], ['client', 'mapper', '--help']]) {
    const { status, stdout } = await run(BIN, args);
    assert.equal(status, 0, args.join(' '));
    for (const verb of ['add', 'list', 'delete']) assert.match(stdout, new RegExp(`garita client mapper ${verb}`));
    assert.doesNotMatch(stdout, /client secret/);
  }
  assert.equal((await run(BIN, ['--version'])).stdout, (await run(BIN, ['version'])).stdout);
  for (const args of [['nope'], ['realm', 'nope'], ['client', 'mapper', 'nope'], ['help', 'nope'], ['completion', 'nope']]) {
    const { status, stderr } = await run(BIN, args);
    assert.equal(status, 2, args.join(' '));
    assert.match(stderr, /nope/);
  }
});

test('--temporary asks for a new password at the first login', async () => {
  await running.withFile(PASSWORD, (file) => running.ok('user', 'add', '--realm', 'peru', '--username', 'brief', '--temporary', '--password-file', file));
  const { requiredActions } = await running.json('user', 'show', '--realm', 'peru', '--username', 'brief');
  assert.deepEqual(requiredActions, ['UPDATE_PASSWORD']);
});

test('without a data folder: the reason, not a new folder', async () => {
  const nowhere = new Cli(path.join(tempFolder(), 'none'), BIN);
  for (const args of [['realm', 'list'], ['user', 'list', '--realm', 'master'], ['audit', 'verify', '--realm', 'master'], ['doctor']]) {
    assert.equal((await nowhere.run(args)).status, 1, args.join(' '));
  }
  assert.ok(!existsSync(nowhere.data));
});

test('CL-03: the local socket is for its owner', () => {
  const socket = ['garita.sock', 'control.sock', 'admin.sock', 'cli.sock'].map((n) => path.join(server.data, n)).find(existsSync);
  assert.ok(socket, 'a socket in the data folder');
  assert.equal(statSync(socket).mode & 0o077, 0);
});

test('config shows every value and where it came from', async () => {
  const { status, stdout } = await run(BIN, ['config', '--data', server.data, '--http-port', '8188'], { env: { GARITA_BASE_PATH: '/auth' } });
  assert.equal(status, 0);
  assert.match(stdout, /http-port.*8188/);
  assert.match(stdout, /base-path.*\/auth/);
  assert.match(stdout, /GARITA_BASE_PATH|environment/);
  assert.match(stdout, /default/);
});

test('a setting of the environment that is wrong stops the start with its name', async () => {
  const { status, stderr } = await run(BIN, ['serve', '--data', path.join(tempFolder(), 'x')], { env: { GARITA_HTTPS_PORT: 'many' } });
  assert.ok([1, 2].includes(status));
  assert.match(stderr, /HTTPS_PORT|https-port/i);
});

test('bash completion and manual page come with the program', async () => {
  const completion = await run(BIN, ['completion', 'bash']);
  const manual = await run(BIN, ['help', '--man']);
  assert.equal(completion.status, 0, completion.stderr);
  assert.match(completion.stdout, /complete /);
  assert.equal(manual.status, 0, manual.stderr);
  assert.match(manual.stdout, /^\.TH/m);
});

test('deleting: a client, a user, a realm; gone at once', async () => {
  await running.ok('client', 'delete', '--realm', 'peru', '--client-id', 'generated');
  await running.ok('user', 'delete', '--realm', 'peru', '--username', 'piped');
  assert.ok(!(await running.json('user', 'list', '--realm', 'peru')).some((u) => u.username === 'piped'));
  await running.ok('realm', 'create', 'temp');
  await running.ok('realm', 'delete', 'temp', '--confirm', 'temp');
  assert.ok(!(await running.json('realm', 'list')).some((r) => (r.realm ?? r.name) === 'temp'));
  assert.equal((await running.run(['realm', 'delete', 'master', '--confirm', 'master'])).status, 1, 'master stays');
});

test('commands in parallel with requests do not disturb each other', async () => {
  const portal = new Client(server, 'peru', 'portal', SECRET);
  const jobs = Array.from({ length: 12 }, (_, i) => running.ok('role', 'add', '--realm', 'peru', '--name', `r${i}`));
  const tokens = Array.from({ length: 50 }, () => portal.service());
  for (const reply of await Promise.all(tokens)) assert.equal(reply.status, 200);
  await Promise.all(jobs);
  const roles = await running.json('role', 'list', '--realm', 'peru');
  for (let i = 0; i < 12; i++) assert.ok(roles.some((r) => r.name === `r${i}`));
});

test('SK-03: the process cannot be dumped or read by others', () => {
  const status = readFileSync(`/proc/${server.child.pid}/limits`, 'utf8');
  assert.match(status, /Max core file size\s+0\s+0/);
});
