// A standby that passes changes on: stock clients use it as if it were the primary, the primary's answers come
// back as they are, and what it cannot pass on is refused with the primary's address (RP-01, RP-02, WE-10).
import KcAdminClient from '@keycloak/keycloak-admin-client';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import * as oidc from 'openid-client';
import { client as stubOf, codeOf, grpc, load, unary } from './lib/grpc.mjs';
import { fetchLike, request } from './lib/http.mjs';
import { Browser, Client, PASSWORD, REDIRECT } from './lib/oidc.mjs';
import { pairStandby } from './lib/nodes.mjs';
import { client as rpcClient, transports } from './lib/rpc.mjs';
import { freePort, until } from './lib/server.mjs';
import { SECRET, World } from './lib/world.mjs';

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // the stock client's own requests: the standby's certificate is its own
const STRANGER = '203.0.113.9'; // the proxy of the standby says so
const replication = await freePort();
const web = await freePort();
const grpcPort = await freePort();
const origin = `https://localhost:${web}`; // of both: the address that floats, and stands at the standby
let world, standby, portal;

before(async () => {
  world = await World.open({ args: ['--hostname', origin, '--replication-port', String(replication)] });
  await world.addUser('ana', { email: 'ana@example.pe', emailVerified: true });
  await world.cli.withFile(PASSWORD, (file) => world.cli.ok(
    'user', 'add', '--realm', 'peru', '--username', 'root', '--password-file', file, '--role', 'realm-management/realm-admin'));
  await world.addClient('portal', { serviceAccount: true, values: { directAccessGrantsEnabled: true } });
  standby = await pairStandby(world, replication, {
    ports: { web, grpc: grpcPort }, tls: true, args: ['--hostname', origin, '--standby-changes', 'forward', '--trusted-proxies', '127.0.0.1 ::1'],
  });
  await world.cli.ok('standby', 'mode', 'sync-apply');
  await standby.launch();
  portal = new Client(standby, 'peru', 'portal', SECRET);
  await until('the standby has the realm', async () => (await request(standby.realm('peru'))).status === 200);
});
after(async () => {
  await standby?.stop();
  await world?.close();
});

const metric = async (at, name) =>
  Number((await request(`${at.management}/metrics`, { agent: false })).text.match(new RegExp(`^garita_replication_${name} (\\S+)$`, 'm'))?.[1]);
const events = (type) => world.cli.json('audit', 'list', '--realm', 'peru', '--type', type, '--limit', '200');

test('a stock client logs in through the standby, from the page to the end of the session', async () => {
  const config = await oidc.discovery(new URL(standby.realm('peru')), 'portal', { client_secret: SECRET }, oidc.ClientSecretBasic(SECRET), {
    [oidc.customFetch]: fetchLike,
  });
  config[oidc.customFetch] = fetchLike;
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const parameters = {
    redirect_uri: REDIRECT, scope: 'openid email', state: oidc.randomState(), nonce: oidc.randomNonce(),
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
  };
  const browser = new Browser(standby, 'peru');
  const login = await browser.get(oidc.buildAuthorizationUrl(config, parameters).href);
  const logged = await browser.logIn(login, 'ana');
  const back = await browser.follow(logged);
  const tokens = await oidc.authorizationCodeGrant(config, new URL(back.location), {
    pkceCodeVerifier, expectedState: parameters.state, expectedNonce: parameters.nonce, idTokenExpected: true,
  });
  const claims = tokens.claims();
  assert.equal(claims.iss, standby.realm('peru'));
  assert.equal((await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)).email, 'ana@example.pe');
  assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, true);
  // the cookies that came through hold the session; the primary, which is asked over the link, knows of TLS
  const cookies = [logged.headers['set-cookie']].flat().join('\n');
  assert.match(cookies, /__Host-\S+=[^;]+;[^\n]*Secure/i);
  const again = await browser.get(oidc.buildAuthorizationUrl(config, parameters).href);
  assert.ok(again.isRedirect && new URL(again.location).searchParams.get('code'), `${again.status} ${again.text.slice(0, 500)}`);
  const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' }); // spent once, everywhere
  await oidc.tokenRevocation(config, fresh.access_token);
  assert.equal((await oidc.tokenIntrospection(config, fresh.access_token)).active, false);
});

test('a wrong password is wrong at the primary, which counts it', async () => {
  const count = async () => (await events('UserLoginAttempted')).length;
  const before = await count();
  const reply = await portal.password('ana', 'not this one');
  assert.equal(reply.status, 401);
  assert.equal(reply.json.error, 'invalid_grant');
  assert.equal(await count(), before + 1);
});

