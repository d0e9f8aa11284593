// A peer with the real key that says nonsense, to a primary and to a standby (RP-03): each connection ends with a
// line in the log, no process does, memory stays bounded, nothing of it stays on disk, and the true peer goes on
// as if nothing had been.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { request } from './lib/http.mjs';
import { pairStandby } from './lib/nodes.mjs';
import { Identity, MOST, PAGE_BYTES, ROLE, TYPE, beat, frame, position, text, u16, u32, u64, u8 } from './lib/peer.mjs';
import { filesIn, freePort, sleep, until } from './lib/server.mjs';
import { World } from './lib/world.mjs';

const NAMES = ['../peru', '..', '.', '', '/etc/passwd', 'a/b', '.hidden', 'nul\0byte', 'line\nbreak', 'ñandú', 'x'.repeat(97), '%2e%2e', 'a b'];
const MEMORY_KB = 900 * 1024; // with the sanitizer's own; each attack would take gigabytes if it were believed
const ports = { primary: await freePort(), standby: await freePort() };
const page = (number, image = Buffer.alloc(PAGE_BYTES)) => Buffer.concat([u32(number), image]);
const pages = (...list) => frame(TYPE.PAGES, u16(list.length), ...list);
const noise = () => randomBytes(PAGE_BYTES);
let world, standby, asPrimary, asStandby, file;

before(async () => {
  world = await World.open({ args: ['--replication-port', String(ports.primary)] });
  await world.addUser('ana');
  standby = await pairStandby(world, ports.primary, { port: ports.standby, args: ['--standby-changes', 'forward'] });
  await standby.launch();
  await until('the standby has the realm', async () => (await request(standby.realm('peru'))).status === 200);
  asPrimary = new Identity(world.server.data);
  asStandby = new Identity(standby.data);
  [file] = filesIn(path.join(standby.data, 'realms')).map((f) => path.basename(f)).filter((f) => f.endsWith('.db') && f !== 'master.db').map((f) => f.slice(0, -3));
});
after(async () => {
  for (const server of [standby, world?.server]) server?.child?.kill('SIGCONT');
  await standby?.stop();
  await world?.close();
});

