// The Admin API among few and many people, and whole realms as files.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bearer, request } from '../flow/lib/http.mjs';
import { tempFolder } from '../flow/lib/server.mjs';
import { CHEAP, folderBytes, measured, openSet, report, rssMiB, times, wordPassword, wrk } from './lib.mjs';

const CALLS = { create: 'people made', get: 'a person read', search: 'searches by the beginning of a name, 20 a page', list: 'lists of 100 people', map: 'a role given or taken' };

// An administrator of the realm, and a token.
async function administrator(world) {
  await world.setRealm(CHEAP, 'bench');
  await world.cli.withFile(wordPassword, (file) => world.cli.ok('user', 'add', '--realm', 'bench', '--username', 'administrator', '--password-file', file, '--role', 'realm-management/realm-admin'));
  return tokenOf(world);
}

async function tokenOf(world) {
  const { json } = await request(`${world.server.realm('bench')}/protocol/openid-connect/token`, {
    form: { grant_type: 'password', client_id: 'admin-cli', username: 'administrator', password: wordPassword },
  });
  return json.access_token;
}

// Searches as they are asked, among few and among many people: rates in turns, so that the ratio is that of
// costs in the same minutes.
const SEARCHES = {
  username: 'a whole user name', email: 'a whole e-mail', email_beginning: 'the beginning of an e-mail', name_beginning: 'the beginning of any name, few match',
  any_name: 'the beginning of any name, all match', last_name: 'the beginning of a last name, 1 in 23', rare_attribute: 'an attribute that one has',
  attribute: 'an attribute that 1 in 40 have', attribute_and_name: 'an attribute and a last name, 1 in 920',
  events: 'the newest events', events_of_type: 'events of a type', events_of_client: 'events of a client', events_of_person: 'events of a person',
};
// Among few people it finds one, and costs what one costs: compared with what fills a page there, too.
const FILLS_A_PAGE = { attribute_and_name: 'attribute' };
const SEARCH_ROUNDS = 5;
export async function compareAsked(what, few, many) {
  const folder = tempFolder('ids');
  for (const side of [few, many]) {
    side[2] = path.join(folder, String(side[1]));
    writeFileSync(side[2], (await someIds(side[0], await administrator(side[0]), side[1])).join('\n'));
  }
  for (const name of Object.keys(SEARCHES)) await compareSearch(what, [few, name], [many, name]);
  for (const [name, like] of Object.entries(FILLS_A_PAGE)) await compareSearch(what, [few, like], [many, name]);
  rmSync(folder, { recursive: true });
}

async function compareSearch(what, [few, like], [many, name]) {
  const ratios = [];
  let last;
  for (let round = 0; round < SEARCH_ROUNDS; round++) {
    const rates = [];
    for (const [[world, people, ids], search] of [[few, like], [many, name]]) {
      rates.push((last = await wrk(world.server, 'people.lua', [search, 'bench', String(people), `Bearer ${await tokenOf(world)}`, ids], { duration: 1, connections: 4 })).rate);
    }
    ratios.push(rates[0] / rates[1]);
  }
  const middle = [...ratios].sort((a, b) => a - b)[SEARCH_ROUNDS >> 1];
  const reference = like === name ? 'that' : SEARCHES[like];
  report(`asked: ${SEARCHES[name]}, ${what}`, last.rate, 'per s', `${times(last)}; cost ${middle.toFixed(2)} of ${reference} with ${few[1].toLocaleString('en')} people `
    + `(rounds ${ratios.map((r) => r.toFixed(2)).join(', ')}); aim 1.5`);
}

async function ask(world, token, url) {
  const reply = await request(`${world.server.origin}/admin/realms/bench${url}`, { headers: bearer(token) });
  if (reply.status !== 200) throw new Error(`${url}: ${reply.status} ${reply.text}`);
  return reply.json;
}

// Ids from all over the realm.
async function someIds(world, token, people) {
  const ids = [];
  for (let i = 0; i < 5; i++) ids.push(...(await ask(world, token, `/users?first=${Math.floor((people * i) / 5)}&max=200`)).map((u) => u.id));
  return ids;
}

async function calls(world, people) {
  const token = await administrator(world);
  await world.cli.ok('role', 'add', '--realm', 'bench', '--name', 'measured');
  const role = await ask(world, token, '/roles/measured');
  const folder = tempFolder('ids');
  const file = path.join(folder, 'ids');
  writeFileSync(file, (await someIds(world, token, people)).join('\n'));
  for (const [call, what] of Object.entries(CALLS)) {
    const r = await wrk(world.server, 'admin.lua', [call, 'bench', `Bearer ${token}`, file, role.id, role.name, 'made']);
    report(`${what}, among ${people.toLocaleString('en')}`, r.rate, 'per s', times(r));
  }
  rmSync(folder, { recursive: true });
}

