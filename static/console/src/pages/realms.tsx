import { useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { create } from '../lib/api';
import { formatNumber, languages, t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import { realmsMatching } from '../lib/realm_names';
import { useWho } from '../lib/who';
import { Button, Page } from '../ui/basics';
import { FormDialog } from '../ui/dialog';
import { Select, TextField } from '../ui/form';
import { Paged, usePaged } from '../ui/table';
import ImportRealm from './import_realm';

export default function Realms(props: PageProps) {
  const who = useWho();
  if (props.rest[0] === 'import' && who.createRealm) return <ImportRealm realm={props.realm} />;
  return <RealmList realm={props.realm} />;
}

/* All names came with who is signed in: nothing is asked for while somebody types. */
function RealmList({ realm }: { realm: string }) {
  const who = useWho();
  const [adding, setAdding] = useState(false);
  const names = Object.keys(who.realm_access);
  const list = usePaged<string>(async (q) => realmsMatching(names, q.search).slice(q.first, q.first + q.max), [who]);
  return (
    <Page
      title={t('realms.all')}
      lead={t('realms.lead', { count: formatNumber(names.length) })}
      actions={who.createRealm && (
        <>
          <a class="button" href={linkTo(realm, 'realms', 'import')}>{t('import.realm')}</a>
          <Button kind="main" onClick={() => setAdding(true)}>{t('realms.add')}</Button>
        </>
      )}
    >
      <Paged
        of={list}
        label={t('realms.all')}
        searchLabel={t('realms.search')}
        id={(n) => n}
        columns={[
          { title: t('realm'), cell: (n) => <a href={linkTo(n)}>{n}</a> },
          { title: t('realms.rights'), cell: (n) => formatNumber(who.realm_access[n]?.length ?? 0) },
        ]}
      />
      {adding && <AddRealm onClose={() => setAdding(false)} />}
    </Page>
  );
}

function AddRealm({ onClose }: { onClose: () => void }) {
  const [realm, setRealm] = useState({ realm: '', displayName: '', defaultLocale: 'es' });
  return (
    <FormDialog
      title={t('realms.add')}
      submit={t('create')}
      onClose={onClose}
      work={async () => {
        await create('/realms', {
          ...realm,
          enabled: true,
          internationalizationEnabled: true,
          supportedLocales: Object.keys(languages),
        });
        location.hash = linkTo(realm.realm);
        location.reload(); // the rights of the token are those of before
      }}
    >
      <TextField label={t('realms.name')} hint={t('realms.name.hint')} value={realm.realm} required onChange={(v) => setRealm({ ...realm, realm: v })} />
      <TextField label={t('settings.display')} value={realm.displayName} onChange={(displayName) => setRealm({ ...realm, displayName })} />
      <Select label={t('settings.language')} value={realm.defaultLocale} options={Object.entries(languages)} onChange={(defaultLocale) => setRealm({ ...realm, defaultLocale })} />
    </FormDialog>
  );
}
