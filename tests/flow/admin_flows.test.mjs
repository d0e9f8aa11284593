// ~/authentication: flows, executions, settings, bindings; and logins that follow what is bound.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf, refusal, UUID } from './lib/admin.mjs';
import { formById } from './lib/html.mjs';
import { Browser, PASSWORD } from './lib/oidc.mjs';

let world, kc, token, counter = 0;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  await world.addUser('maria');
});
after(() => world.close());

const flows = () => kc.authenticationManagement.getFlows();
const byAlias = async (alias) => (await flows()).find((f) => f.alias === alias);
const executions = (flow) => kc.authenticationManagement.getExecutions({ flow });
const call = (method, path, json) => world.call(method, `/realms/peru/authentication/${path}`, { token, ...(json === undefined ? {} : { json }) });
const fresh = (what) => `${what} ${counter += 1}`;
const copy = async (flow) => {
  const alias = fresh(flow);
  await kc.authenticationManagement.copyFlow({ flow, newName: alias });
  return alias;
};
const setRequirement = async (flow, provider, requirement) => {
  const execution = (await executions(flow)).find((e) => e.providerId === provider);
  return call('PUT', `flows/${encodeURIComponent(flow)}/executions`, { ...execution, requirement });
};
const bind = (values) => world.call('PUT', '/realms/peru', { token, json: values });

test('the flows of every realm, with ids that stay', async () => {
  const list = await flows();
  assert.deepEqual(list.map((f) => f.alias).sort(), ['browser', 'clients', 'direct grant', 'docker auth', 'first broker login', 'registration', 'reset credentials']);
  assert.ok(list.every((f) => f.builtIn && f.topLevel && UUID.test(f.id)));
  assert.deepEqual((await flows()).map((f) => f.id).sort(), list.map((f) => f.id).sort());
  const browser = await byAlias('browser');
  assert.deepEqual(browser.authenticationExecutions.map((e) => [e.authenticator ?? e.flowAlias, e.requirement, e.priority]), [
    ['auth-cookie', 'ALTERNATIVE', 10], ['auth-spnego', 'DISABLED', 20], ['identity-provider-redirector', 'ALTERNATIVE', 25], ['forms', 'ALTERNATIVE', 30]]);
  const inBrowser = await executions('browser');
  assert.deepEqual(inBrowser.map((e) => [e.providerId ?? e.displayName, e.level, e.index]), [
    ['auth-cookie', 0, 0], ['auth-spnego', 0, 1], ['identity-provider-redirector', 0, 2], ['forms', 0, 3],
    ['auth-username-password-form', 1, 0], ['Browser - Conditional OTP', 1, 1], ['conditional-user-configured', 2, 0], ['auth-otp-form', 2, 1]]);
  assert.deepEqual(inBrowser[0].requirementChoices, ['REQUIRED', 'ALTERNATIVE', 'DISABLED']);
  assert.deepEqual(inBrowser[3].requirementChoices, ['REQUIRED', 'ALTERNATIVE', 'DISABLED', 'CONDITIONAL']);
  const one = await kc.authenticationManagement.getFlow({ flowId: browser.id });
  assert.deepEqual(one, browser);
  const realm = await kc.realms.findOne({ realm: 'peru' });
  assert.equal(realm.browserFlow, 'browser');
  assert.equal(realm.clientAuthenticationFlow, 'clients');
  // AD-03: the flows of another realm have other ids
  const root = await world.client('root', 'master', 'chile');
  assert.notEqual((await root.authenticationManagement.getFlows()).find((f) => f.alias === 'browser').id, browser.id);
  const lima = await world.call('GET', `/realms/chile/authentication/flows/${browser.id}`, { token: await world.token('root', 'master') });
  assert.equal(lima.status, 404);
});

