// Four eyes: chosen kinds of change wait for a second person.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf, UUID } from './lib/admin.mjs';
import { request as http } from './lib/http.mjs';
import { Browser, REDIRECT } from './lib/oidc.mjs';
import { SECRET } from './lib/world.mjs';

const KINDS = [
  'client-redirect-uris', 'client-secrets', 'token-contents', 'role-grants', 'administrators', 'key-rotation',
  'realm-settings', 'realm-deletion', 'identity-providers', 'authentication-flows', 'authorization',
];
const WHY = { 'X-Justification': 'ticket 4711' };

let world, root, ana, luis;
before(async () => {
  world = await AdminWorld.open();
  await world.addAdmin('luis', ['realm-management/realm-admin'], 'peru');
  root = await world.token('root', 'master');
  ana = await world.token('ana', 'peru');
  luis = await world.token('luis', 'peru');
});
after(() => world.close());

const call = (method, path, token, json, headers = WHY) =>
  world.call(method, `/realms/peru${path}`, { token, headers, ...(json === undefined ? {} : { json }) });
const want = async (status, ...args) => {
  const reply = await call(...args);
  assert.equal(reply.status, status, `${args[0]} ${args[1]}: ${reply.status} ${reply.text}`);
  return reply;
};
// what an emergency needs no second person for: the setting is put back by two people
async function setting(kinds, realm = 'peru') {
  const set = await world.call('PUT', `/realms/${realm}/four-eyes`, { token: root, headers: WHY, json: { kinds } });
  if (set.status === 204) return;
  assert.equal(set.status, 202, set.text);
  await approve(set.json.id, luis);
}
const approve = (id, token, status = 200) => want(status, 'POST', `/change-requests/${id}/approve`, token);
const ask = async (...args) => (await want(202, ...args)).json;
const show = async (id, token = luis) => (await want(200, 'GET', `/change-requests/${id}`, token)).json;
const types = async (realm = 'peru') => (await world.cli.json('audit', 'list', '--realm', realm)).map((e) => e.type);

const idp = (alias) => ({
  alias, providerId: 'oidc', enabled: true,
  config: { clientId: 'c', clientSecret: 's', authorizationUrl: 'https://idp.example/a', tokenUrl: 'https://idp.example/t' },
});

async function makeClient(clientId, values = {}) {
  await setting([]);
  const made = await want(201, 'POST', '/clients', ana, { clientId, redirectUris: ['https://app.example/cb'], ...values });
  return idOf(made);
}
const redirects = async (id) => (await want(200, 'GET', `/clients/${id}`, ana)).json.redirectUris;

test('off: nothing waits', async () => {
  assert.deepEqual((await want(200, 'GET', '/four-eyes', ana)).json, { kinds: [], expiresAfterDays: 7 });
  await want(201, 'POST', '/clients', ana, { clientId: 'free', redirectUris: ['https://free.example/'] });
  assert.deepEqual((await want(200, 'GET', '/change-requests', ana)).json, []);
});

test('asked, shown, approved by another: done once, with both in the event', async () => {
  const id = await makeClient('shop');
  await setting(['client-redirect-uris']);
  const reply = await want(202, 'PUT', `/clients/${id}`, ana, { redirectUris: ['https://new.example/cb'] });
  const request = reply.json;
  assert.match(request.id, UUID);
  assert.equal(reply.headers.location, `${world.server.origin}/admin/realms/peru/change-requests/${request.id}`);
  assert.equal(request.status, 'pending');
  assert.deepEqual(request.kinds, ['client-redirect-uris']);
  assert.equal(request.justification, 'ticket 4711');
  assert.match(request.errorMessage, /second person/);
  assert.deepEqual(await redirects(id), ['https://app.example/cb'], 'nothing changed yet');

  const seen = await show(request.id);
  assert.equal(seen.requestedBy.username, 'ana');
  assert.deepEqual(seen.body, { redirectUris: ['https://new.example/cb'] });
  const [row] = seen.changes;
  assert.equal(row.event, 'ClientModified');
  assert.deepEqual(row.data.before.redirectUris, ['https://app.example/cb']);
  assert.deepEqual(row.data.after.redirectUris, ['https://new.example/cb']);

  const done = (await approve(request.id, luis)).json;
  assert.equal(done.status, 'approved');
  assert.equal(done.decidedBy.username, 'luis');
  assert.deepEqual(await redirects(id), ['https://new.example/cb']);
  await approve(request.id, luis, 409);
  assert.equal('body' in (await show(request.id)), false, 'the call is not kept');

  const { json: events } = await want(200, 'GET', `/admin-events?resourcePath=clients/${id}`, ana);
  const event = events.find((e) => e.details.changeRequest === request.id);
  assert.equal(event.details.username, 'luis');
  assert.equal(event.details.justification, 'ticket 4711');
  assert.equal(event.details.requestedBy, done.requestedBy.id);
  const log = await types();
  for (const type of ['FourEyesChanged', 'ChangeRequested', 'ChangeApproved']) assert.ok(log.includes(type), type);
});

