/* What a token would hold, before anybody signs in. */
import { useState } from 'preact/hooks';

import { get, queryOf, realmPath } from '../lib/api';
import { useData, useDebounced } from '../lib/data';
import { t } from '../lib/i18n';
import type { Client, User } from '../lib/types';
import { Card, Code, Failure } from '../ui/basics';
import { Grid, Select, TextField } from '../ui/form';

const kinds = [
  ['generate-example-access-token', 'evaluate.access'],
  ['generate-example-id-token', 'evaluate.id'],
  ['generate-example-userinfo', 'evaluate.userinfo'],
] as const;

export function Evaluate({ realm, client }: { realm: string; client: Client }) {
  const [name, setName] = useState('');
  const [scope, setScope] = useState('openid');
  const [kind, setKind] = useState<string>(kinds[0][0]);
  const late = useDebounced(name.trim(), 250);
  const found = useData<User[]>(
    late ? (signal) => get(`${realmPath(realm, 'users')}${queryOf({ search: late, max: 5, briefRepresentation: true })}`, signal) : undefined,
    [realm, late],
  );
  const user = found.data?.find((u) => u.username === late) ?? found.data?.[0];
  const example = useData<unknown>(
    user
      ? (signal) => get(`${realmPath(realm, 'clients', client.id)}/evaluate-scopes/${kind}${queryOf({ userId: user.id, scope })}`, signal)
      : undefined,
    [user?.id, scope, kind],
  );
  return (
    <Card title={t('evaluate')} lead={t('evaluate.lead')}>
      <Grid>
        <TextField label={t('user')} value={name} hint={user ? user.username : t('evaluate.who')} onChange={setName} />
        <TextField label={t('evaluate.scope')} value={scope} onChange={setScope} />
        <Select label={t('type')} value={kind} options={kinds.map(([id, key]): [string, string] => [id, t(key)])} onChange={setKind} />
      </Grid>
      {example.error && <Failure error={example.error} retry={example.reload} />}
      {user && example.data !== undefined && <Code label={t('evaluate')} text={JSON.stringify(example.data, null, 2)} />}
    </Card>
  );
}
