// Out, in and out again: the same bytes, whatever a realm holds; and what was true of it is true of the copy.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { Cli, run } from './lib/cli.mjs';
import { people, realmExport } from './lib/exports.mjs';
import { fillRealm } from './lib/full_realm.mjs';
import { Client, PASSWORD, REDIRECT } from './lib/oidc.mjs';
import { BIN, Server, tempFolder } from './lib/server.mjs';
import { SECRET } from './lib/world.mjs';

let world, folder;
before(async () => {
  world = await AdminWorld.open();
  folder = tempFolder('round-trip');
  await fillRealm(world, await world.client('root', 'master', 'peru'));
});
after(() => world.close());

const to = (...names) => path.join(folder, ...names);
const portal = (server) => new Client(server, 'peru', 'portal', SECRET, { redirectUri: REDIRECT });

async function freshFolder() {
  const data = path.join(tempFolder(), 'garita');
  assert.equal((await run(BIN, ['init', '--data', data])).status, 0);
  return new Cli(data, BIN);
}

// The first place where two texts part says more than that they do.
function assertSame(one, other) {
  const [a, b] = [one, other].map((file) => readFileSync(file, 'utf8'));
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const around = (text) => text.slice(Math.max(0, at - 200), at + 200);
  assert.ok(a === b, `${path.basename(one)} parts at ${at}:\n${around(a)}\n---\n${around(b)}`);
}

test('one file: export, import, export', async () => {
  await world.cli.ok('realm', 'export', 'peru', '--to', to('first.json'));
  const copy = await freshFolder();
  await copy.ok('realm', 'import', to('first.json'));
  await copy.ok('realm', 'export', 'peru', '--to', to('second.json'));
  assertSame(to('first.json'), to('second.json'));
});

test('policies, both secrets and the flows of a client are in the file; what cannot be carried out is left and told', async () => {
  const realm = JSON.parse(readFileSync(to('first.json'), 'utf8'));
  const client = (clientId) => realm.clients.find((c) => c.clientId === clientId);
  const grant = realm.authenticationFlows.find((f) => f.alias === 'grant of the portal');
  assert.deepEqual(client('portal').authenticationFlowBindingOverrides, { direct_grant: grant.id });
  assert.ok(client('rotating').attributes['client.secret.rotated'].length >= 43);
  assert.notEqual(client('rotating').attributes['client.secret.rotated'], client('rotating').secret);
  assert.deepEqual(realm.clientProfiles.profiles.map((p) => p.name), ['rotation']);
  assert.deepEqual(realm.clientPolicies.policies.map((p) => p.name), ['rotate']);

  client('portal').authenticationFlowBindingOverrides = { browser: grant.id, direct_grant: '5b1f9f4e-0000-4000-8000-000000000001' };
  realm.clientProfiles.profiles[0].executors.push({ executor: 'holder-of-nothing', configuration: {} });
  writeFileSync(to('changed.json'), JSON.stringify(realm));
  const copy = await freshFolder();
  const report = await copy.json('realm', 'import', to('changed.json'));
  const left = JSON.stringify(report);
  for (const at of ['authenticationFlowBindingOverrides', 'clientProfiles', 'clientPolicies']) assert.ok(left.includes(at), at);
  await copy.ok('realm', 'export', 'peru', '--to', to('left.json'));
  const after = JSON.parse(readFileSync(to('left.json'), 'utf8'));
  assert.deepEqual(after.clients.find((c) => c.clientId === 'portal').authenticationFlowBindingOverrides, {});
  assert.deepEqual([after.clientProfiles, after.clientPolicies], [undefined, undefined]);
});

test('people apart: the same files, imported into a serving server', async () => {
  const apart = ['--users', 'different-files', '--users-per-file', '3'];
  await world.cli.ok('realm', 'export', 'peru', '--to', to('first'), ...apart);
  const server = await Server.start();
  try {
    await server.cli.ok('realm', 'import', to('first'));
    await server.cli.ok('realm', 'export', 'peru', '--to', to('second'), ...apart);
    const files = readdirSync(to('first')).sort();
    assert.ok(files.length >= 4);
    assert.deepEqual(readdirSync(to('second')).sort(), files);
    for (const file of files) assertSame(to('first', file), to('second', file));
    await livesOn(server);
  } finally {
    await server.stop();
  }
});

// Tokens of before verify, secrets of clients and passwords still open, the signing key is the same.
async function livesOn(server) {
  const token = (await portal(world.server).service()).json.access_token;
  const { json } = await portal(server).introspect(token);
  assert.equal(json.iss ? json.active : json.active, false, 'a token of another issuer is none of ours');
  const kid = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url')).kid;
  const own = (await portal(server).service()).json.access_token;
  assert.equal(kid(own), kid(token));
  await server.cli.ok('client', 'set', '--realm', 'peru', '--client-id', 'spa', 'directAccessGrantsEnabled=true');
  const spa = new Client(server, 'peru', 'spa', undefined, { redirectUri: REDIRECT });
  assert.equal((await spa.password('maria', PASSWORD)).status, 200);
  assert.equal((await spa.password('maria', 'wrong')).status, 401);
}

for (const version of [15, 21, 26]) {
  test(`what Keycloak ${version} exported stays as it is, once it has been here`, async () => {
    const realm = `bank${version}`;
    const [given, first, second] = ['given', 'first', 'second'].map((name) => to(`${realm}-${name}.json`));
    writeFileSync(given, JSON.stringify(realmExport(version, { realm, users: people(realm) })));
    for (const [from, out] of [[given, first], [first, second]]) {
      const copy = await freshFolder();
      await copy.ok('realm', 'import', from);
      await copy.ok('realm', 'export', realm, '--to', out);
    }
    assertSame(first, second);
  });
}
