/* Follows the node: server-sent events read with fetch, as EventSource can send no token. */
import { ApiError, request } from './api';
import { distrust } from './auth';
import { after, EventReader, type Live, type LiveEvent } from './live_data';

const AGAIN_MS = 2000;

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

/* Reads one reply to its end. The end of a token is not the end of the session: another one goes on. */
async function read(id: string | undefined, signal: AbortSignal, hear: (events: LiveEvent[]) => void): Promise<void> {
  const answer = await request('GET', '/garita/live', undefined, { signal, headers: id ? { 'Last-Event-ID': id } : {} });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  const events = new EventReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const heard = events.take(value);
    if (heard.some((e) => e.event === 'end')) distrust();
    if (heard.length > 0) hear(heard);
  }
}

/* Follows until signal says so, over breaks and restarts. tell gets all that is kept, at each change. */
export async function follow(signal: AbortSignal, tell: (live: Live) => void): Promise<void> {
  let live: Live = { samples: [], steps: [], state: 'waiting' };
  let id: string | undefined;
  while (!signal.aborted) {
    const before = id;
    try {
      await read(id, signal, (events) => {
        live = events.reduce(after, live);
        id = events.reduce<string | undefined>((last, e) => e.id ?? last, id);
        tell(live);
      });
      if (id === before) await pause(AGAIN_MS, signal); // it says nothing: it is about to stop
    } catch (error) {
      if (signal.aborted) return;
      tell((live = { ...live, state: 'lost' }));
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) throw error;
      await pause(AGAIN_MS, signal);
    }
  }
}
