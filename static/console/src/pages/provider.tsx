/* One identity provider: all settings of its kind, mappers, its end. */
import { useState } from 'preact/hooks';

import { create, get, post, put, realmPath, remove, wrongOf, type Wrong } from '../lib/api';
import { issuerOf } from '../lib/auth';
import { useAction, useData } from '../lib/data';
import { t } from '../lib/i18n';
import { discovers, discoveryUrl, kindName, type Provider } from '../lib/identity';
import { linkTo } from '../lib/place';
import { defaults, several, single, type Config } from '../lib/properties';
import { providerTypes, type ProviderType } from '../lib/serverinfo';
import type { Property } from '../lib/serverinfo';
import { useMay } from '../lib/who';
import { attempt, Button, Card, Code, Loaded, Page, Tabs } from '../ui/basics';
import { ConfirmDialog } from '../ui/dialog';
import { Grid, Switch, TextField } from '../ui/form';
import { PropertyFields } from '../ui/property';
import { ProviderMappers, type MapperCalls } from './provider_mappers';

const up = (realm: string) => ({ href: linkTo(realm, 'identity-providers'), text: t('nav.providers') });

export function NewProvider({ realm, kind }: { realm: string; kind: string }) {
  const kinds = useData((signal) => providerTypes(signal, 'identity-provider'), []);
  return (
    <Page title={t('providers.add.kind', { kind: kindName(kind) })} lead={t('providers.lead')} up={up(realm)}>
      <Loaded of={kinds}>
        {(all) => {
          const type = all.find((k) => k.id === kind);
          if (!type) return <p class="empty">{t('providers.no-kind')}</p>;
          const fresh = { alias: '', providerId: kind, enabled: true, config: single(defaults(type.properties)) };
          return <ProviderForm realm={realm} type={type} of={fresh} isNew saved={(alias) => { location.hash = linkTo(realm, 'identity-providers', alias); }} />;
        }}
      </Loaded>
    </Page>
  );
}

export function ProviderPage(props: { realm: string; alias: string; tab: string }) {
  const { realm, alias, tab } = props;
  const may = useMay(realm);
  const path = realmPath(realm, 'identity-provider', 'instances', alias);
  const [deleting, setDeleting] = useState(false);
  const data = useData<Provider>((signal) => get(path, signal), [path]);
  const kinds = useData((signal) => providerTypes(signal, 'identity-provider'), []);
  const type = kinds.data?.find((k) => k.id === data.data?.providerId);
  return (
    <Page
      title={data.data?.displayName || alias}
      lead={t('providers.lead')}
      up={up(realm)}
      actions={may('manage-identity-providers') && <Button kind="danger" onClick={() => setDeleting(true)}>{t('delete')}</Button>}
    >
      <Tabs base={linkTo(realm, 'identity-providers', alias)} tabs={[['settings', t('settings.general')], ['mappers', t('mappers')]]} current={tab} />
      <Loaded of={data}>
        {(p) => (tab === 'mappers' ? <Mappers realm={realm} alias={alias} /> : type && <ProviderForm realm={realm} type={type} of={p} saved={data.reload} />)}
      </Loaded>
      {deleting && (
        <ConfirmDialog
          title={t('providers.delete.title', { name: alias })}
          text={t('providers.delete.text')}
          name={alias}
          submit={t('delete')}
          done={t('providers.deleted', { name: alias })}
          onClose={() => setDeleting(false)}
          work={async () => { await remove(path); location.hash = linkTo(realm, 'identity-providers'); }}
        />
      )}
    </Page>
  );
}

/* Fills the form from what the other server says of itself; nothing is stored by it. */
function Discovery(props: { realm: string; kind: string; found: (config: Record<string, string>) => void }) {
  const [issuer, setIssuer] = useState('');
  const [busy, run] = useAction();
  const ask = () =>
    run(async () => {
      await attempt(async () => {
        props.found(await post(realmPath(props.realm, 'identity-provider', 'import-config'), { providerId: props.kind, fromUrl: discoveryUrl(issuer) }));
      }, t('providers.discovered'));
    });
  return (
    <Card title={t('providers.discovery')} lead={t('providers.discovery.lead')}>
      <TextField label={t('providers.discovery.issuer')} type="url" placeholder="https://accounts.google.com" value={issuer} onChange={setIssuer} />
      <div class="actions"><Button busy={busy} disabled={!issuer.trim()} onClick={ask}>{t('providers.discover')}</Button></div>
    </Card>
  );
}

