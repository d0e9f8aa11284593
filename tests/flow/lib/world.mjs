// The realm that most tests live in, made through the command line.
import { Client, PASSWORD, REDIRECT } from './oidc.mjs';
import { Server } from './server.mjs';

export const SECRET = 'c2VjcmV0LW9mLXRoZS1wb3J0YWwtYXBwbGljYXRpb24tMQ';

const settings = (values = {}) => Object.entries(values).map(([k, v]) => `${k}=${typeof v === 'string' ? v : JSON.stringify(v)}`);

export class World {
  // options: those of Server.start, realm settings under `realm`
  static async open({ realm, ...options } = {}) {
    const server = await Server.start(options);
    const world = new World(server);
    await world.addRealm('peru', realm);
    return world;
  }

  constructor(server) {
    this.server = server;
    this.cli = server.cli;
  }

  close() { return this.server.stop(); }

  async addRealm(name, values) {
    await this.cli.ok('realm', 'create', name);
    if (values) await this.setRealm(values, name);
  }
  setRealm(values, realm = 'peru') { return this.cli.ok('realm', 'set', realm, ...settings(values)); }

  addUser(username, values = {}, { password = PASSWORD, realm = 'peru' } = {}) {
    return this.cli.withFile(password, (file) =>
      this.cli.ok('user', 'add', '--realm', realm, '--username', username, '--password-file', file, ...settings(values)));
  }
  setUser(username, values, realm = 'peru') {
    return this.cli.ok('user', 'set', '--realm', realm, '--username', username, ...settings(values));
  }

  // {public, secret, redirectUris, serviceAccount, realm} and Keycloak's settings in `values`
  async addClient(clientId, { realm = 'peru', secret, redirectUris = [REDIRECT], serviceAccount, isPublic, values, auth } = {}) {
    const args = ['client', 'add', '--realm', realm, '--client-id', clientId];
    for (const uri of redirectUris) args.push('--redirect-uri', uri);
    if (serviceAccount) args.push('--service-account');
    const rest = settings(values);
    if (isPublic) await this.cli.ok(...args, '--public', ...rest);
    else await this.cli.withFile(secret ?? SECRET, (file) => this.cli.ok(...args, '--secret-file', file, ...rest));
    return new Client(this.server, realm, clientId, isPublic ? undefined : secret ?? SECRET, { redirectUri: redirectUris[0], auth });
  }
  setClient(clientId, values, realm = 'peru') {
    return this.cli.ok('client', 'set', '--realm', realm, '--client-id', clientId, ...settings(values));
  }
  addMapper(clientId, name, type, config, realm = 'peru') {
    return this.cli.ok('client', 'mapper', 'add', '--realm', realm, '--client-id', clientId, '--name', name, '--type', type, ...settings(config));
  }
}