test('what is of no chosen kind goes on', async () => {
  const id = await makeClient('plain');
  await setting(['client-redirect-uris']);
  await want(204, 'PUT', `/clients/${id}`, ana, { name: 'Plain', redirectUris: ['https://app.example/cb'] });
  await want(204, 'PUT', '', ana, { displayName: 'Peru' });
});

test('without a justification: 400, and nothing is kept', async () => {
  const id = await makeClient('why');
  await setting(['client-redirect-uris']);
  const before = (await want(200, 'GET', '/change-requests', ana)).json.length;
  const reply = await want(400, 'PUT', `/clients/${id}`, ana, { redirectUris: ['https://x.example/'] }, {});
  assert.equal(reply.json.field, 'X-Justification');
  assert.equal((await want(200, 'GET', '/change-requests', ana)).json.length, before);
});

test('whoever asked neither approves nor rejects, but cancels; others reject with a reason', async () => {
  const id = await makeClient('mine');
  await setting(['client-redirect-uris']);
  const first = await ask('PUT', `/clients/${id}`, ana, { redirectUris: ['https://x.example/'] });
  await approve(first.id, ana, 403);
  await want(403, 'POST', `/change-requests/${first.id}/reject`, ana, { reason: 'no' });
  await want(403, 'POST', `/change-requests/${first.id}/cancel`, luis);
  await want(200, 'POST', `/change-requests/${first.id}/cancel`, ana);
  await approve(first.id, luis, 409);
  const second = await ask('PUT', `/clients/${id}`, ana, { redirectUris: ['https://x.example/'] });
  assert.equal((await want(400, 'POST', `/change-requests/${second.id}/reject`, luis)).json.field, 'reason');
  const rejected = (await want(200, 'POST', `/change-requests/${second.id}/reject`, luis, { reason: 'unknown host' })).json;
  assert.equal(rejected.status, 'rejected');
  assert.equal(rejected.reason, 'unknown host');
  await approve(second.id, luis, 409);
  assert.deepEqual(await redirects(id), ['https://app.example/cb']);
  const statuses = (await want(200, 'GET', '/change-requests?status=rejected', ana)).json.map((r) => r.id);
  assert.ok(statuses.includes(second.id) && !statuses.includes(first.id));
});

test('AD-04: who approves needs the right that the change needs, and sees nothing without it', async () => {
  await setting([]);
  await world.addAdmin('eva', ['realm-management/view-clients'], 'peru');
  const eva = await world.token('eva', 'peru');
  const id = await makeClient('rights');
  await setting(['client-redirect-uris']);
  const request = await ask('PUT', `/clients/${id}`, ana, { redirectUris: ['https://x.example/'] });
  await want(403, 'GET', `/change-requests/${request.id}`, eva);
  await approve(request.id, eva, 403);
  assert.deepEqual((await want(200, 'GET', '/change-requests', eva)).json, []);
  await approve(request.id, luis);
});

