// The gRPC server with a stock client: health, reflection, framing, TLS, the stop.
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor/index.js';
import { request } from './lib/http.mjs';
import { client, codeOf, grpc, grpcMessage, load, startGrpc, unary } from './lib/grpc.mjs';
import { until } from './lib/server.mjs';

const { Health } = load('grpc/health/v1/health.proto').grpc.health.v1;
const Reflection = load('grpc/reflection/v1/reflection.proto').grpc.reflection.v1.ServerReflection;
const ReflectionAlpha = load('grpc/reflection/v1alpha/reflection.proto').grpc.reflection.v1alpha.ServerReflection;

// One question of reflection and its answer.
function ask(stub, question) {
  return new Promise((resolve, reject) => {
    const chat = stub.serverReflectionInfo({ deadline: Date.now() + 60000 });
    chat.on('data', (answer) => { resolve(answer); chat.end(); });
    chat.on('error', reject);
    chat.on('end', () => reject(new Error('no answer')));
    chat.write(question);
  });
}

test('grpc health follows readiness', async () => {
  const server = await startGrpc();
  const stub = client(server, Health);
  assert.equal((await unary(stub, 'check', {})).status, 'SERVING');
  assert.equal((await unary(stub, 'check', { service: 'grpc.health.v1.Health' })).status, 'SERVING');
  assert.equal(await codeOf(unary(stub, 'check', { service: 'no.such.Service' })), 'NOT_FOUND');
  const watch = stub.watch({});
  const unknown = stub.watch({ service: 'no.such.Service' });
  const states = [];
  unknown.on('error', () => {});
  assert.equal((await new Promise((resolve) => unknown.once('data', resolve))).status, 'SERVICE_UNKNOWN');
  unknown.cancel();
  watch.on('data', (answer) => states.push(answer.status));
  const ended = new Promise((resolve) => watch.on('error', (error) => resolve(grpc.status[error.code])));
  await until('the first state', async () => states.length > 0);
  await server.stop();
  assert.equal(states[0], 'SERVING');
  assert.equal(await ended, 'UNAVAILABLE');
  stub.close();
});

test('grpc reflection describes every service, in both versions', async () => {
  const server = await startGrpc();
  for (const Service of [Reflection, ReflectionAlpha]) {
    const stub = client(server, Service);
    const list = (await ask(stub, { listServices: '*' })).listServicesResponse.service.map((s) => s.name);
    assert.ok(list.includes('grpc.health.v1.Health'));
    assert.equal(new Set(list).size, list.length);
    for (const name of list) {
      const { fileDescriptorResponse } = await ask(stub, { fileContainingSymbol: name });
      const files = fileDescriptorResponse.fileDescriptorProto.map((bytes) => protobuf.descriptor.FileDescriptorProto.decode(bytes));
      const root = protobuf.Root.fromDescriptor({ file: files });
      root.resolveAll();
      assert.ok(root.lookupService(name).methodsArray.length > 0);
    }
    const byName = await ask(stub, { fileByFilename: 'grpc/health/v1/health.proto' });
    assert.equal(byName.fileDescriptorResponse.fileDescriptorProto.length, 1);
    const nested = await ask(stub, { fileContainingSymbol: 'grpc.health.v1.HealthCheckResponse.ServingStatus' });
    assert.equal(nested.fileDescriptorResponse.fileDescriptorProto.length, 1);
    const method = await ask(stub, { fileContainingSymbol: 'grpc.health.v1.Health.Check' });
    assert.equal(method.fileDescriptorResponse.fileDescriptorProto.length, 1);
    for (const wrong of ['grpc.health.v1.Heal', 'grpc.health.v1', 'grpc.health.v1.Health.Chec', ''])
      assert.equal((await ask(stub, { fileContainingSymbol: wrong })).errorResponse.errorCode, grpc.status.NOT_FOUND, wrong);
    assert.equal((await ask(stub, { allExtensionNumbersOfType: 'x' })).errorResponse.errorCode, grpc.status.NOT_FOUND);
    stub.close();
  }
  await server.stop();
});

// Status and fields of an answer to a request that is made by hand.
function post(session, headers, body = grpcMessage()) {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', te: 'trailers', ...headers });
    let fields = {};
    stream.on('response', (head) => { fields = { ...fields, ...head }; });
    stream.on('trailers', (tail) => { fields = { ...fields, ...tail }; });
    stream.on('error', reject);
    stream.on('close', () => resolve(fields));
    stream.resume();
    stream.end(body);
  });
}

