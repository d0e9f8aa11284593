// Requests whose end two readers could see in different places (HT-01). One answer: 400, and close.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, exchange, readAll } from './lib/raw.mjs';
import { World } from './lib/world.mjs';

let world, server;
// the port is known only when the server runs
const H = 'Host: @host@\r\nContent-Type: application/x-www-form-urlencoded\r\n';
const filled = (text) => text.replaceAll('@host@', new URL(server.origin).host);
const path = '/realms/peru/protocol/openid-connect/token';
before(async () => {
  world = await World.open();
  server = world.server;
});
after(() => world.close());

const SMUGGLED = 'GET /realms/peru HTTP/1.1\r\nHost: x\r\n\r\n';
const post = (headers, body = '', version = 'HTTP/1.1') => `POST ${path} ${version}\r\n${H}${headers}\r\n${body}`;

const ambiguous = {
  'length and chunked': post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  'chunked and length': post('Transfer-Encoding: chunked\r\nContent-Length: 6\r\n', `0\r\n\r\n${SMUGGLED}`),
  'two lengths that differ': post('Content-Length: 0\r\nContent-Length: 44\r\n', SMUGGLED),
  'two lengths that agree': post('Content-Length: 3\r\nContent-Length: 3\r\n', 'a=b'),
  'a list of lengths': post('Content-Length: 3, 3\r\n', 'a=b'),
  'a signed length': post('Content-Length: +3\r\n', 'a=b'),
  'a negative length': post('Content-Length: -1\r\n', ''),
  'a hex length': post('Content-Length: 0x3\r\n', 'a=b'),
  'a length with a space': post('Content-Length: 1 1\r\n', 'a=b'),
  'an empty length': post('Content-Length:\r\n', ''),
  'a huge length': post('Content-Length: 99999999999999999999999\r\n', ''),
  'a length of 2^64+3': post('Content-Length: 18446744073709551619\r\n', 'a=b'),
  'a space before the colon': post('Content-Length : 3\r\n', 'a=b'),
  'a space before the name': `POST ${path} HTTP/1.1\r\n ${H}Content-Length: 3\r\n\r\na=b`,
  'a folded header': post('X: a\r\n b\r\nContent-Length: 3\r\n', 'a=b'),
  'a folded length': post('Content-Length:\r\n 3\r\n', 'a=b'),
  'a bare LF at a line end': `POST ${path} HTTP/1.1\n${H}Content-Length: 3\r\n\r\na=b`,
  'a bare LF between headers': post('X: y\nContent-Length: 3\r\n', 'a=b'),
  'a bare CR in a value': post('X: y\rContent-Length: 3\r\nContent-Length: 3\r\n', 'a=b'),
  'NUL in a value': post('X: a\u0000b\r\nContent-Length: 3\r\n', 'a=b'),
  'NUL in a name': post('X\u0000: a\r\nContent-Length: 3\r\n', 'a=b'),
  'a control character in a name': post('X\u0001: a\r\nContent-Length: 3\r\n', 'a=b'),
  'a header without a colon': post('Nonsense\r\nContent-Length: 3\r\n', 'a=b'),
  'an empty header name': post(': x\r\nContent-Length: 3\r\n', 'a=b'),
  'odd transfer coding': post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  'coding in odd case with a tab': post('Transfer-Encoding:\tchunKed\u000b\r\n', `0\r\n\r\n${SMUGGLED}`),
  'identity coding': post('Transfer-Encoding: identity\r\nContent-Length: 3\r\n', 'a=b'),
  'two codings': post('Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  'coding twice': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  'chunked, chunked': post('Transfer-Encoding: chunked, chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  'coding with a quote': post('Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${SMUGGLED}`),
  'coding in HTTP/1.0': post('Transfer-Encoding: chunked\r\n', `0\r\n\r\n${SMUGGLED}`, 'HTTP/1.0'),
  'chunk extension': post('Transfer-Encoding: chunked\r\n', '3;x=y\r\na=b\r\n0\r\n\r\n'),
  'chunk size with 0x': post('Transfer-Encoding: chunked\r\n', '0x3\r\na=b\r\n0\r\n\r\n'),
  'chunk size negative': post('Transfer-Encoding: chunked\r\n', '-3\r\na=b\r\n0\r\n\r\n'),
  'chunk size huge': post('Transfer-Encoding: chunked\r\n', 'fffffffffffffffff\r\na=b\r\n0\r\n\r\n'),
  'chunk size empty': post('Transfer-Encoding: chunked\r\n', '\r\na=b\r\n0\r\n\r\n'),
  'chunk with bare LF': post('Transfer-Encoding: chunked\r\n', '3\na=b\n0\n\n'),
  'chunk data too long': post('Transfer-Encoding: chunked\r\n', '3\r\na=bXX\r\n0\r\n\r\n'),
  'a trailer that sets the length': post('Transfer-Encoding: chunked\r\n', '3\r\na=b\r\n0\r\nContent-Length: 50\r\n\r\n'),
  'no Host': `GET /realms/peru HTTP/1.1\r\n\r\n`,
  'two Hosts': `GET /realms/peru HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`,
  'two Authorizations': post('Authorization: Basic YTpi\r\nAuthorization: Basic YTpi\r\nContent-Length: 3\r\n', 'a=b'),
  'HTTP/0.9': `GET /realms/peru\r\n`,
  'HTTP/1.2': `GET /realms/peru HTTP/1.2\r\nHost: x\r\n\r\n`,
  'HTTP/2.0 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'http in small letters': `GET /realms/peru http/1.1\r\nHost: x\r\n\r\n`,
  'a tab in the request line': `GET\t/realms/peru\tHTTP/1.1\r\nHost: x\r\n\r\n`,
  'two spaces in the request line': `GET  /realms/peru HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a space in the target': `GET /realms/peru x HTTP/1.1\r\nHost: x\r\n\r\n`,
  'CONNECT': `CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n`,
  'a control character in the target': `GET /realms/\u0001peru HTTP/1.1\r\nHost: x\r\n\r\n`,
  'bytes above ASCII in the target': `GET /realms/p\u00e9ru HTTP/1.1\r\nHost: x\r\n\r\n`,
  rubbish: '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
};

for (const [name, bytes] of Object.entries(ambiguous)) {
  test(`HT-01: ${name}`, async () => {
    const { statuses, closed, text } = await exchange(server, Buffer.from(filled(bytes), 'latin1'), 4000);
    assert.ok(statuses.length <= 1, `one answer at most, not ${statuses}`);
    for (const status of statuses) assert.ok([400, 404, 405, 411, 413, 414, 417, 421, 431, 501, 505].includes(status), `${status}`);
    assert.ok(closed || statuses.length === 0, 'the connection is closed, or waits for the end of the headers');
    assert.doesNotMatch(text, /public_key/, 'the smuggled request was not answered');
  });
}

test('RFC 9112 3.2.2: absolute form with another host is not answered as ours (WE-09)', async () => {
  const { statuses, text } = await exchange(server, `GET http://evil.example/realms/peru HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  assert.ok([400, 404, 421].includes(statuses[0]));
  assert.doesNotMatch(text, /evil\.example/);
});

test('well-formed requests in one segment are answered in order (pipelining)', async () => {
  const one = `GET /realms/peru HTTP/1.1\r\nHost: ${new URL(server.origin).host}\r\n\r\n`;
  const { statuses } = await exchange(server, one.repeat(5), 3000);
  assert.deepEqual(statuses, [200, 200, 200, 200, 200]);
});

test('a chunked body that is well-formed is read', async () => {
  const { statuses } = await exchange(server, filled(post('Transfer-Encoding: chunked\r\nConnection: close\r\n', '5\r\ngrant\r\nb\r\n_type=xyzzy\r\n0\r\n\r\n')));
  assert.equal(statuses.length, 1);
  assert.ok([400, 401].includes(statuses[0]));
});

test('Expect: 100-continue is understood', async () => {
  const socket = await connect(server);
  const answer = readAll(socket, 3000);
  socket.write(filled(post('Content-Length: 14\r\nExpect: 100-continue\r\nConnection: close\r\n')));
  setTimeout(() => socket.write('grant_type=xyz'), 200);
  const { text } = await answer;
  assert.match(text, /HTTP\/1\.1 (400|401|417)/);
});

test('requests arrive byte by byte and are still understood', async () => {
  const socket = await connect(server);
  const answer = readAll(socket, 4000);
  for (const byte of `GET /realms/peru HTTP/1.1\r\nHost: ${new URL(server.origin).host}\r\nConnection: close\r\n\r\n`) {
    socket.write(byte);
    await new Promise((r) => setTimeout(r, 2));
  }
  assert.match((await answer).text, /HTTP\/1\.1 200/);
});
