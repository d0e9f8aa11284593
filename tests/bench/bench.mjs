// The benchmarks by name. Each prints figures, and ratios to a limit measured in the same run. What
// they mean stands in docs/benchmarks.md.
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { admin, adminMillion, adminRealms, compareAsked, exportMillion, exportRealms } from './admin.mjs';
import { consoleMillion, consoleRealms, consoleSmall } from './console.mjs';
import { grpc, grpcCold, grpcMillion, grpcStorm, grpcTrusted } from './grpc.mjs';
import { importRealm } from './import.mjs';
import { archive, archiveMillion, replication } from './replication.mjs';
import { Browser, pkce, REDIRECT } from '../flow/lib/oidc.mjs';
import { tempFolder } from '../flow/lib/server.mjs';
import {
  authorization, CHEAP, Client, firstAnswer, folderBytes, openSet, program, rawRate, RELEASE_BIN, report, rssMiB, searches, seconds, SECRET,
  share, times, warmUsers, wordPassword, wrk,
} from './lib.mjs';

const tokenPath = (realm = 'bench') => `/realms/${realm}/protocol/openid-connect/token`;
const FOUR = { four1: 15000, four2: 8000, four3: 12000, four4: 20000 };
const MILLION = 1000000;

async function withSet(name, use, args) {
  const world = await openSet(name, args);
  try {
    return await use(world);
  } finally {
    await world.close();
  }
}

// Old events stay where they are: moving ten months of a million people takes hours, and is a measure of its own.
const UNMOVED = ['--audit-archive-days', '0'];

// A measure with the raw rate around it: the mean of just before and just after.
async function beside(name, measure) {
  const before = await rawRate(name);
  const r = await measure();
  const after = await rawRate(name);
  return { r, raw: before && (before + after) / 2 };
}

// A token a line.
async function tokenFile(count, one) {
  const tokens = [];
  for (let i = 0; i < count; i += 8) tokens.push(...await Promise.all(Array.from({ length: 8 }, one)));
  const file = path.join(tempFolder('tokens'), 'tokens');
  writeFileSync(file, tokens.join('\n'));
  return file;
}

async function passwordLogins(world, realm, first = 0, count = 64) {
  await warmUsers(new Client(world.server, realm, 'bench', SECRET), first, count);
  return wrk(world.server, 'logins.lua', [tokenPath(realm), authorization, wordPassword, String(first), String(count)]);
}

// The code flow on one standing session of user<first>.
async function codeFlows(world, realm, first = 0) {
  const browser = new Browser(world.server, realm);
  const { verifier, challenge } = pkce();
  const parameters = { client_id: 'bench', redirect_uri: REDIRECT, code_challenge: challenge, code_challenge_method: 'S256', state: 'x' };
  await browser.code(parameters, `user${first}`, wordPassword);
  const url = new URL(browser.authUrl(parameters));
  const body = `grant_type=authorization_code&client_id=bench&client_secret=${SECRET}&code_verifier=${verifier}&redirect_uri=${encodeURIComponent(REDIRECT)}`;
  return wrk(world.server, 'code_flow.lua', [url.pathname + url.search, tokenPath(realm), browser.jar.header(url.pathname), body]);
}

async function refreshes(world, realm, first = 0, count = 64) {
  const client = new Client(world.server, realm, 'bench', SECRET);
  const folder = tempFolder('tokens');
  const file = path.join(folder, 'tokens');
  const tokens = [];
  for (let i = 0; i < count; i += 8) {
    const replies = await Promise.all(Array.from({ length: 8 }, (_, j) => client.password(`user${first + i + j}`, wordPassword)));
    tokens.push(...replies.map((r) => r.json.refresh_token));
  }
  writeFileSync(file, tokens.join('\n'));
  const result = await wrk(world.server, 'refresh.lua', [tokenPath(realm), authorization, file]);
  rmSync(folder, { recursive: true });
  return result;
}

