// connect-web in Chromium, unchanged, on a page of another origin: the client lists it or the call is
// none (WE-11).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowserWorld } from './lib/browser_world.mjs';
import { basic } from './lib/http.mjs';
import { decode } from './lib/oidc.mjs';
import { SERVICE, SET } from './lib/rpc.mjs';

let w, portal, listed, unlisted;
before(async () => {
  w = await openBrowserWorld();
  portal = await w.world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  listed = await w.world.addClient('listed', { serviceAccount: true, values: { webOrigins: [w.apps.origin] } });
  unlisted = await w.world.addClient('unlisted', { serviceAccount: true, values: { webOrigins: ['https://other.example.pe'] } });
  for (const name of ['listed', 'unlisted'])
    await w.world.cli.ok('role', 'assign', '--realm', 'peru', '--role', 'token-validator', '--username', `service-account-${name}`);
});
after(() => w.close());

const kinds = [['createConnectTransport', true], ['createConnectTransport', false], ['createGrpcWebTransport', true], ['createGrpcWebTransport', false]];

// A call by the page: what the client is told.
const call = (tab, [make, useBinaryFormat], client, question) =>
  tab.evaluate(async (c) => {
    const { rpc } = window;
    const registry = rpc.createFileRegistry(rpc.fromBinary(rpc.FileDescriptorSetSchema, Uint8Array.from(c.set)));
    const transport = rpc[c.make]({ baseUrl: c.url, useBinaryFormat: c.useBinaryFormat });
    const stub = rpc.createClient(registry.getService(c.name), transport);
    try {
      const answer = await stub.validate(c.question, { headers: c.headers });
      return { active: answer.active, subject: answer.subject, reason: answer.reasonText };
    } catch (error) {
      return { code: rpc.Code[error.code] ?? String(error) };
    }
  }, { make, useBinaryFormat, question, set: [...SET], name: SERVICE, url: w.world.server.origin,
    headers: { ...basic(client.clientId, client.secret), 'X-Tenant-ID': 'peru' } });

async function page(origin = w.apps.origin) {
  const tab = await w.tab();
  await tab.goto(`${origin}/rpc`);
  await tab.waitForFunction(() => window.rpc);
  return tab;
}

test('connect-web: a page of an origin that the client lists asks about a token', async () => {
  const token = (await portal.password('ana')).json.access_token;
  const tab = await page();
  for (const kind of kinds)
    assert.deepEqual(await call(tab, kind, listed, { token }), { active: true, subject: decode(token).sub, reason: '' }, kind.join(' '));
  assert.deepEqual(tab.problems, []);
  await tab.context().close();
});

test('connect-web: the script learns which error it is', async () => {
  const tab = await page();
  const question = { token: 'x', scopes: Array.from({ length: 65 }, (_, i) => `s${i}`) };
  for (const kind of kinds) assert.deepEqual(await call(tab, kind, listed, question), { code: 'InvalidArgument' }, kind.join(' '));
  await tab.context().close();
});

test('WE-11 connect-web: an origin that the client does not list learns nothing', async () => {
  const token = (await portal.password('ana')).json.access_token;
  const tab = await page();
  const elsewhere = await page(w.apps.origin.replace('localhost', '127.0.0.1'));
  for (const [where, client] of [[tab, unlisted], [elsewhere, listed]])
    for (const kind of kinds) {
      const { code, active } = await call(where, kind, client, { token });
      assert.equal(active, undefined);
      assert.equal(code, 'Unknown', 'the browser keeps the answer from the script');
    }
  assert.ok(tab.problems.some((text) => /CORS|Access-Control-Allow-Origin/.test(text)));
  await Promise.all([tab.context().close(), elsewhere.context().close()]);
});

// A watch by the page: what it hears gathers there.
const startWatch = (tab, [make, useBinaryFormat], client) =>
  tab.evaluate((c) => {
    const { rpc } = window;
    const registry = rpc.createFileRegistry(rpc.fromBinary(rpc.FileDescriptorSetSchema, Uint8Array.from(c.set)));
    const transport = rpc[c.make]({ baseUrl: c.url, useBinaryFormat: c.useBinaryFormat });
    const stub = rpc.createClient(registry.getService(c.name), transport);
    const watch = { heard: [], code: null };
    window.watch = watch;
    (async () => {
      try {
        for await (const { jti, reset } of stub.watchRevocations({}, { headers: c.headers })) watch.heard.push(reset ? 'reset' : jti);
        watch.code = 'Ok';
      } catch (error) {
        watch.code = rpc.Code[error.code] ?? String(error);
      }
    })();
  }, { make, useBinaryFormat, set: [...SET], name: SERVICE, url: w.world.server.origin, headers: { ...basic(client.clientId, client.secret), 'X-Tenant-ID': 'peru' } });

test('connect-web: a page hears what ends while it ends, until it may not hear it any more', async () => {
  for (const [i, kind] of kinds.entries()) {
    const watcher = await w.world.addClient(`page-${i}`, { serviceAccount: true, values: { webOrigins: [w.apps.origin] } });
    const role = (verb) => w.world.cli.ok('role', verb, '--realm', 'peru', '--role', 'token-validator', '--username', `service-account-page-${i}`);
    await role('assign');
    const tab = await page();
    await startWatch(tab, kind, watcher);
    await tab.waitForFunction(() => window.watch.heard.length > 0);
    const token = (await portal.password('ana')).json.access_token;
    await portal.revoke(token);
    await tab.waitForFunction((jti) => window.watch.heard.includes(jti), decode(token).jti);
    await role('revoke');
    await tab.waitForFunction(() => window.watch.code);
    assert.deepEqual(await tab.evaluate(() => [window.watch.heard[0], window.watch.code]), ['reset', 'PermissionDenied'], kind.join(' '));
    await tab.context().close();
  }
});

test('WE-11 connect-web: a page of an origin that the client does not list hears nothing', async () => {
  const tab = await page();
  for (const kind of kinds) {
    await startWatch(tab, kind, unlisted);
    await tab.waitForFunction(() => window.watch.code);
    assert.deepEqual(await tab.evaluate(() => window.watch), { heard: [], code: 'Unknown' });
  }
  await tab.context().close();
});
