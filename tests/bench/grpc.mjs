// Validations over gRPC, beside the same server answering health checks: what is more is the lookup.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../flow/lib/server.mjs';
import { PASSWORD } from '../flow/lib/oidc.mjs';
import { RELEASE_BIN, report, rssMiB, seconds, SECRET, Server, share, World } from './lib.mjs';

const run = promisify(execFile);
const HEALTH = '/grpc.health.v1.Health/Check';
const SERVICE = '/garita.token.v1.TokenValidation';

const varint = (n) => (n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))]);
const text = (number, value) => Buffer.concat([Buffer.from([number * 8 + 2, ...varint(value.length)]), Buffer.from(value)]);

// CPU seconds that the server has used.
function cpuSeconds(server) {
  const fields = readFileSync(`/proc/${server.child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

// {rate, failed, p50, p99 (milliseconds), cpu (microseconds a call)}
async function load(server, method, message, headers = [], { connections = 4, streams = 32 } = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'garita-h2load-'));
  const [body, log] = ['body', 'log'].map((name) => path.join(folder, name));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  writeFileSync(body, Buffer.concat([prefix, message]));
  const used = cpuSeconds(server);
  const { stdout } = await run('h2load', ['-t1', `-c${connections}`, `-m${streams}`, `-D${seconds}`, `-d${body}`, `--log-file=${log}`,
    '-Hcontent-type: application/grpc', '-Hte: trailers', ...headers.map((h) => `-H${h}`),
    `${server.tls ? 'https' : 'http'}://localhost:${server.ports.grpc}${method}`], { maxBuffer: 1 << 24 });
  const took = readFileSync(log, 'latin1').trim().split('\n').map((line) => Number(line.split('\t')[2])).sort((a, b) => a - b);
  rmSync(folder, { recursive: true });
  const at = (part) => took[Math.floor(took.length * part)] / 1000;
  const found = /(\d+) done, (\d+) succeeded, (\d+) failed/.exec(stdout);
  if (!found || took.length === 0) throw new Error(`h2load said: ${stdout}`);
  const [done, succeeded, failed] = found.slice(1).map(Number);
  return { rate: succeeded / seconds, failed, p50: at(0.5), p99: at(0.99), cpu: ((cpuSeconds(server) - used) / done) * 1e6 };
}

async function measure(tls) {
  const ports = { web: await freePort(), management: await freePort(), redirect: await freePort(), grpc: await freePort() };
  const server = await Server.start({ bin: RELEASE_BIN, tls, ports, args: ['--log-level', 'warn', '--grpc-threads', '1'] });
  const world = new World(server);
  await world.addRealm('bench');
  await world.addUser('ana', { email: 'ana@example.pe' }, { realm: 'bench', password: PASSWORD });
  const client = await world.addClient('bench', { realm: 'bench', secret: SECRET, values: { directAccessGrantsEnabled: true } });
  const token = (await client.password('ana')).json.access_token;
  const headers = [`authorization: Basic ${Buffer.from(`bench:${SECRET}`).toString('base64')}`, 'x-tenant-id: bench'];
  const told = (r) => `p50 ${r.p50.toFixed(2)} ms, p99 ${r.p99.toFixed(2)} ms, ${r.cpu.toFixed(1)} µs CPU a call${r.failed ? `, ${r.failed} failed` : ''}`;
  const over = tls ? 'TLS' : 'h2c';
  for (const [connections, streams] of [[1, 1], [4, 32]]) {
    const empty = await load(server, HEALTH, Buffer.alloc(0), [], { connections, streams });
    report(`health checks, ${over}, ${connections} connections of ${streams}`, empty.rate, 'per s', told(empty));
    const warm = await load(server, `${SERVICE}/Validate`, text(1, token), headers, { connections, streams });
    report(`validations, warm, ${over}, ${connections} connections of ${streams}`, warm.rate, 'per s', `${share(warm.rate, empty.rate, '0.6')}; ${told(warm)}`);
  }
  const batch = Buffer.concat(Array.from({ length: 100 }, () => text(1, text(1, token))));
  const many = await load(server, `${SERVICE}/ValidateBatch`, batch, headers, { connections: 4, streams: 4 });
  report(`validations in batches of 100, warm, ${over}`, many.rate * 100, 'per s', `${(many.cpu / 100).toFixed(1)} µs CPU each`);
  report('resident memory after that', rssMiB(server), 'MiB');
  await server.stop();
}

export async function grpc() {
  for (const tls of [false, true]) await measure(tls);
}