// Figures of a realm beside those of one with 1,000 people, in the same minutes and in turns, as the
// machine may have other work. The ratio is that of costs: above 1 the large realm is slower.
const ROUNDS = 3;
async function compare(what, reference, subject, count = 40, turns = ROUNDS) {
  const measures = {
    'password logins (cheap hash)': ([world, realm, first]) => passwordLogins(world, realm, first, count),
    'code + PKCE flows': ([world, realm, first]) => codeFlows(world, realm, first),
    refreshes: ([world, realm, first]) => refreshes(world, realm, first, count),
  };
  for (const [world, realm] of [reference, subject]) await world.setRealm(CHEAP, realm);
  for (const [name, measure] of Object.entries(measures)) {
    const sums = [0, 0];
    const ratios = [];
    let last;
    for (let round = 0; round < turns; round++) {
      const rates = [];
      for (const side of [reference, subject]) rates.push((last = await measure(side)).rate);
      rates.forEach((rate, i) => { sums[i] += rate / turns; });
      ratios.push(rates[0] / rates[1]);
    }
    report(`${name} ${what}`, sums[1], 'per s', `${times(last)}; cost ${(sums[0] / sums[1]).toFixed(2)} of that with 1,000 people `
      + `(rounds ${ratios.map((r) => r.toFixed(2)).join(', ')}); aim 1.5`);
  }
}

// Of stopped copies, in turns; the ratio is that of the medians.
async function compareSearches(what, reference, subject) {
  for (const { world } of [reference, subject]) await world.server.crash();
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push([await searches(reference.world.server.data, 'bench', 1000), await searches(subject.world.server.data, subject.realm, subject.people)]);
  const middle = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
  for (let i = 0; i < rounds[0][1].length; i++) {
    const of = (side, field) => middle(rounds.map((r) => r[side][i][field]));
    const { name, rows } = rounds[0][1][i];
    report(`${name} ${what}`, of(1, 'p50'), 'µs', `p99 ${of(1, 'p99').toFixed(0)} µs, ${rows} rows; ${(of(1, 'p50') / of(0, 'p50')).toFixed(2)} of that with 1,000 people (${of(0, 'p50').toFixed(0)} µs)`);
  }
  for (const { world } of [reference, subject]) await world.server.launch();
}

async function sizes(what, world, people) {
  await world.server.crash();
  const start = firstAnswer(world.server);
  report(`start to first answer, ${what}`, start.middle, 'ms', `aim 20; best ${start.best.toFixed(1)}`);
  const bytes = folderBytes(world.server.data);
  const copy = Number(await program('bench_search', '--copy', world.server.data));
  report(`data folder, ${what}`, bytes / 2 ** 20, 'MiB', `${Math.round(bytes / people)} bytes a person with ten events`);
  report(`consistent copy of it, ${what}`, copy / 2 ** 20, 'MiB', 'each database by VACUUM INTO: what a backup takes');
  await world.server.launch();
  report(`resident memory idle, ${what}`, rssMiB(world.server), 'MiB', 'aim below 20');
}

