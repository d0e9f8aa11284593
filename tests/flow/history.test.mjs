// The checker of histories: what it must accept, and what it must refuse.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gone, History, keyRing, login, once, register } from './lib/history.mjs';

// Notes operations one after another; "…" before a kind: begun, and answered by nobody.
function told(model, ...ops) {
  const history = new History();
  const object = history.object('it', model);
  for (const op of ops) {
    if (op === 'crash') history.crash();
    else if (op.lost) history.begin(object, op);
    else history.end(history.begin(object, op), op.told);
  }
  return { history, object };
}
const legal = (model, ...ops) => { told(model, ...ops).history.settle(); };
const refused = (model, ...ops) => {
  assert.throws(() => told(model, ...ops).history.settle(), /no story explains/);
};
const lost = (op) => ({ ...op, lost: true });

const grant = { kind: 'grant', told: { refresh: 'r1', access: 'a1' } };
const refresh = (token, answer) => ({ kind: 'refresh', token, told: answer && { refresh: answer, access: `a-${answer}` } });
const active = (token, answer) => ({ kind: 'active', token, told: answer });

test('a login that was answered is there after a crash', () => {
  legal(login, grant, 'crash', refresh('r1', 'r2'));
  legal(login, grant, 'crash', active('a1', true));
  refused(login, grant, 'crash', refresh('r1', false));
  refused(login, grant, 'crash', active('a1', false));
});

test('a refresh that was answered stays: the old token is dead, the new one good', () => {
  legal(login, grant, refresh('r1', 'r2'), 'crash', refresh('r2', 'r3'));
  legal(login, grant, refresh('r1', 'r2'), 'crash', refresh('r1', false));
  refused(login, grant, refresh('r1', 'r2'), 'crash', refresh('r1', 'r3'));
  refused(login, grant, refresh('r1', 'r2'), 'crash', refresh('r2', false));
});

test('a refresh that nobody answered happened or did not: both are right, half of each is not', () => {
  const pending = lost(refresh('r1', undefined));
  legal(login, grant, pending, 'crash', refresh('r1', 'r2'));
  legal(login, grant, pending, 'crash', refresh('r1', false), active('a1', false));
  // refused, so it had happened; then the second use ended all
  refused(login, grant, pending, 'crash', refresh('r1', false), active('a1', true));
  // and it does not happen after the restart
  refused(login, grant, pending, 'crash', refresh('r1', 'r2'), refresh('r2', false));
});

test('what was revoked or logged out stays dead', () => {
  for (const kind of ['revoke', 'logout']) {
    legal(login, grant, { kind, token: 'r1', told: true }, 'crash', refresh('r1', false), active('a1', false));
    refused(login, grant, { kind, token: 'r1', told: true }, 'crash', refresh('r1', 'r2'));
    refused(login, grant, { kind, token: 'r1', told: true }, 'crash', active('a1', true));
    legal(login, grant, lost({ kind, token: 'r1' }), 'crash', active('a1', true));
    legal(login, grant, lost({ kind, token: 'r1' }), 'crash', active('a1', false));
    refused(login, grant, lost({ kind, token: 'r1' }), 'crash', active('a1', true), active('a1', false));
  }
});

test('a code is redeemed once, and the second use ends what the first gave', () => {
  const enter = { kind: 'enter', told: true };
  const code = { kind: 'code', told: 'c1' };
  const redeem = (answer) => ({ kind: 'redeem', code: 'c1', told: answer && { refresh: answer, access: `a-${answer}` } });
  legal(login, enter, code, redeem('r1'), 'crash', redeem(false), refresh('r1', false));
  refused(login, enter, code, redeem('r1'), 'crash', redeem('r2'));
  refused(login, enter, code, redeem('r1'), 'crash', redeem(false), refresh('r1', 'r2'));
  refused(login, enter, code, 'crash', redeem(false));
  legal(login, enter, code, lost(redeem(undefined)), 'crash', redeem('r1'));
  legal(login, enter, code, lost(redeem(undefined)), 'crash', redeem(false));
  legal(login, enter, 'crash', { kind: 'code', told: 'c2' });
  refused(login, enter, 'crash', { kind: 'code', told: false });
});

test('of two at once either may be the first, both may not', () => {
  const both = (one, two) => {
    const { history, object } = told(login, grant);
    const a = history.begin(object, { kind: 'refresh', token: 'r1' });
    const b = history.begin(object, { kind: 'refresh', token: 'r1' });
    history.end(a, one);
    history.end(b, two);
    history.settle();
  };
  both({ refresh: 'r2', access: 'a2' }, false);
  both(false, { refresh: 'r2', access: 'a2' });
  assert.throws(() => both({ refresh: 'r2' }, { refresh: 'r3' }), /no story/);
  assert.throws(() => both(false, false), /no story/);
});

