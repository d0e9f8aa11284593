// gRPC-Web and Connect over HTTPS with stock clients, in both of their formats, and by hand where a
// stock client would never go wrong.
import { Code } from '@connectrpc/connect';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { basic, request } from './lib/http.mjs';
import { decode } from './lib/oidc.mjs';
import { SERVICE, client, transports } from './lib/rpc.mjs';
import { World } from './lib/world.mjs';

const ORIGIN = 'https://gateway.example.pe';
let world, portal, gate, plain;
before(async () => {
  world = await World.open();
  await world.addUser('ana', { email: 'ana@example.pe', 'attributes.site': ['lima'] });
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  gate = await world.addClient('gate', { serviceAccount: true, values: { webOrigins: [ORIGIN] } });
  plain = await world.addClient('plain', { serviceAccount: true });
  await world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'token-validator', '--username', 'service-account-gate');
});
after(() => world.close());

const token = async () => (await portal.password('ana')).json.access_token;
const headers = (c = gate) => ({ ...basic(c.clientId, c.secret), 'X-Tenant-ID': 'peru' });
const codeOf = (promise) => promise.then(() => 'Ok', (error) => Code[error.code]);

for (const kind of Object.keys(transports)) {
  const stub = () => client(world.server, kind);

  test(`${kind}: every unary method answers what the token says`, async () => {
    const t = await token();
    const claims = decode(t);
    const answer = await stub().validate({ token: t, scopes: ['email'] }, { headers: headers() });
    assert.equal(answer.active, true);
    assert.equal(answer.subject, claims.sub);
    assert.equal(answer.jti, claims.jti);
    assert.equal(Number(answer.expiresAt.seconds), claims.exp);
    assert.deepEqual(answer.realmRoles, claims.realm_access.roles);
    assert.deepEqual(answer.clientRoles.account.roles, claims.resource_access.account.roles);
    assert.deepEqual(answer.claims, claims);
    const { answers } = await stub().validateBatch({ questions: [{ token: t }, { token: 'x' }] }, { headers: headers() });
    assert.deepEqual(answers.map((a) => a.active), [true, false]);
    assert.equal((await stub().introspect({ token: t }, { headers: headers() })).fields.sub.kind.value, claims.sub);
    const context = await stub().getUserContext({ token: t }, { headers: headers() });
    assert.equal(context.email, 'ana@example.pe');
    assert.deepEqual(context.attributes, { site: ['lima'] });
    await stub().revoke({ token: t }, { headers: headers(portal) });
    const gone = await stub().validate({ token: t }, { headers: headers() });
    assert.equal(gone.active, false);
    assert.equal(gone.reasonText, 'it was revoked');
  });

  test(`${kind}: errors have their codes and details`, async () => {
    const strangers = [{}, { ...headers(), ...basic('gate', 'wrong') }, { Authorization: 'Bearer x' }];
    for (const of of strangers) assert.equal(await codeOf(stub().validate({ token: 'x' }, { headers: of })), 'Unauthenticated');
    const scopes = Array.from({ length: 65 }, (_, i) => `s${i}`);
    const error = await stub().validate({ token: 'x', scopes }, { headers: headers() }).catch((e) => e);
    assert.equal(Code[error.code], 'InvalidArgument');
    const details = Object.fromEntries(error.details.map((d) => [d.type, Buffer.from(d.value).toString()]));
    assert.match(details['google.rpc.ErrorInfo'], /INVALID_REQUEST.*garita/s);
    if (!kind.endsWith('JSON')) assert.match(details['google.rpc.BadRequest'], /scopes/);
  });

  test(`${kind}: the header of the deadline is understood`, async () => {
    assert.equal((await stub().validate({ token: 'x' }, { headers: headers(), timeoutMs: 60000 })).active, false);
  });
}

// --- by hand ---

const frame = (message, flags = 0) => {
  const prefix = Buffer.alloc(5);
  prefix[0] = flags;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};
const question = (t) => Buffer.concat([Buffer.from([10, ...varint(t.length)]), Buffer.from(t)]);
const varint = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >> 7)]);
const post = (type, body, more = {}, path = `/${SERVICE}/Validate`) =>
  request(`${world.server.origin}${path}`, { method: 'POST', body, headers: { ...headers(), 'Content-Type': type, ...more } });
const frames = (bytes) => {
  const list = [];
  for (let rest = bytes; rest.length; rest = rest.subarray(5 + rest.readUInt32BE(1))) list.push({ flags: rest[0], message: rest.subarray(5, 5 + rest.readUInt32BE(1)) });
  return list;
};
const status = (reply) => reply.headers['grpc-status'];

test('gRPC-Web as text: base64 in one or in many padded pieces, trailers in the last frame', async () => {
  const message = frame(question(await token()));
  const cut = [message.subarray(0, 1), message.subarray(1, 5), message.subarray(5, 100), message.subarray(100)];
  for (const body of [message.toString('base64'), cut.map((piece) => piece.toString('base64')).join('')]) {
    for (const type of ['application/grpc-web-text', 'application/grpc-web-text+proto']) {
      const reply = await post(type, body);
      assert.equal(reply.status, 200, reply.text);
      assert.equal(reply.headers['content-type'], 'application/grpc-web-text+proto');
      const [data, trailer, ...none] = frames(Buffer.from(reply.text, 'base64'));
      assert.deepEqual([data.flags, trailer.flags, none.length], [0, 0x80, 0]);
      assert.deepEqual([...data.message.subarray(0, 2)], [8, 1], 'active');
      assert.equal(trailer.message.toString(), 'grpc-status: 0\r\n');
    }
  }
});

