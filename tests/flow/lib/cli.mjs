// The command line as an operator uses it: on a running server or on a stopped data folder.
// Secrets go through files, never through arguments.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { childEnvironment } from './server.mjs';

export function run(bin, args, { input, env, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(bin, args, { env: childEnvironment(env), cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => { stdout += chunk; });
    child.stderr.on('data', (chunk) => { stderr += chunk; });
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
    child.stdin.end(input ?? '');
  });
}

export class Cli {
  constructor(data, bin) {
    this.data = data;
    this.bin = bin;
  }

  // Runs and reports; the caller judges the status.
  run(args, options) { return run(this.bin, [...args, '--data', this.data], options); }

  // Runs and must succeed.
  async ok(...args) {
    const result = await this.run(args);
    assert.equal(result.status, 0, `garita ${args.join(' ')}: ${result.stderr}${result.stdout}`);
    return result.stdout;
  }

  async json(...args) { return JSON.parse(await this.ok(...args, '--json')); }

  async withFile(content, use) {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'garita-secret-'));
    const file = path.join(folder, 'file');
    writeFileSync(file, content, { mode: 0o600 });
    try {
      return await use(file);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}
