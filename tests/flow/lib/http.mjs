// A small HTTP client for tests: no redirects followed, self-signed certificates accepted, cookies
// kept in a jar, and nothing hidden from the test.
import http from 'node:http';
import https from 'node:https';
import { webcrypto } from 'node:crypto';

// Node 18 has these without the global names that jose and openid-client use.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

const agents = {
  'http:': new http.Agent({ keepAlive: true, maxSockets: 256 }),
  'https:': new https.Agent({ keepAlive: true, maxSockets: 256, rejectUnauthorized: false }),
};

export class CookieJar {
  constructor() {
    this.cookies = new Map();
    this.setCookieLines = []; // every Set-Cookie ever seen, for checks of attributes
  }
  take(setCookie) {
    for (const line of setCookie ?? []) {
      this.setCookieLines.push(line);
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf('='));
      const value = pair.slice(pair.indexOf('=') + 1);
      const path = attributes.find((a) => /^path=/i.test(a))?.slice(5) ?? '/';
      const gone = attributes.some(
        (a) => /^max-age=(0|-\d+)$/i.test(a) || (/^expires=/i.test(a) && Date.parse(a.slice(8)) < Date.now()));
      if (gone || value === '') this.cookies.delete(`${name}|${path}`);
      else this.cookies.set(`${name}|${path}`, { name, value, path });
    }
  }
  header(path) {
    const fits = (c) => c.path === '/' || path === c.path || path.startsWith(c.path.replace(/\/?$/, '/'));
    return [...this.cookies.values()].filter(fits).map((c) => `${c.name}=${c.value}`).join('; ');
  }
  copy() {
    const jar = new CookieJar();
    jar.cookies = new Map(this.cookies);
    return jar;
  }
  get(name) {
    return [...this.cookies.values()].find((c) => c.name === name)?.value;
  }
}

export function encodeForm(form) {
  const pairs = Array.isArray(form) ? form : Object.entries(form).filter(([, v]) => v !== undefined);
  return pairs.map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`).join('&');
}

// request(url, {method, headers, form, json, body, jar, agent, timeout}) -> {status, headers, text, ...}
export function request(url, options = {}) {
  const target = new URL(url);
  const headers = Object.fromEntries(Object.entries(options.headers ?? {}).filter(([, v]) => v !== undefined));
  let body = options.body;
  if (options.form) {
    body = encodeForm(options.form);
    headers['Content-Type'] ??= 'application/x-www-form-urlencoded';
  } else if (options.json !== undefined) {
    body = JSON.stringify(options.json);
    headers['Content-Type'] ??= 'application/json';
  }
  if (body !== undefined && !headers['Transfer-Encoding']) headers['Content-Length'] ??= Buffer.byteLength(body);
  headers['User-Agent'] ??= 'garita-flow-tests';
  const cookie = options.jar?.header(target.pathname);
  if (cookie) headers.Cookie = headers.Cookie ? `${headers.Cookie}; ${cookie}` : cookie;
  const method = options.method ?? (body === undefined ? 'GET' : 'POST');
  const client = target.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const req = client.request(
      {
        protocol: target.protocol, host: target.hostname, port: target.port, method, headers, family: 4,
        path: options.rawPath ?? target.pathname + target.search,
        agent: options.agent === undefined ? agents[target.protocol] : options.agent,
        rejectUnauthorized: false, timeout: options.timeout ?? 60000, ...options.tls,
      },
      (res) => {
        const chunks = [];
        res.on('data', (chunk) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          options.jar?.take(res.headers['set-cookie']);
          resolve(new Reply(res, Buffer.concat(chunks), url));
        });
      });
    req.on('timeout', () => req.destroy(new Error(`timeout: ${method} ${url}`)));
    req.on('error', reject);
    req.end(body);
  });
}

class Reply {
  constructor(res, body, url) {
    this.status = res.statusCode;
    this.headers = res.headers;
    this.rawHeaders = res.rawHeaders;
    this.body = body;
    this.url = url;
  }
  get text() { return this.body.toString('utf8'); }
  get json() { return JSON.parse(this.text); }
  get location() { return this.headers.location; }
  // Parameters of a redirect back to the client, wherever the response mode put them.
  get callback() {
    const to = new URL(this.location);
    return Object.fromEntries(new URLSearchParams(to.hash ? to.hash.slice(1) : to.search));
  }
  get isRedirect() { return this.status >= 300 && this.status < 400 && this.location !== undefined; }
}

// What openid-client and jose take as fetch.
export async function fetchLike(url, options = {}) {
  const headers = Object.fromEntries(new Headers(options.headers));
  let body = options.body;
  if (body instanceof URLSearchParams) body = body.toString();
  const reply = await request(String(url), { method: options.method, headers, body: body ?? undefined });
  const noBody = [204, 205, 304].includes(reply.status);
  const list = Object.entries(reply.headers).flatMap(([k, v]) => (Array.isArray(v) ? v.map((x) => [k, x]) : [[k, v]]));
  return new Response(noBody ? null : reply.body, { status: reply.status, headers: list });
}

export const basic = (id, secret) => ({
  Authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});
export const bearer = (token) => ({ Authorization: `Bearer ${token}` });
