import type { PageProps } from '../app';
import { get, put, realmPath } from '../lib/api';
import { useData } from '../lib/data';
import { t } from '../lib/i18n';
import { linkTo } from '../lib/place';
import type { RequiredAction } from '../lib/types';
import { useMay } from '../lib/who';
import { attempt, Badge, Card, Loaded, Page, Tabs } from '../ui/basics';
import { DurationField, Grid, NumberField, Select, Switch } from '../ui/form';
import { RealmForm } from '../ui/realm_form';
import { Table } from '../ui/table';
import { OtpPolicy } from './otp_policy';
import { PasswordPolicy } from './password_policy';
import { WebAuthnPolicy } from './webauthn_policy';

interface Flow {
  id: string;
  alias: string;
  description?: string;
  builtIn?: boolean;
  topLevel?: boolean;
}
interface Execution {
  id: string;
  displayName: string;
  requirement: string;
  requirementChoices?: string[];
  level: number;
  authenticationFlow?: boolean;
}

export default function Authentication(props: PageProps) {
  const { realm } = props;
  const tab = props.rest[0] ?? 'flows';
  return (
    <Page title={t('nav.authentication')} lead={t('authentication.lead')}>
      <Tabs
        base={linkTo(realm, 'authentication')}
        current={tab}
        tabs={[
          ['flows', t('authentication.flows')],
          ['actions', t('authentication.actions')],
          ['passwords', t('authentication.passwords')],
          ['otp', t('otp')],
          ['webauthn', t('webauthn')],
          ['webauthn-passwordless', t('webauthn.passwordless')],
          ['lockout', t('authentication.lockout')],
        ]}
      />
      {tab === 'flows' && (props.rest[1] ? <FlowPage realm={realm} alias={props.rest[1]} /> : <Flows realm={realm} />)}
      {tab === 'actions' && <Actions realm={realm} />}
      {tab === 'passwords' && <PasswordPolicy realm={realm} />}
      {tab === 'otp' && <OtpPolicy realm={realm} />}
      {tab === 'webauthn' && <WebAuthnPolicy key={tab} realm={realm} prefix="webAuthnPolicy" lead={t('webauthn.lead')} />}
      {tab === 'webauthn-passwordless' && <WebAuthnPolicy key={tab} realm={realm} prefix="webAuthnPolicyPasswordless" lead={t('webauthn.passwordless.lead')} />}
      {tab === 'lockout' && <Lockout realm={realm} />}
    </Page>
  );
}

function Flows({ realm }: { realm: string }) {
  const flows = useData<Flow[]>((signal) => get(realmPath(realm, 'authentication', 'flows'), signal), [realm]);
  return (
    <Loaded of={flows}>
      {(rows) => (
        <Table
          label={t('authentication.flows')}
          rows={rows}
          id={(f) => f.id}
          columns={[
            { title: t('name'), cell: (f) => <a href={linkTo(realm, 'authentication', 'flows', f.alias)}>{f.alias}</a> },
            { title: t('description'), cell: (f) => f.description },
            { title: t('type'), narrow: true, cell: (f) => f.builtIn && <Badge>{t('authentication.built-in')}</Badge> },
          ]}
        />
      )}
    </Loaded>
  );
}

function FlowPage({ realm, alias }: { realm: string; alias: string }) {
  const may = useMay(realm);
  const path = realmPath(realm, 'authentication', 'flows', alias, 'executions');
  const steps = useData<Execution[]>((signal) => get(path, signal), [path]);
  const require = (e: Execution, requirement: string) =>
    attempt(async () => { await put(path, { ...e, requirement }); steps.reload(); }, t('saved'));
  return (
    <Card title={alias} lead={t('authentication.flow.lead')}>
      <Loaded of={steps}>
        {(rows) => (
          <ol class="steps">
            {rows.map((e) => (
              <li key={e.id} class={`level-${Math.min(e.level, 5)}`}>
                <span>{e.authenticationFlow ? <strong>{e.displayName}</strong> : e.displayName}</span>
                {may('manage-realm') && (e.requirementChoices?.length ?? 0) > 1 ? (
                  <Select label={e.displayName} value={e.requirement} options={e.requirementChoices!.map((c): [string, string] => [c, c])} onChange={(v) => void require(e, v)} />
                ) : <Badge>{e.requirement}</Badge>}
              </li>
            ))}
          </ol>
        )}
      </Loaded>
    </Card>
  );
}

function Actions({ realm }: { realm: string }) {
  const may = useMay(realm);
  const base = realmPath(realm, 'authentication', 'required-actions');
  const actions = useData<RequiredAction[]>((signal) => get(base, signal), [base]);
  const change = (a: RequiredAction, part: Partial<RequiredAction>) =>
    attempt(async () => { await put(`${base}/${encodeURIComponent(a.alias)}`, { ...a, ...part }); actions.reload(); }, t('saved'));
  return (
    <Card lead={t('authentication.actions.lead')}>
      <Loaded of={actions}>
        {(rows) => (
          <Table
            label={t('authentication.actions')}
            rows={rows}
            id={(a) => a.alias}
            columns={[
              { title: t('name'), cell: (a) => <>{a.name} {!a.available && <Badge>{t('authentication.actions.absent')}</Badge>}</> },
              { title: t('authentication.enabled'), cell: (a) => <Switch label={t('authentication.enabled.of', { name: a.name })} value={a.enabled} disabled={!may('manage-realm')} onChange={(enabled) => void change(a, { enabled })} /> },
              { title: t('authentication.default'), cell: (a) => <Switch label={t('authentication.default.of', { name: a.name })} value={a.defaultAction} disabled={!may('manage-realm') || (!a.available && !a.defaultAction)} onChange={(defaultAction) => void change(a, { defaultAction })} /> },
            ]}
          />
        )}
      </Loaded>
    </Card>
  );
}

function Lockout({ realm }: { realm: string }) {
  return (
    <RealmForm realm={realm}>
      {(r, set) => (
        <Card lead={t('authentication.lockout.lead')}>
          <Switch label={t('lockout.on')} value={r.bruteForceProtected} onChange={(bruteForceProtected) => set({ bruteForceProtected })} />
          {r.bruteForceProtected && (
            <>
              <Switch label={t('lockout.permanent')} hint={t('lockout.permanent.hint')} value={r.permanentLockout} onChange={(permanentLockout) => set({ permanentLockout })} />
              <Grid>
                <NumberField label={t('lockout.after')} min={1} value={r.failureFactor} onChange={(failureFactor) => set({ failureFactor })} />
                <DurationField label={t('lockout.wait')} value={r.waitIncrementSeconds} onChange={(waitIncrementSeconds) => set({ waitIncrementSeconds })} />
                <DurationField label={t('lockout.wait-max')} value={r.maxFailureWaitSeconds} onChange={(maxFailureWaitSeconds) => set({ maxFailureWaitSeconds })} />
                <DurationField label={t('lockout.reset')} value={r.maxDeltaTimeSeconds} onChange={(maxDeltaTimeSeconds) => set({ maxDeltaTimeSeconds })} />
              </Grid>
            </>
          )}
        </Card>
      )}
    </RealmForm>
  );
}