function ProviderForm(props: { realm: string; type: ProviderType; of: Provider; isNew?: boolean; saved: (alias: string) => void }) {
  const { realm, isNew } = props;
  const may = useMay(realm);
  const [p, setP] = useState(props.of);
  const [wrong, setWrong] = useState<Wrong>();
  const [busy, run] = useAction();
  const set = (part: Partial<Provider>) => setP({ ...p, ...part });
  const base = realmPath(realm, 'identity-provider', 'instances');
  const save = () =>
    run(async () => {
      setWrong(undefined);
      const work = async () => { if (isNew) await create(base, p); else await put(`${base}/${encodeURIComponent(p.alias)}`, p); };
      if (await attempt(work, isNew ? t('providers.added', { name: p.alias }) : t('saved'), (e) => setWrong(wrongOf(e)))) props.saved(p.alias);
    });
  const error = (field: string) => (wrong?.field === field ? wrong.message : undefined);
  return (
    <>
      {discovers(p.providerId) && may('manage-identity-providers') && (
        <Discovery realm={realm} kind={p.providerId} found={(config) => set({ config: { ...p.config, ...config } })} />
      )}
      <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
        <Card title={t('settings.general')}>
          <Grid>
            {isNew && <TextField label={t('providers.alias')} hint={t('providers.alias.hint')} value={p.alias} error={error('alias')} required onChange={(alias) => set({ alias })} />}
            <TextField label={t('settings.display')} value={p.displayName} onChange={(displayName) => set({ displayName })} />
            <TextField label={t('providers.first-flow')} value={p.firstBrokerLoginFlowAlias} error={error('firstBrokerLoginFlowAlias')} onChange={(v) => set({ firstBrokerLoginFlowAlias: v })} />
            <TextField label={t('providers.post-flow')} value={p.postBrokerLoginFlowAlias} error={error('postBrokerLoginFlowAlias')} onChange={(v) => set({ postBrokerLoginFlowAlias: v })} />
          </Grid>
          <Switch label={t('providers.enabled')} value={p.enabled} onChange={(enabled) => set({ enabled })} />
          <Switch label={t('providers.trust-email')} value={p.trustEmail} onChange={(trustEmail) => set({ trustEmail })} />
          <Switch label={t('providers.hide')} value={p.hideOnLogin} onChange={(hideOnLogin) => set({ hideOnLogin })} />
          <Switch label={t('providers.link-only')} value={p.linkOnly} onChange={(linkOnly) => set({ linkOnly })} />
          <Switch label={t('providers.store-token')} value={p.storeToken} onChange={(storeToken) => set({ storeToken })} />
        </Card>
        <Connection realm={realm} provider={p} properties={props.type.properties} wrong={wrong} set={(config) => set({ config: single(config) })} />
        {may('manage-identity-providers') && <div class="actions"><Button type="submit" kind="main" busy={busy}>{isNew ? t('create') : t('save')}</Button></div>}
      </form>
    </>
  );
}

function Connection(props: { realm: string; provider: Provider; properties: Property[]; wrong?: Wrong; set: (config: Config) => void }) {
  const { alias, config } = props.provider;
  return (
    <Card title={t('providers.connection')}>
      {alias && (
        <>
          <p>{t('providers.redirect')}</p>
          <Code label={t('providers.redirect')} text={`${issuerOf(props.realm)}/broker/${encodeURIComponent(alias)}/endpoint`} />
        </>
      )}
      <PropertyFields properties={props.properties} config={several(config)} wrong={props.wrong} onChange={props.set} />
    </Card>
  );
}

interface Stored {
  id?: string;
  name: string;
  identityProviderAlias: string;
  identityProviderMapper: string;
  config?: Record<string, string>;
}

function Mappers({ realm, alias }: { realm: string; alias: string }) {
  const may = useMay(realm);
  const of = realmPath(realm, 'identity-provider', 'instances', alias);
  const calls: MapperCalls = {
    list: async (signal) => (await get<Stored[]>(`${of}/mappers`, signal))
      .map((m) => ({ id: m.id, name: m.name, kind: m.identityProviderMapper, config: several(m.config) })),
    kinds: async (signal) => Object.values(await get<Record<string, ProviderType>>(`${of}/mapper-types`, signal)),
    save: async (m) => {
      const stored: Stored = { id: m.id, name: m.name, identityProviderAlias: alias, identityProviderMapper: m.kind, config: single(m.config) };
      if (m.id) await put(`${of}/mappers/${encodeURIComponent(m.id)}`, stored);
      else await create(`${of}/mappers`, stored);
    },
    remove: (m) => remove(`${of}/mappers/${encodeURIComponent(m.id!)}`),
  };
  return <ProviderMappers of={of} lead={t('providers.mappers.lead')} calls={calls} mayChange={may('manage-identity-providers')} />;
}
