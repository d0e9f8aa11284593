/* One application of the person's own: its settings, its secret, what it is used for, its end. */
import { useState } from 'preact/hooks';

import { get, post, put, remove } from '../../lib/api';
import { useAction, useData } from '../../lib/data';
import { formatNumber, formatTime } from '../../lib/i18n';
import { attempt, Button, Card, Facts, Loaded, Page } from '../../ui/basics';
import { ConfirmDialog } from '../../ui/dialog';
import { ListField, TextField } from '../../ui/form';
import { fresh } from '../fresh';
import { known, t } from '../text';
import type { OwnClient } from '../types';
import { clientPath, filled, hasRedirects, SecretDialog } from './own_parts';

function Settings(props: { of: OwnClient; onSaved: () => void }) {
  const [client, setClient] = useState(props.of);
  const [busy, run] = useAction();
  const save = () => run(async () => {
    const body = { name: client.name, description: client.description, redirectUris: filled(client.redirectUris) };
    if (await attempt(() => fresh(() => put(clientPath(client.id), body)), t('saved'))) props.onSaved();
  });
  return (
    <Card title={t('own.settings')}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void save();
        }}
      >
        <TextField label={t('name')} value={client.name} onChange={(name) => setClient({ ...client, name })} required />
        <TextField label={t('own.description')} value={client.description} onChange={(description) => setClient({ ...client, description })} />
        {hasRedirects(client.kind) && (
          <ListField label={t('own.redirects')} hint={t('own.redirects.lead')} values={client.redirectUris} onChange={(redirectUris) => setClient({ ...client, redirectUris })} placeholder="https://" />
        )}
        <div class="actions"><Button type="submit" kind="main" busy={busy}>{t('save')}</Button></div>
      </form>
    </Card>
  );
}

function Usage(props: { of: OwnClient }) {
  const usage = props.of.usage!;
  const number = (n: number) => (usage.more ? `${formatNumber(n)}+` : formatNumber(n));
  return (
    <Card title={t('own.usage')} lead={t('own.usage.lead', { days: usage.days })}>
      <Facts of={[[t('own.logins'), number(usage.logins)], [t('own.tokens'), number(usage.tokens)], [t('own.refused'), number(usage.refused)]]} />
    </Card>
  );
}

function Secret(props: { of: OwnClient; onRenewed: (client: OwnClient) => void }) {
  const [busy, run] = useAction();
  const { secretCreated, secretExpires } = props.of;
  const renew = () => run(async () => {
    await attempt(async () => props.onRenewed(await fresh(() => post<OwnClient>(`${clientPath(props.of.id)}/secret`))));
  });
  return (
    <Card title={t('own.secret')} lead={t('own.secret.lead')}>
      <Facts of={[
        [t('own.id'), <code key="id">{props.of.clientId}</code>],
        ...(secretCreated ? [[t('own.secret.created'), formatTime(secretCreated * 1000)] as [string, string]] : []),
        ...(secretExpires ? [[t('own.secret.expires'), formatTime(secretExpires * 1000)] as [string, string]] : []),
      ]} />
      <div class="actions"><Button busy={busy} onClick={renew}>{t('own.secret.renew')}</Button></div>
    </Card>
  );
}

export function OwnOne(props: { id: string }) {
  const data = useData((signal) => get<OwnClient>(clientPath(props.id), signal), [props.id]);
  const [shown, setShown] = useState<OwnClient>();
  const [removing, setRemoving] = useState(false);
  const client = data.data;
  return (
    <Page
      title={client?.name ?? t('own')}
      lead={client && known('own.kind', client.kind)}
      up={{ href: '#/my-applications', text: t('own') }}
      actions={client && <Button kind="danger" onClick={() => setRemoving(true)}>{t('own.delete')}</Button>}
    >
      <Loaded of={data}>
        {(c) => (
          <>
            <Settings of={c} onSaved={data.reload} />
            {c.kind === 'single-page'
              ? <Card title={t('own.id')}><code>{c.clientId}</code></Card>
              : <Secret of={c} onRenewed={(renewed) => { setShown(renewed); data.reload(); }} />}
            <Usage of={c} />
          </>
        )}
      </Loaded>
      {shown && <SecretDialog of={shown} onClose={() => setShown(undefined)} />}
      {removing && client && (
        <ConfirmDialog
          title={t('own.delete')}
          text={t('own.delete.text')}
          submit={t('own.delete')}
          name={client.name}
          done={t('own.deleted')}
          onClose={() => setRemoving(false)}
          work={async () => {
            await fresh(() => remove(clientPath(client.id)));
            location.hash = '#/my-applications';
          }}
        />
      )}
    </Page>
  );
}
