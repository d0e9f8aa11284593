// HT-07: what HTTP/2 lets a hostile peer do. Each abuse ends its own connection, with the code that
// belongs to it, while another client is served all along.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { ACK, END_HEADERS, END_STREAM, FRAME, H2, HEALTH, PREFACE, Raw, client, field, frame, grpc, grpcMessage, load, requestHeaders, startGrpc, unary } from './lib/grpc.mjs';
import { request } from './lib/http.mjs';
import { sleep, until } from './lib/server.mjs';

const { Health } = load('grpc/health/v1/health.proto').grpc.health.v1;
let server, stub;

before(async () => {
  server = await startGrpc({ args: ['--grpc-idle-timeout', '2', '--grpc-max-connections', '40', '--header-timeout', '2'] });
  stub = client(server, Health);
});
after(async () => {
  stub.close();
  await server.stop();
});

const othersAreServed = async () => assert.equal((await unary(stub, 'check', {}, new grpc.Metadata({ waitForReady: true }))).status, 'SERVING');
const metric = async (name) => Number((await request(`${server.management}/metrics`)).text.match(new RegExp(`^${name} (\\d+)$`, 'm'))?.[1]);
const memoryKiB = () => Number(readFileSync(`/proc/${server.child.pid}/status`, 'latin1').match(/VmRSS:\s+(\d+)/)[1]);

// Sends batches until the server says goodbye; the batches are far more than any limit.
async function flood(raw, batch, batches = 200) {
  for (let i = 0; i < batches && !raw.ended; i++) {
    await raw.send(batch(i));
    if (raw.frames.some((f) => f.type === FRAME.GOAWAY)) break;
  }
  const code = await raw.goaway();
  raw.close();
  await othersAreServed();
  return code;
}

test('HT-07 rapid reset: streams that are opened and reset', async () => {
  const raw = await Raw.open(server);
  const code = await flood(raw, (i) => Buffer.concat(Array.from({ length: 100 }, (_, n) => {
    const stream = 1 + 2 * (i * 100 + n);
    return Buffer.concat([frame(FRAME.HEADERS, END_HEADERS, stream, requestHeaders(HEALTH)), frame(FRAME.RST_STREAM, 0, stream, Buffer.from([0, 0, 0, 8]))]);
  })));
  assert.equal(code, H2.ENHANCE_YOUR_CALM);
});

test('HT-07 a client that cancels now and then is no flood', async () => {
  const raw = await Raw.open(server);
  for (let stream = 1; stream < 100; stream += 2)
    await raw.send(frame(FRAME.HEADERS, END_HEADERS, stream, requestHeaders(HEALTH)), frame(FRAME.RST_STREAM, 0, stream, Buffer.from([0, 0, 0, 8])));
  await raw.call(101);
  assert.ok(await raw.end(101));
  raw.close();
});

test('HT-07 CONTINUATION flood: a header block without an end', async () => {
  const raw = await Raw.open(server);
  await raw.send(frame(FRAME.HEADERS, 0, 1, requestHeaders(HEALTH)));
  const code = await flood(raw, () => frame(FRAME.CONTINUATION, 0, 1, field('x-more', 'a'.repeat(1000))));
  assert.ok([H2.ENHANCE_YOUR_CALM, H2.PROTOCOL_ERROR].includes(code), `code ${code}`);
});

test('HT-07 CONTINUATION flood with empty frames', async () => {
  const raw = await Raw.open(server);
  await raw.send(frame(FRAME.HEADERS, 0, 1, requestHeaders(HEALTH)));
  const code = await flood(raw, () => Buffer.concat(Array.from({ length: 50 }, () => frame(FRAME.CONTINUATION, 0, 1))));
  assert.ok([H2.ENHANCE_YOUR_CALM, H2.PROTOCOL_ERROR].includes(code), `code ${code}`);
});

test('HT-07 header bomb: a few bytes of HPACK that stand for megabytes', async () => {
  const raw = await Raw.open(server);
  const before = memoryKiB();
  // An entry of the dynamic table with 4000 bytes, then references to it (index 62), a byte each.
  const big = Buffer.concat([Buffer.from([0x40]), Buffer.from([1]), Buffer.from('a'), Buffer.from([0x7f, 0xa1, 0x1e]), Buffer.alloc(4000, 97)]);
  const bomb = (stream) => frame(FRAME.HEADERS, END_HEADERS | END_STREAM, stream, Buffer.concat([requestHeaders(HEALTH), stream === 1 ? big : Buffer.alloc(0), Buffer.alloc(8000, 0xbe)]));
  const code = await flood(raw, (i) => bomb(1 + 2 * i));
  assert.equal(code, H2.ENHANCE_YOUR_CALM);
  assert.ok(memoryKiB() - before < 64 * 1024, 'memory stays flat');
});

test('HT-07 too much metadata fails the call, not the connection', async () => {
  const raw = await Raw.open(server);
  const extra = Array.from({ length: 5 }, (_, i) => [`x-${i}`, 'a'.repeat(3900)]);
  const block = requestHeaders(HEALTH, extra);
  await raw.send(frame(FRAME.HEADERS, 0, 1, block.subarray(0, 16000)), frame(FRAME.CONTINUATION, END_HEADERS, 1, block.subarray(16000)), frame(FRAME.DATA, END_STREAM, 1, grpcMessage()));
  assert.match((await raw.end(1)).toString('latin1'), /8|too much metadata/);
  await raw.call(3);
  assert.ok(await raw.end(3));
  raw.close();
});

