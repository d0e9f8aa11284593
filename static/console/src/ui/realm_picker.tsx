/* Going to another realm by a part of its name. The list has the first that fit, and only while somebody
 * looks for one: with a thousand realms it would cost more than the page around it. */
import { useState } from 'preact/hooks';

import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import { realmsMatching } from '../lib/realm_names';
import type { Who } from '../lib/who';

const OFFERED = 50;

export function RealmPicker(props: { who: Who; realm: string }) {
  const [typed, setTyped] = useState<string>(); // undefined: nobody looks
  const names = Object.keys(props.who.realm_access);
  if (names.length <= 1 && !props.who.createRealm) return <p class="realm-name">{props.realm}</p>;
  return (
    <div class="realm-picker">
      <label for="realm">{t('realm')}</label>
      <input
        id="realm"
        list="realms"
        key={props.realm}
        defaultValue={props.realm}
        autocomplete="off"
        onFocus={(e) => { e.currentTarget.select(); setTyped(''); }}
        onBlur={() => setTyped(undefined)}
        onInput={(e) => setTyped(e.currentTarget.value)}
        onChange={(e) => {
          const name = e.currentTarget.value.trim();
          if (names.includes(name)) location.hash = linkTo(name);
          else e.currentTarget.value = props.realm;
        }}
      />
      <datalist id="realms">
        {typed !== undefined && realmsMatching(names, typed).slice(0, OFFERED).map((n) => <option key={n} value={n} />)}
      </datalist>
      <a href={linkTo(props.realm, 'realms')}>{t('realms.all')}</a>
    </div>
  );
}
