import { describe, expect, test } from 'vitest';

import { said, settled, type Toast } from '../src/ui/toast_data';

const one = (id: number, kind: Toast['kind'], place = '#/peru/users'): Toast => ({ id, kind, place, text: `${kind} ${id}` });
const ids = (toasts: Toast[]) => toasts.map((x) => x.id);

describe('notices', () => {
  test('what failed goes when the same page succeeds, with or without a word', () => {
    const failed = [one(1, 'bad'), one(2, 'bad', '#/peru/groups')];
    expect(ids(said(failed, one(3, 'good')))).toEqual([2, 3]);
    expect(ids(settled(failed, '#/peru/users'))).toEqual([2]);
  });

  test('a second failure takes nothing away, and the same text stands once', () => {
    const failed = said([one(1, 'bad')], one(2, 'bad'));
    expect(ids(failed)).toEqual([1, 2]);
    expect(ids(said(failed, { ...one(3, 'bad'), text: 'bad 1' }))).toEqual([2, 3]);
  });

  test('four at most', () => {
    expect(ids([1, 2, 3, 4, 5].reduce<Toast[]>((all, id) => said(all, one(id, 'bad')), []))).toEqual([2, 3, 4, 5]);
  });
});
