// The page of the realm's terms, in Chromium: in the dark, on a telephone, by keyboard, with a long text.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';

let w, browser, kc, maria;
before(async () => {
  w = await AdminWorld.open();
  kc = await w.client('root', 'master', 'peru');
  await kc.realms.update({ realm: 'peru' }, { displayName: 'Municipalidad', supportedLocales: ['en', 'es'], internationalizationEnabled: true, defaultLocale: 'en' });
  const alias = 'TERMS_AND_CONDITIONS';
  await kc.authenticationManagement.updateRequiredAction({ alias }, { ...(await kc.authenticationManagement.getRequiredActionForAlias({ alias })), enabled: true });
  const text = Array.from({ length: 60 }, (_, i) => `${i + 1}. Whoever works at this counter keeps what he sees to himself.`).join('\n');
  await kc.realms.addLocalization({ realm: 'peru', selectedLocale: 'en', key: 'termsText' }, text);
  await w.addUser('maria');
  const [user] = await kc.users.find({ username: 'maria', exact: true });
  await kc.users.update({ id: user.id }, { ...user, requiredActions: [alias] });
  browser = await launchBrowser();
  maria = await Console.openAccount(browser, w.server, 'maria');
});
after(async () => {
  await maria?.close();
  await browser?.close();
  await w.close();
});

test('accessible in the light, in the dark, on a telephone; a long text scrolls in its place', async () => {
  const { tab } = maria;
  await tab.getByRole('heading', { level: 1, name: 'Terms and conditions' }).waitFor();
  await maria.accessible('terms');
  await maria.shoot('terms');
  await tab.emulateMedia({ colorScheme: 'dark' });
  await maria.accessible('terms in the dark');
  await tab.setViewportSize({ width: 360, height: 740 });
  await maria.accessible('terms on a telephone');
  await maria.shoot('terms-phone');
  assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no wider than the telephone');
  assert.ok(await tab.getByRole('button', { name: 'Agree', exact: true }).evaluate((b) => b.getBoundingClientRect().bottom <= innerHeight), 'the buttons are seen without scrolling');
  await tab.emulateMedia({ colorScheme: 'light' });
  await tab.setViewportSize({ width: 1280, height: 900 });
});

test('by keyboard: the text, then the two buttons; then the application is reached', async () => {
  const { tab } = maria;
  await tab.locator('#kc-terms-text').focus();
  const reached = [];
  for (let i = 0; i < 2; i++) {
    await tab.keyboard.press('Tab');
    reached.push(await tab.evaluate(() => document.activeElement.id));
  }
  assert.deepEqual(reached, ['kc-decline', 'kc-accept']);
  await tab.keyboard.press('Enter');
  await tab.waitForURL(/\/account\//);
  await maria.heading(/./);
  const [user] = await kc.users.find({ username: 'maria', exact: true });
  assert.deepEqual((await kc.users.findOne({ id: user.id })).requiredActions, []);
  assert.deepEqual(maria.problems.filter((p) => /policy/i.test(p)), []);
});
