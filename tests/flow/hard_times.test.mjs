// A machine that gives less than it should while the server works: no room in the middle of everything, a
// file system that turned read-only, few descriptors, a process that stands still. What was answered holds,
// what was refused was not done, and all comes back.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { bearer, request } from './lib/http.mjs';
import { Server, sleep, tempFolder, until } from './lib/server.mjs';
import { allWell, canMount, checkOf, health, inhabit, isRoot, mounted } from './lib/storage.mjs';
import { World } from './lib/world.mjs';

const realmFile = (name, people) => JSON.stringify({
  realm: name, enabled: true,
  users: Array.from({ length: people }, (_, i) => ({ username: `person-${i}`, enabled: true, attributes: { note: ['x'.repeat(1500)] } })),
});

// A refusal of ours: it passes, and says so in its protocol's form.
function isFull(reply, what) {
  assert.equal(reply.status, 503, `${what}: ${reply.status} ${reply.text}`);
  assert.ok(reply.headers['retry-after'], `${what}: Retry-After`);
  assert.ok(reply.json?.error ?? reply.json?.errorMessage, `${what}: ${reply.text}`);
  assert.ok(!/sqlite|\.db\b/i.test(reply.text), `${what}: ${reply.text}`);
}

const PEOPLE = 60; // of a partial import

// An administrator's token that outlasts the test, and one for so many registrations.
async function rights(world) {
  const admins = new AdminWorld(world.server);
  await admins.setRealm({ accessTokenLifespan: 3600 }, 'master');
  await admins.addAdmin('root', ['admin'], 'master');
  const kc = await admins.client('root', 'master', 'peru');
  const { token: initial } = await kc.realms.createClientsInitialAccess({ realm: 'peru' }, { count: 1000, expiration: 3600 });
  return { admins, token: await admins.token('root', 'master'), initial };
}

// Everything that adds something, again and again; each says whether it was answered as done.
function workers(world, client, folder, { admins, token, initial }) {
  let n = 0;
  const file = (name, text) => {
    const full = path.join(folder, name);
    writeFileSync(full, text, { mode: 0o600 });
    return full;
  };
  const cli = async (...args) => (await world.cli.run(args)).status === 0;
  return {
    login: async () => {
      const reply = await client.password('ana');
      assert.ok([200, 503, 507].includes(reply.status), `login: ${reply.status} ${reply.text}`);
      return reply.status === 200;
    },
    change: () => cli('user', 'set', '--realm', 'peru', '--username', 'ana', `firstName=Ana ${n++}`),
    apply: async () => {
      const name = `g-${n++}`;
      const groups = [{ name, attributes: { note: ['x'.repeat(1500)] } }, { name: `${name}-too` }];
      return await cli('apply', '-f', file('apply.json', JSON.stringify({ realm: 'peru', groups }))) && name;
    },
    partial: async () => {
      const name = `partial-${n++}`;
      const users = Array.from({ length: PEOPLE }, (_, i) => ({ username: `${name}-${i}`, enabled: true, attributes: { note: ['x'.repeat(1500)] } }));
      const reply = await admins.call('POST', '/realms/peru/partialImport', { token, json: { ifResourceExists: 'FAIL', users, groups: [{ name }] } });
      if (reply.status === 200) return name;
      isFull(reply, 'partial import');
      return false;
    },
    register: async () => {
      const name = `registered-${n++}`;
      const reply = await request(`${world.server.realm('peru')}/clients-registrations/openid-connect`, {
        method: 'POST', headers: bearer(initial), json: { client_name: name, redirect_uris: Array.from({ length: 20 }, (_, i) => `https://app.example.pe/${name}/${i}/${'x'.repeat(200)}`) },
      });
      if (reply.status === 201) return name;
      isFull(reply, 'registration');
      return false;
    },
    importing: async () => {
      const name = `import-${n++}`;
      const done = await cli('realm', 'import', file(`${name}.json`, realmFile(name, 300)));
      return done ? name : false;
    },
    backup: () => cli('backup', 'now'),
  };
}

