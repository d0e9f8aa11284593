// A node's peer that has its real key and says whatever a test wants: frames of store/repl/message.h, good and
// bad ones.
import { createPrivateKey } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { tempFolder } from './server.mjs';

export const TYPE = Object.fromEntries(['', 'HELLO', 'FENCED', 'REFUSED', 'AT', 'AT_END', 'SETTINGS', 'SNAPSHOT', 'SNAPSHOT_END', 'COMMIT', 'PAGES',
  'ACK', 'GONE', 'ARCHIVE', 'BYTES', 'ARCHIVE_END', 'ARCHIVE_ACK', 'HASHES', 'HEARTBEAT', 'ASK', 'ANSWER', 'PIECE'].map((name, i) => [name, i]));
export const ROLE = { ALONE: 0, PRIMARY: 1, STANDBY: 2 };
export const PAGE_BYTES = 2048;
export const VERSION = 3;

export const u8 = (n) => Buffer.from([n]);
export const u16 = (n) => { const b = Buffer.alloc(2); b.writeUInt16BE(n); return b; };
export const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
export const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };
export const text = (s) => { const b = Buffer.from(s); return Buffer.concat([u16(b.length), b]); };
export const frame = (type, ...parts) => {
  const body = Buffer.concat([u8(type), ...parts]);
  return Buffer.concat([u32(body.length), body]);
};
export const position = ({ epoch, lsn, mark } = { epoch: 0, lsn: 0, mark: 0 }) => Buffer.concat([u64(epoch), u64(lsn), u64(mark)]);
export const MOST = 2n ** 64n - 1n;

export const beat = ({ epoch = 1, wall = 0, sent = 0, asked = 0, promised = 0, lease = 0, said = 0, complete = 0 } = {}) =>
  frame(TYPE.HEARTBEAT, u64(epoch), u64(wall), u64(sent), u64(asked), u64(promised), u32(lease), u64(said), u8(complete));

function certificateOf(data) {
  const folder = tempFolder('peer');
  const der = readFileSync(path.join(data, 'replication/link.key'));
  let key;
  for (const type of ['pkcs8', 'sec1']) try { key ??= createPrivateKey({ key: der, format: 'der', type }); } catch { /* the other one */ }
  const pem = key.export({ format: 'pem', type: 'pkcs8' });
  const file = path.join(folder, 'key.pem');
  writeFileSync(file, pem, { mode: 0o600 });
  const cert = execFileSync('openssl', ['req', '-x509', '-key', file, '-days', '2', '-subj', '/CN=peer'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  rmSync(folder, { recursive: true });
  return { key: pem, cert };
}

// Who the node of this folder is to its peer.
export class Identity {
  constructor(data) {
    this.state = JSON.parse(readFileSync(path.join(data, 'replication/node'), 'utf8'));
    this.credentials = certificateOf(data);
  }

  hello(more = {}) {
    const h = { version: VERSION, page: PAGE_BYTES, cluster: this.state.cluster, node: this.state.id, address: 'localhost:1',
      role: this.state.role === 'primary' ? ROLE.PRIMARY : ROLE.STANDBY, epoch: this.state.epoch, ...more };
    return frame(TYPE.HELLO, u32(h.version), u32(h.page), text(h.cluster), text(h.node), text(h.address), u8(h.role), u64(h.epoch), u64(Date.now()));
  }

  async dial(port) {
    const peer = new Peer();
    await peer.open(port, this.credentials);
    return peer;
  }
}

export class Peer {
  #in = Buffer.alloc(0);
  messages = []; // of the node: { type, body }
  isOver = false;

  open(port, credentials) {
    this.socket = tls.connect({ host: '127.0.0.1', port, ...credentials, ALPNProtocols: ['garita-replication'], minVersion: 'TLSv1.3', rejectUnauthorized: false });
    this.socket.on('data', (chunk) => this.#take(chunk));
    this.ended = new Promise((resolve) => this.socket.on('close', () => { this.isOver = true; resolve(); }));
    return new Promise((resolve, reject) => { this.socket.on('secureConnect', resolve).on('error', reject); });
  }

  #take(chunk) {
    this.#in = Buffer.concat([this.#in, chunk]);
    while (this.#in.length >= 4 && this.#in.length >= 4 + this.#in.readUInt32BE()) {
      const end = 4 + this.#in.readUInt32BE();
      this.messages.push({ type: this.#in[4], body: this.#in.subarray(5, end) });
      this.#in = this.#in.subarray(end);
    }
  }

  send(...frames) { if (!this.isOver) this.socket.write(Buffer.concat(frames)); }
  has(type) { return this.messages.find((m) => m.type === type); }

  // Where the databases of a standby stand, by file.
  positions() {
    return Object.fromEntries(this.messages.filter((m) => m.type === TYPE.AT).map(({ body }) => {
      const at = 2 + body.readUInt16BE();
      return [body.subarray(2, at).toString(), { epoch: body.readBigUInt64BE(at), lsn: body.readBigUInt64BE(at + 8), mark: body.readBigUInt64BE(at + 16) }];
    }));
  }

  close() {
    this.socket.destroy();
    return this.ended;
  }
}
