/* WebAuthn: the policy of the second factor, and that of signing in without a password. They are kept and
 * checked; nothing here may look as if somebody could sign in by them: that is not there. */
import { t, type Key } from '../lib/i18n';
import { Card } from '../ui/basics';
import { Grid, ListField, NumberField, Select, Switch, TextField } from '../ui/form';
import { RealmForm } from '../ui/realm_form';

/* Words of the server, and what they are called; the first of each is what is so without a choice. */
const words = {
  AttestationConveyancePreference: [
    ['not specified', 'webauthn.unspecified'], ['none', 'webauthn.attestation.none'], ['indirect', 'webauthn.attestation.indirect'],
    ['direct', 'webauthn.attestation.direct'], ['enterprise', 'webauthn.attestation.enterprise'],
  ],
  AuthenticatorAttachment: [
    ['not specified', 'webauthn.unspecified'], ['platform', 'webauthn.attachment.platform'], ['cross-platform', 'webauthn.attachment.roaming'],
  ],
  RequireResidentKey: [['not specified', 'webauthn.unspecified'], ['Yes', 'webauthn.yes'], ['No', 'webauthn.no']],
  UserVerificationRequirement: [
    ['not specified', 'webauthn.unspecified'], ['required', 'webauthn.verification.required'], ['preferred', 'webauthn.verification.preferred'],
    ['discouraged', 'webauthn.verification.discouraged'],
  ],
} as const satisfies Record<string, readonly (readonly [string, Key])[]>;

const choices: [name: keyof typeof words, label: Key, hint: Key][] = [
  ['AttestationConveyancePreference', 'webauthn.attestation', 'webauthn.attestation.hint'],
  ['AuthenticatorAttachment', 'webauthn.attachment', 'webauthn.attachment.hint'],
  ['RequireResidentKey', 'webauthn.resident', 'webauthn.resident.hint'],
  ['UserVerificationRequirement', 'webauthn.verification', 'webauthn.verification.hint'],
];
const algorithms = ['ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'EdDSA', 'Ed25519'];

interface Part {
  get: (name: string) => any;
  set: (name: string, value: unknown) => void;
  wrong: (name: string) => string | undefined;
}

export function WebAuthnPolicy(props: { realm: string; prefix: string; lead: string }) {
  return (
    <>
      <p class="notice" role="note"><strong>{t('webauthn.not-used')}</strong> {t('webauthn.not-used.lead')}</p>
      <RealmForm realm={props.realm}>
        {(r, set, wrong) => {
          const part: Part = {
            get: (name) => r[props.prefix + name],
            set: (name, value) => set({ [props.prefix + name]: value }),
            wrong: (name) => wrong(props.prefix + name),
          };
          return (
            <>
              <Card lead={props.lead}>
                <Settings {...part} />
              </Card>
              <Card title={t('webauthn.algorithms')} lead={t('webauthn.algorithms.hint')}>
                <Algorithms {...part} />
              </Card>
              <Card title={t('webauthn.limits')}>
                <Limits {...part} />
              </Card>
            </>
          );
        }}
      </RealmForm>
    </>
  );
}

function Settings({ get, set, wrong }: Part) {
  return (
    <>
      <Grid>
        <TextField label={t('webauthn.rp-name')} hint={t('webauthn.rp-name.hint')} value={get('RpEntityName')} error={wrong('RpEntityName')} onChange={(v) => set('RpEntityName', v)} />
        <TextField label={t('webauthn.rp-id')} hint={t('webauthn.rp-id.hint')} value={get('RpId')} error={wrong('RpId')} onChange={(v) => set('RpId', v.trim())} />
        {choices.map(([name, label, hint]) => (
          <Select key={name} label={t(label)} hint={t(hint)} value={get(name)} error={wrong(name)}
            options={words[name].map(([word, text]): [string, string] => [word, t(text)])} onChange={(v) => set(name, v)} />
        ))}
        <NumberField label={t('webauthn.timeout')} hint={t('webauthn.timeout.hint')} value={get('CreateTimeout')} error={wrong('CreateTimeout')} onChange={(v) => set('CreateTimeout', v)} />
      </Grid>
      <Switch label={t('webauthn.avoid')} hint={t('webauthn.avoid.hint')} value={get('AvoidSameAuthenticatorRegister')} onChange={(v) => set('AvoidSameAuthenticatorRegister', v)} />
    </>
  );
}

/* In the order that is told to the browser: which was switched on first comes first. */
function Algorithms({ get, set, wrong }: Part) {
  const chosen: string[] = get('SignatureAlgorithms') ?? [];
  const error = wrong('SignatureAlgorithms');
  return (
    <>
      <Grid>
        {algorithms.map((a) => (
          <Switch key={a} label={a} value={chosen.includes(a)} onChange={(on) => set('SignatureAlgorithms', on ? [...chosen, a] : chosen.filter((x) => x !== a))} />
        ))}
      </Grid>
      {error && <small class="wrong" role="alert">{error}</small>}
    </>
  );
}

function Limits({ get, set, wrong }: Part) {
  return (
    <>
      <ListField label={t('webauthn.aaguids')} hint={t('webauthn.aaguids.hint')} values={get('AcceptableAaguids')} error={wrong('AcceptableAaguids')} onChange={(v) => set('AcceptableAaguids', v)} />
      <ListField label={t('webauthn.origins')} hint={t('webauthn.origins.hint')} values={get('ExtraOrigins')} error={wrong('ExtraOrigins')} placeholder="https://" onChange={(v) => set('ExtraOrigins', v)} />
    </>
  );
}
