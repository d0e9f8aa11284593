// What an authenticator app shows (RFC 4226, RFC 6238).
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { AdminWorld } from './admin.mjs';
import { formById } from './html.mjs';
import { bearer, request } from './http.mjs';
import { PASSWORD } from './oidc.mjs';

export const SEED = '12345678901234567890';

export function hotp(counter, { key = SEED, digits = 6, hash = 'sha1' } = {}) {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac(hash, key).update(message).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 10 ** digits).padStart(digits, '0');
}
export const stepNow = (period = 30) => Math.floor(Date.now() / 1000 / period);
export const totp = (ahead = 0, options = {}) => hotp(stepNow(options.period) + ahead, options);

// The credential as Keycloak exports it.
export const otpCredential = (data = {}, value = SEED) => ({
  type: 'otp', secretData: JSON.stringify({ value }), credentialData: JSON.stringify({ subType: 'totp', digits: 6, counter: 0, period: 30, algorithm: 'HmacSHA1', ...data }),
});
// Somebody with a password and these, for the Admin API.
export const holder = (username, ...credentials) => ({ username, enabled: true, credentials: [{ type: 'password', value: PASSWORD, temporary: false }, ...credentials] });

// Codes by time that are handed out once each, of some people whose realm takes them early and late. With eight
// digits none is that of another step.
export class OneTimeCodes {
  constructor(count, period) {
    this.period = period;
    this.given = 0;
    this.holders = Array.from({ length: count }, (_, i) => ({ name: `holder${i}`, last: 0 }));
  }

  // By the Admin API; headers go with each call.
  async addHolders(world, headers = {}) {
    const admins = new AdminWorld(world.server);
    await admins.setRealm({ otpPolicyLookAheadWindow: 10 });
    await admins.addAdmin('gives-codes', ['admin'], 'master');
    const form = { grant_type: 'password', client_id: 'admin-cli', username: 'gives-codes', password: PASSWORD };
    const { access_token } = (await request(`${world.server.realm('master')}/protocol/openid-connect/token`, { form, headers })).json;
    for (const { name } of this.holders) {
      const json = holder(name, otpCredential({ period: this.period, digits: 8 }));
      const reply = await admins.call('POST', '/realms/peru/users', { json, headers: { ...bearer(access_token), ...headers } });
      assert.equal(reply.status, 201, reply.text);
    }
  }

  // {name, code}; undefined when none is left for now.
  next() {
    const now = stepNow(this.period);
    const one = this.holders.reduce((a, b) => (a.last <= b.last ? a : b));
    if (one.last >= now + 3) return undefined;
    one.last = Math.max(one.last + 1, now - 3);
    this.given++;
    return { name: one.name, code: hotp(one.last, { digits: 8 }) };
  }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
// The bytes of a key as people type it (RFC 4648 6).
export function base32(text) {
  const bits = [...text.replaceAll(' ', '')].map((c) => LETTERS.indexOf(c).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

// The page on which a device is set up, and what an app would make of it.
export const setupForm = (page) => formById(page.text, 'kc-totp-settings-form');
export const secretOf = (page) => page.text.match(/id="kc-totp-secret-key"[^>]*>([A-Z2-7 ]+)</)[1];
export const codeFor = (page, ahead = 0, options = {}) => totp(ahead, { key: base32(secretOf(page)), ...options });
