/* Data of a page: what was shown stays while newer is on its way, and what is late never replaces
 * what was asked for after it. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { ApiError } from './api';

export interface Data<T> {
  data: T | undefined;
  error: ApiError | undefined;
  busy: boolean;
  reload(): void;
  set(value: T): void;
}

export function useData<T>(
  load: ((signal: AbortSignal) => Promise<T>) | undefined,
  deps: unknown[],
): Data<T> {
  const [state, setState] = useState<{ data?: T; error?: ApiError; busy: boolean }>({ busy: true });
  const [turn, setTurn] = useState(0);
  // Asked before the page is painted: waiting for that is a frame more until the answer.
  useLayoutEffect(() => {
    if (!load) {
      setState({ busy: false });
      return;
    }
    const abort = new AbortController();
    setState((s) => ({ ...s, busy: true }));
    load(abort.signal).then(
      (data) => !abort.signal.aborted && setState({ data, busy: false }),
      (error) => !abort.signal.aborted && setState((s) => ({ data: s.data, error, busy: false })),
    );
    return () => abort.abort();
  }, [...deps, turn]);
  return {
    data: state.data,
    error: state.error,
    busy: state.busy,
    reload: useCallback(() => setTurn((n) => n + 1), []),
    set: useCallback((data: T) => setState({ data, busy: false }), []),
  };
}

const PATIENCE_MS = 100;

/* For what follows each key: the first is asked about at once, and while that answer is on its way the
 * newest waits for it, or gives up on it when no key follows. However fast somebody types, the server has
 * few calls of a list. */
export function useFollowing<T, Q>(load: (asked: Q, signal: AbortSignal) => Promise<T>, wanted: Q, deps: unknown[]): Data<T> {
  const [asked, setAsked] = useState(wanted);
  const data = useData<T>((signal) => load(asked, signal), [...deps, asked]);
  useLayoutEffect(() => {
    const ask = () => setAsked(wanted);
    if (!data.busy) return ask();
    const timer = setTimeout(ask, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [wanted, data.busy]);
  return data;
}

export function useDebounced<T>(value: T, ms: number): T {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return late;
}

/* A change under way: pressing twice does it once. */
export function useAction(): [boolean, (work: () => Promise<void>) => Promise<void>] {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const run = useCallback(async (work: () => Promise<void>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    try {
      await work();
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);
  return [busy, run];
}

/* What a form changes of what is stored. Only that is sent, so that two people at different fields do not undo
 * each other, and what is stored meanwhile shows where nothing was changed. */
export function useChanges<T extends object>(stored: T): {
  value: T;
  set: (part: Partial<T>) => void;
  changed: Partial<T>;
  isChanged: boolean;
  clear: () => void;
} {
  const [changed, setChanged] = useState<Partial<T>>({});
  return {
    value: { ...stored, ...changed },
    set: (part) => setChanged({ ...changed, ...part }),
    changed,
    isChanged: Object.keys(changed).length > 0,
    clear: () => setChanged({}),
  };
}