const benchmarks = {
  grpc,
  'grpc-cold': grpcCold,
  'grpc-storm': grpcStorm,
  'grpc-trusted': grpcTrusted,
  'grpc-million': grpcMillion,
  admin,
  'admin-million': adminMillion,
  'admin-realms': adminRealms,
  console: consoleSmall,
  'console-million': consoleMillion,
  'console-realms': consoleRealms,
  export: exportRealms,
  import: importRealm,
  'export-million': exportMillion,
  replication,
  archive,
  'archive-million': archiveMillion,

  async tokens() {
    await withSet('small', async (world) => {
      for (const alg of ['RS256', 'ES256', 'EdDSA', 'PS256']) {
        await world.setClient('bench', { 'attributes.access.token.signed.response.alg': alg }, 'bench');
        const { r, raw } = await beside(`sign ${alg}`, () => wrk(world.server, 'post.lua', [tokenPath(), 'grant_type=client_credentials', authorization]));
        report(`service tokens, ${alg}`, r.rate, 'per s', `${raw ? `${share(r.rate, raw, '0.8')} raw signatures; ` : ''}${times(r)}`);
      }
    });
  },

  async logins() {
    await withSet('small', async (world) => {
      await warmUsers(new Client(world.server, 'bench', 'bench', SECRET), 0, 64);
      const { r, raw } = await beside('hash argon2id-7168-5', () => passwordLogins(world, 'bench'));
      report('password logins, Argon2id', r.rate, 'per s', `${raw ? `${share(r.rate, raw, '0.9')} raw hashes; ` : ''}${times(r)}`);
    });
  },

  async flows() {
    await withSet('small', async (world) => {
      const flow = await codeFlows(world, 'bench');
      report('code + PKCE flows on an SSO session', flow.rate, 'per s', times(flow));
      const refresh = await refreshes(world, 'bench');
      report('refreshes with rotation', refresh.rate, 'per s', times(refresh));
      const client = new Client(world.server, 'bench', 'bench', SECRET);
      for (const [what, token] of [['of a service', (await client.service()).json.access_token], ['of a person', (await client.password('user0', wordPassword)).json.access_token]]) {
        const r = await wrk(world.server, 'post.lua', [`${tokenPath()}/introspect`, `token=${token}`, authorization]);
        report(`introspections of a token ${what}`, r.rate, 'per s', times(r));
      }
      const token = (await client.password('user0', wordPassword)).json.access_token;
      const info = await wrk(world.server, 'post.lua', [`/realms/bench/protocol/openid-connect/userinfo`, `access_token=${token}`]);
      report('userinfo', info.rate, 'per s', times(info));
    });
  },

  // Token validation as JSON: each token once, then the same ones again and again, beside the raw rate
  // of verifying signatures; and the same without the cache.
  async validation() {
    for (const [what, args] of [['with the cache', []], ['without the cache', ['--cache-memory', '0']]]) {
      await withSet('small', async (world) => {
        const client = new Client(world.server, 'bench', 'bench', SECRET);
        const one = async () => (await client.service()).json.access_token;
        const ask = (file, how) => wrk(world.server, 'validate.lua', ['/grpc/token/validate', file, authorization, 'bench', how]);
        const many = await tokenFile(4000, one);
        const few = await tokenFile(64, one);
        const { r, raw } = await beside('verify RS256', () => ask(many, 'once'));
        report(`validations, each token once, ${what}`, r.rate, 'per s', `${raw ? `${share(r.rate, raw)} raw verifications; ` : ''}${times(r)}`);
        const warm = await ask(few, 'again');
        report(`validations of 64 tokens, ${what}`, warm.rate, 'per s', times(warm));
        for (const file of [few, many]) rmSync(path.dirname(file), { recursive: true });
      }, args);
    }
  },

  async reads() {
    await withSet('small', async (world) => {
      for (const [what, url] of [['discovery', '/realms/master/.well-known/openid-configuration'], ['JWKS', '/realms/master/protocol/openid-connect/certs']]) {
        for (const connections of [16, 256]) {
          const r = await wrk(world.server, 'get.lua', [url], { connections });
          report(`${what}, ${connections} connections`, r.rate, 'per s', `aim 25,000; ${times(r)}`);
        }
      }
    });
  },

  // How many acknowledged changes share a flush: in the store alone, and behind the server.
  async commits() {
    const folder = tempFolder('commits');
    console.log(await program('bench_store', folder, '20000', 'commits') ?? '  bench_store was not built');
    rmSync(folder, { recursive: true });
    await withSet('small', async (world) => {
      const flushed = async () => Number(/^garita_store_flushes_total (\d+)/m.exec(await (await fetch(`${world.server.management}/metrics`)).text())[1]);
      for (const connections of [2, 16, 64]) {
        const before = await flushed();
        const r = await wrk(world.server, 'post.lua', [tokenPath(), 'grant_type=client_credentials', authorization], { connections });
        const flushes = (await flushed()) - before;
        report(`service tokens, each with a durable event, ${connections} connections`, r.rate, 'per s', `${((r.rate * seconds) / flushes).toFixed(2)} answers to a flush; ${times(r)}`);
      }
    });
  },

  async start() {
    await withSet('small', (world) => sizes('1,000 people', world, 1000));
    await withSet('four', async (world) => {
      await sizes('55,000 people in 4 realms', world, 55000);
      await loaded(world.server);
    });
  },

  async disk() {
    await withSet('small', async (world) => {
      const { server } = world;
      const client = new Client(server, 'bench', 'bench', SECRET);
      const size = async () => {
        await server.restart();
        return folderBytes(server.data);
      };
      const events = async () => (await world.cli.json('audit', 'verify', '--realm', 'bench'))[0].events;
      const small = folderBytes(server.data);
      await world.cli.ok('realm', 'create', 'empty');
      report('bytes on disk of a new realm', (await size()) - small, 'bytes');
      const before = await events();
      const one = await size();
      await wrk(server, 'post.lua', [tokenPath(), 'grant_type=client_credentials', authorization], { duration: 3 });
      const count = (await events()) - before;
      const perEvent = count > 0 ? ((await size()) - one) / count : NaN;
      report(`bytes on disk per event (${count} of them)`, perEvent, 'bytes');
      await warmUsers(client, 0, 8);
      const start = await size();
      const eventsAt = await events();
      await warmUsers(client, 0, 512);
      const more = (await events()) - eventsAt;
      report('bytes on disk per session (user, client, refresh family)', ((await size()) - start - more * perEvent) / 512, 'bytes', `events left out (${more})`);
      const few = await size();
      const took = await importUsers(world, 'empty', 2000);
      report('importing people', 2000 / took, 'per s', 'garita user import');
      report('bytes on disk per person (password, 2 attributes)', ((await size()) - few) / 2000 - 2 * perEvent, 'bytes', 'two events of each left out');
    });
  },

  async search() {
    await withSet('small', (reference) => withSet('four', (world) =>
      compareSearches('among 20,000', { world: reference }, { world, realm: 'four4', people: FOUR.four4 })));
  },

  // The data sets at full size; the largest takes minutes to make, once.
  async scale() {
    await withSet('small', async (reference) => {
      await scaleRealms(reference);
      await scaleMillion(reference);
    }, UNMOVED);
  },

  'scale-realms': () => withSet('small', scaleRealms, UNMOVED),
  'scale-million': () => withSet('small', scaleMillion, UNMOVED),

  // The searches alone, and logins while ten months of events go to archives for the first time.
  'search-million': () => withSet('small', (reference) => withSet('million', (world) => searchesOfMillion(reference, world), UNMOVED), UNMOVED),
  'backlog-million': () => withSet('small', (reference) => withSet('million', (world) => compare('while events go to archives', [reference, 'bench', 0], [world, 'bench', MILLION / 2], 40, 6))),
};

