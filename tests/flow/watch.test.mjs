// WatchRevocations in every protocol: what it tells, how long it goes on, and what it costs others.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { client as stubOf, load } from './lib/grpc.mjs';
import { basic, request } from './lib/http.mjs';
import { decode } from './lib/oidc.mjs';
import { exchange } from './lib/raw.mjs';
import { SERVICE } from './lib/rpc.mjs';
import { freePort, until } from './lib/server.mjs';
import { overHttps, watchGrpc, watchRpc, what } from './lib/watch.mjs';
import { World } from './lib/world.mjs';

const { TokenValidation } = load('garita/token/v1/token_validation.proto').garita.token.v1;

let world, portal, stub;
const ways = { gRPC: (headers, asked) => watchGrpc(stub, headers, asked) };
for (const kind of overHttps) ways[kind] = (headers, asked, options) => watchRpc(world.server, kind, headers, asked, options);

before(async () => {
  const ports = { web: await freePort(), management: await freePort(), redirect: await freePort(), grpc: await freePort() };
  world = await World.open({ ports, args: ['--workers', '4'] });
  await world.addUser('ana');
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  stub = stubOf(world.server, TokenValidation);
});
after(async () => {
  stub.close();
  await world.close();
});

let made = 0;
// A client that may watch, of a test's own.
async function watcher(realm = 'peru', values = {}) {
  const c = await world.addClient(`watcher-${made += 1}`, { realm, serviceAccount: true, values });
  await role('assign', c, realm);
  return c;
}
const role = (verb, c, realm = 'peru') =>
  world.cli.ok('role', verb, '--realm', realm, '--role', 'token-validator', '--username', `service-account-${c.clientId}`);
const secretOf = (c, realm = 'peru') => ({ Authorization: basic(c.clientId, c.secret).Authorization, 'X-Tenant-ID': realm });
const bearerOf = async (c) => ({ Authorization: `Bearer ${(await c.service()).json.access_token}` });
const endToken = async () => {
  const token = (await portal.password('ana')).json.access_token;
  const revoked = await portal.revoke(token);
  assert.equal(revoked.status, 200, revoked.text);
  return decode(token).jti;
};

// What takes the leave to watch away, and what the watcher is told.
const losses = [
  ['its role is taken away', 'PermissionDenied', async () => {
    const c = await watcher();
    return { headers: secretOf(c), lose: () => role('revoke', c) };
  }],
  ['the same for one that came with a token', 'PermissionDenied', async () => {
    const c = await watcher();
    return { headers: await bearerOf(c), lose: () => role('revoke', c) };
  }],
  ['its client is disabled', 'Unauthenticated', async () => {
    const c = await watcher();
    return { headers: secretOf(c), lose: () => world.setClient(c.clientId, { enabled: false }) };
  }],
  ['its secret is another', 'Unauthenticated', async () => {
    const c = await watcher();
    return { headers: secretOf(c), lose: () => world.cli.ok('client', 'secret', '--realm', 'peru', '--client-id', c.clientId, '--rotate') };
  }],
  ['its service account is disabled', 'PermissionDenied', async () => {
    const c = await watcher();
    return { headers: secretOf(c), lose: () => world.setUser(`service-account-${c.clientId}`, { enabled: false }) };
  }],
  ['its token is revoked', 'Unauthenticated', async () => {
    const c = await watcher();
    const headers = await bearerOf(c);
    return { headers, lose: () => c.revoke(headers.Authorization.slice('Bearer '.length)) };
  }],
  ['its token expires', 'Unauthenticated', async () => {
    const c = await watcher('peru', { 'attributes.access.token.lifespan': '6' });
    return { headers: await bearerOf(c), lose: () => new Promise((resolve) => { setTimeout(resolve, 6000); }) };
  }],
  ['the realm that it watches from master is disabled', 'PermissionDenied', async () => {
    const realm = `chile-${made += 1}`;
    await world.addRealm(realm);
    const c = await watcher('master');
    return { headers: secretOf(c, 'master'), asked: { realm }, lose: () => world.setRealm({ enabled: false }, realm) };
  }],
  ['the realm that it watches from master is deleted', 'NotFound', async () => {
    const realm = `bolivia-${made += 1}`;
    await world.addRealm(realm);
    const c = await watcher('master');
    return { headers: secretOf(c, 'master'), asked: { realm }, lose: () => world.cli.ok('realm', 'delete', realm, '--confirm', realm) };
  }],
];

