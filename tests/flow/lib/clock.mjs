// The machine's clock as a server under test sees it: a file that the server maps (only builds with
// tests do, core/base/clock_shift.h) holds what is added to the real one, in milliseconds.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { tempFolder } from './server.mjs';

export const SECOND = 1000;
export const HOUR = 3600 * SECOND;
export const YEAR = 31556952 * SECOND;

export class MachineClock {
  constructor() {
    this.folder = tempFolder('clock');
    this.file = path.join(this.folder, 'shift');
    this.fd = openSync(this.file, 'w', 0o600);
    this.set(0);
  }
  get env() { return { TEST_CLOCK_FILE: this.file }; }

  set(ms) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(ms));
    writeSync(this.fd, bytes, 0, 8, 0);
    this.shift = ms;
  }
  step(ms) { this.set(this.shift + ms); }

  close() {
    closeSync(this.fd);
    rmSync(this.folder, { recursive: true });
  }
}
