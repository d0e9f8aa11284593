// Files that others move, replace or cut while the server uses them: what was answered is there when they
// are put back, nothing is answered that went elsewhere, other realms go on, and operators are told.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { sleep, until } from './lib/server.mjs';
import { World } from './lib/world.mjs';
import { addRealmFile, allWell, checkOf, health, inhabit } from './lib/storage.mjs';

async function twoRealms(...args) {
  const world = await World.open({ args: ['--log-format', 'json', ...args] });
  const file = await addRealmFile(world, 'chile');
  const chile = await inhabit(world, 'chile');
  const peru = await inhabit(world, 'peru');
  return { world, server: world.server, file, chile, peru };
}

const setName = async (world, name, realm = 'chile') => (await world.cli.run(['user', 'set', '--realm', realm, '--username', 'ana', `firstName=${name}`])).status === 0;
const nameOf = async (world, realm = 'chile') => (await world.cli.json('user', 'show', '--realm', realm, '--username', 'ana')).firstName;
const reasonOf = async (server) => checkOf(await health(server), 'realm chile')?.data.reason;

// Changes until one is refused; the last one that was answered.
async function changeUntilRefused(world) {
  let last;
  for (let i = 0; i < 50; i++) {
    if (!await setName(world, `Ana ${i}`)) return last;
    last = `Ana ${i}`;
    await sleep(100);
  }
  return assert.fail(`changes are still answered: ${last}`);
}

const both = ['', '-wal'];
const moves = {
  'its files moved away': {
    move: (file) => both.forEach((s) => renameSync(file + s, `${file}${s}.away`)),
    back: (file) => both.forEach((s) => renameSync(`${file}${s}.away`, file + s)),
  },
  'its database moved away': {
    move: (file) => renameSync(file, `${file}.away`),
    back: (file) => renameSync(`${file}.away`, file),
  },
  'its log moved away': {
    move: (file) => renameSync(`${file}-wal`, `${file}-wal.away`),
    back: (file) => renameSync(`${file}-wal.away`, `${file}-wal`),
  },
  'older files put in their place': {
    before: (file) => both.forEach((s) => copyFileSync(file + s, `${file}${s}.old`)),
    move: (file) => both.forEach((s) => {
      renameSync(file + s, `${file}${s}.away`);
      renameSync(`${file}${s}.old`, file + s);
    }),
    back: (file) => both.forEach((s) => renameSync(`${file}${s}.away`, file + s)),
  },
};

for (const [name, { before, move, back }] of Object.entries(moves)) {
  test(`OT-09: a realm in use with ${name}: nothing more is answered, and all that was is there when they are back`, async () => {
    const { world, server, file, chile, peru } = await twoRealms();
    before?.(file);
    assert.ok(await setName(world, 'Ana before'));
    move(file);
    assert.equal(await changeUntilRefused(world), undefined, 'what went to files that are elsewhere was answered');
    assert.equal((await chile.client.password('ana')).status, 503);
    await until('it is told', async () => /moved, removed or replaced/.test(await reasonOf(server)));
    await allWell(peru);
    assert.equal((await health(server, '/ready')).status, 200);
    back(file);
    assert.equal((await chile.client.password('ana')).status, 503, 'until somebody says so');
    await world.cli.ok('realm', 'check', 'chile');
    await allWell(chile);
    assert.ok(['Ana before', 'Ana 0'].includes(await nameOf(world)), 'the last answer, or the one that got none');
    await server.restart();
    await allWell(chile);
    await world.cli.ok('audit', 'verify', '--realm', 'chile');
    await world.close();
  });
}

test('OT-09: a realm at rest whose files are moved is fenced off before it is used again', async () => {
  const { world, server, file, chile } = await twoRealms();
  renameSync(file, `${file}.away`);
  await until('it is told', async () => /moved, removed or replaced/.test(await reasonOf(server)));
  assert.equal((await chile.client.password('ana')).status, 503);
  assert.equal(server.logLines.filter((l) => /realm chile is fenced off/.test(l.message)).length, 1);
  renameSync(`${file}.away`, file);
  await world.cli.ok('realm', 'check', 'chile');
  await allWell(chile);
  await world.close();
});

test('OT-09: all of realms/ moved away: nothing is answered that would be lost; a start says what to do', async () => {
  const { world, server, chile } = await twoRealms();
  assert.ok(await setName(world, 'Ana before'));
  const realms = path.join(server.data, 'realms');
  renameSync(realms, `${realms}.away`);
  assert.equal(await changeUntilRefused(world), undefined);
  assert.equal((await chile.client.password('ana')).status, 503);
  await server.crash();
  renameSync(`${realms}.away`, realms);
  await server.launch();
  for (const realm of ['chile', 'peru']) await world.cli.run(['realm', 'check', realm]);
  await allWell(chile);
  assert.ok(['Ana before', 'Ana 0'].includes(await nameOf(world)));
  await world.close();
});

test('the folders of the cache and of archives that go away while the server runs harm nobody', async () => {
  const { world, server, chile } = await twoRealms('--cache-disk', String(8 << 20));
  for (const folder of ['cache', 'audit']) rmSync(path.join(server.data, folder), { recursive: true, force: true });
  await allWell(chile);
  await world.cli.ok('audit', 'verify', '--realm', 'chile');
  await server.restart();
  await allWell(chile);
  await world.close();
});

for (const [what, suffix, bytes] of [['database', '', 4 * 2048], ['log', '-wal', 0], ['log in the middle', '-wal', 32 + 3 * (24 + 2048)]]) {
  test(`OT-09: a ${what} that is cut while it is used: no wrong answer, no crash, other realms go on`, async () => {
    const { world, server, file, chile, peru } = await twoRealms('--checkpoint-pages', '100000');
    if (suffix === '') await server.restart(); // all is in the database
    assert.equal((await chile.client.password('ana')).status, 200);
    truncateSync(file + suffix, bytes);
    await until('it is met', async () => {
      const login = await chile.client.password('ana');
      assert.ok([200, 503].includes(login.status), `${login.status} ${login.text}`);
      if (suffix === '') await world.cli.run(['realm', 'check', 'chile']); // no need to wait for the one in the background
      return login.status === 503 && await reasonOf(server);
    });
    await allWell(peru);
    await server.crash();
    await server.launch();
    assert.equal((await chile.client.password('ana')).status, 503, 'a new start does not forget');
    await allWell(peru);
    await world.close();
  });
}

test('OT-09: a folder in the place of a database, and a database that nobody may open', async () => {
  const { world, server, file, chile, peru } = await twoRealms();
  await server.restart();
  renameSync(file, `${file}.away`);
  mkdirSync(file, { mode: 0o700 });
  assert.equal((await chile.client.password('ana')).status, 503);
  assert.match(await reasonOf(server), /put the file itself there/);
  await allWell(peru);
  rmSync(file, { recursive: true });
  renameSync(`${file}.away`, file);
  await world.cli.ok('realm', 'check', 'chile');
  await allWell(chile);
  assert.ok(readdirSync(path.dirname(file)).includes(path.basename(file)));
  await world.close();
});
