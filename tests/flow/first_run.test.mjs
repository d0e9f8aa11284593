// From the printed link to the first login in a new realm, in Chromium as a person goes it, with a certificate, a
// backup and a second machine on the way; and what happens when somebody goes it differently.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launchBrowser, logIn } from './lib/apps.mjs';
import { Authority } from './lib/certificates.mjs';
import { Cli } from './lib/cli.mjs';
import { Console } from './lib/console.mjs';
import { PASSWORD } from './lib/oidc.mjs';
import { base32, totp } from './lib/otp.mjs';
import { freePort, Server, tempFolder, until } from './lib/server.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'garita-first-steps-'));
const authority = new Authority(scratch);
const NEW_PASSWORD = 'tres gatos en la azotea';
const linkIn = (log) => /https?:\/\/\S+\/setup\?token=([\w-]+)/.exec(log)?.[0];

let server, link, browser, chief, replication, standby;
before(async () => {
  replication = await freePort();
  server = await Server.start({ tls: true, args: ['--replication-port', String(replication), '--replication-address', '127.0.0.1'] });
  link = await until('the link is printed', async () => linkIn(server.log));
  browser = await launchBrowser();
});
after(async () => {
  await chief?.close();
  await browser?.close();
  if (standby) await standby.stop();
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const open = async (options = {}) => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US', ...options });
  const tab = await context.newPage();
  const c = new Console(tab, context);
  tab.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') c.problems.push(m.text()); });
  tab.on('pageerror', (e) => c.problems.push(String(e)));
  return c;
};
const step = (name, c = chief) => c.tab.getByRole('main').getByRole('heading', { level: 2, name, exact: true }).waitFor();
const mark = (name, c = chief) => c.tab.getByRole('navigation', { name: 'Steps' }).getByRole('listitem').filter({ hasText: name });
const marked = (name, word, c = chief) => mark(name, c).getByText(word, { exact: true }).waitFor();

// What a person does between the link and the first login: each click and each field that is filled in counts.
const journey = { actions: 0, fields: 0, began: 0 };
const click = async (locator) => { journey.actions += 1; await locator.click(); };
const type = async (locator, text) => { journey.fields += 1; await locator.fill(text); };

test('the link leads through the account, after wrong input, to the first steps', async () => {
  chief = await open();
  journey.began = Date.now();
  await chief.tab.goto(link);
  const send = async (password, again = password) => {
    await chief.tab.fill('#username', 'chief');
    await chief.tab.fill('#password-new', password);
    await chief.tab.fill('#password-confirm', again);
    await Promise.all([chief.tab.waitForNavigation(), chief.tab.click('#kc-login')]);
  };
  await send('short');
  await chief.tab.getByText('at least 12').or(chief.tab.locator('#input-error')).first().waitFor();
  await send(PASSWORD, `${PASSWORD}!`);
  await chief.tab.locator('#input-error, #kc-error-message').first().waitFor();
  journey.fields += 3;
  journey.actions += 1;
  await send(PASSWORD);
  await chief.tab.getByRole('heading', { name: 'The administrator was created' }).waitFor();
  await chief.accessible('the account is made');
  await click(chief.tab.getByRole('link', { name: 'Continue' }));
  journey.fields += 2;
  journey.actions += 1;
  await logIn(chief.tab, 'chief', PASSWORD);
  await chief.heading('First steps');
  await step('Second factor');
  await chief.accessible('second factor');
  await chief.shoot('first-run-factor');
});

test('RE-04: the link was good once', async () => {
  const late = await open();
  await late.tab.goto(link);
  await late.tab.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
  await late.close();
});

test('a step that is left out says what that means, and is remembered over a reload', async () => {
  await chief.has('Left out, whoever learns your password governs this server.');
  await chief.button('Leave out for now');
  await step('Host name and certificate');
  await marked('Second factor', 'Left out');
  await chief.tab.reload();
  await step('Host name and certificate');
  await marked('Second factor', 'Left out');
});

test('MF-04: the second factor is set up on the way, and leads back; who gives up can try again', async () => {
  await chief.tab.getByRole('link', { name: 'Second factor' }).click();
  await step('Second factor');
  await chief.button('Set up the app');
  await logIn(chief.tab, 'chief', PASSWORD); // who asks for it shows once more who he is
  await chief.tab.click('#cancelTOTPBtn');
  await step('Second factor');
  await chief.has('It was not set up. You can try again.');
  await click(chief.tab.getByRole('button', { name: 'Set up the app' }));
  journey.fields += 1;
  journey.actions += 1;
  await logIn(chief.tab, 'chief', PASSWORD);
  const key = await until('the key is there', () => chief.tab.locator('#kc-totp-secret-key').textContent());
  await type(chief.tab.locator('#totp'), totp(0, { key: base32(key) }));
  await type(chief.tab.locator('#userLabel'), 'telephone');
  await click(chief.tab.locator('#saveTOTPBtn'));
  await step('Second factor');
  await chief.has('Your account asks for a code of your app at each sign-in.');
  await marked('Second factor', 'Done');
  await click(chief.tab.getByRole('button', { name: 'Next step' }));
  await step('Host name and certificate');
});

test('the address is a line to copy; a certificate is refused, then used at once', async () => {
  await chief.has('As you came here');
  await chief.has('self-signed');
  await type(chief.tab.getByLabel('Address for people and applications'), 'http://id.example.pe/x');
  await chief.has('An https address of a host, without a path.');
  await chief.tab.getByLabel('Address for people and applications').fill('id.example.pe');
  await chief.has('hostname: https://id.example.pe');
  await chief.tab.getByText('Use a certificate of your own').click();
  await chief.tab.getByLabel('Certificate chain').fill('nonsense');
  await chief.button('Use this certificate');
  await chief.said(/certificate: The certificate is not PEM/);
  await chief.button('Close');
  chief.problems.length = 0; // Chromium tells of the 400
  const pair = authority.issue(['id.example.pe', 'localhost']);
  await type(chief.tab.getByLabel('Certificate chain'), pair.certificate);
  await type(chief.tab.getByLabel('Private key'), pair.privateKey);
  await click(chief.tab.getByRole('button', { name: 'Use this certificate' }));
  await chief.said('The certificate is in use.');
  await chief.has('id.example.pe, localhost');
  assert.equal(await chief.tab.getByLabel('Private key').inputValue(), '', 'the key does not stay on the page');
  await chief.tab.getByText('Make a request for an authority').click();
  await chief.tab.getByLabel('Host names').fill('id.example.pe');
  await chief.button('Make the request');
  await chief.has(/BEGIN CERTIFICATE REQUEST/);
  await chief.accessible('address');
  await chief.shoot('first-run-address');
  await click(chief.tab.getByRole('button', { name: 'Leave out for now' }));
  await step('First realm');
});

test('the first realm comes from a country, in one call', async () => {
  await chief.tab.getByLabel('Country').selectOption('PE');
  journey.actions += 1;
  const name = chief.tab.getByLabel('Name', { exact: true });
  assert.equal(await name.inputValue(), 'peru');
  assert.equal(await chief.tab.getByLabel('Name that people read').inputValue(), 'Peru');
  await name.fill('Perú!');
  await chief.has('Lower-case letters, digits and hyphens, up to 36.');
  await name.fill('peru');
  await chief.tab.getByLabel('Colour of the sign-in page').fill('red');
  await chief.has('# and six digits or letters a to f.');
  await type(chief.tab.getByLabel('Colour of the sign-in page'), '#7a1f5c');
  await type(chief.tab.getByLabel('User name'), 'maria');
  await chief.accessible('realm');
  await chief.shoot('first-run-realm');
  const calls = [];
  chief.tab.on('request', (r) => { if (r.method() !== 'GET') calls.push(`${r.method()} ${new URL(r.url()).pathname}`); });
  await click(chief.tab.getByRole('button', { name: 'Make the realm' }));
  await chief.has('The realm peru is ready.');
  assert.deepEqual(calls.filter((c) => c.includes('/admin/')), ['POST /admin/realms']);
  await marked('First realm', 'Done');
});

test('who was named signs in for the first time, in the language and colour of the realm', async () => {
  const password = await chief.tab.getByLabel('First password', { exact: true }).innerText();
  const account = await chief.tab.getByRole('link', { name: /realms\/peru\/account/ }).getAttribute('href');
  const maria = await open({ locale: 'de-DE' });
  await maria.tab.goto(account);
  await maria.tab.waitForSelector('#kc-login');
  assert.equal(await maria.tab.evaluate(() => document.documentElement.lang), 'es');
  assert.equal(await maria.tab.evaluate(() => getComputedStyle(document.querySelector('#kc-login')).backgroundColor), 'rgb(122, 31, 92)');
  journey.fields += 4;
  journey.actions += 2;
  await logIn(maria.tab, 'maria', password.trim());
  await maria.tab.fill('#password-new', 'corta');
  await maria.tab.fill('#password-confirm', 'corta');
  await Promise.all([maria.tab.waitForNavigation(), maria.tab.click('[type=submit]')]);
  await maria.tab.fill('#password-new', NEW_PASSWORD);
  await maria.tab.fill('#password-confirm', NEW_PASSWORD);
  await Promise.all([maria.tab.waitForNavigation(), maria.tab.click('[type=submit]')]);
  await maria.heading(/./);
  assert.match(maria.tab.url(), /\/realms\/peru\/account\//);
  const seconds = (Date.now() - journey.began) / 1000;
  console.log(`# from the link to the first login: ${journey.actions} clicks, ${journey.fields} fields, ${seconds.toFixed(1)} s of the machine, of these tests and their checks`);
  await maria.close();
});

test('a local administrator sees nothing of it, whatever he types', async () => {
  const maria = await open();
  await maria.tab.goto(`${server.origin}/admin/peru/console/#/master/first-run`);
  await logIn(maria.tab, 'maria', NEW_PASSWORD);
  await maria.heading(/No existe/);
  await maria.go('#/peru/first-run', 'No existe esa página');
  assert.equal(await maria.tab.getByText('Primeros pasos').count(), 0);
  await maria.close();
});

test('a place for backups is lines to copy; the page notices the restart, and makes one', async () => {
  await chief.go('#/master/first-run/backup', 'First steps');
  await step('Backup place');
  const folder = path.join(scratch, "o'higgins backups");
  await chief.tab.getByRole('textbox', { name: 'Folder' }).fill('relative');
  await chief.has('A path that begins with /.');
  await chief.tab.getByRole('textbox', { name: 'Folder' }).fill(folder);
  await chief.has(`backup-dir: "${folder}"`);
  await chief.has(`'${folder.replace("'", "'\\''")}'`);
  await chief.accessible('backup place');
  await chief.shoot('first-run-backup-place');
  server.options.args.push('--backup-dir', folder, '--backup-hour', '-1');
  await server.restart();
  await chief.tab.getByRole('button', { name: 'Make one now' }).waitFor();
  await chief.button('Make one now');
  await chief.has('Can be restored');
  await marked('Backup place', 'Done');
  await chief.accessible('backup made');
  await chief.shoot('first-run-backup');
  chief.problems.length = 0; // of the restart
});

test('a second administrator finds the same picture', async () => {
  await server.cli.withFile(PASSWORD, (file) => server.cli.ok('user', 'add', '--realm', 'master', '--username', 'deputy', '--password-file', file, '--role', 'admin'));
  const deputy = await Console.open(browser, server, 'deputy');
  await deputy.has('A few steps are left before this server is ready for people.');
  await deputy.link('Go on');
  await deputy.heading('First steps');
  await marked('First realm', 'Done', deputy);
  await marked('Backup place', 'Done', deputy);
  await marked('Host name and certificate', 'Left out', deputy);
  await deputy.close();
});

test('a second machine is paired by what the page shows, and seen as it comes', async () => {
  await chief.go('#/master/first-run/standby', 'First steps');
  await step('Second machine');
  await chief.button('Make a token');
  const token = await until('a token is shown', async () => chief.tab.getByLabel('Token', { exact: true }).innerText());
  assert.match(token, /^garita-standby-1-/);
  await chief.has(`--from localhost:${replication} --token-file -`);
  await chief.accessible('standby invited');
  await chief.tab.getByLabel('Token', { exact: true }).evaluate((pre) => { pre.querySelector('code').textContent = 'garita-standby-1-…'; });
  await chief.shoot('first-run-standby');
  const data = path.join(tempFolder('standby'), 'garita');
  standby = new Server({ data, tls: true, args: ['--replication-port', String(await freePort()), '--replication-address', '127.0.0.1'] });
  Object.assign(standby, { data, ports: { web: await freePort(), management: await freePort(), redirect: await freePort() }, cli: new Cli(data, standby.bin) });
  const file = path.join(scratch, 'token');
  writeFileSync(file, token, { mode: 0o600 });
  await standby.cli.ok('standby', 'init', '--from', `localhost:${replication}`, '--token-file', file);
  await chief.has('Paired, not connected');
  assert.equal(await chief.tab.getByText(token).count(), 0, 'a token that was used is not shown any more');
  await standby.launch();
  await chief.has('In step');
  await marked('Second machine', 'Done');
  await chief.accessible('standby follows');
  await chief.shoot('first-run-standby-follows');
});

test('the summary says what is left and where applications go; afterwards nothing reminds of it', async () => {
  await chief.go('#/master/first-run/summary', 'First steps');
  await step('Summary');
  await chief.has(`${server.realm('peru')}/.well-known/openid-configuration`);
  await chief.accessible('summary');
  await chief.shoot('first-run');
  await chief.button('Finish');
  await chief.said('The first steps are over.');
  await chief.heading('Peru');
  await chief.go('#/master/overview');
  await chief.has('Issuer');
  assert.equal(await chief.tab.getByText('A few steps are left').count(), 0);
  await chief.go('#/master/operations', 'Operations');
  assert.equal(await chief.tab.getByText('A few steps are left').count(), 0);
  assert.deepEqual(chief.problems, []);
});

test('with the keyboard alone, dark and on a telephone; in Spanish and Portuguese', async () => {
  const c = await Console.open(browser, server, 'deputy', {
    hash: '#/master/first-run/address', context: { colorScheme: 'dark', reducedMotion: 'reduce', viewport: { width: 360, height: 740 }, locale: 'es-PE' },
  });
  await c.heading('Primeros pasos');
  await step('Nombre y certificado', c);
  for (const where of ['factor', 'address', 'realm', 'backup', 'standby', 'summary']) {
    await c.go(`#/master/first-run/${where}`, 'Primeros pasos');
    await c.accessible(`${where}, dark, on a telephone`);
    assert.equal(await c.tab.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${where} is wider than the screen`);
  }
  await c.go('#/master/first-run/realm', 'Primeros pasos');
  await c.shoot('first-run-dark-phone');
  await c.tab.getByRole('button', { name: 'Crear el realm' }).focus();
  await c.tab.getByLabel('Nombre', { exact: true }).focus();
  await c.tab.keyboard.press('Control+a');
  await c.tab.keyboard.type('otro-peru');
  await c.tab.keyboard.press('Enter');
  await c.has('El realm otro-peru está listo.');
  await c.tab.getByLabel('Idioma').first().selectOption('pt');
  await c.heading('Primeiros passos');
  await c.close();
});
