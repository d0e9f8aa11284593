// The key that a client proves itself by: made by the server, uploaded, and used for private_key_jwt.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
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

test('what is refused', async () => {
  const { id } = await make();
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const secret = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const bad = [
    ['Certificate PEM', 'nothing', 400], ['Certificate PEM', '', 400], ['Certificate PEM', secret, 400],
    ['Public Key PEM', small.publicKey.export({ type: 'spki', format: 'pem' }), 400], ['Public Key PEM', secret, 400],
    ['JSON Web Key Set', '{"keys":[]}', 400], ['Word', 'x', 400], ['JKS', 'x', 501], ['PKCS12', 'x', 501],
  ];
  for (const [format, file, status] of bad) assert.equal((await refusal(upload(id, format, file))).status, status, `${format} ${file.slice(0, 30)}`);
  const base = `/realms/peru/clients/${id}/certificates`;
  const post = (rest, options) => world.call('POST', `${base}/${rest}`, { token, ...options });
  assert.equal((await post(`${attr}/upload`, { json: {} })).status, 415);
  assert.equal((await post(`${attr}/upload`, { headers: { 'Content-Type': 'multipart/form-data; boundary=x' }, body: '--y--' })).status, 400);
  assert.equal((await post(`${attr}/upload`, { headers: { 'Content-Type': 'multipart/form-data; boundary=x' }, body: 'a'.repeat(66000) })).status, 413);
  for (const line of [`${attr}/download`, `${attr}/generate-and-download`, 'saml.signing/generate']) {
    assert.equal((await post(line, { json: {} })).status, 501, line);
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
