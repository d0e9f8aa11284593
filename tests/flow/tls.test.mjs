// HTTPS as it comes: self-signed at first, reloaded on SIGHUP, plain HTTP only redirects.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { request } from './lib/http.mjs';
import { Browser } from './lib/oidc.mjs';
import { connect, exchange } from './lib/raw.mjs';
import { Server, sleep, tempFolder, until } from './lib/server.mjs';
import { World } from './lib/world.mjs';

let world, server;
before(async () => {
  world = await World.open({ tls: true });
  server = world.server;
  await world.addUser('ana');
});
after(() => world.close());

const hello = (options, target = server) => new Promise((resolve, reject) => {
  const socket = tls.connect({ host: '127.0.0.1', port: Number(new URL(target.origin).port), servername: 'localhost', rejectUnauthorized: false, ...options }, () => {
    const result = { protocol: socket.getProtocol(), cipher: socket.getCipher(), certificate: socket.getPeerCertificate(), key: socket.getEphemeralKeyInfo(), reused: socket.isSessionReused() };
    socket.end();
    resolve(result);
  });
  socket.on('error', reject);
});

test('login over TLS: the issuer is https, cookies are Secure with the __Host- prefix (WE-01)', async () => {
  const portal = await world.addClient('portal');
  const { browser, tokens } = await portal.login('ana');
  assert.ok(server.realm('peru').startsWith('https://'));
  assert.equal((await portal.userinfo(tokens.access_token)).status, 200);
  for (const line of browser.jar.setCookieLines) {
    assert.match(line, /; *secure/i, line);
    if (!/garita_state_/.test(line)) assert.match(line, /httponly/i, line);
    assert.match(line, /samesite=/i, line);
  }
  assert.ok(browser.jar.setCookieLines.some((l) => l.startsWith('__Host-')), 'the session cookie');
  for (const line of browser.jar.setCookieLines.filter((l) => l.startsWith('__Host-'))) assert.match(line, /path=\/(;|$)/i);
});

test('TL-03: plain HTTP redirects to HTTPS and does nothing else', async () => {
  const plain = `http://127.0.0.1:${server.ports.redirect}`;
  const page = await request(`${plain}/realms/peru?x=1`, { headers: { Host: `localhost:${server.ports.redirect}` } });
  assert.ok([301, 307, 308].includes(page.status));
  assert.equal(page.location, `${server.origin}/realms/peru?x=1`);
  const post = await request(`${plain}/realms/peru/protocol/openid-connect/token`, { form: { grant_type: 'password', username: 'ana', password: 'x' } });
  assert.notEqual(post.status, 200);
  assert.ok(!post.text.includes('token'));
  const foreign = await request(`${plain}/x`, { headers: { Host: 'evil.example' } });
  assert.ok(!foreign.location?.includes('evil.example'), 'WE-09: the redirect goes to our own name');
  for (const target of ['//evil.example/x', '/\\evil.example', '/%0d%0aX:%20y', 'http://evil.example/']) {
    const reply = await request(plain, { rawPath: target });
    assert.ok(!reply.location || /^(localhost|127\.0\.0\.1)$/.test(new URL(reply.location).hostname), `${target} -> ${reply.location}`);
    assert.equal(reply.headers.x, undefined);
  }
});

test('TL-03: HSTS on HTTPS, on pages and on JSON', async () => {
  const browser = new Browser(server, 'peru');
  for (const reply of [await browser.get('/realms/peru'), await browser.authorize({ client_id: 'nobody' })]) {
    assert.match(reply.headers['strict-transport-security'] ?? '', /max-age=\d{7,}/);
  }
  const plain = await request(`http://127.0.0.1:${server.ports.redirect}/`);
  assert.equal(plain.headers['strict-transport-security'], undefined, 'RFC 6797 7.2: not over plain HTTP');
});

