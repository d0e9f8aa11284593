// Directories and identity providers in the console, in Chromium against the real server.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';

const STORAGE = 'org.keycloak.storage.UserStorageProvider';
const MAPPER = 'org.keycloak.storage.ldap.mappers.LDAPStorageMapper';
const NOT_USED = /Not used for signing in/;
let w, kc, browser, root, upstream, issuer;
before(async () => {
  upstream = http.createServer((req, res) => {
    res.writeHead(req.url === '/.well-known/openid-configuration' ? 200 : 404, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify({
      issuer, authorization_endpoint: 'https://id.example.pe/auth', token_endpoint: 'https://id.example.pe/token', userinfo_endpoint: 'https://id.example.pe/me', jwks_uri: 'https://id.example.pe/keys',
    }));
  });
  await new Promise((done) => { upstream.listen(0, '127.0.0.1', done); });
  const { port } = upstream.address();
  issuer = `http://127.0.0.1:${port}`;
  w = await AdminWorld.open({ args: ['--fetch-networks', '127.0.0.0/8', '--fetch-ports', String(port)] });
  kc = await w.client('root', 'master', 'peru');
  browser = await launchBrowser();
  root = await Console.open(browser, w.server, 'root', { hash: '#/peru/user-federation' });
});
after(async () => {
  await root?.close();
  await browser?.close();
  await w.close();
  upstream.close();
});

const value = (label) => root.tab.getByLabel(label, { exact: true }).inputValue();

test('a directory is stored and checked, and every page of it says that nobody signs in by it', async () => {
  await root.heading('User federation');
  await root.has(NOT_USED);
  await root.link('Add LDAP');
  await root.heading('Add LDAP');
  await root.has(NOT_USED);
  const fields = {
    Name: 'oficina', Address: 'ldap://ldap.example.pe', 'Where people stand (DN)': 'ou=gente,dc=example,dc=pe', 'Attribute of the username': 'uid',
    'Attribute of the RDN': 'uid', 'Attribute of the unique id': 'entryUUID', 'Object classes of people': 'inetOrgPerson', 'Sign in as (bind DN)': 'cn=lector', 'Password for it': 'clave-de-canario',
  };
  for (const [label, text] of Object.entries(fields)) await root.fill(label, text);
  await root.fill('Filter', '(uid=*');
  await root.button('Create');
  await root.said(/customUserSearchFilter/);
  assert.equal(await value('Name'), 'oficina', 'what was typed is still there');
  assert.equal(await root.tab.getByLabel('Filter', { exact: true }).getAttribute('aria-invalid'), 'true');
  await root.accessible('a refused directory');
  await root.fill('Filter', '(uid=*)');
  await root.button('Create');
  await root.said('Stored and checked. Nobody signs in by it yet.');
  await root.heading('oficina');
  await root.has(NOT_USED);
  const [stored] = await kc.components.find({ type: STORAGE });
  assert.deepEqual([stored.name, stored.config.connectionUrl, stored.config.customUserSearchFilter, stored.config.bindCredential],
    ['oficina', ['ldap://ldap.example.pe'], ['(uid=*)'], ['**********']]);

  await root.tab.getByText(/^More settings/).click();
  await root.tab.getByRole('switch', { name: 'pagination' }).check();
  await root.button('Save');
  await root.said(/Stored and checked/);
  assert.deepEqual((await kc.components.findOne({ id: stored.id })).config.pagination, ['true']);
  await root.accessible('a directory');
  await root.shoot('federation');
});

test('its mappers: made, changed, deleted', async () => {
  await root.link('Mappers');
  await root.button('Add mapper');
  await root.fill('Name', 'correo', root.dialog);
  await root.dialog.getByLabel('Type', { exact: true }).selectOption('user-attribute-ldap-mapper');
  await root.fill('user.model.attribute', 'email', root.dialog);
  await root.fill('ldap.attribute', 'mail', root.dialog);
  await root.accessible('a mapper');
  await root.button('Save', root.dialog);
  await root.row('correo').waitFor();
  const mapper = async () => (await kc.components.find({ type: MAPPER })).find((m) => m.name === 'correo');
  assert.deepEqual((await mapper()).config['ldap.attribute'], ['mail']);
  await root.row('correo').getByRole('button', { name: 'Edit: correo' }).click();
  await root.fill('ldap.attribute', 'rfc822Mailbox', root.dialog);
  await root.button('Save', root.dialog);
  await root.dialog.waitFor({ state: 'detached' });
  assert.deepEqual((await mapper()).config['ldap.attribute'], ['rfc822Mailbox']);
  await root.row('correo').getByRole('button', { name: 'Delete: correo' }).click();
  await root.button('Delete', root.dialog);
  await root.said('Mapper correo is deleted.');
  assert.equal(await mapper(), undefined);
});

test('a directory is deleted by typing its name', async () => {
  await root.go('#/peru/user-federation', 'User federation');
  await root.link('oficina');
  await root.heading('oficina');
  await root.button('Delete');
  assert.ok(await root.dialog.getByRole('button', { name: 'Delete' }).isDisabled());
  await root.fill('Type oficina to confirm', 'oficina', root.dialog);
  await root.button('Delete', root.dialog);
  await root.heading('User federation');
  assert.deepEqual(await kc.components.find({ type: STORAGE }), []);
});

