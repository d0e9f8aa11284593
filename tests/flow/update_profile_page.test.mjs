// The page on which people look through their details, in Chromium: by keyboard, in the dark, on a telephone, in
// three languages, with a mistake.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';

let w, browser, kc, maria;
before(async () => {
  w = await AdminWorld.open();
  kc = await w.client('root', 'master', 'peru');
  await kc.realms.update({ realm: 'peru' }, { displayName: 'Municipalidad', supportedLocales: ['en', 'es', 'pt'], internationalizationEnabled: true, defaultLocale: 'en' });
  const profile = await kc.users.getProfile();
  const both = { view: ['admin', 'user'], edit: ['admin', 'user'] };
  profile.attributes.push(
    { name: 'region', displayName: 'Region', permissions: both, validations: { options: { options: ['Lima', 'Cusco'] } } },
    { name: 'phones', displayName: 'Telephones', multivalued: true, permissions: both },
    { name: 'document', displayName: 'Document', permissions: both, required: { roles: ['user'] } },
    { name: 'grade', displayName: 'Grade', permissions: { view: ['admin', 'user'], edit: ['admin'] } });
  await kc.users.updateProfile(profile);
  await w.addUser('maria', { email: 'maria@example.pe', firstName: 'Maria', lastName: 'Quispe' });
  const [user] = await kc.users.find({ username: 'maria', exact: true });
  await kc.users.update({ id: user.id }, { ...user, attributes: { grade: ['7'] }, requiredActions: ['UPDATE_PROFILE'] });
  browser = await launchBrowser();
  maria = await Console.openAccount(browser, w.server, 'maria');
});
after(async () => {
  await maria?.close();
  await browser?.close();
  await w.close();
});

test('accessible in the light, in the dark, on a telephone, in three languages', async () => {
  const { tab } = maria;
  await tab.getByRole('heading', { level: 1, name: 'Check your details' }).waitFor();
  await maria.accessible('details');
  await maria.shoot('update-profile');
  await tab.emulateMedia({ colorScheme: 'dark' });
  await maria.accessible('details in the dark');
  await tab.setViewportSize({ width: 360, height: 740 });
  await maria.accessible('details on a telephone');
  const [wide, view] = await tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= view, `${wide} wide on a telephone of ${view}`);
  await maria.shoot('update-profile-phone');
  await tab.emulateMedia({ colorScheme: 'light' });
  await tab.setViewportSize({ width: 1280, height: 900 });
  for (const [lang, heading, label] of [['es', 'Revise sus datos', 'Nombre'], ['pt', 'Confira seus dados', 'Nome'], ['en', 'Check your details', 'First name']]) {
    await tab.locator(`#kc-locale-form button[value=${lang}]`).click();
    await tab.getByRole('heading', { level: 1, name: heading }).waitFor();
    await tab.getByLabel(label, { exact: false }).first().waitFor();
    await maria.accessible(`details in ${lang}`);
  }
});

test('by keyboard, a mistake first; then the application is reached', async () => {
  const { tab } = maria;
  await tab.getByLabel('Document').fill('   ');
  await tab.getByLabel('Document').press('Enter');
  await tab.getByRole('alert').getByText('Something does not fit yet').waitFor();
  await tab.getByText('Please fill this in.').waitFor();
  await maria.accessible('details with a mistake');
  await maria.shoot('update-profile-mistake');
  await tab.getByLabel('Region').selectOption('Cusco');
  await tab.getByLabel('Telephones').fill('999111\n999222');
  await tab.getByLabel('Document').fill('4455');
  assert.equal(await tab.getByLabel('Grade').getAttribute('readonly'), '');
  await tab.getByLabel('Document').press('Enter');
  await tab.waitForURL(/\/account\//);
  await maria.heading(/./);
  const [user] = await kc.users.find({ username: 'maria', exact: true });
  const { attributes, requiredActions } = await kc.users.findOne({ id: user.id });
  assert.deepEqual([attributes.region, attributes.phones, attributes.document, attributes.grade, requiredActions], [['Cusco'], ['999111', '999222'], ['4455'], ['7'], []]);
  assert.deepEqual(maria.problems.filter((p) => /policy/i.test(p)), []);
});
