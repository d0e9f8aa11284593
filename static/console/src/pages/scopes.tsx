import { useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { create, get, put, realmPath, remove } from '../lib/api';
import { useAction, useChanges, useData } from '../lib/data';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { Scope } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Button, Card, Loaded, Page, Tabs } from '../ui/basics';
import { ConfirmDialog, FormDialog } from '../ui/dialog';
import { Select, Switch, TextField } from '../ui/form';
import { Table } from '../ui/table';
import { Mappers } from './mappers';
import { RoleMappings } from './mappings';

type How = '' | 'default' | 'optional';

export default function Scopes(props: PageProps) {
  const [id, tab] = props.rest;
  return id ? <ScopePage realm={props.realm} id={id} tab={tab ?? 'details'} /> : <ScopeList realm={props.realm} />;
}

function ScopeList({ realm }: { realm: string }) {
  const may = useMay(realm);
  const [adding, setAdding] = useState(false);
  const base = realmPath(realm);
  const data = useData(
    async (signal) => ({
      all: await get<Scope[]>(`${base}/client-scopes`, signal),
      standard: await get<Scope[]>(`${base}/default-default-client-scopes`, signal),
      optional: await get<Scope[]>(`${base}/default-optional-client-scopes`, signal),
    }),
    [base],
  );
  const change = (s: Scope, from: How, to: How) =>
    attempt(async () => {
      if (from) await remove(`${base}/default-${from}-client-scopes/${s.id}`);
      if (to) await put(`${base}/default-${to}-client-scopes/${s.id}`);
      data.reload();
    }, t('saved'));
  return (
    <Page
      title={t('nav.scopes')}
      lead={t('scopes.lead')}
      actions={may('manage-clients') && <Button kind="main" onClick={() => setAdding(true)}>{t('scopes.add')}</Button>}
    >
      <Loaded of={data}>
        {(d) => {
          const how = (s: Scope): How =>
            d.standard.some((x) => x.id === s.id) ? 'default' : d.optional.some((x) => x.id === s.id) ? 'optional' : '';
          return (
            <Table
              label={t('nav.scopes')}
              rows={d.all}
              id={(s) => s.id}
              columns={[
                { title: t('name'), cell: (s) => <a href={linkTo(realm, 'client-scopes', s.id)}>{s.name}</a> },
                { title: t('description'), cell: (s) => s.description },
                {
                  title: t('scopes.new-clients'),
                  cell: (s) => (
                    <Select
                      label={s.name}
                      value={how(s)}
                      options={[['', t('client.scopes.none')], ['default', t('client.scopes.default')], ['optional', t('client.scopes.optional')]]}
                      onChange={(to) => void change(s, how(s), to as How)}
                    />
                  ),
                },
              ]}
            />
          );
        }}
      </Loaded>
      {adding && <AddScope realm={realm} onClose={() => setAdding(false)} done={data.reload} />}
    </Page>
  );
}

function AddScope(props: { realm: string; onClose: () => void; done: () => void }) {
  const [scope, setScope] = useState({ name: '', description: '' });
  return (
    <FormDialog
      title={t('scopes.add')}
      submit={t('create')}
      done={t('scopes.added', { name: scope.name })}
      onClose={props.onClose}
      work={async () => { await create(realmPath(props.realm, 'client-scopes'), { ...scope, protocol: 'openid-connect' }); props.done(); }}
    >
      <TextField label={t('name')} value={scope.name} required onChange={(name) => setScope({ ...scope, name })} />
      <TextField label={t('description')} value={scope.description} onChange={(description) => setScope({ ...scope, description })} />
    </FormDialog>
  );
}

function ScopePage({ realm, id, tab }: { realm: string; id: string; tab: string }) {
  const may = useMay(realm);
  const path = realmPath(realm, 'client-scopes', id);
  const [deleting, setDeleting] = useState(false);
  const scope = useData<Scope>((signal) => get(path, signal), [path]);
  return (
    <Page
      title={scope.data?.name ?? t('nav.scopes')}
      up={{ href: linkTo(realm, 'client-scopes'), text: t('nav.scopes') }}
      actions={may('manage-clients') && scope.data && <Button kind="danger" onClick={() => setDeleting(true)}>{t('delete')}</Button>}
    >
      <Tabs
        base={linkTo(realm, 'client-scopes', id)}
        current={tab}
        tabs={[['details', t('user.tab.details')], ['mappers', t('mappers')], ['roles', t('nav.roles')]]}
      />
      <Loaded of={scope}>
        {(s) => (
          <>
            {tab === 'details' && <ScopeDetails key={s.id} realm={realm} scope={s} reload={scope.reload} />}
            {tab === 'mappers' && <Mappers realm={realm} of={path} needs="manage-clients" />}
            {tab === 'roles' && <RoleMappings realm={realm} of={path} path="scope-mappings" mayManage={may('manage-clients')} />}
            {deleting && (
              <ConfirmDialog
                title={t('scopes.delete.title', { name: s.name })}
                text={t('scopes.delete.text')}
                name={s.name}
                submit={t('delete')}
                done={t('scopes.deleted', { name: s.name })}
                onClose={() => setDeleting(false)}
                work={async () => { await remove(path); location.hash = linkTo(realm, 'client-scopes'); }}
              />
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function ScopeDetails(props: { realm: string; scope: Scope; reload: () => void }) {
  const may = useMay(props.realm);
  const { value: scope, set, changed, isChanged, clear } = useChanges(props.scope);
  const [busy, run] = useAction();
  const attribute = (name: string, value: string) => set({ attributes: { ...scope.attributes, [name]: value } });
  const save = () => run(async () => {
    if (!(await attempt(() => put(realmPath(props.realm, 'client-scopes', scope.id), changed), t('saved')))) return;
    clear();
    props.reload();
  });
  return (
    <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <Card>
        <TextField label={t('name')} value={scope.name} required onChange={(name) => set({ name })} />
        <TextField label={t('description')} value={scope.description} onChange={(description) => set({ description })} />
        <Switch label={t('scopes.in-token')} value={scope.attributes?.['include.in.token.scope'] !== 'false'} onChange={(on) => attribute('include.in.token.scope', String(on))} />
        <Switch label={t('scopes.on-screen')} value={scope.attributes?.['display.on.consent.screen'] !== 'false'} onChange={(on) => attribute('display.on.consent.screen', String(on))} />
        <TextField label={t('scopes.screen-text')} value={scope.attributes?.['consent.screen.text']} onChange={(v) => attribute('consent.screen.text', v)} />
        {may('manage-clients') && <div class="actions"><Button type="submit" kind="main" busy={busy} disabled={!isChanged}>{t('save')}</Button></div>}
      </Card>
    </form>
  );
}