test('made, changed, deleted; what is built in stays', async () => {
  const before = (await byAlias('browser')).id;
  const { id } = await kc.authenticationManagement.createFlow({ alias: 'mine', description: 'd', providerId: 'basic-flow', topLevel: true, builtIn: false });
  assert.equal((await byAlias('browser')).id, before, 'ids stay when flows are stored');
  assert.equal((await refusal(kc.authenticationManagement.createFlow({ alias: 'mine', providerId: 'basic-flow', topLevel: true }))).status, 409);
  await kc.authenticationManagement.updateFlow({ flowId: id }, { alias: 'ours', description: 'e' });
  assert.deepEqual([(await byAlias('ours')).description, (await byAlias('ours')).builtIn], ['e', false]);
  assert.equal((await refusal(kc.authenticationManagement.updateFlow({ flowId: id }, { alias: 'browser' }))).status, 409);
  await kc.authenticationManagement.deleteFlow({ flowId: id });
  assert.equal(await byAlias('ours'), undefined);
  for (const bad of [{}, { alias: ' ' }, { alias: 'a/b' }, { alias: 7 }, { alias: 'x', providerId: 'form-flow' }, { alias: 'x', topLevel: false }]) {
    assert.equal((await call('POST', 'flows', bad)).status, 400, JSON.stringify(bad));
  }
  const browser = await byAlias('browser');
  const kept = await refusal(kc.authenticationManagement.deleteFlow({ flowId: browser.id }));
  assert.deepEqual([kept.status, kept.errorMessage], [400, "Can't delete built in flow"]);
  assert.equal((await refusal(kc.authenticationManagement.updateFlow({ flowId: browser.id }, { alias: 'other' }))).status, 400);
  assert.equal((await call('GET', 'flows/00000000-0000-4000-8000-000000000000')).status, 404);
  assert.equal((await call('GET', 'flows/nothing/executions')).status, 404);
});

test('copied with all that is in it', async () => {
  const alias = await copy('browser');
  const original = await executions('browser'), copied = await executions(alias);
  assert.deepEqual(copied.map((e) => [e.providerId, e.requirement, e.level, e.priority]), original.map((e) => [e.providerId, e.requirement, e.level, e.priority]));
  assert.ok(copied.every((e) => !original.some((o) => o.id === e.id)));
  assert.equal(copied[3].displayName, `${alias} forms`);
  assert.equal((await byAlias(alias)).builtIn, false);
  assert.equal((await refusal(kc.authenticationManagement.copyFlow({ flow: 'browser', newName: alias }))).status, 409);
  assert.equal((await call('POST', 'flows/nothing/copy', { newName: 'x' })).status, 404);
  const broker = await copy('first broker login');
  const config = (await executions(broker)).find((e) => e.authenticationConfig);
  assert.equal(config.alias, `${broker} review profile config`);
  await kc.authenticationManagement.deleteFlow({ flowId: (await byAlias(broker)).id });
  assert.equal((await call('GET', `config/${config.authenticationConfig}`)).status, 404, 'settings go with their flow');
});

