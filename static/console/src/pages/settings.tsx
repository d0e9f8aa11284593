import type { PageProps } from '../app';
import { languages, t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import { useMay } from '../lib/who';
import { Card, Page, Tabs } from '../ui/basics';
import { DurationField, Grid, Select, Switch, TextField } from '../ui/form';
import { RealmForm } from '../ui/realm_form';
import { Danger } from './settings_danger';
import { ImportInto } from './settings_import';
import { Keys } from './settings_keys';
import { Look } from './settings_look';
import { Mail } from './settings_mail';
import { Localization } from './settings_texts';

export default function Settings(props: PageProps) {
  const { realm } = props;
  const may = useMay(realm);
  const tab = props.rest[0] ?? 'general';
  const tabs: [string, string][] = [
    ['general', t('settings.general')],
    ['login', t('settings.login')],
    ['tokens', t('settings.tokens')],
    ['keys', t('settings.keys')],
    ['mail', t('settings.mail')],
    ['look', t('settings.look')],
    ['texts', t('settings.texts')],
  ];
  if (may('manage-realm')) tabs.push(['import', t('settings.import')], ['move', t('settings.move')]);
  return (
    <Page title={t('nav.settings')} lead={t('settings.lead')}>
      <Tabs base={linkTo(realm, 'realm-settings')} tabs={tabs} current={tab} />
      {tab === 'general' && <General realm={realm} />}
      {tab === 'login' && <Login realm={realm} />}
      {tab === 'tokens' && <Tokens realm={realm} />}
      {tab === 'keys' && <Keys realm={realm} />}
      {tab === 'mail' && <Mail realm={realm} />}
      {tab === 'look' && <Look realm={realm} />}
      {tab === 'texts' && <Localization realm={realm} />}
      {tab === 'import' && may('manage-realm') && <ImportInto realm={realm} />}
      {tab === 'move' && <Danger realm={realm} />}
    </Page>
  );
}

function General({ realm }: { realm: string }) {
  return (
    <RealmForm realm={realm}>
      {(r, set) => (
        <Card>
          <Grid>
            <TextField label={t('settings.display')} value={r.displayName} onChange={(displayName) => set({ displayName })} />
            <Select
              label={t('settings.ssl')}
              value={r.sslRequired}
              options={[['external', t('settings.ssl.external')], ['all', t('settings.ssl.all')], ['none', t('settings.ssl.none')]]}
              onChange={(sslRequired) => set({ sslRequired })}
            />
          </Grid>
          <Switch label={t('settings.enabled')} hint={t('settings.enabled.hint')} value={r.enabled} onChange={(enabled) => set({ enabled })} />
          <Switch
            label={t('settings.languages')}
            value={r.internationalizationEnabled}
            onChange={(on) => set({ internationalizationEnabled: on, ...(on && !r.supportedLocales?.length ? { supportedLocales: Object.keys(languages) } : {}) })}
          />
          {r.internationalizationEnabled && (
            <Select
              label={t('settings.language')}
              value={r.defaultLocale}
              options={Object.entries(languages)}
              onChange={(defaultLocale) => set({ defaultLocale })}
            />
          )}
        </Card>
      )}
    </RealmForm>
  );
}

function Login({ realm }: { realm: string }) {
  return (
    <RealmForm realm={realm}>
      {(r, set) => (
        <Card>
          <Switch label={t('settings.remember')} hint={t('settings.remember.hint')} value={r.rememberMe} onChange={(rememberMe) => set({ rememberMe })} />
          <Switch label={t('settings.by-email')} value={r.loginWithEmailAllowed} onChange={(loginWithEmailAllowed) => set({ loginWithEmailAllowed })} />
          <Switch label={t('settings.email-name')} value={r.registrationEmailAsUsername} onChange={(registrationEmailAsUsername) => set({ registrationEmailAsUsername })} />
          <Switch label={t('settings.duplicate-emails')} hint={t('settings.duplicate-emails.hint')} value={r.duplicateEmailsAllowed} onChange={(duplicateEmailsAllowed) => set({ duplicateEmailsAllowed })} />
          <Switch label={t('settings.reset')} hint={t('settings.reset.hint')} value={r.resetPasswordAllowed} onChange={(resetPasswordAllowed) => set({ resetPasswordAllowed })} />
          <Switch label={t('settings.verify-email')} hint={t('settings.verify-email.hint')} value={r.verifyEmail} onChange={(verifyEmail) => set({ verifyEmail })} />
          <Switch label={t('settings.edit-name')} value={r.editUsernameAllowed} onChange={(editUsernameAllowed) => set({ editUsernameAllowed })} />
        </Card>
      )}
    </RealmForm>
  );
}

const times = [
  ['accessTokenLifespan', 'settings.access-token'],
  ['ssoSessionIdleTimeout', 'settings.sso-idle'],
  ['ssoSessionMaxLifespan', 'settings.sso-max'],
  ['offlineSessionIdleTimeout', 'settings.offline-idle'],
  ['accessCodeLifespan', 'settings.code'],
  ['accessCodeLifespanLogin', 'settings.login-time'],
] as const;

function Tokens({ realm }: { realm: string }) {
  return (
    <RealmForm realm={realm}>
      {(r, set) => (
        <Card>
          <Grid>
            {times.map(([name, key]) => (
              <DurationField key={name} label={t(key)} value={r[name]} onChange={(seconds) => set({ [name]: seconds })} />
            ))}
          </Grid>
          <Switch label={t('settings.revoke-refresh')} hint={t('settings.revoke-refresh.hint')} value={r.revokeRefreshToken} onChange={(revokeRefreshToken) => set({ revokeRefreshToken })} />
          <Select
            label={t('settings.algorithm')}
            value={r.defaultSignatureAlgorithm}
            options={['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'].map((a): [string, string] => [a, a])}
            onChange={(defaultSignatureAlgorithm) => set({ defaultSignatureAlgorithm })}
          />
        </Card>
      )}
    </RealmForm>
  );
}
