/* A copy of what is held about the person, and its end. */
import { useState } from 'preact/hooks';

import { post, request } from '../../lib/api';
import { useAction } from '../../lib/data';
import { attempt, Button, Card, Page } from '../../ui/basics';
import { ConfirmDialog } from '../../ui/dialog';
import type { PageProps } from '../app';
import { fresh } from '../fresh';
import { t } from '../text';

function keep(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export default function MyData(props: PageProps) {
  const [erasing, setErasing] = useState(false);
  const [gone, setGone] = useState(false);
  const [busy, run] = useAction();
  const { username } = props.me;
  const download = () => run(async () => {
    await attempt(async () => {
      const answer = await fresh(() => request('GET', '/data?archived=true'));
      keep(`${username}.json`, await answer.blob());
    }, t('data.downloaded'));
  });
  if (gone) return <Page title={t('data.gone')} lead={t('data.gone.lead')} />;
  return (
    <Page title={t('data')} lead={t('data.lead')}>
      {props.roles.some((r) => r === 'manage-account' || r === 'view-profile') && (
        <Card title={t('data.download')} lead={t('data.download.lead')}>
          <Button kind="main" busy={busy} onClick={download}>{t('data.download')}</Button>
        </Card>
      )}
      {props.roles.includes('delete-account') && (
        <Card title={t('data.erase')} lead={t('data.erase.lead')}>
          <Button kind="danger" onClick={() => setErasing(true)}>{t('data.erase')}</Button>
        </Card>
      )}
      {erasing && (
        <ConfirmDialog
          title={t('data.erase')}
          text={t('data.erase.text')}
          submit={t('data.erase')}
          name={username}
          onClose={() => setErasing(false)}
          work={async () => {
            await fresh(() => post('/erasure', { username }));
            setGone(true);
          }}
        />
      )}
    </Page>
  );
}
