import { describe, expect, test } from 'vitest';

import { after, EventReader, kept, SAMPLES, STEPS, type Live, type LiveEvent, type Sample } from '../src/lib/live_data';
import { alertKey } from '../src/lib/node';
import { extentOf, mean, pathOf, perMinute, perSecond, roundUp, share } from '../src/ui/lines_data';

const sample = (number: number, more: Partial<Sample> = {}) => ({ number, at: number * 1000, spanMs: 1000, ...more }) as Sample;
const event = (kind: string, number: number): LiveEvent => ({ id: `1-${number}`, event: kind, data: JSON.stringify(sample(number)) });
const nothing: Live = { samples: [], steps: [], state: 'waiting' };

describe('server-sent events', () => {
  const text = 'retry: 2000\n\nid: 1-1\nevent: sample\ndata: {"number":1}\n\nevent: end\ndata: {"reason":"max"}\n\n';
  test('are the same in whatever pieces they come', () => {
    for (const size of [1, 2, 7, text.length]) {
      const reader = new EventReader();
      const heard: LiveEvent[] = [];
      for (let i = 0; i < text.length; i += size) heard.push(...reader.take(text.slice(i, i + size)));
      expect(heard).toEqual([{ id: '1-1', event: 'sample', data: '{"number":1}' }, { event: 'end', data: '{"reason":"max"}' }]);
    }
  });
  test('one that is not whole is not told', () => {
    expect(new EventReader().take('event: sample\ndata: {"number":1}\n')).toEqual([]);
  });
});

describe('what is kept', () => {
  test('is bounded, however long the page stays open', () => {
    let live = nothing;
    for (let i = 1; i <= 100_000; i++) {
      live = after(live, event('sample', i));
      if (i % 10 === 0) live = after(live, event('step', i / 10));
    }
    expect(live.samples).toHaveLength(SAMPLES);
    expect(live.steps).toHaveLength(STEPS);
    expect([live.samples[0]!.number, live.samples[SAMPLES - 1]!.number]).toEqual([100_001 - SAMPLES, 100_000]);
  });
  test('is of one life of the server: a number that was there before begins anew', () => {
    expect(kept([sample(41), sample(42)], sample(1), 5).map((s) => s.number)).toEqual([1]);
    expect(kept([sample(41), sample(42)], sample(43), 2).map((s) => s.number)).toEqual([42, 43]);
  });
  test('other events change nothing', () => {
    expect(after(nothing, { event: 'end', data: '{"reason":"max"}' })).toEqual(nothing);
  });
});

describe('charts', () => {
  test('rates are of the time that a sample really took', () => {
    expect([perMinute(sample(1, { spanMs: 2000 }), 4), perSecond(sample(1, { spanMs: 2000 }), 4)]).toEqual([120, 2]);
    expect(perSecond(sample(1, { spanMs: 0 }), 4)).toBeNull();
  });
  test('what was not measured is no zero', () => {
    expect([share(0, 0), share(1, 4), mean(0, 0), mean(6, 3)]).toEqual([null, 25, null, 2]);
    expect(extentOf([null, null])).toEqual({ now: null, least: null, most: null });
    expect(extentOf([3, 1, null])).toEqual({ now: null, least: 1, most: 3 });
  });
  test('a line breaks where there is no value, and stays within its box', () => {
    expect(pathOf([0, 50, 100], [0, null, 10], 0, 100, 10, 100, 50)).toBe('M0.0 50.0h0M100.0 0.0h0');
    expect(pathOf([0, 100], [5, 99], 0, 100, 10, 100, 50)).toBe('M0.0 25.0h0L100.0 0.0');
    expect(pathOf([7], [1], 7, 7, 0, 100, 50)).toBe('M100.0 50.0h0');
    expect(pathOf([], [], 0, 0, 1, 100, 50)).toBe('');
  });
  test('the top is a round number', () => {
    expect([0, 0.3, 1, 1.2, 3, 7, 10, 11, 99].map(roundUp)).toEqual([1, 0.5, 1, 2, 5, 10, 10, 20, 100]);
  });
});

test('alerts of a newer server bring their own words', () => {
  expect(alertKey('disk-low')).toBe('alert.disk-low');
  expect(alertKey('never-heard-of')).toBeUndefined();
  expect(alertKey('constructor')).toBeUndefined();
});
