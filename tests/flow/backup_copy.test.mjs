// Copies of backups in an S3-compatible store: a stand-in that checks each signature by itself, keeps what is put,
// and refuses when it is told to (BK-01).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { until } from './lib/server.mjs';
import { checkOf, health, metrics } from './lib/storage.mjs';
import { World } from './lib/world.mjs';

const KEY_ID = 'GK31c2f218a2e44f485b94239e';
const KEY = 'b892c0665f0ada8a4755dae98baa3b133590e11dae3bcc1f9d769d67f16c3835';
const scratch = mkdtempSync(path.join(tmpdir(), 'garita-copy-'));
const file = (name) => path.join(scratch, name);
const objects = new Map();
const seen = [];
let store, world, refuses = false;

const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

// What the signature must be, from what came.
function signatureOf(req) {
  const [, scope, names] = req.headers.authorization.match(/^AWS4-HMAC-SHA256 Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$/);
  const headers = names.split(';').map((n) => `${n}:${req.headers[n]}\n`).join('');
  const canonical = [req.method, req.url, '', headers, names, req.headers['x-amz-content-sha256']].join('\n');
  const text = ['AWS4-HMAC-SHA256', req.headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce((k, word) => hmac(k, word), `AWS4${KEY}`);
  return hmac(key, text).toString('hex');
}

function answer(req, res, body) {
  const good = req.headers.authorization?.includes(`Credential=${KEY_ID}/`) && req.headers.authorization.endsWith(`Signature=${signatureOf(req)}`)
    && req.headers['x-amz-content-sha256'] === sha256(body) && /\/eu-west-1\/s3\/aws4_request,/.test(req.headers.authorization);
  seen.push({ method: req.method, url: req.url, good });
  if (!good || refuses) res.writeHead(403);
  else if (req.method === 'PUT') objects.set(req.url, body);
  else if (!objects.has(req.url)) res.writeHead(404);
  res.end();
}

before(async () => {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('key.pem'), '-out', file('cert.pem'),
    '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], { stdio: 'ignore' });
  store = https.createServer({ key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) }, (req, res) => {
    const pieces = [];
    req.on('data', (d) => pieces.push(d)).on('end', () => answer(req, res, Buffer.concat(pieces)));
  });
  await new Promise((done) => store.listen(0, 'localhost', done));
  writeFileSync(file('secret'), `${KEY}\n`, { mode: 0o600 });
  world = await World.open({
    args: ['--backup-dir', file('backups'), '--backup-hour', '-1', '--fetch-ca-file', file('cert.pem'), '--fetch-networks', '127.0.0.0/8', '--fetch-networks', '::1/128', '--backup-copy-url', `https://localhost:${store.address().port}/bucket/node-1`,
      '--backup-copy-key-id', KEY_ID, '--backup-copy-secret-file', file('secret'), '--backup-copy-region', 'eu-west-1'],
  });
  await world.addUser('ana', { attributes: { canary: 'c4n4ry-in-the-clear' } });
});
after(async () => {
  await world?.close();
  store?.close();
});

const events = (type) => world.cli.json('audit', 'list', '--realm', 'master', '--type', type);

test('the newest backup is there as it lies here, its list last, and can be restored from there', async () => {
  const { id } = await world.cli.json('backup', 'now');
  await until('it is copied', async () => (await events('BackupCopied')).length === 1, 60000, 200);
  const names = readdirSync(path.join(file('backups'), id)).sort();
  assert.deepEqual([...objects.keys()].sort(), names.map((n) => `/bucket/node-1/${id}/${n}`));
  for (const name of names) assert.deepEqual(objects.get(`/bucket/node-1/${id}/${name}`), readFileSync(path.join(file('backups'), id, name)));
  const puts = seen.filter((r) => r.method === 'PUT');
  assert.ok(seen.every((r) => r.good), JSON.stringify(seen));
  assert.match(puts.at(-1).url, /\/manifest$/);
  for (const bytes of objects.values()) assert.ok(!bytes.includes('c4n4ry-in-the-clear'));
  const back = file('fetched');
  mkdirSync(path.join(back, id), { recursive: true, mode: 0o700 });
  for (const name of names) writeFileSync(path.join(back, id, name), objects.get(`/bucket/node-1/${id}/${name}`), { mode: 0o600 });
  const made = await world.cli.run(['restore', '--from', back, '--to', file('restored'), '--key-file', path.join(world.server.data, 'master.key'), '--json']);
  assert.equal(made.status, 0, made.stderr);
  const status = await world.cli.json('status');
  assert.equal(status.backup.copyFailed, false);
  assert.ok(status.backup.copiedAgeSeconds < 60);
});

test('after a start one look tells that it is there', async () => {
  const before = seen.length;
  await world.server.restart();
  await until('it looked', async () => seen.length > before, 60000, 200);
  assert.deepEqual(seen.slice(before).map((r) => r.method), ['HEAD']);
  assert.equal((await events('BackupCopied')).length, 1);
});

test('a store that refuses is told, and what it was told is no secret', async () => {
  refuses = true;
  await world.cli.ok('backup', 'now');
  await world.server.restart();
  const [event] = await until('it is told', async () => { const list = await events('BackupCopyFailed'); return list.length > 0 && list; }, 60000, 200);
  assert.match(event.data.reason, /localhost:\d+ answered 403 to HEAD/);
  assert.ok(!world.server.log.includes(KEY));
  const told = await health(world.server);
  assert.equal(told.json.status, 'DEGRADED');
  assert.equal(checkOf(told, 'backup-copy').status, 'DOWN');
  assert.match(await metrics(world.server), /^garita_store_backup_copy_failures_total 1$/m);
  refuses = false;
  await world.server.restart();
  await until('it is well again', async () => checkOf(await health(world.server), 'backup-copy').status === 'UP' && (await events('BackupCopied')).length === 2, 60000, 200);
});

test('a store whose address is not public must be allowed', async () => {
  const args = world.server.options.args.filter((a) => !['--fetch-networks', '127.0.0.0/8', '::1/128'].includes(a));
  const before = seen.length;
  await world.cli.ok('backup', 'now');
  world.server.options.args = args;
  await world.server.restart();
  const list = await until('it is told', async () => { const all = await events('BackupCopyFailed'); return all.length > 1 && all; }, 60000, 200);
  assert.ok(list.some((e) => /not public: fetch-networks must allow it/.test(e.data.reason)), JSON.stringify(list));
  assert.equal(seen.length, before);
});

test('places that are none, and copies of no backups, are told at the start', async () => {
  const start = (...args) => World.open({ args });
  await assert.rejects(start('--backup-dir', file('other'), '--backup-copy-url', 'http://h/b', '--backup-copy-key-id', 'k', '--backup-copy-secret-file', file('secret')), /https:\/\/HOST\/BUCKET/);
  await assert.rejects(start('--backup-copy-url', 'https://h/b'), /set backup-dir/);
  await assert.rejects(start('--backup-dir', file('other'), '--backup-copy-url', 'https://h/b'), /needs backup-copy-key-id/);
});
