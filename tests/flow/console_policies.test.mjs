// Policies of one-time passwords and of WebAuthn in the console, in Chromium against the real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';

const NOT_USED = /Not used for signing in/;
const AAGUID = 'ee882879-721c-4913-9775-3dfcce97072a';
let w, kc, browser, root;
before(async () => {
  w = await AdminWorld.open();
  kc = await w.client('root', 'master', 'peru');
  browser = await launchBrowser();
  root = await Console.open(browser, w.server, 'root', { hash: '#/peru/authentication' });
});
after(async () => {
  await root?.close();
  await browser?.close();
  await w.close();
});

const realm = () => kc.realms.findOne({ realm: 'peru' });
const field = (label) => root.tab.getByLabel(label, { exact: true });
const invalid = (label) => field(label).getAttribute('aria-invalid');
// What screen readers say of a field: the texts that it points to.
const about = (label) => field(label).evaluate((e) => e.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent).join(' '));
const save = async () => { await root.button('Save'); await root.said('Saved.'); };

test('WebAuthn: every setting is stored, a reload shows it, and the page says that nobody signs in by it', async () => {
  await root.heading('Authentication');
  await root.link('WebAuthn');
  await root.has(NOT_USED);
  await root.fill('Relying party name', 'Banco del Perú');
  await root.fill('Relying party ID', 'example.pe');
  const choices = {
    'Attestation conveyance': 'Direct: as the key gives it', 'Authenticator attachment': 'Of its own, like a USB key', 'Discoverable (resident) key': 'No', 'User verification': 'Preferred',
  };
  for (const [label, text] of Object.entries(choices)) await field(label).selectOption({ label: text });
  await root.fill('Time to set up or use a key, in seconds', '90');
  for (const name of ['Not the same key twice', 'ES256', 'EdDSA']) await root.tab.getByRole('switch', { name, exact: true }).check();
  const add = (list) => root.tab.getByRole('group', { name: list }).getByRole('button', { name: 'Add another' }).click();
  await add('Acceptable models (AAGUID)');
  await root.fill('Acceptable models (AAGUID), number 1', AAGUID);
  await add('Acceptable models (AAGUID)'); // and left empty
  await add('Extra origins');
  await root.fill('Extra origins, number 1', 'https://caja.example.pe');
  await save();
  const stored = await realm();
  assert.deepEqual(Object.fromEntries(Object.entries(stored).filter(([name]) => /^webAuthnPolicy(?!Passwordless)/.test(name))), {
    webAuthnPolicyRpEntityName: 'Banco del Perú', webAuthnPolicyRpId: 'example.pe', webAuthnPolicySignatureAlgorithms: ['ES256', 'EdDSA'],
    webAuthnPolicyAttestationConveyancePreference: 'direct', webAuthnPolicyAuthenticatorAttachment: 'cross-platform', webAuthnPolicyRequireResidentKey: 'No',
    webAuthnPolicyUserVerificationRequirement: 'preferred', webAuthnPolicyCreateTimeout: 90, webAuthnPolicyAvoidSameAuthenticatorRegister: true,
    webAuthnPolicyAcceptableAaguids: [AAGUID], webAuthnPolicyExtraOrigins: ['https://caja.example.pe'],
  });
  assert.equal(stored.webAuthnPolicyPasswordlessRpId ?? '', '', 'the other policy stays as it was');
  await root.tab.reload();
  await root.has(NOT_USED);
  assert.equal(await field('Relying party ID').inputValue(), 'example.pe');
  assert.equal(await field('Acceptable models (AAGUID), number 1').inputValue(), AAGUID);
  assert.ok(await root.tab.getByRole('switch', { name: 'EdDSA' }).isChecked());
  await root.shoot('webauthn');
});

test('WebAuthn without a password is a policy of its own', async () => {
  await root.link('WebAuthn without a password');
  await root.has(/in place of a password/);
  assert.equal(await field('Relying party ID').inputValue(), '');
  await field('User verification').selectOption({ label: 'Required' });
  await field('Discoverable (resident) key').selectOption({ label: 'Yes' });
  await save();
  const stored = await realm();
  assert.deepEqual([stored.webAuthnPolicyPasswordlessUserVerificationRequirement, stored.webAuthnPolicyPasswordlessRequireResidentKey], ['required', 'Yes']);
  assert.deepEqual([stored.webAuthnPolicyUserVerificationRequirement, stored.webAuthnPolicyRequireResidentKey], ['preferred', 'No']);
});

