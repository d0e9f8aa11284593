/* What the person logs in with. What is set up or changed is done on the login pages, which ask for the
 * password first. */
import { useState } from 'preact/hooks';

import { get, put, remove } from '../../lib/api';
import { config, signIn } from '../../lib/auth';
import { useData } from '../../lib/data';
import { formatTime } from '../../lib/i18n';
import { Button, Card, Loaded, Page } from '../../ui/basics';
import { ConfirmDialog, FormDialog } from '../../ui/dialog';
import { TextField } from '../../ui/form';
import type { PageProps } from '../app';
import { fresh } from '../fresh';
import { known, t } from '../text';
import type { CredentialKind } from '../types';

type Credential = CredentialKind['userCredentialMetadatas'][number]['credential'];

function nameOf(kind: CredentialKind, c: Credential): string {
  return c.userLabel || known('credential', kind.type);
}

function Rename(props: { kind: CredentialKind; of: Credential; onClose: () => void; onDone: () => void }) {
  const [label, setLabel] = useState(props.of.userLabel ?? '');
  return (
    <FormDialog
      title={t('credential.rename')}
      submit={t('save')}
      done={t('saved')}
      onClose={props.onClose}
      work={async () => {
        await put(`/credentials/${encodeURIComponent(props.of.id)}/label`, label, { type: 'text/plain' });
        props.onDone();
      }}
    >
      <TextField label={t('name')} value={label} onChange={setLabel} />
    </FormDialog>
  );
}

function Kind(props: { kind: CredentialKind; may: boolean; reload: () => void }) {
  const { kind, may } = props;
  const [renamed, setRenamed] = useState<Credential>();
  const [removed, setRemoved] = useState<Credential>();
  const can = (action: string | undefined) => may && !!action && !!config.actions?.includes(action);
  const list = kind.userCredentialMetadatas.map((m) => m.credential);
  if (list.length === 0 && !can(kind.createAction)) return null;
  return (
    <Card title={known('credential', kind.type)} lead={known('credential.lead', kind.type)}>
      {list.map((c) => (
        <div class="device" key={c.id}>
          <div>
            <p>{nameOf(kind, c)}</p>
            <small>{t('credential.since', { time: formatTime(c.createdDate) })}</small>
          </div>
          {may && (
            <div class="actions">
              <Button label={`${t('credential.rename')}: ${nameOf(kind, c)}`} onClick={() => setRenamed(c)}>{t('credential.rename')}</Button>
              {kind.removeable && (
                <Button kind="danger" label={`${t('credential.remove')}: ${nameOf(kind, c)}`} onClick={() => setRemoved(c)}>{t('credential.remove')}</Button>
              )}
            </div>
          )}
        </div>
      ))}
      <div class="actions">
        {can(kind.updateAction) && (
          <Button kind="main" onClick={() => void signIn({ kc_action: kind.updateAction! })}>{t('credential.change')}</Button>
        )}
        {can(kind.createAction) && (
          <Button kind="main" onClick={() => void signIn({ kc_action: kind.createAction! })}>{t('credential.set-up')}</Button>
        )}
      </div>
      {renamed && <Rename kind={kind} of={renamed} onClose={() => setRenamed(undefined)} onDone={props.reload} />}
      {removed && (
        <ConfirmDialog
          title={t('credential.remove')}
          text={t('credential.remove.text', { name: nameOf(kind, removed) })}
          submit={t('credential.remove')}
          done={t('credential.removed')}
          onClose={() => setRemoved(undefined)}
          work={async () => {
            await fresh(() => remove(`/credentials/${encodeURIComponent(removed.id)}`));
            props.reload();
          }}
        />
      )}
    </Card>
  );
}

export default function Security(props: PageProps) {
  const data = useData((signal) => get<CredentialKind[]>('/credentials', signal), []);
  return (
    <Page title={t('security')} lead={t('security.lead')}>
      <Loaded of={data}>
        {(kinds) => kinds.map((k) => (
          <Kind key={k.type} kind={k} may={props.roles.includes('manage-account')} reload={data.reload} />
        ))}
      </Loaded>
    </Page>
  );
}
