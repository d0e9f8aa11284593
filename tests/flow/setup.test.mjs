// The first administrator: by the link that the server prints, once and never again (RE-04).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request } from './lib/http.mjs';
import { formById, visibleText } from './lib/html.mjs';
import { Browser } from './lib/oidc.mjs';
import { Server, until } from './lib/server.mjs';

const NAME = 'jefa';
const LONG = 'cuatro palabras sin nexo';
let server, browser, link;
const linkOf = (log) => log.match(/https?:\S+\/setup\?token=\S+/g)?.at(-1);

before(async () => {
  server = await Server.start();
  browser = new Browser(server, 'master');
  link = await until('the link is printed', async () => linkOf(server.log));
});
after(() => server.stop());

const send = async (fields, options) => {
  const page = await browser.get(link);
  return browser.submit(page, formById(page.text, 'garita-setup-form'), fields, options);
};

test('the welcome page says that nobody governs yet, and gives no way in', async () => {
  const page = await browser.get('/');
  assert.equal(page.status, 200);
  assert.ok(!page.text.includes('token='));
});

test('RE-04: without the token of the link there is nothing', async () => {
  const token = new URL(link).searchParams.get('token');
  assert.ok(token.length >= 22);
  const bad = ['', '?token=', '?token=x', `?token=${token.slice(0, -1)}`, `?token=${token}x`, `?token=${'A'.repeat(token.length)}`];
  for (const query of bad) {
    const page = await browser.get(`/setup${query}`);
    assert.equal(page.status, 403, query);
    assert.equal(formById(page.text, 'garita-setup-form'), undefined, query);
  }
  const reply = await request(`${server.origin}/setup`, {
    method: 'POST', form: { token: `${token}x`, username: NAME, 'password-new': LONG, 'password-confirm': LONG },
    headers: { Accept: 'text/html' },
  });
  assert.equal(reply.status, 403);
});

test('WE-05: another site cannot send the form', async () => {
  const reply = await send({ username: NAME, 'password-new': LONG, 'password-confirm': LONG },
    { headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } });
  assert.equal(reply.status, 403);
});

test('bad names and passwords are told, and the form stays', async () => {
  const cases = [{ 'password-new': 'corta', 'password-confirm': 'corta' }, { 'password-new': LONG, 'password-confirm': `${LONG}!` },
    { 'password-new': '', 'password-confirm': '' }, { username: '', 'password-new': LONG, 'password-confirm': LONG },
    { 'password-new': `${NAME} ${NAME} ${NAME}`, 'password-confirm': `${NAME} ${NAME} ${NAME}` }];
  for (const fields of cases) {
    const reply = await send({ username: NAME, ...fields });
    assert.equal(reply.status, 200, JSON.stringify(fields));
    assert.match(reply.text, /role="alert"/);
    assert.ok(formById(reply.text, 'garita-setup-form'));
    assert.ok(!reply.text.includes(LONG), 'no password comes back');
  }
});

test('the form makes one administrator, who gets a token from admin-cli', async () => {
  const reply = await send({ username: NAME, 'password-new': LONG, 'password-confirm': LONG });
  assert.equal(reply.status, 200);
  assert.ok(visibleText(reply.text).includes(NAME));
  const token = await request(`${server.realm('master')}/protocol/openid-connect/token`, {
    method: 'POST', form: { grant_type: 'password', client_id: 'admin-cli', username: NAME, password: LONG },
  });
  assert.equal(token.status, 200, token.text);
});

test('RE-04: the page never opens again, not after a restart, not when the last administrator is gone', async () => {
  const closed = async () => {
    assert.equal((await browser.get(link)).status, 403);
    const reply = await request(link.split('?')[0], {
      method: 'POST', form: { token: new URL(link).searchParams.get('token'), username: 'otra', 'password-new': LONG, 'password-confirm': LONG },
      headers: { Accept: 'text/html' },
    });
    assert.equal(reply.status, 403);
  };
  await closed();
  await server.cli.ok('user', 'delete', '--realm', 'master', '--username', NAME);
  await closed();
  server.log = '';
  await server.restart();
  assert.equal(linkOf(server.log), undefined, 'no new link');
  await closed();
});
