/* How the login pages of a realm look: logo and colours, with what they will look like beside them. */
import { useId, useState } from 'preact/hooks';

import { get, put, realmPath } from '../lib/api';
import { checks, hexOf, logoKind, parseColour, passes, shownOf, type Check, type Look as Values, type Scheme } from '../lib/brand';
import { useAction, useData } from '../lib/data';
import { formatDecimal, t, type Key } from '../lib/i18n';
import type { Realm } from '../lib/types';
import { useMay } from '../lib/who';
import icon from '../icon.svg';
import { attempt, Badge, Button, Card, Loaded } from '../ui/basics';
import { Field, Grid, TextField } from '../ui/form';
import { LogoCard, sourceOf, useLogo } from './settings_logo';

const attributes: Record<keyof Values, string> = { logo: 'garita.logoUri', primary: 'garita.primaryColor', background: 'garita.backgroundColor' };
const names = Object.keys(attributes) as (keyof Values)[];

function valuesOf(realm: Realm): Values {
  const stored: Record<string, string> = realm.attributes ?? {};
  return { logo: stored[attributes.logo] ?? '', primary: stored[attributes.primary] ?? '', background: stored[attributes.background] ?? '' };
}

export function Look({ realm }: { realm: string }) {
  const data = useData<Realm>((signal) => get(realmPath(realm), signal), [realm]);
  return <Loaded of={data}>{(stored) => <LookForm realm={realm} stored={stored} saved={data.reload} />}</Loaded>;
}

/* Attributes are replaced as a whole: those of now are taken, and of these only what was changed here. */
async function store(realm: string, changed: Partial<Values>): Promise<void> {
  const { attributes: now } = await get<Realm>(realmPath(realm));
  const next = { ...(now as Record<string, string>) };
  for (const name of names) {
    const value = changed[name];
    if (value === '') delete next[attributes[name]];
    else if (value !== undefined) next[attributes[name]] = value;
  }
  await put(realmPath(realm), { realm, attributes: next });
}

function LookForm(props: { realm: string; stored: Realm; saved: () => void }) {
  const may = useMay(props.realm);
  const [changed, setChanged] = useState<Partial<Values>>({});
  const [busy, run] = useAction();
  const kept = useLogo(props.realm);
  const look = { ...valuesOf(props.stored), ...changed };
  const set = (part: Partial<Values>) => setChanged({ ...changed, ...part });
  const wrong = logoKind(look.logo) === 'ignored' || [look.primary, look.background].some((c) => c !== '' && !parseColour(c));
  const nothing = Object.keys(changed).length === 0;
  const save = () =>
    run(async () => {
      if (!(await attempt(() => store(props.realm, changed), t('saved')))) return;
      setChanged({});
      props.saved();
    });
  return (
    <form onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <Card title={t('look')} lead={t('look.lead')}>
        <Grid>
          <ColourField label={t('look.primary')} hint={t('look.primary.hint')} value={look.primary} onChange={(primary) => set({ primary })} />
          <ColourField label={t('look.background')} hint={t('look.background.hint')} value={look.background} onChange={(background) => set({ background })} />
        </Grid>
        <TextField label={t('look.logo')} hint={t('look.logo.hint')} value={look.logo} error={logoKind(look.logo) === 'ignored' ? t('look.logo.ignored') : undefined}
          onChange={(logo) => set({ logo: logo.trim() })} />
        <Contrasts of={checks(look)} />
      </Card>
      <LogoCard realm={props.realm} logo={kept} may={may('manage-realm')} hidden={logoKind(look.logo) === 'own' || logoKind(look.logo) === 'elsewhere'} />
      <Card title={t('look.preview')} lead={logoKind(look.logo) === 'elsewhere' ? t('look.logo.elsewhere') : undefined}>
        <div class="looks">
          {(['light', 'dark'] as const).map((scheme) => (
            <Preview key={scheme} scheme={scheme} look={look} kept={kept.data ? sourceOf(kept.data) : undefined} name={props.stored.displayName || props.stored.realm} />
          ))}
        </div>
      </Card>
      {may('manage-realm') && (
        <div class="actions">
          <Button type="submit" kind="main" busy={busy} disabled={nothing || wrong}>{t('save')}</Button>
          <Button onClick={() => setChanged({})} disabled={nothing}>{t('revert')}</Button>
        </div>
      )}
    </form>
  );
}

