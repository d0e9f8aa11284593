// What the benchmarks share: a server with seeded realms, wrk, and one table of results.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from '../flow/lib/oidc.mjs';
import { childEnvironment, filesIn, RELEASE_BIN, Server } from '../flow/lib/server.mjs';
import { World } from '../flow/lib/world.mjs';

export { Client, RELEASE_BIN, Server, World };
// Of every realm of bench-data; its password needs no encoding in a form.
export const SECRET = 'known-to-everyone-as-it-is-for-benchmarks-only';
export const wordPassword = 'correct-horse';
export const here = path.dirname(fileURLToPath(import.meta.url));
export const seconds = Number(process.env.GARITA_BENCH_SECONDS ?? 5);
const run = promisify(execFile);

export const authorization = `Basic ${Buffer.from(`bench:${SECRET}`).toString('base64')}`;

export function report(what, figure, unit, note = '') {
  const value = typeof figure === 'number' ? (figure >= 100 ? Math.round(figure).toLocaleString('en') : figure.toFixed(2)) : figure;
  console.log(`  ${what.padEnd(66)} ${String(value).padStart(10)} ${unit.padEnd(8)} ${note}`);
}
export const share = (figure, limit, aim) => `${(figure / limit).toFixed(2)} of ${Math.round(limit).toLocaleString('en')}${aim ? `; aim ${aim}` : ''}`;

// wrk(server, script, args) -> {rate, failed, p50, p99} (milliseconds)
export async function wrk(server, script, args, { connections = 16, duration = seconds, headers = [] } = {}) {
  const { stdout } = await run('wrk', [`-t${Math.min(2, connections)}`, `-c${connections}`, `-d${duration}s`, '--latency', ...headers.flatMap((h) => ['-H', h]), '-s', path.join(here, 'wrk', script), server.origin, '--', ...args],
    { cwd: here, maxBuffer: 1 << 24 });
  const found = /RESULT ([\d.]+) (\d+) ([\d.]+) ([\d.]+)/.exec(stdout);
  if (!found) throw new Error(`wrk said: ${stdout}`);
  const [rate, failed, p50, p99] = found.slice(1).map(Number);
  if (failed > rate) console.log(`  (${failed} replies of ${script} were refused)`);
  return { rate, failed, p50, p99 };
}
export const times = (r) => `p50 ${r.p50.toFixed(1)} ms, p99 ${r.p99.toFixed(1)} ms${r.failed ? `, ${r.failed} refused` : ''}`;

// A data set of `garita bench-data`, made when it is missing and kept for the next run. What is
// measured is a copy that goes away, so that every run begins with the same bytes.
const copies = [];
process.on('exit', () => copies.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
const sets = process.env.GARITA_BENCH_DATA ?? path.join(here, '../../build/bench-data');
// divide: so many times fewer people in each realm.
export async function openSet(name, args = [], { divide = 1, ...options } = {}) {
  const made = path.join(sets, divide === 1 ? name : `${name}-${divide}`);
  mkdirSync(sets, { recursive: true });
  await runToEnd(RELEASE_BIN, ['bench-data', name, '--data', made, '--divide', String(divide)]);
  const folder = mkdtempSync(path.join(sets, `work-${name}-`));
  copies.push(folder);
  const data = path.join(folder, 'garita');
  cpSync(made, data, { recursive: true });
  const server = await Server.start({ bin: RELEASE_BIN, data, args: ['--log-level', 'warn', ...args], ...options });
  server.ownsData = true; // the copy
  return new World(server);
}

// With what it says on the way, as making a large set takes minutes.
const runToEnd = (bin, args) => new Promise((resolve, reject) => {
  const child = spawn(bin, args, { env: childEnvironment(), stdio: ['ignore', 'ignore', 'inherit'] });
  child.on('error', reject);
  child.on('close', (status) => (status === 0 ? resolve() : reject(new Error(`${args.join(' ')}: status ${status}`))));
});

// What a password costs by default hides what a database costs: cheap ones do not.
export const CHEAP = { passwordPolicy: 'hashAlgorithm(pbkdf2-sha256) and hashIterations(1000)' };

// The searches of tests/bench/bench_search.c in a folder that nobody serves: [{name, p50, p99, rows}]
export async function searches(data, realm, people) {
  const stdout = await program('bench_search', data, realm, String(people));
  return (stdout ?? '').split('\n').filter(Boolean).map((line) => {
    const [name, p50, p99, rows] = line.split('\t');
    return { name, p50: Number(p50), p99: Number(p99), rows: Number(rows) };
  });
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
export async function rawRate(name, threads = 2) {
  const stdout = await program('bench_crypto', '1', name);
  if (!stdout) return undefined;
  const line = stdout.split('\n').map((l) => /^(.*?)\s+(\d+)\s+([\d.]+)$/.exec(l)).find((m) => m?.[1] === name && m[2] === String(threads));
  return line && Number(line[3]);
}

const peakOf = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

// {seconds, peak}: peak in MiB of the program that ran, looked at again and again.
export function measured(args) {
  return new Promise((resolve, reject) => {
    const begun = Date.now();
    const child = spawn(RELEASE_BIN, args, { env: childEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    let peak = 0;
    const look = setInterval(() => { if (child.exitCode === null) peak = Math.max(peak, peakOf(child.pid)); }, 20);
    child.stderr.on('data', (chunk) => { text += chunk; });
    child.on('error', reject);
    child.on('close', (status) => {
      clearInterval(look);
      if (status === 0) resolve({ seconds: (Date.now() - begun) / 1000, peak });
      else reject(new Error(`${args.join(' ')}: ${text}`));
    });
  });
}
