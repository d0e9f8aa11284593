// Little room on the disk (AU-03, OT-09): changes stop first, then logins; what was given goes on being
// valid, what ends something goes on; with room again all comes back by itself.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { bearer, request } from './lib/http.mjs';
import { Browser } from './lib/oidc.mjs';
import { Server, until } from './lib/server.mjs';
import { canMount, checkOf, health, inhabit, metrics, mounted } from './lib/storage.mjs';
import { World } from './lib/world.mjs';

const MIB = 1 << 20;

// A world on a small file system of its own, whose reserve is 64 MiB.
async function small() {
  const folder = mounted('700m');
  const server = await Server.start({ data: path.join(folder, 'garita'), args: ['--disk-reserve', '64MiB', '--log-format', 'json'] });
  const world = new World(server);
  await world.addRealm('peru');
  const filler = path.join(folder, 'filler');
  return {
    world, server,
    leave: async (mib) => {
      rmSync(filler, { force: true });
      if (!mib) return;
      const free = Number(execFileSync('stat', ['-f', '-c', '%a', folder])) * Number(execFileSync('stat', ['-f', '-c', '%S', folder]));
      execFileSync('fallocate', ['-l', String(free - mib * MIB), filler]);
    },
    close: async () => {
      try {
        await server.stop();
      } finally {
        execFileSync('umount', ['-l', folder]);
      }
    },
  };
}
const diskState = async (server) => checkOf(await health(server), 'disk').data.state;
const linesAbout = (server, pattern) => server.logLines.filter((l) => pattern.test(l.message)).length;

test('AU-03, OT-09: below the reserve changes are refused, below a quarter of it logins too, and it comes back', { skip: !canMount && 'needs mount' }, async () => {
  const { world, server, leave, close } = await small();
  try {
    const { client, tokens, browser, fresh, page } = await inhabit(world, 'peru');
    const spare = (await client.password('ana')).json;
    const admins = new AdminWorld(server);
    await admins.addAdmin('root', ['admin'], 'master');
    const token = await admins.token('root', 'master');
    const { token: initial } = await (await admins.client('root', 'master', 'peru')).realms.createClientsInitialAccess({ realm: 'peru' }, { count: 1, expiration: 3600 });
    assert.equal(await diskState(server), 'enough');

    await leave(40);
    await until('it is noticed', async () => (await diskState(server)) === 'low');
    for (const command of [['user', 'set', '--realm', 'peru', '--username', 'ana', 'firstName=X'], ['realm', 'create', 'chile'], ['keys', 'rotate', '--realm', 'peru', '--alg', 'RS256']]) {
      const refused = await world.cli.run(command);
      assert.equal(refused.status, 1, command.join(' '));
      assert.match(refused.stderr, /room/);
    }
    const changes = [
      await admins.call('POST', '/realms/peru/partialImport', { token, json: { ifResourceExists: 'FAIL', users: [{ username: 'nobody' }] } }),
      await request(`${server.realm('peru')}/clients-registrations/openid-connect`, { method: 'POST', headers: bearer(initial), json: { redirect_uris: ['https://app.example.pe/cb'] } }),
    ];
    for (const reply of changes) {
      assert.equal(reply.status, 503, reply.text);
      assert.ok(reply.headers['retry-after']);
    }
    const login = await client.password('ana');
    assert.equal(login.status, 200, 'logins live on the reserve');
    assert.equal((await client.refresh(login.json.refresh_token)).status, 200);
    assert.ok((await browser.authorize({ client_id: 'portal' })).callback.code, 'single sign-on goes on');
    assert.equal((await health(server)).json.status, 'DEGRADED');
    assert.equal((await health(server, '/ready')).status, 200);
    assert.equal((await health(server, '/live')).status, 200);
    assert.match(await metrics(server), /^garita_store_disk_low 1$/m);
    const doctor = JSON.parse((await world.cli.run(['doctor', '--json'])).stdout);
    assert.equal(doctor.find((line) => line.check === 'disk reserve').result, 'failed');

    await leave(8);
    await until('it is noticed', async () => (await diskState(server)) === 'very low');
    for (const reply of [await client.password('ana'), await client.password('ana', 'wrong'), await client.service(), await client.refresh(spare.refresh_token)]) {
      assert.equal(reply.status, 503, reply.text);
      assert.equal(reply.json.error, 'temporarily_unavailable');
      assert.ok(reply.headers['retry-after']);
    }
    const form = await fresh.logIn(page, 'ana');
    assert.equal(form.status, 503);
    assert.match(form.headers['content-type'], /^text\/html/);
    assert.match(form.headers['retry-after'], /\d/);
    assert.equal((await client.introspect(tokens.access_token)).json.active, true, 'what was given stays valid');
    assert.equal((await client.userinfo(tokens.access_token)).status, 200);
    assert.equal((await request(`${server.realm('peru')}/protocol/openid-connect/certs`)).status, 200);
    assert.equal((await new Browser(server, 'peru').authorize({ client_id: 'portal' })).status, 200, 'the login page');
    assert.equal((await client.revoke(tokens.refresh_token)).status, 200, 'what ends something goes on');
    assert.equal((await client.introspect(tokens.refresh_token)).json.active, false);
    assert.match(await metrics(server), /^garita_store_disk_low 2$/m);

    await leave(0);
    await until('it comes back', async () => (await diskState(server)) === 'enough');
    assert.equal((await client.password('ana')).status, 200);
    assert.equal((await client.refresh(spare.refresh_token)).status, 200, 'a refusal spends nothing');
    await world.setUser('ana', { firstName: 'Ana' });
    assert.equal((await health(server)).json.status, 'UP');
    assert.equal(linesAbout(server, /less than the reserve/), 1);
    assert.equal(linesAbout(server, /less than a quarter/), 1);
    assert.equal(linesAbout(server, /free again/), 1);
    await world.cli.ok('audit', 'verify', '--realm', 'peru');
  } finally {
    await close();
  }
});

test('CL-01: disk-reserve is a size, a part or nothing', async () => {
  const server = await Server.start({ args: ['--disk-reserve', '0'] });
  assert.equal(await diskState(server), 'enough');
  await server.stop();
  for (const wrong of ['much', '256', '0%', '60%', '-1MiB', '256mib', '99999999999GiB']) {
    const second = new Server({ args: ['--disk-reserve', wrong], wait: false });
    Object.assign(second, { data: server.data, ports: server.ports, ownsData: false });
    await second.launch();
    assert.equal((await second.ended).code, 1, wrong);
    assert.match(second.log, /disk-reserve: must look like/, wrong);
  }
});
