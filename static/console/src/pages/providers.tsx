/* Identity providers: the list, and what kinds there are. */
import type { PageProps } from '../app';
import { get, realmPath } from '../lib/api';
import { useData } from '../lib/data';
import { t } from '../lib/i18n';
import { kindName, type Provider } from '../lib/identity';
import { linkTo } from '../lib/place';
import { providerTypes } from '../lib/serverinfo';
import { useMay } from '../lib/who';
import { Badge, Card, Loaded, Page } from '../ui/basics';
import { Table } from '../ui/table';
import { NewProvider, ProviderPage } from './provider';

export default function Providers(props: PageProps) {
  const { realm } = props;
  const [alias, tab = 'settings'] = props.rest;
  const kind = props.query.get('new'); // beside the path, where an alias could be anything
  if (kind) return <NewProvider key={kind} realm={realm} kind={kind} />;
  if (kind === '') return <Kinds realm={realm} />;
  return alias ? <ProviderPage key={alias} realm={realm} alias={alias} tab={tab} /> : <ProviderList realm={realm} />;
}

const linkToNew = (realm: string, kind: string) => `${linkTo(realm, 'identity-providers')}?new=${encodeURIComponent(kind)}`;

function ProviderList({ realm }: { realm: string }) {
  const may = useMay(realm);
  const base = realmPath(realm, 'identity-provider', 'instances');
  const list = useData<Provider[]>((signal) => get(`${base}?briefRepresentation=true&max=2000`, signal), [base]);
  return (
    <Page
      title={t('nav.providers')}
      lead={t('providers.lead')}
      actions={may('manage-identity-providers') && <a class="button main" href={linkToNew(realm, '')}>{t('providers.add')}</a>}
    >
      <Loaded of={list}>
        {(rows) => (
          <Table
            label={t('nav.providers')}
            rows={rows}
            id={(p) => p.alias}
            empty={t('providers.empty')}
            columns={[
              { title: t('name'), cell: (p) => <a href={linkTo(realm, 'identity-providers', p.alias)}>{p.displayName || p.alias}</a> },
              { title: t('type'), cell: (p) => kindName(p.providerId) },
              { title: t('state'), narrow: true, cell: (p) => p.enabled === false && <Badge kind="bad">{t('disabled')}</Badge> },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}

function Kinds({ realm }: { realm: string }) {
  const kinds = useData((signal) => providerTypes(signal, 'identity-provider'), []);
  return (
    <Page title={t('providers.add')} lead={t('providers.kinds.lead')} up={{ href: linkTo(realm, 'identity-providers'), text: t('nav.providers') }}>
      <Card>
        <Loaded of={kinds}>
          {(all) => (
            <ul class="kinds">
              {all.map((k) => <li key={k.id}><a class="button" href={linkToNew(realm, k.id)}>{kindName(k.id)}</a></li>)}
            </ul>
          )}
        </Loaded>
      </Card>
    </Page>
  );
}
