// The key that a client proves itself by: made by the server, uploaded, and used for private_key_jwt.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { exportJWK } from 'jose';
import * as oidc from 'openid-client';
import { AdminWorld, refusal } from './lib/admin.mjs';
import { tempFolder } from './lib/server.mjs';

let world, kc, token, folder;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  await world.addAdmin('mira', ['realm-management/view-clients'], 'peru');
  folder = tempFolder('client-certificates');
});
after(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

const attr = 'jwt.credential';
let counter = 0;
const make = async () => {
  const clientId = `firma-${++counter}`;
  const { id } = await kc.clients.create({ clientId, serviceAccountsEnabled: true, clientAuthenticatorType: 'client-jwt' });
  return { id, clientId };
};
const fromNode = (key) => globalThis.crypto.subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }),
  key.asymmetricKeyType === 'ec' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign']);
// A token by a stock library; the status of the refusal when there is none.
const granted = async (clientId, privateKey) => {
  const config = await oidc.discovery(new URL(world.server.realm('peru')), clientId, undefined,
    oidc.PrivateKeyJwt({ key: await fromNode(privateKey) }), { execute: [oidc.allowInsecureRequests] });
  return oidc.clientCredentialsGrant(config).then(() => 200, (e) => e.status ?? e.cause?.status ?? `${e}`);
};
const upload = (id, format, file, what = 'uploadKey') => {
  const form = new FormData();
  form.append('keystoreFormat', format);
  form.append('keyAlias', 'x');
  form.append('file', new Blob([file]), 'file.pem');
  return kc.clients[what]({ id, attr }, form);
};
const certified = (name) => {
  const key = path.join(folder, `${name}.key`), pem = path.join(folder, `${name}.pem`);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', key, '-out', pem], { stdio: 'ignore' });
  return { pem: readFileSync(pem, 'utf8'), key: createPrivateKey(readFileSync(key)) };
};

test('made by the server: the private half is in the answer and nowhere else', async () => {
  const { id, clientId } = await make();
  const made = await kc.clients.generateKey({ id, attr });
  const key = createPrivateKey({ key: Buffer.from(made.privateKey, 'base64'), format: 'der', type: 'pkcs8' });
  assert.equal(await granted(clientId, key), 200);
  assert.deepEqual(await kc.clients.getKeyInfo({ id, attr }), { certificate: made.certificate });
  const others = [await kc.clients.findOne({ id }), await world.cli.json('audit', 'list', '--realm', 'peru')];
  assert.ok(!JSON.stringify(others).includes(made.privateKey.slice(40, 140)), 'AU-01');
  const again = await kc.clients.generateKey({ id, attr });
  assert.notEqual(again.certificate, made.certificate);
  assert.equal(await granted(clientId, key), 401, 'the one before is worth nothing');
});

test('uploaded: a certificate, a public key, a JWK set; the last one counts alone', async () => {
  const { id, clientId } = await make();
  const first = certified('first');
  const shown = await upload(id, 'Certificate PEM', first.pem);
  assert.equal(shown.certificate, first.pem.replace(/-----[^-]+-----|\s/g, ''));
  assert.equal(await granted(clientId, first.key), 200);
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await upload(id, 'Public Key PEM', pair.publicKey.export({ type: 'spki', format: 'pem' }));
  assert.deepEqual([await granted(clientId, first.key), await granted(clientId, pair.privateKey)], [401, 200]);
  assert.ok((await kc.clients.getKeyInfo({ id, attr })).publicKey);
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await upload(id, 'JSON Web Key Set', JSON.stringify({ keys: [{ ...(await exportJWK(ec.publicKey)), alg: 'ES256', use: 'sig' }] }));
  assert.deepEqual([await granted(clientId, pair.privateKey), await granted(clientId, ec.privateKey)], [401, 200]);
  const second = certified('second');
  await upload(id, 'Certificate PEM', second.pem, 'uploadCertificate');
  assert.deepEqual([await granted(clientId, ec.privateKey), await granted(clientId, second.key)], [401, 200]);
});