test('HT-07 PING flood', async () => {
  const raw = await Raw.open(server);
  assert.equal(await flood(raw, () => Buffer.concat(Array.from({ length: 100 }, () => frame(FRAME.PING, 0, 0, Buffer.alloc(8))))), H2.ENHANCE_YOUR_CALM);
});

test('HT-07 SETTINGS flood', async () => {
  const raw = await Raw.open(server);
  assert.equal(await flood(raw, () => Buffer.concat(Array.from({ length: 100 }, () => frame(FRAME.SETTINGS, 0, 0)))), H2.ENHANCE_YOUR_CALM);
});

test('HT-07 SETTINGS with thousands of entries', async () => {
  const raw = await Raw.open(server);
  const entries = Buffer.alloc(6 * 1000);
  for (let i = 0; i < 1000; i++) entries.writeUInt16BE(0x99, i * 6);
  await raw.send(frame(FRAME.SETTINGS, 0, 0, entries));
  assert.equal(await raw.goaway(), H2.ENHANCE_YOUR_CALM);
  await othersAreServed();
});

test('HT-07 floods of frames that carry nothing', async () => {
  for (const empty of [
    frame(FRAME.WINDOW_UPDATE, 0, 0, Buffer.from([0, 0, 0, 1])),
    frame(2, 0, 1, Buffer.from([0, 0, 0, 0, 1])), // PRIORITY
    frame(0xbe, 0, 0, Buffer.alloc(1)), // of a type that nobody knows
    frame(FRAME.PING, ACK, 0, Buffer.alloc(8)),
  ]) {
    const raw = await Raw.open(server);
    assert.equal(await flood(raw, () => Buffer.concat(Array.from({ length: 100 }, () => empty))), H2.ENHANCE_YOUR_CALM, `frame type ${empty[3]}`);
  }
  const raw = await Raw.open(server);
  await raw.send(frame(FRAME.HEADERS, END_HEADERS, 1, requestHeaders(HEALTH)));
  assert.equal(await flood(raw, () => Buffer.concat(Array.from({ length: 100 }, () => frame(FRAME.DATA, 0, 1)))), H2.ENHANCE_YOUR_CALM);
});

test('HT-07 more calls at once than allowed are refused', async () => {
  const raw = await Raw.open(server);
  for (let n = 0; n < 101; n++) await raw.send(frame(FRAME.HEADERS, END_HEADERS, 1 + 2 * n, requestHeaders(HEALTH)));
  assert.equal(await raw.reset(201), H2.REFUSED_STREAM);
  raw.close();
  await othersAreServed();
});

test('HT-07 what is no HTTP/2 gets no further', async () => {
  const raw = await Raw.open(server, { greet: false });
  await raw.send(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
  assert.equal(await raw.goaway(), H2.PROTOCOL_ERROR);
  await othersAreServed();
});

test('HT-07 oversized frame', async () => {
  const raw = await Raw.open(server);
  await raw.send(frame(FRAME.DATA, 0, 1, Buffer.alloc(20000)));
  assert.equal(await raw.goaway(), H2.FRAME_SIZE_ERROR);
  await othersAreServed();
});

test('HT-07 a message that says to be larger than allowed costs nothing', async () => {
  const raw = await Raw.open(server);
  const head = Buffer.from([0, 0xff, 0xff, 0xff, 0xff]);
  await raw.send(frame(FRAME.HEADERS, END_HEADERS, 1, requestHeaders(HEALTH)), frame(FRAME.DATA, 0, 1, head));
  assert.match((await raw.end(1)).toString('latin1'), /8|too large/);
  assert.equal(await raw.reset(1), H2.NO_ERROR);
  assert.ok(await metric('garita_grpc_held_bytes') < 4096);
  raw.close();
});

test('HT-07 a peer that never reads is given up on', async () => {
  const raw = await Raw.open(server);
  raw.socket.pause();
  // Answers pile up; the server stops to read, then ends it.
  let stream = 1;
  for (let i = 0; i < 400 && !raw.ended; i++) {
    const batch = [];
    for (let n = 0; n < 50; n++, stream += 2) batch.push(frame(FRAME.HEADERS, END_HEADERS, stream, requestHeaders('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo')), frame(FRAME.DATA, END_STREAM, stream, grpcMessage(Buffer.concat([Buffer.from([0x22, 22]), Buffer.from('grpc.health.v1.Health')]))));
    await Promise.race([raw.send(...batch), sleep(20)]);
    if (i % 50 === 0) await othersAreServed();
  }
  await until('the connection ended', async () => (await metric('garita_grpc_connections')) <= 1, 90000, 200);
  raw.close();
  await othersAreServed();
});

test('HT-07 half-open and idle connections end, others stay', async () => {
  const silent = await Raw.open(server, { greet: false });
  const idle = await Raw.open(server);
  const half = net.connect({ host: '127.0.0.1', port: server.ports.grpc });
  half.on('error', () => {});
  const halfClosed = new Promise((resolve) => half.on('close', resolve));
  half.write(PREFACE.subarray(0, 10));
  half.resume();
  assert.equal(await idle.goaway(), H2.NO_ERROR);
  await Promise.all([silent.closed, halfClosed]);
  silent.close();
  await othersAreServed();
});

test('HT-07 a crowd of idle connections locks nobody out', async () => {
  const crowd = await Promise.all(Array.from({ length: 120 }, () => Raw.open(server)));
  const fresh = client(server, Health, grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  assert.equal((await unary(fresh, 'check', {})).status, 'SERVING');
  fresh.close();
  assert.ok(await metric('garita_grpc_connections') <= 41);
  crowd.forEach((raw) => raw.close());
  await othersAreServed();
});
