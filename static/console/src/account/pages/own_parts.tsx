/* What the list of one's own applications and the page of one share. */
import { Button, Code, Facts } from '../../ui/basics';
import { Dialog } from '../../ui/dialog';
import { t } from '../text';
import type { OwnClient } from '../types';

export const hasRedirects = (kind: string) => kind === 'web' || kind === 'single-page';
export const clientPath = (id: string) => `/clients/${encodeURIComponent(id)}`;
/* Empty lines of a list that is being typed. */
export const filled = (list: string[]) => list.map((u) => u.trim()).filter(Boolean);

/* The one time that a secret is seen. */
export function SecretDialog(props: { of: OwnClient; onClose: () => void }) {
  return (
    <Dialog title={t('own.secret')} onClose={props.onClose}>
      <p>{props.of.secret ? t('own.secret.once') : t('own.public')}</p>
      <Facts of={[[t('own.id'), <Code key="id" label={t('own.id')} text={props.of.clientId} />]]} />
      {props.of.secret && <Facts of={[[t('own.secret'), <Code key="s" label={t('own.secret')} text={props.of.secret} />]]} />}
      <div class="actions end"><Button kind="main" onClick={props.onClose}>{t('close')}</Button></div>
    </Dialog>
  );
}
