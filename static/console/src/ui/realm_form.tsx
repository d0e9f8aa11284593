/* A form over some settings of the realm: only what was changed is sent, so that two administrators on
 * different pages do not undo each other. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { get, put, realmPath } from '../lib/api';
import { useAction, useData } from '../lib/data';
import { t } from '../lib/i18n';
import type { Realm } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Button, Loaded } from './basics';

export type SetRealm = (part: Partial<Realm>) => void;

export function RealmForm(props: {
  realm: string;
  children: (realm: Realm, set: SetRealm) => ComponentChildren;
  saved?: () => void;
}) {
  const { realm } = props;
  const may = useMay(realm);
  const data = useData<Realm>((signal) => get(realmPath(realm), signal), [realm]);
  const [changed, setChanged] = useState<Partial<Realm>>({});
  const [busy, run] = useAction();
  const save = () =>
    run(async () => {
      const done = await attempt(() => put(realmPath(realm), { realm, ...changed }), t('saved'));
      if (!done) return;
      setChanged({});
      data.reload();
      props.saved?.();
    });
  return (
    <Loaded of={data}>
      {(stored) => (
        <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
          {props.children({ ...stored, ...changed }, (part) => setChanged({ ...changed, ...part }))}
          {may('manage-realm') && (
            <div class="actions">
              <Button type="submit" kind="main" busy={busy} disabled={Object.keys(changed).length === 0}>{t('save')}</Button>
              <Button onClick={() => setChanged({})} disabled={Object.keys(changed).length === 0}>{t('revert')}</Button>
            </div>
          )}
        </form>
      )}
    </Loaded>
  );
}
