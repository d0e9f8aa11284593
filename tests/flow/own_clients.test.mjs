// Applications of developers: made, changed and ended by their owner alone, and no way to more.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { MachineClock } from './lib/clock.mjs';
import { forms } from './lib/html.mjs';
import { basic, bearer, request } from './lib/http.mjs';
import { Browser, Client, pkce } from './lib/oidc.mjs';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const CALLBACK = 'https://app.example.pe/back';

let w, clock, kc, dev, other;
before(async () => {
  clock = new MachineClock();
  w = await AdminWorld.open({ env: clock.env });
  kc = await w.client('root', 'master', 'peru');
  for (const name of ['dev', 'other', 'vecino']) await w.addUser(name, { email: `${name}@example.pe`, firstName: name, lastName: 'Quispe' });
  const { id: clientUniqueId, roles } = await w.roleOf(kc, 'peru', 'account', 'manage-applications');
  for (const username of ['dev', 'other']) {
    const [{ id }] = await kc.users.find({ username, exact: true });
    await kc.users.addClientRoleMappings({ id, clientUniqueId, roles });
  }
  dev = await signIn('dev');
  other = await signIn('other');
});
after(async () => {
  await w.close();
  clock.close();
});

const account = () => `${w.server.realm('peru')}/account`;
async function signIn(name, { browser = new Browser(w.server, 'peru'), ...more } = {}) {
  const { verifier, challenge } = pkce();
  let page = await browser.authorize({ client_id: 'account-console', redirect_uri: `${account()}/`, code_challenge: challenge, code_challenge_method: 'S256', ...more });
  if (!page.isRedirect) page = await browser.logIn(page, name);
  assert.ok(page.isRedirect && page.callback.code, page.text);
  const reply = await new Client(w.server, 'peru', 'account-console', undefined, { redirectUri: `${account()}/` }).redeem(page.callback.code, { code_verifier: verifier });
  return { token: reply.json.access_token, browser };
}
const call = (method, path, { token } = dev, json) =>
  request(`${account()}/clients${path}`, { method, json, headers: token ? bearer(token) : {} });
const make = async (form, who) => {
  const reply = await call('POST', '', who, form);
  assert.equal(reply.status, 201, reply.text);
  return reply.json;
};

test('a web application: its secret is seen once, and people sign in after they agreed', async () => {
  const made = await make({ kind: 'web', name: 'Trámites', description: 'Citas', redirectUris: [CALLBACK] });
  assert.match(made.clientId, /^app-[0-9a-f-]{36}$/);
  assert.ok(made.secret.length >= 43);
  for (const path of ['', `/${made.id}`]) assert.ok(!(await call('GET', path)).text.includes(made.secret), 'AD-06');
  const stored = await kc.clients.findOne({ id: made.id });
  assert.equal(stored.fullScopeAllowed, false);
  assert.equal(stored.consentRequired, true);
  assert.equal(stored.directAccessGrantsEnabled, false);
  assert.equal(stored.attributes['pkce.code.challenge.method'], 'S256');
  const browser = new Browser(w.server, 'peru');
  const { verifier, challenge } = pkce();
  const page = await browser.logIn(await browser.authorize({ client_id: made.clientId, redirect_uri: CALLBACK, code_challenge: challenge, code_challenge_method: 'S256' }), 'vecino');
  assert.match(page.text, /Trámites/);
  const back = await browser.submit(page, forms(page.text).find((f) => f.buttons.some((b) => b.name === 'accept')), { accept: 'yes' });
  const tokens = await new Client(w.server, 'peru', made.clientId, made.secret, { redirectUri: CALLBACK }).redeem(back.callback.code, { code_verifier: verifier });
  assert.equal(tokens.status, 200, tokens.text);
  const { usage } = (await call('GET', `/${made.id}`)).json;
  assert.deepEqual(usage, { days: 30, logins: 1, tokens: 1, refused: 0, more: false });
  const [event] = await w.cli.json('audit', 'list', '--realm', 'peru', '--type', 'ClientCreated');
  assert.equal(event.clientId, 'account-console');
});

