// Two nodes on one machine: what waiting for the standby costs, how far behind it is under load, how fast it
// catches up, what it answers meanwhile, how long nobody answers after a kill -9, what 1,000 realms cost; and
// the archive: what it costs and how long a restore takes.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Cli } from '../flow/lib/cli.mjs';
import { request } from '../flow/lib/http.mjs';
import { freePort, sleep, tempFolder, until } from '../flow/lib/server.mjs';
import {
  authorization, CHEAP, Client, folderBytes, measured, openSet, RELEASE_BIN, report, rssMiB, seconds, SECRET, Server, times, warmUsers, wordPassword, wrk,
} from './lib.mjs';

const tokenPath = (realm) => `/realms/${realm}/protocol/openid-connect/token`;
const hour = 3600000;
const metric = async (at, name) => {
  const { text } = await request(`${at.management}/metrics`, { agent: false });
  return Number(text.match(new RegExp(`^garita_${name} (\\S+)$`, 'm'))?.[1]);
};
const inStep = (primary) => until('the standby is in step', async () =>
  (await metric(primary, 'replication_in_step')) === 1 && (await metric(primary, 'replication_behind_commits')) === 0, hour, 10);

// A primary with the set, and a standby that is in step. Both are gone after `use`.
async function withPair(set, use, args = []) {
  const ports = [await freePort(), await freePort()];
  const own = { web: await freePort(), management: await freePort(), redirect: await freePort() };
  const host = `localhost:${own.web}`; // of both
  const both = ['--hostname', `http://${host}`, '--replication-address', '127.0.0.1', ...args];
  const world = await openSet(set, ['--replication-port', String(ports[0]), ...both], { ports: own });
  const standby = new Server({ bin: RELEASE_BIN, args: ['--replication-port', String(ports[1]), '--log-level', 'warn', ...both] });
  standby.data = path.join(tempFolder('standby'), 'garita');
  standby.ports = { web: await freePort(), management: await freePort(), redirect: await freePort() };
  standby.cli = new Cli(standby.data, RELEASE_BIN);
  standby.ownsData = true;
  const pair = { world, primary: world.server, standby, host };
  try {
    const token = (await world.cli.ok('standby', 'token')).trim();
    await world.cli.withFile(token, (file) => standby.cli.ok('standby', 'init', '--from', `127.0.0.1:${ports[0]}`, '--token-file', file));
    const begun = performance.now();
    await standby.launch();
    await inStep(pair.primary);
    pair.first = (performance.now() - begun) / 1000;
    return await use(pair);
  } finally {
    await standby.crash().catch(() => {});
    standby.removeData();
    await world.server.crash().catch(() => {});
    world.server.removeData();
  }
}

// Tokens of a service: each with an event, which is an answered change.
const changes = (server, connections) =>
  wrk(server, 'post.lua', [tokenPath('bench'), 'grant_type=client_credentials', authorization], { connections });
// Logins with a cheap hash: four rows each, and an event. No more than the server hashes at once.
const logins = (server, connections, realm = 'bench') =>
  wrk(server, 'logins.lua', [tokenPath(realm), authorization, wordPassword, '0', '64'], { connections });

async function prepare(world, realm = 'bench') {
  await world.setRealm(CHEAP, realm);
  await world.setClient('bench', { 'attributes.access.token.signed.response.alg': 'ES256' }, realm);
  await warmUsers(new Client(world.server, realm, 'bench', SECRET), 0, 64);
}

// The farthest behind while `load` runs: {result, bytes, commits, milliseconds}
async function lagDuring(primary, load) {
  const most = { bytes: 0, commits: 0, milliseconds: 0 };
  let over = false;
  const watch = (async () => {
    while (!over) {
      for (const name of Object.keys(most)) most[name] = Math.max(most[name], await metric(primary, `replication_behind_${name}`));
      await sleep(50);
    }
  })();
  const result = await load();
  over = true;
  await watch;
  return { result, ...most };
}

