// User names that look like others, and names in every spelling (WE-13, BR-09).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, PASSWORD } from './lib/oidc.mjs';
import { World } from './lib/world.mjs';

let world, portal;
before(async () => {
  world = await World.open();
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
});
after(() => world.close());

const add = (name, ...more) => world.cli.withFile(PASSWORD, (file) =>
  world.cli.run(['user', 'add', '--realm', 'peru', '--username', name, '--password-file', file, ...more]));
const events = async (type) => world.cli.json('audit', 'list', '--realm', 'peru', '--type', type, '--limit', '1000');

test('WE-13: names that mix scripts or hold what no name has are refused, by every way in', async () => {
  await world.addUser('target');
  const bad = ['p\u0430ypal', 'ad\u03bfmin', 'maria\u202e', 'ma\u200bria', 'maria\u0378', '\u0301ana', 'ana\u{1f600}', '\ue000'];
  for (const name of bad) {
    const result = await add(name);
    assert.equal(result.status, 1, name);
    assert.match(result.stderr, /user name/, name);
    const renamed = await world.cli.run(['user', 'set', '--realm', 'peru', '--username', 'target', `username=${name}`]);
    assert.equal(renamed.status, 1, name);
    assert.match(renamed.stderr, /user name/, name);
  }
  const lines = [...bad, 'fine'].map((username) => JSON.stringify({ username, enabled: true }));
  const imported = await world.cli.withFile(lines.join('\n'), (file) => world.cli.run(['user', 'import', '--realm', 'peru', '--file', file, '--json']));
  assert.deepEqual(JSON.parse(imported.stdout), { created: 1, refused: bad.length, credentialsLeftOut: 0 });
  assert.match(imported.stderr, /line 1: a user name/);
});

test('WE-13: names of the languages of the world are taken, and reached in every spelling', async () => {
  const people = {
    'José.Ñandú': ['josé.ñandú', 'JOSÉ.ÑANDÚ', 'Jose\u0301.N\u0303andu\u0301', 'ＪＯＳÉ.ñandú', ' José.Ñandú '],
    'Straße': ['strasse', 'STRASSE', 'straße', 'STRAẞE'],
    'Иван.Петров': ['иван.петров', 'ИВАН.ПЕТРОВ'],
    'Οδυσσεύς': ['οδυσσεύς', 'ΟΔΥΣΣΕΎΣ', 'οδυσσεύσ'],
    '山田Taro': ['山田taro', '山田ＴＡＲＯ'],
    'ﬁona': ['fiona', 'FIONA', 'ﬁona'],
    'محمد': ['محمد'],
  };
  for (const [name, spellings] of Object.entries(people)) {
    await world.addUser(name);
    for (const spelling of spellings) {
      assert.equal((await portal.password(spelling)).status, 200, spelling);
      assert.equal((await add(spelling)).status, 1, `${spelling} is taken`);
    }
    const page = await new Browser(world.server, 'peru').obtain({ client_id: 'portal' }, spellings.at(-1));
    assert.ok(page.callback?.code, name);
  }
});

test('WE-13: who looks like another is let in and pointed out', async () => {
  await world.addUser('scope');
  const plain = await add('sc0pe');
  assert.doesNotMatch(plain.stdout + plain.stderr, /warning/, 'ASCII is ordinary');
  const result = await add('ѕсоре');
  assert.equal(result.status, 0, result.stderr);
  assert.match(result.stdout, /warning: the name can be taken for that of user scope/);
  const created = (await events('UserCreated')).map((e) => e.data).find((d) => d.username === 'ѕсоре');
  assert.equal(created.confusable_with, 'scope');
  const renamed = await world.cli.run(['user', 'set', '--realm', 'peru', '--username', 'target', 'username=ЅСОРЕ-2']);
  assert.doesNotMatch(renamed.stdout, /warning/);
  await world.addUser('scope-3');
  const again = await world.cli.run(['user', 'set', '--realm', 'peru', '--username', 'ѕсоре-2', 'username=ѕсоре-3']);
  assert.match(again.stdout, /warning: the name can be taken for that of user scope-3/);
  assert.ok((await events('UserModified')).some((e) => e.data.confusable_with === 'scope-3'));
  const line = JSON.stringify({ username: 'АСА', enabled: true });
  await world.addUser('aca');
  const imported = await world.cli.withFile(line, (file) => world.cli.run(['user', 'import', '--realm', 'peru', '--file', file]));
  assert.match(imported.stderr, /line 1: warning: the name аса can be taken for that of user aca/);
  const json = await world.cli.withFile(PASSWORD, (file) => world.cli.json('user', 'add', '--realm', 'peru', '--username', 'σοσ', '--password-file', file));
  assert.equal(json.confusableWith, undefined);
  // each is still himself
  assert.notEqual((await portal.password('scope')).json.access_token.split('.')[1], (await portal.password('ѕсоре')).json.access_token.split('.')[1]);
});
