// ~/users/profile by the stock client and by hand, and people who must fit it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf, refusal } from './lib/admin.mjs';

let world, kc, token, first;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  token = await world.token('ana', 'peru');
  first = await kc.users.getProfile();
});
after(() => world.close());

const BOTH = { view: ['admin', 'user'], edit: ['admin', 'user'] };
const put = (json) => world.call('PUT', '/realms/peru/users/profile', { token, json });
const post = (json) => world.call('POST', '/realms/peru/users', { token, json });
const withAttributes = (attributes, more = {}) => ({ ...first, ...more, attributes: [...first.attributes, ...attributes] });
const attribute = (name, more = {}) => ({ name, permissions: BOTH, ...more });
let number = 0;
const person = (attributes, more = {}) => post({ username: `person${number += 1}`, enabled: true, attributes, ...more });

test('read, changed, read again; the metadata says what administrators may do', async () => {
  assert.deepEqual(first.attributes.map((a) => a.name), ['username', 'email', 'firstName', 'lastName']);
  const changed = withAttributes([attribute('dni', {
    displayName: 'DNI', group: 'user-metadata', required: { roles: ['admin'] }, annotations: { inputType: 'text' },
    validations: { pattern: { pattern: '^[0-9]{8}$' } },
  }), { name: 'seen', permissions: { view: ['admin'], edit: [] } }]);
  assert.deepEqual(await kc.users.updateProfile(changed), changed);
  assert.deepEqual(await kc.users.getProfile(), changed);
  const metadata = await kc.users.getProfileMetadata();
  const dni = metadata.attributes.find((a) => a.name === 'dni');
  assert.deepEqual(dni, {
    name: 'dni', displayName: 'DNI', required: true, readOnly: false, annotations: { inputType: 'text' },
    validators: { pattern: { pattern: '^[0-9]{8}$' } }, group: 'user-metadata', multivalued: false,
  });
  assert.equal(metadata.attributes.find((a) => a.name === 'seen').readOnly, true);
  assert.equal(metadata.attributes.find((a) => a.name === 'email').required, false, 'of people alone');
  assert.equal(metadata.groups[0].name, 'user-metadata');
  await put(first);
});

test('a profile that cannot be is refused and named', async () => {
  const bad = [
    [{ attributes: [] }, 'attributes'],
    [{ attributes: {} }, 'attributes'],
    [{ ...first, attributes: first.attributes.filter((a) => a.name !== 'email') }, 'attributes'],
    [withAttributes([attribute('x'), attribute('x')]), 'attributes'],
    [withAttributes([attribute('a b')]), 'name'],
    [withAttributes([attribute('')]), 'name'],
    [withAttributes([attribute('x', { multivalued: 'yes' })]), 'multivalued'],
    [withAttributes([attribute('x', { group: 'nowhere' })]), 'group'],
    [withAttributes([attribute('x', { permissions: { view: ['root'] } })]), 'view'],
    [withAttributes([attribute('x', { permissions: { edit: 'admin' } })]), 'edit'],
    [withAttributes([attribute('x', { permissions: [] })]), 'permissions'],
    [withAttributes([attribute('x', { required: { roles: ['nobody'] } })]), 'roles'],
    [withAttributes([attribute('x', { required: { scopes: ['nowhere'] } })]), 'scopes'],
    [withAttributes([attribute('x', { selector: { scopes: ['nowhere'] } })]), 'scopes'],
    [withAttributes([attribute('x', { annotations: 'a' })]), 'annotations'],
    [withAttributes([attribute('x', { validations: { nonsense: {} } })]), 'validations'],
    [withAttributes([attribute('x', { validations: { length: {} } })]), 'length'],
    [withAttributes([attribute('x', { validations: { length: { min: 'few' } } })]), 'min'],
    [withAttributes([attribute('x', { validations: { integer: { min: 5, max: 4 } } })]), 'max'],
    [withAttributes([attribute('x', { validations: { options: { options: 'a' } } })]), 'options'],
    [withAttributes([attribute('x', { validations: { uri: { allowedSchemes: [1] } } })]), 'allowedSchemes'],
    [withAttributes([attribute('x', { validations: { pattern: {} } })]), 'pattern'],
    [withAttributes([attribute('x', { validations: { pattern: { pattern: '(' } } })]), 'pattern'],
    [withAttributes([attribute('x', { validations: { pattern: { pattern: '(?=a)a' } } })]), 'pattern'],
    [withAttributes([attribute('x', { validations: { pattern: { pattern: '(a{1000}){1000}' } } })]), 'pattern'],
    [{ ...first, groups: [{}] }, 'groups'],
    [{ ...first, groups: [{ name: 'g' }, { name: 'g' }] }, 'groups'],
    [{ ...first, unmanagedAttributePolicy: 'SOME' }, 'unmanagedAttributePolicy'],
  ];
  for (const [json, field] of bad) {
    const reply = await put(json);
    assert.equal(reply.status, 400, JSON.stringify(json));
    assert.equal(reply.json.field, field, reply.text);
    assert.ok(reply.json.errorMessage);
  }
  assert.deepEqual(await kc.users.getProfile(), first, 'nothing changed');
});

