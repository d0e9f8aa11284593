/* Mappers of a provider, of a directory or of an identity provider: what is taken from there. Their forms are
 * drawn from what the server says about each kind. */
import { useState } from 'preact/hooks';

import { wrongOf, type Wrong } from '../lib/api';
import { useData } from '../lib/data';
import { t } from '../lib/i18n';
import { defaults, type Config } from '../lib/properties';
import type { ProviderType } from '../lib/serverinfo';
import { Button, Card, Loaded } from '../ui/basics';
import { ConfirmDialog, FormDialog } from '../ui/dialog';
import { Select, TextField } from '../ui/form';
import { PropertyFields } from '../ui/property';
import { Table } from '../ui/table';

export interface ProviderMapper {
  id?: string;
  name: string;
  kind: string;
  config: Config;
}

/* The calls, which differ by what has the mappers. */
export interface MapperCalls {
  list: (signal: AbortSignal) => Promise<ProviderMapper[]>;
  kinds: (signal: AbortSignal) => Promise<ProviderType[]>;
  save: (mapper: ProviderMapper) => Promise<void>;
  remove: (mapper: ProviderMapper) => Promise<void>;
}

export function ProviderMappers(props: { of: string; lead: string; calls: MapperCalls; mayChange: boolean }) {
  const { calls, mayChange } = props;
  const [editing, setEditing] = useState<ProviderMapper>();
  const [deleting, setDeleting] = useState<ProviderMapper>();
  const list = useData(calls.list, [props.of]);
  const kinds = useData(calls.kinds, [props.of]);
  const first = kinds.data?.[0];
  return (
    <Card title={t('mappers')} lead={props.lead}>
      {mayChange && first && (
        <div class="tools">
          <Button kind="main" onClick={() => setEditing({ name: '', kind: first.id, config: defaults(first.properties) })}>{t('mappers.add')}</Button>
        </div>
      )}
      <Loaded of={list}>
        {(rows) => (
          <Table
            label={t('mappers')}
            rows={rows}
            id={(m) => m.id ?? m.name}
            empty={t('mappers.empty')}
            columns={[
              { title: t('name'), cell: (m) => m.name },
              { title: t('type'), cell: (m) => m.kind },
              {
                title: t('actions'), narrow: true,
                cell: (m) => mayChange && (
                  <>
                    <Button kind="plain" label={`${t('edit')}: ${m.name}`} onClick={() => setEditing(m)}>{t('edit')}</Button>
                    <Button kind="plain" label={`${t('delete')}: ${m.name}`} onClick={() => setDeleting(m)}>{t('delete')}</Button>
                  </>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {editing && kinds.data && (
        <MapperDialog mapper={editing} kinds={kinds.data} onClose={() => setEditing(undefined)} save={async (m) => {
          await calls.save(m);
          list.reload();
        }} />
      )}
      {deleting && (
        <ConfirmDialog
          title={t('mappers.delete.title', { name: deleting.name })}
          text={t('mappers.delete.text')}
          submit={t('delete')}
          done={t('mappers.deleted', { name: deleting.name })}
          onClose={() => setDeleting(undefined)}
          work={async () => {
            await calls.remove(deleting);
            list.reload();
          }}
        />
      )}
    </Card>
  );
}

function MapperDialog(props: { mapper: ProviderMapper; kinds: ProviderType[]; onClose: () => void; save: (m: ProviderMapper) => Promise<void> }) {
  const [mapper, setMapper] = useState(props.mapper);
  const [wrong, setWrong] = useState<Wrong>();
  const kind = props.kinds.find((k) => k.id === mapper.kind);
  const choose = (id: string) =>
    setMapper({ ...mapper, kind: id, config: defaults(props.kinds.find((k) => k.id === id)?.properties ?? []) });
  const work = async () => {
    try {
      await props.save(mapper);
    } catch (error) {
      setWrong(wrongOf(error));
      throw error;
    }
  };
  return (
    <FormDialog title={mapper.id ? mapper.name : t('mappers.add')} submit={t('save')} done={t('saved')} wide onClose={props.onClose} work={work}>
      <TextField label={t('name')} value={mapper.name} required onChange={(name) => setMapper({ ...mapper, name })} />
      {mapper.id ? <p class="lead">{mapper.kind}</p> : (
        <Select label={t('type')} value={mapper.kind} options={props.kinds.map((k): [string, string] => [k.id, k.id])} onChange={choose} />
      )}
      <PropertyFields properties={kind?.properties ?? []} config={mapper.config} wrong={wrong} onChange={(config) => setMapper({ ...mapper, config })} />
    </FormDialog>
  );
}
