import { useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { create } from '../lib/api';
import { formatNumber, languages, t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import { useWho } from '../lib/who';
import { Button, Page } from '../ui/basics';
import { FormDialog } from '../ui/dialog';
import { Select, TextField } from '../ui/form';
import { SearchBox, Table } from '../ui/table';

const SHOWN = 200;

export default function Realms(_: PageProps) {
  const who = useWho();
  const [search, setSearch] = useState('');
  const [adding, setAdding] = useState(false);
  const wanted = search.trim().toLowerCase();
  const names = Object.keys(who.realm_access).filter((n) => n.toLowerCase().includes(wanted)).sort();
  return (
    <Page
      title={t('realms.all')}
      lead={t('realms.lead', { count: formatNumber(names.length) })}
      actions={who.createRealm && <Button kind="main" onClick={() => setAdding(true)}>{t('realms.add')}</Button>}
    >
      <div class="tools"><SearchBox label={t('realms.search')} value={search} onChange={setSearch} /></div>
      <Table
        label={t('realms.all')}
        rows={names.slice(0, SHOWN)}
        id={(n) => n}
        empty={t('table.nothing', { text: search })}
        columns={[
          { title: t('realm'), cell: (n) => <a href={linkTo(n)}>{n}</a> },
          { title: t('realms.rights'), cell: (n) => formatNumber(who.realm_access[n]?.length ?? 0) },
        ]}
      />
      {names.length > SHOWN && <p class="lead">{t('realms.more', { count: formatNumber(names.length - SHOWN) })}</p>}
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
