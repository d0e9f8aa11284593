import { useState } from 'preact/hooks';

import { create } from '../lib/api';
import { useAction } from '../lib/data';
import { language, languages, t, type Language } from '../lib/i18n';
import { answersFor, countryCodes, countryName, countryOf, firstPassword, isColor, isRealmName, representationOf, type Answers, type PolicyId } from '../lib/realm_template';
import { useWho } from '../lib/who';
import { attempt, Button, Code, Facts } from '../ui/basics';
import { Grid, Select, Switch, TextField } from '../ui/form';
import type { StepProps } from './first_run';
import { Addresses } from './first_run_summary';

interface Made {
  name: string;
  person: string;
  password: string;
}

function nameError(name: string, taken: string[]): string | undefined {
  if (!isRealmName(name)) return t('first-run.realm.name.wrong');
  return taken.includes(name) ? t('first-run.realm.name.taken') : undefined;
}

export function FirstRealm({ known, reload }: StepProps) {
  const who = useWho();
  const [made, setMade] = useState<Made>();
  const others = known.realms.filter((name) => name !== 'master');
  const done = (m: Made) => {
    // Rights over the new realm come with the next token; the page knows of it at once.
    who.realm_access[m.name] = [...(who.realm_access.master ?? [])];
    setMade(m);
    reload();
  };
  if (made) return <Ready made={made} />;
  return (
    <>
      <p>{t('first-run.realm.lead')}</p>
      {others.length > 0 && <p>{t('first-run.realm.there', { names: others.slice(0, 5).join(', ') })}</p>}
      <Template taken={known.realms} done={done} />
    </>
  );
}

function Template(props: { taken: string[]; done: (made: Made) => void }) {
  const [a, setAnswers] = useState<Answers>(() => answersFor(countryOf(navigator.languages), language));
  const [busy, run] = useAction();
  const set = (part: Partial<Answers>) => setAnswers({ ...a, ...part });
  const wrong = nameError(a.name, props.taken);
  const make = () => run(async () => {
    if (wrong || !isColor(a.color)) return;
    const password = firstPassword();
    const sent = async () => {
      await create('/realms', representationOf(a, password));
      props.done({ name: a.name, person: a.person, password });
    };
    await attempt(sent, t('first-run.realm.made', { name: a.displayName || a.name }));
  });
  const names = countryCodes().map((code): [string, string] => [code, countryName(code, language)]);
  return (
    <form onSubmit={(e) => { e.preventDefault(); void make(); }}>
      <Grid>
        <Select
          label={t('first-run.realm.country')}
          value={a.country}
          options={names.sort((x, y) => x[1].localeCompare(y[1], language))}
          onChange={(country) => {
            const { name, displayName, language: spoken } = answersFor(country, language);
            set({ country, name, displayName, language: spoken });
          }}
        />
        <TextField label={t('first-run.realm.display')} value={a.displayName} onChange={(displayName) => set({ displayName })} />
        <TextField label={t('realms.name')} hint={t('first-run.realm.name.hint')} value={a.name} required error={wrong} onChange={(name) => set({ name })} />
        <Select label={t('settings.language')} value={a.language} options={Object.entries(languages)} onChange={(l) => set({ language: l as Language })} />
        <Select
          label={t('first-run.realm.policy')}
          value={a.policy}
          options={[['usual', t('first-run.realm.policy.usual')], ['strict', t('first-run.realm.policy.strict')]]}
          onChange={(policy) => set({ policy: policy as PolicyId })}
        />
        <TextField label={t('first-run.realm.color')} hint={t('first-run.realm.color.hint')} value={a.color} placeholder="#0b6b50" error={isColor(a.color) ? undefined : t('first-run.realm.color.wrong')} onChange={(color) => set({ color: color.trim() })} />
        <TextField label={t('first-run.realm.logo')} hint={t('first-run.realm.logo.hint')} value={a.logo} onChange={(logo) => set({ logo: logo.trim() })} />
      </Grid>
      <fieldset>
        <legend>{t('first-run.realm.person')}</legend>
        <Grid>
          <TextField label={t('first-run.realm.person.name')} hint={t('first-run.realm.person.hint')} value={a.person} onChange={(person) => set({ person: person.trim() })} />
          <TextField label={t('first-run.realm.person.email')} type="email" value={a.email} onChange={(email) => set({ email: email.trim() })} />
        </Grid>
        {a.person && <Switch label={t('first-run.realm.person.administers')} value={a.administers} onChange={(administers) => set({ administers })} />}
      </fieldset>
      <div class="actions"><Button type="submit" kind="main" busy={busy}>{t('first-run.realm.make')}</Button></div>
    </form>
  );
}

function Ready({ made }: { made: Made }) {
  return (
    <div role="status">
      <p>{t('first-run.realm.ready', { name: made.name })}</p>
      {made.person && (
        <>
          <p>{t('first-run.realm.password', { name: made.person })}</p>
          <Code label={t('first-run.realm.password.label')} text={made.password} />
        </>
      )}
      <Addresses realm={made.name} />
      {made.person && <Facts of={[[t('first-run.realm.try'), t('first-run.realm.try.lead')]]} />}
    </div>
  );
}
