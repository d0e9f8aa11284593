// Raw sockets, for requests that no well-behaved client would send.
import net from 'node:net';
import tls from 'node:tls';

export function connect(server) {
  const { port, protocol } = new URL(server.origin);
  return new Promise((resolve, reject) => {
    const open = { host: '127.0.0.1', port: Number(port), family: 4, rejectUnauthorized: false };
    const socket = protocol === 'https:' ? tls.connect(open, done) : net.connect(open, done);
    function done() {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    }
    socket.on('error', reject);
  });
}

const PATIENCE = 15000; // ms until it says anything, on a slow machine

// Everything the server says until it closes or, once it has begun, `quiet` ms pass without a byte.
export function readAll(socket, quiet = 1500) {
  return new Promise((resolve) => {
    const chunks = [];
    let timer = setTimeout(() => finish(false), Math.max(quiet, PATIENCE));
    const finish = (closed) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text: Buffer.concat(chunks).toString('latin1'), closed });
    };
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      clearTimeout(timer);
      timer = setTimeout(() => finish(false), quiet);
    });
    socket.on('close', () => finish(true));
    socket.on('end', () => finish(true));
  });
}

// exchange(server, bytes) -> {text, closed, statuses: [400, ...]}
export async function exchange(server, bytes, quiet) {
  const socket = await connect(server);
  const answer = readAll(socket, quiet);
  socket.write(bytes);
  const { text, closed } = await answer;
  return { text, closed, statuses: [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map((m) => Number(m[1])) };
}