// What was answered as done is there, whole; what was refused is not, not even in part.
async function allOrNothing(world, done) {
  const kc = await new AdminWorld(world.server).client('root', 'master', 'peru');
  const groups = (await kc.groups.find({ max: 1000 })).map((g) => g.name).sort();
  assert.deepEqual(groups, [...done.apply.flatMap((name) => [name, `${name}-too`]), ...done.partial].sort());
  const people = (await kc.users.find({ max: 2000 })).map((u) => u.username).filter((name) => name.startsWith('partial-'));
  assert.deepEqual(people.sort(), done.partial.flatMap((name) => Array.from({ length: PEOPLE }, (_, i) => `${name}-${i}`)).sort());
  const clients = (await kc.clients.find()).map((c) => c.name).filter((name) => name?.startsWith('registered-'));
  assert.deepEqual(clients.sort(), [...done.register].sort());
  const [{ count, remainingCount }] = await kc.realms.getClientsInitialAccess({ realm: 'peru' });
  assert.equal(count - remainingCount, done.register.length, 'a refusal uses nothing up');
}

test('OT-09, AU-03: no room in the middle of logins, changes, imports, registrations and backups: what was answered is there', { skip: !canMount && 'needs mount' }, async () => {
  const folder = mounted('96m');
  const data = path.join(folder, 'garita');
  const elsewhere = tempFolder('documents');
  mkdirSync(path.join(folder, 'backups'), { mode: 0o700 });
  const server = await Server.start({ data, args: ['--disk-reserve', '0', '--backup-dir', path.join(folder, 'backups'), '--log-format', 'json'] });
  try {
    const world = new World(server);
    await world.addRealm('peru');
    const peru = await inhabit(world, 'peru');
    const work = workers(world, peru.client, elsewhere, await rights(world));
    const done = Object.fromEntries(Object.keys(work).map((name) => [name, []]));
    const refused = Object.fromEntries(Object.keys(work).map((name) => [name, 0]));
    const round = async () => {
      for (const [name, run] of Object.entries(work)) {
        const result = await run();
        if (result) done[name].push(result);
        else refused[name]++;
      }
    };
    await round();
    for (const name of Object.keys(work)) assert.equal(done[name].length, 1, `${name} with room`);
    const filler = path.join(folder, 'filler');
    for (const leave of [0, 64 << 10, 512 << 10, 2 << 20]) {
      try {
        execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64K'], { stdio: 'ignore' });
      } catch { /* until there is none */ }
      if (leave) truncateSync(filler, Math.max(0, readFileSync(filler).length - leave));
      await round();
      await round();
    }
    for (const name of ['importing', 'backup', 'apply', 'partial', 'register']) assert.ok(refused[name] > 0, JSON.stringify(refused));
    rmSync(filler);
    await until('it comes back', async () => work.change());
    await round();
    for (const name of ['apply', 'partial', 'register']) assert.ok(done[name].length >= 2, `${name} with room again`);
    await allOrNothing(world, done);
    await allWell(peru);
    await server.crash();
    await server.launch();
    await allWell(peru);
    await allOrNothing(world, done);
    const realms = (await world.cli.json('realm', 'list')).map((r) => r.realm).sort();
    assert.deepEqual(realms, ['master', 'peru', ...done.importing].sort(), 'a realm that was refused is not there, not even in part');
    for (const name of done.importing) assert.equal((await world.cli.json('user', 'list', '--realm', name, '--limit', '1000')).length, 300);
    for (const name of realms) {
      await world.cli.ok('audit', 'verify', '--realm', name);
      await world.cli.ok('realm', 'check', name);
    }
    assert.ok((await world.cli.json('backup', 'list')).length >= 1);
    assert.ok(!server.log.includes('belongs to no realm'), 'no file is left of what was refused');
    await server.stop();
  } finally {
    if (server.child.exitCode === null && !server.child.signalCode) await server.crash();
    execFileSync('umount', ['-l', folder]);
    rmSync(elsewhere, { recursive: true });
  }
});

// A file system of its own that can be made to meet an error; undefined where the machine has none.
function errorFileSystem() {
  const folder = tempFolder('loop');
  const image = path.join(folder, 'image');
  const at = path.join(folder, 'mounted');
  try {
    mkdirSync(at);
    execFileSync('truncate', ['-s', '128M', image]);
    execFileSync('mkfs.ext4', ['-q', image]);
    execFileSync('mount', ['-o', 'loop,errors=remount-ro', image, at]);
    const device = path.basename(execFileSync('findmnt', ['-no', 'SOURCE', at]).toString().trim());
    return {
      at,
      fail: () => writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'a test'),
      repair: () => {
        execFileSync('umount', [at]);
        assert.ok(spawnSync('e2fsck', ['-fy', image]).status <= 1, 'e2fsck');
        execFileSync('mount', ['-o', 'loop', image, at]);
      },
      close: () => { execFileSync('umount', ['-l', at]); rmSync(folder, { recursive: true }); },
    };
  } catch {
    return undefined;
  }
}