// The same server in each mode, in turns, as the machine may have other work; "none" has let its standby go.
async function modes() {
  const rates = {};
  const ROUNDS = 3;
  const measureAll = async (server, mode) => {
    for (const connections of [1, 16, 64]) {
      const { result, ...behind } = await lagDuring(server, () => changes(server, connections));
      const of = ((rates[connections] ??= {})[mode] ??= []);
      of.push({ ...result, behind });
    }
  };
  for (let round = 0; round < ROUNDS; round++) {
    await withPair('small', async ({ world, primary }) => {
      await prepare(world);
      for (const mode of ['async', 'sync-flush', 'sync-apply']) {
        await world.cli.ok('standby', 'mode', mode);
        await inStep(primary);
        await measureAll(primary, mode);
      }
      await world.cli.ok('standby', 'forget');
      await measureAll(primary, 'none');
    });
  }
  const mean = (list, field) => list.reduce((sum, r) => sum + r[field], 0) / list.length;
  for (const [connections, of] of Object.entries(rates)) {
    const none = mean(of.none, 'rate');
    for (const mode of ['none', 'async', 'sync-flush', 'sync-apply']) {
      const rate = mean(of[mode], 'rate');
      const share = mode === 'none' ? '' : `${(rate / none).toFixed(2)} of none (rounds ${of[mode].map((r, i) => (r.rate / of.none[i].rate).toFixed(2)).join(', ')})${connections === '16' ? '; aim 0.75' : ''}; `;
      const behind = (field) => Math.max(...of[mode].map((r) => r.behind[field]));
      const lag = mode === 'none' ? '' : `; at most ${behind('commits')} commits, ${Math.round(behind('bytes') / 1024)} KiB, ${behind('milliseconds')} ms behind`;
      report(`answered changes, ${mode === 'none' ? 'no standby' : mode}, ${connections} clients`, rate, 'per s',
        `${share}p50 ${mean(of[mode], 'p50').toFixed(1)} ms, p99 ${mean(of[mode], 'p99').toFixed(1)} ms${lag}`);
    }
  }
}

// Validations at the standby, at rest and while it puts changes in place.
async function standbyReads() {
  await withPair('small', async ({ world, primary, standby, host }) => {
    await prepare(world);
    const token = (await new Client(primary, 'bench', 'bench', SECRET).password('user0', wordPassword)).json.access_token;
    await inStep(primary);
    const ask = () => wrk(standby, 'post.lua', [`${tokenPath('bench')}/introspect`, `token=${token}`, authorization], { connections: 4, headers: [`Host: ${host}`] });
    const rest = await ask();
    report('introspections at the standby, at rest', rest.rate, 'per s', times(rest));
    const before = await metric(primary, 'replication_sent_commits_total');
    const [busy, load] = await Promise.all([ask(), logins(primary, 4)]);
    const commits = await metric(primary, 'replication_sent_commits_total') - before;
    report('introspections at the standby, while it follows', busy.rate, 'per s',
      `${times(busy)}; beside ${Math.round(load.rate)} logins/s at the primary, ${Math.round(commits / seconds)} commits/s in place, all on one machine`);
  });
}

// A standby that was away: from its start until it is in step, in memory's reach and beyond it.
async function catchUp() {
  for (const [what, args] of [['from memory', ['--replication-kept', '1024']], ['by comparing pages', ['--replication-kept', '1']]]) {
    await withPair('small', async ({ world, primary, standby }) => {
      await prepare(world);
      standby.keepData = true;
      await standby.stop();
      const r = await wrk(primary, 'logins.lua', [tokenPath('bench'), authorization, wordPassword, '0', '64'], { connections: 16, duration: 4 * seconds });
      const commits = r.rate * 4 * seconds;
      const bytes = await metric(primary, 'replication_sent_bytes_total');
      const begun = performance.now();
      await standby.launch();
      await inStep(primary);
      const took = (performance.now() - begun) / 1000;
      const sent = await metric(primary, 'replication_sent_bytes_total') - bytes;
      report(`catching up ${what}, ${Math.round(commits).toLocaleString('en')} logins missed`, commits / took, 'per s',
        `${took.toFixed(2)} s from its start${sent > 0 ? `, ${(sent / took / 2 ** 20).toFixed(1)} MiB/s of commits` : ''}; ${(commits / took / r.rate).toFixed(1)} times as fast as they were made`);
    }, args);
  }
}

async function snapshots() {
  for (const [set, what] of [['four', '55,000 people in 4 realms'], ['realms', '1,000 realms of 50']]) {
    await withPair(set, async ({ primary, standby, first }) => {
      const bytes = folderBytes(primary.data);
      report(`everything to a new standby, ${what}`, bytes / first / 2 ** 20, 'MiB/s', `${first.toFixed(1)} s for ${Math.round(bytes / 2 ** 20)} MiB`);
      const used = [primary, standby].map(cpuSeconds);
      await sleep(10000);
      report(`processor time at rest, ${what}`, (cpuSeconds(primary) - used[0]) * 100, 'ms/s',
        `primary; standby ${((cpuSeconds(standby) - used[1]) * 100).toFixed(1)} ms/s`);
      report(`resident memory, ${what}`, rssMiB(primary), 'MiB', `primary; standby ${rssMiB(standby).toFixed(1)} MiB`);
    });
  }
}

