/* Directories that people are to come from: records, which are stored and checked. Nothing here may look as
 * if somebody could log in by them: that is not there. */
import { useState } from 'preact/hooks';

import type { PageProps } from '../app';
import { get, wrongOf, type Wrong } from '../lib/api';
import { componentsPath, LDAP_MAPPER, listComponents, removeComponent, saveComponent, STORAGE, type Component } from '../lib/components';
import { useAction, useData } from '../lib/data';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import { defaults } from '../lib/properties';
import { providerTypes, type ProviderType } from '../lib/serverinfo';
import { useMay } from '../lib/who';
import { attempt, Badge, Button, Card, Loaded, Page, Tabs } from '../ui/basics';
import { ConfirmDialog } from '../ui/dialog';
import { TextField } from '../ui/form';
import { PropertyFields } from '../ui/property';
import { Table } from '../ui/table';
import { ProviderMappers, type MapperCalls } from './provider_mappers';

const PAGE = 'user-federation';
const names: Record<string, string> = { ldap: 'LDAP', kerberos: 'Kerberos' };
const nameOf = (kind: string) => names[kind] ?? kind;

export default function Federation(props: PageProps) {
  const [id, tab = 'settings'] = props.rest;
  const kind = props.query.get('new'); // beside the path, where an id could be anything
  if (kind) return <NewDirectory key={kind} realm={props.realm} kind={kind} />;
  return id ? <Directory key={id} realm={props.realm} id={id} tab={tab} /> : <DirectoryList realm={props.realm} />;
}

function NotUsed() {
  return (
    <p class="notice" role="note">
      <strong>{t('federation.not-used')}</strong> {t('federation.not-used.lead')}
    </p>
  );
}

const isOn = (c: Component) => c.config.enabled?.[0] !== 'false';

function DirectoryList({ realm }: { realm: string }) {
  const may = useMay(realm);
  const list = useData((signal) => listComponents(realm, { type: STORAGE }, signal), [realm]);
  const kinds = useData((signal) => providerTypes(signal, STORAGE), []);
  return (
    <Page
      title={t('nav.federation')}
      lead={t('federation.lead')}
      actions={may('manage-realm') && kinds.data?.map((k) => (
        <a class="button" key={k.id} href={`${linkTo(realm, PAGE)}?new=${encodeURIComponent(k.id)}`}>{t('federation.add', { kind: nameOf(k.id) })}</a>
      ))}
    >
      <NotUsed />
      <Loaded of={list}>
        {(rows) => (
          <Table
            label={t('nav.federation')}
            rows={rows}
            id={(c) => c.id!}
            empty={t('federation.empty')}
            columns={[
              { title: t('name'), cell: (c) => <a href={linkTo(realm, PAGE, c.id!)}>{c.name}</a> },
              { title: t('type'), cell: (c) => nameOf(c.providerId) },
              { title: t('property.connection-url'), cell: (c) => c.config.connectionUrl?.[0] },
              { title: t('state'), narrow: true, cell: (c) => <Badge kind={isOn(c) ? 'soft' : 'bad'}>{t(isOn(c) ? 'federation.kept' : 'disabled')}</Badge> },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}

function NewDirectory({ realm, kind }: { realm: string; kind: string }) {
  const kinds = useData((signal) => providerTypes(signal, STORAGE), []);
  return (
    <Page title={t('federation.add', { kind: nameOf(kind) })} up={{ href: linkTo(realm, PAGE), text: t('nav.federation') }}>
      <NotUsed />
      <Loaded of={kinds}>
        {(all) => {
          const type = all.find((k) => k.id === kind);
          if (!type) return <p class="empty">{t('federation.no-kind')}</p>;
          const fresh = { name: '', providerId: kind, providerType: STORAGE, config: defaults(type.properties) };
          return <DirectoryForm realm={realm} type={type} of={fresh} saved={(id) => { location.hash = linkTo(realm, PAGE, id); }} />;
        }}
      </Loaded>
    </Page>
  );
}

function Directory(props: { realm: string; id: string; tab: string }) {
  const { realm, id, tab } = props;
  const may = useMay(realm);
  const [deleting, setDeleting] = useState(false);
  const data = useData<Component>((signal) => get(componentsPath(realm, id), signal), [realm, id]);
  const kinds = useData((signal) => providerTypes(signal, STORAGE), []);
  const tabs: [string, string][] = [['settings', t('settings.general')]];
  if (data.data?.providerId === 'ldap') tabs.push(['mappers', t('mappers')]);
  const type = kinds.data?.find((k) => k.id === data.data?.providerId);
  return (
    <Page
      title={data.data?.name ?? ''}
      up={{ href: linkTo(realm, PAGE), text: t('nav.federation') }}
      actions={may('manage-realm') && <Button kind="danger" onClick={() => setDeleting(true)}>{t('delete')}</Button>}
    >
      <NotUsed />
      <Tabs base={linkTo(realm, PAGE, id)} tabs={tabs} current={tab} />
      <Loaded of={data}>
        {(component) => (tab === 'mappers' ? <LdapMappers realm={realm} of={id} /> : type && (
          <DirectoryForm realm={realm} type={type} of={component} saved={data.reload} />
        ))}
      </Loaded>
      {deleting && data.data && (
        <ConfirmDialog
          title={t('federation.delete.title', { name: data.data.name })}
          text={t('federation.delete.text')}
          name={data.data.name}
          submit={t('delete')}
          done={t('federation.deleted', { name: data.data.name })}
          onClose={() => setDeleting(false)}
          work={async () => {
            await removeComponent(realm, id);
            location.hash = linkTo(realm, PAGE);
          }}
        />
      )}
    </Page>
  );
}

function DirectoryForm(props: { realm: string; type: ProviderType; of: Component; saved: (id: string) => void }) {
  const may = useMay(props.realm);
  const [component, setComponent] = useState(props.of);
  const [wrong, setWrong] = useState<Wrong>();
  const [busy, run] = useAction();
  const save = () =>
    run(async () => {
      setWrong(undefined);
      let id = '';
      const done = await attempt(async () => { id = await saveComponent(props.realm, component); }, t('federation.saved'), (e) => setWrong(wrongOf(e)));
      if (done && id) props.saved(id);
    });
  return (
    <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <Card>
        <TextField label={t('name')} value={component.name} required onChange={(name) => setComponent({ ...component, name })} />
        <PropertyFields properties={props.type.properties} config={component.config} wrong={wrong} onChange={(config) => setComponent({ ...component, config })} />
      </Card>
      {may('manage-realm') && (
        <div class="actions"><Button type="submit" kind="main" busy={busy}>{component.id ? t('save') : t('create')}</Button></div>
      )}
    </form>
  );
}

function LdapMappers({ realm, of }: { realm: string; of: string }) {
  const may = useMay(realm);
  const calls: MapperCalls = {
    list: async (signal) => (await listComponents(realm, { type: LDAP_MAPPER, parent: of }, signal))
      .map((c) => ({ id: c.id, name: c.name, kind: c.providerId, config: c.config })),
    kinds: (signal) => providerTypes(signal, LDAP_MAPPER),
    save: async (m) => {
      await saveComponent(realm, { id: m.id, name: m.name, providerId: m.kind, providerType: LDAP_MAPPER, parentId: of, config: m.config });
    },
    remove: (m) => removeComponent(realm, m.id!),
  };
  return <ProviderMappers of={`${realm}/${of}`} lead={t('federation.mappers.lead')} calls={calls} mayChange={may('manage-realm')} />;
}
