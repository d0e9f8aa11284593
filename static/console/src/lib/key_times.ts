/* The life of a realm's keys, for a drawing: since when each signs, until when it verifies. */
export interface Key {
  kid: string;
  algorithm: string;
  use: string;
  type: string;
  status: 'ACTIVE' | 'PASSIVE' | 'DISABLED';
  createdTimestamp: number;
  notAfter?: number; // of one that verifies until then
  validTo?: number; // of its certificate
}

export type State = 'signs' | 'ready' | 'verifies' | 'off';

export interface Life {
  key: Key;
  state: State;
  from: number;
  signed: number; // until then, as far as the keys after it tell
  until: number; // of what is drawn: the end of its use, now for one without
  certificateUsed?: number; // 0 to 1
}

/* The first key that was made after it for the same algorithm took over. */
function tookOver(key: Key, all: readonly Key[]): number | undefined {
  const later = all.filter((k) => k.algorithm === key.algorithm && k.createdTimestamp > key.createdTimestamp).map((k) => k.createdTimestamp);
  return later.length > 0 ? Math.min(...later) : undefined;
}

function stateOf(key: Key, active: Record<string, string>): State {
  if (key.status === 'DISABLED') return 'off';
  if (key.status === 'PASSIVE') return 'verifies';
  return active[key.algorithm] === key.kid ? 'signs' : 'ready';
}

function lifeOf(key: Key, all: readonly Key[], active: Record<string, string>, now: number): Life {
  const state = stateOf(key, active);
  const from = Math.min(key.createdTimestamp, now);
  const until = state === 'off' ? Math.min(key.notAfter ?? tookOver(key, all) ?? now, now) : (key.notAfter ?? now);
  const signed = state === 'signs' ? now : state === 'ready' ? from : Math.min(tookOver(key, all) ?? until, now);
  const valid = key.validTo === undefined ? undefined : key.validTo - from;
  return {
    key, state, from, signed: Math.max(from, Math.min(signed, until)), until: Math.max(from, until),
    ...(valid === undefined ? {} : { certificateUsed: valid > 0 ? Math.min(1, (now - from) / valid) : 1 }),
  };
}

/* By algorithm, the newest first. */
export function livesOf(keys: readonly Key[], active: Record<string, string>, now: number): Life[] {
  return keys
    .map((k) => lifeOf(k, keys, active, now))
    .sort((a, b) => (a.key.algorithm < b.key.algorithm ? -1 : a.key.algorithm > b.key.algorithm ? 1 : b.from - a.from));
}

const DAY = 86_400_000;

/* What the drawing spans: all of them, with some room behind now. */
export function spanOf(lives: readonly Life[], now: number): { from: number; to: number } {
  const from = Math.min(now - DAY, ...lives.map((l) => l.from));
  return { from, to: Math.max(now + (now - from) / 10, ...lives.map((l) => l.until)) };
}