test('a change by the stock admin client is read at the standby at once', async () => {
  const kc = new KcAdminClient({ baseUrl: origin, realmName: 'peru' });
  await kc.auth({ grantType: 'password', clientId: 'admin-cli', username: 'root', password: PASSWORD });
  for (let i = 0; i < 10; i++) {
    const { id } = await kc.users.create({ username: `eva${i}`, email: `eva${i}@example.pe`, enabled: true, attributes: { note: ['ñandú\n"x"'] } });
    const read = await kc.users.findOne({ id });
    assert.equal(read.username, `eva${i}`);
    await kc.users.update({ id }, { lastName: 'Mamani' });
    assert.equal((await kc.users.findOne({ id })).lastName, 'Mamani');
    await kc.users.del({ id });
    assert.ok(!(await kc.users.findOne({ id })));
  }
  const wrong = await kc.users.create({ username: 'ana' }).then(() => null, (e) => e.response);
  assert.equal(wrong.status, 409); // the primary's own refusal
});

test('a realm that is sent in pieces through the standby is made at the primary', async () => {
  await world.cli.withFile(PASSWORD, (file) => world.cli.ok('user', 'add', '--realm', 'master', '--username', 'jefe', '--password-file', file, '--role', 'admin'));
  await until('the standby has the administrator', async () => (await new Client(standby, 'master', 'admin-cli').password('jefe')).status === 200);
  const { access_token } = (await new Client(standby, 'master', 'admin-cli').password('jefe')).json;
  const call = (method, tail, options) => request(`${origin}/admin/garita/uploads${tail}`, { method, ...options, headers: { Authorization: `Bearer ${access_token}`, ...options?.headers } });
  const text = JSON.stringify({ realm: 'lejano', enabled: true, users: Array.from({ length: 300 }, (_, i) => ({ username: `luz${i}`, attributes: { about: ['x'.repeat(2_000)] } })) });
  const begun = await call('POST', '', { json: { size: text.length } });
  assert.equal(begun.status, 201, begun.text);
  const id = begun.headers.location.split('/').pop();
  for (let at = 0; at < text.length; at += 512 * 1024) {
    const piece = await call('PUT', `/${id}?offset=${at}`, { body: text.slice(at, at + 512 * 1024), headers: { 'Content-Type': 'application/octet-stream' } });
    assert.equal(piece.status, 204, piece.text);
  }
  assert.deepEqual((await call('GET', `/${id}`)).json, { size: text.length, received: text.length, busy: false });
  assert.equal((await call('POST', `/${id}/realm`, {})).status, 201);
  assert.ok((await world.cli.json('realm', 'list')).some((r) => (r.realm ?? r.name ?? r) === 'lejano'));
  assert.equal((await call('DELETE', `/${id}`)).status, 204);
});

test('WE-10: the primary knows the client by the address that the standby found', async () => {
  const headers = { 'X-Forwarded-For': STRANGER };
  assert.equal((await new Client(standby, 'peru', 'portal', SECRET, { headers }).password('ana')).status, 200);
  const [newest] = (await events('UserLoggedIn')).sort((a, b) => b.seq - a.seq);
  assert.equal(newest.ip ?? newest.actor?.ip, STRANGER, JSON.stringify(newest));
});

test('OT-06: Revoke over gRPC, gRPC-Web and Connect reaches the primary, and counts here when it is answered', async () => {
  const { TokenValidation } = load('garita/token/v1/token_validation.proto').garita.token.v1;
  const stub = stubOf(standby, TokenValidation, grpc.credentials.createSsl(readFileSync(path.join(standby.data, 'tls/tls.crt'))));
  const basic = (id, secret = SECRET) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const as = (authorization, tenant = 'peru') => {
    const metadata = new grpc.Metadata();
    metadata.set('authorization', authorization);
    metadata.set('x-tenant-id', tenant);
    return metadata;
  };
  const ways = {
    gRPC: (token) => unary(stub, 'revoke', { token }, as(basic('portal'))),
    ...Object.fromEntries(Object.keys(transports).map((kind) => [kind, (token) =>
      rpcClient(standby, kind).revoke({ token }, { headers: { Authorization: basic('portal'), 'X-Tenant-ID': 'peru' } })])),
  };
  let revoked = (await events('TokenRevoked')).length;
  for (const [way, revoke] of Object.entries(ways)) {
    const { access_token: token } = (await portal.password('ana')).json;
    assert.equal((await unary(stub, 'validate', { token }, as(basic('portal')))).active, true, way);
    await revoke(token);
    assert.equal((await unary(stub, 'validate', { token }, as(basic('portal')))).active, false, way);
    assert.equal((await events('TokenRevoked')).length, ++revoked, way);
  }
  const { access_token: token } = (await portal.password('ana')).json;
  assert.equal(await codeOf(unary(stub, 'revoke', { token }, as(basic('portal', 'wrong')))), 'UNAUTHENTICATED');
  assert.equal(await codeOf(unary(stub, 'revoke', { token }, as(basic('portal'), 'nowhere'))), 'UNAUTHENTICATED');
  assert.equal((await unary(stub, 'validate', { token }, as(basic('portal')))).active, true);
  stub.close();
});

