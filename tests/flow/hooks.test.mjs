// The hooks that come with the program: what they do to addresses, seen by an `ip` of ours, and what they say
// of a node.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from './lib/cli.mjs';
import { Server, freePort, tempFolder } from './lib/server.mjs';

const hooks = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../appliance/hooks');
const folder = tempFolder('hooks');
const told = path.join(folder, 'told');
const env = { PATH: `${folder}:${process.env.PATH}`, GARITA_ADDRESS_FILE: path.join(folder, 'address') };
const program = (name, text) => {
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`);
  chmodSync(path.join(folder, name), 0o700);
};
const address = (...words) => run(path.join(hooks, 'address.sh'), words, { env });
function lines() {
  const text = existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : [];
  rmSync(told, { force: true });
  return text;
}

before(() => {
  writeFileSync(env.GARITA_ADDRESS_FILE, 'ADDRESS=192.0.2.10/24\nDEVICE=eth7\n');
  program('arping', `echo arping "$@" >> '${told}'`);
  program('ip', `case "$*" in *show*) echo "2: eth7 inet 192.0.2.10/24 scope global eth7" ;; *) echo ip "$@" >> '${told}' ;; esac`);
});
after(() => rmSync(folder, { recursive: true }));

test('who is promoted takes the address and tells its neighbours', async () => {
  assert.equal((await address('promote', '7')).status, 0);
  assert.deepEqual(lines(), ['ip address replace 192.0.2.10/24 dev eth7', 'arping -U -c 3 -I eth7 192.0.2.10']);
});

test('who is demoted gives it up, if it has it', async () => {
  assert.equal((await address('demote', '7')).status, 0);
  assert.deepEqual(lines(), ['ip address del 192.0.2.10/24 dev eth7']);
  writeFileSync(env.GARITA_ADDRESS_FILE, 'ADDRESS=192.0.2.1/24\nDEVICE=eth7\n');
  assert.equal((await address('demote', '7')).status, 0);
  assert.deepEqual(lines(), []);
});

test('other words are refused, and a command that fails is told', async () => {
  assert.equal((await address()).status, 2);
  program('ip', 'exit 3');
  assert.notEqual((await address('promote', '8')).status, 0);
});

test('whether a node reigns is told to who asks', async () => {
  const server = await Server.start({ args: ['--replication-port', String(await freePort())] });
  const reigns = () => run(path.join(hooks, 'reigns.sh'), [], { env: { MANAGEMENT: `127.0.0.1:${server.ports.management}` } });
  try {
    assert.notEqual((await reigns()).status, 0); // alone
    await server.cli.ok('standby', 'token');
    assert.equal((await reigns()).status, 0);
  } finally {
    await server.stop();
  }
  assert.notEqual((await reigns()).status, 0);
});
