// What tests of storage share: a realm's file, every path of a realm with the form of its refusal.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { request } from './http.mjs';
import { Browser, pkce } from './oidc.mjs';
import { tempFolder } from './server.mjs';

const databases = (server) => readdirSync(path.join(server.data, 'realms')).filter((name) => name.endsWith('.db'));

// Makes a realm and says which file is its.
export async function addRealmFile(world, name) {
  const before = databases(world.server);
  await world.addRealm(name);
  const [file] = databases(world.server).filter((f) => !before.includes(f));
  return path.join(world.server.data, 'realms', file);
}

// A realm in use: a person, a client, tokens, a browser that is logged in.
export async function inhabit(world, realm) {
  await world.addUser('ana', {}, { realm });
  const client = await world.addClient('portal', { realm, serviceAccount: true, values: { directAccessGrantsEnabled: true } });
  const { tokens, browser } = await client.login('ana');
  const fresh = new Browser(world.server, realm);
  const page = await fresh.authorize({ client_id: 'portal' });
  const { verifier, challenge } = pkce();
  const code = await browser.code({ client_id: 'portal', code_challenge: challenge, code_challenge_method: 'S256' });
  return { realm, client, tokens, browser, fresh, page, code, verifier };
}

const oauth = (reply) => assert.match(reply.json?.error ?? '', /^(temporarily_unavailable|server_error)$/);
const page = (reply) => {
  assert.match(reply.headers['content-type'], /^text\/html/);
  assert.ok(!/kc-form-login/.test(reply.text), 'no form that cannot work');
};
// The logout endpoint is for browsers, too: what stops a request before its handler is a page.
const either = (reply) => (/json/.test(reply.headers['content-type']) ? oauth : page)(reply);

// Everything that asks the realm's database: [name, call, form of the refusal].
export function paths({ client, tokens, browser, fresh, page: loginPage, code, verifier }) {
  return [
    ['password grant', () => client.password('ana'), oauth],
    ['client credentials', () => client.service(), oauth],
    ['code', () => client.redeem(code, { code_verifier: verifier }), oauth],
    ['refresh', () => client.refresh(tokens.refresh_token), oauth],
    ['introspection', () => client.introspect(tokens.access_token), oauth],
    ['userinfo', () => client.userinfo(tokens.access_token), oauth],
    ['login form', () => fresh.logIn(loginPage, 'ana'), page],
    ['silent login', () => browser.authorize({ client_id: 'portal' }), page],
    ['revocation', () => client.revoke(tokens.refresh_token), oauth],
    ['logout of the back channel', () => client.post('/logout', { refresh_token: tokens.refresh_token }), either],
  ];
}

// Each of them is refused as a passing fault of ours, in its protocol's form, and gives nothing away.
export async function allRefused(inhabited) {
  for (const [name, call, form] of paths(inhabited)) {
    const reply = await call();
    assert.equal(reply.status, 503, `${name}: ${reply.status} ${reply.location ?? reply.text.slice(0, 300)}`);
    assert.ok(reply.headers['retry-after'], `${name}: Retry-After`);
    assert.ok(!/access_token|"active"|\.db|sqlite|realms\/[0-9a-f-]{36}/i.test(reply.text), `${name}: ${reply.text}`);
    form(reply);
  }
}

export async function allWell({ client }) {
  const reply = await client.password('ana');
  assert.equal(reply.status, 200, reply.text);
  assert.equal((await client.introspect(reply.json.access_token)).json.active, true);
  assert.equal((await client.refresh(reply.json.refresh_token)).status, 200);
}

export const health = async (server, which = '') => request(`${server.management}/health${which}`);
export const metrics = async (server) => (await request(`${server.management}/metrics`)).text;
export const checkOf = (reply, name) => reply.json.checks.find((check) => check.name === name);

export function mounted(size) {
  const folder = tempFolder('mount');
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', folder]);
  return folder;
}

export const isRoot = process.getuid() === 0;
export const canMount = isRoot && (() => {
  try {
    execFileSync('umount', [mounted('1m')]);
    return true;
  } catch {
    return false;
  }
})();

export const bytesOf = (file) => statSync(file).size;