test('executions: added, moved, changed, deleted', async () => {
  const alias = fresh('steps');
  await kc.authenticationManagement.createFlow({ alias, providerId: 'basic-flow', topLevel: true });
  const { id: cookie } = await kc.authenticationManagement.addExecutionToFlow({ flow: alias, provider: 'auth-cookie' });
  const { id: inner } = await kc.authenticationManagement.addFlowToFlow({ flow: alias, alias: `${alias} in`, type: 'basic-flow', provider: 'registration-page-form', description: 'd' });
  await kc.authenticationManagement.addExecutionToFlow({ flow: `${alias} in`, provider: 'auth-username-password-form', requirement: 'REQUIRED', priority: 5 });
  let list = await executions(alias);
  assert.deepEqual(list.map((e) => [e.providerId ?? e.flowId, e.requirement, e.level, e.priority]), [
    ['auth-cookie', 'DISABLED', 0, 10], [inner, 'DISABLED', 0, 20], ['auth-username-password-form', 'REQUIRED', 1, 5]]);
  await kc.authenticationManagement.lowerPriorityExecution({ id: cookie });
  list = await executions(alias);
  assert.deepEqual(list.filter((e) => e.level === 0).map((e) => e.providerId ?? e.flowId), [inner, 'auth-cookie']);
  await kc.authenticationManagement.lowerPriorityExecution({ id: cookie });
  await kc.authenticationManagement.raisePriorityExecution({ id: cookie });
  assert.equal((await executions(alias))[0].providerId, 'auth-cookie');
  await kc.authenticationManagement.updateExecution({ flow: alias }, { id: cookie, requirement: 'ALTERNATIVE' });
  assert.equal((await executions(alias))[0].requirement, 'ALTERNATIVE');
  const got = (await call('GET', `executions/${cookie}`)).json;
  assert.deepEqual([got.authenticator, got.requirement], ['auth-cookie', 'ALTERNATIVE']);
  const flow = await byAlias(alias);
  const old = await call('POST', 'executions', { parentFlow: flow.id, authenticator: 'auth-otp-form', requirement: 'DISABLED' });
  assert.equal(old.status, 201);
  const bad = [
    ['POST', `flows/${alias}/executions/execution`, { provider: 'no-such-step' }], ['POST', `flows/${alias}/executions/execution`, {}],
    ['POST', `flows/${alias}/executions/execution`, { provider: 'client-secret' }],
    ['POST', `flows/${alias}/executions/execution`, { provider: 'auth-cookie', requirement: 'CONDITIONAL' }],
    ['POST', `flows/${alias}/executions/execution`, { provider: 'auth-cookie', priority: 'high' }],
    ['POST', `flows/${alias}/executions/execution`, { provider: 'auth-cookie', priority: 1e9 }],
    ['PUT', `flows/${alias}/executions`, { id: cookie, requirement: 'MAYBE' }],
    ['POST', 'flows/browser/executions/execution', { provider: 'auth-cookie' }], ['POST', 'flows/browser/executions/flow', { alias: 'x', type: 'basic-flow' }],
    ['POST', 'executions', { parentFlow: 'x', authenticator: 'auth-cookie' }],
  ];
  for (const [method, path, json] of bad) {
    const reply = await call(method, path, json);
    assert.equal(reply.status, 400, `${path} ${JSON.stringify(json)}: ${reply.text}`);
    assert.ok(reply.json.errorMessage);
  }
  const ofBrowser = (await executions('browser'))[0].id;
  assert.equal((await call('DELETE', `executions/${ofBrowser}`)).status, 400);
  assert.equal((await call('POST', `executions/${ofBrowser}/lower-priority`)).status, 400);
  assert.equal((await call('PUT', `flows/${alias}/executions`, { id: ofBrowser, requirement: 'REQUIRED' })).status, 404, 'AD-03: not of this flow');
  assert.equal((await call('PUT', `flows/${alias}/executions`, { requirement: 'REQUIRED' })).status, 404);
  const within = (await executions(alias)).find((e) => e.flowId === inner);
  await kc.authenticationManagement.delExecution({ id: within.id });
  assert.equal((await call('GET', `flows/${inner}`)).status, 404, 'a flow within goes with its execution');
  await kc.authenticationManagement.deleteFlow({ flowId: flow.id });
  assert.equal((await call('GET', `executions/${cookie}`)).status, 404);
});