async function searchesOfMillion(reference, world) {
  await compareAsked('among 1,000,000', [reference, 1000], [world, MILLION]);
  await compareSearches('among 1,000,000', { world: reference }, { world, realm: 'bench', people: MILLION });
}

async function scaleRealms(reference) {
  await withSet('four', (world) => compare('among 20,000', [reference, 'bench', 0], [world, 'four4', 10000]), UNMOVED);
  await withSet('realms', async (world) => {
    await sizes('1,000 realms of 50', world, 50000);
    await compare('in one of 1,000 realms', [reference, 'bench', 0], [world, 'r500', 0]);
    await touchAll(world);
  }, UNMOVED);
}

const scaleMillion = (reference) => withSet('million', async (world) => {
  await sizes('1,000,000 people', world, MILLION);
  await compare('among 1,000,000', [reference, 'bench', 0], [world, 'bench', MILLION / 2]);
  report('resident memory after that', rssMiB(world.server), 'MiB');
  await searchesOfMillion(reference, world);
  const begun = Date.now();
  const [chain] = await world.cli.json('audit', 'verify', '--realm', 'bench');
  report('events verified', (chain.events / (Date.now() - begun)) * 1000, 'per s', `${chain.events} of them, whole: ${chain.whole}`);
}, UNMOVED);

