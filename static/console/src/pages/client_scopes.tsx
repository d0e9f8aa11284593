import { get, put, realmPath, remove } from '../lib/api';
import { useData } from '../lib/data';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { Client, Scope } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Card, Loaded } from '../ui/basics';
import { Select } from '../ui/form';
import { Table } from '../ui/table';

type How = '' | 'default' | 'optional';

export function ClientScopes({ realm, client }: { realm: string; client: Client }) {
  const may = useMay(realm);
  const path = realmPath(realm, 'clients', client.id);
  const data = useData(
    async (signal) => ({
      all: await get<Scope[]>(realmPath(realm, 'client-scopes'), signal),
      standard: await get<Scope[]>(`${path}/default-client-scopes`, signal),
      optional: await get<Scope[]>(`${path}/optional-client-scopes`, signal),
    }),
    [path],
  );
  const change = (scope: Scope, from: How, to: How) =>
    attempt(async () => {
      if (from) await remove(`${path}/${from}-client-scopes/${scope.id}`);
      if (to) await put(`${path}/${to}-client-scopes/${scope.id}`);
      data.reload();
    }, t('saved'));
  return (
    <Card title={t('nav.scopes')} lead={t('client.scopes.lead')}>
      <Loaded of={data}>
        {(d) => {
          const how = (s: Scope): How =>
            d.standard.some((x) => x.id === s.id) ? 'default' : d.optional.some((x) => x.id === s.id) ? 'optional' : '';
          return (
            <Table
              label={t('nav.scopes')}
              rows={d.all.filter((s) => s.protocol === (client.protocol ?? 'openid-connect'))}
              id={(s) => s.id}
              columns={[
                { title: t('name'), cell: (s) => <a href={linkTo(realm, 'client-scopes', s.id)}>{s.name}</a> },
                { title: t('description'), cell: (s) => s.description },
                {
                  title: t('client.scopes.how'),
                  cell: (s) => may('manage-clients') ? (
                    <Select
                      label={s.name}
                      value={how(s)}
                      options={[['', t('client.scopes.none')], ['default', t('client.scopes.default')], ['optional', t('client.scopes.optional')]]}
                      onChange={(to) => void change(s, how(s), to as How)}
                    />
                  ) : how(s),
                },
              ]}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}