test('settings of steps; AD-06: secrets are for who may change them', async () => {
  const alias = await copy('browser');
  const step = (await executions(alias)).find((e) => e.providerId === 'identity-provider-redirector');
  const { id } = await kc.authenticationManagement.createConfig({ id: step.id, alias: 'redirect', config: { defaultProvider: 'google', 'secret.key': 'canary-1' } });
  assert.equal((await executions(alias)).find((e) => e.id === step.id).authenticationConfig, id);
  assert.equal((await kc.authenticationManagement.getConfig({ id })).config.defaultProvider, 'google');
  await kc.authenticationManagement.updateConfig({ id, alias: 'redirect', config: { defaultProvider: 'github', 'secret.key': '**********' } });
  assert.deepEqual((await kc.authenticationManagement.getConfig({ id })).config, { defaultProvider: 'github', 'secret.key': 'canary-1' });
  assert.equal((await call('GET', `executions/${step.id}/config/${id}`)).status, 200);
  assert.equal((await call('GET', `executions/${(await executions(alias))[0].id}/config/${id}`)).status, 404);
  await world.addAdmin('viewer', ['realm-management/view-realm'], 'peru');
  const seen = await world.call('GET', `/realms/peru/authentication/config/${id}`, { token: await world.token('viewer', 'peru') });
  assert.equal(seen.json.config['secret.key'], '**********');
  const events = await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'ConfigurationChanged');
  assert.ok(!JSON.stringify(events).includes('canary-1'), 'AU-01: no secret in an event');
  await kc.authenticationManagement.updateConfig({ id, alias: 'redirect', config: { defaultProvider: 'github', 'secret.key': 'canary-2' } });
  const [told] = await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'ConfigurationChanged', '--limit', '1');
  assert.deepEqual([told.data.before.config['secret.key'], told.data.after.config['secret.key']], ['***', '*** (new)']);
  assert.equal((await call('POST', `executions/${(await executions(alias))[0].id}/config`, { alias: 'x', config: {} })).status, 400, 'no settings');
  assert.equal((await call('POST', `executions/${step.id}/config`, { alias: 'x', config: { a: 1 } })).json.field, 'config');
  await kc.authenticationManagement.delConfig({ id });
  assert.equal((await call('GET', `config/${id}`)).status, 404);
  assert.equal((await executions(alias)).find((e) => e.id === step.id).authenticationConfig, undefined);
});

test('the older way: settings first, then the execution that takes them', async () => {
  const { id: flow } = await kc.authenticationManagement.createFlow({ alias: 'older', providerId: 'basic-flow', topLevel: true, builtIn: false });
  const made = await call('POST', 'config', { alias: 'first of all', config: { defaultProvider: 'google' } });
  assert.equal(made.status, 201, made.text);
  const id = idOf(made);
  assert.deepEqual((await kc.authenticationManagement.getConfig({ id })).config, { defaultProvider: 'google' });
  const add = (values) => call('POST', 'executions', { parentFlow: flow, authenticator: 'identity-provider-redirector', requirement: 'ALTERNATIVE', ...values });
  for (const [values, field] of [[{ authenticatorConfig: 'nowhere' }, 'authenticatorConfig'], [{ authenticator: 'auth-cookie', authenticatorConfig: id }, 'authenticatorConfig']])
    assert.equal((await add(values)).json.field, field);
  const execution = await add({ authenticatorConfig: id });
  assert.equal(execution.status, 201, execution.text);
  assert.equal((await executions('older'))[0].authenticationConfig, id);
  assert.equal((await add({ authenticatorConfig: id })).status, 400, 'of one step alone');
  assert.equal((await call('POST', 'config', { alias: '', config: {} })).json.field, 'alias');
  assert.equal((await call('POST', 'config', { alias: 'x', config: 7 })).status, 400);
  assert.equal((await world.call('POST', '/realms/peru/authentication/config', { token: await world.token('viewer', 'peru'), json: { alias: 'x', config: {} } })).status, 403);
  await call('DELETE', `executions/${idOf(execution)}`);
  assert.equal((await call('GET', `config/${id}`)).status, 404, 'they go with it');
});

