// Certificates and settings that both nodes should have alike: what the primary serves with goes to its standby,
// sealed, and whole or not at all (SK-01, RP-01).
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { AdminWorld } from './lib/admin.mjs';
import { Authority } from './lib/certificates.mjs';
import { request } from './lib/http.mjs';
import { pairStandby } from './lib/nodes.mjs';
import { filesIn, freePort, sleep, until } from './lib/server.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'garita-given-'));
const authority = new Authority(scratch);
const live = { cert: path.join(scratch, 'live.pem'), key: path.join(scratch, 'live.key') };
const other = { cert: path.join(scratch, 'other.pem'), key: path.join(scratch, 'other.key') };
const put = (files, pair) => {
  writeFileSync(files.cert, pair.certificate);
  writeFileSync(files.key, pair.privateKey, { mode: 0o600 });
};
let serial = 0;
const issue = (name = `id${++serial}.example.pe`) => ({ name, ...authority.issue([name]) });
const first = issue();
put(live, first);
put(other, issue('other.example.pe'));

const ports = { web: await freePort(), management: await freePort(), redirect: await freePort() };
const host = `localhost:${ports.web}`; // of both
const replication = await freePort();
let w, standby, root;
before(async () => {
  w = await AdminWorld.open({
    tls: true, ports, args: ['--tls-cert-file', live.cert, '--tls-key-file', live.key, '--tls-sni', `other.example.pe ${other.cert} ${other.key}`, '--hostname', `https://${host}`,
      '--trusted-proxies', '10.0.0.0/8', '--trusted-proxies', '192.0.2.0/24', '--replication-port', String(replication), '--replication-address', '127.0.0.1'],
  });
  root = await w.token('root', 'master');
  standby = await pairStandby(w, replication, { tls: true });
  await standby.launch();
  await follows();
});
after(async () => {
  for (const server of [standby, w?.server]) await server?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const shown = (server, servername = 'id.example.pe') => new Promise((resolve, reject) => {
  const socket = tls.connect({ host: '127.0.0.1', port: server.ports.web, servername, rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate().subject?.CN);
    socket.end();
  }).on('error', reject);
});
const shows = (server, pair) => until(`${pair.name} is shown`, async () => (await shown(server)) === pair.name);
const follows = (server = standby) => until('the standby follows', async () => (await server.cli.json('status')).primary?.connected);
const unlike = async () => (await standby.cli.json('status')).primary.settingsUnlike;
const given = () => path.join(standby.data, 'tls/given');
const hup = (server) => server.child.kill('SIGHUP');
async function startAnew(args) {
  standby.child.kill('SIGTERM');
  await standby.ended;
  standby.options.args = args;
  await standby.launch();
  await follows();
}

test('SK-01, RP-01: the standby serves with the certificates of the primary, also for other hosts; their keys are sealed', async () => {
  await shows(standby, first);
  assert.equal(await shown(standby, 'other.example.pe'), 'other.example.pe');
  assert.equal(statSync(given()).mode & 0o777, 0o600);
  const keys = [first.privateKey, readFileSync(other.key, 'utf8')].map((pem) => pem.split('\n')[1]);
  for (const file of filesIn(standby.data)) {
    const text = readFileSync(file, 'latin1');
    for (const key of keys) assert.ok(!text.includes(key), file);
  }
});

test('settings that it has not it takes from the primary at its first start', async () => {
  assert.equal(await unlike(), '');
  const { json } = await request(`${standby.origin}/realms/peru/.well-known/openid-configuration`, { headers: { Host: host } });
  assert.equal(json.issuer, `https://${host}/realms/peru`);
  const taken = (await standby.cli.json('config')).filter((one) => one.from === 'the primary').map((one) => one.setting);
  assert.deepEqual(taken.sort(), ['base-path', 'default-realm', 'hostname', 'trusted-proxies']);
});

test('a certificate whose key does not fit yet goes nowhere; the pair goes to both', async () => {
  const next = issue();
  const before = readFileSync(given());
  writeFileSync(live.cert, next.certificate);
  hup(w.server);
  await until('it was refused', async () => /certificates were not read again/.test(w.server.log));
  await sleep(300);
  assert.deepEqual(readFileSync(given()), before);
  assert.equal(await shown(standby), first.name);
  put(live, next);
  hup(w.server);
  await shows(w.server, next);
  await shows(standby, next);
});

test('reading the same certificates again changes nothing on the standby', async () => {
  const before = statSync(given());
  hup(w.server);
  await until('they were read', async () => w.server.log.match(/read again/g).length > 2);
  await sleep(300);
  assert.equal(statSync(given()).ino, before.ino);
});

test('killed while certificates change: it starts with a whole pair each time, and has the newest in the end', async () => {
  const names = new Set([await shown(standby)]);
  let pair;
  for (let round = 0; round < 8; round++) {
    pair = issue();
    names.add(pair.name);
    put(live, pair);
    hup(w.server);
    await sleep(Math.random() * 60);
    await standby.crash();
    await standby.launch();
    assert.ok(names.has(await shown(standby)), 'one that the primary had');
  }
  await shows(standby, pair);
});

test('what does not open is as if it were not there, and comes again', async () => {
  const was = await shown(standby);
  standby.child.kill('SIGTERM');
  await standby.ended;
  const sealed = readFileSync(given());
  for (const damaged of [sealed.map((b, i) => (i === 40 ? b ^ 1 : b)), sealed.subarray(0, 50), Buffer.alloc(0)]) {
    writeFileSync(given(), damaged);
    standby.log = '';
    await standby.launch();
    assert.match(standby.log, /certificate that the primary gave .* cannot be read/);
    await until('it came again', async () => (await shown(standby)) === was);
    standby.child.kill('SIGTERM');
    await standby.ended;
  }
  await standby.launch();
  await follows();
});

test('files that its own configuration names count', async () => {
  const own = { cert: path.join(scratch, 'own.pem'), key: path.join(scratch, 'own.key') };
  const pair = issue();
  put(own, pair);
  const args = standby.options.args;
  await startAnew([...args, '--tls-cert-file', own.cert, '--tls-key-file', own.key]);
  const next = issue();
  put(live, next);
  hup(w.server);
  await until('it came', async () => /gave another certificate; tls-cert-file counts here/.test(standby.log));
  assert.equal(await shown(standby), pair.name);
  await startAnew(args);
  await shows(standby, next);
});

test('a setting that is not alike is told in status, log and alerts, until it is', async () => {
  const args = standby.options.args;
  standby.log = '';
  await startAnew([...args, '--tls13-only', '--trusted-proxies', '10.0.0.0/8']);
  await until('it is told', async () => (await unlike()) === 'trusted-proxies, tls13-only');
  assert.match(standby.log, /not as the primary has them: trusted-proxies, tls13-only/);
  assert.match(await standby.cli.ok('status'), /settings not as the primary has them: trusted-proxies, tls13-only/);
  const { json } = await request(`${standby.origin}/admin/garita/status`, { headers: { Host: host, Authorization: `Bearer ${root}` } });
  const alert = json.alerts.find((one) => one.id === 'settings-unlike');
  assert.deepEqual([alert.severity, alert.about], ['warning', 'trusted-proxies, tls13-only']);
  assert.equal(json.settings.certificate, 'primary');
  await startAnew(args);
  await until('nothing is unlike', async () => (await unlike()) === '');
});

test('promoted, it goes on with them, also after a restart, until another one is put in place there, which goes to its standby', async () => {
  const name = await shown(w.server);
  await w.server.crash();
  await standby.cli.ok('promote', '--yes');
  await until('it reigns', async () => (await standby.cli.json('status')).role === 'primary');
  assert.equal(await until('it serves', () => shown(standby)), name);
  await standby.crash();
  await standby.launch();
  assert.equal(await shown(standby), name);
  await w.cli.ok('standby', 'rejoin');
  w.server.options.args = ['--hostname', `https://${host}`, '--replication-port', String(replication), '--replication-address', '127.0.0.1'];
  await w.server.launch();
  await follows(w.server);
  await shows(w.server, { name });
  const pair = issue();
  const reply = await request(`${standby.origin}/admin/garita/certificate`, {
    method: 'PUT', headers: { Host: host, Authorization: `Bearer ${root}` }, json: { certificate: pair.certificate, privateKey: pair.privateKey },
  });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(await shown(standby), pair.name);
  await shows(w.server, pair);
  await standby.crash();
  await standby.launch();
  assert.equal(await shown(standby), pair.name);
});
