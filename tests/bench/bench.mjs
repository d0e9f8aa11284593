// The benchmarks by name. Each prints figures, and ratios to a limit measured in the same run.
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Browser, pkce, REDIRECT } from '../flow/lib/oidc.mjs';
import { tempFolder } from '../flow/lib/server.mjs';
import {
  addBenchRealm, authorization, Client, firstAnswer, folderBytes, importUsers, openWorld, program, rawRate, RELEASE_BIN, report, rssMiB, SECRET, seconds,
  share, times, warmUsers, wordPassword, wrk,
} from './lib.mjs';

const tokenPath = (realm = 'bench') => `/realms/${realm}/protocol/openid-connect/token`;
const quarter = (n) => Math.floor(n / 4);

async function withWorld(use) {
  const world = await openWorld();
  try {
    return await use(world);
  } finally {
    await world.close();
  }
}

async function passwordLogins(world, realm, first = 0, count = 64) {
  const client = new Client(world.server, realm, 'bench', SECRET);
  await warmUsers(client, first, count);
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

// Two servers, the first with one realm of 64 users: what grows with size is seen beside it, in the
// same minute and in turns, as the machine may have other work.
const withReference = (use) => withWorld((reference) => withWorld(async (world) => {
  for (const w of [reference, world]) {
    await addBenchRealm(w);
    await importUsers(w, 'bench', 64);
  }
  await use(reference, world);
}));

async function compare(what, reference, subject, count = 64) {
  const measures = {
    'password logins': ([world, realm, first]) => passwordLogins(world, realm, first, count),
    'code + PKCE flows': ([world, realm, first]) => codeFlows(world, realm, first),
    refreshes: ([world, realm, first]) => refreshes(world, realm, first, count),
  };
  for (const [name, measure] of Object.entries(measures)) {
    const rates = [0, 0];
    for (let round = 0; round < 3; round++) {
      for (const [i, side] of [reference, subject].entries()) rates[i] += (await measure(side)).rate / 3;
    }
    report(`${name} ${what}`, rates[1], 'per s', `${share(rates[1], rates[0], '1.0')} with one realm of 64 users`);
  }
}

const benchmarks = {
  async tokens() {
    await withWorld(async (world) => {
      await addBenchRealm(world);
      for (const alg of ['RS256', 'ES256', 'EdDSA', 'PS256']) {
        await world.setClient('bench', { 'attributes.access.token.signed.response.alg': alg }, 'bench');
        const raw = await rawRate(`sign ${alg}`);
        const r = await wrk(world.server, 'post.lua', [tokenPath(), 'grant_type=client_credentials', authorization]);
        report(`service tokens, ${alg}`, r.rate, 'per s', `${raw ? `${share(r.rate, raw, '0.8')} raw signatures; ` : ''}${times(r)}`);
      }
    });
  },

  async logins() {
    await withWorld(async (world) => {
      await addBenchRealm(world);
      await importUsers(world, 'bench', 64);
      await warmUsers(new Client(world.server, 'bench', 'bench', SECRET), 0, 64);
      const raw = await rawRate('hash argon2id-7168-5');
      const r = await passwordLogins(world, 'bench');
      report('password logins, Argon2id', r.rate, 'per s', `${raw ? `${share(r.rate, raw, '0.9')} raw hashes; ` : ''}${times(r)}`);
    });
  },

  async flows() {
    await withWorld(async (world) => {
      await addBenchRealm(world);
      await importUsers(world, 'bench', 64);
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

  async reads() {
    await withWorld(async (world) => {
      for (const [what, url] of [['discovery', '/realms/master/.well-known/openid-configuration'], ['JWKS', '/realms/master/protocol/openid-connect/certs']]) {
        for (const connections of [16, 256]) {
          const r = await wrk(world.server, 'get.lua', [url], { connections });
          report(`${what}, ${connections} connections`, r.rate, 'per s', `aim 25,000; ${times(r)}`);
        }
      }
    });
  },

  async start() {
    await withWorld(async (world) => {
      const one = world.server;
      await one.crash();
      const small = firstAnswer(one);
      report('start to first answer, existing folder', small.middle, 'ms', `aim 20; best ${small.best.toFixed(1)}`);
      await one.launch();
      await seedFour(world);
      await one.restart();
      const idle = rssMiB(one);
      report('resident memory idle, 55,000 users', idle, 'MiB', 'aim below 20');
      await loaded(one);
      await one.crash();
      await one.launch();
      await one.crash();
      const large = firstAnswer(one);
      report('start to first answer, 55,000 users in 4 realms', large.middle, 'ms', `aim 20; best ${large.best.toFixed(1)}`);
      await one.launch();
      for (const [realm, count] of Object.entries(FOUR)) {
        const r = await passwordLogins(world, realm, quarter(count));
        report(`password logins, realm of ${count.toLocaleString('en')} users`, r.rate, 'per s', times(r));
      }
    });
  },

  // How many acknowledged changes share a flush, in the store alone.
  async commits() {
    const folder = tempFolder('commits');
    console.log(await program('bench_store', folder, '20000', 'commits') ?? '  bench_store was not built');
    rmSync(folder, { recursive: true });
  },

  async disk() {
    await withWorld(async (world) => {
      const client = await addBenchRealm(world);
      const { server } = world;
      const size = async () => {
        await server.restart();
        return folderBytes(server.data);
      };
      const empty = await size();
      await importUsers(world, 'bench', 20000);
      const users = await size();
      report('bytes on disk per user (one password, 2 attributes)', (users - empty) / 20000, 'bytes', 'with the event of its creation, where one is written');
      const events = async () => (await world.cli.json('audit', 'verify', '--realm', 'bench'))[0].events;
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
    });
  },

  async realms() {
    await withReference(async (reference, world) => {
      const begun = Date.now();
      for (let i = 0; i < 1000; i += 4) {
        await Promise.all(Array.from({ length: 4 }, (_, j) => world.cli.ok('realm', 'create', `r${i + j}`)));
      }
      report('making a realm', (Date.now() - begun) / 1000, 'ms', '1,000 of them, one process each');
      for (let i = 0; i < 1000; i++) await importUsers(world, `r${i}`, 50);
      await addClientOnly(world, 'r500');
      await compare('with 1,000 realms of 50 users', [reference, 'bench', 0], [world, 'bench', 0]);
      await compare('in a seldom used one of 1,000 realms', [reference, 'bench', 0], [world, 'r500', 0], 48);
      report('resident memory', rssMiB(world.server), 'MiB', 'after that');
      await world.server.crash();
      const start = firstAnswer(world.server);
      report('start to first answer, 1,000 realms', start.middle, 'ms', `aim 20; best ${start.best.toFixed(1)}`);
      await world.server.launch();
      report('bytes on disk per realm of 50 users', folderBytes(world.server.data) / 1001, 'bytes');
    });
  },

  async million() {
    await withReference(async (reference, world) => {
      const took = await importUsers(world, 'bench', 999936, 64);
      report('importing users', 999936 / took, 'per s');
      await compare('with 1,000,000 users, by one of the first', [reference, 'bench', 0], [world, 'bench', 0]);
      await compare('with 1,000,000 users, by one in the middle', [reference, 'bench', 0], [world, 'bench', 500000]);
      await world.server.restart();
      report('resident memory idle, 1,000,000 users', rssMiB(world.server), 'MiB');
      await world.server.crash();
      const start = firstAnswer(world.server);
      report('start to first answer, 1,000,000 users', start.middle, 'ms', `aim 20; best ${start.best.toFixed(1)}`);
      await world.server.launch();
      report('bytes on disk per user', folderBytes(world.server.data) / 1e6, 'bytes');
    });
  },
};

const FOUR = { four1: 15000, four2: 8000, four3: 12000, four4: 20000 };
async function seedFour(world) {
  for (const [realm, count] of Object.entries(FOUR)) {
    await addBenchRealm(world, realm);
    const took = await importUsers(world, realm, count);
    report(`importing ${count.toLocaleString('en')} users`, count / took, 'per s');
  }
}
const addClientOnly = (world, realm) => world.addClient('bench', { realm, serviceAccount: true, values: { directAccessGrantsEnabled: true } });

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
for (const name of chosen.length ? chosen : Object.keys(benchmarks)) {
  console.log(`${name} (${seconds} s each)`);
  await benchmarks[name]();
}