test('TL-01: TLS 1.2 and 1.3, nothing older', async () => {
  assert.equal((await hello({ minVersion: 'TLSv1.3' })).protocol, 'TLSv1.3');
  assert.equal((await hello({ maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2');
  for (const version of ['TLSv1', 'TLSv1.1']) {
    await assert.rejects(hello({ minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' }));
  }
});

test('TL-01: only AEAD with forward secrecy', async () => {
  const weak = ['AES128-GCM-SHA256', 'AES256-SHA', 'ECDHE-ECDSA-AES128-SHA256', 'ECDHE-RSA-AES256-SHA', 'DHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'NULL-SHA256', 'PSK-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-CCM8'];
  for (const ciphers of weak) await assert.rejects(hello({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }), ciphers);
  const { cipher, key } = await hello({ maxVersion: 'TLSv1.2' });
  assert.match(cipher.name, /^ECDHE-.*(GCM|POLY1305)/);
  assert.equal(key.type, 'ECDH');
});

test('TL-01: no renegotiation by the client', async () => {
  const socket = await new Promise((resolve, reject) => {
    const s = tls.connect({ host: '127.0.0.1', port: server.ports.web, rejectUnauthorized: false, maxVersion: 'TLSv1.2' }, () => resolve(s));
    s.on('error', reject);
  });
  const outcome = await new Promise((resolve) => {
    socket.on('error', () => resolve('refused'));
    socket.on('close', () => resolve('refused'));
    socket.renegotiate({}, (err) => resolve(err ? 'refused' : 'renegotiated'));
    setTimeout(() => resolve('refused'), 3000);
  });
  socket.destroy();
  assert.equal(outcome, 'refused');
});

test('plain HTTP, rubbish and half a handshake on the TLS port do no harm', async () => {
  const asHttp = { origin: server.origin.replace('https', 'http') };
  for (const bytes of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', Buffer.alloc(5000, 0xff), Buffer.from('1603010200010001fc0303', 'hex'), Buffer.from('80', 'hex')]) {
    const socket = await connect(asHttp);
    socket.write(bytes);
    await sleep(50);
    socket.destroy();
  }
  assert.equal((await request(server.realm('peru'))).status, 200);
});

test('a session is resumed', async () => {
  const session = await new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: server.ports.web, servername: 'localhost', rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    socket.on('session', (s) => { socket.end(); resolve(s); });
    socket.on('error', reject);
    setTimeout(() => reject(new Error('no ticket')), 30000);
  });
  assert.equal((await hello({ session, maxVersion: 'TLSv1.2' })).reused, true);
});

test('HTTP/1.1 over TLS: the smuggling rules hold there too (HT-01)', async () => {
  const { statuses } = await exchange(server, 'POST /realms/peru HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
  assert.deepEqual(statuses, [400]);
});

function certificate(folder, name, key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']) {
  const files = { cert: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
  execFileSync('openssl', ['req', '-x509', ...key, '-nodes', '-days', '30', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost',
    '-keyout', files.key, '-out', files.cert], { stdio: 'ignore' });
  return files;
}

test('TL-03: SIGHUP reloads the certificate; a broken one leaves the old in place', async () => {
  const folder = tempFolder('pem');
  const [one, two] = [certificate(folder, 'one'), certificate(folder, 'two', ['-newkey', 'rsa:2048'])];
  const live = { cert: path.join(folder, 'live.pem'), key: path.join(folder, 'live.key') };
  const put = (from) => { copyFileSync(from.cert, live.cert); copyFileSync(from.key, live.key); };
  put(one);
  const own = await Server.start({ tls: true, args: ['--tls-cert-file', live.cert, '--tls-key-file', live.key] });
  const name = async () => (await hello({}, own)).certificate.subject.CN;
  assert.equal(await name(), 'one');
  put(two);
  own.child.kill('SIGHUP');
  await until('it has the new one', async () => (await name()) === 'two');
  copyFileSync(one.cert, live.cert);
  own.child.kill('SIGHUP');
  await until('it was refused', async () => /certificates were not read again/.test(own.log));
  assert.equal(await name(), 'two', 'certificate and key do not fit');
  await own.stop();
});

test('TL-02: --tls13-only takes effect on the wire; HT-07: no HTTP/2 is promised', async () => {
  const own = await Server.start({ tls: true, args: ['--tls13-only'] });
  assert.equal((await hello({}, own)).protocol, 'TLSv1.3');
  await assert.rejects(hello({ maxVersion: 'TLSv1.2' }, own));
  await own.stop();
  const chosen = await new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: server.ports.web, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
      resolve(socket.alpnProtocol);
      socket.end();
    });
    socket.on('error', reject);
  });
  assert.notEqual(chosen, 'h2');
});

test('the self-signed certificate stays the same over a restart', async () => {
  const own = await Server.start({ tls: true });
  const before = (await hello({}, own)).certificate.fingerprint256;
  await own.restart();
  assert.equal((await hello({}, own)).certificate.fingerprint256, before);
  await own.stop();
});