for (const [way, watch] of Object.entries(ways)) {
  for (const [name, code, prepare] of losses)
    test(`OT-11 ${way}: a watch ends when ${name}, and nothing is told after that`, async () => {
      const { headers, asked, lose } = await prepare();
      const w = watch(headers, asked);
      assert.deepEqual(what(await w.reach(1)), { reset: true });
      await lose();
      const late = await endToken();
      assert.equal(await w.code, code);
      assert.deepEqual(w.heard.filter((h) => h.jti === late), []);
    });

  test(`${way}: a watch goes on when other things change`, async () => {
    const c = await watcher();
    const headers = await bearerOf(c);
    const w = watch(headers);
    await w.reach(1);
    await world.setRealm({ displayName: `Peru ${made += 1}` });
    const other = await watcher();
    await role('revoke', other);
    await world.setClient(other.clientId, { enabled: false });
    const jti = await endToken();
    while (!w.heard.some((h) => h.jti === jti)) assert.ok(await w.reach(w.heard.length + 1), `ended: ${w.ended}`);
    assert.deepEqual(w.heard.map((h) => Number(h.number)), w.heard.map((_, i) => i + 1));
    w.cancel();
  });

  test(`OT-11 ${way}: only who may ask about the whole realm hears of it`, async () => {
    const gate = await watcher();
    for (const [headers, asked, code] of [
      [{}, {}, 'Unauthenticated'], [secretOf({ clientId: gate.clientId, secret: 'wrong' }), {}, 'Unauthenticated'],
      [secretOf(portal), {}, 'PermissionDenied'], [secretOf(gate), { realm: 'master' }, 'PermissionDenied'],
      [secretOf(gate), { realm: 'no-such-realm' }, 'PermissionDenied'],
    ]) {
      const w = watch(headers, asked);
      assert.equal(await w.code, code);
      assert.deepEqual(w.heard, []);
    }
  });
}

for (const kind of overHttps) {
  const watch = ways[kind];

  test(`${kind}: a watcher hears what ended, by the names that stand in tokens`, async () => {
    const gate = await watcher();
    const w = watch(secretOf(gate), { realm: 'peru' });
    const first = await w.reach(1);
    assert.deepEqual([first.realm, Number(first.number), what(first)], ['peru', 1, { reset: true }]);
    const ana = decode((await portal.password('ana')).json.access_token);
    const notBefore = Math.floor(Date.now() / 1000) - 100000 + (made += 1);
    for (const [end, expected] of [
      [endToken, (jti) => ({ jti })],
      [() => world.setUser('ana', { firstName: 'Ana', enabled: false }), () => ({ userId: ana.sub })],
      [() => world.setUser('ana', { enabled: true }), () => ({ userId: ana.sub })],
      [() => world.setClient('portal', { name: `Portal ${made += 1}` }), () => ({ clientId: 'portal' })],
      [() => world.setRealm({ notBefore }), () => ({ notBefore })],
    ]) {
      const count = w.heard.length;
      const [[field, value]] = Object.entries(expected(await end()));
      await w.reach(count + 1);
      const heard = w.heard.slice(count);
      const of = (h) => (field === 'notBefore' ? Number(h.notBefore?.seconds ?? 0) : h[field]);
      assert.ok(heard.some((h) => of(h) === value), `${field} ${value}: ${JSON.stringify(heard.map(what), (_, v) => (typeof v === 'bigint' ? Number(v) : v))}`);
      assert.ok(Math.abs(Number(heard[0].at.seconds) - Date.now() / 1000) < 300);
    }
    w.cancel();
  });

  test(`${kind}: a watch ends at its deadline`, async () => {
    const gate = await watcher();
    const w = watch(secretOf(gate), {}, { timeoutMs: 1500 });
    assert.ok(await w.reach(1));
    assert.equal(await w.code, 'DeadlineExceeded');
  });
}

// --- what it costs ---

const streams = async () => Number((await request(`http://127.0.0.1:${world.server.ports.management}/metrics`)).text.match(/^garita_http_streams (\d+)$/m)[1]);

test('HT-02: watches hold no thread, their number has a limit for each realm, and who goes makes room', async () => {
  await until('no stream is left', async () => (await streams()) === 0);
  const gate = await watcher();
  const open = Array.from({ length: 64 }, (_, i) => ways[overHttps[i % overHttps.length]](secretOf(gate)));
  for (const w of open) assert.ok(await w.reach(1), `ended: ${w.ended}`);
  assert.equal(await streams(), 64);
  for (const kind of overHttps) assert.equal(await ways[kind](secretOf(gate)).code, 'ResourceExhausted');
  const jti = await endToken(); // a log-in, with sixteen watches for each worker
  for (const w of open) while (!w.heard.some((h) => h.jti === jti)) assert.ok(await w.reach(w.heard.length + 1), `ended: ${w.ended}`);
  const elsewhere = await watcher('master');
  const other = ways[overHttps[0]](secretOf(elsewhere, 'master'), { realm: 'peru' });
  assert.ok(await other.reach(1), 'the limit of one realm is not that of another');
  open.forEach((w) => w.cancel());
  other.cancel();
  await until('the streams of clients that went are gone', async () => (await streams()) === 0);
  const again = ways[overHttps[0]](secretOf(gate));
  assert.ok(await again.reach(1));
  again.cancel();
});

// --- by hand ---