function cpuSeconds(server) { // a tenth of it over ten seconds is what a second costs
  const fields = readFileSync(`/proc/${server.child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

// From the kill of the primary to the first login at the other node: the command is given at once.
async function failover() {
  const took = [];
  for (let round = 0; round < 7; round++) {
    await withPair('small', async ({ world, primary, standby, host }) => {
      await prepare(world);
      await world.cli.ok('standby', 'mode', 'sync-flush');
      await inStep(primary);
      const load = logins(primary, 16).catch(() => {}); // it is cut off
      await sleep(1000);
      primary.child.kill('SIGKILL');
      const begun = performance.now();
      await standby.cli.ok('promote', '--yes');
      const client = Object.assign(new Client(standby, 'bench', 'bench', SECRET), { headers: { Host: host } });
      await until('a login', async () => (await client.password('user1', wordPassword)).status === 200, 60000, 5);
      took.push(performance.now() - begun);
      await load;
    });
  }
  took.sort((a, b) => a - b);
  report('from kill -9 of the primary to the first login, garita promote', took[3], 'ms', `${took.map((t) => Math.round(t)).join(', ')}; aim below 2,000`);
}

export async function replication() {
  await modes();
  await standbyReads();
  await catchUp();
  await snapshots();
  await failover();
}

// The archive beside the same server without it, in turns; then restores.
async function archiveCost() {
  const rates = [[], []];
  for (let round = 0; round < 3; round++) {
    for (const [i, interval] of [[0, 0], [1, 1000]].entries()) {
      const dir = mkdtempSync(path.join(os.tmpdir(), 'garita-bench-backups-'));
      const world = await openSet('small', ['--backup-dir', path.join(dir, 'backups'), '--backup-hour', '-1', '--archive-interval', String(interval[1])]);
      await prepare(world);
      rates[i].push(await logins(world.server, 16));
      if (i === 1 && round === 2) {
        const archived = path.join(dir, 'backups', 'archive');
        if (existsSync(archived)) report('archived bytes of a login', folderBytes(archived) / (rates[1][2].rate * seconds), 'bytes', 'with what else the server wrote in that time');
      }
      await world.server.crash();
      world.server.removeData();
      rmSync(dir, { recursive: true, force: true });
    }
  }
  const mean = (list) => list.reduce((sum, r) => sum + r.rate, 0) / list.length;
  report('logins, 16 clients, with the archive', mean(rates[1]), 'per s', `${(mean(rates[1]) / mean(rates[0])).toFixed(2)} of without `
    + `(rounds ${rates[1].map((r, i) => (r.rate / rates[0][i].rate).toFixed(2)).join(', ')}); ${times(rates[1][2])}`);
}

async function restores(set, realm, people) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'garita-bench-backups-'));
  const backups = path.join(dir, 'backups');
  const world = await openSet(set, ['--backup-dir', backups, '--backup-hour', '-1', '--backup-pages', '10000000', '--archive-interval', '1000']);
  try {
    const bytes = folderBytes(world.server.data);
    const begun = performance.now();
    await world.cli.ok('backup', 'now');
    const backup = (performance.now() - begun) / 1000;
    report(`backup, ${people} people`, backup, 's', `${(bytes / backup / 2 ** 20).toFixed(0)} MiB/s; ${Math.round(folderBytes(backups) / 2 ** 20)} MiB of ${Math.round(bytes / 2 ** 20)} MiB`);
    await prepare(world, realm);
    await logins(world.server, 16, realm);
    const at = new Date().toISOString();
    await until('it is archived', async () => (await world.cli.json('backup', 'moments', '--realm', realm)).some((m) => m.to >= at || Date.parse(m.to) >= Date.parse(at) - 1000), hour, 200);
    await world.server.crash();
    for (const [what, args] of [['from the backup', []], ['to a moment', ['--at', at]]]) {
      const to = path.join(dir, 'restored');
      const { seconds: took, peak } = await measured(['restore', '--from', backups, '--key-file', path.join(world.server.data, 'master.key'), '--to', to, ...args]);
      report(`restore of the node ${what}, ${people} people`, took, 's', `${(folderBytes(to) / took / 2 ** 20).toFixed(0)} MiB/s with every page and the chain checked; at most ${Math.round(peak)} MiB of memory`);
      rmSync(to, { recursive: true, force: true });
    }
  } finally {
    await world.server.crash().catch(() => {});
    world.server.removeData();
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function archive() {
  await archiveCost();
  await restores('four', 'four4', '55,000');
}

export const archiveMillion = () => restores('million', 'bench', '1,000,000');