test('a client of HTTP/1.0 that names no host gets its answer and the end of the connection', async () => {
  const form = 'grant_type=client_credentials';
  const auth = Buffer.from(`portal:${SECRET}`).toString('base64');
  const text = await new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: web, servername: 'localhost', rejectUnauthorized: false }, () => socket.write(
      `POST /realms/peru/protocol/openid-connect/token HTTP/1.0\r\nAuthorization: Basic ${auth}\r\n` +
      `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`));
    let got = '';
    socket.on('data', (d) => { got += d; }).on('end', () => resolve(got)).on('error', reject);
  });
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.ok(JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)).access_token);
});

test('bodies of any length come through whole, chunked ones too; what is too long is for the primary itself', async () => {
  const { access_token } = (await new Client(standby, 'peru', 'admin-cli').password('root')).json;
  const post = (json, more = {}) => request(`${origin}/admin/realms/peru/roles`, { method: 'POST', json, headers: { Authorization: `Bearer ${access_token}`, ...more } });
  const description = 'd'.repeat(200);
  assert.equal((await post({ name: 'carrier', description })).status, 201);
  const role = await request(`${origin}/admin/realms/peru/roles/carrier`, { headers: { Authorization: `Bearer ${access_token}` } });
  assert.equal(role.json.description, description);
  const users = Array.from({ length: 5000 }, (_, i) => ({ username: `many${i}`, attributes: { filler: ['x'.repeat(200)] } }));
  const long = await request(`${origin}/admin/realms/peru/partialImport`, {
    method: 'POST', json: { ifResourceExists: 'SKIP', users }, headers: { Authorization: `Bearer ${access_token}` },
  });
  assert.equal(long.status, 503, long.text.slice(0, 300));
  assert.match(long.json.errorMessage, /standby.*localhost/);
});

test('many at once: each is answered once, by the primary or with the refusal of who is overloaded', async () => {
  const replies = await Promise.all(Array.from({ length: 80 }, () => portal.service()));
  for (const r of replies) assert.ok(r.status === 200 || r.status === 503, `${r.status} ${r.text}`);
  const good = replies.filter((r) => r.status === 200).map((r) => r.json.access_token);
  assert.ok(good.length >= 8, `${good.length}`);
  assert.equal(new Set(good).size, good.length);
  assert.ok(await metric(standby, 'forwarded_requests_total') >= good.length);
  assert.equal(await metric(standby, 'unanswered_requests_total'), 0);
  assert.ok(await metric(world.server, 'answered_requests_total') >= good.length);
});

test('without the primary, changes are refused and reading goes on', async () => {
  const { access_token } = (await portal.password('ana')).json;
  world.server.child.kill('SIGSTOP');
  try { // it is there and does not answer: nobody knows what became of the request
    const { TokenValidation } = load('garita/token/v1/token_validation.proto').garita.token.v1;
    const stub = stubOf(standby, TokenValidation, grpc.credentials.createSsl(readFileSync(path.join(standby.data, 'tls/tls.crt'))));
    const metadata = new grpc.Metadata();
    metadata.set('authorization', `Basic ${Buffer.from(`portal:${SECRET}`).toString('base64')}`);
    metadata.set('x-tenant-id', 'peru');
    const [reply, failure] = await Promise.all([portal.service(), unary(stub, 'revoke', { token: access_token }, metadata).catch((e) => e)]);
    stub.close();
    assert.equal(reply.status, 504, reply.text);
    assert.match(reply.json.error_description, /may have been done/);
    assert.match(failure.details, /may have been done/);
  } finally {
    world.server.child.kill('SIGCONT');
  }
  world.server.child.kill('SIGKILL');
  await world.server.ended;
  const refused = await until('it is noticed', async () => {
    const r = await portal.service();
    return r.status === 503 && r;
  });
  assert.match(refused.json.error_description, new RegExp(`standby.*localhost:${replication}`));
  assert.equal((await portal.introspect(access_token)).json.active, true);
  await world.server.launch();
  await until('it goes on', async () => (await portal.service()).status === 200);
});

test('a node that was promoted passes nothing on, and one that is fenced neither', async () => {
  world.server.child.kill('SIGKILL');
  await world.server.ended;
  await standby.cli.ok('promote', '--yes');
  await until('it takes changes itself', async () => (await portal.service()).status === 200, 60000);
  world.server.options.args.push('--standby-changes', 'forward', '--trusted-proxies', '127.0.0.1 ::1');
  await world.server.launch();
  const there = new Client(world.server, 'peru', 'portal', SECRET, { headers: { Host: new URL(origin).host, 'X-Forwarded-Proto': 'https' } });
  const refused = await until('the old primary is fenced', async () => {
    const r = await there.service();
    return r.status === 503 && r;
  });
  assert.equal(refused.json.error, 'temporarily_unavailable');
});
