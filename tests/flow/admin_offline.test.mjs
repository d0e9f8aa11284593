// Offline sessions and consents as an administrator sees them: listed, counted, taken back, kept over a restart.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, refusal } from './lib/admin.mjs';
import { forms } from './lib/html.mjs';
import { Browser, PASSWORD } from './lib/oidc.mjs';

let world, kc, portal, other, person, clientId, otherId;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  other = await world.addClient('other', { values: { directAccessGrantsEnabled: true } });
  await world.addUser('maria');
  [person] = await kc.users.find({ username: 'maria', exact: true });
  [{ id: clientId }] = await kc.clients.find({ clientId: 'portal' });
  [{ id: otherId }] = await kc.clients.find({ clientId: 'other' });
});
after(() => world.close());

const offline = async (client) => (await client.password('maria', PASSWORD, { scope: 'openid offline_access' })).json;
const refresh = (client, tokens) => client.refresh(tokens.refresh_token);
const count = async (id) => (await kc.clients.getOfflineSessionCount({ id })).count;
const ofPerson = (id) => kc.users.listOfflineSessions({ id: person.id, clientId: id });

test('listed and counted by person and by client, apart from logins; kept over a restart', async () => {
  const login = (await portal.password('maria', PASSWORD)).json;
  const kept = await offline(portal);
  const [session, ...more] = await ofPerson(clientId);
  assert.deepEqual(more, []);
  assert.equal(session.username, 'maria');
  assert.deepEqual(session.clients, { [clientId]: 'portal' });
  assert.deepEqual(await ofPerson(otherId), []);
  assert.deepEqual((await kc.clients.listOfflineSessions({ id: clientId })).map((s) => s.id), [session.id]);
  assert.ok(!(await kc.clients.listSessions({ id: clientId })).some((s) => s.id === session.id));
  assert.ok(!(await kc.users.listSessions({ id: person.id })).some((s) => s.id === session.id));
  assert.deepEqual([await count(clientId), await count(otherId)], [1, 0]);
  await world.server.restart();
  kc = await world.client('ana', 'peru');
  assert.deepEqual((await ofPerson(clientId)).map((s) => s.id), [session.id]);
  assert.equal((await refresh(portal, kept)).status, 200);
  assert.equal((await refresh(portal, login)).status, 200, 'logins are on the disk, too');
});

test('a client with an offline session stands among the consents; OT-06: taking it back ends its tokens and no others', async () => {
  const mine = await offline(portal);
  const theirs = await offline(other);
  const login = (await portal.password('maria', PASSWORD)).json;
  const listed = (await kc.users.listConsents({ id: person.id })).sort((a, b) => (a.clientId < b.clientId ? 1 : -1));
  assert.deepEqual(listed, [['portal', clientId], ['other', otherId]].map(([name, id]) => (
    { clientId: name, grantedClientScopes: [], additionalGrants: [{ client: id, key: 'Offline Token' }] })));
  await kc.users.revokeConsent({ id: person.id, clientId: 'portal' });
  assert.equal((await refresh(portal, mine)).status, 400);
  assert.equal(await portal.isActive(mine.access_token), false);
  assert.equal((await refresh(other, theirs)).status, 200);
  assert.equal((await refresh(portal, login)).status, 200, 'without a consent only offline tokens were granted');
  assert.deepEqual([await count(clientId), await count(otherId)], [0, 1]);
  assert.deepEqual(await ofPerson(clientId), []);
  assert.deepEqual((await kc.users.listConsents({ id: person.id })).map((c) => c.clientId), ['other']);
  const again = await refusal(kc.users.revokeConsent({ id: person.id, clientId: 'portal' }));
  assert.equal(again.status, 404);
});

test('OT-06: a consent that is taken back ends what it gave, and is asked for anew', async () => {
  const asking = await world.addClient('asking', { values: { consentRequired: true } });
  const browser = new Browser(world.server, 'peru');
  let page = await browser.follow(await browser.authorize({ client_id: 'asking', scope: 'openid email' }));
  page = await browser.follow(await browser.logIn(page, 'maria'));
  const form = forms(page.text).find((f) => f.buttons.some((b) => b.name === 'accept'));
  const { callback } = await browser.submit(page, form, { accept: form.buttons.find((b) => b.name === 'accept').value });
  const tokens = (await asking.redeem(callback.code)).json;
  assert.ok(tokens.refresh_token);
  const consent = (await kc.users.listConsents({ id: person.id })).find((c) => c.clientId === 'asking');
  assert.ok(consent.grantedClientScopes.includes('email'));
  assert.ok(consent.createdDate > 0 && consent.lastUpdatedDate >= consent.createdDate);
  assert.deepEqual(consent.additionalGrants, []);
  await kc.users.revokeConsent({ id: person.id, clientId: 'asking' });
  assert.equal((await refresh(asking, tokens)).status, 400);
  assert.equal(await asking.isActive(tokens.access_token), false);
  const silent = await browser.authorize({ client_id: 'asking', scope: 'openid email', prompt: 'none' });
  assert.equal(silent.callback.error, 'consent_required');
});

test('AD-10: consents are taken back by who manages people only', async () => {
  const theirs = await offline(other);
  await world.addAdmin('looks', ['realm-management/view-users', 'realm-management/view-clients'], 'peru');
  const reader = await world.client('looks', 'peru');
  assert.ok((await reader.users.listConsents({ id: person.id })).length > 0);
  assert.equal((await refusal(reader.users.revokeConsent({ id: person.id, clientId: 'other' }))).status, 403);
  assert.equal((await refresh(other, theirs)).status, 200);
});

test('offline_access is granted to who has its role only', async () => {
  const role = await kc.roles.findOneByName({ name: 'default-roles-peru' });
  await kc.users.delRealmRoleMappings({ id: person.id, roles: [{ id: role.id, name: role.name }] });
  const reply = await portal.password('maria', PASSWORD, { scope: 'openid offline_access' });
  assert.equal(reply.status === 200 && reply.json.scope.split(' ').includes('offline_access'), false);
  await kc.users.addRealmRoleMappings({ id: person.id, roles: [{ id: role.id, name: role.name }] });
  assert.ok((await offline(portal)).scope.split(' ').includes('offline_access'));
});
