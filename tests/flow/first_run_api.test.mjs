// What the first steps of a new server do, over the API as a script does it: another certificate, a backup now, a
// token for a standby; who may, and what is refused.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { AdminWorld } from './lib/admin.mjs';
import { Authority, openssl } from './lib/certificates.mjs';
import { Cli } from './lib/cli.mjs';
import { MachineClock } from './lib/clock.mjs';
import { request } from './lib/http.mjs';
import { PASSWORD } from './lib/oidc.mjs';
import { holder, otpCredential, totp } from './lib/otp.mjs';
import { BIN, freePort, until } from './lib/server.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'garita-first-run-'));
const authority = new Authority(scratch);
const replication = await freePort();
let w, root;
before(async () => {
  w = await AdminWorld.open({ tls: true, args: ['--backup-dir', path.join(scratch, 'backups'), '--backup-hour', '-1', '--replication-port', String(replication), '--replication-address', '127.0.0.1'] });
  root = await w.token('root', 'master');
});
after(async () => {
  await w.close();
  rmSync(scratch, { recursive: true, force: true });
});

const LINES = [['PUT', '/garita/certificate', { certificate: 'x' }], ['POST', '/garita/certificate/request', { names: ['id.example.pe'] }],
  ['POST', '/garita/standby/token', {}], ['POST', '/garita/backup', {}]];
const ask = (method, where, json, token = root) => w.call(method, where, { token, json });
const put = (json) => ask('PUT', '/garita/certificate', json);
const status = async () => (await w.call('GET', '/garita/status', { token: root })).json;
const shown = (server = w.server) => new Promise((resolve, reject) => {
  const socket = tls.connect({ host: '127.0.0.1', port: server.ports.web, servername: 'id.example.pe', rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate(true));
    socket.end();
  }).on('error', reject);
});
const folder = () => path.join(w.server.data, 'tls');
const events = (type) => w.cli.json('audit', 'list', '--realm', 'master', '--type', type);

test('AD-01, AD-02: for who has all rights over master, and nobody else', async () => {
  const ana = await w.token('ana', 'peru');
  await w.addAdmin('landlord', ['peru-realm/manage-realm', 'create-realm'], 'master');
  await w.addAdmin('manager', ['master-realm/manage-realm'], 'master');
  const [landlord, manager] = [await w.token('landlord', 'master'), await w.token('manager', 'master')];
  for (const [method, where, json] of LINES) {
    assert.equal((await w.call(method, where, { json })).status, 401, where);
    for (const token of [ana, landlord]) assert.equal((await ask(method, where, json, token)).status, 403, where);
    if (where !== '/garita/backup') assert.equal((await ask(method, where, json, manager)).status, 403, where);
  }
  assert.deepEqual(readdirSync(folder()).sort(), ['tls.crt', 'tls.key']);
  assert.deepEqual(await events('CertificateReplaced'), []);
  assert.deepEqual(await events('StandbyInvited'), []);
});

test('the node tells what it is set to', async () => {
  const { settings, certificates } = await status();
  assert.deepEqual(settings, { file: '/etc/garita/garita.yaml', data: w.server.data, hostname: '', backupDir: path.join(scratch, 'backups'), replicationPort: replication, certificate: 'self-signed' });
  assert.equal(certificates[0].selfSigned, true);
  assert.deepEqual(certificates[0].names.toSorted(), ['127.0.0.1', '::1', 'localhost']);
});

