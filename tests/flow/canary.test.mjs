// Secrets that go through every flow are nowhere afterwards: not in the log, not in the data folder,
// not in the process list (SK-01, SK-02, PW-07).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { request } from './lib/http.mjs';
import { Browser, Client, random } from './lib/oidc.mjs';
import { exchange } from './lib/raw.mjs';
import { filesIn } from './lib/server.mjs';
import { World } from './lib/world.mjs';

let world, server, portal;
const canaries = {};
const PASSWORD_CANARY = `Canary-password-${random()}`;
const SECRET_CANARY = `Canary-secret-${random()}${random()}`;

before(async () => {
  world = await World.open();
  server = world.server;
  portal = await world.addClient('portal', { secret: SECRET_CANARY, serviceAccount: true, values: { directAccessGrantsEnabled: true } });
  await world.addClient('hmac', { secret: SECRET_CANARY, serviceAccount: true, values: { clientAuthenticatorType: 'client-secret-jwt' } });
  await world.addUser('ana', {}, { password: PASSWORD_CANARY });
  Object.assign(canaries, { password: PASSWORD_CANARY, 'client secret': SECRET_CANARY });

  const { tokens, browser, code, verifier } = await portal.login('ana', { password: PASSWORD_CANARY, scope: 'openid offline_access' });
  Object.assign(canaries, { code, verifier, 'access token': tokens.access_token, 'refresh token': tokens.refresh_token, 'ID token': tokens.id_token });
  for (const { name, value } of browser.jar.cookies.values()) canaries[`cookie ${name}`] = value;
  const granted = (await portal.password('ana', PASSWORD_CANARY)).json;
  const next = (await portal.refresh(granted.refresh_token)).json;
  canaries['rotated refresh token'] = next.refresh_token;
  await portal.refresh(granted.refresh_token);
  await portal.userinfo(tokens.access_token);
  await portal.introspect(tokens.access_token);
  await portal.revoke(next.refresh_token);
  const post = new Client(server, 'peru', 'portal', SECRET_CANARY, { auth: 'post' });
  canaries['service token'] = (await post.service()).json.access_token;
  const assertion = await new SignJWT({ iss: 'hmac', sub: 'hmac', aud: server.realm('peru'), jti: random(), exp: Math.floor(Date.now() / 1000) + 60, iat: Math.floor(Date.now() / 1000) })
    .setProtectedHeader({ alg: 'HS256' }).sign(createSecretKey(Buffer.from(SECRET_CANARY)));
  canaries.assertion = assertion;
  await request(`${portal.endpoint}/token`, { form: { grant_type: 'client_credentials', client_assertion: assertion, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' } });
  await browser.get(`${browser.endpoint}/logout?id_token_hint=${tokens.id_token}`);

  // and all that fails
  canaries['wrong password'] = `Canary-wrong-${random()}`;
  canaries['wrong secret'] = `Canary-wrong-${random()}`;
  canaries['wrong token'] = `Canary.wrong.${random()}`;
  await portal.password('ana', canaries['wrong password']);
  const page = new Browser(server, 'peru');
  await page.logIn(await page.authorize({ client_id: 'portal' }), 'ana', canaries['wrong password']);
  await new Client(server, 'peru', 'portal', canaries['wrong secret']).service();
  await new Client(server, 'peru', 'portal', canaries['wrong secret'], { auth: 'post' }).service();
  await portal.refresh(canaries['wrong token']);
  await portal.redeem(canaries['wrong token']);
  await portal.userinfo(canaries['wrong token']);
  await request(`${portal.endpoint}/userinfo?access_token=${canaries['wrong token']}`);
  await request(`${portal.endpoint}/token?client_secret=${canaries['wrong secret']}&password=${canaries['wrong password']}`, { form: { grant_type: 'password' } });
  await exchange(server, `GET /x?password=${canaries['wrong password']} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${canaries['wrong token']}\r\nCookie: a=${canaries['wrong token']}\r\nBad Header\r\n\r\n`);
});
after(() => world.close());

const encodings = (text) => [text, encodeURIComponent(text), Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -2), Buffer.from(text).toString('hex')];

test('SK-02: the log has none of them', async () => {
  assert.ok(server.log.length > 500, 'there is a log');
  for (const [name, value] of Object.entries(canaries)) {
    for (const form of encodings(value)) assert.ok(!server.log.includes(form), `${name} in the log: ${server.log.split('\n').find((l) => l.includes(form))}`);
  }
  for (const part of [canaries['access token'].split('.')[2], canaries['ID token'].split('.')[2]]) assert.ok(!server.log.includes(part));
});

test('SK-02: log lines are JSON with the fields of the specification, control characters escaped', async () => {
  await request(`${server.origin}/realms/peru%1b%5b31mred%0a{"level":"forged"}`, { headers: { 'User-Agent': 'x"quoted" \\ \\u0000' } });
  await exchange(server, 'GET /realms/a\x1b[31m HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \x1b[31m\x7f\r\n\r\n');
  const lines = server.log.split('\n').filter((l) => l.trim() !== '');
  assert.doesNotMatch(server.log.replaceAll('\n', ''), /[\x00-\x08\x0b-\x1f\x7f]/);
  const parsed = lines.filter((l) => l.startsWith('{')).map((l) => JSON.parse(l));
  assert.ok(parsed.length > 10);
  assert.ok(!parsed.some((l) => l.level === 'forged'));
  const wanted = ['timestamp', 'level', 'component', 'user_id', 'tenant_id', 'trace_id', 'message', 'metadata'];
  const seen = new Set(parsed.flatMap((l) => Object.keys(l)));
  for (const field of wanted) assert.ok(seen.has(field), field);
  for (const line of parsed) for (const field of ['timestamp', 'level', 'component', 'message']) assert.ok(field in line, JSON.stringify(line));
});

test('SK-01, PW-07: the data folder has none of them in clear', async () => {
  // secrets of the server stay sealed, tokens and codes are stored as hashes
  const files = filesIn(server.data);
  assert.ok(files.length > 2);
  for (const file of files) {
    const bytes = readFileSync(file);
    for (const [name, value] of Object.entries(canaries)) {
      assert.equal(bytes.includes(value), false, `${name} in ${path.basename(file)}`);
    }
    for (const text of ['BEGIN PRIVATE KEY', 'BEGIN RSA PRIVATE', '"d":"', '"k":"']) {
      if (!/tls|cert|\.pem|\.key/i.test(file)) assert.equal(bytes.includes(text), false, `${text} in ${path.basename(file)}`);
    }
  }
});

test('SK-01: nothing secret in arguments or environment of the process', () => {
  for (const name of ['cmdline', 'environ']) {
    const text = readFileSync(`/proc/${server.child.pid}/${name}`, 'latin1');
    for (const [what, value] of Object.entries(canaries)) assert.ok(!text.includes(value), `${what} in ${name}`);
  }
});

test('metrics have counters, and no names of people or clients (HT-08)', async () => {
  const text = (await request(`${server.management}/metrics`)).text;
  assert.match(text, /^# TYPE \w+ (counter|gauge|histogram)/m);
  for (const word of ['ana', 'portal', ...Object.values(canaries)]) assert.ok(!new RegExp(`\\b${word.replace(/[^\w-]/g, '.')}\\b`).test(text), word);
});
