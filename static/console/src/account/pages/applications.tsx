/* Applications that the person uses or has allowed something, and taking that back. */
import { useState } from 'preact/hooks';

import { get, remove } from '../../lib/api';
import { useData } from '../../lib/data';
import { formatTime } from '../../lib/i18n';
import { Badge, Button, Loaded, Page } from '../../ui/basics';
import { ConfirmDialog } from '../../ui/dialog';
import { Table } from '../../ui/table';
import type { PageProps } from '../app';
import { clientName, known, t } from '../text';
import type { Application } from '../types';

function Name(props: { of: Application }) {
  const app = props.of;
  const name = clientName(app);
  return app.effectiveUrl && /^https?:/.test(app.effectiveUrl) ? <a href={app.effectiveUrl} rel="noreferrer">{name}</a> : <>{name}</>;
}

function Allowed(props: { of: Application }) {
  const { consent } = props.of;
  if (!consent) return <>–</>;
  return (
    <>
      {consent.grantedScopes.map((s) => known('scope', s.name)).join(', ')}
      <small> {formatTime(consent.createdDate)}</small>
    </>
  );
}

export default function Applications(props: PageProps) {
  const data = useData((signal) => get<Application[]>('/applications', signal), []);
  const [revoked, setRevoked] = useState<Application>();
  const may = props.roles.some((r) => r === 'manage-account' || r === 'manage-consent');
  return (
    <Page title={t('applications')} lead={t('applications.lead')}>
      <Loaded of={data}>
        {(apps) => (
          <Table
            label={t('applications')}
            rows={apps}
            id={(a) => a.clientId}
            empty={t('applications.none')}
            columns={[
              { title: t('name'), cell: (a) => <Name of={a} /> },
              { title: t('application.allowed'), cell: (a) => <Allowed of={a} /> },
              {
                title: t('application.state'),
                cell: (a) => (
                  <>
                    {a.inUse && <Badge kind="good">{t('application.in-use')}</Badge>}
                    {a.offlineAccess && <Badge>{t('application.offline')}</Badge>}
                  </>
                ),
              },
              {
                title: t('application.action'),
                cell: (a) => may && (a.consent || a.offlineAccess) && (
                  <Button kind="danger" label={`${t('application.revoke')}: ${clientName(a)}`} onClick={() => setRevoked(a)}>{t('application.revoke')}</Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {revoked && (
        <ConfirmDialog
          title={t('application.revoke')}
          text={t('application.revoke.text', { name: clientName(revoked) })}
          submit={t('application.revoke')}
          done={t('application.revoked')}
          onClose={() => setRevoked(undefined)}
          work={async () => {
            await remove(`/applications/${encodeURIComponent(revoked.clientId)}/consent`);
            data.reload();
          }}
        />
      )}
    </Page>
  );
}
