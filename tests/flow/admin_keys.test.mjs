// ~/keys: what tools read before they check tokens by themselves.
import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { request } from './lib/http.mjs';
import { headerOf } from './lib/oidc.mjs';

let world, ana;
before(async () => {
  world = await AdminWorld.open();
  ana = await world.client('ana', 'peru');
});
after(() => world.close());

const keys = async (query = '') => (await world.call('GET', `/realms/peru/keys${query}`, { token: await world.token('ana', 'peru') })).json;
const jwks = async () => (await request(`${world.server.realm('peru')}/protocol/openid-connect/certs`)).json.keys;

test('the active key is the one that signs, and each public key is that of the JWKS', async () => {
  const { active, keys: list } = await keys();
  assert.equal(active.RS256, headerOf(await world.token('ana', 'peru')).kid);
  const published = await jwks();
  const shown = list.filter((k) => k.publicKey);
  assert.deepEqual(shown.map((k) => k.kid).sort(), published.map((k) => k.kid).sort());
  for (const key of shown) {
    const jwk = published.find((k) => k.kid === key.kid);
    const own = createPublicKey({ key: Buffer.from(key.publicKey, 'base64'), format: 'der', type: 'spki' }).export({ format: 'jwk' });
    assert.deepEqual([own.kty, own.n ?? own.x], [jwk.kty, jwk.n ?? jwk.x]);
    assert.deepEqual([key.status, key.type, key.use, key.algorithm], ['ACTIVE', jwk.kty, 'SIG', jwk.alg]);
  }
  const rsa = list.find((k) => k.algorithm === 'RS256');
  const certificate = new X509Certificate(Buffer.from(rsa.certificate, 'base64'));
  assert.equal(rsa.validTo, Date.parse(certificate.validTo));
  assert.equal(certificate.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'), rsa.publicKey);
});

test('after a rotation the old key is passive and the new one active; providers are components', async () => {
  const before = (await keys()).active.RS256;
  await world.cli.ok('keys', 'rotate', '--realm', 'peru', '--alg', 'RS256');
  const { active, keys: list } = await keys();
  assert.notEqual(active.RS256, before);
  assert.equal(list.find((k) => k.kid === before).status, 'PASSIVE');
  const components = await ana.components.find({ type: 'org.keycloak.keys.KeyProvider' });
  for (const key of list) assert.ok(components.some((c) => c.id === key.providerId), key.kid);
  assert.deepEqual((await ana.realms.getKeys({ realm: 'peru' })).active, active);
});

test('when keys were made, and until when former ones verify, is told to who asks for it', async () => {
  const now = Date.now();
  const { keys: list } = await keys('?withTimes=true');
  for (const key of list) {
    assert.ok(key.createdTimestamp <= now && key.createdTimestamp > now - 3_600_000, `${key.kid} was just made`);
    assert.equal(key.notAfter !== undefined, key.status === 'PASSIVE', key.kid);
    if (key.notAfter) assert.ok(key.notAfter > now + 29 * 86_400_000, 'the overlap is thirty days');
  }
  assert.ok(list.some((k) => k.notAfter));
});

test('AD-06, SK-01: nothing private stands there, and symmetric keys have no public part', async () => {
  const { keys: list } = await keys();
  for (const key of list) {
    assert.deepEqual(Object.keys(key).filter((k) => !['providerId', 'providerPriority', 'kid', 'status', 'type', 'algorithm',
      'publicKey', 'certificate', 'validTo', 'use'].includes(k)), []);
    if (key.type === 'OCT') assert.equal(key.publicKey ?? key.certificate, undefined);
  }
});