test('a certificate that would not serve is refused, and says why; nothing changes', async () => {
  const good = authority.issue(['id.example.pe']);
  const other = authority.issue(['id.example.pe']);
  const locked = authority.at('locked.pem');
  const key = authority.at('key.pem');
  writeFileSync(key, good.privateKey);
  openssl('pkcs8', '-topk8', '-in', key, '-passout', 'pass:secret', '-out', locked);
  const before = (await shown()).fingerprint256;
  for (const [body, field, words] of [
    [{}, 'certificate', /PEM/],
    [{ certificate: 7 }, 'certificate', /./],
    [{ certificate: 'nonsense', privateKey: good.privateKey }, 'certificate', /PEM/],
    [{ certificate: good.certificate.replace(/[A-Z]{4}/, '####'), privateKey: good.privateKey }, 'certificate', /PEM/],
    [{ certificate: `${good.certificate}${'#'.repeat(40000)}`, privateKey: good.privateKey }, 'certificate', /PEM/],
    [{ certificate: good.certificate }, 'privateKey', /no request/],
    [{ certificate: good.certificate, privateKey: 'nonsense' }, 'privateKey', /PEM/],
    [{ certificate: good.certificate, privateKey: other.privateKey }, 'privateKey', /does not belong/],
    [{ certificate: authority.pem + good.certificate, privateKey: good.privateKey }, 'privateKey', /first certificate/],
    [{ certificate: good.certificate, privateKey: readFileSync(locked, 'utf8') }, 'privateKey', /password/],
    [authority.issue(['id.example.pe'], { key: ['rsa:1024'] }), 'privateKey', /2048/],
    [authority.issue(['id.example.pe'], { days: [-20, -1] }), 'certificate', /expired/],
    [authority.issue(['id.example.pe'], { days: [2, 20] }), 'certificate', /not valid yet/],
  ]) {
    const reply = await put(body);
    assert.equal(reply.status, 400, JSON.stringify(body).slice(0, 80) + reply.text);
    assert.match(reply.text, words);
    assert.equal(reply.json.field, field, reply.text);
  }
  assert.equal((await shown()).fingerprint256, before);
  assert.deepEqual(readdirSync(folder()).sort(), ['tls.crt', 'tls.key'], 'nothing is left behind');
  assert.deepEqual(await events('CertificateReplaced'), []);
});

test('SK-01: another certificate counts at once and after a restart; its key is nowhere but in its file', async () => {
  const pair = authority.issue(['id.example.pe', '*.example.pe']);
  const reply = await put({ certificate: `Bag Attributes\n${pair.certificate}${authority.pem}`, privateKey: pair.privateKey });
  assert.equal(reply.status, 200, reply.text);
  assert.match(reply.json.subject, /CN=id\.example\.pe/);
  const now = await shown();
  assert.equal(now.subjectaltname, 'DNS:id.example.pe, DNS:*.example.pe');
  assert.equal(now.issuerCertificate.subject.CN, 'An authority', 'the chain is sent');
  const s = await status();
  assert.equal(s.settings.certificate, 'installed');
  assert.deepEqual(s.certificates[0].names, ['id.example.pe', '*.example.pe']);
  assert.equal(s.certificates[0].selfSigned, false);
  const file = path.join(folder(), 'installed.pem');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.doesNotMatch(readFileSync(file, 'utf8'), /Bag/);
  const [told] = await events('CertificateReplaced');
  assert.match(told.data.subject, /CN=id\.example\.pe/);
  const secret = pair.privateKey.split('\n')[1];
  assert.ok(!JSON.stringify(await w.cli.json('audit', 'list', '--realm', 'master')).includes(secret));
  assert.ok(!w.server.log.includes(secret));
  await w.server.restart();
  root = await w.token('root', 'master');
  assert.equal((await shown()).fingerprint256, now.fingerprint256);
  assert.match(await w.cli.ok('doctor').catch((e) => String(e)), /\d+ days left/);
});

test('RSA keys serve, too', async () => {
  const pair = authority.issue(['id.example.pe'], { key: ['rsa:2048'] });
  assert.equal((await put(pair)).status, 200);
  assert.equal((await shown()).bits, 2048);
});

test('a request: its key stays here, and the certificate of it needs no other', async () => {
  for (const names of [undefined, [], 'id.example.pe', ['a b'], ['x,CN=y'], [''], [7], Array(9).fill('id.example.pe'), ['-x'], ['a'.repeat(254)]]) {
    const refused = await ask('POST', '/garita/certificate/request', { names });
    assert.equal(refused.status, 400, JSON.stringify(names));
    assert.equal(refused.json.field, 'names');
  }
  const reply = await ask('POST', '/garita/certificate/request', { names: ['id.example.pe', '10.0.0.7'] });
  assert.equal(reply.status, 200, reply.text);
  const csr = authority.at('asked.csr');
  writeFileSync(csr, reply.json.request);
  assert.match(openssl('req', '-in', csr, '-noout', '-text', '-verify'), /DNS:id\.example\.pe, IP Address:10\.0\.0\.7/);
  assert.equal(statSync(path.join(folder(), 'request.key')).mode & 0o777, 0o600);
  assert.doesNotMatch(reply.text, /PRIVATE/);
  const certificate = authority.sign(reply.json.request, ['id.example.pe']);
  assert.equal((await put({ certificate })).status, 200);
  assert.equal((await shown()).subjectaltname, 'DNS:id.example.pe');
  assert.equal((await events('CertificateAsked')).length, 1);
  await ask('POST', '/garita/certificate/request', { names: ['id.example.pe'] });
  const late = await put({ certificate });
  assert.match(late.json.errorMessage, /does not belong/, 'each request takes the place of the one before');
});

