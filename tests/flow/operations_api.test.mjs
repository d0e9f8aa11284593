// /admin/garita: the node as its operators see it, who may, and what it costs when many look.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { Events } from './lib/events.mjs';
import { request } from './lib/http.mjs';
import { PASSWORD } from './lib/oidc.mjs';
import { until } from './lib/server.mjs';
import { metrics } from './lib/storage.mjs';

const LINES = [['GET', '/garita/status'], ['GET', '/garita/live?max=1'], ['GET', '/garita/log'], ['POST', '/garita/backup/trial']];
const scratch = mkdtempSync(path.join(tmpdir(), 'garita-operations-'));

let w, root, kc;
before(async () => {
  w = await AdminWorld.open({ args: ['--workers', '4', '--backup-dir', path.join(scratch, 'backups'), '--backup-hour', '-1', '--sweep-interval', '5'] });
  root = await w.token('root', 'master');
  kc = await w.client('root', 'master');
});
after(async () => {
  await w.close();
  rmSync(scratch, { recursive: true, force: true });
});

const ask = (method, where, token) => w.call(method, where, { token, ...(method === 'POST' ? { json: {} } : {}) });
const status = async () => (await ask('GET', '/garita/status', root)).json;
const watch = (token, headers = {}, query = '') =>
  Events.open(`${w.server.origin}/admin/garita/live${query}`, { headers: { Authorization: `Bearer ${token}`, ...headers } });
async function withRoles(name, roles, f) {
  await w.addAdmin(name, roles, 'master');
  const token = await w.token(name, 'master');
  return f(token);
}

test('AD-01, AD-02: nobody, and no administrator of a realm, sees the node', async () => {
  const ana = await w.token('ana', 'peru'); // all of realm-management
  for (const [method, where] of LINES) {
    assert.equal((await ask(method, where)).status, 401, where);
    assert.equal((await ask(method, where, ana)).status, 403, where);
  }
  await withRoles('landlord', ['peru-realm/manage-realm', 'peru-realm/view-realm', 'peru-realm/view-events', 'create-realm'], async (token) => {
    for (const [method, where] of LINES) assert.equal((await ask(method, where, token)).status, 403, where);
  });
});

test('AD-10: who may look at master sees figures, starts nothing and reads no log', async () => {
  await withRoles('watcher', ['master-realm/view-realm'], async (token) => {
    assert.deepEqual(await Promise.all(LINES.map(async ([method, where]) => (await ask(method, where, token)).status)), [200, 200, 403, 403]);
  });
  await withRoles('auditor', ['master-realm/view-events'], async (token) => {
    for (const [method, where] of LINES) assert.equal((await ask(method, where, token)).status, 403, where);
  });
  await withRoles('manager', ['master-realm/manage-realm'], async (token) => {
    const refused = await ask('GET', '/garita/log', token);
    assert.equal(refused.status, 403, 'lines of the log are about people of all realms');
  });
});

test('the node, its realms, its certificates, and what to do something about', async () => {
  const s = await until('the jobs went round', async () => { const now = await status(); return now.realms.count === 3 && now.realms.sessions >= 1 && now; });
  assert.equal(s.health, 'UP');
  assert.match(s.node.version, /^\d+\.\d+\.\d+$/);
  assert.ok(s.node.startedMs <= s.node.nowMs && s.node.name.length > 0);
  assert.ok(s.disk.freeBytes > 0 && s.disk.freeBytes <= s.disk.totalBytes);
  assert.ok(s.memory.machineBytes > 0);
  assert.ok(s.realms.countedMs > 0);
  assert.deepEqual(s.certificates, [], 'there is no TLS here');
  assert.deepEqual(s.jobs.map((j) => j.name), ['sweep', 'check']);
  assert.deepEqual(s.alerts, []);
  assert.equal(s.backup.configured, true);
  assert.equal(s.backup.trial.state, 'none');
  assert.equal(s.replication.role, 'alone');
});