test('each validation refuses with the key and the parameters of Keycloak', async () => {
  const cases = [
    ['length', { min: 2, max: 4 }, ['ab', 'ñandú'.slice(0, 4)], [['a', 'error-invalid-length', [2, 4]], ['abcde', 'error-invalid-length', [2, 4]]]],
    ['length', { max: '3' }, ['abc'], [['abcd', 'error-invalid-length-too-long', ['3']]]],
    ['length', { min: 3 }, ['abc'], [['ab', 'error-invalid-length-too-short', [3]]]],
    ['pattern', { pattern: '[A-Z]{2}-[0-9]+' }, ['PE-12'], [['pe-12', 'error-pattern-no-match', ['[A-Z]{2}-[0-9]+']]]],
    ['pattern', { pattern: 'a+', 'error-message': 'only the letter a' }, ['aa'], [['b', 'only the letter a', ['a+']]]],
    ['options', { options: ['Lima', 'Cusco'] }, ['Lima'], [['Puno', 'error-invalid-value', []]]],
    ['email', {}, ['a@example.pe'], [['a@', 'error-invalid-email', []]]],
    ['integer', { min: 1, max: 9 }, ['5'], [['x', 'error-invalid-number', []], ['1.5', 'error-invalid-number', []], ['10', 'error-number-out-of-range', [1, 9]]]],
    ['double', { max: 2.5 }, ['2.25'], [['2.75', 'error-number-out-of-range-too-big', [2.5]], ['NaN', 'error-invalid-number', []]]],
    ['double', { min: 0 }, ['0'], [['-1', 'error-number-out-of-range-too-small', [0]]]],
    ['uri', {}, ['https://example.pe/a#b'], [['javascript:alert(1)', 'error-invalid-uri-scheme', []], ['a b', 'error-invalid-uri', []]]],
    ['uri', { allowFragment: false }, ['https://example.pe'], [['https://example.pe/#a', 'error-invalid-uri-fragment', []]]],
    ['local-date', {}, ['2024-02-29'], [['2023-02-29', 'error-invalid-date', []], ['29/02/2024', 'error-invalid-date', []]]],
    ['person-name-prohibited-characters', {}, ["D'Angelo Ñ."], [['<b>', 'error-person-name-invalid-character', []]]],
    ['username-prohibited-characters', {}, ['maria.q'], [['a b', 'error-username-invalid-character', []]]],
  ];
  for (const [name, settings, good, bad] of cases) {
    assert.equal((await put(withAttributes([attribute('x', { validations: { [name]: settings } })]))).status, 200);
    for (const value of good) assert.equal((await person({ x: [value] })).status, 201, `${name}: ${value}`);
    for (const [value, errorMessage, params] of bad) {
      const reply = await person({ x: [value] });
      assert.equal(reply.status, 400, `${name}: ${value}`);
      assert.deepEqual(reply.json, { field: 'x', errorMessage, params: ['x', ...params] });
    }
    assert.equal((await person({})).status, 201, 'what is not given is not judged');
  }
  await put(first);
});

