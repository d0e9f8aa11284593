/* Lists of a page's length, with the keyboard and for narrow screens (a row becomes a card there). */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { useFollowing } from '../lib/data';
import { t } from '../lib/i18n';
import { Button, Loaded } from './basics';

export interface Column<T> {
  title: string;
  cell: (row: T) => ComponentChildren;
  narrow?: boolean;
}

export function Table<T>(props: {
  label: string;
  columns: Column<T>[];
  rows: T[];
  id: (row: T) => string;
  empty?: string;
}) {
  if (props.rows.length === 0) return <p class="empty">{props.empty ?? t('table.empty')}</p>;
  return (
    <div class="table">
      <table aria-label={props.label}>
        <thead>
          <tr>
            {props.columns.map((c) => (
              <th key={c.title} scope="col">{c.title}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.id(row)}>
              {props.columns.map((c) => (
                <td key={c.title} data-title={c.title} class={c.narrow ? 'narrow' : ''}>{c.cell(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export const PAGE = 25;

/* Search as you type, and pages: one row more than a page is asked for to know whether more come. */
export function usePaged<T>(
  load: (q: { search: string; first: number; max: number }, signal: AbortSignal) => Promise<T[]>,
  deps: unknown[],
) {
  const [wanted, setWanted] = useState({ search: '', first: 0 });
  const data = useFollowing<T[], typeof wanted>(
    (q, signal) => load({ search: q.search.trim(), first: q.first, max: PAGE + 1 }, signal),
    wanted,
    deps,
  );
  return {
    data,
    search: wanted.search,
    setSearch: (search: string) => setWanted({ search, first: 0 }),
    first: wanted.first,
    setFirst: (first: number) => setWanted({ ...wanted, first }),
  };
}

export function SearchBox(props: { value: string; onChange: (text: string) => void; label: string; busy?: boolean }) {
  return (
    <input
      type="search"
      class="search"
      aria-label={props.label}
      placeholder={props.label}
      value={props.value}
      aria-busy={props.busy}
      autocomplete="off"
      spellcheck={false}
      onInput={(e) => props.onChange(e.currentTarget.value)}
    />
  );
}

export function Paged<T>(props: {
  of: ReturnType<typeof usePaged<T>>;
  label: string;
  searchLabel?: string;
  columns: Column<T>[];
  id: (row: T) => string;
  empty?: string;
  tools?: ComponentChildren;
}) {
  const { data, search, setSearch, first, setFirst } = props.of;
  return (
    <>
      <div class="tools">
        {props.searchLabel && (
          <SearchBox value={search} onChange={setSearch} label={props.searchLabel} busy={data.busy} />
        )}
        {props.tools}
      </div>
      <Loaded of={data}>
        {(rows) => (
          <>
            <Table
              label={props.label}
              columns={props.columns}
              rows={rows.slice(0, PAGE)}
              id={props.id}
              empty={search ? t('table.nothing', { text: search }) : props.empty}
            />
            {(first > 0 || rows.length > PAGE) && (
              <nav class="pager" aria-label={t('pager')}>
                <Button disabled={first === 0} onClick={() => setFirst(Math.max(0, first - PAGE))}>
                  {t('pager.back')}
                </Button>
                <span>{t('pager.range', { from: first + 1, to: first + Math.min(rows.length, PAGE) })}</span>
                <Button disabled={rows.length <= PAGE} onClick={() => setFirst(first + PAGE)}>
                  {t('pager.next')}
                </Button>
              </nav>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}