test('a flow\'s alias stands in paths: no slash, no dots alone', async () => {
  for (const alias of ['..', '.', 'a/b', '']) {
    const reply = await call('POST', 'flows', { alias, providerId: 'basic-flow', topLevel: true, builtIn: false });
    assert.equal(reply.status, 400, alias);
    assert.equal(reply.json.field, 'alias');
  }
});

test('what steps there are', async () => {
  const steps = await kc.authenticationManagement.getAuthenticatorProviders();
  assert.ok(steps.some((s) => s.id === 'auth-username-password-form' && s.displayName === 'Username Password Form'));
  assert.ok(steps.some((s) => s.id === 'conditional-user-configured'));
  assert.deepEqual((await kc.authenticationManagement.getClientAuthenticatorProviders()).map((s) => s.id), ['client-secret', 'client-jwt', 'client-secret-jwt', 'client-x509']);
  assert.deepEqual((await kc.authenticationManagement.getFormProviders()).map((s) => s.id), ['registration-page-form']);
  assert.ok((await kc.authenticationManagement.getFormActionProviders()).some((s) => s.id === 'registration-user-creation'));
  const described = (await call('GET', 'config-description/conditional-user-role')).json;
  assert.deepEqual(described.properties.map((p) => p.name), ['condUserRole', 'negate']);
  assert.equal((await call('GET', 'config-description/nothing')).status, 404);
  assert.deepEqual((await call('GET', 'per-client-config-description')).json['client-jwt'], []);
});

test('bindings: what is not there or cannot be gone through is refused', async () => {
  const key = await copy('browser');
  const conditional = (await executions(key)).find((e) => e.displayName.endsWith('Conditional OTP'));
  await call('PUT', `flows/${encodeURIComponent(key)}/executions`, { ...conditional, requirement: 'REQUIRED' });
  assert.equal((await bind({ browserFlow: key })).status, 204, 'a code of everybody');
  await bind({ browserFlow: 'browser' });
  await kc.authenticationManagement.addExecutionToFlow({ flow: conditional.displayName, provider: 'webauthn-authenticator' });
  await setRequirement(key, 'webauthn-authenticator', 'REQUIRED');
  const refused = await bind({ browserFlow: key });
  assert.equal(refused.status, 400);
  assert.deepEqual([refused.json.field, refused.json.errorMessage], ['browserFlow', 'The flow needs the step webauthn-authenticator, which does not exist here']);
  const empty = fresh('empty');
  await kc.authenticationManagement.createFlow({ alias: empty, providerId: 'basic-flow', topLevel: true });
  for (const [setting, alias] of [['browserFlow', 'nowhere'], ['browserFlow', ''], ['browserFlow', 'clients'], ['browserFlow', 'forms'],
    ['browserFlow', 'direct grant'], ['browserFlow', empty], ['clientAuthenticationFlow', 'browser'], ['directGrantFlow', 'browser'], ['registrationFlow', 'nowhere']]) {
    const reply = await bind({ [setting]: alias });
    assert.equal(reply.status, 400, `${setting} ${alias}`);
    assert.equal(reply.json.field, setting);
  }
  const line = await world.cli.run(['realm', 'set', 'peru', 'browserFlow=nowhere']);
  assert.match(line.stderr, /There is no flow nowhere/);
  const good = await copy('browser');
  assert.equal((await bind({ browserFlow: good })).status, 204);
  const inUse = await refusal(kc.authenticationManagement.deleteFlow({ flowId: (await byAlias(good)).id }));
  assert.equal(inUse.status, 409);
  // what is bound takes no step in that does not exist here
  const inside = await call('POST', `flows/${encodeURIComponent(`${good} forms`)}/executions/execution`, { provider: 'webauthn-authenticator', requirement: 'REQUIRED' });
  assert.equal(inside.status, 400);
  assert.match(inside.json.errorMessage, /webauthn-authenticator/);
  // a new name stays bound
  await kc.authenticationManagement.updateFlow({ flowId: (await byAlias(good)).id }, { alias: `${good} renamed` });
  assert.equal((await kc.realms.findOne({ realm: 'peru' })).browserFlow, `${good} renamed`);
  await world.token('maria', 'peru');
  assert.equal((await bind({ browserFlow: 'browser' })).status, 204);
  await kc.authenticationManagement.deleteFlow({ flowId: (await byAlias(`${good} renamed`)).id });
});