test('live: a sample a second tells what happened, and the metrics the same', async () => {
  const live = await watch(root);
  assert.equal(live.status, 200);
  assert.equal(live.headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.equal(live.headers['cache-control'], 'no-store');
  const { nowMs } = (await status()).node;
  let sums = { logins: 0, loginFailures: 0, requests: 0, commits: 0, tokenP95: 0 };
  await w.token('ana', 'peru');
  await w.call('GET', '/realms', { token: root });
  const bad = await request(`${w.server.realm('peru')}/protocol/openid-connect/token`, {
    form: { grant_type: 'password', client_id: 'admin-cli', username: 'ana', password: `${PASSWORD}!` } });
  assert.equal(bad.status, 401);
  while (sums.logins < 1 || sums.loginFailures < 1) {
    const { data, id } = await live.next();
    assert.match(id, /^\d+-\d+$/);
    if (data.at < nowMs) continue; // of before
    assert.ok(data.spanMs > 500 && data.spanMs < 60000, `${data.spanMs}`);
    assert.ok(data.memoryBytes > 1 << 20 && data.connections >= 1 && data.streams >= 1 && data.diskFreeBytes > 0);
    sums = { logins: sums.logins + data.logins, loginFailures: sums.loginFailures + data.loginFailures,
      requests: sums.requests + data.requests, commits: sums.commits + data.commits, tokenP95: Math.max(sums.tokenP95, data.p95Us.token) };
  }
  live.close();
  assert.ok(sums.requests >= 3 && sums.commits >= 1 && sums.tokenP95 > 0, JSON.stringify(sums));
  const text = await metrics(w.server);
  assert.match(text, /^garita_store_login_failures_total [1-9]/m);
  assert.match(text, /^garita_http_request_duration_seconds_bucket\{route="[^"]+",le="\+Inf"\} [1-9]/m);
});

test('who comes back gets what he missed, and nothing twice', async () => {
  const first = await watch(root, {}, '?max=2');
  await first.next();
  const { id, data } = await first.next();
  assert.equal((await first.next('end')).data.reason, 'max');
  const again = await watch(root, { 'Last-Event-ID': id }, '?max=1');
  assert.equal((await again.next()).data.number, data.number + 1);
  const [started, number] = id.split('-');
  for (const strange of [`${Number(started) + 1}-${number}`, 'x', `${started}-`, `${started}--1`, `${started}-99999999999999999999`]) {
    const all = await watch(root, { 'Last-Event-ID': strange }, '?max=1');
    assert.ok((await all.next()).data.number <= data.number, strange);
  }
});

test('a stream that asks for nonsense is refused as a request is', async () => {
  for (const max of ['0', '-1', 'x', '99999999'])
    assert.equal((await ask('GET', `/garita/live?max=${max}`, root)).status, 400, max);
  assert.equal((await ask('HEAD', '/garita/live', root)).status, 200);
});

test('OT-06: it ends when the session of its token ends, or its right is taken away', async () => {
  for (const [name, lose] of [
    ['logout', (id) => kc.users.logout({ realm: 'master', id })],
    ['disabled', (id) => kc.users.update({ realm: 'master', id }, { enabled: false })],
    ['unroled', async (id) => {
      const { id: client, roles } = await w.roleOf(kc, 'master', 'master-realm', 'view-realm');
      await kc.users.delClientRoleMappings({ realm: 'master', id, clientUniqueId: client, roles });
    }],
  ]) {
    await w.addAdmin(name, ['master-realm/view-realm'], 'master');
    const live = await watch(await w.token(name, 'master'));
    await live.next();
    const [{ id }] = await kc.users.find({ realm: 'master', username: name, exact: true });
    await lose(id);
    const end = await live.next('end');
    assert.match(end.data.reason, /INVALID_TOKEN|FORBIDDEN/i, name);
    assert.equal(await live.next('end'), undefined, 'and the reply with it');
  }
});

test('WE-11: a page of another origin reads nothing', async () => {
  const live = await watch(root, { Origin: 'https://evil.example' });
  assert.equal(live.headers['access-control-allow-origin'], undefined);
  assert.ok(!(await live.next()), 'not a sample');
});

test('HT-02: many watchers, some of whom read nothing, hold up nobody, and there is an end to them', async () => {
  const open = [];
  for (let i = 0; i < 64; i++) open.push(await watch(root));
  for (const slow of open.slice(0, 32)) slow.res.pause();
  assert.deepEqual([...new Set(open.map((live) => live.status))], [200]);
  await until('all are counted', async () => (await open[63].next()).data.streams >= 64);
  const refused = await ask('GET', '/garita/live', root);
  assert.ok(refused.status >= 400 && refused.status < 600, `${refused.status}`);
  assert.match(refused.text, /Too many/);
  for (let i = 0; i < 20; i++) assert.equal((await ask('GET', '/garita/status', root)).status, 200);
  for (const live of open) live.close();
  await until('the places are free again', async () => {
    const one = await watch(root, {}, '?max=1');
    const { data } = (await one.next()) ?? {};
    one.close();
    return data && data.streams < 10;
  });
});

test('SK-02: the tail of the log tells what was written, and no secret', async () => {
  const lines = (await ask('GET', '/garita/log?max=200', root)).json;
  assert.ok(lines.length > 0 && lines.length <= 200);
  for (const line of lines) assert.ok(line.timestamp && line.level && line.component && line.message, JSON.stringify(line));
  const text = JSON.stringify(lines);
  assert.ok(!text.includes(PASSWORD) && !text.includes(root) && !/eyJ[A-Za-z0-9_-]{20}/.test(text));
  assert.equal((await ask('GET', '/garita/log?max=1', root)).json.length, 1);
  for (const line of (await ask('GET', '/garita/log?level=warn', root)).json) assert.match(line.level, /warn|error/);
  for (const bad of ['level=loud', 'max=3000', 'max=x']) assert.equal((await ask('GET', `/garita/log?${bad}`, root)).status, 400, bad);
});

test('the newest backup is tried when somebody asks, one at a time, and it is on record who', async () => {
  const none = await ask('POST', '/garita/backup/trial', root);
  assert.equal(none.status, 404);
  assert.match(none.text, /No backup was made yet/);
  const { id } = await w.cli.json('backup', 'now');
  assert.equal((await ask('POST', '/garita/backup/trial', root)).status, 204);
  const busy = await Promise.all([1, 2, 3].map(() => ask('POST', '/garita/backup/trial', root)));
  assert.ok(busy.every((r) => r.status === 204 || r.status === 409), busy.map((r) => r.status).join());
  const done = await until('it is tried', async () => { const { trial } = (await status()).backup; return trial.state === 'good' && trial; });
  assert.equal(done.backup, id);
  assert.equal(done.realms, 3);
  assert.ok(done.people >= 2 && done.events > 0 && done.endedMs >= done.beganMs);
  const [asked] = await w.cli.json('audit', 'list', '--realm', 'master', '--type', 'BackupTrialAsked');
  const me = (await kc.users.find({ realm: 'master', username: 'root', exact: true }))[0];
  assert.equal(asked.user_id ?? asked.userId, me.id);
  const proved = await w.cli.json('audit', 'list', '--realm', 'master', '--type', 'BackupProved');
  assert.ok(proved.some((e) => e.data.backup === id));
});

test('a backup that was damaged is found out by its trial, and everybody is told', async () => {
  rmSync(path.join(scratch, 'backups'), { recursive: true });
  assert.equal((await ask('POST', '/garita/backup/trial', root)).status, 204);
  const s = await until('it has failed', async () => { const now = await status(); return now.backup.trial.state === 'failed' && now; });
  assert.ok(s.backup.trial.reason.length > 0);
  assert.equal(s.health, 'DEGRADED');
  assert.deepEqual(s.alerts.map((a) => a.id), ['backup-failed']);
  assert.match(s.alerts[0].text, /backup/i);
});

test('what certificate there is, over TLS, and that no folder for backups is configured', async () => {
  const bare = await AdminWorld.open({ tls: true });
  try {
    const token = await bare.token('root', 'master');
    const { json } = await bare.call('GET', '/garita/status', { token });
    assert.equal(json.backup.configured, false);
    assert.equal(json.certificates.length, 1);
    assert.match(json.certificates[0].subject, /CN=/);
    assert.equal(json.certificates[0].selfSigned, true);
    assert.ok(json.certificates[0].expiresMs > json.node.nowMs);
    const live = await Events.open(`${bare.server.origin}/admin/garita/live?max=1`, { headers: { Authorization: `Bearer ${token}` } });
    assert.ok((await live.next()).data.memoryBytes > 0);
    assert.deepEqual(json.alerts.map((a) => [a.id, a.severity]), [['backup-none', 'warning']]);
    assert.equal((await bare.call('POST', '/garita/backup/trial', { token, json: {} })).status, 404);
  } finally {
    await bare.close();
  }
});
