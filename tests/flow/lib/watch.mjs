// WatchRevocations by stock clients of every protocol, all the same to a test.
import { Code } from '@connectrpc/connect';
import { grpc } from './grpc.mjs';
import { client as rpc, transports } from './rpc.mjs';

class Watch {
  constructor(cancel) {
    this.heard = [];
    this.waiters = [];
    this.cancel = cancel;
    this.code = new Promise((resolve) => { this.end = resolve; }); // "PermissionDenied"
    this.code.then((code) => { this.ended = code; this.wake(); });
  }

  wake() { this.waiters.splice(0).forEach((resolve) => resolve()); }

  hear(revocation) {
    this.heard.push(revocation);
    this.wake();
  }

  // Until so many were heard, or it has ended.
  async reach(count) {
    while (this.heard.length < count && !this.ended) await new Promise((resolve) => this.waiters.push(resolve));
    return this.heard[count - 1];
  }
}

const pascal = (name) => name.split('_').map((word) => word[0] + word.slice(1).toLowerCase()).join('');

export function watchGrpc(stub, headers, request = {}) {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const call = stub.watchRevocations(request, metadata);
  const watch = new Watch(() => call.cancel());
  call.on('data', (revocation) => watch.hear(revocation));
  call.on('status', ({ code }) => watch.end(pascal(grpc.status[code])));
  call.on('error', () => {});
  return watch;
}

// kind: one of transports
export function watchRpc(server, kind, headers, request = {}, options = {}) {
  const abort = new AbortController();
  const watch = new Watch(() => abort.abort());
  (async () => {
    try {
      for await (const revocation of rpc(server, kind).watchRevocations(request, { headers, signal: abort.signal, ...options })) watch.hear(revocation);
      watch.end('Ok');
    } catch (error) {
      watch.end(Code[error.code]);
    }
  })();
  return watch;
}

// What is set of a message, without its number and time.
export const what = ({ number, at, realm, $typeName, ...fields }) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value && value !== ''));

export const overHttps = Object.keys(transports);