test('grpc says what is wrong with a request', async () => {
  const server = await startGrpc();
  const session = http2.connect(`http://localhost:${server.ports.grpc}`);
  const code = async (headers, body) => Number((await post(session, headers, body))['grpc-status']);
  assert.equal(await code({}), grpc.status.OK);
  assert.equal(await code({ 'content-type': 'application/grpc+proto' }), grpc.status.OK);
  assert.equal((await post(session, { 'content-type': 'application/json' }))[':status'], 415);
  assert.equal((await post(session, { 'content-type': 'application/grpcx' }))[':status'], 415);
  assert.equal((await post(session, { ':method': 'PUT' }))[':status'], 405);
  assert.equal(await code({ ':path': '/no.such.Service/Method' }), grpc.status.UNIMPLEMENTED);
  assert.equal(await code({ ':path': '/grpc.health.v1.Health/Check/' }), grpc.status.UNIMPLEMENTED);
  assert.equal(await code({ 'grpc-encoding': 'gzip' }, grpcMessage(Buffer.alloc(4), 1)), grpc.status.UNIMPLEMENTED);
  assert.equal(await code({}, grpcMessage(Buffer.alloc(4), 1)), grpc.status.INTERNAL);
  assert.equal(await code({}, grpcMessage(Buffer.alloc(4), 7)), grpc.status.INTERNAL);
  assert.equal(await code({}, Buffer.alloc(0)), grpc.status.INTERNAL);
  assert.equal(await code({}, Buffer.from([0, 0, 0, 0, 9, 1])), grpc.status.INTERNAL);
  assert.equal(await code({}, Buffer.concat([grpcMessage(), grpcMessage()])), grpc.status.INTERNAL);
  assert.equal(await code({}, grpcMessage(Buffer.from([0xff, 0xff]))), grpc.status.INVALID_ARGUMENT);
  assert.equal(await code({}, Buffer.from([0, 0x7f, 0xff, 0xff, 0xff])), grpc.status.RESOURCE_EXHAUSTED);
  assert.equal(await code({ 'grpc-timeout': 'soon' }), grpc.status.INTERNAL);
  assert.equal(await code({ 'grpc-timeout': '10S' }), grpc.status.OK);
  const unknown = await post(session, { ':path': '/no.such.Service/Method' });
  assert.match(unknown['grpc-message'], /^[\x20-\x7e]+$/);
  session.close();
  await server.stop();
});

test('grpc ends a call whose deadline passes, wherever it is', async () => {
  const server = await startGrpc();
  const session = http2.connect(`http://localhost:${server.ports.grpc}`);
  // The message never comes.
  const stream = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', 'grpc-timeout': '100m' }, { endStream: false });
  stream.on('error', () => {});
  const head = await new Promise((resolve) => stream.on('response', resolve));
  assert.equal(Number(head['grpc-status']), grpc.status.DEADLINE_EXCEEDED);
  session.close();
  const stub = client(server, Health);
  const watch = stub.watch({}, { deadline: Date.now() + 500 });
  watch.on('data', () => {});
  assert.equal(await new Promise((resolve) => watch.on('error', (error) => resolve(grpc.status[error.code]))), 'DEADLINE_EXCEEDED');
  stub.close();
  await server.stop();
});

test('grpc over TLS: ALPN h2, the same certificate, again after SIGHUP', async () => {
  const server = await startGrpc({ tls: true });
  const root = readFileSync(path.join(server.data, 'tls/tls.crt'));
  const stub = client(server, Health, grpc.credentials.createSsl(root));
  assert.equal((await unary(stub, 'check', {})).status, 'SERVING');
  const plain = client(server, Health);
  assert.equal(await codeOf(unary(plain, 'check', {}, undefined, { deadline: Date.now() + 3000 })), 'UNAVAILABLE');
  plain.close();
  server.child.kill('SIGHUP');
  await until('read again', async () => server.log.includes('read again'));
  const again = client(server, Health, grpc.credentials.createSsl(root), { 'grpc.use_local_subchannel_pool': 1 });
  assert.equal((await unary(again, 'check', {})).status, 'SERVING');
  assert.equal((await unary(stub, 'check', {})).status, 'SERVING');
  stub.close();
  again.close();
  await server.stop();
});

test('grpc without TLS is for loopback alone', async () => {
  const server = await startGrpc({ tls: true, wait: false, args: ['--grpc-plaintext', '--grpc-address', '0.0.0.0'] });
  const { code } = await server.ended;
  assert.notEqual(code, 0);
  assert.match(server.log, /loopback/);
  server.removeData();
});

test('grpc counts calls by method and status, and logs failed ones alone', async () => {
  const server = await startGrpc();
  const stub = client(server, Health);
  await unary(stub, 'check', {});
  await codeOf(unary(stub, 'check', { service: 'nope' }));
  const { text } = await request(`${server.management}/metrics`);
  assert.match(text, /garita_grpc_calls_total\{service="grpc.health.v1.Health",method="Check",status="OK"\} 1\n/);
  assert.match(text, /garita_grpc_calls_total\{service="grpc.health.v1.Health",method="Check",status="NOT_FOUND"\} 1\n/);
  assert.match(text, /garita_grpc_connections 1\n/);
  const lines = server.log.split('\n').filter((line) => line.includes('"component":"grpc"'));
  assert.equal(lines.length, 1);
  assert.match(lines[0], /NOT_FOUND/);
  stub.close();
  await server.stop();
});
