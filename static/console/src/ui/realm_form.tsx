/* A form over some settings of the realm: only what was changed is sent, so that two administrators on
 * different pages do not undo each other. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { get, put, realmPath, wrongOf, type Wrong } from '../lib/api';
import { useAction, useData } from '../lib/data';
import { t } from '../lib/i18n';
import type { Realm } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Button, Loaded } from './basics';

export type SetRealm = (part: Partial<Realm>) => void;

/* A line of a list that was left empty says nothing. */
function sent(changed: Partial<Realm>): Partial<Realm> {
  const clean = (value: unknown) => (Array.isArray(value) ? value.filter((line) => line !== '') : value);
  return Object.fromEntries(Object.entries(changed).map(([name, value]) => [name, clean(value)]));
}

export function RealmForm(props: {
  realm: string;
  children: (realm: Realm, set: SetRealm, wrong: (name: string) => string | undefined) => ComponentChildren;
  saved?: () => void;
}) {
  const { realm } = props;
  const may = useMay(realm);
  const data = useData<Realm>((signal) => get(realmPath(realm), signal), [realm]);
  const [changed, setChanged] = useState<Partial<Realm>>({});
  const [wrong, setWrong] = useState<Wrong>();
  const [busy, run] = useAction();
  const wrongIn = (name: string) => (wrong?.field === name ? wrong.message : undefined);
  const save = () =>
    run(async () => {
      setWrong(undefined);
      const done = await attempt(() => put(realmPath(realm), { realm, ...sent(changed) }), t('saved'), (e) => setWrong(wrongOf(e)));
      if (!done) return;
      setChanged({});
      data.reload();
      props.saved?.();
    });
  return (
    <Loaded of={data}>
      {(stored) => (
        <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
          {props.children({ ...stored, ...changed }, (part) => setChanged({ ...changed, ...part }), wrongIn)}
          {may('manage-realm') && (
            <div class="actions">
              <Button type="submit" kind="main" busy={busy} disabled={Object.keys(changed).length === 0}>{t('save')}</Button>
              <Button onClick={() => { setChanged({}); setWrong(undefined); }} disabled={Object.keys(changed).length === 0}>{t('revert')}</Button>
            </div>
          )}
        </form>
      )}
    </Loaded>
  );
}