const question = (headers, { version = '1.1', type = 'application/grpc-web-text', body = 'AAAAAAA=', path = `/${SERVICE}/WatchRevocations` } = {}) => {
  const { host } = new URL(world.server.origin);
  const lines = Object.entries({ Host: host, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), ...headers });
  return `POST ${path} HTTP/${version}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
};

test('gRPC-Web as text: each message is base64 of its own, and so is the end', async () => {
  const gate = await watcher();
  const { text } = await exchange(world.server, question({ ...secretOf(gate), 'Grpc-Timeout': '1S', Connection: 'close' }));
  const [head, ...rest] = text.split('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 200 /);
  assert.match(head, /content-type: application\/grpc-web-text\+proto/i);
  assert.match(head, /transfer-encoding: chunked/i);
  assert.doesNotMatch(head, /content-length/i);
  const pieces = rest.join('\r\n\r\n').split('\r\n').filter((piece, i) => i % 2 === 1 && piece.length > 0);
  const frames = pieces.map((piece) => Buffer.from(piece, 'base64'));
  assert.ok(frames.length >= 2, 'one or more messages, and the end');
  for (const f of frames) assert.equal(f.readUInt32BE(1), f.length - 5);
  assert.deepEqual(frames.map((f) => f[0]), [...frames.slice(1).map(() => 0), 0x80]);
  assert.match(frames.at(-1).subarray(5).toString(), /^grpc-status: 4\r\ngrpc-message: [^\r\n]+\r\ngrpc-status-details-bin: [^\r\n]+\r\n$/);
});

test('HTTP/1.0 gets a stream without chunks, up to the end of the connection', async () => {
  const gate = await watcher();
  const { text, closed } = await exchange(world.server, question({ ...secretOf(gate), 'Connect-Timeout-Ms': '500' }, { version: '1.0', type: 'application/connect+json', body: '\0\0\0\0\x02{}' }));
  const body = Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1');
  assert.ok(closed);
  assert.doesNotMatch(text, /transfer-encoding/i);
  const length = body.readUInt32BE(1);
  assert.deepEqual([body[0], JSON.parse(body.subarray(5, 5 + length)).reset], [0, true]);
  const end = body.subarray(5 + length);
  assert.deepEqual([end[0], JSON.parse(end.subarray(5)).error.code], [2, 'deadline_exceeded']);
});

test('a connection serves the next request after a stream has ended', async () => {
  const gate = await watcher();
  const headers = { ...secretOf(gate), 'Connect-Timeout-Ms': '300' };
  const shape = { type: 'application/connect+json', body: '\0\0\0\0\x02{}' };
  const { text, closed } = await exchange(world.server, question(headers, shape) + question({ ...headers, Connection: 'close' }, shape));
  assert.equal(text.split('"deadline_exceeded"').length - 1, 2);
  assert.ok(closed);
});

test('a watch that is asked for wrongly is an error of its protocol', async () => {
  const gate = await watcher();
  const post = (type, body) => request(`${world.server.origin}/${SERVICE}/WatchRevocations`, { method: 'POST', body, headers: { ...secretOf(gate), 'Content-Type': type } });
  const unary = await post('application/json', '{}');
  assert.deepEqual([unary.status, unary.json.code], [501, 'unimplemented']);
  const framed = (text) => Buffer.concat([Buffer.from([0, 0, 0, 0, text.length]), Buffer.from(text)]);
  const endOf = async (type, text) => JSON.parse((await post(type, framed(text))).text.slice(5)).error;
  assert.equal((await endOf('application/connect+json', '{"token":"x"}')).code, 'invalid_argument');
  assert.equal((await endOf('application/connect+json', '{')).code, 'invalid_argument');
  assert.equal((await endOf('application/connect+proto', '\xff')).code, 'invalid_argument');
  assert.equal((await post('application/grpc-web+proto', Buffer.alloc(0))).headers['grpc-status'], '3');
});

test('WE-11: a script of another origin hears nothing, and nothing more once its client does not list it', async () => {
  const ORIGIN = 'https://gateway.example.pe';
  const gate = await watcher('peru', { webOrigins: [ORIGIN] });
  const kind = 'Connect, JSON';
  assert.equal(await ways[kind]({ ...secretOf(gate), Origin: 'https://evil.example' }).code, 'PermissionDenied');
  const w = ways[kind]({ ...secretOf(gate), Origin: ORIGIN });
  assert.ok(await w.reach(1));
  await world.setClient(gate.clientId, { webOrigins: [] });
  const late = await endToken();
  assert.equal(await w.code, 'PermissionDenied');
  assert.deepEqual(w.heard.filter((h) => h.jti === late), []);
});

test('at the stop of the server watches end, and are told why', async () => {
  const gate = await watcher();
  const open = overHttps.map((kind) => ways[kind](secretOf(gate)));
  for (const w of open) assert.ok(await w.reach(1));
  await world.server.restart();
  assert.deepEqual(await Promise.all(open.map((w) => w.code)), overHttps.map(() => 'Unavailable'));
});
