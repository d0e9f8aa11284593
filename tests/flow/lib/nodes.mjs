// A standby of a world's server: its own process and folder, paired by a token.
import path from 'node:path';
import { Cli } from './cli.mjs';
import { Server, freePort, tempFolder } from './server.mjs';

// replication: port of the primary's link; port: its own. The server is not started.
export async function pairStandby(world, replication, { args = [], ports, bin, env, tls, port } = {}) {
  const data = path.join(tempFolder('standby'), 'garita');
  const own = ['--replication-port', String(port ?? await freePort())];
  const standby = new Server({ data, bin, env, tls, args: [...own, ...args] });
  standby.data = data;
  standby.ports = { web: await freePort(), management: await freePort(), redirect: await freePort(), ...ports };
  standby.cli = new Cli(data, standby.bin);
  const token = (await world.cli.ok('standby', 'token')).trim();
  await world.cli.withFile(token, (file) => standby.cli.ok('standby', 'init', '--from', `localhost:${replication}`, '--token-file', file, ...own));
  return standby;
}
