// Proof of the audit chain from outside: exported lines and public keys are enough, and whoever
// changes, removes, repeats or reorders a line is found (AU-02). The realm's keys for it are no keys
// for tokens.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { run } from './lib/cli.mjs';
import { request } from './lib/http.mjs';
import { BIN } from './lib/server.mjs';
import { World } from './lib/world.mjs';

const VERIFIER = path.join(path.dirname(BIN), 'garita-audit-verify');
let world, portal, folder, key, lines;

const file = (name, content) => {
  const full = path.join(folder, name);
  if (content !== undefined) writeFileSync(full, content);
  return full;
};
const verify = (...args) => run(VERIFIER, args);
const verifyLines = (changed, ...args) => verify('--key', key, ...args, file('changed.jsonl', changed.map((l) => `${l}\n`).join('')));
const exported = async (...more) => (await world.cli.ok('audit', 'export', '--realm', 'peru', ...more)).trim().split('\n');

// a copy of the lines with some of them replaced, from a place on
const spliced = (at, count, ...instead) => [...lines.slice(0, at), ...instead, ...lines.slice(at + count)];

before(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'garita-proof-'));
  world = await World.open();
  portal = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  for (const name of ['ana', 'luis', 'eva']) await world.addUser(name, { email: `${name}@example.pe` });
  for (let i = 0; i < 60; i++) {
    await portal.password(['ana', 'luis', 'eva'][i % 3]);
    if (i % 4 === 0) await portal.password('nobody-of-this-name', 'wrong');
  }
  await world.setUser('ana', { 'attributes.note': 'Ana <b>' });
  await world.cli.ok('audit', 'sign', '--realm', 'peru');
  key = file('key.pem', await world.cli.ok('audit', 'key', '--realm', 'peru', '--format', 'pem'));
  lines = await exported('--sealed');
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

test('AU-02: an export and the public key prove the chain, opened or sealed', async () => {
  assert.ok(lines.length > 40);
  const opened = await exported();
  for (const set of [lines, opened]) {
    const result = await verifyLines(set, '--complete');
    assert.equal(result.status, 0, result.stdout + result.stderr);
    assert.match(result.stdout, new RegExp(`^whole: ${set.length} events, 1 to ${set.length}, of realm [0-9a-f-]{36}; signed up to ${lines.length} at 20`));
    assert.equal(/\d+ events show what was sealed in them, which is not proved/.test(result.stdout), set === opened);
  }
  const jwk = file('key.json', await world.cli.ok('audit', 'key', '--realm', 'peru', '--format', 'jwk'));
  assert.equal((await verify('--key', jwk, file('changed.jsonl'))).status, 0);
  assert.equal((await run(VERIFIER, ['--key', jwk, '-'], { input: lines.join('\n') + '\n' })).status, 0);
});

test('AU-02: what is changed in a line is found, and the first bad event named', async () => {
  const at = lines.findIndex((l) => l.includes('"sealed":{"both"') && !l.includes('signedHead'));
  const event = JSON.parse(lines[at]);
  const changes = {
    id: 'x', streamId: 'user:x', type: 'UserCreated', version: 2, time: '2026-01-01T00:00:00.000Z', tenant: 'chile',
    userId: 'x', sessionId: 'x', clientId: 'x', ip: '10.0.0.1', userAgent: 'x', data: { x: 1 }, metadata: { x: 1 },
    hash: '0'.repeat(64), previousHash: '0'.repeat(64), format: 1, sealed: { both: 'AAAA' }, seq: 1000,
  };
  for (const [name, value] of Object.entries(changes)) {
    const changed = spliced(at, 1, JSON.stringify({ ...event, [name]: value }));
    const result = await verifyLines(changed);
    assert.equal(result.status, 1, `${name}: ${result.stdout}`);
    const seq = name === 'seq' ? 1000 : event.seq;
    assert.match(result.stdout, new RegExp(`^broken at event ${seq}, id ${name === 'id' ? 'x' : event.id}: `), name);
  }
});

test('AU-02: what nothing proves and what is no line makes the whole file prove nothing', async () => {
  const event = JSON.parse(lines[10]);
  const cases = {
    'a member of no meaning': spliced(10, 1, JSON.stringify({ ...event, outcome: 'denied' })),
    'a member twice': spliced(10, 1, lines[10].replace('{', '{"seq":11,')),
    'an empty line': spliced(10, 0, ''),
    'nested too deeply': spliced(10, 1, `{"data":${'['.repeat(60)}${']'.repeat(60)}}`),
    'no UTF-8': spliced(10, 1, lines[10].replace('"tenant":"', '"tenant":"\\udc80')),
    'a number beyond its range': spliced(10, 1, lines[10].replace('"seq":11,', '"seq":9223372036854775808,')),
  };
  for (const [name, changed] of Object.entries(cases)) {
    const result = await verifyLines(changed, '--complete');
    assert.equal(result.status, 1, `${name}: ${result.stdout}${result.stderr}`);
    assert.match(result.stderr, /changed\.jsonl: line 11: /, name);
  }
});