test('a malformed gRPC-Web body is an error of gRPC', async () => {
  const good = frame(question('x'));
  const cases = [
    ['application/grpc-web+proto', Buffer.alloc(0), '3'], ['application/grpc-web+proto', good.subarray(0, 4), '3'],
    ['application/grpc-web+proto', good.subarray(0, good.length - 1), '3'], ['application/grpc-web+proto', Buffer.concat([good, good]), '3'],
    ['application/grpc-web+proto', frame(question('x'), 1), '12'], ['application/grpc-web+proto', frame(question('x'), 0x80), '3'],
    ['application/grpc-web+proto', frame(Buffer.from([0xff])), '3'], ['application/grpc-web+json', frame(Buffer.from('{')), '3'],
    ['application/grpc-web-text', '****', '3'], ['application/grpc-web-text', good.toString('base64').slice(0, -3), '3'],
  ];
  for (const [type, body, code] of cases) {
    const reply = await post(type, body);
    assert.equal(reply.status, 200);
    assert.equal(status(reply), code, `${type} ${body.toString('hex')} ${reply.headers['grpc-message']}`);
    assert.ok(reply.headers['grpc-message'].length > 0);
  }
});

test('headers that are no gRPC or Connect are errors, and so is what is not there', async () => {
  const good = frame(question('x'));
  assert.equal(status(await post('application/grpc-web+proto', good, { 'Grpc-Timeout': '1x' })), '3');
  assert.equal(status(await post('application/grpc-web+proto', good, { 'Grpc-Timeout': '0m' })), '4');
  assert.equal(status(await post('application/grpc-web+proto', good, { 'Grpc-Encoding': 'gzip' })), '12');
  assert.equal(status(await post('application/grpc-web+proto', good, {}, `/${SERVICE}/Guess`)), '12');
  for (const [more, http, code] of [
    [{ 'Connect-Timeout-Ms': 'soon' }, 400, 'invalid_argument'], [{ 'Connect-Timeout-Ms': '12345678901' }, 400, 'invalid_argument'],
    [{ 'Connect-Timeout-Ms': '0' }, 504, 'deadline_exceeded'], [{ 'Connect-Protocol-Version': '2' }, 400, 'invalid_argument'],
  ]) {
    const reply = await post('application/json', '{"token":"x"}', more);
    assert.deepEqual([reply.status, reply.json.code], [http, code]);
  }
  assert.equal((await post('application/proto', Buffer.from([0xff]))).json.code, 'invalid_argument');
  assert.equal((await post('application/grpc', good)).status, 415);
  assert.equal((await post('text/plain', 'x')).status, 415);
});

test('WE-11: scripts call from the origins of their client, from no other', async () => {
  const body = frame(question(await token()));
  const call = (origin, c = gate) => post('application/grpc-web+proto', body, { Origin: origin, ...basic(c.clientId, c.secret) });
  const mine = await call(ORIGIN);
  assert.equal(mine.headers['access-control-allow-origin'], ORIGIN);
  assert.match(mine.headers['access-control-expose-headers'], /Grpc-Status.*Grpc-Message.*Grpc-Status-Details-Bin/i);
  assert.equal(status(mine), undefined, 'in the trailers');
  for (const [origin, c] of [['https://evil.example', gate], ['null', gate], [ORIGIN, plain]]) {
    const refused = await call(origin, c);
    assert.equal(status(refused), '7', origin);
    assert.equal(refused.headers['access-control-allow-origin'], undefined);
    assert.equal(refused.text, '');
  }
});

test('WE-11: a foreign origin revokes nothing', async () => {
  const t = await token();
  const revoke = (more) => post('application/json', JSON.stringify({ token: t }), { ...basic(portal.clientId, portal.secret), ...more }, '/grpc/token/revoke');
  assert.equal((await revoke({ Origin: 'https://evil.example' })).json.code, 'permission_denied');
  assert.equal((await post('application/json', JSON.stringify({ token: t }))).json.active, true);
  assert.equal((await revoke({})).text, '{}');
});

test('preflights of calls name the headers of both protocols', async () => {
  const reply = await request(`${world.server.origin}/${SERVICE}/Validate`, {
    method: 'OPTIONS', headers: { Origin: ORIGIN, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,content-type,x-grpc-web' },
  });
  assert.equal(reply.status, 204);
  assert.equal(reply.headers['access-control-allow-origin'], ORIGIN);
  assert.equal(reply.headers['access-control-allow-credentials'], undefined);
  for (const name of ['Authorization', 'Content-Type', 'X-Grpc-Web', 'Grpc-Timeout', 'Connect-Protocol-Version', 'Connect-Timeout-Ms', 'X-Tenant-ID'])
    assert.ok(reply.headers['access-control-allow-headers'].includes(name), name);
});