test('AD-04: a role that the second person lacks is not given', async () => {
  await setting([]);
  await world.addAdmin('mario', ['realm-management/manage-users'], 'peru');
  await world.addUser('nuevo');
  const mario = await world.token('mario', 'peru');
  const user = (await want(200, 'GET', '/users?username=nuevo&exact=true', ana)).json[0].id;
  const management = (await want(200, 'GET', '/clients?clientId=realm-management', ana)).json[0].id;
  const role = (await want(200, 'GET', `/clients/${management}/roles/manage-realm`, ana)).json;
  await setting(['role-grants']);
  const path = `/users/${user}/role-mappings/clients/${management}`;
  const request = await ask('POST', path, ana, [role]);
  await approve(request.id, mario, 403);
  assert.equal((await show(request.id)).status, 'pending');
  await approve(request.id, luis);
  assert.deepEqual((await want(200, 'GET', path, ana)).json.map((r) => r.name), ['manage-realm']);
});

test('whoever lost the right meanwhile gets nothing done', async () => {
  const id = await makeClient('lost');
  await world.addAdmin('fugaz', ['realm-management/manage-clients'], 'peru');
  const fugaz = await world.token('fugaz', 'peru');
  await setting(['client-redirect-uris']);
  const request = await ask('PUT', `/clients/${id}`, fugaz, { redirectUris: ['https://x.example/'] });
  const user = (await want(200, 'GET', '/users?username=fugaz&exact=true', ana)).json[0];
  await want(204, 'PUT', `/users/${user.id}`, ana, { enabled: false });
  await approve(request.id, luis, 403);
  assert.deepEqual(await redirects(id), ['https://app.example/cb']);
  await want(204, 'PUT', `/users/${user.id}`, ana, { enabled: true });
  const management = (await want(200, 'GET', '/clients?clientId=realm-management', ana)).json[0].id;
  const role = (await want(200, 'GET', `/clients/${management}/roles/manage-clients`, ana)).json;
  await want(204, 'DELETE', `/users/${user.id}/role-mappings/clients/${management}`, ana, [role]);
  await approve(request.id, luis, 403);
  assert.deepEqual(await redirects(id), ['https://app.example/cb']);
});

test('what changed meanwhile is not overwritten: 409, and the request is over', async () => {
  const id = await makeClient('moved');
  await setting(['client-redirect-uris']);
  const request = await ask('PUT', `/clients/${id}`, ana, { redirectUris: ['https://one.example/'] });
  const other = await ask('PUT', `/clients/${id}`, luis, { redirectUris: ['https://two.example/'] });
  await approve(other.id, ana);
  await approve(request.id, luis, 409);
  assert.deepEqual(await redirects(id), ['https://two.example/']);
  assert.equal((await show(request.id)).status, 'outdated');
  const gone = await ask('PUT', `/clients/${id}`, ana, { redirectUris: ['https://three.example/'] });
  await want(204, 'DELETE', `/clients/${id}`, ana);
  await approve(gone.id, luis, 409);
  assert.equal((await show(gone.id)).status, 'outdated');
  assert.ok((await types()).includes('ChangeOutdated'));
});

test('a new secret is made once, however many approve at once', async () => {
  const id = await makeClient('race');
  await setting(['client-secrets']);
  const request = await ask('POST', `/clients/${id}/client-secret`, ana, {});
  const replies = await Promise.all(Array.from({ length: 200 }, () => call('POST', `/change-requests/${request.id}/approve`, luis)));
  assert.equal(replies.filter((r) => r.status === 200).length, 1);
  assert.ok(replies.every((r) => [200, 409, 503].includes(r.status)), replies.map((r) => r.status).join());
  const { json: events } = await want(200, 'GET', `/admin-events?resourcePath=clients/${id}/client-secret`, ana);
  assert.equal(events.filter((e) => e.details.auditType === 'ClientSecretRotated').length, 1);
});

test('a secret that was rotated is ended by one alone: that takes something away', async () => {
  const id = await makeClient('rotating', { serviceAccountsEnabled: true });
  const rotation = { executor: 'secret-rotation', configuration: { 'expiration-period': 3600, 'rotated-expiration-period': 600, 'remaining-rotation-period': 0 } };
  await want(204, 'PUT', '/client-policies/profiles', ana, { profiles: [{ name: 'rotating', executors: [rotation] }] });
  await want(204, 'PUT', '/client-policies/policies', ana, { policies: [{ name: 'rotating', enabled: true, profiles: ['rotating'], conditions: [{ condition: 'any-client', configuration: {} }] }] });
  await want(200, 'POST', `/clients/${id}/client-secret`, ana, {});
  await setting(KINDS);
  await want(204, 'DELETE', `/clients/${id}/client-secret/rotated`, ana);
  assert.ok((await types()).includes('ClientSecretEnded'));
  await setting([]);
  await want(204, 'PUT', '/client-policies/policies', ana, { policies: [] });
  await want(204, 'PUT', '/client-policies/profiles', ana, { profiles: [] });
});

