// Cross-origin answers: only for origins that the client registered (WE-11).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bearer, request } from './lib/http.mjs';
import { World } from './lib/world.mjs';

let world, portal, spa, tokens;
const ORIGIN = 'https://app.example.pe';
before(async () => {
  world = await World.open();
  await world.addUser('ana');
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  spa = await world.addClient('spa', { isPublic: true, values: { directAccessGrantsEnabled: true, webOrigins: [ORIGIN] } });
  await world.addClient('plus', { isPublic: true, redirectUris: ['https://plus.example.pe/cb'], values: { directAccessGrantsEnabled: true, webOrigins: ['+'] } });
  tokens = (await spa.password('ana')).json;
});
after(() => world.close());

const allowed = (reply) => reply.headers['access-control-allow-origin'];

test('WE-11: the token endpoint answers the registered origin of this client', async () => {
  const form = { grant_type: 'password', username: 'ana', password: 'x', client_id: 'spa' };
  const mine = await request(`${spa.endpoint}/token`, { form, headers: { Origin: ORIGIN } });
  assert.equal(allowed(mine), ORIGIN);
  assert.match(mine.headers.vary ?? '', /Origin/i);
  for (const origin of ['https://evil.example', 'null', 'http://app.example.pe', 'https://app.example.pe:444', 'https://app.example.pe.evil.example', 'https://APP.example.pe', '*', 'https://app.example.pe/']) {
    const reply = await request(`${spa.endpoint}/token`, { form, headers: { Origin: origin } });
    assert.equal(allowed(reply), undefined, origin);
  }
  const portals = await request(`${spa.endpoint}/token`, { form: { ...form, client_id: 'portal' }, headers: { Origin: ORIGIN } });
  assert.equal(allowed(portals), undefined, 'the origin of another client');
});

test('WE-11: userinfo answers origins of the client of the token', async () => {
  const url = `${spa.endpoint}/userinfo`;
  const origin = async (token, value) => allowed(await request(url, { headers: { ...bearer(token), Origin: value } }));
  assert.equal(await origin(tokens.access_token, ORIGIN), ORIGIN);
  assert.equal(await origin(tokens.access_token, 'https://evil.example'), undefined);
  const own = (await portal.password('ana')).json;
  assert.equal(await origin(own.access_token, ORIGIN), undefined);
});

test('WE-11: an unverified claim of a token opens nothing', async () => {
  const parts = tokens.access_token.split('.');
  const claims = { ...JSON.parse(Buffer.from(parts[1], 'base64url')), 'allowed-origins': ['https://evil.example'] };
  const forged = `${parts[0]}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${parts[2]}`;
  const reply = await request(`${spa.endpoint}/userinfo`, { headers: { ...bearer(forged), Origin: 'https://evil.example' } });
  assert.equal(reply.status, 401);
  assert.equal(allowed(reply), undefined);
});

test('"+" means the origins of the redirect URIs', async () => {
  const form = { grant_type: 'password', username: 'ana', password: 'x', client_id: 'plus' };
  assert.equal(allowed(await request(`${spa.endpoint}/token`, { form, headers: { Origin: 'https://plus.example.pe' } })), 'https://plus.example.pe');
  assert.equal(allowed(await request(`${spa.endpoint}/token`, { form, headers: { Origin: ORIGIN } })), undefined);
});

test('preflight requests are answered without work', async () => {
  const reply = await request(`${spa.endpoint}/token`, {
    method: 'OPTIONS', headers: { Origin: ORIGIN, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,content-type' },
  });
  assert.ok([200, 204].includes(reply.status));
  assert.match(reply.headers['access-control-allow-methods'] ?? '', /POST/);
});

test('pages with forms have no CORS at all', async () => {
  const reply = await request(`${spa.endpoint}/auth?client_id=spa&response_type=code`, { headers: { Origin: ORIGIN } });
  assert.equal(allowed(reply), undefined);
});
