// Groups of organizations under attack: rights that lie dormant, second persons, what is seen without the right to,
// trees too deep to come back, and every way on which rights by such a group must end at once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld, idOf } from './lib/admin.mjs';
import { decode } from './lib/oidc.mjs';

const WHY = { 'X-Justification': 'ticket 4711' };
const DEEPEST = 13;
const ids = {};
let world, root, ana, app, management, realmAdmin;
before(async () => {
  world = await AdminWorld.open();
  root = await world.token('root', 'master');
  ana = await world.token('ana', 'peru');
  await want(204, 'PUT', '/realms/peru', { organizationsEnabled: true });
  ids.acme = await make('/realms/peru/organizations', { name: 'Acme' });
  ids.power = await make(groups(), { name: 'Power' });
  [{ id: management }] = (await want(200, 'GET', '/realms/peru/clients?clientId=realm-management')).json;
  realmAdmin = (await want(200, 'GET', `/realms/peru/clients/${management}/roles/realm-admin`)).json;
  await want(204, 'POST', groups(`/${ids.power}/role-mappings/clients/${management}`), [realmAdmin]);
  for (const name of ['jefa', 'maria']) {
    await world.addUser(name);
    ids[name] = (await want(200, 'GET', `/realms/peru/users?username=${name}`)).json[0].id;
    await want(201, 'POST', '/realms/peru/organizations/' + ids.acme + '/members', ids[name]);
  }
  await want(204, 'PUT', groups(`/${ids.power}/members/${ids.jefa}`));
  await want(201, 'POST', '/realms/peru/roles', { name: 'clerk' });
  ids.clerk = (await want(200, 'GET', '/realms/peru/roles/clerk')).json;
  app = await world.addClient('caja', { values: { directAccessGrantsEnabled: true } });
});
after(() => world.close());

const groups = (path = '') => `/realms/peru/organizations/${ids.acme}/groups${path}`;
const call = (method, path, json, token = ana, headers = {}) => world.call(method, path, { token, headers, ...(json === undefined ? {} : { json }) });
async function want(status, method, path, json, token, headers) {
  const reply = await call(method, path, json, token, headers);
  assert.equal(reply.status, status, `${method} ${path}: ${reply.status} ${reply.text}`);
  return reply;
}
const make = async (path, json) => idOf(await want(201, 'POST', path, json));
const turn = (enabled, token = ana) => want(204, 'PUT', `/realms/peru/organizations/${ids.acme}`, { enabled }, token);
const turnAll = (organizationsEnabled, token = ana) => want(204, 'PUT', '/realms/peru', { organizationsEnabled }, token);

test('AD-04: rights that lie dormant guard their holder as rights do', async () => {
  await world.addAdmin('medio', ['realm-management/manage-realm', 'realm-management/manage-users'], 'peru');
  const half = await world.token('medio', 'peru');
  const attempts = [
    ['PUT', `/realms/peru/users/${ids.jefa}/reset-password`, { type: 'password', value: 'otra-clave-9' }],
    ['PUT', `/realms/peru/users/${ids.jefa}`, { email: 'mia@example.pe' }],
    ['DELETE', `/realms/peru/users/${ids.jefa}`],
    ['POST', `/realms/peru/users/${ids.jefa}/logout`],
  ];
  const refused = async (when) => {
    for (const [method, path, json] of attempts) assert.equal((await call(method, path, json, half)).status, 403, `${when}: ${method} ${path}`);
  };
  await refused('awake');
  await turn(false, half);
  await refused('the organization is off');
  await turn(true);
  await turnAll(false, half);
  await refused('all are off');
  await turnAll(true);
});