test('an API key asks whether tokens are good, a service gets its own, and either secret is renewed', async () => {
  const key = await make({ kind: 'api-key', name: 'Puerta' });
  const service = await make({ kind: 'service', name: 'Robot' });
  const { json: tokens } = await new Client(w.server, 'peru', service.clientId, service.secret).service();
  assert.ok(tokens.access_token);
  const ask = (secret) => request(`${w.server.origin}/grpc/token/validate`, { json: { token: tokens.access_token }, headers: { ...basic(key.clientId, secret), 'X-Tenant-ID': 'peru' } });
  assert.equal((await ask(key.secret)).status, 200);
  assert.equal((await ask('wrong')).status, 401);
  const renewed = await call('POST', `/${key.id}/secret`);
  assert.equal(renewed.status, 200, renewed.text);
  assert.notEqual(renewed.json.secret, key.secret);
  assert.equal((await ask(renewed.json.secret)).status, 200);
  assert.equal((await ask(key.secret)).status, 401);
  const none = await new Client(w.server, 'peru', key.clientId, renewed.json.secret).service();
  assert.equal(none.json.error, 'unauthorized_client', 'a key gets no tokens');
  assert.equal((await call('DELETE', `/${service.id}`)).status, 204);
  assert.equal((await new Client(w.server, 'peru', service.clientId, service.secret).service()).status, 401);
});

test('a single page has no secret, and is changed in its name and places alone', async () => {
  const page = await make({ kind: 'single-page', name: 'Mapa', redirectUris: ['http://localhost:5173/'] });
  assert.equal(page.secret, undefined);
  assert.equal((await call('POST', `/${page.id}/secret`)).status, 400);
  const changed = await call('PUT', `/${page.id}`, dev, { name: 'Mapa vivo', description: 'x', redirectUris: [CALLBACK], fullScopeAllowed: true, enabled: false, attributes: { 'garita.owner': NOBODY } });
  assert.equal(changed.status, 204, changed.text);
  const stored = await kc.clients.findOne({ id: page.id });
  assert.deepEqual([stored.name, stored.redirectUris, stored.fullScopeAllowed, stored.enabled], ['Mapa vivo', [CALLBACK], false, true]);
  assert.equal((await call('GET', '')).json.find((c) => c.id === page.id).kind, 'single-page');
});

test('OA-03: addresses and names that deceive are refused', async () => {
  const web = { kind: 'web', name: 'A', redirectUris: [CALLBACK] };
  for (const bad of [
    { redirectUris: [] }, { redirectUris: ['javascript:alert(1)'] }, { redirectUris: ['https://*.example.pe/'] }, { redirectUris: ['https://example.pe/*'] },
    { redirectUris: ['http://example.pe/'] }, { redirectUris: [`${CALLBACK}#x`] }, { redirectUris: ['/relative'] }, { redirectUris: [7] },
    { redirectUris: Array.from({ length: 11 }, (_, i) => `https://a${i}.example.pe/`) },
    { name: '' }, { name: 'x'.repeat(101) }, { name: '${client_account}' }, { name: 'Ban\u202eco' }, { name: 7 }, { kind: 'admin' }, { kind: undefined }, { kind: 'api-key' },
  ]) assert.equal((await call('POST', '', dev, { ...web, ...bad })).status, 400, JSON.stringify(bad));
});

test('WE-04: nobody sees, changes or ends an application of somebody else; without the role there is none', async () => {
  const mine = await make({ kind: 'service', name: 'Mío' });
  const [portal] = await kc.clients.find({ clientId: 'account-console' });
  const vecino = await signIn('vecino');
  for (const [method, path, json] of [['GET', ''], ['PUT', '', { name: 'x' }], ['DELETE', ''], ['POST', '/secret']]) {
    assert.equal((await call(method, `/${mine.id}${path}`, other, json)).status, 404, `${method} ${path}`);
    assert.equal((await call(method, `/${portal.id}${path}`, dev, json)).status, 404, 'a client of the realm');
    assert.equal((await call(method, `/${NOBODY}${path}`, dev, json)).status, 404);
    assert.equal((await call(method, `/${mine.id}${path}`, vecino, json)).status, 403);
    assert.equal((await call(method, `/${mine.id}${path}`, {}, json)).status, 401);
  }
  assert.ok(!(await call('GET', '', other)).json.some((c) => c.id === mine.id));
});

test('AD-04: an application that was given rights of administration is its owner\'s no more', async () => {
  const robot = await make({ kind: 'service', name: 'Promoted' });
  const { id } = await kc.clients.getServiceAccountUser({ id: robot.id });
  const { id: clientUniqueId, roles } = await w.roleOf(kc, 'peru', 'realm-management', 'manage-users');
  await kc.users.addClientRoleMappings({ id, clientUniqueId, roles });
  assert.equal((await call('POST', `/${robot.id}/secret`)).status, 403);
  assert.equal((await call('PUT', `/${robot.id}`, dev, { name: 'x' })).status, 403);
  assert.equal((await call('GET', `/${robot.id}`)).status, 200);
});

test('nobody has more than twenty, also when they are made at once', async () => {
  const all = await Promise.all(Array.from({ length: 25 }, (_, i) => call('POST', '', other, { kind: 'api-key', name: `k${i}` })));
  assert.equal(all.filter((r) => r.status === 201).length, 20);
  assert.equal(all.filter((r) => r.status === 400).length, 5);
  assert.equal((await call('GET', '', other)).json.length, 20);
});

