// Two nodes, and a witness if wanted, as real processes, with a wire for every way between them.
import path from 'node:path';
import { spawn } from 'node:child_process';
import { Cli } from './cli.mjs';
import { request } from './http.mjs';
import { Client } from './oidc.mjs';
import { RELEASE_BIN, Server, childEnvironment, freePort, keepLog, tempFolder, until } from './server.mjs';
import { Wire } from './wire.mjs';
import { SECRET, World } from './world.mjs';

const freePorts = async () => ({ web: await freePort(), management: await freePort(), redirect: await freePort() });

export class Witness {
  static async start() {
    const witness = new Witness();
    witness.port = await freePort();
    witness.cli = new Cli(path.join(tempFolder('witness'), 'garita'), RELEASE_BIN);
    await witness.launch();
    return witness;
  }

  async launch() {
    this.log = '';
    this.child = spawn(RELEASE_BIN, ['witness', '--data', this.cli.data, '--replication-port', String(this.port), '--replication-address', '127.0.0.1'],
      { env: childEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (chunk) => { this.log += chunk; keepLog(this.cli.data, chunk); });
    const { child } = this;
    this.ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
    process.on('exit', () => child.kill('SIGKILL'));
    await until('the witness is ready', async () => /ready, port/.test(this.log));
  }

  token() { return this.cli.ok('witness', 'token').then((text) => text.trim()); }
  show() { return this.cli.json('witness', 'show'); }
  async kill(signal = 'SIGKILL') {
    this.child.kill(signal);
    return this.ended;
  }
}

export class Cluster {
  nodes = [];
  between = [];
  ways = [];

  // options: witness, unpaired (the standby is not paired with it), mode, failover, lease (ms), args (of both nodes), realm
  static async open(options = {}) {
    const cluster = new Cluster();
    try {
      await cluster.setUp({ witness: true, mode: 'async', failover: 'automatic', lease: 1500, args: [], ...options });
    } catch (err) {
      await cluster.close(); // or the test would never end
      throw err;
    }
    return cluster;
  }

  async setUp({ witness, unpaired, mode, failover, lease, args, realm }) {
    this.unpaired = unpaired;
    const ports = [await freePort(), await freePort()];
    this.lease = lease;
    this.origin = `http://localhost:${await freePort()}`; // of both, as behind a floating address
    if (witness) this.witness = await Witness.start();
    // between: from the second to the first node, and back; ways: of each node to the witness
    this.between = [await new Wire(ports[0]).open(), await new Wire(ports[1]).open()];
    this.ways = witness ? [await new Wire(this.witness.port).open(), await new Wire(this.witness.port).open()] : [];
    const argsOf = (i) => ['--hostname', this.origin, '--replication-port', String(ports[i]), '--replication-address', '127.0.0.1',
      '--failover', failover, '--failover-lease', String(lease), '--replication-confirm', '2', ...args];
    this.world = await World.open({ bin: RELEASE_BIN, args: argsOf(0), ports: await freePorts(), realm });
    const second = new Server({ bin: RELEASE_BIN, args: argsOf(1) });
    second.data = path.join(tempFolder('standby'), 'garita');
    second.ports = await freePorts();
    second.cli = new Cli(second.data, second.bin);
    this.nodes = [this.world.server, second];
    await this.pair();
    await this.retry(this.nodes[0], 'standby', 'mode', mode);
  }

  // A command that a primary may refuse for a moment: a busy machine lets leases of a second and a half go.
  async retry(node, ...args) {
    await until(`garita ${args.join(' ')}`, async () => {
      await node.cli.ok(...args);
      return true;
    });
  }

  async pair() {
    const [first, second] = this.nodes;
    const token = (await first.cli.ok('standby', 'token')).trim();
    await first.cli.withFile(token, (file) => second.cli.ok('standby', 'init', '--from', this.between[0].address, '--token-file', file, '--address', this.between[1].address));
    await second.launch();
    for (const i of this.ways.keys()) if (i === 0 || !this.unpaired) await this.pairWithWitness(i);
    await this.inStep(first);
  }

  async pairWithWitness(i) {
    const { cli } = this.nodes[i];
    return cli.withFile(await this.witness.token(), (file) => cli.ok('standby', 'witness', this.ways[i].address, '--token-file', file));
  }

  other(node) { return this.nodes[1 - this.nodes.indexOf(node)]; }
  wayOf(node) { return this.ways[this.nodes.indexOf(node)]; }
  get wires() { return [...this.between, ...this.ways]; }

  // A node alone: neither the other one nor the witness hears of it.
  isolate(node) { for (const wire of [...this.between, this.wayOf(node)]) wire.sever(); }
  mend() { this.wires.forEach((wire) => wire.mend()); }

  async metric(node, name) {
    const { text } = await request(`${node.management}/metrics`, { agent: false });
    return Number(text.match(new RegExp(`^garita_replication_${name} (\\S+)$`, 'm'))?.[1]);
  }
  async inStep(node) {
    await until('the standby is in step', async () => (await this.metric(node, 'in_step')) === 1 && (await this.metric(node, 'degraded')) === 0
      && (await this.metric(node, 'behind_commits')) === 0 && (await this.metric(this.other(node), 'rewinds').catch(() => 0)) !== 1, 60000);
  }
  async reigns(node) { return (await this.metric(node, 'role')) === 1; }

  clientAt(node, clientId = 'portal') {
    return Object.assign(new Client(node, 'peru', clientId, SECRET), { headers: { Host: new URL(this.origin).host } });
  }

  async close() {
    for (const node of this.nodes.filter(({ child }) => child)) {
      node.child.kill('SIGKILL');
      await node.ended;
    }
    await this.witness?.kill();
    this.wires.forEach((wire) => wire.close());
  }
}
