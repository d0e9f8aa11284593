// gRPC clients against the running server: stubs from the product's own proto files, and HTTP/2
// frames that no well-behaved client would send.
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Server, freePort } from './server.mjs';

export { grpc };
const protos = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../static/proto');

export function load(file) {
  const definition = protoLoader.loadSync(file, {
    includeDirs: [protos, '/usr/include'], keepCase: false, enums: String, longs: Number, defaults: true, oneofs: true,
  });
  return grpc.loadPackageDefinition(definition);
}

export async function startGrpc(options = {}) {
  const ports = { web: await freePort(), management: await freePort(), redirect: await freePort(), grpc: await freePort() };
  return Server.start({ ...options, ports });
}

// A stub of a service on the server; close() it.
export function client(server, Service, credentials = grpc.credentials.createInsecure(), options = {}) {
  return new Service(`localhost:${server.ports.grpc}`, credentials, options);
}

// unary(stub, 'check', request, metadata, options) -> answer, or throws grpc's error
export function unary(stub, method, request, metadata = new grpc.Metadata(), options = {}) {
  return new Promise((resolve, reject) => {
    stub[method](request, metadata, { deadline: Date.now() + 60000, ...options }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

export const codeOf = (promise) => promise.then(() => 'OK', (error) => grpc.status[error.code]);

// --- raw frames ---

export const FRAME = { DATA: 0, HEADERS: 1, RST_STREAM: 3, SETTINGS: 4, PING: 6, GOAWAY: 7, WINDOW_UPDATE: 8, CONTINUATION: 9 };
export const END_STREAM = 1;
export const END_HEADERS = 4;
export const ACK = 1;
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const H2 = { NO_ERROR: 0, PROTOCOL_ERROR: 1, FLOW_CONTROL_ERROR: 3, FRAME_SIZE_ERROR: 6, REFUSED_STREAM: 7, CANCEL: 8, COMPRESSION_ERROR: 9, ENHANCE_YOUR_CALM: 11 };

export function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

// HPACK without compression: literal fields that are not indexed (RFC 7541 6.2.2).
function hpackInt(value, bits) {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.from([value]);
  const bytes = [most];
  for (value -= most; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
}
const hpackText = (text) => Buffer.concat([hpackInt(Buffer.byteLength(text), 7), Buffer.from(text)]);
export const field = (name, value) => Buffer.concat([Buffer.from([0]), hpackText(name), hpackText(value)]);

export function requestHeaders(path_, extra = []) {
  const fields = [[':method', 'POST'], [':scheme', 'http'], [':path', path_], [':authority', 'localhost'],
    ['content-type', 'application/grpc'], ['te', 'trailers'], ...extra];
  return Buffer.concat(fields.map(([name, value]) => field(name, value)));
}

export const grpcMessage = (bytes = Buffer.alloc(0), flag = 0) => {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
};

export const HEALTH = '/grpc.health.v1.Health/Check';

// A connection that speaks frames: received frames gather in `frames`.
export class Raw {
  static async open(server, { greet = true } = {}) {
    const raw = new Raw();
    raw.socket = net.connect({ host: '127.0.0.1', port: server.ports.grpc });
    raw.frames = [];
    raw.waiters = [];
    raw.bytes = Buffer.alloc(0);
    raw.closed = new Promise((resolve) => raw.socket.on('close', resolve));
    raw.socket.on('error', () => {});
    raw.socket.on('end', () => { raw.ended = true; raw.wake(); });
    raw.socket.on('close', () => { raw.ended = true; raw.wake(); });
    raw.socket.on('data', (chunk) => raw.take(chunk));
    await new Promise((resolve, reject) => raw.socket.once('connect', resolve).once('error', reject));
    if (greet) raw.send(PREFACE, frame(FRAME.SETTINGS, 0, 0));
    return raw;
  }

  take(chunk) {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    while (this.bytes.length >= 9) {
      const length = this.bytes.readUIntBE(0, 3);
      if (this.bytes.length < 9 + length) break;
      this.frames.push({ type: this.bytes[3], flags: this.bytes[4], stream: this.bytes.readUInt32BE(5) & 0x7fffffff, payload: this.bytes.subarray(9, 9 + length) });
      this.bytes = this.bytes.subarray(9 + length);
    }
    this.wake();
  }

  wake() { this.waiters.splice(0).forEach((resolve) => resolve()); }

  // Resolves once it is written or the peer is gone.
  send(...buffers) {
    return new Promise((resolve) => {
      if (this.ended || this.socket.destroyed) return resolve();
      this.socket.once('close', resolve);
      return this.socket.write(Buffer.concat(buffers), () => { this.socket.off('close', resolve); resolve(); });
    });
  }

  // The first frame that fits; undefined when the connection ends without one.
  async wait(fits) {
    for (;;) {
      const found = this.frames.find(fits);
      if (found || this.ended) return found;
      await new Promise((resolve) => this.waiters.push(resolve));
    }
  }

  // The error code of GOAWAY; undefined when there is none.
  async goaway() {
    const found = await this.wait((f) => f.type === FRAME.GOAWAY);
    return found?.payload.readUInt32BE(4);
  }

  async reset(stream) {
    const found = await this.wait((f) => f.type === FRAME.RST_STREAM && f.stream === stream);
    return found?.payload.readUInt32BE(0);
  }

  // The last HEADERS of a stream, as text with what is readable of it.
  async end(stream) {
    const found = await this.wait((f) => f.type === FRAME.HEADERS && f.stream === stream && (f.flags & END_STREAM));
    return found?.payload;
  }

  call(stream, path_ = HEALTH, message = grpcMessage(), extra = []) {
    return this.send(frame(FRAME.HEADERS, END_HEADERS, stream, requestHeaders(path_, extra)), frame(FRAME.DATA, END_STREAM, stream, message));
  }

  close() { this.socket.destroy(); }
}
