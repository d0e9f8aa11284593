// A mail server for tests: keeps what came, as bytes and parsed, and how it came.
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { tempFolder, until } from './server.mjs';

const openssl = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });

// An authority of our own, and certificates of it for names.
export class Authority {
  constructor() {
    this.folder = tempFolder('mail-ca');
    this.key = this.file('ca.key');
    this.cert = this.file('ca.pem');
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', '/CN=Test CA',
      '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign', '-keyout', this.key, '-out', this.cert);
  }
  file(name) { return path.join(this.folder, name); }
  // {key, cert} as PEM; signed: false makes one that nobody vouches for.
  issue(name, { signed = true } = {}) {
    const [key, csr, cert, more] = ['key', 'csr', 'pem', 'ext'].map((end) => this.file(`${name}-${signed}.${end}`));
    const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`, '-keyout', key];
    if (signed) {
      writeFileSync(more, `subjectAltName=DNS:${name}\n`);
      openssl('req', ...fresh, '-out', csr);
      openssl('x509', '-req', '-in', csr, '-CA', this.cert, '-CAkey', this.key, '-CAcreateserial', '-days', '30', '-extfile', more, '-out', cert);
    } else openssl('req', '-x509', ...fresh, '-days', '30', '-addext', `subjectAltName=DNS:${name}`, '-out', cert);
    return { key: readFileSync(key), cert: readFileSync(cert) };
  }
}

export class MailServer {
  // options of SMTPServer; password: the one that counts; refuse: recipients are; gate: mails are taken after it
  static async start({ password, refuse, gate = Promise.resolve(), ...options } = {}) {
    const server = new MailServer();
    server.smtp = new SMTPServer({
      authOptional: password === undefined, logger: false, ...options,
      disabledCommands: [...(password === undefined ? ['AUTH'] : []), ...(options.disabledCommands ?? [])],
      onConnect: (session, done) => { server.connections++; done(); },
      onAuth: (auth, session, done) => {
        server.logins.push({ user: auth.username, secure: session.secure });
        done(auth.password === password ? null : new Error('no'), { user: auth.username });
      },
      onRcptTo: (address, session, done) => done(refuse ? Object.assign(new Error('no such person'), { responseCode: 550 }) : null),
      onData: (stream, session, done) => {
        const chunks = [];
        const { mailFrom, rcptTo } = session.envelope;
        const letter = { from: mailFrom.address, to: rcptTo.map((r) => r.address), secure: session.secure, hello: session.hostNameAppearsAs };
        stream.on('data', (chunk) => chunks.push(chunk));
        stream.on('error', () => {}); // the sender was killed in the middle of it
        stream.on('end', () => gate.then(() => server.keep(Buffer.concat(chunks), letter)).then(() => done(), done));
      },
    });
    server.smtp.on('error', () => {}); // clients that do not trust the certificate
    await new Promise((done) => server.smtp.listen(0, '127.0.0.1', done));
    return server;
  }
  constructor() { Object.assign(this, { mails: [], logins: [], connections: 0 }); }
  async keep(raw, letter) { this.mails.push({ raw, parsed: await simpleParser(raw), ...letter }); }
  get port() { return this.smtp.server.address().port; }
  close() { return new Promise((done) => this.smtp.close(done)); }

  // The next mail to an address that nobody took yet.
  take(address) {
    return until(`a mail to ${address}`, async () => {
      const at = this.mails.findIndex((mail) => mail.to.includes(address));
      return at >= 0 && this.mails.splice(at, 1)[0];
    });
  }
}

// Takes connections and says nothing; reached: there was one.
export async function silentServer() {
  const sockets = new Set();
  let reach;
  const reached = new Promise((done) => { reach = done; });
  const server = net.createServer((socket) => { sockets.add(socket.on('error', () => {})); reach(); });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { port: server.address().port, reached, close: () => { sockets.forEach((s) => s.destroy()); server.close(); } };
}

// The link in a mail; the same in both of its parts.
export function linkOf(mail) {
  const [link] = mail.parsed.text.match(/https?:\/\/\S+/);
  if (!mail.parsed.html.includes(link)) throw new Error(`another link in HTML: ${mail.parsed.html}`);
  return link;
}