test('where the configuration names the files, they are replaced there', async () => {
  const pair = authority.issue(['localhost']);
  const [cert, key] = [authority.at('c.pem'), authority.at('k.pem')];
  writeFileSync(cert, pair.certificate);
  writeFileSync(key, pair.privateKey, { mode: 0o600 });
  const other = await AdminWorld.open({ tls: true, args: ['--tls-cert-file', cert, '--tls-key-file', key] });
  try {
    const token = await other.token('root', 'master');
    const refused = await other.call('PUT', '/garita/certificate', { token, json: pair });
    assert.equal(refused.status, 409);
    assert.match(refused.json.errorMessage, /tls-cert-file/);
    assert.equal((await other.call('POST', '/garita/certificate/request', { token, json: { names: ['a.example'] } })).status, 409);
    assert.equal((await other.call('GET', '/garita/status', { token })).json.settings.certificate, 'configured');
    const none = await other.call('POST', '/garita/backup', { token, json: {} });
    assert.equal(none.status, 404);
    assert.match(none.text, /backup-dir/);
  } finally {
    await other.close();
  }
});

test('a backup is made now, restored on trial and on record; of several at once one is made', async () => {
  const replies = await Promise.all([1, 2, 3].map(() => ask('POST', '/garita/backup', {})));
  assert.deepEqual(replies.map((r) => r.status).sort(), [204, 409, 409]);
  const { backup } = await until('it is made', async () => { const s = await status(); return ['good', 'failed'].includes(s.backup.trial.state) && s; });
  assert.equal(backup.trial.state, 'good', backup.trial.reason);
  assert.ok(backup.trial.realms === 3 && backup.lastMs > 0 && !backup.failed && backup.trial.backup === backup.last);
  const [asked] = await events('BackupAsked');
  assert.ok(JSON.stringify(asked).includes('"root"'), JSON.stringify(asked));
  assert.equal((await events('BackupProved')).length, 1);
});

test('RP-01: a token pairs a standby, which shows the same certificate; a second one is refused', async () => {
  for (const minutes of [0, -1, 1441, 'x', 1.5]) assert.equal((await ask('POST', '/garita/standby/token', { minutes })).json.field, 'minutes');
  const made = await ask('POST', '/garita/standby/token', { minutes: 5 });
  assert.equal(made.status, 200, made.text);
  assert.match(made.json.token, /^garita-standby-1-[\w-]+$/);
  assert.ok(Math.abs(made.json.expiresMs - Date.now() - 300e3) < 120e3);
  assert.equal(made.headers['cache-control'], 'no-store');
  assert.equal((await events('StandbyInvited')).length, 1);
  assert.ok(!w.server.log.includes(made.json.token));
  const second = path.join(scratch, 'standby');
  const file = path.join(scratch, 'token');
  writeFileSync(file, made.json.token, { mode: 0o600 });
  const joined = await new Cli(second, BIN).run(['standby', 'init', '--from', `127.0.0.1:${replication}`, '--token-file', file]);
  assert.equal(joined.status, 0, joined.stderr);
  assert.deepEqual(readFileSync(path.join(second, 'tls/installed.pem')), readFileSync(path.join(folder(), 'installed.pem')), 'the standby shows the same certificate');
  await until('it is seen', async () => (await status()).replication.peer);
  const again = await ask('POST', '/garita/standby/token', {});
  assert.equal(again.status, 409);
  assert.match(again.json.errorMessage, /standby already/);
});

