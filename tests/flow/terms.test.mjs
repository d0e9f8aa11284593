// TERMS_AND_CONDITIONS: the realm's own text, agreed to before anything is given (WE-08, WE-12, AD-04).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { formById } from './lib/html.mjs';
import { bearer, request } from './lib/http.mjs';
import { Browser, PASSWORD } from './lib/oidc.mjs';

const ACTION = 'TERMS_AND_CONDITIONS';
let world, kc, app, n = 0;
before(async () => {
  world = await AdminWorld.open();
  kc = await world.client('ana', 'peru');
  app = await world.addClient('portal', { values: { directAccessGrantsEnabled: true } });
  await world.setRealm({ internationalizationEnabled: true, supportedLocales: ['en', 'es', 'pt'], defaultLocale: 'en' });
  await kc.realms.addLocalization({ realm: 'peru', selectedLocale: 'en', key: 'termsText' }, 'First rule: <b>be kind</b>.\nSecond rule.');
  await change({ enabled: true });
});
after(() => world.close());

const change = async (json) => {
  const now = await kc.authenticationManagement.getRequiredActionForAlias({ alias: ACTION });
  await kc.authenticationManagement.updateRequiredAction({ alias: ACTION }, { ...now, ...json });
};
const person = async (requiredActions = [ACTION]) => {
  const username = `rosa${n += 1}`;
  const { id } = await kc.users.create({ username, enabled: true, requiredActions, credentials: [{ type: 'password', value: PASSWORD, temporary: false }] });
  return { id, username };
};
const read = ({ id }) => kc.users.findOne({ id });
const begin = (browser, parameters = {}) => browser.authorize({ client_id: 'portal', ...parameters });
const formOf = (page) => formById(page.text, 'kc-terms-form');
const toPage = async (who, parameters, browser = new Browser(world.server, 'peru')) => {
  const page = await browser.logIn(await begin(browser, parameters), who.username);
  assert.ok(formOf(page), `the terms are expected: ${page.status} ${page.location} ${page.text.slice(0, 1500)}`);
  return { browser, page };
};
const send = ({ browser, page }, ...buttons) => browser.submit(page, formOf(page), Object.fromEntries(buttons.map((b) => [b, b])));
const audit = (type) => world.cli.json('audit', 'list', '--realm', 'peru', '--type', type, '--limit', '20');

test('WE-08: the text of the realm is shown as text; a yes is kept, and not asked again', async () => {
  const who = await person();
  assert.equal((await app.password(who.username)).json.error_description, 'Account is not fully set up');
  const at = await toPage(who);
  assert.match(at.page.headers['cache-control'], /no-store/);
  assert.match(at.page.text, /First rule: &lt;b&gt;be kind&lt;\/b&gt;\.\nSecond rule\./);
  assert.ok((await send(at, 'accept')).callback.code);
  assert.deepEqual((await read(who)).requiredActions, []);
  assert.equal((await app.password(who.username)).status, 200);
  assert.ok((await begin(at.browser)).callback.code, 'the session goes on');
  const [event] = await audit('TermsAccepted');
  assert.equal(event.data.custom_required_action, ACTION);
  const [shown] = (await kc.realms.findEvents({ realm: 'peru', type: ['CUSTOM_REQUIRED_ACTION'] }));
  assert.deepEqual([shown.userId, shown.clientId], [who.id, 'portal']);
});

test('when it was agreed to stands with the person, whatever is changed of him later', async () => {
  const who = await person();
  await send(await toPage(who), 'accept');
  await kc.users.updateProfile({ ...(await kc.users.getProfile()), unmanagedAttributePolicy: 'ADMIN_VIEW' });
  const when = async () => Number((await read(who)).attributes.terms_and_conditions[0]);
  assert.ok(Math.abs((await when()) - Date.now() / 1000) < 600);
  await kc.users.update({ id: who.id }, { firstName: 'Rosa' });
  assert.ok((await when()) > 0);
});