test('secrets are kept sealed and shown to nobody; passwords are not kept at all', async () => {
  await setting([]);
  const group = idOf(await want(201, 'POST', '/groups', ana, { name: 'keepers' }));
  const management = (await want(200, 'GET', '/clients?clientId=realm-management', ana)).json[0].id;
  const role = (await want(200, 'GET', `/clients/${management}/roles/manage-users`, ana)).json;
  await want(204, 'POST', `/groups/${group}/role-mappings/clients/${management}`, ana, [role]);
  await setting(['client-secrets', 'role-grants', 'administrators']);
  const canary = 'canary-secret-of-a-client-4711-4711';
  const request = await ask('POST', '/clients', ana, { clientId: 'sealed', secret: canary, attributes: { 'some.private.key': canary } });
  const reply = await want(200, 'GET', `/change-requests/${request.id}`, luis);
  assert.doesNotMatch(reply.text, /canary/);
  assert.equal(reply.json.body.secret, '**********');
  await approve(request.id, luis);
  const made = (await want(200, 'GET', '/clients?clientId=sealed', ana)).json[0];
  assert.equal((await want(200, 'GET', `/clients/${made.id}/client-secret`, ana)).json.value, canary);
  const admin = (await want(200, 'GET', '/users?username=luis&exact=true', ana)).json[0];
  const refused = await want(403, 'PUT', `/users/${admin.id}/reset-password`, ana, { type: 'password', value: 'Correct-horse-9' });
  assert.match(refused.json.error_description, /password/);
  await want(403, 'POST', '/users', ana, {
    username: 'trojan', groups: ['/keepers'], enabled: true,
    credentials: [{ type: 'password', value: 'Correct-horse-9' }],
  });
  assert.deepEqual((await want(200, 'GET', '/users?username=trojan&exact=true', ana)).json, []);
});

test('people who administer: their account is not taken over', async () => {
  await setting([]);
  await world.addUser('cualquiera');
  const admin = (await want(200, 'GET', '/users?username=luis&exact=true', ana)).json[0];
  await want(204, 'PUT', `/users/${admin.id}`, ana, { email: 'luis@example.pe' });
  await setting(['administrators']);
  const plain = (await want(200, 'GET', '/users?username=cualquiera&exact=true', ana)).json[0];
  await want(202, 'PUT', `/users/${admin.id}`, ana, { email: 'ana@example.pe' });
  await want(403, 'POST', `/users/${admin.id}/impersonation`, ana, {});
  await want(403, 'PUT', `/users/${admin.id}/execute-actions-email`, ana, ['UPDATE_PASSWORD']);
  await want(403, 'PUT', `/users/${admin.id}/reset-password-email`, ana, {});
  await want(204, 'PUT', `/users/${plain.id}`, ana, { email: 'cualquiera@example.pe' });
  await want(204, 'PUT', `/users/${plain.id}/reset-password`, ana, { type: 'password', value: 'Correct-horse-9' });
});

test('service accounts neither ask nor approve; nor does a session by impersonation', async () => {
  const id = await makeClient('robot-target');
  await world.addClient('robot', { serviceAccount: true });
  const robotId = (await want(200, 'GET', '/clients?clientId=robot', ana)).json[0].id;
  const person = (await want(200, 'GET', `/clients/${robotId}/service-account-user`, ana)).json.id;
  const management = (await want(200, 'GET', '/clients?clientId=realm-management', ana)).json[0].id;
  const role = (await want(200, 'GET', `/clients/${management}/roles/realm-admin`, ana)).json;
  await want(204, 'POST', `/users/${person}/role-mappings/clients/${management}`, ana, [role]);
  const robot = (await http(`${world.server.realm('peru')}/protocol/openid-connect/token`, {
    form: { grant_type: 'client_credentials', client_id: 'robot', client_secret: SECRET },
  })).json.access_token;
  await setting(['client-redirect-uris']);
  await want(403, 'PUT', `/clients/${id}`, robot, { redirectUris: ['https://x.example/'] });
  const request = await ask('PUT', `/clients/${id}`, ana, { redirectUris: ['https://x.example/'] });
  await approve(request.id, robot, 403);
  assert.equal((await show(request.id)).status, 'pending');
});

