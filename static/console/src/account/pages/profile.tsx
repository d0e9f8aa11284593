/* Who the person is here, by the realm's user profile: what may be changed, and what is only shown. */
import { useState } from 'preact/hooks';

import { ApiError, get, post, remove } from '../../lib/api';
import { useAction } from '../../lib/data';
import { attempt, Button, Card, errorText, Page } from '../../ui/basics';
import { ListField, Select, TextField } from '../../ui/form';
import { toast } from '../../ui/toast';
import type { PageProps } from '../app';
import { fresh } from '../fresh';
import { known, t } from '../text';
import type { Attribute, Me } from '../types';

const members = ['username', 'email', 'firstName', 'lastName'] as const;
type Member = (typeof members)[number];
const isMember = (name: string): name is Member => (members as readonly string[]).includes(name);

function valuesOf(me: Me, name: string): string[] {
  return isMember(name) ? [me[name] ?? ''] : (me.attributes?.[name] ?? []);
}

function withValues(me: Me, name: string, values: string[]): Me {
  if (isMember(name)) return { ...me, [name]: values[0] ?? '' };
  return { ...me, attributes: { ...me.attributes, [name]: values } };
}

/* "${firstName}" is a key of Keycloak's message files. */
function labelOf(a: Attribute): string {
  const [, key] = /^\$\{(.+)\}$/.exec(a.displayName ?? '') ?? [];
  return key ? known('profile', key) : a.displayName || known('profile', a.name);
}

const autocomplete: Record<string, string> = { username: 'username', email: 'email', firstName: 'given-name', lastName: 'family-name' };

function AttributeField(props: { of: Attribute; values: string[]; error?: string; onChange: (values: string[]) => void }) {
  const { of: a, values, error } = props;
  const label = labelOf(a);
  const options = a.validators.options?.options;
  if (options && !a.multivalued && !a.readOnly)
    return (
      <Select
        label={label}
        value={values[0]}
        options={[['', ''], ...options.map((o): [string, string] => [o, known('locale', o)])]}
        onChange={(value) => props.onChange(value ? [value] : [])}
      />
    );
  if (a.multivalued && !a.readOnly) return <ListField label={label} values={values} onChange={props.onChange} />;
  return (
    <TextField
      label={label}
      value={values.join(', ')}
      error={error}
      type={a.name === 'email' ? 'email' : 'text'}
      required={a.required && !a.readOnly}
      readOnly={a.readOnly}
      hint={a.readOnly ? t('profile.read-only') : undefined}
      autocomplete={autocomplete[a.name]}
      onChange={(value) => props.onChange([value])}
    />
  );
}

/* What is sent: what the person may change; an empty list takes an attribute away. */
function bodyOf(me: Me): object {
  const may = me.userProfileMetadata.attributes.filter((a) => !a.readOnly);
  const body: Record<string, unknown> = {};
  const attributes: Record<string, string[]> = { ...me.attributes };
  for (const { name } of may) {
    const values = valuesOf(me, name);
    if (isMember(name)) body[name] = values[0] ?? '';
    else if (values.some((v) => v !== '')) attributes[name] = values.filter((v) => v !== '');
    else delete attributes[name];
  }
  return { ...body, attributes };
}

/* The address that was wished for counts once the link that went there was followed. */
function Pending({ email, may, gone }: { email: string; may: boolean; gone: () => Promise<void> }) {
  const [busy, run] = useAction();
  const send = async () => {
    try {
      await post('/pending-email');
    } catch (error) {
      if (error instanceof ApiError && error.status === 429) throw new Error(t('profile.pending.soon'));
      throw error;
    }
  };
  const withdraw = () => attempt(async () => { await remove('/pending-email'); await gone(); }, t('profile.pending.withdrawn'));
  return (
    <Card title={t('profile.pending')} lead={t('profile.pending.lead', { email })}>
      {may && (
        <div class="actions">
          <Button busy={busy} onClick={() => run(async () => { await attempt(send, t('profile.pending.sent', { email })); })}>{t('profile.pending.send')}</Button>
          <Button busy={busy} onClick={() => run(async () => { await withdraw(); })}>{t('profile.pending.withdraw')}</Button>
        </div>
      )}
    </Card>
  );
}

export default function Profile(props: PageProps) {
  const [me, setMe] = useState(props.me);
  const [wrong, setWrong] = useState<ApiError>();
  const [busy, run] = useAction();
  const { attributes, groups } = me.userProfileMetadata;
  const may = props.roles.includes('manage-account');
  const shown = attributes.map((a) => (may ? a : { ...a, readOnly: true }));
  const of = (group: string | undefined) =>
    shown.filter((a) => (a.group || undefined) === group).map((a) => (
      <AttributeField
        key={a.name}
        of={a}
        values={valuesOf(me, a.name)}
        error={wrong?.field === a.name ? known('problem', wrong.message) : undefined}
        onChange={(values) => setMe(withValues(me, a.name, values))}
      />
    ));
  const show = (now: Me) => {
    delete props.me.pendingEmail;
    setMe({ ...Object.assign(props.me, now) });
  };
  const save = async () => {
    setWrong(undefined);
    try {
      const answer = await fresh(() => post<{ pendingEmail?: string } | undefined>('/', bodyOf(me)));
      show({ ...(await get<Me>('/')), ...answer });
      toast.good(t('saved'));
    } catch (error) {
      if (error instanceof ApiError && error.field) setWrong(error);
      toast.bad(error instanceof ApiError && error.field ? known('problem', error.message) : errorText(error));
    }
  };
  return (
    <Page title={t('profile')} lead={t('profile.lead')}>
      {me.pendingEmail && <Pending email={me.pendingEmail} may={may} gone={async () => show(await get<Me>('/'))} />}
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void run(save);
        }}
      >
        <Card>{of(undefined)}</Card>
        {groups.filter((g) => shown.some((a) => a.group === g.name)).map((g) => (
          <Card key={g.name} title={g.displayHeader || g.name}>{of(g.name)}</Card>
        ))}
        {may && (
          <div class="actions">
            <Button type="submit" kind="main" busy={busy}>{t('save')}</Button>
            <Button onClick={() => setMe({ ...props.me })}>{t('revert')}</Button>
          </div>
        )}
      </form>
    </Page>
  );
}