test('an OpenID provider is filled in from its discovery document, looked over and stored', async () => {
  await root.go('#/peru/identity-providers', 'Identity providers');
  await root.link('Add provider');
  await root.link('OpenID Connect');
  await root.heading('Add provider: OpenID Connect');
  await root.fill('Address of the issuer', issuer);
  await root.button('Fill in');
  await root.said('Filled in. Look it over and save.');
  assert.equal(await value('Token address'), 'https://id.example.pe/token');
  assert.deepEqual(await kc.identityProviders.find(), [], 'nothing is stored by it');
  await root.fill('Alias', 'socio');
  await root.fill('Client ID', 'garita');
  await root.fill('Client secret', 'una-clave-de-canario');
  await root.button('Create');
  await root.heading('socio');
  const stored = await kc.identityProviders.findOne({ alias: 'socio' });
  assert.deepEqual([stored.providerId, stored.config.jwksUrl, stored.config.clientSecret], ['oidc', 'https://id.example.pe/keys', '**********']);
  await root.fill('Display name', 'El socio');
  await root.button('Save');
  await root.said('Saved.');
  await root.heading('El socio');
  await root.has(/\/realms\/peru\/broker\/socio\/endpoint$/);
  await root.accessible('an identity provider');
  await root.shoot('provider');
});

test('every kind that the server has gets a form of its settings, with what is required', async () => {
  await root.go('#/peru/identity-providers?new=', 'Add provider');
  const kinds = await root.tab.getByRole('main').getByRole('listitem').getByRole('link').evaluateAll((list) => list.map((a) => a.getAttribute('href')));
  assert.ok(kinds.length > 10);
  for (const hash of kinds) {
    await root.go(hash, /^Add provider: /);
    assert.ok(await root.tab.getByLabel('Alias', { exact: true }).isVisible(), hash);
    assert.ok(await root.tab.locator('form input[required]').count() > 1, hash);
  }
  await root.go('#/peru/identity-providers?new=saml', 'Add provider: SAML 2.0');
  await root.fill('Alias', 'banco');
  await root.fill('Single sign-on address', 'https://id.example.pe/sso');
  await root.button('Create');
  await root.heading('banco');
  assert.equal((await kc.identityProviders.findOne({ alias: 'banco' })).config.singleSignOnServiceUrl, 'https://id.example.pe/sso');
});

test('mappers of an identity provider, and its end', async () => {
  await root.go('#/peru/identity-providers/socio/mappers');
  await root.button('Add mapper');
  await root.fill('Name', 'dni', root.dialog);
  await root.dialog.getByLabel('Type', { exact: true }).selectOption('oidc-user-attribute-idp-mapper');
  await root.fill('claim', 'dni', root.dialog);
  await root.fill('user.attribute', 'documento', root.dialog);
  await root.button('Save', root.dialog);
  await root.row('dni').waitFor();
  assert.deepEqual((await kc.identityProviders.findMappers({ alias: 'socio' })).map((m) => [m.name, m.config['user.attribute']]), [['dni', 'documento']]);
  await root.accessible('mappers');
  await root.button('Delete');
  await root.fill('Type socio to confirm', 'socio', root.dialog);
  await root.button('Delete', root.dialog);
  await root.heading('Identity providers');
  assert.deepEqual((await kc.identityProviders.find()).map((p) => p.alias), ['banco']);
});

test('who may only look sees the records and no button', async () => {
  await w.addAdmin('mira', ['realm-management/view-realm', 'realm-management/view-identity-providers'], 'peru');
  const mira = await Console.open(browser, w.server, 'mira', { realm: 'peru', hash: '#/peru/user-federation' });
  await mira.has(NOT_USED);
  assert.equal(await mira.tab.getByRole('link', { name: 'Add LDAP' }).count(), 0);
  await mira.go('#/peru/identity-providers/banco', 'banco');
  await mira.tab.getByLabel('Single sign-on address').waitFor();
  for (const name of ['Save', 'Delete', 'Fill in']) assert.equal(await mira.tab.getByRole('button', { name }).count(), 0, name);
  await mira.close();
});

test('dark, on a telephone, in Spanish and Portuguese', async () => {
  const c = await Console.open(browser, w.server, 'root', {
    hash: '#/peru/user-federation?new=ldap', context: { locale: 'es-PE', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
  });
  await c.heading('Añadir LDAP');
  await c.has(/No se usa para iniciar sesión/);
  await c.tab.getByLabel('Dónde están las personas (DN)').waitFor();
  await c.accessible('dark');
  await c.shoot('federation-dark-phone');
  assert.equal(await c.tab.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'nothing is wider than the screen');
  await c.tab.getByLabel('Idioma').selectOption('pt');
  await c.has(/Não é usado para entrar/);
  await c.tab.getByLabel('Nome', { exact: true }).focus();
  await c.tab.keyboard.type('casa');
  await c.tab.keyboard.press('Enter');
  assert.equal(await c.tab.evaluate(() => document.activeElement.validity.valueMissing), true, 'what is required and empty gets the focus');
  assert.deepEqual(c.problems, []);
  await c.close();
});

test('no page had an error, and the policy was kept', () => {
  assert.deepEqual(root.problems.filter((p) => !/status of 4\d\d/.test(p)), []);
});
