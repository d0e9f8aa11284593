// garita bench-data: what the benchmarks measure with is whole, the same every time, and never mixed
// with anything else.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { Cli, run } from './lib/cli.mjs';
import { Client } from './lib/oidc.mjs';
import { BIN, Server, tempFolder } from './lib/server.mjs';

const base = tempFolder('bench-data');
after(() => rmSync(base, { recursive: true }));
const folder = (name) => path.join(base, name);
const make = (set, name, ...more) => run(BIN, ['bench-data', set, '--data', folder(name), ...more]);
const people = (name, realm) => new Cli(folder(name), BIN).json('user', 'list', '--realm', realm, '--limit', '1000');

test('the sets have their realms and people, and whole chains', async () => {
  assert.equal((await make('four', 'four', '--divide', '500')).status, 0);
  const cli = new Cli(folder('four'), BIN);
  for (const [realm, count] of [['four1', 30], ['four2', 16], ['four3', 24], ['four4', 40]]) {
    assert.deepEqual(await cli.json('user', 'list', '--realm', realm, '--count'), { count });
  }
  const chains = await cli.json('audit', 'verify');
  assert.ok(chains.every((c) => c.whole));
  assert.ok(chains.find((c) => c.realm === 'four4').events >= 400);
});

test('people are the same every time', async () => {
  for (const name of ['once', 'twice']) assert.equal((await make('small', name, '--divide', '20')).status, 0);
  const once = await people('once', 'bench');
  assert.equal(once.length, 50);
  assert.deepEqual(await people('twice', 'bench'), once);
});

test('what was interrupted goes on, what is done stays as it is', async () => {
  const cli = new Cli(folder('once'), BIN);
  await cli.ok('user', 'delete', '--realm', 'bench', '--username', 'user49');
  assert.equal((await make('small', 'once', '--divide', '20')).status, 0);
  assert.deepEqual(await cli.json('user', 'list', '--realm', 'bench', '--count'), { count: 50 });
  assert.ok((await cli.json('audit', 'verify')).every((c) => c.whole));
  const before = (await cli.json('audit', 'verify', '--realm', 'bench'))[0].head;
  assert.equal((await make('small', 'once', '--divide', '20')).status, 0);
  assert.equal((await cli.json('audit', 'verify', '--realm', 'bench'))[0].head, before);
});

test('a folder that holds anything else is refused and left as it was', async () => {
  mkdirSync(folder('other'), { mode: 0o700 });
  writeFileSync(path.join(folder('other'), 'letter'), 'dear');
  const refused = await make('small', 'other');
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /holds other data/);
  assert.deepEqual(readdirSync(folder('other')), ['letter']);
  assert.equal(readFileSync(path.join(folder('other'), 'letter'), 'utf8'), 'dear');
  assert.equal((await run(BIN, ['init', '--data', folder('real')])).status, 0);
  assert.equal((await make('small', 'real')).status, 1);
  assert.ok(!existsSync(path.join(folder('real'), 'bench-data')));
  assert.equal((await make('four', 'once')).status, 1);
  assert.equal((await make('nonsense', 'new')).status, 2);
  assert.equal((await make('small', 'new', '--divide', '0')).status, 2);
  assert.ok(!existsSync(folder('new')));
});

test('its people and its client log in', async () => {
  const server = await Server.start({ data: folder('twice') });
  const client = new Client(server, 'bench', 'bench', 'known-to-everyone-as-it-is-for-benchmarks-only');
  assert.equal((await client.password('user7', 'correct-horse')).status, 200);
  assert.equal((await client.service()).status, 200);
  assert.equal((await client.password('user7', 'wrong')).status, 401);
  await server.stop();
});
