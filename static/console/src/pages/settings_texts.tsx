/* The realm's own words on its pages. */
import { useState } from 'preact/hooks';

import { get, put, realmPath, remove } from '../lib/api';
import { useData } from '../lib/data';
import { language, languages, t } from '../lib/i18n';
import { useMay } from '../lib/who';
import { attempt, Button, Card, Loaded } from '../ui/basics';
import { FormDialog } from '../ui/dialog';
import { Select, TextField } from '../ui/form';
import { Table } from '../ui/table';

export function Localization({ realm }: { realm: string }) {
  const may = useMay(realm);
  const [locale, setLocale] = useState<string>(language);
  const [editing, setEditing] = useState<[string, string]>();
  const base = realmPath(realm, 'localization', locale);
  const texts = useData<Record<string, string>>((signal) => get(base, signal), [base]);
  return (
    <Card title={t('settings.texts')} lead={t('settings.texts.lead')}>
      <Select label={t('language')} value={locale} options={Object.entries(languages)} onChange={setLocale} />
      {may('manage-realm') && <div class="tools"><Button kind="main" onClick={() => setEditing(['', ''])}>{t('settings.texts.add')}</Button></div>}
      <Loaded of={texts}>
        {(d) => (
          <Table
            label={t('settings.texts')}
            rows={Object.entries(d ?? {})}
            id={([key]) => key}
            empty={t('settings.texts.empty')}
            columns={[
              { title: t('name'), cell: ([key]) => <code>{key}</code> },
              { title: t('value'), cell: ([, text]) => text },
              {
                title: t('actions'), narrow: true,
                cell: (row) => may('manage-realm') && (
                  <>
                    <Button kind="plain" onClick={() => setEditing(row)}>{t('edit')}</Button>
                    <Button kind="plain" onClick={() => attempt(async () => { await remove(`${base}/${encodeURIComponent(row[0])}`); texts.reload(); }, t('saved'))}>{t('delete')}</Button>
                  </>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {editing && (
        <TextDialog
          row={editing}
          onClose={() => setEditing(undefined)}
          save={async (key, text) => {
            await put(`${base}/${encodeURIComponent(key)}`, text, { type: 'text/plain; charset=utf-8' });
            texts.reload();
          }}
        />
      )}
    </Card>
  );
}

function TextDialog(props: { row: [string, string]; onClose: () => void; save: (key: string, text: string) => Promise<void> }) {
  const [key, setKey] = useState(props.row[0]);
  const [text, setText] = useState(props.row[1]);
  return (
    <FormDialog title={t('settings.texts.add')} submit={t('save')} done={t('saved')} onClose={props.onClose} work={() => props.save(key, text)}>
      <TextField label={t('name')} value={key} required readOnly={props.row[0] !== ''} onChange={setKey} />
      <TextField label={t('value')} value={text} rows={3} onChange={setText} />
    </FormDialog>
  );
}
