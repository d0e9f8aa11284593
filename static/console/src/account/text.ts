/* Texts of this console alone: those of the other one are not loaded here. */
import { t as translate } from '../lib/i18n';
import { account } from './messages/en';

export type AccountKey = keyof typeof account;

export function t(key: AccountKey, params?: Record<string, string | number>): string {
  return translate(key, params);
}

/* Names of the server's own clients are keys of Keycloak's message files. */
export function clientName(client: { clientId: string; clientName: string }): string {
  return /^\$\{.*\}$/.test(client.clientName) ? known('client', client.clientId) : client.clientName || client.clientId;
}

/* A key that the server names; what is not known is shown as it is. */
export function known(prefix: string, name: string): string {
  const key = `${prefix}.${name}`;
  return Object.hasOwn(account, key) ? t(key as AccountKey) : name;
}