test('the order of what was answered is the order of the times', () => {
  legal(register(), { kind: 'put', value: 1, told: true }, { kind: 'put', value: 2, told: true }, { kind: 'read', told: 2 });
  refused(register(), { kind: 'put', value: 1, told: true }, { kind: 'put', value: 2, told: true }, { kind: 'read', told: 1 });
  // one begins before the other ends: both orders are right
  const { history, object } = told(register());
  const first = history.begin(object, { kind: 'put', value: 1 });
  const second = history.begin(object, { kind: 'put', value: 2 });
  history.end(second, true);
  history.end(first, true);
  history.end(history.begin(object, { kind: 'read' }), 2);
  history.settle();
});

test('an object is there as it was written or not at all', () => {
  const whole = { firstName: 'Ana', lastName: 'Quispe' };
  const put = { kind: 'put', value: whole };
  legal(register(), { ...put, told: true }, 'crash', { kind: 'read', told: whole });
  refused(register(), { ...put, told: true }, 'crash', { kind: 'read', told: null });
  legal(register(), lost(put), 'crash', { kind: 'read', told: null });
  legal(register(), lost(put), 'crash', { kind: 'read', told: whole });
  refused(register(), lost(put), 'crash', { kind: 'read', told: { firstName: 'Ana' } });
  refused(register(), lost(put), 'crash', { kind: 'read', told: null }, { kind: 'read', told: whole });
});

test('a password that was changed is the only one', () => {
  const put = { kind: 'put', value: 'new' };
  const tries = (value, answer) => ({ kind: 'try', value, told: answer });
  legal(register('old'), { ...put, told: true }, 'crash', tries('old', false), tries('new', true));
  refused(register('old'), { ...put, told: true }, 'crash', tries('old', true));
  refused(register('old'), lost(put), 'crash', tries('old', true), tries('new', true));
  refused(register('old'), lost(put), 'crash', tries('old', false), tries('new', false));
});

test('an assertion is good once', () => {
  const use = (answer) => ({ kind: 'use', told: answer });
  legal(once, use(true), 'crash', use(false));
  refused(once, use(true), 'crash', use(true));
  refused(once, use(false));
  legal(once, lost(use(undefined)), 'crash', use(true), use(false));
  legal(once, lost(use(undefined)), 'crash', use(false));
});

test('a key that was made signs, and only the last one', () => {
  const ring = keyRing(['k1']);
  const read = (...all) => ({ kind: 'read', told: { all, signing: all.slice(-1) } });
  legal(ring, { kind: 'rotate', told: 'k2' }, 'crash', read('k1', 'k2'));
  refused(ring, { kind: 'rotate', told: 'k2' }, 'crash', read('k1'));
  refused(ring, { kind: 'rotate', told: 'k2' }, 'crash', { kind: 'read', told: { all: ['k1', 'k2'], signing: ['k1', 'k2'] } });
  refused(ring, { kind: 'rotate', told: 'k2' }, 'crash', { kind: 'read', told: { all: ['k1', 'k2'], signing: [] } });
  legal(ring, lost({ kind: 'rotate' }), 'crash', read('k1'));
  legal(ring, lost({ kind: 'rotate' }), 'crash', read('k1', 'k2'));
  refused(ring, lost({ kind: 'rotate' }), 'crash', read('k1', 'k2', 'k3'));
  refused(ring, lost({ kind: 'rotate' }), 'crash', read('k1', 'k2'), read('k1', 'k3'));
});

test('what is known after one crash holds for the next', () => {
  const { history, object } = told(login, grant, lost(refresh('r1', undefined)), 'crash', active('a1', true));
  history.settle();
  assert.equal(object.states.length, 2, 'both are still possible');
  history.end(history.begin(object, { kind: 'refresh', token: 'r1' }), { refresh: 'r2', access: 'a2' });
  history.crash();
  history.settle();
  assert.equal(object.states.length, 1);
  history.end(history.begin(object, { kind: 'refresh', token: 'r1' }), { refresh: 'r3', access: 'a3' });
  assert.throws(() => history.settle(), /no story explains what was told about it/);
});

test('ask notes what was told, or that the server was gone', async () => {
  const history = new History();
  const object = history.object('it', once);
  assert.equal(await object.ask({ kind: 'use' }, async () => true), true);
  await assert.rejects(object.ask({ kind: 'use' }, async () => { throw new Gone(); }), Gone);
  history.crash();
  history.settle();
  assert.deepEqual(history.counts, { answered: 1, unanswered: 1 });
});
