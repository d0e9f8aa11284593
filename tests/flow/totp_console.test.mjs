// One-time passwords in Chromium: set up from the account console with what a telephone reads off the screen, used,
// renamed and taken away; the page by keyboard, in the dark, on a telephone and in three languages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import jsQR from 'jsqr';
import { AdminWorld } from './lib/admin.mjs';
import { launchBrowser, logIn } from './lib/apps.mjs';
import { Console } from './lib/console.mjs';
import { PASSWORD } from './lib/oidc.mjs';
import { base32, stepNow, hotp } from './lib/otp.mjs';

let w, browser, kc, maria, key;
before(async () => {
  w = await AdminWorld.open({ realm: { otpPolicyLookAheadWindow: 10 } }); // codes of the next minutes, so that nobody waits
  kc = await w.client('root', 'master', 'peru');
  await kc.realms.update({ realm: 'peru' }, { displayName: 'Municipalidad', supportedLocales: ['en', 'es', 'pt'] });
  await w.addUser('maria', { email: 'maria@example.pe', firstName: 'Maria', lastName: 'Quispe' });
  browser = await launchBrowser();
  maria = await Console.openAccount(browser, w.server, 'maria');
});
after(async () => {
  await maria?.close();
  await browser?.close();
  await w.close();
});

// Each code once: that of the next step that was not given yet.
let given = 0;
const nextCode = () => { given = Math.max(given + 1, stepNow()); return hotp(given, { key }); };

// What a camera sees of the tab, decoded.
async function scan(tab) {
  const png = (await tab.locator('#kc-totp-secret-qr-code').screenshot()).toString('base64');
  const eye = await browser.newPage();
  const { width, height, data } = await eye.evaluate(async (image) => {
    const picture = new Image();
    picture.src = `data:image/png;base64,${image}`;
    await picture.decode();
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0);
    return { width: picture.width, height: picture.height, data: [...context.getImageData(0, 0, picture.width, picture.height).data] };
  }, png);
  await eye.close();
  return jsQR(Uint8ClampedArray.from(data), width, height)?.data;
}
const uriOf = async (tab) => new URL(await scan(tab));
const setUp = () => maria.tab.getByRole('button', { name: 'Set up', exact: true }).click();
async function toSetup() {
  await maria.go('#/security', 'Signing in');
  await setUp();
  await logIn(maria.tab, 'maria', PASSWORD);
  if (key) await typeCode();
  await maria.tab.locator('#kc-totp-settings-form').waitFor();
}
async function typeCode() {
  await maria.tab.locator('#kc-otp-login-form').waitFor();
  await maria.tab.fill('#otp', nextCode());
  await maria.tab.click('#kc-login');
}

test('the page is accessible and its image can be scanned, also in the dark and on a telephone', async () => {
  await toSetup();
  const { tab } = maria;
  const told = await uriOf(tab);
  await tab.locator('#kc-totp-manual summary').click();
  assert.equal(told.searchParams.get('secret'), (await tab.textContent('#kc-totp-secret-key')).replaceAll(' ', ''));
  await maria.accessible('set-up');
  await maria.shoot('totp-setup');
  await tab.emulateMedia({ colorScheme: 'dark' });
  await maria.accessible('set-up in the dark');
  assert.equal((await uriOf(tab)).href, told.href);
  await tab.setViewportSize({ width: 360, height: 740 });
  await maria.accessible('set-up on a telephone');
  assert.equal((await uriOf(tab)).href, told.href);
  const [wide, view] = await tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= view, `${wide} wide on a telephone of ${view}`);
  await maria.shoot('totp-setup-phone');
  await tab.emulateMedia({ colorScheme: 'light' });
  await tab.setViewportSize({ width: 1280, height: 800 });
  for (const [lang, heading] of [['es', 'Configure los códigos de un solo uso'], ['pt', 'Configure os códigos de uso único'], ['en', 'Set up one-time codes']]) {
    await tab.locator(`#kc-locale-form button[value=${lang}]`).click();
    await tab.getByRole('heading', { level: 1, name: heading }).waitFor();
    assert.equal((await uriOf(tab)).href, told.href, 'the same secret');
    await maria.accessible(`set-up in ${lang}`);
  }
  await tab.locator('#cancelTOTPBtn').click();
  await maria.said('Nothing was changed.');
});

test('set up by keyboard with the code of the scanned image, a wrong one first', async () => {
  await toSetup();
  const { tab } = maria;
  const secret = base32((await uriOf(tab)).searchParams.get('secret'));
  await tab.locator('#totp').focus();
  await tab.keyboard.type('000000');
  await tab.keyboard.press('Enter');
  await tab.getByRole('alert').getByText('The code is not correct').waitFor();
  assert.equal(await tab.evaluate(() => document.activeElement.id), 'totp', 'where the mistake is');
  await maria.accessible('set-up with a mistake');
  key = secret;
  await tab.keyboard.type(nextCode());
  await tab.keyboard.press('Tab');
  assert.equal(await tab.evaluate(() => document.activeElement.id), 'userLabel');
  await tab.keyboard.type('Telephone of Maria');
  await tab.keyboard.press('Tab');
  assert.equal(await tab.evaluate(() => document.activeElement.id), 'logout-sessions');
  await tab.keyboard.press('Space');
  await tab.keyboard.press('Tab');
  assert.equal(await tab.evaluate(() => document.activeElement.id), 'saveTOTPBtn');
  await tab.keyboard.press('Enter');
  await maria.said('It is changed.');
  await maria.has('Telephone of Maria');
});

test('the device is asked for at the next login, renamed, joined by another one and taken away', async () => {
  const { tab } = maria;
  const elsewhere = await browser.newPage();
  await elsewhere.goto(`${w.server.realm('peru')}/account/`);
  await logIn(elsewhere, 'maria', PASSWORD);
  await elsewhere.locator('#kc-otp-login-form').waitFor();
  await elsewhere.close();
  await maria.go('#/security', 'Signing in');
  await tab.getByRole('button', { name: 'Name: Telephone of Maria' }).click();
  await maria.fill('Name', 'Old telephone', maria.dialog);
  await maria.dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await maria.has('Old telephone');
  await toSetup();
  const second = base32((await uriOf(tab)).searchParams.get('secret'));
  await tab.fill('#totp', hotp(stepNow(), { key: second }));
  await tab.fill('#userLabel', 'New telephone');
  await tab.click('#saveTOTPBtn');
  await maria.said('It is changed.');
  await maria.has('New telephone');
  await maria.accessible('devices');
  await tab.getByRole('button', { name: 'Remove: Old telephone' }).click();
  await maria.dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await maria.said('It is removed.');
  const [{ id }] = await kc.users.find({ username: 'maria' });
  assert.deepEqual((await kc.users.getCredentials({ id })).filter((c) => c.type === 'otp').map((c) => c.userLabel), ['New telephone']);
  assert.deepEqual(maria.problems, []);
});
