/* Roles of a person or a group: given, got by composites, to give. */
import { useState } from 'preact/hooks';

import { get, post, queryOf, realmPath, remove } from '../lib/api';
import { useData } from '../lib/data';
import { t } from '../lib/i18n';
import type { Client, Role } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Badge, Button, Card, Loaded } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Select } from '../ui/form';
import { SearchBox, Table } from '../ui/table';

interface Mappings {
  realmMappings?: Role[];
  clientMappings?: Record<string, { id: string; client: string; mappings: Role[] }>;
}

interface Given extends Role {
  client?: { id: string; name: string };
  direct: boolean;
}

function rolesOf(m: Mappings): Given[] {
  const realm = (m.realmMappings ?? []).map((r) => ({ ...r, direct: true }));
  const clients = Object.values(m.clientMappings ?? {}).flatMap((c) =>
    c.mappings.map((r) => ({ ...r, client: { id: c.id, name: c.client }, direct: true })),
  );
  return [...realm, ...clients];
}

/* of: the path of whom the roles belong to. */
export function RoleMappings(props: { realm: string; of: string; mayManage: boolean; path?: string }) {
  const base = `${props.of}/${props.path ?? 'role-mappings'}`;
  const [giving, setGiving] = useState(false);
  const given = useData<Given[]>(async (signal) => {
    const direct = rolesOf(await get<Mappings>(base, signal));
    const all = await get<Role[]>(`${base}/realm/composite`, signal);
    const known = new Set(direct.map((r) => r.id));
    return [...direct, ...all.filter((r) => !known.has(r.id)).map((r) => ({ ...r, direct: false }))];
  }, [base]);
  const at = (r: Given) => (r.client ? `${base}/clients/${r.client.id}` : `${base}/realm`);
  const take = (r: Given) =>
    attempt(async () => {
      await remove(at(r), [{ id: r.id, name: r.name }]);
      given.reload();
    }, t('roles.taken', { name: r.name }));
  return (
    <Card title={t('nav.roles')} lead={t('mappings.lead')}>
      {props.mayManage && <div class="tools"><Button kind="main" onClick={() => setGiving(true)}>{t('roles.give')}</Button></div>}
      <Loaded of={given}>
        {(rows) => (
          <Table
            label={t('nav.roles')}
            rows={rows}
            id={(r) => r.id}
            empty={t('roles.none')}
            columns={[
              { title: t('role'), cell: (r) => <>{r.client && <Badge>{r.client.name}</Badge>} {r.name}</> },
              { title: t('description'), cell: (r) => r.description },
              { title: t('mappings.how'), cell: (r) => (r.direct ? t('mappings.direct') : t('mappings.inherited')) },
              {
                title: t('actions'), narrow: true,
                cell: (r) => props.mayManage && r.direct && <Button kind="plain" onClick={() => take(r)}>{t('roles.take')}</Button>,
              },
            ]}
          />
        )}
      </Loaded>
      {giving && <RolePicker realm={props.realm} available={base} onClose={() => setGiving(false)} give={async (roles, client) => {
        await post(client ? `${base}/clients/${client}` : `${base}/realm`, roles);
        given.reload();
      }} />}
    </Card>
  );
}

function rolesPath(realm: string, available: string, client: string, all: boolean): string {
  if (all) return client ? realmPath(realm, 'clients', client, 'roles') : realmPath(realm, 'roles');
  return client ? `${available}/clients/${client}/available` : `${available}/realm/available`;
}

/* Chooses among the roles that are not there yet; with all among those of the realm and its clients. */
export function RolePicker(props: {
  realm: string;
  available: string;
  all?: boolean;
  give: (roles: Role[], client?: string) => Promise<void>;
  onClose: () => void;
}) {
  const may = useMay(props.realm);
  const [client, setClient] = useState('');
  const [search, setSearch] = useState('');
  const clients = useData<Client[]>(
    may('view-clients', 'query-clients') ? (signal) => get(`${realmPath(props.realm, 'clients')}${queryOf({ max: 500 })}`, signal) : undefined,
    [props.realm],
  );
  const path = rolesPath(props.realm, props.available, client, !!props.all);
  const roles = useData<Role[]>((signal) => get(path, signal), [path]);
  const wanted = search.toLowerCase();
  const shown = (rows: Role[]) => rows.filter((r) => r.name.toLowerCase().includes(wanted)).slice(0, 100);
  return (
    <Dialog title={t('roles.give')} onClose={props.onClose} wide>
      <Select
        label={t('roles.of')}
        value={client}
        onChange={setClient}
        options={[['', t('roles.of.realm')], ...(clients.data ?? []).map((c): [string, string] => [c.id, c.clientId])]}
      />
      <SearchBox label={t('roles.search')} value={search} onChange={setSearch} />
      <Loaded of={roles}>
        {(rows) => (
          <Table
            label={t('nav.roles')}
            rows={shown(rows)}
            id={(r) => r.id}
            empty={t('roles.none')}
            columns={[
              { title: t('role'), cell: (r) => r.name },
              { title: t('description'), cell: (r) => r.description },
              {
                title: t('actions'), narrow: true,
                cell: (r) => (
                  <Button kind="plain" onClick={() => attempt(async () => {
                    await props.give([{ id: r.id, name: r.name }], client || undefined);
                    roles.reload();
                  }, t('roles.given', { name: r.name }))}>{t('roles.give.one')}</Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      <div class="actions end"><Button onClick={props.onClose}>{t('close')}</Button></div>
    </Dialog>
  );
}