test('OT-09: a file system that turns read-only while the server works: nothing is claimed, reading goes on, a new start is whole', { skip: !isRoot && 'needs root' }, async (t) => {
  const fs = errorFileSystem();
  if (!fs) return t.skip('no file system of its own');
  const server = await Server.start({ data: path.join(fs.at, 'garita'), args: ['--log-format', 'json'] });
  const world = new World(server);
  try {
    await world.addRealm('peru');
    const peru = await inhabit(world, 'peru');
    const kept = (await peru.client.password('ana')).json;
    fs.fail();
    for (let i = 0; i < 5; i++) {
      const login = await peru.client.password('ana');
      assert.equal(login.status, 503, login.text);
      assert.equal(login.json.access_token, undefined);
      assert.notEqual((await world.cli.run(['user', 'set', '--realm', 'peru', '--username', 'ana', `firstName=No ${i}`])).status, 0);
    }
    assert.equal((await peru.client.refresh(kept.refresh_token)).status, 503);
    await server.crash();
    const second = await Server.start({ data: server.data, wait: false });
    assert.equal((await second.ended).code, 1);
    assert.match(second.log, /read-only/i);
    fs.repair();
    await server.launch();
    await allWell(peru);
    assert.ok(!/^No /.test((await world.cli.json('user', 'show', '--realm', 'peru', '--username', 'ana')).firstName ?? ''));
    assert.equal((await peru.client.refresh(kept.refresh_token)).status, 200, 'what was refused spent nothing');
    await world.cli.ok('audit', 'verify', '--realm', 'peru');
    await server.stop();
    return undefined;
  } finally {
    if (server.child.exitCode === null && !server.child.signalCode) await server.crash();
    fs.close();
  }
});

test('few descriptors: who comes too many waits or is refused, no realm is hurt, and all comes back', async () => {
  const world = await World.open({ wrapper: ['prlimit', '--nofile=96:96'], args: ['--log-format', 'json', '--max-connections', '200'] });
  const { server } = world;
  const peru = await inhabit(world, 'peru');
  const others = Array.from({ length: 12 }, (_, i) => `realm-${i}`);
  for (const name of others) await world.addRealm(name);
  const ask = (name) => request(`${server.realm(name)}/.well-known/openid-configuration`, { agent: false }).catch(() => ({ status: 0 }));
  for (let round = 0; round < 3; round++) {
    const replies = await Promise.all(Array.from({ length: 300 }, (_, i) => ask(others[i % others.length])));
    for (const reply of replies) assert.ok([0, 200, 429, 503].includes(reply.status), `${reply.status} ${reply.text}`);
  }
  await until('all comes back', async () => (await Promise.all(others.map(ask))).every((r) => r.status === 200));
  await allWell(peru);
  assert.equal((await health(server)).json.checks.filter((c) => c.status !== 'UP').length, 0, 'nothing was fenced off');
  for (const name of ['peru', ...others]) await world.cli.ok('audit', 'verify', '--realm', name);
  await world.close();
});

test('OT-05: a process that stands still and goes on: nothing that was over lives, what was good is good', async () => {
  const world = await World.open({ realm: { accessTokenLifespan: 3 } });
  const { server } = world;
  const peru = await inhabit(world, 'peru');
  const { json: tokens } = await peru.client.password('ana');
  const waiting = peru.client.password('ana');
  server.child.kill('SIGSTOP');
  await sleep(4000);
  server.child.kill('SIGCONT');
  assert.equal((await waiting).status, 200, 'who waited is answered');
  assert.equal((await peru.client.introspect(tokens.access_token)).json.active, false, 'time went on');
  assert.equal((await peru.client.refresh(tokens.refresh_token)).status, 200);
  assert.equal((await peru.client.refresh(tokens.refresh_token)).status, 400);
  assert.equal(checkOf(await health(server), 'disk').status, 'UP');
  await allWell(peru);
  await world.close();
});