test('RP-01, MF-04: whoever has a second factor shows it before he makes a token, whatever else his application asks for', async () => {
  const other = await AdminWorld.open({ args: ['--replication-port', String(await freePort()), '--replication-address', '127.0.0.1'] });
  try {
    const kc = await other.client('root', 'master', 'master');
    await kc.users.create(holder('dos', otpCredential()));
    await other.cli.ok('role', 'assign', '--realm', 'master', '--username', 'dos', '--role', 'admin');
    const newName = 'password only';
    await kc.authenticationManagement.copyFlow({ flow: 'direct grant', newName });
    for (const e of await kc.authenticationManagement.getExecutions({ flow: newName }))
      if (/otp/i.test(`${e.displayName} ${e.providerId ?? ''}`)) await kc.authenticationManagement.updateExecution({ flow: newName }, { ...e, requirement: 'DISABLED' });
    const login = async (more = {}) => (await request(`${other.server.realm('master')}/protocol/openid-connect/token`, { form: { grant_type: 'password', client_id: 'admin-cli', username: 'dos', password: PASSWORD, ...more } })).json.access_token;
    const make = (token) => other.call('POST', '/garita/standby/token', { token, json: {} });
    const whole = await login({ totp: totp() });
    await kc.realms.update({ realm: 'master' }, { directGrantFlow: newName });
    const bare = await login();
    assert.ok(bare, 'the password alone logs in');
    const refused = await make(bare);
    assert.equal(refused.status, 401, refused.text);
    assert.match(refused.text, /second factor/);
    assert.equal((await make(whole)).status, 200);
  } finally { await other.close(); }
});

test('RP-01: a login of some minutes ago, and a service account, make no token', async () => {
  const clock = new MachineClock();
  const other = await AdminWorld.open({ env: clock.env, args: ['--replication-port', String(await freePort()), '--replication-address', '127.0.0.1'] });
  try {
    const tokens = (form) => request(`${other.server.realm('master')}/protocol/openid-connect/token`, { form });
    const login = await tokens({ grant_type: 'password', client_id: 'admin-cli', username: 'root', password: PASSWORD });
    clock.step(6 * 60_000);
    const { json: { access_token: token } } = await tokens({ grant_type: 'refresh_token', client_id: 'admin-cli', refresh_token: login.json.refresh_token });
    const late = await other.call('POST', '/garita/standby/token', { token, json: {} });
    assert.equal(late.status, 401, late.text);
    assert.match(late.headers['www-authenticate'], /insufficient_user_authentication.*max_age="300"/);
    const robot = await other.addClient('robot', { realm: 'master', serviceAccount: true });
    await other.cli.ok('role', 'assign', '--realm', 'master', '--username', 'service-account-robot', '--role', 'admin');
    const { access_token: machine } = (await robot.service()).json;
    const refused = await other.call('POST', '/garita/standby/token', { token: machine, json: {} });
    assert.equal(refused.status, 403);
    assert.match(refused.text, /Only a person/);
  } finally {
    await other.close();
    clock.close();
  }
});

test('while anything in master waits for a second person, these are done at the machine', async () => {
  const headers = { 'X-Justification': 'audit' };
  const on = await w.call('PUT', '/realms/master/four-eyes', { token: root, headers, json: { kinds: ['realm-deletion'], expiresAfterDays: 7 } });
  assert.ok(on.status < 300, on.text);
  const before = (await events('CertificateReplaced')).length;
  for (const [method, where, json] of [['PUT', '/garita/certificate', authority.issue(['id.example.pe'])], ['POST', '/garita/certificate/request', { names: ['x.example'] }], ['POST', '/garita/standby/token', {}]]) {
    const refused = await w.call(method, where, { token: root, headers, json });
    assert.equal(refused.status, 403, refused.text);
    assert.match(refused.text, /at the machine/);
  }
  assert.equal((await events('CertificateReplaced')).length, before);
  assert.deepEqual(readdirSync(folder()).filter((f) => f.startsWith('new-')), []);
});

test('without TLS there is no certificate to give', async () => {
  const bare = await AdminWorld.open({ args: ['--replication-port', '0'] });
  try {
    const token = await bare.token('root', 'master');
    assert.equal((await bare.call('PUT', '/garita/certificate', { token, json: authority.issue(['x.example']) })).status, 409);
    const off = await bare.call('POST', '/garita/standby/token', { token, json: {} });
    assert.equal(off.status, 409);
    assert.match(off.json.errorMessage, /replication-port/);
    assert.equal((await bare.call('GET', '/garita/status', { token })).json.settings.certificate, 'none');
  } finally {
    await bare.close();
  }
});