async function withSet(name, use) {
  const world = await openSet(name);
  try {
    return await use(world);
  } finally {
    await world.close();
  }
}

export const admin = () => withSet('small', (world) => calls(world, 1000));
export const adminMillion = () => withSet('million', (world) => calls(world, 1000000));

async function exportAll(world, realms, folder) {
  let took = 0;
  let peak = 0;
  for (const realm of realms) {
    const one = await measured(['realm', 'export', realm, '--data', world.server.data, '--to', path.join(folder, `${realm}.json`), '--force']);
    took += one.seconds;
    peak = Math.max(peak, one.peak);
  }
  return { seconds: took, peak };
}

async function exported(world, realms, people) {
  const folder = tempFolder('export');
  const before = rssMiB(world.server);
  const served = await exportAll(world, realms, folder);
  const size = folderBytes(folder) / 2 ** 20;
  report(`people exported by a serving server, ${people.toLocaleString('en')}`, people / served.seconds, 'per s',
    `${served.seconds.toFixed(1)} s, ${size.toFixed(0)} MiB; server at most ${rssMiB(world.server, 'VmHWM').toFixed(0)} MiB (${before.toFixed(0)} before), command ${served.peak.toFixed(0)} MiB`);
  await world.server.crash();
  const stopped = await exportAll(world, realms, folder);
  report(`people exported from a stopped folder, ${people.toLocaleString('en')}`, people / stopped.seconds, 'per s', `${stopped.seconds.toFixed(1)} s, at most ${stopped.peak.toFixed(0)} MiB`);
  await world.server.launch();
  rmSync(folder, { recursive: true });
}

export async function exportRealms() {
  await withSet('small', (world) => exported(world, ['bench'], 1000));
  await withSet('four', (world) => exported(world, ['four1', 'four2', 'four3', 'four4'], 55000));
}
export const exportMillion = () => withSet('million', (world) => exported(world, ['bench'], 1000000));

// Calls one after another of who has all rights over 1,000 realms (21,000 roles); milliseconds.
const OF_ALL_REALMS = {
  'a page of people': '/realms/r500/users?max=20', 'a realm': '/realms/r500', 'all realms, brief': '/realms?briefRepresentation=true', whoami: '/master/console/whoami?currentRealm=r500',
};
export const adminRealms = () => withWorld('realms', async (world) => {
  await world.cli.withFile(wordPassword, (file) => world.cli.ok('user', 'add', '--realm', 'master', '--username', 'everything', '--password-file', file, '--role', 'admin'));
  const form = { grant_type: 'password', client_id: 'admin-cli', username: 'everything', password: wordPassword };
  const login = async () => (await request(`${world.server.realm('master')}/protocol/openid-connect/token`, { form })).json.access_token;
  const token = await login();
  const [first, ...rest] = await timesOf(21, () => call(world, token, OF_ALL_REALMS['a page of people']));
  report('a page of people, the first call of who administers 1,000 realms', first, 'ms');
  report('a page of people, the next', middle(rest), 'ms', `at most ${Math.max(...rest).toFixed(1)}`);
  for (const [what, url] of Object.entries(OF_ALL_REALMS).slice(1)) report(`${what}, who administers 1,000 realms`, middle(await timesOf(9, () => call(world, token, url))), 'ms');
  report('a token by password (cheap hash), who administers 1,000 realms', middle(await timesOf(9, login)), 'ms');
  report('resident memory after that', rssMiB(world.server), 'MiB');
});

const middle = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

async function timesOf(count, what) {
  const list = [];
  for (let i = 0; i < count; i++) {
    const begun = performance.now();
    await what();
    list.push(performance.now() - begun);
  }
  return list;
}

async function call(world, token, url) {
  const reply = await request(`${world.server.origin}/admin${url}`, { headers: bearer(token) });
  if (reply.status !== 200) throw new Error(`${url}: ${reply.status} ${reply.text}`);
}

async function withWorld(name, use) {
  const world = await openSet(name, ['--audit-archive-days', '0'], { divide: 50 });
  try {
    await world.setRealm(CHEAP, 'master');
    await use(world);
  } finally {
    await world.close();
  }
}
