import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ApiError } from '../src/lib/api';
import { PIECE, RealmUpload, type Progress } from '../src/lib/upload';

const calls = vi.hoisted(() => ({ create: vi.fn(), get: vi.fn(), post: vi.fn(), put: vi.fn(), remove: vi.fn() }));
vi.mock('../src/lib/api', async () => {
  class Failed extends Error {
    constructor(readonly status: number) {
      super('failed');
    }
  }
  return { ...calls, ApiError: Failed };
});

const report = { realm: 'x', taken: {}, adapted: [], left: [] };
let told: Progress[];
beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  told = [];
  calls.create.mockResolvedValue('id');
  calls.put.mockResolvedValue(undefined);
  calls.post.mockResolvedValue(report);
  calls.get.mockResolvedValue({ size: 0, received: 0, busy: true });
  calls.remove.mockResolvedValue(undefined);
});
afterEach(() => { vi.useRealTimers(); });

const lost = () => new ApiError(0, 'lost');
const sentFrom = () => calls.put.mock.calls.map(([path]) => Number(/offset=(\d+)/.exec(path as string)![1]));
const run = async (upload: RealmUpload, dryRun = true) => {
  const done = upload.run(dryRun, (p) => told.push(p));
  done.catch(() => {});
  await vi.runAllTimersAsync();
  return done;
};

test('pieces in their order, each with how far it is; then the trial', async () => {
  const upload = new RealmUpload(new Blob(['x'.repeat(2 * PIECE + 1)]), 0);
  expect(await run(upload)).toBe(report);
  expect(calls.create).toHaveBeenCalledWith('/garita/uploads', { size: 2 * PIECE + 1 });
  expect(sentFrom()).toEqual([0, PIECE, 2 * PIECE]);
  expect(told.filter((p) => p.step === 'sending').map((p) => Math.round(p.part! * 100))).toEqual([0, 50, 100]);
  expect(calls.post).toHaveBeenCalledWith('/garita/uploads/id/realm?dryRun=true');
});

test('a piece that is lost is sent again, and no more than a few times', async () => {
  calls.put.mockRejectedValueOnce(lost()).mockRejectedValueOnce(lost());
  await run(new RealmUpload(new Blob(['ab']), 0));
  expect(sentFrom()).toEqual([0, 0, 0]);
  calls.put.mockReset().mockRejectedValue(lost());
  await expect(run(new RealmUpload(new Blob(['ab']), 0))).rejects.toThrow();
  expect(calls.put.mock.calls.length).toBe(5);
});

test('what is refused is not sent again', async () => {
  calls.put.mockRejectedValue(new ApiError(413, 'too large'));
  await expect(run(new RealmUpload(new Blob(['ab']), 0))).rejects.toThrow();
  expect(calls.put.mock.calls.length).toBe(1);
});

test('it is sent once for the trial and what follows, goes on where it was, and anew when it was forgotten', async () => {
  const size = PIECE + 1;
  const upload = new RealmUpload(new Blob(['x'.repeat(size)]), 0);
  calls.put.mockResolvedValueOnce(undefined).mockRejectedValue(new ApiError(500, 'broken'));
  await expect(run(upload)).rejects.toThrow();
  calls.put.mockReset().mockResolvedValue(undefined);
  calls.get.mockResolvedValue({ size, received: PIECE, busy: false });
  await run(upload);
  expect(sentFrom()).toEqual([PIECE]);
  calls.put.mockClear();
  calls.get.mockResolvedValue({ size, received: size, busy: false });
  await run(upload, false);
  expect(sentFrom()).toEqual([]);
  expect(calls.post).toHaveBeenLastCalledWith('/garita/uploads/id/realm');
  calls.get.mockRejectedValue(new ApiError(404, 'gone'));
  await run(upload, false);
  expect(sentFrom()).toEqual([0, PIECE]);
  expect(calls.create.mock.calls.length).toBe(2);
  upload.forget();
  expect(calls.remove).toHaveBeenCalledWith('/garita/uploads/id');
});

test('people that are done are a part of all; other work has no part', async () => {
  let end = (_: unknown) => {};
  calls.post.mockReturnValue(new Promise((resolve) => { end = resolve; }));
  calls.get.mockResolvedValueOnce({ busy: true, what: 'groups', done: 500 }).mockResolvedValue({ busy: true, what: 'users', done: 500 });
  const upload = new RealmUpload(new Blob(['ab']), 1000);
  const done = upload.run(true, (p) => told.push(p));
  await vi.advanceTimersByTimeAsync(1000);
  end(report);
  await done;
  const working = told.filter((p) => p.step === 'working');
  expect(working[1]).toEqual({ step: 'working' });
  expect(working.at(-1)).toEqual({ step: 'working', part: 0.5, done: 500, total: 1000 });
});
