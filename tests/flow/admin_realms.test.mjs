// /admin/realms by the stock client and by hand.
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld, refusal } from './lib/admin.mjs';
import { people, realmExport } from './lib/exports.mjs';

let world, kc, token;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('root', 'master');
  token = await world.token('root', 'master');
});
after(() => world.close());

test('created, read, listed, changed, deleted', async () => {
  await kc.realms.create({ realm: 'ecuador', enabled: true, displayName: 'Ecuador', accessTokenLifespan: 600, unknownSetting: 1 });
  const realm = await kc.realms.findOne({ realm: 'ecuador' });
  assert.equal(realm.displayName, 'Ecuador');
  assert.equal(realm.accessTokenLifespan, 600);
  assert.equal(realm.enabled, true);
  assert.equal(realm.defaultRole.name, 'default-roles-ecuador');
  assert.deepEqual((await kc.realms.find()).map((r) => r.realm).sort(), ['chile', 'ecuador', 'master', 'peru']);
  await kc.realms.update({ realm: 'ecuador' }, { displayName: 'Mitad del Mundo', attributes: { 'garita.country': 'EC' } });
  const changed = await kc.realms.findOne({ realm: 'ecuador' });
  assert.equal(changed.displayName, 'Mitad del Mundo');
  assert.equal(changed.accessTokenLifespan, 600, 'what is not named stays');
  assert.equal(changed.attributes['garita.country'], 'EC');
  await kc.realms.del({ realm: 'ecuador' });
  assert.equal((await world.call('GET', '/realms/ecuador', { token })).status, 404);
});

// Databases that the server has open.
function openDatabases() {
  const folder = `/proc/${world.server.child.pid}/fd`;
  const target = (fd) => { try { return readlinkSync(path.join(folder, fd)); } catch { return ''; } };
  return new Set(readdirSync(folder).map(target).filter((file) => file.endsWith('.db'))).size;
}

test('the brief list is that of names: no realm is opened for it, and it is the newest; AD-02: of what the caller may see', async () => {
  await kc.realms.update({ realm: 'chile' }, { displayName: 'Chile', enabled: false });
  await world.server.restart();
  token = await world.token('root', 'master');
  const before = openDatabases();
  const { json } = await world.call('GET', '/realms?briefRepresentation=true', { token });
  assert.deepEqual(json.map((r) => r.realm), ['chile', 'master', 'peru']);
  const { id, ...chile } = json[0];
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.deepEqual(chile, { realm: 'chile', displayName: 'Chile', enabled: false });
  assert.equal(openDatabases(), before);
  kc = await world.client('root', 'master');
  assert.equal((await kc.realms.find()).length, 3);
  assert.ok(openDatabases() > before, 'the whole list opens them');
  await kc.realms.update({ realm: 'chile' }, { enabled: true });
  const own = await world.call('GET', '/realms?briefRepresentation=true', { token: await world.token('ana', 'peru') });
  assert.deepEqual(own.json.map((r) => r.realm), ['peru']);
});

test('Location; a new realm is not enabled unless it says so', async () => {
  const reply = await world.call('POST', '/realms', { token, json: { realm: 'quieto' } });
  assert.equal(reply.status, 201);
  assert.equal(reply.headers.location, `${world.server.origin}/admin/realms/quieto`);
  assert.equal((await kc.realms.findOne({ realm: 'quieto' })).enabled, false);
});

test('conflict, bad bodies, what cannot be done is said', async () => {
  const conflict = await refusal(kc.realms.create({ realm: 'peru' }));
  assert.equal(conflict.status, 409);
  assert.match(conflict.errorMessage, /exists/);
  const bad = [
    [{}, 'realm'], [{ realm: 'a/b' }, 'realm'], [{ realm: 7 }, 'realm'],
    [{ realm: 'x', accessTokenLifespan: '600' }, 'accessTokenLifespan'],
    [{ realm: 'x', accessTokenLifespan: -1 }, 'accessTokenLifespan'],
  ];
  for (const [json, field] of bad) {
    const reply = await world.call('POST', '/realms', { token, json });
    assert.equal(reply.status, 400, JSON.stringify(json));
    assert.equal(reply.json.field, field);
  }
  assert.equal((await world.call('GET', '/realms/x', { token })).status, 404);
  assert.equal((await world.call('PUT', '/realms/peru', { token, json: { users: [{ username: 'u' }] } })).status, 501);
  assert.equal((await world.call('PUT', '/realms/peru', { token, json: { realm: 'pais' } })).status, 501);
  assert.equal((await world.call('DELETE', '/realms/master', { token })).status, 403);
});