test('an impersonated session neither asks nor approves', async () => {
  const id = await makeClient('impersonated');
  const portal = await world.addClient('portal', { redirectUris: [REDIRECT] });
  const other = (await want(200, 'GET', '/users?username=luis&exact=true', ana)).json[0].id;
  const browser = new Browser(world.server, 'peru');
  const taken = await browser.get(`${world.server.origin}/admin/realms/peru/users/${other}/impersonation`, {
    method: 'POST', headers: { Authorization: `Bearer ${ana}` }, json: {},
  });
  assert.equal(taken.status, 200, taken.text);
  const back = await browser.authorize({ client_id: 'portal' });
  const asLuis = (await portal.redeem(back.callback.code)).json.access_token;
  await setting(['client-redirect-uris']);
  const request = await ask('PUT', `/clients/${id}`, ana, { redirectUris: ['https://x.example/'] });
  await approve(request.id, asLuis, 403);
  await want(403, 'PUT', `/clients/${id}`, asLuis, { redirectUris: ['https://y.example/'] });
  assert.deepEqual(await redirects(id), ['https://app.example/cb']);
});

// One call for each part of the API that admin_changes.test.mjs leaves to others.
test('every way to these things waits', async () => {
  await setting([]);
  const flows = (await want(200, 'GET', '/authentication/flows', ana)).json;
  const actions = (await want(200, 'GET', '/authentication/required-actions', ana)).json;
  await want(201, 'POST', '/identity-provider/instances', ana, idp('first'));
  const group = idOf(await want(201, 'POST', '/groups', ana, { name: 'strong' }));
  const parent = idOf(await want(201, 'POST', '/groups', ana, { name: 'parent' }));
  await setting(KINDS);
  const asked = [
    ['POST', '/authentication/flows', { alias: 'mine', providerId: 'basic-flow', topLevel: true, builtIn: false }],
    ['POST', `/authentication/flows/${flows[0].alias}/copy`, { newName: 'copy' }],
    ['PUT', `/authentication/required-actions/${actions[0].alias}`, { ...actions[0], enabled: !actions[0].enabled }],
    ['PUT', '', { dockerAuthenticationFlow: 'browser' }],
    ['PUT', '', { accessTokenLifespan: 86400 }],
    ['PUT', '', { bruteForceProtected: false }],
    ['PUT', '', { sslRequired: 'none' }],
    ['PUT', '', { attributes: { any: 'thing' } }],
    ['POST', '/identity-provider/instances', idp('second')],
    ['PUT', '/identity-provider/instances/first', { ...idp('first'), enabled: false }],
    ['POST', '/identity-provider/instances/first/mappers', {
      name: 'm', identityProviderAlias: 'first', identityProviderMapper: 'hardcoded-user-session-attribute-idp-mapper', config: { attribute: 'a', 'attribute.value': 'b' },
    }],
    ['POST', '/components', { name: 'new', providerId: 'ecdsa-generated', providerType: 'org.keycloak.keys.KeyProvider', config: { priority: ['200'] } }],
    ['POST', '/components', { name: 'p', providerId: 'max-clients', providerType: 'org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy', subType: 'anonymous', config: { 'max-clients': ['9'] } }],
    ['POST', '/groups', { id: group, name: 'strong' }, 204],
    ['POST', `/groups/${parent}/children`, { id: group, name: 'strong' }],
    ['POST', '/users', { username: 'grouped', groups: ['/strong'] }],
    ['POST', '/partialImport', { ifResourceExists: 'FAIL', clients: [{ clientId: 'sneaked', redirectUris: ['https://sneak.example/'] }] }],
    ['POST', '/partialImport', { ifResourceExists: 'OVERWRITE', users: [{ username: 'sneaked', enabled: true, groups: ['/strong'] }] }],
    ['PUT', '/client-policies/policies', { policies: [{ name: 'p', enabled: true, conditions: [], profiles: [] }] }],
  ];
  for (const [method, path, json, status] of asked) {
    const reply = await call(method, path, ana, json);
    assert.equal(reply.status, status ?? 202, `${method} ${path} ${JSON.stringify(json)}: ${reply.status} ${reply.text}`);
  }
  assert.deepEqual((await want(200, 'GET', '/users?username=grouped&exact=true', ana)).json, []);
  assert.deepEqual((await want(200, 'GET', '/users?username=sneaked&exact=true', ana)).json, []);
  assert.deepEqual((await want(200, 'GET', '/clients?clientId=sneaked', ana)).json, []);
  assert.equal((await world.call('GET', '/realms/peru', { token: ana })).json.sslRequired, 'external');
});

