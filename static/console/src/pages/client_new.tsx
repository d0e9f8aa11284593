import { useState } from 'preact/hooks';

import { create, realmPath } from '../lib/api';
import { clientFor, isGood, kinds, type Kind, type Wish } from '../lib/client_kinds';
import { t, type Key } from '../lib/i18n';
import { linkTo } from '../lib/place';
import { FormDialog } from '../ui/dialog';
import { TextField } from '../ui/form';

const texts: Record<Kind, [Key, Key]> = {
  web: ['client.new.web', 'client.new.web.hint'],
  spa: ['client.new.spa', 'client.new.spa.hint'],
  mobile: ['client.new.mobile', 'client.new.mobile.hint'],
  service: ['client.new.service', 'client.new.service.hint'],
};

export function NewClient({ realm, onClose }: { realm: string; onClose: () => void }) {
  const [wish, setWish] = useState<Wish>({ kind: 'web', clientId: '', name: '', url: '' });
  const set = (part: Partial<Wish>) => setWish({ ...wish, ...part });
  return (
    <FormDialog
      title={t('clients.add')}
      submit={t('create')}
      done={t('clients.added', { name: wish.clientId })}
      disabled={!isGood(wish)}
      wide
      onClose={onClose}
      work={async () => {
        const id = await create(realmPath(realm, 'clients'), clientFor(wish));
        location.hash = linkTo(realm, 'clients', id, wish.kind === 'spa' || wish.kind === 'mobile' ? 'start' : 'credentials');
      }}
    >
      <fieldset class="choices">
        <legend>{t('client.new.kind')}</legend>
        {kinds.map((kind) => (
          <label key={kind}>
            <input type="radio" name="kind" checked={wish.kind === kind} onChange={() => set({ kind })} />
            <strong>{t(texts[kind][0])}</strong>
            <small>{t(texts[kind][1])}</small>
          </label>
        ))}
      </fieldset>
      <TextField label={t('client.id')} value={wish.clientId} required onChange={(clientId) => set({ clientId })} />
      <TextField label={t('name')} value={wish.name} onChange={(name) => set({ name })} />
      {wish.kind !== 'service' && (
        <TextField
          label={t(wish.kind === 'mobile' ? 'client.new.redirect' : 'client.new.url')}
          hint={t(wish.kind === 'mobile' ? 'client.new.redirect.hint' : 'client.new.url.hint')}
          value={wish.url}
          required
          placeholder={wish.kind === 'mobile' ? 'com.example.app:/done' : 'https://app.example.com/'}
          onChange={(url) => set({ url })}
        />
      )}
    </FormDialog>
  );
}
