// AD-05: settings of a realm that several change at the same time: none undoes what another one was told is done.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';

let world, token;
before(async () => {
  world = await AdminWorld.open();
  token = await world.token('ana', 'peru');
});
after(() => world.close());

const put = async (path, json) => {
  const reply = await world.call('PUT', `/realms/peru${path}`, { token, json });
  assert.equal(reply.status, 204, reply.text);
};
const realm = async () => (await world.call('GET', '/realms/peru', { token })).json;

test('AD-05: a setting is not lost to a change of another one', async () => {
  for (let round = 1; round <= 25; round++) {
    const others = Array.from({ length: 6 }, (_, i) => put('', { displayName: `${round}-${i}` }));
    await Promise.all([...others, put('', { accessTokenLifespan: 100 + round }), put('/events/config', { eventsExpiration: 1000 + round }), put('', { rememberMe: round % 2 === 0 })]);
    const now = await realm();
    assert.deepEqual([now.accessTokenLifespan, now.eventsExpiration, now.rememberMe], [100 + round, 1000 + round, round % 2 === 0]);
  }
});

test('AD-05: an emergency is not undone by who changes the name', async () => {
  const root = await world.token('root', 'master');
  for (let round = 0; round < 10; round++) {
    const off = world.call('PUT', '/realms/peru', { token: root, json: { enabled: false } });
    await Promise.all([off, ...Array.from({ length: 6 }, (_, i) => world.call('PUT', '/realms/peru', { token: root, json: { displayName: `${round}-${i}` } }))]);
    assert.equal((await off).status, 204);
    assert.equal((await world.call('GET', '/realms/peru', { token: root })).json.enabled, false);
    assert.equal((await world.call('PUT', '/realms/peru', { token: root, json: { enabled: true } })).status, 204);
  }
});
