/* Protocol mappers of a client or a scope; their settings are forms drawn from what the server says
 * about each kind. */
import { useState } from 'preact/hooks';

import { create, get, put, remove } from '../lib/api';
import { useData } from '../lib/data';
import { t } from '../lib/i18n';
import { mapperTypes, type MapperType } from '../lib/serverinfo';
import type { Mapper } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Button, Card, Loaded } from '../ui/basics';
import { FormDialog } from '../ui/dialog';
import { Select, TextField } from '../ui/form';
import { PropertyField } from '../ui/property';
import { Table } from '../ui/table';

export function Mappers(props: { realm: string; of: string; needs: string }) {
  const may = useMay(props.realm);
  const path = `${props.of}/protocol-mappers/models`;
  const [editing, setEditing] = useState<Mapper>();
  const list = useData<Mapper[]>((signal) => get(path, signal), [path]);
  const types = useData<MapperType[]>((signal) => mapperTypes(signal), []);
  const nameOf = (m: Mapper) => types.data?.find((x) => x.id === m.protocolMapper)?.name ?? m.protocolMapper;
  return (
    <Card title={t('mappers')} lead={t('mappers.lead')}>
      {may(props.needs) && (
        <div class="tools">
          <Button kind="main" onClick={() => setEditing({ name: '', protocol: 'openid-connect', protocolMapper: 'oidc-usermodel-attribute-mapper', config: {} })}>
            {t('mappers.add')}
          </Button>
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
              { title: t('type'), cell: nameOf },
              {
                title: t('actions'), narrow: true,
                cell: (m) => may(props.needs) && (
                  <>
                    <Button kind="plain" onClick={() => setEditing(m)}>{t('edit')}</Button>
                    <Button kind="plain" onClick={() => attempt(async () => { await remove(`${path}/${m.id}`); list.reload(); }, t('mappers.deleted', { name: m.name }))}>{t('delete')}</Button>
                  </>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {editing && types.data && (
        <MapperDialog mapper={editing} types={types.data} onClose={() => setEditing(undefined)} save={async (m) => {
          if (m.id) await put(`${path}/${m.id}`, m);
          else await create(path, m);
          list.reload();
        }} />
      )}
    </Card>
  );
}

function withDefaults(type: MapperType | undefined, config: Record<string, string>): Record<string, string> {
  const out = { ...config };
  for (const p of type?.properties ?? [])
    if (!(p.name in out) && p.defaultValue !== undefined) out[p.name] = String(p.defaultValue);
  return out;
}

function MapperDialog(props: { mapper: Mapper; types: MapperType[]; onClose: () => void; save: (m: Mapper) => Promise<void> }) {
  const [mapper, setMapper] = useState<Mapper>(() => ({
    ...props.mapper,
    config: props.mapper.id ? props.mapper.config : withDefaults(props.types.find((x) => x.id === props.mapper.protocolMapper), {}),
  }));
  const type = props.types.find((x) => x.id === mapper.protocolMapper);
  const config = mapper.config ?? {};
  const choose = (id: string) => setMapper({ ...mapper, protocolMapper: id, config: withDefaults(props.types.find((x) => x.id === id), {}) });
  return (
    <FormDialog
      title={mapper.id ? mapper.name : t('mappers.add')}
      submit={t('save')}
      done={t('saved')}
      wide
      onClose={props.onClose}
      work={() => props.save(mapper)}
    >
      <TextField label={t('name')} value={mapper.name} required readOnly={!!mapper.id} onChange={(name) => setMapper({ ...mapper, name })} />
      {!mapper.id && (
        <Select label={t('type')} value={mapper.protocolMapper} options={props.types.map((x): [string, string] => [x.id, x.name])} onChange={choose} />
      )}
      {type?.helpText && <p class="lead">{type.helpText}</p>}
      {(type?.properties ?? []).map((p) => (
        <PropertyField key={p.name} property={p} value={config[p.name]} onChange={(v) => setMapper({ ...mapper, config: { ...config, [p.name]: v } })} />
      ))}
    </FormDialog>
  );
}
