// What was asked of a server and what it told, and whether one whole story explains it all.
//
// Every request is an operation on an object (a login with its tokens, a code, a user, a key ring...):
// when it began, when it ended, what it was told. A crash leaves operations that nobody answered: they
// happened before it, wholly, or not at all. settle() looks for an order of the operations of each
// object that fits the times, the answers and the object's model, and keeps every state that such
// orders can end in; when there is none, the server lied. What is asked after a restart is part of the
// history like everything else: that is how the state is compared.
import assert from 'node:assert/strict';

const key = (value) => JSON.stringify(value);
export const same = (a, b) => key(a) === key(b);

// --- Models: step(state, op) gives the states that may follow when op happens and is told op.told.
// op.told is undefined when nobody heard the answer. ---

// A value that is read and written as a whole; null: not there.
export const register = (initial = null) => ({
  initial,
  step(state, op) {
    switch (op.kind) {
      case 'put': return [op.value];
      case 'read': return op.told === undefined || same(op.told, state) ? [state] : [];
      // whether a value is the one: a password
      case 'try': return op.told === undefined || op.told === same(op.value, state) ? [state] : [];
      default: throw new Error(`register: ${op.kind}`);
    }
  },
});

// Something that is good once.
export const once = {
  initial: 'unused',
  step(state, op) {
    assert.equal(op.kind, 'use');
    const good = state === 'unused';
    return op.told === undefined || op.told === good ? ['used'] : [];
  },
};

// Keys of one algorithm, oldest first; the last one signs. null: one whose name nobody heard.
export const keyRing = (names) => ({
  initial: names,
  step(state, op) {
    if (op.kind === 'rotate') return [[...state, op.told ?? null]];
    assert.equal(op.kind, 'read');
    if (op.told === undefined) return [state];
    const fits = op.told.all.length === state.length && op.told.all.every((name, i) => state[i] === null || state[i] === name);
    return fits && same(op.told.signing, op.told.all.slice(-1)) ? [op.told.all] : [];
  },
});

// A login: its codes and its families of refresh tokens at one client. Tokens and codes are named by
// their text. A second use of either ends all tokens of the client in this login (OT-01, OT-04), and
// so does a revocation; logout ends the login.
const noLogin = { open: false, codes: {}, families: [] };
const endTokens = (s) => ({
  ...s, codes: Object.fromEntries(Object.keys(s.codes).map((c) => [c, 'spent'])), families: s.families.map((f) => ({ ...f, dead: true })),
});
const newFamily = (told) => ({ current: told?.refresh ?? null, access: told?.access ? [told.access] : [], old: [], dead: false });
const familyOf = (s, token) => s.families.find((f) => f.current === token || f.old.includes(token));

const loginSteps = {
  // told: {refresh, access} or false
  grant: (s, op) => (op.told === false ? [] : [{ ...s, open: true, families: [...s.families, newFamily(op.told)] }]),
  // a browser's login, which gives no tokens by itself
  enter: (s, op) => (op.told === false ? [] : [{ ...s, open: true }]),
  // told: a code or false
  code(s, op) {
    if (!s.open) return op.told ? [] : [s];
    if (op.told === undefined) return [s]; // a code that nobody knows
    return op.told === false ? [] : [{ ...s, codes: { ...s.codes, [op.told]: 'new' } }];
  },
  redeem(s, op) {
    if (s.open && s.codes[op.code] === 'new') {
      if (op.told === false) return [];
      return [{ ...s, codes: { ...s.codes, [op.code]: 'spent' }, families: [...s.families, newFamily(op.told)] }];
    }
    return op.told ? [] : [endTokens(s)];
  },
  refresh(s, op) {
    const family = familyOf(s, op.token);
    if (!s.open || !family || family.dead) return op.told ? [] : [s];
    if (family.current !== op.token) return op.told ? [] : [endTokens(s)];
    if (op.told === false) return [];
    const next = { ...family, current: op.told?.refresh ?? null, old: [...family.old, op.token], access: [...family.access, ...(op.told?.access ? [op.told.access] : [])] };
    return [{ ...s, families: s.families.map((f) => (f === family ? next : f)) }];
  },
  // Of a token that is not current: told the same, to no effect when nothing is left.
  revoke: (s, op) => (op.told === false ? [] : [familyOf(s, op.token)?.dead ? s : endTokens(s)]),
  logout: (s, op) => (op.told === false ? [] : [{ ...endTokens(s), open: false }]),
  // whether an access token is good
  active(s, op) {
    const family = s.families.find((f) => f.access.includes(op.token));
    const good = s.open && family !== undefined && !family.dead;
    return op.told === undefined || op.told === good ? [s] : [];
  },
};

