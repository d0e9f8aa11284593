// Certificates as an authority gives them, by openssl.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });

export class Authority {
  constructor(folder, name = 'An authority') {
    this.folder = folder;
    this.made = 0;
    this.key = path.join(folder, 'ca.key');
    this.file = path.join(folder, 'ca.pem');
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', `/CN=${name}`, '-keyout', this.key, '-out', this.file);
  }
  get pem() { return readFileSync(this.file, 'utf8'); }
  at(name) { return path.join(this.folder, `${++this.made}-${name}`); }

  // {certificate, privateKey} for these names. key: arguments of -newkey; days: [from, to] from now on
  issue(names, { key = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], days } = {}) {
    const [keyFile, request] = [this.at('key.pem'), this.at('request.pem')];
    openssl('req', '-new', '-newkey', ...key, '-nodes', '-subj', `/CN=${names[0]}`, '-keyout', keyFile, '-out', request);
    return { certificate: this.sign(readFileSync(request, 'utf8'), names, days), privateKey: readFileSync(keyFile, 'utf8') };
  }
  sign(request, names, [from, to] = [-1, 20]) {
    const [csr, extensions, out, db] = ['csr', 'ext', 'crt', 'db'].map((name) => this.at(name));
    writeFileSync(csr, request);
    writeFileSync(db, '');
    writeFileSync(extensions, `[ca]\ndefault_ca=d\n[d]\ndatabase=${db}\nserial=${db}.serial\nnew_certs_dir=${this.folder}\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n[x]\nsubjectAltName=${names.map((n) => `DNS:${n}`).join(',')}\nextendedKeyUsage=serverAuth\n`);
    const date = (days) => `${new Date(Date.now() + days * 86400e3).toISOString().replace(/[-:T]|\.\d+/g, '')}`;
    openssl('ca', '-batch', '-notext', '-rand_serial', '-config', extensions, '-extensions', 'x', '-cert', this.file, '-keyfile', this.key, '-in', csr, '-out', out, '-startdate', date(from), '-enddate', date(to));
    return readFileSync(out, 'utf8');
  }
}
export { openssl };
