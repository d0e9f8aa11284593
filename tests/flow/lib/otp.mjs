// What an authenticator app shows (RFC 4226, RFC 6238).
import { createHmac } from 'node:crypto';
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