const kept = (data) => filesIn(data).map((f) => path.relative(data, f)).filter((f) => !/-(wal|shm)$|^cache\/|garita\.sock$/.test(f)).sort();
const memoryOf = (server) => Number(readFileSync(`/proc/${server.child.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]);
const metric = async (server, name) =>
  Number((await request(`${server.management}/metrics`, { agent: false })).text.match(new RegExp(`^garita_replication_${name} (\\S+)$`, 'm'))?.[1]);
const ends = (peer) => until('the connection ends', async () => peer.isOver);
const users = async (server) => (await server.cli.json('user', 'list', '--realm', 'peru')).map((u) => u.username).sort();

async function lives(server, what) {
  assert.equal(server.child.exitCode, null, what);
  assert.equal(server.child.signalCode, null, what);
  assert.equal((await request(`${server.management}/health`)).status, 200, what);
}

async function areTheSame() {
  await until('in step', async () => (await metric(world.server, 'in_step')) === 1 && (await metric(world.server, 'behind_commits')) === 0, 60000);
  await world.addUser(`person${Date.now()}`);
  const all = await users(world.server);
  await until('the standby has all', async () => JSON.stringify(await users(standby)) === JSON.stringify(all));
  const before = (await metric(world.server, 'verified_timestamp_milliseconds'));
  await world.cli.ok('standby', 'verify');
  await until('all pages were compared', async () => (await metric(world.server, 'verified_timestamp_milliseconds')) > before, 60000);
  assert.equal(await metric(world.server, 'pages_differed_total'), 0);
}

// --- Before and instead of a greeting, by whoever dials ---

const greetings = (me) => ({
  'a length beyond all': [u32(0xffffffff)],
  'a length that is one too many': [u32((512 << 10) + 1), Buffer.alloc(600 << 10)],
  'a message of nothing': [u32(0)],
  'a type that is none': [frame(0)],
  'a type that is not known': [frame(22), frame(255)],
  'a HELLO that is cut off': [frame(TYPE.HELLO, u32(3), u32(PAGE_BYTES))],
  'a HELLO with more behind it': [Buffer.concat([u32(me.hello().length - 4 + 7), me.hello().subarray(4), Buffer.alloc(7)])],
  'a HELLO of another version': [me.hello({ version: 2 })],
  'a HELLO of a version far ahead': [me.hello({ version: 0xffffffff })],
  'another cluster': [me.hello({ cluster: '00000000-0000-0000-0000-000000000000' })],
  'a cluster that is no UUID': [me.hello({ cluster: 'x' })],
  'an address of many kilobytes': [me.hello({ address: 'a'.repeat(60000) })],
  'an address with a line break': [me.hello({ address: 'a\r\nb:1' })],
  'pages of another size': [me.hello({ page: 4096 })],
  'a role that is none': [me.hello({ role: 3 })],
  'nobody': [me.hello({ role: ROLE.ALONE })],
  'an epoch beyond all that can have been': [me.hello({ epoch: MOST })],
  'an epoch that is far ahead': [me.hello({ epoch: 200000 })],
  'a commit before the greeting': [frame(TYPE.COMMIT, text('peru'), text('x'), position(), position(), u64(0), u32(1), u32(1), u8(0), u16(0))],
  'two greetings': [me.hello(), me.hello()],
  'noise': [randomBytes(100000)],
  'noise in a frame': [frame(TYPE.HELLO, randomBytes(5000))],
});

async function greetBadly(me, port, server) {
  for (const [what, frames] of Object.entries(greetings(me))) {
    const peer = await me.dial(port);
    peer.send(...frames);
    await ends(peer);
    await lives(server, what);
  }
  for (let i = 0; i < 20; i++) { // half a frame, and away
    const peer = await me.dial(port);
    peer.send(me.hello().subarray(0, 1 + i * 5));
    await peer.close();
  }
  await Promise.all(Array.from({ length: 30 }, async () => { // all at once: the newest has the place
    const peer = await me.dial(port).catch(() => null);
    peer?.send(me.hello(), randomBytes(50));
    await peer?.close();
  }));
  await lives(server, 'many connections');
}

const greet = async (me, port, awaited, what) => {
  const peer = await me.dial(port);
  peer.send(me.hello());
  await until(`${what}: it is greeted`, async () => peer.has(TYPE.HELLO) && (!awaited || peer.has(awaited)));
  return peer;
};

// Once it has given the true one up, which is stopped; and a control: that good words are taken.
const isTaken = (me, port, awaited) => until('it takes us for its peer', async () => {
  const peer = await me.dial(port);
  peer.send(me.hello());
  await sleep(500);
  const taken = peer.has(TYPE.HELLO) && (!awaited || peer.has(awaited)) && !peer.isOver;
  await peer.close();
  return taken;
}, 60000);

// [what, frames, whether the node may go on with the connection]
async function attack(me, port, server, awaited, list) {
  for (const [what, frames, goesOn] of list) {
    const peer = await greet(me, port, awaited, what);
    peer.send(Buffer.concat(typeof frames === 'function' ? frames(peer) : frames));
    if (!goesOn) await ends(peer).catch((e) => assert.fail(`${what}: ${e.message}`));
    else await until(`${what}: it answers`, async () => peer.isOver || peer.messages.filter((m) => m.type === TYPE.HEARTBEAT).length > 1);
    await peer.close();
    await lives(server, what);
  }
}

// --- A standby that is none ---

const ask = (id, bytes, { client = '127.0.0.1', door = 0, secure = 0 } = {}) =>
  frame(TYPE.ASK, u64(id), u32(bytes), text(client), text('http://localhost'), text('http://localhost'), u8(secure), u8(door));
const piece = (id, bytes) => frame(TYPE.PIECE, u64(id), Buffer.from(bytes));
const at = (name, where) => frame(TYPE.AT, text(name), position(where));
const archive = (type, realm, name, bytes, there, removed = 0) =>
  frame(type, text(realm), text(name), u64(bytes), u64(there), randomBytes(32), u8(removed));
const asked = (request) => [ask(1, request.length), piece(1, request)];
const AT_END = frame(TYPE.AT_END);

const toPrimary = () => [
  ...NAMES.map((name) => [`AT of ${JSON.stringify(name)}`, [at(name)]]),
  ['AT_END twice', [AT_END, AT_END]],
  ['a database at a position that was never', [at(file, { epoch: MOST, lsn: MOST, mark: MOST }), AT_END], true],
  ['a position of another history', [at(file, { epoch: 1, lsn: 3, mark: 12345 }), at('nobody', { epoch: 1, lsn: 1, mark: 1 }), AT_END], true],
  ['an ACK of what was never sent', [at(file, { epoch: 1, lsn: 1, mark: 1 }), AT_END, ...Array(3).fill(frame(TYPE.ACK, text(file), position({ epoch: MOST, lsn: MOST, mark: 1 })))]],
  ['ACKs of databases that are none', Array(2000).fill(frame(TYPE.ACK, text('nobody'), position({ epoch: 1, lsn: 1, mark: 1 }))), true],
  ['hashes that nobody asked for', [frame(TYPE.HASHES, text('nobody'), u32(1), u32(1), u64(1))]],
  ['hashes from page 0', [frame(TYPE.HASHES, text(file), u32(0), u32(1), u64(1))]],
  ['hashes beyond the last page', [frame(TYPE.HASHES, text(file), u32(0xffffffff), u32(0xffffffff), u64(1), u64(2))]],
  ['half a hash', [frame(TYPE.HASHES, text(file), u32(1), u32(9), u32(1))]],
  ['an archive that was not offered', [archive(TYPE.ARCHIVE_ACK, file, '2026-09', 10, 5), AT_END], true],
  ['an archive of which more is there than it has', [archive(TYPE.ARCHIVE_ACK, file, '2026-09', 10, 11)]],
  ['what only a primary says', [frame(TYPE.GONE, text(file))]],
  ['a snapshot', [frame(TYPE.SNAPSHOT, text('peru'), text(file), position(), u32(1), u32(1), u8(0))]],
  ['settings', [frame(TYPE.SETTINGS, u16(0))]],
  ['a promise for a century', [beat({ promised: Date.now(), lease: 0xffffffff })]],
  ['promises that nobody asked for', Array(2000).fill(beat({ promised: MOST >> 1n, lease: 60000 })), true],
  ['a request of no bytes', [ask(1, 0)]],
  ['a request of gigabytes', [ask(1, 0xffffffff)]],
  ['the same request twice', [ask(1, 10), ask(1, 10)]],
  ['more of a request than was announced', [ask(1, 10), piece(1, 'x'.repeat(11))]],
  ['a piece of nothing', [ask(1, 10), piece(1, '')]],
  ['a piece of a request that nobody announced', [piece(7, 'x')], true],
  ['a door of the machine itself', [ask(1, 10, { door: 2 })]],
  ['more requests than there is room for', Array.from({ length: 5000 }, (_, i) => ask(i + 1, 1 << 20)), true],
  ['a request that is none', asked('GARBAGE\r\n\r\n'), true],
  ['a request that is two', asked('GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\n'), true],
  ['a request with two lengths', asked('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), true],
  ['a request for the other listener', asked('GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n'), true],
  ['a client that is no address', [ask(1, 40, { client: "x'; --" }), piece(1, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.padEnd(40))], true],
  ['an address with a line break', [ask(1, 40, { client: '1.2.3.4\r\n' })]],
  ['more databases than a node has', Array.from({ length: 101000 }, (_, i) => at(`db${i}`))],
];

test('RP-03: a primary bears what a standby with the real key says', async () => {
  standby.child.kill('SIGSTOP'); // it keeps its ports
  const before = kept(world.server.data);
  await isTaken(asStandby, ports.primary);
  await greetBadly(asStandby, ports.primary, world.server);
  await attack(asStandby, ports.primary, world.server, null, toPrimary());
  const deaf = await greet(asStandby, ports.primary, null, 'deaf'); // asks, and takes no answer
  deaf.socket.pause();
  const question = Buffer.concat(Array(5000).fill(beat({ said: 1 })));
  for (let i = 0; i < 40 && !deaf.isOver; i++) await new Promise((resolve) => { deaf.socket.write(question, resolve); setTimeout(resolve, 200); });
  await lives(world.server, 'a peer that takes nothing');
  await deaf.close();
  assert.match(world.server.log, /the peer said what makes no sense: its connection ended/);
  assert.ok(memoryOf(world.server) < MEMORY_KB, `${memoryOf(world.server)} KB`);
  assert.deepEqual(kept(world.server.data), before);
  assert.equal((await world.server.cli.json('status')).epoch, 1);
  standby.child.kill('SIGCONT');
  await areTheSame();
});

// --- A primary that is none ---

const commit = (name, { before, after, pageCount = 1, count = 1, changed = 0, changes = [], realm = 'peru' } = {}) =>
  frame(TYPE.COMMIT, text(realm), text(name), position(before), position(after), u64(Date.now()), u32(pageCount), u32(count), u8(changed), u16(changes.length),
    ...changes.map(([kind, key]) => Buffer.concat([u8(kind), u64(key)])));
const snapshot = (name, { where, pageCount = 1, count = 1, difference = 0, realm = 'peru' } = {}) =>
  frame(TYPE.SNAPSHOT, text(realm), text(name), position(where), u32(pageCount), u32(count), u8(difference));
const snapshotEnd = (name) => frame(TYPE.SNAPSHOT_END, text(name));
const next = (p) => ({ epoch: p.epoch, lsn: p.lsn + 1n, mark: 99n });

const toStandby = () => [
  ...NAMES.map((name) => [`GONE of ${JSON.stringify(name)}`, [frame(TYPE.GONE, text(name))]]),
  ...NAMES.map((name) => [`a commit of ${JSON.stringify(name)}`, [commit(name)]]),
  ...NAMES.map((name) => [`an archive ${JSON.stringify(name)}`, [archive(TYPE.ARCHIVE, file, name, 10, 0)]]),
  ['the end of the list of realms', [frame(TYPE.GONE, text('master'))]],
  ['pages of nothing', [pages(page(1))]],
  ['no pages', [frame(TYPE.PAGES, u16(0))]],
  ['half a page', [commit(file), frame(TYPE.PAGES, u16(1), u32(1), Buffer.alloc(100))]],
  ['page 0', [commit(file), pages(page(0))]],
  ['a page beyond the last', [commit(file, { pageCount: 2 }), pages(page(3))]],
  ['pages out of order', [commit(file, { pageCount: 9, count: 2 }), pages(page(5), page(4))]],
  ['the same page twice', [commit(file, { pageCount: 9, count: 2 }), pages(page(5)), pages(page(5))]],
  ['more pages than were announced', [commit(file, { pageCount: 9 }), pages(page(1), page(2))]],
  ['a commit of no pages', [commit(file, { count: 0 })]],
  ['a commit of more pages than there are', [commit(file, { pageCount: 2, count: 3 })]],
  ['a commit of gigabytes', [commit(file, { pageCount: 0xffffffff, count: 0xffffffff })]],
  ['a commit within a commit', [commit(file), commit(file)]],
  ['something else within a commit', [commit(file), frame(TYPE.SETTINGS, u16(0))]],
  ['changes of kinds that are none', [commit(file, { changed: 255 })]],
  ['more changes than a message has', [commit(file, { changes: Array.from({ length: 2000 }, () => [1, 1]) })]],
  ['rows of kinds that are not known', [commit(file, { changed: 2, changes: [[200, MOST], [255, 0]] }), pages(page(1))], true],
  ['a commit that leads on from nothing', [commit(file, { before: { epoch: MOST, lsn: MOST, mark: MOST }, after: { epoch: MOST, lsn: MOST, mark: MOST } }), pages(page(1))], true],
  ['a commit of a database that is not there', [commit('nobody', { before: { epoch: 1, lsn: 1, mark: 1 }, after: { epoch: 1, lsn: 2, mark: 2 } }), pages(page(1))], true],
  ['the same commits again and again', Array(50).fill([commit(file, { before: { epoch: 1, lsn: 1, mark: 1 }, after: { epoch: 1, lsn: 2, mark: 2 } }), pages(page(1))]).flat(), true],
  ['a snapshot of terabytes', [snapshot('intruder', { pageCount: 0xffffffff, count: 0xffffffff, where: { epoch: 1, lsn: 1, mark: 1 } }), pages(page(1, noise()))], true],
  ['a whole that is not whole', [snapshot('intruder', { pageCount: 5, count: 4 })]],
  ['two snapshots at once', [snapshot('intruder'), snapshot('intruder')]],
  ['the end of a snapshot that never began', [snapshotEnd('intruder')]],
  ['the end of a snapshot whose pages did not come', [snapshot('intruder', { pageCount: 2, count: 2 }), pages(page(1)), snapshotEnd('intruder')]],
  ['the end of another snapshot', [snapshot('intruder'), pages(page(1)), snapshotEnd('other')]],
  ['a difference from what nobody said', [snapshot(file, { difference: 1, pageCount: 9 }), pages(page(1)), snapshotEnd(file)]],
  ['a database of noise', [snapshot('intruder', { pageCount: 8, count: 8, where: { epoch: 1, lsn: 1, mark: 1 } }), pages(...Array.from({ length: 8 }, (_, i) => page(i + 1, noise()))), snapshotEnd('intruder')]],
  ['a file of nothing', [archive(TYPE.ARCHIVE, file, '2026-09', 0, 0)]],
  ['a file without end', [archive(TYPE.ARCHIVE, file, '2026-09', MOST >> 1n, 0), frame(TYPE.BYTES, randomBytes(1000))], true],
  ['more of a file than it has', [archive(TYPE.ARCHIVE, file, '2026-09', 10, 0), frame(TYPE.BYTES, randomBytes(11))]],
  ['a file that is not what was announced', [archive(TYPE.ARCHIVE, file, '2026-09', 10, 0), frame(TYPE.BYTES, randomBytes(10)), frame(TYPE.ARCHIVE_END, text(file))]],
  ['bytes of no file', [frame(TYPE.BYTES, randomBytes(10))]],
  ['the end of no file', [frame(TYPE.ARCHIVE_END, text(file))]],
  ['what only a standby says', [at(file)]],
  ['settings beyond counting', [frame(TYPE.SETTINGS, u16(65535))]],
  ['settings that are none', [frame(TYPE.SETTINGS, u16(3), text('mode'), text('never'), text('witness'), text('x'.repeat(60000)), text('unknown'), text('\0\r\n'))], true],
  ['an answer that nobody waits for', [frame(TYPE.ANSWER, u64(77), u32(8 << 20), u8(0)), piece(77, 'x'.repeat(1000))], true],
  ['an answer of gigabytes', [frame(TYPE.ANSWER, u64(1), u32(0xffffffff), u8(0))]],
  ['FENCED by an epoch beyond all', [frame(TYPE.FENCED, u64(MOST), text('I reign'))]],
  ['FENCED with words that would be lines of the log', [frame(TYPE.FENCED, u64(1), text('a\nb'))]],
  ['a question for a lease of a century', [beat({ asked: 1, lease: 0xffffffff })]],
  ['dates from tomorrow', Array(1000).fill(beat({ said: MOST >> 1n, complete: 1 })), true],
  ['pages for a database, as noise, from where it stands', (peer) => {
    const p = peer.positions()[file];
    return [commit(file, { before: p, after: next(p), pageCount: 40, count: 3, changed: 4 }), pages(page(2, noise()), page(3, noise()), page(5, noise()))];
  }, true],
];

test('RP-03: a standby bears what a primary with the real key says', async () => {
  world.server.child.kill('SIGSTOP');
  const before = kept(standby.data);
  await isTaken(asPrimary, ports.standby, TYPE.AT_END);
  await greetBadly(asPrimary, ports.standby, standby);
  await attack(asPrimary, ports.standby, standby, TYPE.AT_END, toStandby());
  assert.match(standby.log, /the peer said what makes no sense: its connection ended/);
  assert.ok(memoryOf(standby) < MEMORY_KB, `${memoryOf(standby)} KB`);
  assert.equal((await standby.cli.json('status')).epoch, 1);
  world.server.child.kill('SIGCONT');
  await areTheSame();
  assert.deepEqual(kept(standby.data), before);
  assert.deepEqual(await users(standby), await users(world.server));
});
