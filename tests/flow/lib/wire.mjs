// Carries connections to a port; pass says what becomes of each piece of bytes: null cuts, nothing swallows it.
import net from 'node:net';

export const good = (chunk) => chunk;

export class Wire {
  constructor(target) {
    this.target = target;
    this.pass = good;
    this.delay = 0; // ms
    this.connections = 0;
    this.pairs = new Set();
    this.server = net.createServer((near) => this.take(near));
  }

  async open() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    return this;
  }

  get address() { return `127.0.0.1:${this.port}`; }

  take(near) {
    this.connections++;
    const far = net.connect(this.target, '127.0.0.1');
    const pair = { near, far, carried: 0 };
    this.pairs.add(pair);
    const end = () => { near.destroy(); far.destroy(); this.pairs.delete(pair); };
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on('data', (chunk) => {
        const passed = this.pass(chunk, pair);
        pair.carried += chunk.length;
        if (passed && this.delay) setTimeout(() => to.write(passed), this.delay);
        else if (passed) to.write(passed);
        else if (passed === null) end();
      });
      from.on('error', end).on('close', end);
    }
  }

  cut() { for (const { near, far } of [...this.pairs]) { near.destroy(); far.destroy(); } }

  // Until mend: what is there ends, and nothing comes through.
  sever() { this.pass = () => null; this.cut(); }
  // Connections stay, and nothing comes through.
  swallow() { this.pass = () => undefined; }
  // Everything comes so much later.
  slow(ms) { this.delay = ms; }
  mend() {
    this.pass = good;
    this.delay = 0;
    this.cut();
  }
  close() { this.cut(); this.server.close(); }
}