test('several problems at once; several values; what is required', async () => {
  await put(withAttributes([
    attribute('sede', { multivalued: true, validations: { multivalued: { min: 1, max: 2 }, length: { max: 5 } } }),
    attribute('dni', { required: {} }),
    attribute('ruc', { required: { roles: ['user'] } }),
    attribute('telefono', { required: { scopes: ['phone'] } }),
  ]));
  const many = await post({ username: 'x', firstName: '<b>', attributes: { sede: ['Lima', 'Trujillo', 'Cusco'] } });
  assert.equal(many.status, 400);
  assert.deepEqual(many.json.errors.map((e) => [e.field, e.errorMessage]), [
    ['username', 'error-invalid-length'], ['firstName', 'error-person-name-invalid-character'],
    ['sede', 'error-invalid-multivalued-size'], ['sede', 'error-invalid-length-too-long'],
    ['dni', 'error-user-attribute-required'],
  ]);
  assert.deepEqual(many.json.errors[0].params, ['username', 3, 255]);
  assert.equal((await person({ dni: ['1', '2'] })).json.errorMessage, 'error-invalid-multivalued-size');
  assert.equal((await person({ dni: ['  '] })).json.errorMessage, 'error-user-attribute-required');
  assert.equal((await person({ dni: ['1'], sede: ['Lima', 'Cusco'] })).status, 201);
  await put(first);
});

test('AD-14: a change is judged as a whole; one that leaves the profile alone is not', async () => {
  const id = idOf(await person({ old: ['value'] }, { firstName: 'Eva' }));
  await put(withAttributes([attribute('dni', { required: {} })]));
  const wrong = await refusal(kc.users.update({ id }, { firstName: 'María' }));
  assert.deepEqual([wrong.status, wrong.field, wrong.errorMessage], [400, 'dni', 'error-user-attribute-required']);
  await kc.users.update({ id }, { enabled: false, requiredActions: ['UPDATE_PASSWORD'] });
  assert.equal((await kc.users.findOne({ id })).enabled, false);
  await kc.users.update({ id }, { firstName: 'María', attributes: { dni: ['1'], old: ['value'] } });
  assert.equal((await kc.users.findOne({ id })).firstName, 'María');
  await put(first);
});

test('AD-07, AD-10: what administrators do not see or change', async () => {
  const id = idOf(await person({ salary: ['1000'], code: ['7'] }, { email: 'hidden@example.pe' }));
  await put(withAttributes([
    attribute('salary', { permissions: { view: ['user'], edit: ['user'] } }),
    attribute('code', { permissions: { view: ['admin'], edit: [] } }),
  ]));
  const user = await kc.users.findOne({ id });
  assert.deepEqual(user.attributes, { code: ['7'] });
  for (const list of [await kc.users.find({ max: 100 }), await kc.users.find({ search: 'person' })]) {
    assert.doesNotMatch(JSON.stringify(list), /1000|salary/);
  }
  assert.equal((await world.call('GET', '/realms/peru/users?q=salary:1000', { token })).status, 400);
  assert.equal((await world.call('GET', '/realms/peru/users/count?q=salary:1000', { token })).status, 400);
  // a search goes through all names: where one is not shown it would tell of it, word by word
  const hides = (name) => put({ ...first, attributes: first.attributes.map((a) => (a.name === name ? { ...a, permissions: { view: ['user'], edit: ['user'] } } : a)) });
  for (const name of ['email', 'firstName', 'lastName']) {
    await hides(name);
    for (const way of ['users', 'users/count']) {
      for (const query of ['search=hidden', 'search=*', `${name}=hidden`, `${name}=hidden&exact=true`])
        assert.equal((await world.call('GET', `/realms/peru/${way}?${query}`, { token })).status, 400, `${name}: ${way}?${query}`);
      assert.equal((await world.call('GET', `/realms/peru/${way}?username=person`, { token })).status, 200, way);
    }
    const other = ['email', 'firstName', 'lastName'].find((n) => n !== name);
    assert.equal((await world.call('GET', `/realms/peru/users?${other}=x`, { token })).status, 200, 'what is shown is searched');
  }
  await put(withAttributes([
    attribute('salary', { permissions: { view: ['user'], edit: ['user'] } }),
    attribute('code', { permissions: { view: ['admin'], edit: [] } }),
  ]));
  // read, changed, written back: what was not seen stays
  await kc.users.update({ id }, { ...user, firstName: 'Eva' });
  const refused = await refusal(kc.users.update({ id }, { attributes: { code: ['8'] } }));
  assert.deepEqual([refused.field, refused.errorMessage], ['code', 'error-user-attribute-read-only']);
  assert.equal((await refusal(kc.users.update({ id }, { attributes: { salary: ['1'] } }))).status, 400);
  await put(first);
  assert.deepEqual((await kc.users.findOne({ id })).attributes, { salary: ['1000'], code: ['7'] });
});

