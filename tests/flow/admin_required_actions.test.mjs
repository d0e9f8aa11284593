// ~/authentication: required actions; and logins that ask for those that are switched on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf, refusal } from './lib/admin.mjs';
import { assertErrorPage, Browser, PASSWORD } from './lib/oidc.mjs';

let world, kc, token, app, counter = 0;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  await world.addClient('web');
  app = await world.addClient('tool', { isPublic: true, values: { directAccessGrantsEnabled: true } });
});
after(() => world.close());

const list = () => kc.authenticationManagement.getRequiredActions();
const one = (alias) => kc.authenticationManagement.getRequiredActionForAlias({ alias });
const change = async (alias, values) => kc.authenticationManagement.updateRequiredAction({ alias }, { ...(await one(alias)), ...values });
const call = (method, path, json) => world.call(method, `/realms/peru/authentication/${path}`, { token, ...(json === undefined ? {} : { json }) });
const person = async (values) => {
  const username = `person${counter += 1}`;
  const reply = await world.call('POST', '/realms/peru/users', { token, json: {
    username, enabled: true, credentials: [{ type: 'password', value: PASSWORD, temporary: false }], ...values } });
  assert.equal(reply.status, 201, reply.text);
  return { id: idOf(reply), username };
};

test('listed in order, read, changed, moved', async () => {
  const first = await list();
  assert.deepEqual(first.slice(0, 3).map((a) => [a.alias, a.name, a.providerId, a.enabled, a.defaultAction, a.priority]), [
    ['CONFIGURE_TOTP', 'Configure OTP', 'CONFIGURE_TOTP', true, false, 10],
    ['TERMS_AND_CONDITIONS', 'Terms and Conditions', 'TERMS_AND_CONDITIONS', false, false, 20],
    ['UPDATE_PASSWORD', 'Update Password', 'UPDATE_PASSWORD', true, false, 30]]);
  assert.deepEqual(['UPDATE_PASSWORD', 'UPDATE_PROFILE', 'webauthn-register', 'delete_account'].map((alias) => first.find((a) => a.alias === alias).available), [true, true, false, false]);
  await change('UPDATE_PASSWORD', { name: 'New password' });
  assert.equal((await one('UPDATE_PASSWORD')).name, 'New password');
  await kc.authenticationManagement.raiseRequiredActionPriority({ alias: 'UPDATE_PASSWORD' });
  assert.deepEqual((await list()).slice(0, 3).map((a) => a.alias), ['CONFIGURE_TOTP', 'UPDATE_PASSWORD', 'TERMS_AND_CONDITIONS']);
  await kc.authenticationManagement.lowerRequiredActionPriority({ alias: 'UPDATE_PASSWORD' });
  await kc.authenticationManagement.raiseRequiredActionPriority({ alias: 'CONFIGURE_TOTP' });
  assert.deepEqual((await list()).map((a) => a.alias), first.map((a) => a.alias));
  await change('UPDATE_PASSWORD', { name: 'Update Password', alias: 'other', providerId: 'other' });
  assert.equal((await one('UPDATE_PASSWORD')).providerId, 'UPDATE_PASSWORD', 'what it is stays');
});

test('taken away and registered again', async () => {
  const gone = (await kc.authenticationManagement.getUnregisteredRequiredActions()).map((a) => a.providerId);
  assert.ok(!gone.includes('VERIFY_EMAIL'));
  await kc.authenticationManagement.deleteRequiredAction({ alias: 'VERIFY_EMAIL' });
  assert.equal((await call('GET', 'required-actions/VERIFY_EMAIL')).status, 404);
  assert.ok((await kc.authenticationManagement.getUnregisteredRequiredActions()).some((a) => a.providerId === 'VERIFY_EMAIL' && a.name === 'Verify Email'));
  await kc.authenticationManagement.registerRequiredAction({ providerId: 'VERIFY_EMAIL', name: 'Prove address' });
  assert.deepEqual([(await one('VERIFY_EMAIL')).name, (await list()).at(-1).alias], ['Prove address', 'VERIFY_EMAIL']);
  assert.equal((await refusal(kc.authenticationManagement.registerRequiredAction({ providerId: 'VERIFY_EMAIL', name: 'x' }))).status, 409);
});

test('refused: what is not there, what is wrong', async () => {
  for (const [method, path, json, status] of [
    ['GET', 'required-actions/nothing', undefined, 404], ['PUT', 'required-actions/nothing', {}, 404], ['DELETE', 'required-actions/nothing', undefined, 404],
    ['POST', 'required-actions/nothing/raise-priority', undefined, 404], ['GET', 'required-actions/nothing/config', undefined, 404],
    ['POST', 'register-required-action', { providerId: 'nothing' }, 400], ['POST', 'register-required-action', {}, 400],
    ['PUT', 'required-actions/UPDATE_PASSWORD', { enabled: 'yes' }, 400], ['PUT', 'required-actions/UPDATE_PASSWORD', { priority: -1 }, 400],
    ['PUT', 'required-actions/UPDATE_PASSWORD/config', {}, 400], ['PUT', 'required-actions/UPDATE_PASSWORD/config', { config: { a: 1 } }, 400],
  ]) {
    const reply = await call(method, path, json);
    assert.equal(reply.status, status, `${method} ${path}: ${reply.text}`);
  }
  const never = await call('PUT', 'required-actions/webauthn-register', { defaultAction: true });
  assert.deepEqual([never.status, never.json.field], [400, 'defaultAction']);
});

