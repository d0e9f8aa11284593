// What people and administrators do to a primary while it is killed, cut off and replaced, noted in a history.
import assert from 'node:assert/strict';
import { Gone, login, once, register } from './history.mjs';
import { PASSWORD } from './oidc.mjs';
import { sleep } from './server.mjs';

export class Load {
  // answers: the longest that one is waited for, in ms; survives: requests that nobody answered, or with 503,
  // are no end of it; codes: OneTimeCodes
  constructor(history, { answers = 0, survives = false, codes } = {}) {
    Object.assign(this, { history, answers, survives, codes, on: false, n: 0 });
  }

  // From now on all goes to this server; portal is a client of it.
  aim(server, portal) { Object.assign(this, { server, portal }); }

  async reply(call) {
    const asked = call().catch(() => { throw new Gone(); });
    const got = await (this.answers ? Promise.race([asked, sleep(this.answers)]) : asked);
    asked.catch(() => {});
    if (got === undefined || (this.survives && got.status === 503)) throw new Gone();
    assert.ok(got.status < 500, `${got.status}: ${got.text}`);
    return got;
  }
  async tokens(call) {
    const got = await this.reply(call);
    if (got.status === 200) return { refresh: got.json.refresh_token, access: got.json.access_token };
    assert.equal(got.json.error, 'invalid_grant', got.text);
    return false;
  }
  async fine(call) { return (await this.reply(call)).status < 300; }
  refresh(object, token) { return object.ask({ kind: 'refresh', token }, () => this.tokens(() => this.portal.refresh(token))); }
  active(object, token) { return object.ask({ kind: 'active', token }, async () => (await this.reply(() => this.portal.introspect(token))).json.active); }

  async useLogin(round, user) {
    const object = this.history.object(`login ${this.n++} of ${user}`, login);
    const one = { object, old: [] };
    round.logins.push(one);
    one.last = await object.ask({ kind: 'grant' }, () => this.tokens(() => this.portal.password(user)));
    for (let i = 0; i < 2 && this.on; i++) {
      const next = await this.refresh(object, one.last.refresh);
      one.old.push(one.last.refresh);
      if (!next) return;
      one.last = next;
    }
    const token = one.last.refresh;
    const end = Math.random();
    if (end < 0.3) await object.ask({ kind: 'revoke', token }, () => this.fine(() => this.portal.revoke(token)));
    else if (end < 0.6) await object.ask({ kind: 'logout', token }, () => this.fine(() => this.portal.post('/logout', { refresh_token: token })));
  }

  async lookAtLogin({ object, last, old }) {
    if (last) await this.active(object, last.access);
    if (last) await this.refresh(object, last.refresh);
    for (const token of old.slice(-1)) await this.refresh(object, token);
    if (last) await this.active(object, last.access);
  }

  useCode(object, { name, code }) {
    return object.ask({ kind: 'use' }, async () => (await this.tokens(() => this.portal.password(name, PASSWORD, { totp: code }))) !== false);
  }
  async takeCode(round) {
    const one = this.codes.next();
    if (!one) return sleep(20);
    const object = this.history.object(`one-time password ${this.n++} of ${one.name}`, once);
    round.codes.push({ object, ...one });
    return this.useCode(object, one);
  }

  async command(...words) {
    const result = await this.server.cli.run([...words, '--json']);
    if (result.status === 0) return result.stdout === '' ? {} : JSON.parse(result.stdout);
    if (/there is no/.test(result.stderr)) return null;
    if (!this.survives) assert.equal(this.on, false, `garita ${words.join(' ')}: ${result.stderr}`);
    throw new Gone();
  }

  async addPerson(round) {
    const name = `person${this.n++}`;
    const object = this.history.object(`user ${name}`, register());
    const read = async () => (await this.command('user', 'show', '--realm', 'peru', '--username', name))?.email ?? null;
    round.people.push({ object, read });
    await object.ask({ kind: 'put', value: `${name}@example.pe` }, async () =>
      (await this.command('user', 'add', '--realm', 'peru', '--username', name, `email=${name}@example.pe`)) !== null);
  }

  async addRealm(round) {
    const name = `realm${this.n++}`;
    const object = this.history.object(`realm ${name}`, register());
    const read = async () => (await this.command('realm', 'show', name)) && name;
    round.people.push({ object, read });
    await object.ask({ kind: 'put', value: name }, async () =>
      (await this.command('realm', 'create', name, 'defaultSignatureAlgorithm=ES256')) !== null);
  }

  async repeat(work) {
    while (this.on) {
      try {
        await work();
      } catch (err) {
        if (!(err instanceof Gone)) throw err;
        if (this.survives) {
          await sleep(50);
          continue;
        }
        assert.equal(this.on, false, 'gone, but nobody killed it');
      }
    }
  }

  // Begins; {logins, people, codes, over}, over when on is false.
  begin(number) {
    const round = { logins: [], people: [], codes: [] };
    this.on = true;
    const workers = ['user0', 'user1', 'user2'].map((user) => this.repeat(() => this.useLogin(round, user)));
    workers.push(this.repeat(() => (number % 3 === 2 && round.people.length % 3 === 0 ? this.addRealm(round) : this.addPerson(round))));
    if (this.codes) workers.push(this.repeat(() => this.takeCode(round)));
    round.over = Promise.all(workers);
    return round;
  }

  // Until it is answered, where a pause of the server is no end.
  async persist(look) {
    for (let tries = 0; ; tries++) {
      try {
        return await look();
      } catch (err) {
        if (!(err instanceof Gone) || !this.survives || tries === 20) throw err;
        await sleep(300);
      }
    }
  }

  // Looks at all that was done, and whether one story explains it.
  async look(round, explain) {
    this.on = true;
    await Promise.all([
      ...round.logins.slice(-12).map((one) => this.persist(() => this.lookAtLogin(one))),
      ...round.people.map(({ object, read }) => this.persist(() => object.ask({ kind: 'read' }, read))),
      ...round.codes.slice(-12).map(({ object, ...one }) => this.persist(() => this.useCode(object, one))),
    ]);
    this.on = false;
    this.history.crash(); // of what was asked twice
    try {
      this.history.settle();
    } catch (err) {
      throw new Error(`${err.message}\n${explain()}`);
    }
    [...this.history.objects].forEach((o) => this.history.forget(o));
  }
}