export const login = { initial: noLogin, step: (state, op) => loginSteps[op.kind](state, op) };

// --- The checker ---

// Which operations may come next: those before which nothing that was answered is left out.
function candidates(ops, done) {
  const open = ops.filter((op) => !done.has(op.id));
  return open.filter((op) => {
    if (open.some((other) => !other.lost && other.end < op.begin)) return false;
    // what nobody answered happened before the crash or never
    return !op.lost || !ops.some((other) => done.has(other.id) && other.begin > op.end);
  });
}

// All states in which the operations may have left the object, from any of these.
export function outcomes(model, states, ops) {
  const found = new Map();
  const seen = new Set();
  const visit = (state, done) => {
    const place = `${[...done].sort((a, b) => a - b)}|${key(state)}`;
    if (seen.has(place)) return;
    seen.add(place);
    if (ops.every((op) => op.lost || done.has(op.id))) found.set(key(state), state);
    for (const op of candidates(ops, done)) {
      for (const next of model.step(state, op)) visit(next, new Set(done).add(op.id));
    }
  };
  for (const state of states) visit(state, new Set());
  return [...found.values()];
}

class Tracked {
  constructor(history, name, model) {
    Object.assign(this, { history, name, model, states: [model.initial], ops: [], past: [] });
  }

  // Runs call and notes what it was told: its result, or that nobody answered when it throws (Gone).
  async ask(op, call) {
    const noted = this.history.begin(this, op);
    const told = await call();
    this.history.end(noted, told);
    return told;
  }
}

// The server went away before it answered.
export class Gone extends Error {}

export class History {
  constructor() {
    this.tick = 0;
    this.nextId = 0;
    this.objects = [];
    this.counts = { answered: 0, unanswered: 0 };
  }

  object(name, model) {
    const object = new Tracked(this, name, model);
    this.objects.push(object);
    return object;
  }

  begin(object, op) {
    const noted = { id: this.nextId++, begin: this.tick++, end: Infinity, lost: true, ...op };
    object.ops.push(noted);
    return noted;
  }
  end(noted, told) {
    Object.assign(noted, { end: this.tick++, lost: false, told });
    this.counts.answered++;
  }

  // Everybody has heard of the crash, or not: what was not answered is not answered any more.
  crash() {
    for (const object of this.objects) {
      for (const op of object.ops.filter((o) => o.lost && o.end === Infinity)) {
        op.end = this.tick++;
        this.counts.unanswered++;
      }
    }
  }

  // Compares all that happened since the last time with what is possible.
  settle() {
    for (const object of this.objects.filter((o) => o.ops.length > 0)) {
      const states = outcomes(object.model, object.states, object.ops);
      object.past.push(...object.ops);
      if (states.length === 0) throw new assert.AssertionError({ message: `no story explains what was told about ${object.name}:\n${story(object)}` });
      object.states = states;
      object.ops = [];
      object.past = object.past.slice(-30);
    }
  }

  // Objects that are asked no more.
  forget(object) { this.objects = this.objects.filter((o) => o !== object); }
}

const brief = (value) => JSON.stringify(value, (k, v) => (typeof v === 'string' && v.length > 24 ? `…${v.slice(-16)}` : v));
function story(object) {
  const lines = object.past.map(({ id, begin, end, lost, told, kind, ...rest }) =>
    `  [${begin}..${end}] ${kind} ${brief(rest)} -> ${lost ? 'no answer' : brief(told)}`);
  return [`  before: ${object.states.map(brief).join(' or ')}`, ...lines].join('\n');
}