test('settings', async () => {
  assert.deepEqual((await kc.authenticationManagement.getRequiredActionConfig({ alias: 'UPDATE_PASSWORD' })).config, {});
  await kc.authenticationManagement.updateRequiredActionConfig({ alias: 'UPDATE_PASSWORD' }, { config: { max_auth_age: '300' } });
  assert.deepEqual((await kc.authenticationManagement.getRequiredActionConfig({ alias: 'UPDATE_PASSWORD' })).config, { max_auth_age: '300' });
  assert.equal((await one('UPDATE_PASSWORD')).enabled, true, 'nothing else changes');
  assert.deepEqual(await kc.authenticationManagement.getRequiredActionConfigDescription({ alias: 'UPDATE_PASSWORD' }), { properties: [] });
  await kc.authenticationManagement.removeRequiredActionConfig({ alias: 'UPDATE_PASSWORD' });
  assert.deepEqual((await one('UPDATE_PASSWORD')).config, {});
});

const reachesPassword = async (username) => {
  const browser = new Browser(world.server, 'peru');
  const page = await browser.follow(await browser.authorize({ client_id: 'web' }));
  return browser.follow(await browser.logIn(page, username));
};

test('asked for at the login while it is switched on, and not else', async () => {
  const maria = await person({ requiredActions: ['UPDATE_PASSWORD'] });
  assert.equal((await app.password(maria.username)).json.error_description, 'Account is not fully set up');
  assert.match((await reachesPassword(maria.username)).text, /password-new/);
  await change('UPDATE_PASSWORD', { enabled: false });
  assert.equal((await app.password(maria.username)).status, 200);
  assert.match((await reachesPassword(maria.username)).location, /code=/);
  await change('UPDATE_PASSWORD', { enabled: true });
  assert.equal((await app.password(maria.username)).status, 400);
  // one that this server cannot carry out keeps people out, unless the realm has switched it off
  const eva = await person({ requiredActions: ['webauthn-register'] });
  assertErrorPage(await reachesPassword(eva.username));
  await change('webauthn-register', { enabled: false });
  assert.equal((await app.password(eva.username)).status, 200);
  await change('webauthn-register', { enabled: true });
  const rosa = await person({ requiredActions: ['never-heard-of'] });
  assert.equal((await app.password(rosa.username)).status, 400, 'a name that nobody knows is no open door');
});

test('new people begin with the default ones', async () => {
  await change('UPDATE_PASSWORD', { defaultAction: true });
  const luz = await person();
  assert.deepEqual((await kc.users.findOne({ id: luz.id })).requiredActions, ['UPDATE_PASSWORD']);
  await world.addUser('carlos');
  assert.deepEqual((await kc.users.find({ username: 'carlos', exact: true }))[0].requiredActions, ['UPDATE_PASSWORD']);
  const machine = await world.addClient('machine', { serviceAccount: true });
  assert.equal((await machine.service()).status, 200);
  await change('UPDATE_PASSWORD', { enabled: false });
  assert.deepEqual((await kc.users.findOne({ id: (await person()).id })).requiredActions, []);
  await change('UPDATE_PASSWORD', { enabled: true, defaultAction: false });
  assert.deepEqual((await kc.users.findOne({ id: (await person()).id })).requiredActions, []);
});

test('AU-03: a change is an event; two administrators at once leave one order', async () => {
  await world.call('PUT', '/realms/peru/authentication/required-actions/UPDATE_PROFILE', { token, json: { enabled: false }, headers: { 'X-Justification': 'not used' } });
  const [event] = (await world.call('GET', '/realms/peru/admin-events?max=1', { token })).json;
  assert.deepEqual([event.resourceType, event.resourcePath, event.details.justification], ['REQUIRED_ACTION', 'authentication/required-actions/UPDATE_PROFILE', 'not used']);
  const before = (await list()).map((a) => a.alias);
  const moves = await Promise.all(before.map((alias, i) => call('POST', `required-actions/${alias}/${i % 2 ? 'raise' : 'lower'}-priority`)));
  assert.ok(moves.every((r) => [204, 503].includes(r.status)));
  const left = await list();
  assert.deepEqual(left.map((a) => a.alias).sort(), before.sort());
  assert.equal(new Set(left.map((a) => a.priority)).size, left.length);
});

test('actions by which people get credentials: those that are on and can be carried out', async () => {
  const read = () => world.call('GET', '/realms/peru/credential-registrators', { token });
  for (const alias of ['UPDATE_PASSWORD', 'CONFIGURE_TOTP']) assert.ok((await read()).json.includes(alias), alias);
  assert.ok(!(await read()).json.includes('UPDATE_PROFILE'), 'no credential');
  await change('UPDATE_PASSWORD', { enabled: false });
  assert.ok(!(await read()).json.includes('UPDATE_PASSWORD'));
  await change('UPDATE_PASSWORD', { enabled: true });
  await world.addAdmin('gente', ['realm-management/view-users'], 'peru');
  assert.equal((await world.call('GET', '/realms/peru/credential-registrators', { token: await world.token('gente', 'peru') })).status, 403);
});
