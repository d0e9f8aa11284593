/* A realm as a file, and its end. */
import { useState } from 'preact/hooks';

import { realmPath, remove, request } from '../lib/api';
import { place } from '../lib/auth';
import { useAction } from '../lib/data';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import { attempt, Button, Card } from '../ui/basics';
import { ConfirmDialog } from '../ui/dialog';
import { Switch } from '../ui/form';

function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function Danger({ realm }: { realm: string }) {
  const [clients, setClients] = useState(true);
  const [groups, setGroups] = useState(true);
  const [deleting, setDeleting] = useState(false);
  const [busy, run] = useAction();
  const exportNow = () =>
    run(async () => {
      await attempt(async () => {
        const answer = await request('POST', `${realmPath(realm, 'partial-export')}?exportClients=${clients}&exportGroupsAndRoles=${groups}`, {});
        download(`${realm}-realm.json`, await answer.blob());
      }, t('settings.exported'));
    });
  return (
    <>
      <Card title={t('settings.export')} lead={t('settings.export.lead')}>
        <Switch label={t('nav.clients')} value={clients} onChange={setClients} />
        <Switch label={t('settings.export.groups')} value={groups} onChange={setGroups} />
        <div class="actions"><Button busy={busy} onClick={exportNow}>{t('settings.export')}</Button></div>
      </Card>
      {realm !== 'master' && (
        <Card title={t('settings.delete')} lead={t('settings.delete.lead')}>
          <div class="actions"><Button kind="danger" onClick={() => setDeleting(true)}>{t('settings.delete')}</Button></div>
        </Card>
      )}
      {deleting && (
        <ConfirmDialog
          title={t('settings.delete')}
          text={t('settings.delete.text', { realm })}
          name={realm}
          submit={t('delete')}
          onClose={() => setDeleting(false)}
          work={async () => {
            await remove(realmPath(realm));
            location.hash = linkTo(place.realm);
            location.reload();
          }}
        />
      )}
    </>
  );
}
