/* The mail server of a realm, and trying it out before it is stored. */
import { post, realmPath } from '../lib/api';
import { useAction } from '../lib/data';
import { t } from '../lib/i18n';
import { useMay } from '../lib/who';
import { attempt, Button, Card } from '../ui/basics';
import { Grid, Select, Switch, TextField } from '../ui/form';
import { RealmForm } from '../ui/realm_form';

type Settings = Record<string, string>;

const texts = [
  ['host', 'settings.mail.host'],
  ['port', 'settings.mail.port'],
  ['from', 'settings.mail.from'],
  ['fromDisplayName', 'settings.mail.from-name'],
  ['replyTo', 'settings.mail.reply-to'],
  ['envelopeFrom', 'settings.mail.envelope'],
] as const;

const securityOf = (s: Settings) => (s.ssl === 'true' ? 'ssl' : s.starttls === 'true' ? 'starttls' : 'none');

export function Mail({ realm }: { realm: string }) {
  return (
    <RealmForm realm={realm}>
      {(r, set) => <Server realm={realm} settings={r.smtpServer ?? {}} set={(smtpServer) => set({ smtpServer })} />}
    </RealmForm>
  );
}

function Server(props: { realm: string; settings: Settings; set: (settings: Settings) => void }) {
  const { settings } = props;
  const may = useMay(props.realm);
  const [busy, run] = useAction();
  const set = (part: Settings) => props.set({ ...settings, ...part });
  const tryOut = () =>
    run(async () => {
      await attempt(() => post(realmPath(props.realm, 'testSMTPConnection'), settings), t('settings.mail.tried'));
    });
  return (
    <Card title={t('settings.mail')} lead={t('settings.mail.lead')}>
      <Grid>
        {texts.map(([name, key]) => (
          <TextField key={name} label={t(key)} value={settings[name]} onChange={(value) => set({ [name]: value })} />
        ))}
        <Select
          label={t('settings.mail.security')}
          value={securityOf(settings)}
          options={[['starttls', 'STARTTLS'], ['ssl', 'TLS'], ['none', t('settings.mail.clear')]]}
          onChange={(value) => set({ ssl: String(value === 'ssl'), starttls: String(value === 'starttls') })}
        />
      </Grid>
      <Switch label={t('settings.mail.auth')} hint={t('settings.mail.auth.hint')} value={settings.auth === 'true'} onChange={(on) => set({ auth: String(on) })} />
      {settings.auth === 'true' && (
        <Grid>
          <TextField label={t('settings.mail.user')} value={settings.user} onChange={(user) => set({ user })} />
          <TextField label={t('password')} type="password" autocomplete="new-password" value={settings.password} onChange={(password) => set({ password })} />
        </Grid>
      )}
      {may('manage-realm') && (
        <div class="tools">
          <Button busy={busy} onClick={tryOut} disabled={!settings.host || !settings.from}>{t('settings.mail.try')}</Button>
        </div>
      )}
    </Card>
  );
}