const open = async (clientId) => {
  const browser = new Browser(world.server, 'peru');
  return { browser, page: await browser.follow(await browser.authorize({ client_id: clientId })) };
};

test('OA-07, WE-12: logins follow the browser flow', async () => {
  await world.addClient('web');
  const session = await open('web');
  const done = await session.browser.logIn(session.page, 'maria');
  assert.match(done.headers.location ?? '', /code=/);
  const again = async () => session.browser.authorize({ client_id: 'web' });
  assert.match((await again()).headers.location ?? '', /code=/, 'the session stands in');

  const noCookie = await copy('browser');
  await setRequirement(noCookie, 'auth-cookie', 'DISABLED');
  await bind({ browserFlow: noCookie });
  assert.equal((await again()).status, 200, 'asked for the password again');
  const silent = await session.browser.authorize({ client_id: 'web', prompt: 'none' });
  assert.match(silent.headers.location, /error=login_required/);

  const noForm = await copy('browser');
  const started = await open('web'); // a page from before
  await bind({ browserFlow: noForm });
  await setRequirement(noForm, 'auth-username-password-form', 'REQUIRED');
  const forms = (await executions(noForm)).find((e) => e.displayName.endsWith(' forms'));
  await call('PUT', `flows/${encodeURIComponent(noForm)}/executions`, { ...forms, requirement: 'DISABLED' });
  const late = await started.browser.logIn(started.page, 'maria');
  assert.match(late.location, /error=access_denied/, 'the page of before leads nowhere');
  const closed = await open('web');
  assert.match(closed.page.location, /error=access_denied/);
  assert.match((await again()).headers.location ?? '', /code=/, 'the session still does');
  await bind({ browserFlow: 'browser' });
  assert.match((await (async () => { const s = await open('web'); return s.browser.logIn(s.page, 'maria'); })()).headers.location ?? '', /code=/);
});

test('OA-07: the password grant follows its flow, of the realm and of a client', async () => {
  const app = await world.addClient('tool', { isPublic: true, values: { directAccessGrantsEnabled: true } });
  const ask = () => app.password('maria');
  assert.equal((await ask()).status, 200);
  const none = await copy('direct grant');
  await bind({ directGrantFlow: none });
  await setRequirement(none, 'direct-grant-validate-password', 'DISABLED');
  const refused = await ask();
  assert.deepEqual([refused.status, refused.json.error], [400, 'unauthorized_client']);
  // a client with a flow of its own
  const [tool] = await kc.clients.find({ clientId: 'tool' });
  const own = await byAlias('direct grant');
  await kc.clients.update({ id: tool.id }, { ...tool, authenticationFlowBindingOverrides: { direct_grant: own.id } });
  assert.deepEqual((await kc.clients.findOne({ id: tool.id })).authenticationFlowBindingOverrides, { direct_grant: own.id });
  assert.equal((await ask()).status, 200);
  assert.equal((await refusal(kc.clients.update({ id: tool.id }, { ...tool, authenticationFlowBindingOverrides: { direct_grant: 'nowhere' } }))).status, 400);
  assert.equal((await refusal(kc.clients.update({ id: tool.id }, { ...tool, authenticationFlowBindingOverrides: { other: own.id } }))).status, 400);
  const mine = await copy('direct grant');
  await kc.clients.update({ id: tool.id }, { ...tool, authenticationFlowBindingOverrides: { direct_grant: (await byAlias(mine)).id } });
  assert.equal((await refusal(kc.authenticationManagement.deleteFlow({ flowId: (await byAlias(mine)).id }))).status, 409);
  await kc.clients.update({ id: tool.id }, { ...tool, authenticationFlowBindingOverrides: { direct_grant: '' } });
  assert.deepEqual((await kc.clients.findOne({ id: tool.id })).authenticationFlowBindingOverrides, {});
  assert.equal((await ask()).status, 400, 'the flow of the realm again');
  await bind({ directGrantFlow: 'direct grant' });
});

