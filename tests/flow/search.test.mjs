// Searching people and events from the command line, as scripts do.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { World } from './lib/world.mjs';

let world;
before(async () => {
  world = await World.open();
  for (const [name, first, city] of [['ana', 'Ana', 'Lima'], ['anabel', 'Anabel', 'Cusco'], ['eva', 'Eva', 'Lima']]) {
    await world.cli.ok('user', 'add', '--realm', 'peru', '--username', name, '--email', `${name}@example.pe`,
      '--first-name', first, '--last-name', 'Quispe', '--attribute', `city=${city}`);
  }
});
after(() => world.close());

const names = async (...more) => (await world.cli.json('user', 'list', '--realm', 'peru', ...more)).map((u) => u.username);

const cases = [
  [[], ['ana', 'anabel', 'eva']],
  [['--search', 'ana'], ['ana', 'anabel']],
  [['--search', 'quis', '--first', '1', '--limit', '1'], ['anabel']],
  [['--username', 'ana', '--exact'], ['ana']],
  [['--email', 'anabel@'], ['anabel']],
  [['--email', 'eva@example.pe', '--exact'], ['eva']],
  [['--first-name', 'ana'], ['ana', 'anabel']],
  [['--last-name', 'QUISPE', '--exact', '--after', 'ana'], ['anabel', 'eva']],
  [['--attribute', 'city=Lima'], ['ana', 'eva']],
  [['--attribute', 'city=Lima', '--search', 'e'], ['eva']],
  [['--attribute', 'city=Li'], []],
  [['--search', "%' OR 1=1 --"], []],
];
for (const [options, expected] of cases) {
  test(`AD-12 user list ${options.join(' ')}`, async () => {
    assert.deepEqual(await names(...options), expected);
  });
}

test('AD-12 --count counts all that match, whatever the page', async () => {
  assert.deepEqual(await world.cli.json('user', 'list', '--realm', 'peru', '--search', 'ana', '--limit', '1', '--count'), { count: 2 });
});

test('AD-12 a condition that is none is refused', async () => {
  for (const wrong of [['--attribute', 'city'], ['--attribute', '=Lima'], ['--first', '-1'], ['--limit', '0']]) {
    assert.equal((await world.cli.run(['user', 'list', '--realm', 'peru', ...wrong])).status, 2);
  }
});

test('AD-12 events by type, user, client and time together', async () => {
  const list = (...more) => world.cli.json('audit', 'list', '--realm', 'peru', ...more);
  const [{ id }] = await world.cli.json('user', 'list', '--realm', 'peru', '--username', 'eva');
  const made = await list('--type', 'UserCreated', '--client', 'garita-cli', '--from', '-1h');
  assert.equal(made.length, 3);
  assert.ok(made.some((e) => e.streamId === `user:${id}`));
  assert.equal((await list('--type', 'UserCreated', '--to', '-1h')).length, 0);
  assert.equal((await list('--type', 'UserCreated', '--client', 'account')).length, 0);
});