test('WE-13: no name that could be taken for the server itself', async () => {
  for (const name of ['My account', 'Consola de mi cuenta', 'MINHA CONTA', 'Account Console', 'security_admin-console', 'Peru', '\u0430ccount'])
    assert.equal((await call('POST', '', dev, { kind: 'service', name })).json.field, 'name', name);
  const fine = await make({ kind: 'service', name: 'Account of bees' });
  assert.equal((await call('PUT', `/${fine.id}`, dev, { name: 'Broker' })).json.field, 'name');
});

test('OT-07: an application ends with its owner\'s right to have one, and comes back with it', async () => {
  await w.addUser('breve', { email: 'breve@example.pe', firstName: 'Breve', lastName: 'Quispe' });
  const [{ id }] = await kc.users.find({ username: 'breve', exact: true });
  const { id: clientUniqueId, roles } = await w.roleOf(kc, 'peru', 'account', 'manage-applications');
  const give = () => kc.users.addClientRoleMappings({ id, clientUniqueId, roles });
  await give();
  const breve = await signIn('breve');
  const robot = await make({ kind: 'service', name: 'Robot breve' }, breve);
  const key = await make({ kind: 'api-key', name: 'Llave breve' }, breve);
  const page = await make({ kind: 'web', name: 'Página breve', redirectUris: [CALLBACK] }, breve);
  const gate = await w.addClient('gate', { serviceAccount: true });
  await w.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'token-validator', '--username', 'service-account-gate');
  const service = new Client(w.server, 'peru', robot.clientId, robot.secret);
  const token = (await service.service()).json.access_token;
  const validate = (given, clientId, secret) => request(`${w.server.origin}/grpc/token/validate`, { json: { token: given }, headers: { ...basic(clientId, secret), 'X-Tenant-ID': 'peru' } });
  const starts = async () => (await new Browser(w.server, 'peru').authorize({ client_id: page.clientId, redirect_uri: CALLBACK, code_challenge: pkce().challenge, code_challenge_method: 'S256' })).status;
  async function works(wanted) {
    assert.equal((await service.service()).status, wanted ? 200 : 401);
    assert.equal((await validate(token, key.clientId, key.secret)).status, wanted ? 200 : 401);
    const seen = await validate(token, 'gate', gate.secret);
    assert.deepEqual([seen.json.active, seen.json.reason === 'CLIENT_DISABLED'], [wanted, !wanted], seen.text);
    assert.equal(await starts(), wanted ? 200 : 400);
  }
  await works(true);
  await kc.users.delClientRoleMappings({ id, clientUniqueId, roles });
  await works(false);
  await give();
  await works(true);
  await kc.users.update({ id }, { enabled: false });
  await works(false);
  await kc.users.update({ id }, { enabled: true });
  await works(true);
  const [listed] = await kc.clients.find({ q: `garita.owner:${id}` });
  assert.ok([robot.id, key.id, page.id].includes(listed.id), 'administrators find what is whose');
  await kc.users.del({ id });
  await works(false);
});

test('client policies and second persons are heeded', async () => {
  await kc.clientPolicies.createProfiles({ profiles: [{ name: 'strict', executors: [{ executor: 'confidential-client', configuration: {} }] }] });
  await kc.clientPolicies.updatePolicy({ policies: [{ name: 'ours', enabled: true, profiles: ['strict'],
    conditions: [{ condition: 'client-updater-context', configuration: { 'update-client-source': ['ByAuthenticatedUser'] } }] }] });
  assert.equal((await call('POST', '', dev, { kind: 'single-page', name: 'Public', redirectUris: [CALLBACK] })).status, 400);
  const held = await request(`${w.server.origin}/admin/realms/peru/four-eyes`, { method: 'PUT', json: { kinds: ['client-secrets'] }, headers: { ...bearer(await w.token('root', 'master')), 'X-Justification': 'test' } });
  assert.ok(held.status < 300, held.text);
  const refused = await call('POST', '', dev, { kind: 'service', name: 'Held' });
  assert.equal(refused.status, 403);
  assert.match(refused.json.error_description, /second person/);
  assert.ok(!(await call('GET', '')).json.some((c) => c.name === 'Held'));
});

test('PW-08: what gives or changes a secret needs a recent login', async () => {
  clock.step(6 * 60_000);
  const [first] = (await call('GET', '')).json;
  for (const [method, path, json] of [['POST', '', { kind: 'service', name: 'Late' }], ['POST', `/${first.id}/secret`], ['PUT', `/${first.id}`, { name: 'x' }], ['DELETE', `/${first.id}`]])
    assert.equal((await call(method, path, dev, json)).status, 401, `${method} ${path}`);
});