/* A colour is picked or typed; empty is the one that all realms have. */
function ColourField(props: { label: string; hint: string; value: string; onChange: (value: string) => void }) {
  const wrong = props.value !== '' && !parseColour(props.value);
  return (
    <Field label={props.label} hint={props.hint} error={wrong ? t('look.no-colour') : undefined}>
      <ColourInput label={props.label} value={props.value} onChange={props.onChange} />
    </Field>
  );
}

function ColourInput(props: { id?: string; label: string; value: string; onChange: (value: string) => void }) {
  const { id, label, value, onChange, ...about } = props;
  const parsed = parseColour(value);
  return (
    <span class="pair colour">
      <input type="color" aria-label={t('look.pick', { name: label })} value={parsed ? hexOf(parsed) : '#0b6b50'} onInput={(e) => onChange(e.currentTarget.value)} />
      <input id={id} {...about} value={value} placeholder="#0b6b50" autocomplete="off" spellcheck={false} onInput={(e) => onChange(e.currentTarget.value.trim())} />
      <Button kind="plain" label={t('look.clear', { name: label })} disabled={value === ''} onClick={() => onChange('')}>×</Button>
    </span>
  );
}

const pairs: Record<Check['what'], Key> = { button: 'look.check.button', 'link-light': 'look.check.link-light', 'link-dark': 'look.check.link-dark', beside: 'look.check.beside' };

function Contrasts({ of }: { of: Check[] }) {
  const id = useId();
  return (
    <div role="status" aria-labelledby={id}>
      <h3 id={id}>{t('look.contrast')}</h3>
      <ul class="plain-list">
        {of.map((c) => (
          <li key={c.what}>
            <Badge kind={passes(c.shown) ? 'good' : 'bad'}>{`${formatDecimal(c.shown, 2)}:1`}</Badge> {t(pairs[c.what])}
            {c.adapted && <> – {t('look.adapted', { given: `${formatDecimal(c.given, 2)}:1`, colour: c.adapted })}</>}
          </li>
        ))}
      </ul>
    </div>
  );
}

/* A drawing of the page. The policy of the console takes pictures of this site alone: one from elsewhere stands
 * there as a frame. */
function Preview({ scheme, look, kept, name }: { scheme: Scheme; look: Values; kept: string | undefined; name: string }) {
  const s = shownOf(look, scheme);
  const colours = { '--look-brand': s.brand, '--look-on-brand': s.onBrand, '--look-link': s.link, '--look-page': s.page, '--look-beside': s.beside };
  const kind = logoKind(look.logo);
  return (
    <figure>
      <div class={`look ${scheme}`} style={colours} role="img" aria-label={t(scheme === 'light' ? 'look.preview.light' : 'look.preview.dark', { name })}>
        <div class="look-brand">
          {kind === 'elsewhere' ? <span class="look-logo" /> : <img src={kind === 'own' ? look.logo : (kept ?? icon)} alt="" />}
          <span>{name}</span>
        </div>
        <div class="look-card">
          <strong>{t('sign-in')}</strong>
          <span>{t('user.username')}</span><span class="look-field" />
          <span>{t('password')}</span><span class="look-field" />
          <span class="look-button">{t('sign-in')}</span>
          <span class="look-link">{t('look.forgot')}</span>
        </div>
      </div>
      <figcaption>{t(scheme === 'light' ? 'look.light' : 'look.dark')}</figcaption>
    </figure>
  );
}
