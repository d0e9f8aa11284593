/* A realm sent piece by piece, tried and made from there: pieces pass proxies that take no large bodies, what is
 * lost on the way is sent again, and both sides know how far they are. */
import { ApiError, create, get, post, put, remove } from './api';
import type { RealmReport } from './import_report';

export const PIECE = 512 * 2 ** 10; // of one call
const TRIES = 5; // of a piece
const PATIENCE_MS = 1000; // between them
const LOOK_MS = 400; // at what the server is at

/* part: 0 to 1, when it is known. */
export type Progress =
  | { step: 'sending'; part: number }
  | { step: 'working'; part?: number; done?: number; total?: number };
export type OnProgress = (progress: Progress) => void;

interface State {
  size: number;
  received: number;
  busy: boolean;
  what?: string;
  done?: number;
}

const pathOf = (id: string) => `/garita/uploads/${encodeURIComponent(id)}`;
const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
const isLost = (error: unknown) => error instanceof ApiError && (error.status === 0 || error.status === 503);

/* Sent again while nobody answers: the server takes the same piece twice. */
async function sendPiece(id: string, at: number, piece: Blob): Promise<void> {
  for (let left = TRIES; ; left--) {
    try {
      await put(`${pathOf(id)}?offset=${at}`, piece, { type: 'application/octet-stream' });
      return;
    } catch (error) {
      if (left <= 1 || !isLost(error)) throw error;
      await wait(PATIENCE_MS);
    }
  }
}

/* How far the server is, while it works: people come last and are most of it. */
async function follow(id: string, total: number, over: () => boolean, tell: OnProgress): Promise<void> {
  while (!over()) {
    const state = await get<State>(pathOf(id)).catch(() => undefined);
    if (over()) return;
    const counted = state?.what === 'users' && state.done !== undefined && total > 0;
    tell(counted ? { step: 'working', part: Math.min(1, state.done! / total), done: state.done, total } : { step: 'working' });
    await wait(LOOK_MS);
  }
}

export class RealmUpload {
  private id?: string;

  constructor(readonly body: Blob, readonly users: number) {}

  /* Goes on where it was; from the beginning when the server has forgotten it. */
  private async send(tell: OnProgress): Promise<string> {
    const known = this.id && await get<State>(pathOf(this.id)).catch((error) => {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    });
    if (!known) this.id = await create('/garita/uploads', { size: this.body.size });
    for (let at = known ? known.received : 0; at < this.body.size; at += PIECE) {
      tell({ step: 'sending', part: at / this.body.size });
      await sendPiece(this.id!, at, this.body.slice(at, at + PIECE));
    }
    return this.id!;
  }

  async run(dryRun: boolean, tell: OnProgress): Promise<RealmReport> {
    const id = await this.send(tell);
    let over = false;
    tell({ step: 'working' });
    void follow(id, this.users, () => over, tell);
    try {
      return await post<RealmReport>(`${pathOf(id)}/realm${dryRun ? '?dryRun=true' : ''}`);
    } finally {
      over = true;
    }
  }

  /* The server would forget it by itself, later. */
  forget(): void {
    if (this.id) void remove(pathOf(this.id)).catch(() => {});
    this.id = undefined;
  }
}
