// Many slow peers at once: they hold no thread, are dropped in time, and others do not notice (HT-02).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { connect, readAll } from './lib/raw.mjs';
import { RELEASE_BIN, sleep } from './lib/server.mjs';
import { World } from './lib/world.mjs';

const COUNT = 10000;
let world, server, portal, host;
before(async () => {
  // the limit of open files is the shell's business: 10,000 sockets here and 10,000 there
  world = await World.open({ bin: RELEASE_BIN, wrapper: ['sh', '-c', 'ulimit -n 65536; exec "$@"', 'sh'] });
  server = world.server;
  host = new URL(server.origin).host;
  portal = await world.addClient('portal', { serviceAccount: true });
});
after(() => world.close());

const openFileLimit = () => Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))[1]);
const residentMiB = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]) / 1024;

async function openSlow(count, bytes) {
  const { port } = new URL(server.origin);
  const sockets = [];
  for (let i = 0; i < count; i += 250) {
    await Promise.all(Array.from({ length: Math.min(250, count - i) }, () => new Promise((resolve) => {
      const socket = net.connect({ host: '127.0.0.1', port: Number(port) }, () => { socket.write(bytes); resolve(); });
      socket.on('error', resolve);
      socket.on('data', () => {});
      sockets.push(socket);
    })));
  }
  return sockets;
}

const started = `POST /realms/peru/protocol/openid-connect/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
const shapes = { headers: started, body: `${started}Content-Length: 1000\r\n\r\na=`, nothing: '' };

test(`HT-02: ${COUNT} slow connections, and a normal client is served`, async (t) => {
  const count = Math.min(COUNT, openFileLimit() - 500);
  const before = residentMiB();
  const kinds = Object.values(shapes);
  const sockets = [];
  for (const bytes of kinds) sockets.push(...(await openSlow(Math.ceil(count / kinds.length), bytes)));
  const drip = setInterval(() => { for (let i = 0; i < sockets.length; i += 37) if (sockets[i].writable) sockets[i].write('x'); }, 500);
  const times = [];
  for (let i = 0; i < 40; i++) {
    const start = Date.now();
    const reply = await portal.service();
    assert.equal(reply.status, 200);
    times.push(Date.now() - start);
    await sleep(50);
  }
  times.sort((a, b) => a - b);
  t.diagnostic(`${sockets.length} slow connections; a token took ${times[20]} ms in the middle, ${times.at(-1)} ms at worst; memory ${before.toFixed(0)} -> ${residentMiB().toFixed(0)} MiB`);
  assert.ok(times[20] < 10000);
  clearInterval(drip);
  sockets.forEach((s) => s.destroy());
});

for (const [name, bytes] of Object.entries(shapes)) {
  test(`HT-02: a peer that sends ${name} and then nothing is dropped`, { timeout: 120000 }, async () => {
    const socket = await connect(server);
    const answer = readAll(socket, 90000);
    if (bytes) socket.write(bytes);
    const start = Date.now();
    const { closed } = await answer;
    assert.ok(closed, `still open after ${Date.now() - start} ms`);
  });
}

test('HT-02: a reader that never reads does not hold the others', async () => {
  const one = `GET /realms/peru/.well-known/openid-configuration HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const sockets = await Promise.all(Array.from({ length: 50 }, () => connect(server)));
  for (const socket of sockets) {
    socket.pause();
    socket.write(one.repeat(2000));
  }
  for (let i = 0; i < 10; i++) assert.equal((await portal.service()).status, 200);
  sockets.forEach((s) => s.destroy());
});
