// Starts the real binary with a fresh data folder and free ports, and ends it with the checks that
// every test wants: exit status 0 and no word from a sanitizer.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cli } from './cli.mjs';
import { request } from './http.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../../..');
export const BIN = process.env.GARITA_BIN ?? path.join(root, 'build/debug-asan/garita');
export const RELEASE_BIN = process.env.GARITA_RELEASE_BIN ?? path.join(root, 'build/garita');

const sanitizers = {
  ASAN_OPTIONS: 'detect_leaks=1:exitcode=99:allocator_may_return_null=1',
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
};
const environment = Object.fromEntries(Object.entries(process.env).filter(([k]) => !/^(GARITA_|KC_|KEYCLOAK_)/.test(k)));
export const childEnvironment = (extra = {}) => ({ ...environment, ...sanitizers, ...extra });

const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

// GARITA_FLOW_LOGS names a folder in which what servers said stays after the run, by test and data folder.
export function keepLog(data, chunk) {
  const folder = process.env.GARITA_FLOW_LOGS;
  if (folder) appendFileSync(path.join(folder, `${path.basename(process.argv[1])}.${path.basename(path.dirname(data))}.log`), chunk);
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const tempFolder = (name = 'data') => mkdtempSync(path.join(os.tmpdir(), `garita-${name}-`));

// Every plain file in a folder and below.
export function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(full);
    return entry.isFile() ? [full] : [];
  });
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export async function until(what, check, timeout = 30000, pause = 50) {
  const end = Date.now() + timeout;
  for (;;) {
    let why = '';
    const result = await check().catch((err) => { why = ` (${err.message})`; });
    if (result) return result;
    if (Date.now() > end) throw new Error(`not within ${timeout} ms: ${what}${why}`);
    await sleep(pause);
  }
}

export class Server {
  // options: tls, args, env, data, bin, basePath, wait, ports, rates (true: with the limits of a new folder)
  static async start(options = {}) {
    const server = new Server(options);
    server.ownsData = options.data === undefined;
    server.data = options.data ?? path.join(tempFolder(), 'garita');
    server.ports = options.ports ?? { web: await freePort(), management: await freePort(), redirect: await freePort() };
    server.cli = new Cli(server.data, server.bin);
    await server.launch();
    return server;
  }

  constructor(options) {
    this.options = options;
    this.bin = options.bin ?? BIN;
    this.tls = options.tls ?? false;
    this.basePath = options.basePath ?? '';
    this.log = '';
  }

  get origin() { return `${this.tls ? 'https' : 'http'}://localhost:${this.ports.web}`; }
  get management() { return `http://127.0.0.1:${this.ports.management}`; }
  realm(name) { return `${this.origin}${this.basePath}/realms/${name}`; }

  get arguments() {
    const ports = ['--management-port', String(this.ports.management), '--grpc-port', String(this.ports.grpc ?? 0)];
    if (this.tls) ports.push('--https-port', String(this.ports.web), '--http-port', String(this.ports.redirect));
    else ports.push('--dev', '--http-port', String(this.ports.web));
    const base = this.basePath ? ['--base-path', this.basePath] : [];
    // all clients of a test have one address
    const rates = this.options.rates ? [] : ['--rate-login', '0'];
    return ['serve', '--data', this.data, ...ports, ...base, ...rates, ...(this.options.args ?? [])];
  }

  async launch() {
    const command = [...(this.options.wrapper ?? []), this.bin, ...this.arguments];
    this.child = spawn(command[0], command.slice(1), {
      env: childEnvironment(this.options.env), stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(this.child);
    const keep = (chunk) => {
      if (this.log.length < 64e6) this.log += chunk;
      keepLog(this.data, chunk);
    };
    this.child.stdout.on('data', keep);
    this.child.stderr.on('data', keep);
    const { child } = this;
    this.closed = new Promise((resolve) => child.on('close', (code, signal) => {
      children.delete(child);
      resolve({ code, signal });
    }));
    // a test that fails before it stops its server must not keep the run from ending
    for (const handle of [child, child.stdout, child.stderr]) handle.unref();
    if (this.options.wait !== false) await this.ready();
  }

  // {code, signal} of the process, once it is over.
  get ended() {
    for (const handle of [this.child, this.child.stdout, this.child.stderr]) handle.ref();
    return this.closed;
  }

  async ready() {
    let over;
    this.closed.then((end) => { over = end; });
    await until('the server is ready', async () => {
      if (over) return true;
      return (await request(`${this.management}/health/ready`, { agent: false })).status === 200;
    }, 60000, 10);
    if (over) throw new Error(`garita ended with ${JSON.stringify(over)}:\n${this.log.slice(-4000)}`);
  }

  async stop() {
    this.child.kill('SIGTERM');
    const { code, signal } = await this.ended;
    this.checkSanitizers();
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `unclean stop:\n${this.log.slice(-4000)}`);
    this.removeData();
  }

  checkSanitizers() {
    const report = this.log.match(/(ERROR: (Address|Leak|Thread)Sanitizer|runtime error:)[\s\S]{0,3000}/);
    assert.equal(report?.[0], undefined);
  }

  removeData() {
    if (this.ownsData && !this.keepData) rmSync(path.dirname(this.data), { recursive: true, force: true });
  }

  async crash() {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  async restart() {
    this.keepData = true;
    await this.stop();
    this.keepData = false;
    await this.launch();
  }

  // One JSON object a line, as the log promises; lines of other shape are left out.
  get logLines() {
    return this.log.split('\n').filter((l) => l.startsWith('{')).map((l) => JSON.parse(l));
  }
}