test('four eyes: accounts with dormant rights wait, and so does waking rights', async () => {
  const luis = await world.addAdmin('luis', ['realm-management/realm-admin'], 'peru').then(() => world.token('luis', 'peru'));
  const waits = async (method, path, json) => {
    const reply = await want(202, method, path, json, ana, WHY);
    return reply.json;
  };
  const approve = (change) => want(200, 'POST', `/realms/peru/change-requests/${change.id}/approve`, {}, luis, WHY);
  await want(204, 'PUT', '/realms/peru/four-eyes', { kinds: ['role-grants', 'administrators'] }, root, WHY);

  const group = await make(groups(), { name: 'Waits' });
  await waits('POST', groups(`/${group}/role-mappings/realm`), [ids.clerk]);
  await waits('PUT', groups(`/${ids.power}/members/${ids.maria}`));
  await waits('POST', groups(`/${ids.power}/children`), { id: group, name: 'Waits' });
  const mapping = await waits('POST', groups(`/${group}/role-mappings/clients/${management}`), [realmAdmin]);
  const shown = (await want(200, 'GET', `/realms/peru/change-requests/${mapping.id}`)).json;
  assert.equal(shown.changes[0].data.organizationId, ids.acme, 'whose group it is, who approves must see');
  for (const [method, path, json] of [['DELETE', groups(`/${group}/role-mappings/realm`), [ids.clerk]], ['DELETE', groups(`/${group}/members/${ids.maria}`)], ['DELETE', groups(`/${group}`)]]) await want(204, method, path, json);

  await want(204, 'PUT', `/realms/peru/organizations/${ids.acme}`, { enabled: false }, ana);
  await waits('PUT', `/realms/peru/users/${ids.jefa}`, { email: 'mia@example.pe' });
  await want(204, 'PUT', `/realms/peru/users/${ids.maria}`, { email: 'maria@example.pe' });
  assert.equal((await call('PUT', `/realms/peru/organizations/${ids.acme}`, { enabled: true })).status, 400, 'no word why');
  await approve(await waits('PUT', `/realms/peru/organizations/${ids.acme}`, { enabled: true }));
  await want(204, 'PUT', `/realms/peru/organizations/${ids.acme}`, { description: 'x' });
  await turnAll(false);
  await approve(await waits('PUT', '/realms/peru', { organizationsEnabled: true }));

  const empty = await make('/realms/peru/organizations', { name: 'Empty', enabled: false });
  await want(204, 'PUT', `/realms/peru/organizations/${empty}`, { enabled: true });
  const off = await want(202, 'PUT', '/realms/peru/four-eyes', { kinds: [] }, root, WHY);
  await approve(off.json);
});

test('AD-07: which roles a group has is for who looks at people', async () => {
  await world.addAdmin('mira', ['realm-management/view-realm'], 'peru');
  const mira = await world.token('mira', 'peru');
  const tree = groups('?search=power&populateHierarchy=true&briefRepresentation=false');
  for (const path of [groups(`/${ids.power}`), groups('/group-by-path/Power'), groups('?briefRepresentation=false'), tree]) {
    for (const [who, sees] of [[ana, true], [mira, false]]) {
      const { json } = await want(200, 'GET', path, undefined, who);
      const one = Array.isArray(json) ? json.find((g) => g.id === ids.power) : json;
      assert.equal(one.clientRoles !== undefined, sees, path);
      assert.equal(one.realmRoles !== undefined, sees, path);
      assert.ok(one.attributes, 'its attributes are seen');
    }
  }
});

test('AD-04: moving a group gives its members roles, so it is for who manages people', async () => {
  await world.addAdmin('manda', ['realm-management/manage-realm'], 'peru');
  const manda = await world.token('manda', 'peru');
  const [above, group] = [await make(groups(), { name: 'Above' }), await make(groups(), { name: 'Moves' })];
  await want(403, 'POST', groups(`/${above}/children`), { id: group, name: 'Moves' }, manda);
  await want(204, 'POST', groups(`/${above}/children`), { id: group, name: 'Moves' });
  await want(403, 'POST', groups(), { id: group, name: 'Moves' }, manda);
  await want(201, 'POST', groups(`/${above}/children`), { name: 'New' }, manda);
});

test('trees are as deep as comes back from an export, and no deeper', async () => {
  for (const [base, home] of [[groups(), groups()], ['/realms/peru/groups', '/realms/peru/groups']]) {
    const chain = async (name, depth) => {
      const made = [await make(base, { name: `${name}1` })];
      for (let i = 2; i <= depth; i++) made.push(await make(`${home}/${made.at(-1)}/children`, { name: `${name}${i}` }));
      return made;
    };
    const deep = await chain('d', DEEPEST);
    const refused = await call('POST', `${home}/${deep.at(-1)}/children`, { name: 'e' });
    assert.deepEqual([refused.status, refused.json.error_description], [400, `Groups stand at most ${DEEPEST} levels deep`]);
    const pair = await chain('p', 2);
    assert.equal((await call('POST', `${home}/${deep[DEEPEST - 2]}/children`, { id: pair[0], name: 'p1' })).status, 400, 'with what is below it');
    assert.equal((await call('POST', `${home}/${deep[DEEPEST - 3]}/children`, { id: pair[0], name: 'p1' })).status, 204);
  }
  await world.cli.ok('realm', 'export', 'peru', '--to', `${world.cli.data}/../deep.json`);
  await world.cli.ok('realm', 'import', `${world.cli.data}/../deep.json`, '--realm', 'copia');
  const copy = (await want(200, 'GET', `/realms/copia/organizations/${ids.acme}/groups?search=p2&populateHierarchy=true`, undefined, root)).json;
  assert.ok(JSON.stringify(copy).includes('/d10/d11/p1/p2'), JSON.stringify(copy));
});

