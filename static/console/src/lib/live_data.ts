/* What the node does, second by second, as it is kept in the page: bounded, however long that stays open. */
export const SAMPLES = 120; // two minutes
export const STEPS = 360; // an hour, in steps of ten seconds

export interface Sample {
  number: number;
  at: number;
  spanMs: number;
  logins: number;
  loginFailures: number;
  validations: number;
  cacheHits: number;
  cacheAsked: number;
  requests: number;
  serverErrors: number;
  commits: number;
  flushes: number;
  flushUs: number;
  connections: number;
  streams: number;
  waitingBytes: number;
  memoryBytes: number;
  diskFreeBytes: number;
  openRealms: number;
  lagMs: number;
  lagBytes: number;
  lagCommits: number;
  p95Us: Record<'login' | 'token' | 'validation' | 'administration', number>;
}

export interface LiveEvent {
  id?: string;
  event: string;
  data: string;
}

/* Takes text as it comes, in pieces of any size, and gives the events that are whole. */
export class EventReader {
  private rest = '';

  take(text: string): LiveEvent[] {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop()!;
    return blocks.map(eventOf).filter((e) => e.data !== '');
  }
}

function eventOf(block: string): LiveEvent {
  const out: LiveEvent = { event: 'message', data: '' };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') out.id = value;
    else if (name === 'event') out.event = value;
    else if (name === 'data') out.data += value;
  }
  return out;
}

/* The newest so many, the oldest first. A number that was there already comes from a server that was
 * started anew: what is of before goes. */
export function kept(list: readonly Sample[], next: Sample, most: number): Sample[] {
  const last = list[list.length - 1];
  if (last && next.number <= last.number) return [next];
  return [...list.slice(Math.max(0, list.length + 1 - most)), next];
}

export interface Live {
  samples: Sample[];
  steps: Sample[];
  state: 'waiting' | 'live' | 'lost';
}

export function after(live: Live, event: LiveEvent): Live {
  if (event.event === 'sample')
    return { ...live, samples: kept(live.samples, JSON.parse(event.data) as Sample, SAMPLES), state: 'live' };
  if (event.event === 'step')
    return { ...live, steps: kept(live.steps, JSON.parse(event.data) as Sample, STEPS), state: 'live' };
  return live;
}