test('uploaded as PKCS12: the certificate of the alias, under the password; the private half stays locked', async () => {
  const { id, clientId } = await make();
  const store = (name, ...more) => {
    const { key } = certified(name);
    const file = path.join(folder, `${name}.p12`);
    execFileSync('openssl', ['pkcs12', '-export', '-in', path.join(folder, `${name}.pem`), '-inkey', path.join(folder, `${name}.key`), '-name', name, '-passout', 'pass:contraseña', '-out', file, ...more]);
    return { key, file: readFileSync(file) };
  };
  const send = (file, fields) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ keystoreFormat: 'PKCS12', storePassword: 'contraseña', ...fields })) form.append(name, value);
    form.append('file', new Blob([file]), 'store.p12');
    return kc.clients.uploadKey({ id, attr }, form);
  };
  const first = store('primera'), other = store('segunda', '-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1');
  const shown = await send(first.file, { keyAlias: 'primera' });
  assert.equal(shown.privateKey, undefined);
  assert.equal(await granted(clientId, first.key), 200);
  await send(other.file, {}); // the only one
  assert.deepEqual([await granted(clientId, first.key), await granted(clientId, other.key)], [401, 200]);
  const own = await kc.clients.downloadKey({ id, attr }, { format: 'PKCS12', keyAlias: 'firma', storePassword: 'contraseña' });
  assert.equal((await send(Buffer.from(own), { keyAlias: 'firma' })).certificate, (await kc.clients.getKeyInfo({ id, attr })).certificate, 'what goes out comes in');
  const broken = Buffer.from(first.file);
  broken[broken.length >> 1] ^= 1;
  for (const [file, fields] of [[first.file, { storePassword: 'wrong' }], [first.file, { storePassword: '' }], [first.file, { keyAlias: 'nadie' }], [broken, {}], [first.file.subarray(0, 900), {}], [Buffer.alloc(3000, 0x30), {}],
    [store('cara', '-iter', '400000').file, {}], [store('suelta', '-nomac').file, {}]]) {
    assert.equal((await refusal(send(file, fields))).status, 400, JSON.stringify(fields));
  }
  assert.equal(await granted(clientId, other.key), 200, 'nothing changed');
});

