/* One-time passwords: how the devices are set up that people add from now on. */
import { t } from '../lib/i18n';
import { Card } from '../ui/basics';
import { Grid, NumberField, Select } from '../ui/form';
import { RealmForm } from '../ui/realm_form';

const same = (words: string[]) => words.map((word): [string, string] => [word, word]);

export function OtpPolicy({ realm }: { realm: string }) {
  return (
    <RealmForm realm={realm}>
      {(r, set, wrong) => (
        <Card lead={t('otp.lead')}>
          <Grid>
            <Select label={t('otp.type')} value={r.otpPolicyType} error={wrong('otpPolicyType')}
              options={[['totp', t('otp.type.totp')], ['hotp', t('otp.type.hotp')]]} onChange={(otpPolicyType) => set({ otpPolicyType })} />
            <Select label={t('otp.algorithm')} hint={t('otp.algorithm.hint')} value={r.otpPolicyAlgorithm} error={wrong('otpPolicyAlgorithm')}
              options={same(['HmacSHA1', 'HmacSHA256', 'HmacSHA512'])} onChange={(otpPolicyAlgorithm) => set({ otpPolicyAlgorithm })} />
            <Select label={t('otp.digits')} value={String(r.otpPolicyDigits)} error={wrong('otpPolicyDigits')}
              options={same(['6', '7', '8'])} onChange={(digits) => set({ otpPolicyDigits: Number(digits) })} />
            {r.otpPolicyType === 'hotp' ? (
              <NumberField label={t('otp.counter')} value={r.otpPolicyInitialCounter} error={wrong('otpPolicyInitialCounter')} onChange={(otpPolicyInitialCounter) => set({ otpPolicyInitialCounter })} />
            ) : (
              <NumberField label={t('otp.period')} min={1} value={r.otpPolicyPeriod} error={wrong('otpPolicyPeriod')} onChange={(otpPolicyPeriod) => set({ otpPolicyPeriod })} />
            )}
            <NumberField label={t('otp.ahead')} hint={t('otp.ahead.hint')} value={r.otpPolicyLookAheadWindow} error={wrong('otpPolicyLookAheadWindow')} onChange={(otpPolicyLookAheadWindow) => set({ otpPolicyLookAheadWindow })} />
          </Grid>
        </Card>
      )}
    </RealmForm>
  );
}