test('OT-11: rights by a group end at the next call, whatever takes them', async () => {
  for (let i = 0; i < 10; i++) await world.cli.ok('realm', 'create', `tienda${i}`); // so many roles are kept between calls
  await want(204, 'PUT', '/realms/master', { organizationsEnabled: true }, root);
  const inMaster = async (method, path, json, status) => want(status, method, `/realms/master/${path}`, json, root);
  await world.addAdmin('zoe', [], 'master');
  const [{ id: zoe }] = (await inMaster('GET', 'users?username=zoe', undefined, 200)).json;
  const admin = (await inMaster('GET', 'roles/admin', undefined, 200)).json;
  const org = idOf(await inMaster('POST', 'organizations', { name: 'Casa' }, 201));
  const at = (path = '') => `organizations/${org}${path}`;
  const ways = {
    'the organization is off': { take: () => inMaster('PUT', at(), { enabled: false }, 204), back: () => inMaster('PUT', at(), { enabled: true }, 204) },
    'all are off': { take: () => inMaster('PUT', '', { organizationsEnabled: false }, 204), back: () => inMaster('PUT', '', { organizationsEnabled: true }, 204) },
    'he leaves the group': { take: (g) => inMaster('DELETE', at(`/groups/${g.below}/members/${zoe}`), undefined, 204) },
    'the group is moved': { take: (g) => inMaster('POST', at('/groups'), { id: g.below, name: 'below' }, 204) },
    'the role is taken': { take: (g) => inMaster('DELETE', at(`/groups/${g.top}/role-mappings/realm`), [admin], 204) },
    'the group is deleted': { take: (g) => inMaster('DELETE', at(`/groups/${g.top}`), undefined, 204) },
    'he leaves the organization': { take: () => inMaster('DELETE', at(`/members/${zoe}`), undefined, 204) },
    'the organization is deleted': { take: () => inMaster('DELETE', at(), undefined, 204) },
  };
  const token = await world.token('zoe', 'master');
  const may = async () => (await call('GET', '/realms/tienda3/users', undefined, token)).status === 200;
  await inMaster('POST', at('/members'), zoe, 201);
  for (const [name, { take, back }] of Object.entries(ways)) {
    const top = idOf(await inMaster('POST', at('/groups'), { name: `top-${name.replaceAll(' ', '-')}` }, 201));
    const below = idOf(await inMaster('POST', at(`/groups/${top}/children`), { name: 'below' }, 201));
    await inMaster('POST', at(`/groups/${top}/role-mappings/realm`), [admin], 204);
    await inMaster('PUT', at(`/groups/${below}/members/${zoe}`), undefined, 204);
    assert.equal(await may(), true, `${name}: before`);
    assert.equal(await may(), true, `${name}: kept`);
    await take({ top, below });
    assert.equal(await may(), false, name);
    if (back) {
      await back();
      assert.equal(await may(), true, `${name}: back`);
    }
    if (!['the organization is deleted'].includes(name)) {
      await call('DELETE', `/realms/master/organizations/${org}/groups/${below}`, undefined, root);
      await call('DELETE', `/realms/master/organizations/${org}/groups/${top}`, undefined, root);
    }
    if (name === 'he leaves the organization') await inMaster('POST', at('/members'), zoe, 201);
  }
});

test('tokens that live on say what its person has now: refreshed, introspected, asked for', async () => {
  const group = await make(groups(), { name: 'Tokens' });
  await want(204, 'POST', groups(`/${group}/role-mappings/realm`), [ids.clerk]);
  await want(204, 'PUT', groups(`/${group}/members/${ids.maria}`));
  const first = (await app.password('maria')).json;
  const rolesIn = (token) => decode(token).realm_access?.roles ?? [];
  assert.ok(rolesIn(first.access_token).includes('clerk'));
  const user = `/realms/peru/users/${ids.maria}/role-mappings/realm/composite`;
  const composite = async () => (await want(200, 'GET', user)).json.map((r) => r.name).includes('clerk');
  assert.equal(await composite(), true);
  await turn(false);
  assert.equal(await composite(), false);
  const again = (await app.refresh(first.refresh_token)).json;
  assert.equal(rolesIn(again.access_token).includes('clerk'), false);
  await turn(true);
  const back = (await app.refresh(again.refresh_token)).json;
  assert.equal(rolesIn(back.access_token).includes('clerk'), true);
  const policy = await call('DELETE', `/realms/peru/users/${ids.maria}`);
  assert.equal(policy.status, 204);
  assert.deepEqual((await want(200, 'GET', groups(`/${group}/members`))).json, []);
  assert.equal((await app.refresh(back.refresh_token)).status, 400);
});
