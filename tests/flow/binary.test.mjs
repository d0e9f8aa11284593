// The release binary as a file and as a process: one static executable, hardened.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './lib/cli.mjs';
import { request } from './lib/http.mjs';
import { RELEASE_BIN, Server, tempFolder } from './lib/server.mjs';

const readelf = (...options) => execFileSync('readelf', [...options, RELEASE_BIN], { encoding: 'utf8', maxBuffer: 1 << 26 });

test('one static-pie executable below 12 MiB, without symbols', () => {
  const text = readelf('--wide', '--file-header', '--program-headers', '--sections');
  assert.match(text, /Type:\s+DYN \(Position-Independent Executable/);
  assert.doesNotMatch(text, /INTERP/, 'it asks for no loader');
  assert.doesNotMatch(text, /\.symtab|\.debug_info/);
  assert.doesNotMatch(readelf('--dynamic'), /NEEDED/);
  assert.ok(statSync(RELEASE_BIN).size < 12 * 2 ** 20);
});

test('SY-02: full RELRO, no executable stack, no segment to write and run, no text relocations', () => {
  const segments = readelf('--wide', '--program-headers').split('\n');
  assert.ok(segments.some((line) => /GNU_RELRO/.test(line)));
  const flags = (line) => line.trim().split(/\s+/).slice(6, -1).join('');
  assert.ok(segments.some((line) => /GNU_STACK/.test(line) && !flags(line).includes('E')));
  for (const line of segments.filter((l) => /^\s+LOAD/.test(l))) assert.ok(!(flags(line).includes('W') && flags(line).includes('E')), line);
  const dynamic = readelf('--dynamic');
  assert.match(dynamic, /BIND_NOW/);
  assert.doesNotMatch(dynamic, /TEXTREL/);
});

test('SY-02: at work no page can be both written and run', async () => {
  const server = await Server.start({ bin: RELEASE_BIN });
  assert.equal((await request(server.realm('master'))).status, 200);
  const maps = readFileSync(`/proc/${server.child.pid}/maps`, 'utf8').trim().split('\n');
  assert.ok(maps.length > 10);
  assert.deepEqual(maps.filter((line) => /w.*x/.test(line.split(' ')[1])), []);
  await server.stop();
});

test('SK-04: without randomness of the kernel nothing is made', async () => {
  const data = path.join(tempFolder(), 'garita');
  const failed = await run('strace', ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=getrandom,openat',
    '-e', 'inject=getrandom:error=ENOSYS', RELEASE_BIN, 'init', '--data', data]);
  assert.notEqual(failed.status, 0);
  const realms = path.join(data, 'realms');
  assert.deepEqual(existsSync(realms) ? readdirSync(realms).filter((name) => name !== 'master.db' && !name.startsWith('master.db-')) : [], []);
  const again = await run(RELEASE_BIN, ['init', '--data', data]);
  assert.equal(again.status, 0, `with randomness it goes on from there: ${again.stderr}`);
});
