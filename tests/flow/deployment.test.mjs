// Behind a proxy, below a base path, under a public name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from './lib/http.mjs';
import { Browser, decode } from './lib/oidc.mjs';
import { World } from './lib/world.mjs';

test('base path /auth: every address is below it, and the flow works', async () => {
  const world = await World.open({ basePath: '/auth' });
  const issuer = world.server.realm('peru');
  assert.ok(issuer.endsWith('/auth/realms/peru'));
  const metadata = (await request(`${issuer}/.well-known/openid-configuration`)).json;
  for (const [name, value] of Object.entries(metadata)) {
    if (/_endpoint$|^issuer$|_uri$|_iframe$/.test(name)) assert.ok(value.startsWith(`${world.server.origin}/auth/`), `${name}: ${value}`);
  }
  await world.addUser('ana');
  const portal = await world.addClient('portal');
  const { tokens, browser } = await portal.login('ana');
  assert.equal(decode(tokens.access_token).iss, issuer);
  for (const { path } of browser.jar.cookies.values()) assert.ok(path === '/' || path.startsWith('/auth/'));
  assert.equal((await request(`${world.server.origin}/realms/peru`)).status, 404);
  assert.equal((await request(`${world.server.origin}/authrealms/peru`)).status, 404);
  assert.equal((await request(`${world.server.origin}/auth/auth/realms/peru`)).status, 404);
  await world.close();
});

test('WE-09: with a configured hostname every address has it, whatever Host says', async () => {
  const world = await World.open({ args: ['--hostname', 'https://id.example.pe'] });
  for (const Host of ['localhost', 'evil.example', 'id.example.pe', 'id.example.pe:444']) {
    const reply = await request(`${world.server.realm('peru')}/.well-known/openid-configuration`, { headers: { Host } });
    if (reply.status === 200) {
      assert.equal(reply.json.issuer, 'https://id.example.pe/realms/peru', Host);
      assert.ok(!reply.text.includes('evil.example'));
    } else assert.ok([400, 421].includes(reply.status));
  }
  await world.close();
});

async function seenAddress(world, headers) {
  const browser = new Browser(world.server, 'peru', { headers });
  await browser.obtain({ client_id: 'portal' }, 'ana', 'wrong');
  const [newest] = await world.cli.json('audit', 'list', '--realm', 'peru', '--type', 'UserLoginAttempted');
  return newest.ip;
}

test('WE-10: forwarded headers of an unlisted peer are not believed', async () => {
  const world = await World.open();
  await world.addUser('ana');
  await world.addClient('portal');
  for (const headers of [{ 'X-Forwarded-For': '203.0.113.9' }, { Forwarded: 'for=203.0.113.9' }, { 'X-Real-IP': '203.0.113.9' }]) {
    assert.equal(await seenAddress(world, headers), '127.0.0.1');
  }
  for (const value of ['x'.repeat(5000), ',,,,', '"', '[::1', '1.2.3.4, '.repeat(500), 'for=;;;', '\u0001']) {
    const reply = await request(world.server.realm('peru'), { headers: { 'X-Forwarded-For': value.replace(/[^\x20-\x7e]/g, '?'), Forwarded: value.replace(/[^\x20-\x7e]/g, '?') } });
    assert.ok(reply.status < 500);
  }
  await world.close();
});

test('WE-10: those of a listed proxy are: address and scheme', async () => {
  const world = await World.open({ args: ['--trusted-proxies', '127.0.0.1/32'] });
  await world.addUser('ana');
  await world.addClient('portal');
  assert.equal(await seenAddress(world, { 'X-Forwarded-For': '203.0.113.9' }), '203.0.113.9');
  assert.equal(await seenAddress(world, { 'X-Forwarded-For': '198.51.100.1, 203.0.113.9' }), '203.0.113.9', 'the one that the proxy saw');
  assert.equal(await seenAddress(world, {}), '127.0.0.1');
  await world.close();
});