test('RE-04: the marks of set-up are neither shown nor changed', async () => {
  assert.doesNotMatch((await world.call('GET', '/realms/master', { token })).text, /garita\.setup/);
  const attributes = { 'garita.setup.tokenHash': 'x', color: 'rojo' };
  assert.equal((await world.call('POST', '/realms', { token, json: { realm: 'marcado', attributes } })).status, 201);
  assert.deepEqual((await world.cli.json('realm', 'show', 'marcado')).attributes, { color: 'rojo' }, 'nor brought along');
});

test('AD-04: how long the audit chain of a realm is kept is not up to its own administrators', async () => {
  const own = await world.token('ana', 'peru');
  const put = (attributes, as) => world.call('PUT', '/realms/peru', { token: as, json: { attributes } });
  const kept = async () => (await world.cli.json('realm', 'show', 'peru')).attributes?.['garita.auditRetentionDays'];
  for (const name of ['garita.auditArchiveDays', 'garita.auditRetentionDays', 'garita.auditUnknownDays']) {
    assert.equal((await put({ [name]: '1' }, own)).status, 403, name);
    assert.equal((await world.call('POST', '/apply?adopt=true', { token: own, json: { realm: 'peru', attributes: { [name]: '1' } } })).status, 403, name);
  }
  assert.equal((await put({ 'garita.auditRetentionDays': '3000' }, token)).status, 204);
  assert.equal(await kept(), '3000');
  assert.equal((await put({ 'garita.auditRetentionDays': '3000', color: 'rojo' }, own)).status, 204, 'what stays may be said');
  assert.equal((await put({ 'garita.auditRetentionDays': '' }, own)).status, 403);
  assert.equal(await kept(), '3000');
});

test('who may create realms administers what he created, and nothing else', async () => {
  await world.addAdmin('maker', ['create-realm'], 'master');
  const maker = await world.token('maker', 'master');
  assert.equal((await world.call('POST', '/realms', { token: maker, json: { realm: 'propio', enabled: true } })).status, 201);
  assert.equal((await world.call('POST', '/realms/propio/users', { token: maker, json: { username: 'usuario' } })).status, 201);
  assert.equal((await world.call('GET', '/realms/peru', { token: maker })).status, 403);
  assert.deepEqual((await world.call('GET', '/realms', { token: maker })).json.map((r) => r.realm), ['propio']);
});

test('who may not see settings is told the name alone', async () => {
  await world.addAdmin('viewer', ['realm-management/view-users'], 'peru');
  const viewer = await world.token('viewer', 'peru');
  const realm = (await world.call('GET', '/realms/peru', { token: viewer })).json;
  assert.equal(realm.realm, 'peru');
  assert.equal(realm.accessTokenLifespan, undefined);
});