test('a wrong value is said in its place, what was typed stays, and the right one is taken', async () => {
  const cases = [
    ['Relying party ID', 'https://example.pe', /must be a domain/, 'id.example.pe'],
    ['Time to set up or use a key, in seconds', '31537', /between 0 and 31536/, '120'],
  ];
  await root.go('#/peru/authentication/webauthn-passwordless');
  for (const [label, wrong, why, right] of cases) {
    await root.fill(label, wrong);
    await root.button('Save');
    await root.said(why);
    assert.equal(await invalid(label), 'true', label);
    assert.match(await about(label), why);
    assert.equal(await field(label).inputValue(), wrong);
    await root.accessible(`refused: ${label}`);
    await root.fill(label, right);
    await save();
    assert.equal(await invalid(label), null);
  }
  const lists = [['Acceptable models (AAGUID)', 'yubikey', /32 hexadecimal digits/, AAGUID], ['Extra origins', 'http://caja.example.pe', /https:\/\/host without a path/, 'https://caja.example.pe']];
  for (const [list, wrong, why, right] of lists) {
    await root.tab.getByRole('group', { name: list }).getByRole('button', { name: 'Add another' }).click();
    await root.fill(`${list}, number 1`, wrong);
    await root.button('Save');
    await root.said(why);
    assert.equal(await invalid(`${list}, number 1`), 'true', list);
    assert.match(await about(`${list}, number 1`), why);
    await root.fill(`${list}, number 1`, right);
    await save();
  }
  const stored = await realm();
  assert.deepEqual([stored.webAuthnPolicyPasswordlessRpId, stored.webAuthnPolicyPasswordlessCreateTimeout], ['id.example.pe', 120]);
  await root.fill('Relying party ID', '10.0.0.1');
  await root.button('Save');
  await root.said(/must be a domain/);
  await root.button('Revert');
  assert.deepEqual([await field('Relying party ID').inputValue(), await invalid('Relying party ID')], ['id.example.pe', null]);
});

test('one-time passwords: how devices are set up from now on', async () => {
  await root.link('One-time passwords');
  await field('Algorithm').selectOption('HmacSHA256');
  await field('Digits').selectOption('8');
  await root.fill('Seconds that one is shown', '3601');
  await root.button('Save');
  await root.said(/between 1 and 3600/);
  assert.equal(await invalid('Seconds that one is shown'), 'true');
  await root.fill('Seconds that one is shown', '60');
  await save();
  const stored = await realm();
  assert.deepEqual([stored.otpPolicyAlgorithm, stored.otpPolicyDigits, stored.otpPolicyPeriod], ['HmacSHA256', 8, 60]);
  await field('Kind').selectOption('hotp');
  await field('First counter').waitFor();
  await root.button('Revert');
  await root.accessible('one-time passwords');
});

test('who may only look sees the policies and no button', async () => {
  await w.addAdmin('mira', ['realm-management/view-realm'], 'peru');
  const mira = await Console.open(browser, w.server, 'mira', { realm: 'peru', hash: '#/peru/authentication/webauthn' });
  await mira.has(NOT_USED);
  assert.equal(await mira.tab.getByLabel('Relying party ID', { exact: true }).inputValue(), 'example.pe');
  for (const tab of ['webauthn', 'webauthn-passwordless', 'otp']) {
    await mira.go(`#/peru/authentication/${tab}`);
    for (const name of ['Save', 'Revert']) assert.equal(await mira.tab.getByRole('button', { name, exact: true }).count(), 0, `${tab} ${name}`);
  }
  await mira.close();
});

test('dark, on a telephone, by keyboard, in Spanish and Portuguese', async () => {
  const c = await Console.open(browser, w.server, 'root', {
    hash: '#/peru/authentication/webauthn', context: { locale: 'es-PE', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
  });
  await c.heading('Autenticación');
  await c.has(/No se usa para iniciar sesión/);
  await c.tab.getByLabel('ID de la parte confiante', { exact: true }).waitFor();
  await c.accessible('dark');
  await c.shoot('webauthn-dark-phone');
  assert.equal(await c.tab.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'nothing is wider than the screen');
  await c.tab.getByLabel('Idioma').selectOption('pt');
  await c.has(/Não é usado para entrar/);
  const name = c.tab.getByLabel('Nome da parte confiável', { exact: true });
  await name.fill('Caixa');
  await c.tab.keyboard.press('Enter');
  await c.tab.getByText('Salvo.').first().waitFor();
  assert.equal((await realm()).webAuthnPolicyRpEntityName, 'Caixa');
  assert.deepEqual(c.problems, []);
  await c.close();
});

test('no page had an error, and the policy was kept', () => {
  assert.deepEqual(root.problems.filter((p) => !/status of 400/.test(p)), []);
});
