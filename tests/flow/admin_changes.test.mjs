// AU-01: every line of the Admin API that changes something leaves an event that says who, from where and
// why. The table of routes comes from the binary; for each line that changes there is one here that makes it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf } from './lib/admin.mjs';
import { forms } from './lib/html.mjs';
import { Browser, PASSWORD } from './lib/oidc.mjs';
import { MailServer } from './lib/smtp.mjs';

let world, mails, token, judge, routes, counter = 0;
const fresh = (what) => `${what}${++counter}`;

const call = async (method, path, json, headers) => {
  const reply = await world.call(method, path, { token, ...(json === undefined ? {} : { json }), headers });
  assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${reply.text}`);
  return reply;
};
const below = (path) => `/realms/peru/${path}`;
const make = async (collection, json) => idOf(await call('POST', below(collection), json));
const get = async (path) => (await call('GET', below(path))).json;

const user = () => make('users', { username: fresh('user'), enabled: true });
const reader = () => make('users', { username: fresh('user'), enabled: true, email: `${fresh('reader')}@example.pe` });
const group = () => make('groups', { name: fresh('group') });
const client = (more) => make('clients', { clientId: fresh('client'), redirectUris: [], publicClient: false, ...more });
const scope = () => make('client-scopes', { name: fresh('scope'), protocol: 'openid-connect' });
const realmRole = async () => {
  const name = fresh('role');
  await call('POST', below('roles'), { name });
  return get(`roles/${name}`);
};
const clientRole = async (id) => {
  const name = fresh('role');
  await call('POST', below(`clients/${id}/roles`), { name });
  return get(`clients/${id}/roles/${name}`);
};
const mapper = () => ({ name: fresh('mapper'), protocol: 'openid-connect', protocolMapper: 'oidc-hardcoded-claim-mapper',
  config: { 'claim.name': 'x', 'claim.value': 'y', 'access.token.claim': 'true' } });
const withPassword = async () => {
  const id = await user();
  await call('PUT', below(`users/${id}/reset-password`), { type: 'password', value: PASSWORD });
  return id;
};
const loggedIn = async () => {
  const id = await withPassword();
  await world.token((await get(`users/${id}`)).username, 'peru');
  return id;
};

// Roles given to a holder and taken: the lines are the same for people, groups, clients and scopes.
const mappings = (base, holder, tail) => ({
  [`POST ${base}/${tail}/realm`]: async () => [`${await holder()}/${tail}/realm`, [await realmRole()]],
  [`DELETE ${base}/${tail}/realm`]: async () => {
    const path = `${await holder()}/${tail}/realm`, roles = [await realmRole()];
    await call('POST', below(path), roles);
    return [path, roles];
  },
  [`POST ${base}/${tail}/clients/{x}`]: async () => {
    const id = await client();
    return [`${await holder()}/${tail}/clients/${id}`, [await clientRole(id)]];
  },
  [`DELETE ${base}/${tail}/clients/{x}`]: async () => {
    const id = await client(), path = `${await holder()}/${tail}/clients/${id}`, roles = [await clientRole(id)];
    await call('POST', below(path), roles);
    return [path, roles];
  },
});
const mappers = (base, holder) => ({
  [`POST ${base}/protocol-mappers/models`]: async () => [`${await holder()}/protocol-mappers/models`, mapper()],
  [`POST ${base}/protocol-mappers/add-models`]: async () => [`${await holder()}/protocol-mappers/add-models`, [mapper()]],
  [`PUT ${base}/protocol-mappers/models/{x}`]: async () => {
    const path = `${await holder()}/protocol-mappers/models`, json = mapper();
    const id = idOf(await call('POST', below(path), json));
    return [`${path}/${id}`, { ...json, id, config: { ...json.config, 'claim.value': 'z' } }];
  },
  [`DELETE ${base}/protocol-mappers/models/{x}`]: async () => {
    const path = `${await holder()}/protocol-mappers/models`;
    return [`${path}/${idOf(await call('POST', below(path), mapper()))}`];
  },
});
const linked = (kind) => ({
  [`PUT clients/{x}/${kind}/{x}`]: async () => [`clients/${await client()}/${kind}/${await scope()}`, {}],
  [`DELETE clients/{x}/${kind}/{x}`]: async () => {
    const path = `clients/${await client()}/${kind}/${await scope()}`;
    await call('PUT', below(path), {});
    return [path];
  },
  [`PUT default-${kind}/{x}`]: async () => [`default-${kind}/${await scope()}`, {}],
  [`DELETE default-${kind}/{x}`]: async () => {
    const path = `default-${kind}/${await scope()}`;
    await call('PUT', below(path), {});
    return [path];
  },
});
const composites = (base, one) => ({
  [`POST ${base}/composites`]: async () => [`${await one()}/composites`, [await realmRole()]],
  [`DELETE ${base}/composites`]: async () => {
    const path = `${await one()}/composites`, roles = [await realmRole()];
    await call('POST', below(path), roles);
    return [path, roles];
  },
  [`PUT ${base}`]: async () => {
    const path = await one();
    return [path, { ...(await get(path)), description: fresh('words') }];
  },
  [`DELETE ${base}`]: async () => [await one()],
});
const put = (path, change) => async () => {
  const at = await path();
  return [at, { ...(await get(at)), ...change() }];
};
const aClient = async () => `clients/${await client()}`;
const aScope = async () => `client-scopes/${await scope()}`;
const aUser = async () => `users/${await user()}`;
const aGroup = async () => `groups/${await group()}`;
const aClientRole = async () => {
  const id = await client();
  return `clients/${id}/roles/${(await clientRole(id)).name}`;
};

// "METHOD path below the realm" -> [path, body], after whatever must be there first.
const LOGO = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64');
const LINES = {
  'PUT logo': async () => ['logo', { data: LOGO }],
  'DELETE logo': async () => {
    await call('PUT', below('logo'), { data: LOGO });
    return ['logo'];
  },
  'PUT ': async () => ['', { displayName: fresh('Perú') }],
  'POST clients/{x}/nodes': async () => [`${await aClient()}/nodes`, { node: 'app1.example.pe' }],
  'DELETE clients/{x}/nodes/{x}': async () => {
    const path = `${await aClient()}/nodes`;
    await call('POST', below(path), { node: 'app1.example.pe' });
    return [`${path}/app1.example.pe`];
  },
  'POST users': async () => ['users', { username: fresh('user') }],
  'PUT users/{x}': put(aUser, () => ({ firstName: fresh('Name') })),
  'DELETE users/{x}': async () => [await aUser()],
  'PUT users/profile': async () => {
    const profile = await get('users/profile');
    return ['users/profile', { ...profile, attributes: [...profile.attributes, { name: fresh('attr') }] }];
  },
  'PUT users/{x}/reset-password': async () => [`${await aUser()}/reset-password`, { type: 'password', value: PASSWORD }],
  'PUT users/{x}/credentials/{x}/userLabel': async () => {
    const path = `users/${await withPassword()}/credentials`;
    return [`${path}/${(await get(path))[0].id}/userLabel`, fresh('label')];
  },
  'DELETE users/{x}/credentials/{x}': async () => {
    const path = `users/${await withPassword()}/credentials`;
    return [`${path}/${(await get(path))[0].id}`];
  },
  'POST users/{x}/credentials/{x}/moveToFirst': async () => {
    const path = `users/${await withPassword()}/credentials`;
    return [`${path}/${(await get(path))[0].id}/moveToFirst`, {}];
  },
  'POST users/{x}/federated-identity/{x}': async () =>
    [`${await aUser()}/federated-identity/partner`, { userId: fresh('there'), userName: 'there' }],
  'DELETE users/{x}/federated-identity/{x}': async () => {
    const path = `${await aUser()}/federated-identity/partner`;
    await call('POST', below(path), { userId: fresh('there'), userName: 'there' });
    return [path];
  },
  'POST users/{x}/logout': async () => [`users/${await loggedIn()}/logout`, {}],
  'DELETE users/{x}/consents/{x}': async () => {
    const id = await withPassword();
    const browser = new Browser(world.server, 'peru');
    let page = await browser.follow(await browser.authorize({ client_id: 'consenting' }));
    page = await browser.follow(await browser.logIn(page, (await get(`users/${id}`)).username));
    const form = forms(page.text).find((f) => f.buttons.some((b) => b.name === 'accept'));
    await browser.submit(page, form, { accept: form.buttons.find((b) => b.name === 'accept').value });
    return [`users/${id}/consents/consenting`];
  },
  'DELETE sessions/{x}': async () => [`sessions/${(await get(`users/${await loggedIn()}/sessions`))[0].id}`],
  'PUT users/{x}/groups/{x}': async () => [`${await aUser()}/groups/${await group()}`, {}],
  'PUT groups/{x}/members/{x}': async () => [`${await aGroup()}/members/${await user()}`],
  'DELETE groups/{x}/members/{x}': async () => {
    const path = `${await aGroup()}/members/${await user()}`;
    await call('PUT', below(path));
    return [path];
  },
  'DELETE users/{x}/groups/{x}': async () => {
    const path = `${await aUser()}/groups/${await group()}`;
    await call('PUT', below(path), {});
    return [path];
  },
  'POST roles': async () => ['roles', { name: fresh('role') }],
  ...composites('roles/{x}', async () => `roles/${(await realmRole()).name}`),
  ...composites('roles-by-id/{x}', async () => `roles-by-id/${(await realmRole()).id}`),
  'POST clients/{x}/roles': async () => [`${await aClient()}/roles`, { name: fresh('role') }],
  ...composites('clients/{x}/roles/{x}', aClientRole),
  'POST clients': async () => ['clients', { clientId: fresh('client') }],
  'PUT clients/{x}': put(aClient, () => ({ description: fresh('words') })),
  'DELETE clients/{x}': async () => [await aClient()],
  'POST clients/{x}/client-secret': async () => [`${await aClient()}/client-secret`, {}],
  'POST client-scopes': async () => ['client-scopes', { name: fresh('scope'), protocol: 'openid-connect' }],
  'PUT client-scopes/{x}': put(aScope, () => ({ description: fresh('words') })),
  'DELETE client-scopes/{x}': async () => [await aScope()],
  ...linked('default-client-scopes'),
  ...linked('optional-client-scopes'),
  ...mappers('clients/{x}', aClient),
  ...mappers('client-scopes/{x}', aScope),
  ...mappings('clients/{x}', aClient, 'scope-mappings'),
  ...mappings('client-scopes/{x}', aScope, 'scope-mappings'),
  ...mappings('users/{x}', aUser, 'role-mappings'),
  ...mappings('groups/{x}', aGroup, 'role-mappings'),
  'POST groups': async () => ['groups', { name: fresh('group') }],
  'PUT groups/{x}': put(aGroup, () => ({ name: fresh('group') })),
  'DELETE groups/{x}': async () => [await aGroup()],
  'POST groups/{x}/children': async () => [`${await aGroup()}/children`, { name: fresh('group') }],
  'PUT default-groups/{x}': async () => [`default-groups/${await group()}`, {}],
  'DELETE default-groups/{x}': async () => {
    const path = `default-groups/${await group()}`;
    await call('PUT', below(path), {});
    return [path];
  },
  'POST localization/{x}': async () => [`localization/es`, { [fresh('key')]: 'texto' }],
  'PUT localization/{x}/{x}': async () => [`localization/es/${fresh('key')}`, 'texto'],
  'DELETE localization/{x}/{x}': async () => {
    const path = `localization/es/${fresh('key')}`;
    await call('PUT', below(path), 'texto');
    return [path];
  },
  'DELETE localization/{x}': async () => ['localization/es'],
  'POST clients/{x}/push-revocation': async () => [`${await aClient()}/push-revocation`, {}],
  'POST push-revocation': async () => ['push-revocation', {}],
  'POST logout-all': async () => ['logout-all', {}],
  'POST clear-realm-cache': async () => ['clear-realm-cache', {}],
  'POST clear-user-cache': async () => ['clear-user-cache', {}],
  'POST clear-keys-cache': async () => ['clear-keys-cache', {}],
  'DELETE attack-detection/brute-force/users': async () => ['attack-detection/brute-force/users'],
  'DELETE attack-detection/brute-force/users/{x}': async () => [`attack-detection/brute-force/users/${await user()}`],
  'POST users/{x}/impersonation': async () => [`${await aUser()}/impersonation`, {}],
  'PUT users/{x}/execute-actions-email': async () => [`users/${await reader()}/execute-actions-email`, ['UPDATE_PASSWORD']],
  'PUT users/{x}/reset-password-email': async () => [`users/${await reader()}/reset-password-email`, {}],
  'PUT users/{x}/send-verify-email': async () => [`users/${await reader()}/send-verify-email`, {}],
  'PUT events/config': async () => ['events/config', { eventsExpiration: 86400 * 30 + ++counter }],
  'PUT four-eyes': async () => ['four-eyes', { kinds: [], expiresAfterDays: 10 + ++counter % 70 }],
  'DELETE events': async () => ['events'],
  'DELETE admin-events': async () => ['admin-events'],
};

// Told by tests of their own: what belongs to no realm, or ends it; and lines whose answer here is that the
// thing does not exist.
const ELSEWHERE = ['POST /admin/realms', 'POST /admin/apply', 'POST users/{x}/credentials/{x}/moveAfter/{x}',
  'PUT users/{x}/remove-totp', 'PUT users/{x}/disable-credential-types', 'DELETE ', 'POST change-requests/{x}/approve', 'POST change-requests/{x}/reject',
  'POST change-requests/{x}/cancel', 'DELETE clients/{x}/client-secret/rotated', 'POST /admin/garita/backup/trial', 'POST /admin/garita/promote',
  'POST /admin/garita/backup', 'PUT /admin/garita/certificate', 'POST /admin/garita/certificate/request', 'POST /admin/garita/standby/token',
  'POST /admin/garita/uploads/{x}/realm'];
// Lines that take one answer only, that of now, or try something out, or bring what is not stored yet: they change nothing.
const NOTHING = /testSMTPConnection$|management[-/]permissions$|client-description-converter$|policy\/evaluate$|garita\/uploads(\/\{x\})?$/;
// Parts of the API whose own tests look for their events.
const PARTS = /^\w+ (authentication|clients\/\{x\}\/authz|components|identity-provider|client-policies|organizations|clients-initial-access|clients\/\{x\}\/registration-access-token|partialImport|partial-export)\b/;

const line = (route) => `${route.method} ${route.path.replace(/^\/admin\/realms\/\{realm\}\/?/, '').replace(/\{\w+\}/g, '{x}')}`;

before(async () => {
  mails = await MailServer.start({ disabledCommands: ['STARTTLS'] });
  world = await AdminWorld.open({ args: ['--fetch-networks', '127.0.0.0/8'] });
  await world.addAdmin('judge', ['admin'], 'master');
  await world.addClient('consenting', { values: { consentRequired: true } });
  token = await world.token('judge', 'master');
  [{ id: judge }] = (await world.call('GET', '/realms/master/users?username=judge', { token })).json;
  await call('PUT', '/realms/peru', { smtpServer: { host: 'localhost', port: String(mails.port), from: 'login@example.pe' } });
  routes = (await world.cli.json('routes')).filter((route) => route.method !== 'GET');
});
after(async () => { await world.close(); await mails.close(); });

test('each line that changes is told here', async () => {
  const missing = [];
  const real = { realm: 'peru', id: await user(), client: await client(), group: await group(), scope: await scope() };
  for (const route of routes) {
    const name = line(route);
    if (LINES[name] || ELSEWHERE.includes(name) || NOTHING.test(name) || PARTS.test(name)) continue;
    const path = route.path.slice('/admin'.length).replace(/\{(\w+)\}/g, (_, what) => real[what] ?? 'x');
    const { status } = await world.call(route.method, path, { token, json: {} });
    if (status !== 501) missing.push(name);
  }
  assert.deepEqual(missing, [], 'lines without an event that is looked for');
});

for (const [name, prepare] of Object.entries(LINES)) {
  test(`${name || 'PUT the realm'} leaves an event`, async () => {
    assert.ok(routes.some((route) => line(route) === name), 'the line is in the table of routes');
    const [path, json] = await prepare();
    const why = `because of ${name} ${++counter}`;
    await call(name.split(' ')[0], below(path).replace(/\/$/, ''), json, { 'X-Justification': why });
    const newest = await get('admin-events?max=5');
    const event = newest.find((e) => e.details.justification === why);
    assert.ok(event, `no event of ${name}: ${JSON.stringify(newest.map((e) => [e.resourcePath, e.details]))}`);
    assert.equal(event.authDetails.realmId, 'master');
    assert.equal(event.details.username, 'judge');
    assert.equal(event.authDetails.ipAddress, '127.0.0.1');
    assert.equal(event.authDetails.userId, judge);
    assert.match(event.operationType, /^(CREATE|UPDATE|DELETE|ACTION)$/);
    assert.match(event.resourceType, /^[A-Z_]+$/);
    assert.equal(event.resourceType === 'CUSTOM', false);
  });
}

test('a realm: its making and its end are told in master', async () => {
  const make = await world.call('POST', '/realms', { token, json: { realm: 'brief' }, headers: { 'X-Justification': 'make it' } });
  assert.equal(make.status, 201);
  const own = (await call('GET', '/realms/brief/admin-events?direction=asc&max=1')).json;
  assert.equal(own[0].details.justification, 'make it');
  const gone = await world.call('DELETE', '/realms/brief', { token, headers: { 'X-Justification': 'end it' } });
  assert.equal(gone.status, 204);
  const told = (await call('GET', '/realms/master/admin-events?max=5')).json;
  assert.ok(told.some((e) => e.details.justification === 'end it' && e.operationType === 'DELETE'));
  assert.ok(told.some((e) => e.details.justification === 'make it'));
});

// What never waits for a second person, line by line as it was looked at: it takes something away, ends
// sessions, or changes looks, texts and people without rights to administer (docs/four-eyes.md).
const NEVER_WAITS = [
  'PUT ', 'POST users', 'PUT users/{x}', 'DELETE users/{x}', 'PUT users/{x}/reset-password',
  'PUT users/{x}/credentials/{x}/userLabel', 'DELETE users/{x}/credentials/{x}', 'POST users/{x}/credentials/{x}/moveToFirst',
  'POST users/{x}/federated-identity/{x}', 'DELETE users/{x}/federated-identity/{x}', 'POST users/{x}/logout',
  'DELETE users/{x}/consents/{x}', 'DELETE sessions/{x}', 'DELETE groups/{x}/members/{x}', 'DELETE users/{x}/groups/{x}',
  'DELETE users/{x}/role-mappings/realm', 'DELETE users/{x}/role-mappings/clients/{x}',
  'DELETE groups/{x}/role-mappings/realm', 'DELETE groups/{x}/role-mappings/clients/{x}',
  'POST roles', 'POST clients/{x}/roles',
  ...['roles/{x}', 'roles-by-id/{x}', 'clients/{x}/roles/{x}'].flatMap((r) => [`PUT ${r}`, `DELETE ${r}`, `DELETE ${r}/composites`]),
  'PUT clients/{x}', 'DELETE clients/{x}', 'DELETE client-scopes/{x}',
  'POST groups', 'PUT groups/{x}', 'DELETE groups/{x}', 'POST groups/{x}/children',
  'POST localization/{x}', 'PUT localization/{x}/{x}', 'DELETE localization/{x}/{x}', 'DELETE localization/{x}',
  'POST clients/{x}/push-revocation', 'POST push-revocation', 'POST logout-all', 'POST clear-realm-cache', 'POST clear-user-cache',
  'POST clear-keys-cache', 'DELETE attack-detection/brute-force/users', 'DELETE attack-detection/brute-force/users/{x}',
  'POST users/{x}/impersonation', 'DELETE events', 'DELETE admin-events',
  // who reads the mail decides; where it goes is a change of the person
  'PUT users/{x}/execute-actions-email', 'PUT users/{x}/reset-password-email', 'PUT users/{x}/send-verify-email',
];

test('AD-04: four eyes: with every kind on, each line waits or is one that never does', async () => {
  const kinds = ['client-redirect-uris', 'client-secrets', 'token-contents', 'role-grants', 'administrators', 'key-rotation',
    'realm-settings', 'realm-deletion', 'identity-providers', 'authentication-flows', 'authorization'];
  const prepared = [];
  for (const [name, prepare] of Object.entries(LINES)) if (name !== 'PUT four-eyes') prepared.push([name, await prepare()]);
  await call('PUT', below('four-eyes'), { kinds });
  const went = [];
  for (const [name, [path, json]] of prepared) {
    const { status, text } = await world.call(name.split(' ')[0], below(path).replace(/\/$/, ''), {
      token, headers: { 'X-Justification': name }, ...(json === undefined ? {} : { json }),
    });
    assert.ok(status < 300, `${name}: ${status} ${text}`);
    if (status !== 202) went.push(name);
  }
  assert.deepEqual(went.sort(), [...NEVER_WAITS].sort());
});