test('a realm with all that is in it comes whole, or not at all', async () => {
  const whole = realmExport(26, { realm: 'entero', users: people('entero') });
  const made = await world.call('POST', '/realms', { token, json: whole });
  assert.equal(made.status, 201, made.text);
  assert.match(made.headers.location, /\/admin\/realms\/entero$/);
  assert.equal(made.json.taken.users, 10);
  assert.ok(made.json.left.some((r) => r.places.includes('clients[1].redirectUris[1]')));
  assert.equal((await world.call('GET', '/realms/entero/users/count', { token })).text, '9');
  const again = await world.call('POST', '/realms', { token, json: whole });
  assert.equal(again.status, 409);
  assert.match(again.json.errorMessage, /entero exists/);
  const wrong = await world.call('POST', '/realms', { token, json: { ...whole, realm: 'roto', users: [{ username: 'a' }, { username: 'A' }] } });
  assert.equal(wrong.status, 409);
  assert.match(wrong.json.errorMessage, /users\[1\]\.username/);
  assert.equal((await world.call('GET', '/realms/roto', { token })).status, 404);
  const clear = Array.from({ length: 101 }, (_, i) => ({ username: `u${i}`, credentials: [{ type: 'password', value: 'x' }] }));
  const costly = await world.call('POST', '/realms', { token, json: { realm: 'caro', passwordPolicy: 'hashAlgorithm(pbkdf2-sha256) and hashIterations(1000)', users: clear } });
  assert.equal(costly.status, 400, costly.text);
  assert.match(costly.text, /users\[100\].*passwords in clear/);
  assert.equal((await world.call('POST', '/realms', { token, json: { realm: 'master', users: [{ username: 'a' }] } })).status, 409);
});

test('a dry run reports as the making of the realm would, and keeps nothing', async () => {
  const names = async () => (await world.call('GET', '/realms', { token })).json.map((r) => r.realm).sort();
  const before = await names();
  const attempt = (json) => world.call('POST', '/realms?dryRun=true', { token, json });
  const whole = realmExport(26, { realm: 'probado', users: people('probado') });
  const tried = await attempt(whole);
  assert.equal(tried.status, 200, tried.text);
  assert.equal(tried.headers.location, undefined);
  assert.equal(tried.json.taken.users, 10);
  assert.ok(tried.json.left.some((r) => r.places.includes('clients[1].redirectUris[1]')));
  assert.equal((await attempt({ realm: 'llano', displayName: 'De configuración sola' })).status, 200);
  assert.equal((await attempt({ realm: 'peru', roles: { realm: [{ name: 'r' }] } })).status, 409);
  assert.equal((await attempt({ realm: 'master' })).status, 409);
  assert.match((await attempt({ realm: 'roto', users: [{ username: 'a' }, { username: 'A' }] })).text, /users\[1\]\.username/);
  assert.equal((await attempt({ realm: 'llano', accessTokenLifespan: 'siempre' })).status, 400);
  assert.equal((await world.call('POST', '/realms?dryRun=true', { token: await world.token('ana', 'peru'), json: whole })).status, 403);
  for (const unsaid of ['=', '', '=perhaps', '=1', '=true&dryRun=false']) // a script's variable that was not set
    assert.equal((await world.call('POST', `/realms?dryRun${unsaid}`, { token, json: { realm: 'llano' } })).status, 400, unsaid);
  assert.deepEqual(await names(), before);
});

const settings = async () => (await world.call('GET', '/realms/peru', { token })).json;
const change = (json) => world.call('PUT', '/realms/peru', { token, json });
const MASK = '**********';
const MAIL = { host: 'mail.example.pe', port: 587, from: 'id@example.pe', auth: true, user: 'id', password: 'canario-de-correo', starttls: 'true' };

test('policies that nothing acts on yet are kept and checked', async () => {
  const kept = { otpPolicyType: 'totp', otpPolicyAlgorithm: 'HmacSHA256', otpPolicyDigits: 8, otpPolicyPeriod: 60, otpPolicyCodeReusable: true, webAuthnPolicyRpEntityName: 'Banco',
    webAuthnPolicySignatureAlgorithms: ['ES256', 'RS256'], webAuthnPolicyPasswordlessUserVerificationRequirement: 'required', emailTheme: 'banco' };
  assert.equal((await change(kept)).status, 204);
  assert.deepEqual(Object.fromEntries(Object.entries(await settings()).filter(([name]) => name in kept)), kept);
  for (const [name, value] of [['otpPolicyDigits', 4], ['otpPolicyDigits', 'seis'], ['otpPolicyAlgorithm', 'HmacMD5'], ['webAuthnPolicyAttestationConveyancePreference', 'x'],
    ['webAuthnPolicyRpId', 'https://banco.pe'], ['webAuthnPolicyPasswordlessSignatureAlgorithms', ['none']], ['webAuthnPolicyCreateTimeout', 31537], ['webAuthnPolicyAcceptableAaguids', ['x']],
    ['webAuthnPolicyPasswordlessExtraOrigins', ['https://banco.pe/app']]]) {
    const refused = await change({ [name]: value });
    assert.deepEqual([refused.status, refused.json.field], [400, name]);
  }
});