test('made by the server as a file: PKCS12 as openssl reads it, or PEM; the private half is there alone', async () => {
  const { id, clientId } = await make();
  const config = { format: 'PKCS12', keyAlias: 'firma', storePassword: 'contraseña', keyPassword: 'contraseña' };
  const file = path.join(folder, 'made.p12');
  const read = (...args) => execFileSync('openssl', ['pkcs12', '-in', file, '-passin', 'pass:contraseña', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  writeFileSync(file, Buffer.from(await kc.clients.generateAndDownloadKey({ id, attr }, config)));
  const text = read('-nodes');
  assert.match(text, /friendlyName: firma/);
  const { certificate } = await kc.clients.getKeyInfo({ id, attr });
  assert.equal(text.match(/-----BEGIN CERTIFICATE-----([^-]+)/)[1].replace(/\s/g, ''), certificate);
  const key = createPrivateKey(text.match(/-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/)[0]);
  assert.equal(await granted(clientId, key), 200);
  assert.throws(() => execFileSync('openssl', ['pkcs12', '-in', file, '-passin', 'pass:wrong', '-nodes'], { stdio: 'ignore' }));
  writeFileSync(file, Buffer.from(await kc.clients.downloadKey({ id, attr }, { ...config, keyPassword: undefined })));
  const later = read('-nodes');
  assert.match(later, /BEGIN CERTIFICATE/);
  assert.doesNotMatch(later, /PRIVATE/, 'what is not kept is not in it');
  const pem = await world.call('POST', `/realms/peru/clients/${id}/certificates/${attr}/generate-and-download`, { token, json: { format: 'PEM' } });
  assert.equal(pem.status, 200, pem.text);
  assert.equal(pem.headers['content-type'], 'application/octet-stream');
  const next = createPrivateKey(pem.text);
  assert.deepEqual([await granted(clientId, key), await granted(clientId, next)], [401, 200]);
  const log = JSON.stringify(await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'ClientModified'));
  assert.ok(log.includes('jwt.credential.certificate') && !log.includes(pem.text.slice(60, 120)), 'AU-01');
  const viewer = await world.token('mira', 'peru');
  for (const line of ['download', 'generate-and-download'])
    assert.equal((await world.call('POST', `/realms/peru/clients/${id}/certificates/${attr}/${line}`, { token: viewer, json: config })).status, 403);
});

test('a certificate for an identity provider comes back as its settings have it', async () => {
  const { pem } = certified('partner');
  const send = (user, form) => world.call('POST', '/realms/peru/identity-provider/upload-certificate', { token: user, ...form });
  const boundary = (format, file) => ({ headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
    body: `--x\r\nContent-Disposition: form-data; name=keystoreFormat\r\n\r\n${format}\r\n--x\r\nContent-Disposition: form-data; name=file\r\n\r\n${file}\r\n--x--` });
  const reply = await send(token, boundary('Certificate PEM', pem));
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(reply.json, { certificate: pem.replace(/-----[^-]+-----|\s/g, '') });
  assert.equal((await send(token, boundary('Certificate PEM', 'nothing'))).status, 400);
  assert.equal((await send(token, boundary('PKCS12', 'x'))).status, 400);
  assert.equal((await send(token, boundary('JKS', 'x'))).status, 501);
  assert.equal((await send(token, { json: {} })).status, 415);
  assert.equal((await send(await world.token('mira', 'peru'), boundary('Certificate PEM', pem))).status, 403);
});

test('what is refused', async () => {
  const { id } = await make();
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const secret = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const bad = [
    ['Certificate PEM', 'nothing', 400], ['Certificate PEM', '', 400], ['Certificate PEM', secret, 400],
    ['Public Key PEM', small.publicKey.export({ type: 'spki', format: 'pem' }), 400], ['Public Key PEM', secret, 400],
    ['JSON Web Key Set', '{"keys":[]}', 400], ['Word', 'x', 400], ['JKS', 'x', 501], ['BCFKS', 'x', 501], ['PKCS12', 'x', 400],
  ];
  for (const [format, file, status] of bad) assert.equal((await refusal(upload(id, format, file))).status, status, `${format} ${file.slice(0, 30)}`);
  const base = `/realms/peru/clients/${id}/certificates`;
  const post = (rest, options) => world.call('POST', `${base}/${rest}`, { token, ...options });
  assert.equal((await post(`${attr}/upload`, { json: {} })).status, 415);
  assert.equal((await post(`${attr}/upload`, { headers: { 'Content-Type': 'multipart/form-data; boundary=x' }, body: '--y--' })).status, 400);
  assert.equal((await post(`${attr}/upload`, { headers: { 'Content-Type': 'multipart/form-data; boundary=x' }, body: 'a'.repeat(66000) })).status, 413);
  assert.equal((await post('saml.signing/generate', { json: {} })).status, 501);
  const store = { format: 'PKCS12', keyAlias: 'x', storePassword: 'a password' };
  assert.equal((await post(`${attr}/download`, { json: store })).status, 404, 'there is none');
  for (const [values, status, field] of [
    [{ format: 'JKS' }, 501], [{ format: 'BCFKS' }, 501], [{ format: 'ZIP' }, 400, 'format'], [{ format: 7 }, 400, 'format'],
    [{ keyAlias: '' }, 400, 'keyAlias'], [{ keyAlias: 'x'.repeat(257) }, 400, 'keyAlias'], [{ storePassword: 'short' }, 400, 'storePassword'],
    [{ storePassword: 'x'.repeat(257) }, 400, 'storePassword'], [{ keyPassword: 'another one' }, 400, 'keyPassword'],
  ]) {
    const reply = await post(`${attr}/generate-and-download`, { json: { ...store, ...values } });
    assert.deepEqual([reply.status, reply.json.field], [status, field], JSON.stringify(values));
  }
  assert.deepEqual(await kc.clients.getKeyInfo({ id, attr }), {}, 'nothing of it is kept');
  const viewer = await world.token('mira', 'peru');
  assert.equal((await world.call('POST', `${base}/${attr}/generate`, { token: viewer, json: {} })).status, 403);
  assert.equal((await world.call('GET', `${base}/${attr}`, { token: viewer })).status, 200);
  const nobody = '00000000-0000-4000-8000-000000000000';
  assert.equal((await world.call('POST', `/realms/peru/clients/${nobody}/certificates/${attr}/generate`, { token, json: {} })).status, 404);
  assert.equal((await world.call('POST', `/realms/chile/clients/${id}/certificates/${attr}/generate`, { token, json: {} })).status, 403);
});

test('AD-04: the key of a client that reaches further than the caller stays', async () => {
  await world.addAdmin('mario', ['realm-management/manage-clients'], 'peru');
  const [{ id }] = await kc.clients.find({ clientId: 'admin-cli' });
  const mario = await world.token('mario', 'peru');
  for (const line of ['generate', 'upload']) {
    const options = line === 'generate' ? { json: {} }
      : { headers: { 'Content-Type': 'multipart/form-data; boundary=x' }, body: '--x\r\nContent-Disposition: form-data; name=keystoreFormat\r\n\r\nJSON Web Key Set\r\n--x\r\nContent-Disposition: form-data; name=file\r\n\r\n{}\r\n--x--' };
    assert.equal((await world.call('POST', `/realms/peru/clients/${id}/certificates/${attr}/${line}`, { token: mario, ...options })).status, 403, line);
  }
});
