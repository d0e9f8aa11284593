// What the benchmarks share: a server with seeded realms, wrk, and one table of results.
import { execFile, execFileSync } from 'node:child_process';
import { createWriteStream, readFileSync, rmSync, statSync } from 'node:fs';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, PASSWORD } from '../flow/lib/oidc.mjs';
import { childEnvironment, filesIn, RELEASE_BIN, Server, tempFolder } from '../flow/lib/server.mjs';
import { SECRET, World } from '../flow/lib/world.mjs';

export { Client, PASSWORD, RELEASE_BIN, SECRET, Server, World };
export const here = path.dirname(fileURLToPath(import.meta.url));
export const seconds = Number(process.env.GARITA_BENCH_SECONDS ?? 5);
const run = promisify(execFile);

export const authorization = `Basic ${Buffer.from(`bench:${SECRET}`).toString('base64')}`;
export const wordPassword = 'correct-horse'; // needs no encoding in a form

export function report(what, figure, unit, note = '') {
  const value = typeof figure === 'number' ? (figure >= 100 ? Math.round(figure).toLocaleString('en') : figure.toFixed(2)) : figure;
  console.log(`  ${what.padEnd(66)} ${String(value).padStart(10)} ${unit.padEnd(8)} ${note}`);
}
export const share = (figure, limit, aim) => `${(figure / limit).toFixed(2)} of ${Math.round(limit).toLocaleString('en')}${aim ? `; aim ${aim}` : ''}`;

// wrk(server, script, args) -> {rate, failed, p50, p99} (milliseconds)
export async function wrk(server, script, args, { connections = 16, duration = seconds } = {}) {
  const { stdout } = await run('wrk', ['-t2', `-c${connections}`, `-d${duration}s`, '--latency', '-s', path.join(here, 'wrk', script), server.origin, '--', ...args],
    { cwd: here, maxBuffer: 1 << 24 });
  const found = /RESULT ([\d.]+) (\d+) ([\d.]+) ([\d.]+)/.exec(stdout);
  if (!found) throw new Error(`wrk said: ${stdout}`);
  const [rate, failed, p50, p99] = found.slice(1).map(Number);
  if (failed > rate) console.log(`  (${failed} replies of ${script} were refused)`);
  return { rate, failed, p50, p99 };
}
export const times = (r) => `p50 ${r.p50.toFixed(1)} ms, p99 ${r.p99.toFixed(1)} ms${r.failed ? `, ${r.failed} refused` : ''}`;

// A realm `name` with client "bench" that may do everything.
export async function addBenchRealm(world, name = 'bench') {
  await world.addRealm(name, { bruteForceProtected: false });
  return world.addClient('bench', {
    realm: name, serviceAccount: true, values: { directAccessGrantsEnabled: true },
  });
}
export async function openWorld() {
  const server = await Server.start({ bin: RELEASE_BIN, args: ['--log-level', 'warn'] });
  return new World(server);
}

// Users user<from>..user<from+count-1> with one password, as an import of Keycloak's would bring them.
export async function importUsers(world, realm, count, from = 0) {
  const salt = randomBytes(16);
  const credential = {
    type: 'password',
    secretData: JSON.stringify({ value: pbkdf2Sync(wordPassword, salt, 1000, 32, 'sha256').toString('base64'), salt: salt.toString('base64'), additionalParameters: {} }),
    credentialData: JSON.stringify({ hashIterations: 1000, algorithm: 'pbkdf2-sha256', additionalParameters: {} }),
  };
  const folder = tempFolder('seed');
  const file = path.join(folder, 'users.jsonl');
  const out = createWriteStream(file);
  for (let i = from; i < from + count; i++) {
    const line = JSON.stringify({ username: `user${i}`, email: `user${i}@example.pe`, firstName: 'First', lastName: `Last${i}`, enabled: true,
      attributes: { department: [`d${i % 40}`], tenant_id: [`t${i % 7}`] }, credentials: [credential] });
    if (!out.write(`${line}\n`)) await new Promise((r) => out.once('drain', r));
  }
  await new Promise((r) => out.end(r));
  const start = Date.now();
  await world.cli.ok('user', 'import', '--realm', realm, '--file', file);
  rmSync(folder, { recursive: true });
  return (Date.now() - start) / 1000;
}

// Some users log in once, so that their passwords are hashed anew before the clock runs.
export async function warmUsers(client, first, count) {
  for (let i = 0; i < count; i += 8) {
    const replies = await Promise.all(Array.from({ length: 8 }, (_, j) => client.password(`user${first + i + j}`, wordPassword)));
    const bad = replies.find((r) => r.status !== 200);
    if (bad) throw new Error(`login of a seeded user: ${bad.status} ${bad.text}`);
  }
}

export const rssMiB = (server, field = 'VmRSS') =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]) / 1024;

export const folderBytes = (folder) => filesIn(folder).reduce((sum, file) => sum + statSync(file).size, 0);

// Milliseconds from exec to the first answer, the best and the middle of `rounds`.
export function firstAnswer(server, rounds = 7) {
  const all = [];
  for (let i = 0; i < rounds; i++) {
    const out = execFileSync(path.join(process.env.GARITA_BENCH_TOOLS, 'first_answer'),
      [String(server.ports.web), '/realms/master/protocol/openid-connect/certs', server.bin, ...server.arguments], { env: childEnvironment() });
    all.push(Number(out));
  }
  all.sort((a, b) => a - b);
  return { best: all[0], middle: all[all.length >> 1] };
}

// What one of tests/bench/bench_*.c prints; undefined where they were not built.
export async function program(name, ...args) {
  const folder = process.env.GARITA_BENCH_PROGRAMS;
  return folder && (await run(path.join(folder, name), args, { maxBuffer: 1 << 24 })).stdout;
}

// Operations per second on two threads without a server around them: tests/bench/bench_crypto.c.
// Measured right before the figure that is divided by it, as the machine may have other work.
export async function rawRate(name) {
  const stdout = await program('bench_crypto', '1', name);
  if (!stdout) return undefined;
  const line = stdout.split('\n').map((l) => /^(.*?)\s+(\d+)\s+([\d.]+)$/.exec(l)).find((m) => m?.[1] === name && m[2] === '2');
  return line && Number(line[3]);
}
