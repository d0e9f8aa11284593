// The first administrator: by a one-time link that only the operator's terminal shows (RE-04).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { forms } from './lib/html.mjs';
import { assertError, Browser, Client, PASSWORD } from './lib/oidc.mjs';
import { Server, sleep, until } from './lib/server.mjs';

let server, link;
const linkIn = (log) => /https?:\/\/\S+\/setup\?token=([\w-]+)/.exec(log)?.[0];
before(async () => {
  server = await Server.start();
  link = await until('the link is printed', async () => linkIn(server.log));
});
after(() => server.stop());

const visit = async (url) => {
  const browser = new Browser(server, 'master');
  return { browser, page: await browser.get(url) };
};
const fill = { username: 'chief', 'password-new': PASSWORD, 'password-confirm': PASSWORD };
const admins = async () => (await server.cli.json('user', 'list', '--realm', 'master')).length;

test('the link is printed at the first start, with 128 bits or more', () => {
  assert.ok(link, server.log);
  assert.ok(new URL(link).searchParams.get('token').length >= 22);
});

test('RE-04: without the token, or with another, nothing can be set up', async () => {
  const good = new URL(link).searchParams.get('token');
  for (const token of [undefined, '', 'x', good.slice(0, -1), `${good}A`, good.toLowerCase() === good ? good.toUpperCase() : good.toLowerCase(), `${good}&token=${good}`]) {
    const { browser, page } = await visit(`/setup${token === undefined ? '' : `?token=${token}`}`);
    assert.equal(forms(page.text).some((f) => 'password-new' in f.fields), false, `a form for ${token}`);
    await browser.submit(page, { action: '/setup', method: 'POST', fields: { token: token ?? '' } }, fill);
  }
  assert.equal(await admins(), 0);
});

test('WE-05: a foreign page cannot post it, even with the token', async () => {
  const { browser, page } = await visit(link);
  const form = forms(page.text).find((f) => 'password-new' in f.fields);
  const reply = await browser.submit(page, form, fill, { headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } });
  assert.equal(reply.status, 403);
  assert.equal(await admins(), 0);
});

test('RE-04: of 20 parallel uses one makes the administrator; afterwards the link is dead', async () => {
  const { browser, page } = await visit(link);
  const form = forms(page.text).find((f) => 'password-new' in f.fields);
  const wrong = await browser.submit(page, form, { ...fill, 'password-confirm': 'something else' });
  assert.ok(wrong.status < 500);
  assert.equal(await admins(), 0);
  await Promise.all(Array.from({ length: 20 }, (_, i) => browser.submit(page, form, { ...fill, username: `chief${i}` })));
  assert.equal(await admins(), 1);
  const [{ username }] = await server.cli.json('user', 'list', '--realm', 'master');
  assert.equal((await new Client(server, 'master', 'admin-cli', undefined).password(username)).status, 200);
  const again = await visit(link);
  assert.equal(forms(again.page.text).some((f) => 'password-new' in f.fields), false);
  assert.doesNotMatch((await visit('/')).page.text, /setup\?token/);
});

test('RE-04: it never opens again: not by a restart, not when the last administrator is deleted', async () => {
  const [{ username }] = await server.cli.json('user', 'list', '--realm', 'master');
  server.log = '';
  await server.restart();
  await sleep(500);
  assert.equal(linkIn(server.log), undefined);
  await server.cli.ok('user', 'delete', '--realm', 'master', '--username', username);
  assert.equal((await visit(link)).page.text.includes('password-new'), false);
  assertError(await new Client(server, 'master', 'admin-cli', undefined).password(username), 401, 'invalid_grant');
  const token = new URL(link).searchParams.get('token');
  const { browser, page } = await visit('/setup');
  await browser.submit(page, { action: '/setup', method: 'POST', fields: { token } }, fill);
  assert.equal(await admins(), 0);
});

test('SK-02: the link is on the terminal, not in the lines of the log', () => {
  const token = new URL(link).searchParams.get('token');
  for (const line of server.logLines) assert.ok(!JSON.stringify(line).includes(token));
});
