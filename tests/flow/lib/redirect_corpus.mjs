// Mutations of a registered redirect_uri, https://app.example.pe/callback: none may be accepted.
export const REGISTERED = 'https://app.example.pe/callback';

export const mutations = [
  // other hosts
  'https://evil.example/callback', 'https://app.example.pe.evil.example/callback', 'https://evilapp.example.pe/callback',
  'https://app.example.pe@evil.example/callback', 'https://app.example.pe:x@evil.example/callback',
  'https://evil.example#@app.example.pe/callback', 'https://evil.example?@app.example.pe/callback',
  'https://evil.example\\@app.example.pe/callback', 'https://evil.example/\\app.example.pe/callback',
  'https://evil.example%2f@app.example.pe/callback', 'https://app.example.pe%2eevil.example/callback',
  'https://app.example.pe%00.evil.example/callback', 'https://app.example.pe\u0000.evil.example/callback',
  'https://app.example.pe%0d%0a.evil.example/callback', 'https://app.example.pe\r\nLocation: https://evil.example/',
  '//app.example.pe/callback', '//evil.example/callback', '///evil.example', 'https:///evil.example/callback',
  'https:evil.example/callback', 'https:/app.example.pe/callback', '/callback', 'callback', '',
  'https://user@app.example.pe/callback', 'https://user:pw@app.example.pe/callback',
  // the same host, written otherwise
  'https://APP.example.pe/callback', 'HTTPS://app.example.pe/callback', 'https://app.example.pe./callback',
  'https://app.example.pe:443/callback', 'https://app.example.pe:8443/callback', 'https://app.example.pe:/callback',
  'https://app.example\u3002pe/callback', 'https://\uff41pp.example.pe/callback', 'https://xn--pp-gia.example.pe/callback',
  'http://app.example.pe/callback', 'ftp://app.example.pe/callback', 'ws://app.example.pe/callback',
  // the path
  'https://app.example.pe/', 'https://app.example.pe', 'https://app.example.pe/Callback', 'https://app.example.pe/callback/',
  'https://app.example.pe/callback//', 'https://app.example.pe//callback', 'https://app.example.pe/./callback',
  'https://app.example.pe/x/../callback', 'https://app.example.pe/callback/..', 'https://app.example.pe/callback/../evil',
  'https://app.example.pe/callback/..;/evil', 'https://app.example.pe/callback;x=1', 'https://app.example.pe/callback%2f',
  'https://app.example.pe/callbac%6b', 'https://app.example.pe/%63allback', 'https://app.example.pe/callback%00',
  'https://app.example.pe/callback%252f..', 'https://app.example.pe/callback\\', 'https://app.example.pe\\callback',
  'https://app.example.pe/callback%20', 'https://app.example.pe/callback ', ' https://app.example.pe/callback',
  '\thttps://app.example.pe/callback', 'https://app.example.pe/call\tback', 'https://app.example.pe/callback\n',
  'https://app.example.pe/callback\u0000', 'https://app.example.pe/callbackx', 'https://app.example.pe/callbac',
  // query and fragment
  'https://app.example.pe/callback?', 'https://app.example.pe/callback?x=1', 'https://app.example.pe/callback?code=stolen',
  'https://app.example.pe/callback#', 'https://app.example.pe/callback#x', 'https://app.example.pe/callback?#',
  'https://app.example.pe/callback&x=1', 'https://app.example.pe/callback%3fx=1', 'https://app.example.pe/callback%23',
  // schemes that run or read something
  'javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,<script>alert(1)</script>', 'file:///etc/passwd',
  'vbscript:x', 'javascript://app.example.pe/callback', 'intent://app.example.pe/callback', 'blob:https://app.example.pe/callback',
  '*', 'https://*', 'https://app.example.pe/*', 'https://app.example.pe/callback*',
];

// What may never be registered (OA-03).
export const unregistrable = [
  'javascript:alert(1)', 'JAVASCRIPT:alert(1)', ' javascript:alert(1)', 'java\tscript:alert(1)', '\u0001javascript:alert(1)',
  'data:text/html,x', 'DATA:text/html,x', 'file:///etc/passwd', 'vbscript:x', 'http://app.example.pe/callback#frag',
  'https://app.example.pe/#x', 'https://app.example.pe/a\r\nb', 'https://app.example.pe/a b', '//host/x', '',
  'https://user:pw@app.example.pe/', 'about:blank', 'blob:https://app.example.pe/x',
];

// Against a client that registered https://app.example.pe/app/*: the star stands for the rest of a
// path below /app/, never for another host, never for a way out of the folder (OA-02).
export const wildMutations = [
  'https://app.example.pe/app', 'https://app.example.pe/', 'https://app.example.pe/ap/x', 'https://app.example.pe/apps/x',
  'https://app.example.pe/app/../x', 'https://app.example.pe/app/..', 'https://app.example.pe/app/x/../../y',
  'https://app.example.pe/app/./x', 'https://app.example.pe/app/..;/x', 'https://app.example.pe/app/..;x/y',
  'https://app.example.pe/app/%2e%2e/x', 'https://app.example.pe/app/%2E%2E/x', 'https://app.example.pe/app/.%2e/x',
  'https://app.example.pe/app/%252e%252e/x', 'https://app.example.pe/app/..%2fx', 'https://app.example.pe/app/..%5cx',
  'https://app.example.pe/app/..\\x', 'https://app.example.pe/app\\x', 'https://app.example.pe/app/x%00', 'https://app.example.pe/app/x\u0000',
  'https://app.example.pe/app/x#y', 'https://app.example.pe/app/x y', 'https://app.example.pe/app/x\ty', 'https://app.example.pe/app/x\r\ny',
  'http://app.example.pe/app/x', 'https://app.example.pe:8443/app/x', 'https://app.example.pe@evil.example/app/x',
  'https://app.example.pe.evil.example/app/x', 'https://evil.example/app/x', 'https://APP.example.pe/app/x', 'javascript:alert(1)',
  '//app.example.pe/app/x', 'https://appxexample.pe/app/x', 'https://app.example.pe%2f.evil.example/app/x',
];