// Of what flipping a switch or counting one back makes no sound value, and what a realm does not show while it is
// empty.
const SOUND = {
  sslRequired: 'none', bruteForceStrategy: 'LINEAR', defaultSignatureAlgorithm: 'ES256', passwordPolicy: 'length(9)',
  otpPolicyType: 'hotp', otpPolicyAlgorithm: 'HmacSHA256', otpPolicyDigits: 8,
  displayName: 'Other', displayNameHtml: 'Other', loginTheme: 'other', accountTheme: 'other', adminTheme: 'other', emailTheme: 'other',
  webAuthnPolicyRpId: 'example.pe', webAuthnPolicyPasswordlessRpId: 'example.pe',
  supportedLocales: ['en', 'es'], defaultLocale: 'es', enabledEventTypes: ['LOGIN'], browserSecurityHeaders: { xFrameOptions: 'DENY' },
  smtpServer: { host: 'mail.example.pe', from: 'login@example.pe' },
};
const SOUND_ENDS = {
  Preference: 'direct', Attachment: 'platform', ResidentKey: 'Yes', Requirement: 'required', Algorithms: ['ES256'],
  Origins: ['https://x.example'], Aaguids: ['00000000-0000-0000-0000-000000000001'],
};
const LOOKS = ['displayName', 'displayNameHtml', 'loginTheme', 'supportedLocales', 'defaultLocale', 'internationalizationEnabled'];

function otherValue(name, value) {
  if (name in SOUND) return SOUND[name];
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value > 1 ? value - 1 : value + 1;
  const end = Object.keys(SOUND_ENDS).find((e) => name.endsWith(e));
  if (end) return SOUND_ENDS[end];
  return Array.isArray(value) ? ['other'] : typeof value === 'object' ? { other: 'thing' } : `${value} other`.trim();
}

test('AD-04: with every kind on, each setting of the realm waits but its looks', async () => {
  await setting([]);
  const { id, realm, defaultRole, ...settings } = (await want(200, 'GET', '', root)).json;
  assert.ok('smtpServer' in settings);
  for (const [name, alias] of Object.entries(settings).filter(([n, v]) => n.endsWith('Flow') && typeof v === 'string'))
    await want(201, 'POST', `/authentication/flows/${encodeURIComponent(alias)}/copy`, root, { newName: `${alias} other` });
  await setting(KINDS);
  const went = [];
  const names = new Set([...Object.keys(settings), ...Object.keys(SOUND)]);
  for (const name of names) {
    const reply = await call('PUT', '', root, { [name]: otherValue(name, settings[name]) });
    assert.ok(reply.status < 300, `${name}: ${reply.status} ${reply.text}`);
    if (reply.status === 202) await call('POST', `/change-requests/${reply.json.id}/cancel`, root);
    else went.push(name);
  }
  assert.deepEqual(went.sort(), [...LOOKS].sort());
});

test('AD-04: where links are mailed is a change of every account, of administrators too', async () => {
  await setting(['administrators']);
  const request = await ask('PUT', '', ana, { smtpServer: SOUND.smtpServer });
  assert.deepEqual(request.kinds, ['administrators']);
  await approve(request.id, luis);
  assert.equal((await want(200, 'GET', '', ana)).json.smtpServer.host, SOUND.smtpServer.host);
});

