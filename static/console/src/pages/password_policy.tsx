import { t, type Key } from '../lib/i18n';
import { formatPolicy, parsePolicy, withRule, type Rule } from '../lib/policy';
import { Card } from '../ui/basics';
import { NumberField, Switch } from '../ui/form';
import { RealmForm } from '../ui/realm_form';

/* Rules with a number, and what it is to begin with; without one a rule is only on or off. */
const known: [id: string, text: Key, first?: number][] = [
  ['length', 'policy.length', 12],
  ['maxLength', 'policy.max-length', 128],
  ['digits', 'policy.digits', 1],
  ['upperCase', 'policy.upper', 1],
  ['lowerCase', 'policy.lower', 1],
  ['specialChars', 'policy.special', 1],
  ['notUsername', 'policy.not-username'],
  ['notEmail', 'policy.not-email'],
  ['passwordHistory', 'policy.history', 3],
  ['forceExpiredPasswordChange', 'policy.expire', 365],
];

export function PasswordPolicy({ realm }: { realm: string }) {
  return (
    <RealmForm realm={realm}>
      {(r, set) => {
        const rules = parsePolicy(r.passwordPolicy);
        const change = (next: Rule[]) => set({ passwordPolicy: formatPolicy(next) });
        const others = rules.filter((x) => !known.some(([id]) => id === x.id));
        return (
          <Card lead={t('policy.lead')}>
            {known.map(([id, text, first]) => {
              const rule = rules.find((x) => x.id === id);
              return (
                <div class="rule" key={id}>
                  <Switch label={t(text)} value={!!rule} onChange={(on) => change(withRule(rules, id, first?.toString(), on))} />
                  {rule && first !== undefined && (
                    <NumberField label={t('policy.value', { name: t(text) })} min={1} value={Number(rule.value ?? first)}
                      onChange={(n) => change(withRule(rules, id, String(n), true))} />
                  )}
                </div>
              );
            })}
            {others.length > 0 && <p class="lead">{t('policy.others', { rules: formatPolicy(others) })}</p>}
          </Card>
        );
      }}
    </RealmForm>
  );
}
