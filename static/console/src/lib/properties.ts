/* Settings that the server describes, of kinds that it has in its catalogue: which of them somebody has to
 * see first, what a configuration begins with, and what is sent. */
import type { Key } from './i18n';
import type { Property } from './serverinfo';

export type Config = Record<string, string[]>; // as components have it: several values of a name

/* Our words for those that everybody fills in. The others go by the names that they have in files and in
 * the API, which is also how manuals call them. */
const labels: Record<string, Key> = {
  enabled: 'providers.enabled',
  connectionUrl: 'property.connection-url',
  startTls: 'property.start-tls',
  bindDn: 'property.bind-dn',
  bindCredential: 'property.bind-credential',
  usersDn: 'property.users-dn',
  usernameLDAPAttribute: 'property.username-attribute',
  rdnLDAPAttribute: 'property.rdn-attribute',
  uuidLDAPAttribute: 'property.uuid-attribute',
  userObjectClasses: 'property.object-classes',
  customUserSearchFilter: 'property.search-filter',
  searchScope: 'property.search-scope',
  editMode: 'property.edit-mode',
  vendor: 'property.vendor',
  kerberosRealm: 'property.kerberos-realm',
  serverPrincipal: 'property.server-principal',
  keyTab: 'property.key-tab',
  priority: 'property.priority',
  clientId: 'client.id',
  clientSecret: 'client.secret',
  authorizationUrl: 'property.authorization-url',
  tokenUrl: 'property.token-url',
  userInfoUrl: 'property.userinfo-url',
  jwksUrl: 'property.jwks-url',
  logoutUrl: 'property.logout-url',
  issuer: 'overview.issuer',
  defaultScope: 'property.scope',
  baseUrl: 'property.base-url',
  singleSignOnServiceUrl: 'property.sso-url',
  entityId: 'property.entity-id',
  signingCertificate: 'property.signing-certificate',
  hostedDomain: 'property.hosted-domain',
  tenantId: 'property.tenant',
};

export function labelKey(name: string): Key | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}

/* What cannot be left out and what we have words for comes first; the rest is there for who looks for it. */
export function partition(properties: readonly Property[]): { first: Property[]; more: Property[] } {
  const isFirst = (p: Property) => !!p.required || !!p.secret || labelKey(p.name) !== undefined;
  const order = Object.keys(labels);
  const place = (p: Property) => (order.indexOf(p.name) + order.length + 1) % (order.length + 1); // without words of ours: last
  return { first: properties.filter(isFirst).sort((a, b) => place(a) - place(b)), more: properties.filter((p) => !isFirst(p)) };
}

/* Of a new one: the values that count when nothing is said, so that the form shows them. */
export function defaults(properties: readonly Property[]): Config {
  const out: Config = {};
  for (const p of properties) if (p.defaultValue !== undefined) out[p.name] = [String(p.defaultValue)];
  return out;
}

/* An emptied setting is left out. Names that the catalogue does not have go back as they came. */
export function withValue(config: Config, name: string, values: string[]): Config {
  const { [name]: _, ...rest } = config;
  const kept = values.filter((v) => v !== '');
  return kept.length > 0 ? { ...rest, [name]: kept } : rest;
}

/* Identity providers have one value of a name. */
export const single = (config: Config): Record<string, string> =>
  Object.fromEntries(Object.entries(config).map(([name, values]) => [name, values[0] ?? '']));
export const several = (config: Record<string, string> | undefined): Config =>
  Object.fromEntries(Object.entries(config ?? {}).map(([name, value]) => [name, [value]]));
