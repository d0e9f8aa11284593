// nginx of Debian in front of a server under test.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { request } from './http.mjs';
import { freePort, until } from './server.mjs';

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

// servers: (address to listen on) => the "server { ... }" blocks. Resolves once it answers anything.
export async function startNginx(servers) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'garita-nginx-'));
  const listen = `127.0.0.1:${await freePort()}`;
  const file = path.join(folder, 'nginx.conf');
  mkdirSync(path.join(folder, 'logs'));
  writeFileSync(file, `
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr;
events { worker_connections 256; }
http {
  access_log off;
  ${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  ${servers(listen)}
}`);
  const child = spawn('/usr/sbin/nginx', ['-p', folder, '-c', file], { stdio: 'ignore' });
  const proxy = {
    url: `http://${listen}`,
    async stop() {
      child.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await until('nginx answers', async () => (await request(proxy.url)).status > 0);
  return proxy;
}