test('attributes that the profile does not name', async () => {
  const unmanaged = (id) => world.call('GET', `/realms/peru/users/${id}/unmanagedAttributes`, { token });
  const id = idOf(await person({ extra: ['1'] }));
  assert.deepEqual((await unmanaged(id)).json, { extra: ['1'] });

  await put({ ...first, unmanagedAttributePolicy: 'ADMIN_EDIT' });
  await kc.users.update({ id }, { attributes: { extra: ['2'] } });
  assert.deepEqual((await kc.users.findOne({ id })).attributes, { extra: ['2'] });

  await put({ ...first, unmanagedAttributePolicy: 'ADMIN_VIEW' });
  assert.deepEqual((await kc.users.findOne({ id })).attributes, { extra: ['2'] });
  assert.equal((await refusal(kc.users.update({ id }, { attributes: { extra: ['3'] } }))).errorMessage, 'error-user-attribute-read-only');
  assert.equal((await person({ extra: ['3'] })).json.errorMessage, 'error-user-attribute-read-only');
  await kc.users.update({ id }, { attributes: {}, firstName: 'Eva' });
  assert.deepEqual((await kc.users.findOne({ id })).attributes, { extra: ['2'] });

  const { unmanagedAttributePolicy, ...none } = first;
  await put(none);
  assert.equal((await kc.users.findOne({ id })).attributes, undefined);
  assert.deepEqual((await unmanaged(id)).json, {});
  await kc.users.update({ id }, { attributes: { extra: ['4'], other: ['5'] }, firstName: 'Ada' });
  await put(first);
  assert.deepEqual((await kc.users.findOne({ id })).attributes, { extra: ['2'] }, 'what does not exist was left out');
  assert.equal(unmanagedAttributePolicy, 'ENABLED');
});

test('AD-12: a pattern that explodes elsewhere answers here', async () => {
  await put(withAttributes([attribute('x', { validations: { pattern: { pattern: '(a+)+(a|a)*b' } } })]));
  const reply = await person({ x: ['a'.repeat(4000)] });
  assert.equal(reply.json.errorMessage, 'error-pattern-no-match');
  assert.equal((await person({ x: [`${'a'.repeat(4000)}b`] })).status, 201);
  await put(first);
});

test('the command line is held to it and says why; metadata on request; other realms are not touched', async () => {
  await put(withAttributes([attribute('dni', { validations: { pattern: { pattern: '[0-9]{8}' } } })]));
  const bad = await world.cli.run(['user', 'add', '--realm', 'peru', '--username', 'cliente', '--attribute', 'dni=12']);
  assert.notEqual(bad.code, 0);
  assert.match(bad.stderr, /dni does not have the form that is asked for/);
  await world.cli.ok('user', 'add', '--realm', 'peru', '--username', 'cliente', '--attribute', 'dni=12345678');
  const set = await world.cli.run(['user', 'set', '--realm', 'peru', '--username', 'cliente', 'attributes.dni=x']);
  assert.match(set.stderr, /dni/);
  const lines = [{ username: 'bueno', attributes: { dni: ['87654321'] } }, { username: 'malo', attributes: { dni: ['8'] } }];
  const imported = await world.cli.run(['user', 'import', '--realm', 'peru', '--file', '-'], { input: lines.map((l) => JSON.stringify(l)).join('\n') });
  assert.match(imported.stderr, /line 2: dni/);
  assert.equal((await kc.users.find({ username: 'bueno', exact: true })).length, 1);
  await world.cli.ok('user', 'add', '--realm', 'chile', '--username', 'cliente', '--attribute', 'dni=12');
  const [user] = await kc.users.find({ username: 'cliente', exact: true });
  const full = await kc.users.findOne({ id: user.id, userProfileMetadata: true });
  assert.ok(full.userProfileMetadata.attributes.some((a) => a.name === 'dni'));
  await put(first);
});

test('two administrators at once: one profile or the other, never a mixture', async () => {
  const profiles = ['uno', 'dos', 'tres', 'cuatro'].map((name) => withAttributes([attribute(name)]));
  const replies = await Promise.all([...profiles, ...profiles].map((p) => put(p)));
  assert.ok(replies.every((r) => r.status === 200 || r.status === 503), replies.map((r) => r.status).join());
  const left = await kc.users.getProfile();
  assert.ok(profiles.some((p) => JSON.stringify(p) === JSON.stringify(left)));
  await put(first);
});
