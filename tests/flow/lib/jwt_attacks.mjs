// Ways to forge a JWT that should have been signed by a key we know. Each takes what a good token
// would hold and returns [name, token] pairs that no input may accept.
import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

const b64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const hmac = (alg, key, text) => createHmac(`sha${alg.slice(2)}`, key).update(text).digest('base64url');
const rs256 = (key, text) => sign('sha256', Buffer.from(text), key).toString('base64url');

export const strangerKey = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = (header, payload) => {
  const text = `${b64(header)}.${b64(payload)}`;
  return `${text}.${rs256(strangerKey.privateKey, text)}`;
};

// JO-02: algorithm none in any spelling, with and without a signature
export function unsigned(claims) {
  return ['none', 'None', 'NONE', 'nOnE', '', ' none', 'none\u0000'].flatMap((alg) => [
    [`alg ${JSON.stringify(alg)}`, `${b64({ alg, typ: 'JWT' })}.${b64(claims)}.`],
    [`alg ${JSON.stringify(alg)} with bytes`, `${b64({ alg, typ: 'JWT' })}.${b64(claims)}.AAAA`],
  ]);
}

// JO-01: HMAC with the bytes of a public key, in every encoding someone might pass on
export function confused(claims, jwk) {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const pem = key.export({ format: 'pem', type: 'spki' });
  const encodings = {
    pem, pemTrimmed: pem.trim(), der: key.export({ format: 'der', type: 'spki' }),
    derBase64: key.export({ format: 'der', type: 'spki' }).toString('base64'), jwk: JSON.stringify(jwk), empty: '',
    ...(jwk.kty === 'RSA' && { pkcs1: key.export({ format: 'pem', type: 'pkcs1' }), n: jwk.n, nBytes: Buffer.from(jwk.n, 'base64url') }),
    ...(jwk.x && { x: jwk.x, xBytes: Buffer.from(jwk.x, 'base64url') }),
  };
  return Object.entries(encodings).flatMap(([name, bytes]) => ['HS256', 'HS384', 'HS512'].map((alg) => {
    const text = `${b64({ alg, typ: 'JWT', kid: jwk.kid })}.${b64(claims)}`;
    return [`${alg} keyed with ${jwk.alg} ${name}`, `${text}.${hmac(alg, bytes, text)}`];
  }));
}

// JO-04, JO-05: keys that the token brings along or points to
export function bringingKeys(claims, kid, listener) {
  const own = strangerKey.publicKey.export({ format: 'jwk' });
  const header = { alg: 'RS256', typ: 'JWT', kid };
  return [
    ['jwk', { ...header, jwk: own }], ['jwk without kid', { alg: 'RS256', jwk: own }],
    ['jku', { ...header, jku: listener }], ['x5u', { ...header, x5u: listener }], ['x5c', { ...header, x5c: ['AAAA'] }],
    ['kid as a path', { ...header, kid: '../../../../dev/null' }], ['kid as SQL', { ...header, kid: "x' UNION SELECT 'k' --" }],
    ['kid of 100 kB', { ...header, kid: 'k'.repeat(100000) }], ['kid as a number', { ...header, kid: 7 }],
    ['the right kid, another key', header], ['no kid', { alg: 'RS256' }],
  ].map(([name, h]) => [name, stranger(h, claims)]);
}

// JO-06, JO-07, JO-08: a genuine token written in ways that are not allowed
export function rewritten(genuine) {
  const [header, payload, signature] = genuine.split('.');
  const members = JSON.parse(Buffer.from(header, 'base64url'));
  const withHeader = (h) => `${b64(h)}.${payload}.${signature}`;
  return [
    ['padding', `${header}.${payload}.${signature}==`], ['header padding', `${header}=.${payload}.${signature}`],
    ['a space', `${header} .${payload}.${signature}`], ['a line break', `${header}.${payload}.${signature}\n`],
    ['four parts', `${genuine}.x`], ['five parts', `${genuine}.x.y`], ['two parts', `${header}.${payload}`], ['empty signature', `${header}.${payload}.`],
    ['standard base64', `${header}.${payload}.${Buffer.from(signature, 'base64url').toString('base64')}+`],
    ['crit', withHeader({ ...members, crit: ['exp'] })], ['b64 false', withHeader({ ...members, b64: false, crit: ['b64'] })],
    ['JSON serialisation', JSON.stringify({ protected: header, payload, signature })],
    ['general JSON', JSON.stringify({ payload, signatures: [{ protected: header, signature }] })],
    ['duplicate header member', `${b64('{"alg":"none","alg":"RS256"}')}.${payload}.${signature}`],
    ['signature cut', `${header}.${payload}.${signature.slice(0, -4)}`], ['signature zeros', `${header}.${payload}.${'A'.repeat(signature.length)}`],
    ['payload changed', `${header}.${b64({ ...JSON.parse(Buffer.from(payload, 'base64url')), admin: true })}.${signature}`],
    ['many dots', '.'.repeat(20000)], ['dots at the end', `${genuine}${'.'.repeat(5000)}`],
    ['deep header', `${b64(`{"alg":"RS256","x":${'['.repeat(20000)}`)}.${payload}.${signature}`],
    ['deep payload', `${header}.${b64(`{"x":${'['.repeat(20000)}`)}.${signature}`], ['not JSON', `${b64('x')}.${b64('y')}.${b64('z')}`],
    ['bad UTF-8', `${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${payload}.${signature}`], ['empty', ''], ['one dot', '.'],
  ];
}