test('a no gives nothing, is told to the client, and is asked again', async () => {
  const who = await person();
  for (const buttons of [['cancel'], [], ['accept', 'cancel']]) {
    const at = await toPage(who, { state: 'mine' });
    const { callback } = await send(at, ...buttons);
    assert.deepEqual([callback.error, callback.state, callback.code], ['access_denied', 'mine', undefined]);
    assert.ok(formById((await begin(at.browser)).text, 'kc-form-login'), 'no session came of it');
  }
  assert.deepEqual((await read(who)).requiredActions, [ACTION]);
  assert.equal((await audit('TermsDeclined')).length, 3);
});

test('WE-12: a page that is sent again, late or by another browser gives nothing twice', async () => {
  const at = await toPage(await person());
  const first = (await send(at, 'accept')).callback.code;
  const again = await send(at, 'accept');
  assert.ok(!again.isRedirect || again.callback?.code !== first);
  const theirs = await toPage(await person());
  const stolen = await send({ browser: new Browser(world.server, 'peru'), page: theirs.page }, 'accept');
  assert.ok(!stolen.isRedirect, 'the page belongs to its browser');
  assert.equal((await audit('TermsAccepted')).filter((e) => e.data.username === 'rosa5').length, 0);
});

test('a session is asked, too; silently that is an error', async () => {
  const who = await person([]);
  const browser = new Browser(world.server, 'peru');
  assert.ok(await browser.code({ client_id: 'portal' }, who.username));
  await kc.users.update({ id: who.id }, { requiredActions: [ACTION] });
  assert.equal((await begin(browser, { prompt: 'none' })).callback.error, 'interaction_required');
  const page = await begin(browser);
  assert.ok((await send({ browser, page }, 'accept')).callback.code);
  assert.deepEqual((await read(who)).requiredActions, []);
});

test('an application asks for it (kc_action)', async () => {
  const at = await toPage(await person([]), { kc_action: ACTION });
  const { callback } = await send(at, 'accept');
  assert.deepEqual([callback.kc_action_status, Boolean(callback.code)], ['success', true]);
});

test('new people begin with it when the realm says so; switched off it is not asked', async () => {
  await change({ defaultAction: true });
  const who = await person([]);
  assert.deepEqual((await read(who)).requiredActions, [ACTION]);
  await change({ enabled: false, defaultAction: false });
  assert.equal((await app.password(who.username)).status, 200);
  await change({ enabled: true });
});

test('in the language of the reader, with words of our own until the realm has some', async () => {
  const who = await person();
  for (const [lang, title, accept] of [['es', 'Términos y condiciones', 'Aceptar'], ['pt', 'Termos e condições', 'Aceitar']]) {
    const { page } = await toPage(who, { ui_locales: lang });
    assert.match(page.text, new RegExp(`<h1[^>]*>${title}</h1>`));
    assert.match(page.text, new RegExp(`>${accept}</button>`));
    assert.doesNotMatch(page.text, /be kind/);
  }
});

test('AD-04: who acts as somebody agrees to nothing in his name', async () => {
  const who = await person();
  const browser = new Browser(world.server, 'peru', { headers: { Accept: 'application/json' } });
  const made = await request(`${world.server.origin}/admin/realms/peru/users/${who.id}/impersonation`, { method: 'POST', jar: browser.jar, headers: bearer(await world.token('root', 'master')) });
  assert.equal(made.status, 200, made.text);
  assert.equal((await begin(browser)).callback.error, 'access_denied');
  assert.deepEqual((await read(who)).requiredActions, [ACTION]);
});

test('an export of long ago names it in small letters', async () => {
  const file = { realm: 'antiguo', enabled: true, requiredActions: [{ alias: 'terms_and_conditions', name: 'Terms', providerId: 'terms_and_conditions', enabled: true, defaultAction: true, priority: 20 }],
    users: [{ username: 'vieja', enabled: true, requiredActions: ['terms_and_conditions'] }] };
  const root = await world.client('root', 'master');
  await root.realms.create(file);
  const [action] = (await root.authenticationManagement.getRequiredActions({ realm: 'antiguo' })).filter((a) => /terms/i.test(a.alias));
  assert.deepEqual([action.alias, action.providerId, action.enabled, action.defaultAction], [ACTION, ACTION, true, true]);
  assert.deepEqual((await root.users.find({ realm: 'antiguo', username: 'vieja' }))[0].requiredActions, [ACTION]);
});