// People as an import of Keycloak's brings them; seconds.
async function importUsers(world, realm, count) {
  const salt = randomBytes(16);
  const credential = {
    type: 'password',
    secretData: JSON.stringify({ value: pbkdf2Sync(wordPassword, salt, 1000, 32, 'sha256').toString('base64'), salt: salt.toString('base64'), additionalParameters: {} }),
    credentialData: JSON.stringify({ hashIterations: 1000, algorithm: 'pbkdf2-sha256', additionalParameters: {} }),
  };
  const lines = Array.from({ length: count }, (_, i) => JSON.stringify({
    username: `person${i}`, email: `person${i}@example.pe`, firstName: 'First', lastName: `Last${i}`, enabled: true,
    attributes: { department: [`d${i % 40}`], tenant_id: [`t${i % 7}`] }, credentials: [credential],
  }));
  return world.cli.withFile(lines.join('\n'), async (file) => {
    const start = Date.now();
    await world.cli.ok('user', 'import', '--realm', realm, '--file', file);
    return (Date.now() - start) / 1000;
  });
}

// A token in each of the 1,000 realms, then rest.
async function touchAll(world) {
  const begun = Date.now();
  for (let i = 0; i < 1000; i += 8) {
    await Promise.all(Array.from({ length: 8 }, (_, j) => new Client(world.server, `r${i + j}`, 'bench', SECRET).service()));
  }
  report('first token of a realm, one of 1,000 after another', Date.now() - begun, 'µs', 'its database opened, its key unsealed; 8 at a time');
  report('resident memory after a token in each of 1,000 realms', rssMiB(world.server), 'MiB');
  await new Promise((r) => setTimeout(r, 45000));
  report('resident memory 45 s later', rssMiB(world.server), 'MiB');
}

// 256 connections at work, then the peak of resident memory.
async function loaded(server) {
  const r = await wrk(server, 'get.lua', ['/realms/four1/protocol/openid-connect/certs'], { connections: 256 });
  report('resident memory at 256 connections, keys', rssMiB(server), 'MiB', `aim below 48; ${Math.round(r.rate).toLocaleString('en')} per s`);
  const t = await wrk(server, 'post.lua', [tokenPath('four1'), 'grant_type=client_credentials', authorization], { connections: 256 });
  report('resident memory at 256 connections, tokens', rssMiB(server), 'MiB', `aim below 48; ${Math.round(t.rate).toLocaleString('en')} per s`);
  const client = new Client(server, 'four1', 'bench', SECRET);
  await warmUsers(client, 0, 64);
  const l = await wrk(server, 'logins.lua', [tokenPath('four1'), authorization, wordPassword, '0', '64'], { connections: 256 });
  report('resident memory at 256 connections, logins', rssMiB(server), 'MiB', `aim below 48; ${Math.round(l.rate).toLocaleString('en')} per s`);
  report('the most it ever was', rssMiB(server, 'VmHWM'), 'MiB');
}

// Without a name: all but the full sizes.
const isFull = (name) => ['scale', 'scale-realms', 'admin-realms', 'console-realms'].includes(name) || name.endsWith('-million');
const usual = Object.keys(benchmarks).filter((name) => !isFull(name));
const chosen = process.argv.slice(2);
if (chosen.includes('--list')) {
  console.log(Object.keys(benchmarks).join('\n'));
  process.exit(0);
}
const unknown = chosen.filter((name) => !benchmarks[name]);
if (unknown.length > 0 || !existsSync(RELEASE_BIN)) {
  console.error(unknown.length ? `no benchmark is called ${unknown.join(', ')}; there are: ${Object.keys(benchmarks).join(', ')}` : `no release binary: ${RELEASE_BIN}`);
  process.exit(2);
}
report('size of the executable', statSync(RELEASE_BIN).size / 2 ** 20, 'MiB', 'aim below 12');
for (const name of chosen.length ? chosen : usual) {
  console.log(`${name} (${seconds} s each)`);
  await benchmarks[name]();
}