test('AU-02: what is removed, repeated, reordered, inserted is found', async () => {
  const cases = {
    removed: spliced(10, 1),
    'removed with its hash bridged': spliced(10, 1).map((l, i) => (i === 10 ? l.replace(/"previousHash":"[0-9a-f]+"/, `"previousHash":"${JSON.parse(lines[9]).hash}"`) : l)),
    repeated: spliced(10, 0, lines[9]),
    reordered: spliced(10, 2, lines[11], lines[10]),
    inserted: spliced(10, 0, lines[9].replace('"seq":10,', '"seq":11,')),
    'from another chain': spliced(10, 1, (await world.cli.ok('audit', 'export', '--realm', 'master', '--sealed')).split('\n')[10] ?? lines[9]),
    'start cut off': lines.slice(5),
  };
  for (const [name, changed] of Object.entries(cases)) {
    const result = await verifyLines(changed, '--complete');
    assert.equal(result.status, 1, `${name}: ${result.stdout}`);
    assert.match(result.stdout, /^broken at event \d+/, name);
  }
});

test('AU-02: signed heads are checked', async () => {
  const at = lines.findIndex((l) => l.includes('"signedHead"'));
  const event = JSON.parse(lines[at]);
  const changes = { realm: 'x', firstSeq: 2, previousHash: '1'.repeat(64), lastSeq: event.seq - 1, lastHash: '0'.repeat(64), time: '2026-01-01T00:00:00.000Z', kid: 'x', signature: 'A'.repeat(86) };
  for (const [name, value] of Object.entries(changes)) {
    const result = await verifyLines(spliced(at, 1, JSON.stringify({ ...event, signedHead: { ...event.signedHead, [name]: value } })));
    assert.equal(result.status, 1, `${name}: ${result.stdout}`);
  }
  const unsigned = lines.map((l) => JSON.stringify({ ...JSON.parse(l), signedHead: undefined }));
  assert.match((await verifyLines(unsigned.slice(0, 60))).stdout, /^not proved: no signed head/);
  assert.equal((await verifyLines(lines, '--realm', 'another')).status, 1);
  // cut off: the end is no longer signed, which is told
  const cut = lines.slice(0, at + 3);
  const after = cut.length - at - 1;
  assert.match((await verifyLines(cut)).stdout, after > 0 ? new RegExp(`\\b${after} events after the last signed head`) : /whole/);
});

test('AU-02: the key of another realm proves nothing, and neither does no key', async () => {
  await world.addRealm('chile');
  await world.cli.ok('audit', 'sign', '--realm', 'chile');
  const other = file('other.pem', await world.cli.ok('audit', 'key', '--realm', 'chile', '--format', 'pem'));
  const result = await verify('--key', other, file('changed.jsonl', lines.map((l) => `${l}\n`).join('')));
  assert.equal(result.status, 1);
  assert.match(result.stdout, /signed with a key that is not known/);
  assert.equal((await verify(file('changed.jsonl'))).status, 2);
  assert.equal((await verify('--key', file('empty.pem', ''), file('changed.jsonl'))).status, 2);
  assert.equal((await verify('--key', key, path.join(folder, 'missing'))).status, 2);
  assert.equal((await verify('--key', key, file('bad.jsonl', 'not json\n'))).status, 1);
  assert.equal((await verify('--help')).status, 0);
});

test('AU-02: after a rotation both keys verify, and neither signs tokens', async () => {
  const [before] = await world.cli.json('audit', 'key', '--realm', 'peru');
  await world.cli.ok('audit', 'rotate-key', '--realm', 'peru');
  await portal.password('ana');
  await world.cli.ok('audit', 'sign', '--realm', 'peru');
  const keys = await world.cli.json('audit', 'key', '--realm', 'peru');
  assert.deepEqual(keys.map((k) => k.status), ['signs', 'verifies']);
  assert.equal(keys[1].kid, before.kid);
  key = file('keys.pem', await world.cli.ok('audit', 'key', '--realm', 'peru', '--format', 'pem'));
  const result = await verifyLines(await exported('--sealed'), '--complete');
  assert.equal(result.status, 0, result.stdout);
  const { keys: published } = (await request(`${world.server.realm('peru')}/protocol/openid-connect/certs`)).json;
  for (const { kid } of keys) assert.ok(!published.some((k) => k.kid === kid));
  await world.cli.ok('keys', 'rotate', '--realm', 'peru', '--alg', 'EdDSA');
  const listed = await world.cli.json('keys', 'list', '--realm', 'peru');
  for (const { kid } of keys) assert.ok(!listed.some((k) => k.kid === kid));
  const [verdict] = await world.cli.json('audit', 'verify', '--realm', 'peru');
  assert.equal(verdict.whole, true);
});

test('AU-02: heads are signed at the stop and on schedule', async () => {
  const [verdict] = await world.cli.json('audit', 'verify', '--realm', 'peru');
  assert.ok(verdict.signedSeq < verdict.headSeq);
  await world.server.restart();
  const [later] = await world.cli.json('audit', 'verify', '--realm', 'peru');
  assert.equal(later.signedSeq, later.headSeq);
  world.server.options.args = ['--audit-sign-interval', '1', '--sweep-interval', '5'];
  await world.server.restart();
  await portal.password('ana');
  const end = Date.now() + 60000;
  let now;
  do {
    await new Promise((resolve) => setTimeout(resolve, 500));
    [now] = await world.cli.json('audit', 'verify', '--realm', 'peru');
  } while (now.signedSeq < now.headSeq && Date.now() < end);
  assert.equal(now.signedSeq, now.headSeq);
});
