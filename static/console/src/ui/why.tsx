/* The reason for a change, where the server asks for one. */
import { useState } from 'preact/hooks';

import { t } from '../lib/i18n';
import { Button } from './basics';
import { Dialog } from './dialog';
import { TextField } from './form';

export function WhyDialog(props: { answer: (text: string | undefined) => void }) {
  const [text, setText] = useState('');
  return (
    <Dialog title={t('why')} onClose={() => props.answer(undefined)}>
      <form onSubmit={(e) => {
        e.preventDefault();
        e.stopPropagation();
        props.answer(text.trim());
      }}>
        <p class="lead">{t('why.lead')}</p>
        <TextField label={t('why.reason')} value={text} required onChange={setText} />
        <div class="actions end">
          <Button onClick={() => props.answer(undefined)}>{t('cancel')}</Button>
          <Button type="submit" kind="main" disabled={!text.trim()}>{t('why.go-on')}</Button>
        </div>
      </form>
    </Dialog>
  );
}