test('commands: whoever holds the machine needs no second person, but a reason, and it is told', async () => {
  const id = await makeClient('by-hand');
  await setting(['client-redirect-uris', 'key-rotation']);
  const set = ['client', 'set', '--realm', 'peru', '--client-id', 'by-hand', 'redirectUris=["https://cli.example/"]'];
  const refused = await world.cli.run(set);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /--why/);
  assert.deepEqual(await redirects(id), ['https://app.example/cb']);
  await world.cli.ok('client', 'set', '--realm', 'peru', '--client-id', 'by-hand', 'name=Other');
  await world.cli.ok(...set, '--why', 'the house burns');
  assert.deepEqual(await redirects(id), ['https://cli.example/']);
  const log = await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'FourEyesBypassed');
  assert.equal(log.at(-1).data.kinds, 'client-redirect-uris');
  assert.equal(log.at(-1).metadata.justification, 'the house burns');
});

test('the setting: turning it off waits as well; unknown kinds are refused', async () => {
  await setting([]);
  await want(400, 'PUT', '/four-eyes', ana, { kinds: ['everything'] });
  await want(400, 'PUT', '/four-eyes', ana, { kinds: KINDS, expiresAfterDays: 0 });
  await setting(['key-rotation']);
  assert.deepEqual((await want(200, 'GET', '/four-eyes', ana)).json.kinds, ['key-rotation', 'four-eyes']);
  const off = await ask('PUT', '/four-eyes', ana, { kinds: [] });
  assert.deepEqual(off.kinds, ['four-eyes']);
  await approve(off.id, ana, 403);
  await approve(off.id, luis);
  assert.deepEqual((await want(200, 'GET', '/four-eyes', ana)).json.kinds, []);
});

test('a realm is deleted by two', async () => {
  await world.addRealm('bolivia');
  await world.addAdmin('root2', ['admin'], 'master');
  const root2 = await world.token('root2', 'master');
  await setting(['realm-deletion'], 'bolivia');
  const asked = await world.call('DELETE', '/realms/bolivia', { token: root, headers: WHY });
  assert.equal(asked.status, 202, asked.text);
  const path = `/realms/bolivia/change-requests/${asked.json.id}/approve`;
  assert.equal((await world.call('POST', path, { token: root })).status, 403);
  assert.equal((await world.call('GET', '/realms/bolivia', { token: root })).status, 200);
  const done = await world.call('POST', path, { token: root2 });
  assert.equal(done.status, 200, done.text);
  assert.equal((await world.call('GET', '/realms/bolivia', { token: root })).status, 404);
});

test('apply: the whole document waits', async () => {
  const id = await makeClient('applied');
  await setting(['client-redirect-uris']);
  const json = { realm: 'peru', clients: [{ clientId: 'applied', redirectUris: ['https://evil.example/*'] }] };
  const reply = await world.call('POST', '/apply?adopt=true', { token: ana, headers: WHY, json });
  assert.equal(reply.status, 202, reply.text);
  assert.equal(reply.json.realm, 'peru');
  assert.deepEqual(await redirects(id), ['https://app.example/cb']);
  await approve(reply.json.id, luis);
  assert.deepEqual(await redirects(id), ['https://evil.example/*']);
  const dry = await world.call('POST', '/apply?adopt=true&dryRun=true', { token: ana, json: { realm: 'peru', clients: [{ clientId: 'applied', redirectUris: ['https://b.example/'] }] } });
  assert.equal(dry.status, 200, dry.text);
});

test('a realm has at most a hundred that wait', async () => {
  const id = await makeClient('many');
  await setting(['client-redirect-uris']);
  for (const { id: old } of (await want(200, 'GET', '/change-requests?status=pending', ana)).json)
    await call('POST', `/change-requests/${old}/cancel`, ana);
  const pending = (await want(200, 'GET', '/change-requests?status=pending', ana)).json.length;
  for (let i = pending; i < 100; i++) await ask('PUT', `/clients/${id}`, ana, { redirectUris: [`https://h${i}.example/`] });
  const reply = await want(400, 'PUT', `/clients/${id}`, ana, { redirectUris: ['https://last.example/'] });
  assert.match(reply.json.error_description, /100 changes wait/);
});