test('WE-12: who has a second factor is not let in without it, unless the flow says so', async () => {
  const app = await world.addClient('factor', { isPublic: true, values: { directAccessGrantsEnabled: true } });
  await kc.users.create({ username: 'segura', enabled: true, credentials: [{ type: 'password', value: PASSWORD, temporary: false },
    { type: 'otp', secretData: '{"value":"12345678901234567890"}', credentialData: '{"subType":"totp","digits":6,"period":30,"algorithm":"HmacSHA1"}' }] });
  const grant = await app.password('segura');
  assert.deepEqual([grant.status, grant.json.error_description], [401, 'Invalid user credentials']);
  const asked = await open('web');
  assert.ok(formById((await asked.browser.logIn(asked.page, 'segura')).text, 'kc-otp-login-form'));
  const without = await copy('browser'), grantWithout = await copy('direct grant');
  for (const flow of [without, grantWithout]) {
    const conditional = (await executions(flow)).find((e) => e.displayName.endsWith('Conditional OTP'));
    await call('PUT', `flows/${encodeURIComponent(flow)}/executions`, { ...conditional, requirement: 'DISABLED' });
  }
  await bind({ browserFlow: without, directGrantFlow: grantWithout });
  assert.equal((await app.password('segura')).status, 200);
  const allowed = await open('web');
  assert.match((await allowed.browser.logIn(allowed.page, 'segura')).headers.location ?? '', /code=/);
  await bind({ browserFlow: 'browser', directGrantFlow: 'direct grant' });
  assert.equal((await app.password('maria')).status, 200);
});

test('OC-01: clients authenticate by what their flow has', async () => {
  const client = await world.addClient('machine', { serviceAccount: true });
  const ask = () => client.service();
  assert.equal((await ask()).status, 200);
  const jwtOnly = await copy('clients');
  await bind({ clientAuthenticationFlow: jwtOnly });
  await setRequirement(jwtOnly, 'client-secret', 'DISABLED');
  const refused = await ask();
  assert.deepEqual([refused.status, refused.json.error], [401, 'invalid_client']);
  await bind({ clientAuthenticationFlow: 'clients' });
  assert.equal((await ask()).status, 200);
});

test('two administrators at once', async () => {
  const alias = fresh('race');
  await kc.authenticationManagement.createFlow({ alias, providerId: 'basic-flow', topLevel: true });
  const add = () => call('POST', `flows/${encodeURIComponent(alias)}/executions/execution`, { provider: 'auth-cookie' });
  const replies = await Promise.all(Array.from({ length: 8 }, add));
  const made = replies.filter((r) => r.status === 201).length;
  assert.ok(replies.every((r) => [201, 503].includes(r.status)), replies.map((r) => r.status).join());
  const list = await executions(alias);
  assert.equal(list.length, made);
  assert.equal(new Set(list.map((e) => e.priority)).size, made, 'no two in one place');
  const same = await Promise.all(Array.from({ length: 4 }, () => call('POST', 'flows', { alias: `${alias} twin`, providerId: 'basic-flow', topLevel: true })));
  assert.equal(same.filter((r) => r.status === 201).length, 1);
});

test('a realm that is started anew has the same flows', async () => {
  const before = (await flows()).map((f) => [f.id, f.alias]);
  await world.server.restart();
  token = await world.token('ana', 'peru');
  kc = await world.client('ana', 'peru');
  assert.deepEqual((await flows()).map((f) => [f.id, f.alias]), before);
});