test('AD-06: the mail server is kept, its secret never shown, and not sent to another server', async () => {
  assert.deepEqual((await settings()).smtpServer, {});
  assert.equal((await change({ smtpServer: { ...MAIL, password: MASK } })).status, 400, 'a mask of nothing');
  assert.equal((await change({ smtpServer: MAIL })).status, 204);
  const shown = (await settings()).smtpServer;
  assert.deepEqual(shown, { ...MAIL, port: '587', auth: 'true', password: MASK });
  const listed = (await world.call('GET', '/realms', { token })).json.find((r) => r.realm === 'peru');
  assert.deepEqual(listed.smtpServer, shown);
  assert.equal((await change({ ...(await settings()), displayName: 'Otro' })).status, 204, 'what was read goes back');
  assert.equal((await change({ smtpServer: { ...shown, from: 'otro@example.pe' } })).status, 204);
  for (const elsewhere of [{ host: 'malo.example.pe' }, { port: '25' }, { starttls: 'false' }]) {
    const refused = await change({ smtpServer: { ...shown, ...elsewhere } });
    assert.equal(refused.status, 400, JSON.stringify(elsewhere));
    assert.match(refused.text, /password is to be given anew/);
  }
  const file = await world.cli.ok('realm', 'export', 'peru');
  assert.match(file.stdout ?? file, /canario-de-correo/, 'the mask meant the secret that was there');
  assert.doesNotMatch((await world.call('POST', '/realms/peru/partial-export', { token })).text, /canario-de-correo/);
  const events = JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru', '--limit', '1000'));
  assert.match(events, /mail\.example\.pe/);
  assert.doesNotMatch(events, /canario-de-correo/);
  for (const smtpServer of ['x', { host: {} }, { host: 'a\nb' }, Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`n${i}`, 'x']))]) assert.equal((await change({ smtpServer })).status, 400);
  assert.equal((await change({ smtpServer: {} })).status, 204);
  assert.deepEqual((await settings()).smtpServer, {});
});

test('AD-04: where links are mailed is up to who has all rights: who reads them becomes anybody', async () => {
  await world.addAdmin('cartero', ['realm-management/manage-realm'], 'peru');
  const weak = await world.token('cartero', 'peru');
  const as = (json) => world.call('PUT', '/realms/peru', { token: weak, json });
  const refused = await as({ displayName: 'Suyo', smtpServer: MAIL });
  assert.equal(refused.status, 403, refused.text);
  assert.deepEqual((await settings()).smtpServer, {});
  assert.notEqual((await settings()).displayName, 'Suyo', 'nothing of it is done');
  assert.equal((await change({ smtpServer: MAIL })).status, 204);
  const kept = (await settings()).smtpServer;
  for (const other of [{ ...kept, from: 'otro@example.pe' }, {}]) assert.equal((await as({ smtpServer: other })).status, 403);
  assert.equal((await as({ ...(await settings()), displayName: 'Correos' })).status, 204, 'what was read goes back');
  assert.deepEqual((await settings()).smtpServer, kept);
  assert.equal((await change({ smtpServer: {} })).status, 204);
});

test('a realm is made with its mail server', async () => {
  assert.equal((await world.call('POST', '/realms', { token, json: { realm: 'correo', enabled: true, smtpServer: MAIL } })).status, 201);
  assert.equal((await world.call('GET', '/realms/correo', { token })).json.smtpServer.password, MASK);
  const masked = await world.call('POST', '/realms', { token, json: { realm: 'copia', enabled: true, smtpServer: { host: 'h', password: MASK } } });
  assert.equal(masked.status, 201);
  assert.ok(masked.json.adapted.some((r) => r.places.includes('smtpServer')));
  assert.deepEqual((await world.call('GET', '/realms/copia', { token })).json.smtpServer, { host: 'h' });
});
