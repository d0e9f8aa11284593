/* Accounts of the person elsewhere by which he can be recognised. */
import { get, remove } from '../../lib/api';
import { useData } from '../../lib/data';
import { attempt, Button, Loaded, Page } from '../../ui/basics';
import { Table } from '../../ui/table';
import type { PageProps } from '../app';
import { t } from '../text';
import type { Link } from '../types';

export default function Links(props: PageProps) {
  const data = useData((signal) => get<Link[]>('/linked-accounts', signal), []);
  const may = props.roles.includes('manage-account-links');
  const forget = async (link: Link) => {
    if (await attempt(() => remove(`/linked-accounts/${encodeURIComponent(link.providerAlias)}`), t('link.forgotten'))) data.reload();
  };
  return (
    <Page title={t('links')} lead={t('links.lead')}>
      <Loaded of={data}>
        {(links) => (
          <Table
            label={t('links')}
            rows={links}
            id={(l) => l.providerAlias}
            empty={t('links.none')}
            columns={[
              { title: t('link.provider'), cell: (l) => l.displayName },
              { title: t('name'), cell: (l) => l.linkedUsername },
              {
                title: t('application.action'),
                cell: (l) => may && <Button label={`${t('link.forget')}: ${l.displayName}`} onClick={() => void forget(l)}>{t('link.forget')}</Button>,
              },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}
