import { expect, test } from 'vitest';

import { covers, hostOf, isOver, isStep, marksOf, nextOpen, noteStep, originOf, quoted, setting, skippedOf, stepAfter, stepIds, type Known } from '../src/lib/first_run';
import type { NodeStatus } from '../src/lib/node';

function known(part: Partial<Omit<Known, 'status'>> & { status?: Record<string, unknown> } = {}): Known {
  const status = {
    settings: { file: '/etc/garita/garita.yaml', data: '/var/lib/garita', hostname: '', backupDir: '', replicationPort: 7443, certificate: 'self-signed' },
    certificates: [{ host: '', subject: 'CN=localhost', names: ['localhost'], selfSigned: true, expiresMs: 1 }],
    backup: { configured: false, lastMs: 0, failed: false },
    replication: { role: 'alone' },
    ...part.status,
  } as unknown as NodeStatus;
  return { credentials: [{ type: 'password' }], realms: ['master'], noted: undefined, ...part, status };
}
const signed = [{ host: '', subject: 'CN=id.example.pe', names: ['id.example.pe'], selfSigned: false, expiresMs: 1 }];
const named = { settings: { ...known().status.settings, hostname: 'https://id.example.pe' } };

test('a new server has everything before it', () => {
  const marks = marksOf(known());
  expect(Object.values(marks)).toEqual(stepIds.map(() => 'open'));
  expect(nextOpen(marks)).toBe('factor');
});

test('what was done is read from the server, each step by itself', () => {
  const done = (k: Known) => Object.entries(marksOf(k)).filter(([, mark]) => mark === 'done').map(([step]) => step);
  expect(done(known({ credentials: [{ type: 'otp' }] }))).toEqual(['factor']);
  expect(done(known({ realms: ['master', 'peru'] }))).toEqual(['realm']);
  expect(done(known({ status: { replication: { role: 'primary' } } }))).toEqual([]);
  expect(done(known({ status: { replication: { role: 'primary', peer: { address: ':7443' } } } }))).toEqual(['standby']);
  expect(done(known({ noted: 'over' }))).toEqual(['summary']);
});

test('an address counts with a certificate that is not our own, and not by halves', () => {
  expect(marksOf(known({ status: named })).address).toBe('open');
  expect(marksOf(known({ status: { certificates: signed } })).address).toBe('open');
  expect(marksOf(known({ status: { ...named, certificates: signed } })).address).toBe('done');
  expect(marksOf(known({ status: { ...named, certificates: [] } })).address).toBe('open');
});

test('a place for backups counts once one was made and did not fail', () => {
  const backup = (part: object) => marksOf(known({ status: { backup: { configured: true, lastMs: 0, failed: false, ...part } } })).backup;
  expect([backup({}), backup({ lastMs: 5 }), backup({ lastMs: 5, failed: true })]).toEqual(['open', 'done', 'open']);
});

test('what was left out is remembered until it is done', () => {
  expect(marksOf(known({ noted: 'factor standby' }))).toMatchObject({ factor: 'skipped', standby: 'skipped', realm: 'open' });
  expect(nextOpen(marksOf(known({ noted: 'factor address' })))).toBe('realm');
  expect(marksOf(known({ noted: 'factor', credentials: [{ type: 'otp' }] })).factor).toBe('done');
  expect(noteStep('factor', 'backup', true)).toBe('factor backup');
  expect(noteStep('factor backup', 'factor', false)).toBe('backup');
  expect(noteStep('factor', 'factor', true)).toBe('factor');
  expect(skippedOf('factor nonsense over')).toEqual(['factor']);
  expect([isOver('over'), isOver('factor'), isOver(undefined)]).toEqual([true, false, false]);
});

test('after all of them comes the summary, and nothing after it', () => {
  expect(nextOpen(marksOf(known({ noted: 'factor address realm backup standby' })))).toBe('summary');
  expect(stepAfter('factor')).toBe('address');
  expect(stepAfter('summary')).toBe('summary');
  expect([isStep('realm'), isStep('constructor'), isStep(undefined)]).toEqual([true, false, false]);
});

test('an address is an https origin and nothing more', () => {
  expect(originOf('id.example.pe')).toBe('https://id.example.pe');
  expect(originOf(' HTTPS://ID.Example.pe/ ')).toBe('https://id.example.pe');
  expect(originOf('https://id.example.pe:8443')).toBe('https://id.example.pe:8443');
  expect(originOf('https://[2001:db8::1]:8443')).toBe('https://[2001:db8::1]:8443');
  for (const bad of ['', 'http://id.example.pe', 'https://id.example.pe/auth', 'https://a b', 'https://u@h', 'https://h?x', 'https://h#x', 'ftp://h', 'https://'])
    expect([bad, originOf(bad)]).toEqual([bad, undefined]);
  expect(hostOf('https://[2001:db8::1]:8443')).toBe('2001:db8::1');
});

test('a star stands for one label', () => {
  expect(covers(['localhost', '*.example.pe'], 'id.example.pe')).toBe(true);
  expect(covers(['*.example.pe'], 'a.id.example.pe')).toBe(false);
  expect(covers(['*.example.pe'], 'example.pe')).toBe(false);
  expect(covers(['ID.example.pe'], 'id.EXAMPLE.pe')).toBe(true);
  expect(covers(['::1'], '[::1]')).toBe(true);
  expect(covers([], 'id.example.pe')).toBe(false);
});

test('what is copied means the same to a shell and to YAML', () => {
  expect(quoted('/backup/garita')).toBe('/backup/garita');
  expect(quoted("/o'higgins x")).toBe("'/o'\\''higgins x'");
  expect(setting('hostname', 'https://id.example.pe:8443')).toBe('hostname: https://id.example.pe:8443');
  expect(setting('backup-dir', '/a b: #"')).toBe('backup-dir: "/a b: #\\""');
});
