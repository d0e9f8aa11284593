// Realm exports as Keycloak 15, 21 and 26 shape them, put together by hand: what differs between the
// versions is what an import must cope with.
import { createHash, generateKeyPairSync, pbkdf2Sync, randomBytes } from 'node:crypto';

const base64 = (bytes) => Buffer.from(bytes).toString('base64');

// A password as Keycloak stores it with PBKDF2.
export function pbkdf2(password, { digest = 'sha256', iterations = 27500, bytes = 64 } = {}) {
  const salt = randomBytes(16);
  const names = { sha1: 'pbkdf2', sha256: 'pbkdf2-sha256', sha512: 'pbkdf2-sha512' };
  return {
    type: 'password', createdDate: 1650000000000, priority: 10,
    secretData: JSON.stringify({ value: base64(pbkdf2Sync(password, salt, iterations, bytes, digest)), salt: base64(salt), additionalParameters: {} }),
    credentialData: JSON.stringify({ hashIterations: iterations, algorithm: names[digest], additionalParameters: {} }),
  };
}

// A known vector of Argon2 as Keycloak 26 writes it; the password is "secret".
export const argon2Secret = {
  type: 'password', createdDate: 1730000000000,
  secretData: JSON.stringify({ value: 'xKjWvB9+0sSP6wTqI1JoEI7w+iA0x9VDhPgmrOHRG80=', salt: 'LRScGShC7shkdoU5B1UgUQ==', additionalParameters: {} }),
  credentialData: JSON.stringify({
    hashIterations: 5, algorithm: 'argon2',
    additionalParameters: { hashLength: ['32'], memory: ['7168'], type: ['id'], version: ['1.3'], parallelism: ['1'] },
  }),
};

export const otp = {
  type: 'otp', userLabel: 'phone', createdDate: 1700000000000,
  secretData: JSON.stringify({ value: 'aSecretOfTwentyBytes' }),
  credentialData: JSON.stringify({ subType: 'totp', digits: 6, counter: 0, period: 30, algorithm: 'HmacSHA1' }),
};

// An RSA pair as a key provider holds it, and the kid under which Keycloak publishes it.
export function rsaProvider() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64url');
  const config = { privateKey: [base64(privateKey.export({ type: 'pkcs8', format: 'der' }))], priority: ['100'], keyUse: ['SIG'] };
  return { kid, privateKey, component: { id: 'c0000000-0000-4000-8000-000000000001', name: 'rsa-generated', providerId: 'rsa-generated', subComponents: {}, config } };
}

const mapper = (name, type, config) => ({ name, protocol: 'openid-connect', protocolMapper: type, consentRequired: false, config });
const everywhere = { 'id.token.claim': 'true', 'access.token.claim': 'true', 'userinfo.token.claim': 'true' };

function scopes(version) {
  const list = [
    { name: 'profile', protocol: 'openid-connect', attributes: { 'include.in.token.scope': 'true' },
      protocolMappers: [mapper('username', version < 24 ? 'oidc-usermodel-property-mapper' : 'oidc-usermodel-attribute-mapper', { ...everywhere, 'user.attribute': 'username', 'claim.name': 'preferred_username', 'jsonType.label': 'String' })] },
    { name: 'email', protocol: 'openid-connect', attributes: { 'include.in.token.scope': 'true' },
      protocolMappers: [mapper('email', 'oidc-usermodel-attribute-mapper', { ...everywhere, 'user.attribute': 'email', 'claim.name': 'email', 'jsonType.label': 'String' })] },
    { name: 'roles', protocol: 'openid-connect', attributes: { 'include.in.token.scope': 'false' },
      protocolMappers: [
        mapper('realm roles', 'oidc-usermodel-realm-role-mapper', { 'claim.name': 'realm_access.roles', multivalued: 'true', 'access.token.claim': 'true', 'jsonType.label': 'String' }),
        mapper('client roles', 'oidc-usermodel-client-role-mapper', { 'claim.name': 'resource_access.${client_id}.roles', multivalued: 'true', 'access.token.claim': 'true', 'jsonType.label': 'String' }),
        mapper('audience resolve', 'oidc-audience-resolve-mapper', { 'access.token.claim': 'true' })] },
    { name: 'role_list', protocol: 'saml', protocolMappers: [] },
    { name: 'offline_access', protocol: 'openid-connect', attributes: {} },
  ];
  if (version >= 25) {
    list.push({ name: 'basic', protocol: 'openid-connect', attributes: { 'include.in.token.scope': 'false' },
      protocolMappers: [mapper('sub', 'oidc-sub-mapper', { 'access.token.claim': 'true', 'introspection.token.claim': 'true' })] });
  }
  return list;
}

// What each version calls default roles.
function defaultRole(version, realm) {
  const id = 'd0000000-0000-4000-8000-000000000001';
  if (version < 13) return { defaultRoles: ['offline_access', 'teller'] };
  return { defaultRole: { id, name: `default-roles-${realm}`, composite: true, clientRole: false, containerId: realm } };
}

export function realmExport(version, { realm = `bank${version}`, users = [], key, ...more } = {}) {
  const usual = scopes(version).filter((s) => s.protocol !== 'saml' && s.name !== 'offline_access').map((s) => s.name);
  const full = { realm: [
    ...(version < 13 ? [] : [{ id: 'd0000000-0000-4000-8000-000000000001', name: `default-roles-${realm}`, composite: true, composites: { realm: ['offline_access', 'teller'], client: { account: ['view-profile'] } } }]),
    { name: 'offline_access', description: '${role_offline-access}' }, { name: 'teller', attributes: { level: ['1'] } },
    { name: 'manager', composite: true, composites: { realm: ['teller'], client: { portal: ['write'] } } },
  ], client: { portal: [{ name: 'write' }, { name: 'read' }], account: [{ name: 'view-profile' }] } };
  return {
    id: version < 19 ? realm : 'a0000000-0000-4000-8000-0000000000' + version, realm, displayName: `Bank of ${version}`, enabled: true,
    keycloakVersion: `${version}.0.2`, sslRequired: 'none', accessTokenLifespan: 300, ssoSessionIdleTimeout: 1800,
    bruteForceProtected: true, failureFactor: 5, passwordPolicy: 'length(8) and passwordBlacklist(top.txt)',
    notBefore: 0, ...defaultRole(version, realm), roles: full,
    groups: [{ id: 'b0000000-0000-4000-8000-000000000001', name: 'branches', path: '/branches', attributes: { country: ['PE'] }, realmRoles: ['teller'], clientRoles: {},
      subGroups: [{ name: 'lima', path: '/branches/lima', attributes: {}, realmRoles: [], clientRoles: { portal: ['read'] }, subGroups: [] }] }],
    defaultGroups: ['/branches'],
    clientScopes: scopes(version), defaultDefaultClientScopes: usual, defaultOptionalClientScopes: ['offline_access'],
    scopeMappings: [{ clientScope: 'offline_access', roles: ['offline_access'] }],
    clientScopeMappings: { portal: [{ client: 'narrow', roles: ['read'] }] },
    clients: [
      { clientId: 'account', name: '${client_account}', baseUrl: `/realms/${realm}/account/`, redirectUris: [`/realms/${realm}/account/*`], publicClient: true, fullScopeAllowed: false, protocol: 'openid-connect' },
      { id: 'e0000000-0000-4000-8000-000000000001', clientId: 'portal', enabled: true, secret: 'portal-secret-of-the-bank', clientAuthenticatorType: 'client-secret',
        redirectUris: ['https://app.example.pe/*', 'http://intranet.example.pe/*'], webOrigins: ['+'], directAccessGrantsEnabled: true, standardFlowEnabled: true, serviceAccountsEnabled: true,
        protocol: 'openid-connect', attributes: { 'access.token.lifespan': '120', 'backchannel.logout.session.required': 'true' }, fullScopeAllowed: true,
        defaultClientScopes: usual, optionalClientScopes: ['offline_access'],
        protocolMappers: [mapper('branch', 'oidc-usermodel-attribute-mapper', { ...everywhere, 'user.attribute': 'branch', 'claim.name': 'branch', 'jsonType.label': 'String' })] },
      { clientId: 'narrow', publicClient: true, redirectUris: [], fullScopeAllowed: false, directAccessGrantsEnabled: true, protocol: 'openid-connect' },
      { clientId: 'https://sp.example.pe/saml', protocol: 'saml' },
    ],
    users, authenticationFlows: [{ id: 'f0000000-0000-4000-8000-000000000001', alias: 'browser', providerId: 'basic-flow', topLevel: true, builtIn: true,
      authenticationExecutions: [{ authenticator: 'auth-cookie', requirement: 'ALTERNATIVE', priority: 10, userSetupAllowed: false }, { authenticatorFlow: true, flowAlias: 'forms', requirement: 'ALTERNATIVE', priority: 20 }] },
    { alias: 'forms', providerId: 'basic-flow', topLevel: false, builtIn: true,
      authenticationExecutions: [{ authenticator: 'auth-username-password-form', requirement: 'REQUIRED', priority: 10 }] }],
    requiredActions: [{ alias: 'CONFIGURE_TOTP', name: 'Configure OTP', providerId: 'CONFIGURE_TOTP', enabled: true, defaultAction: false, priority: 10, config: {} },
      { alias: 'UPDATE_PASSWORD', name: 'Update Password', providerId: 'UPDATE_PASSWORD', enabled: true, defaultAction: false, priority: 30, config: {} }],
    identityProviders: [{ alias: 'corp', internalId: '10000000-0000-4000-8000-000000000001', providerId: 'oidc', enabled: true, config: { clientId: 'x', clientSecret: 'provider-secret', authorizationUrl: 'https://corp.example.pe/auth', tokenUrl: 'https://corp.example.pe/token' } }],
    identityProviderMappers: [{ id: '20000000-0000-4000-8000-000000000001', name: 'm', identityProviderAlias: 'corp', identityProviderMapper: 'oidc-user-attribute-idp-mapper', config: {} }],
    components: { ...(key ? { 'org.keycloak.keys.KeyProvider': [key.component, { name: 'aes', providerId: 'aes-generated', config: { kid: ['k'], secret: ['c2VjcmV0'], priority: ['100'] } }] } : {}),
      'org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy': [{ id: '30000000-0000-4000-8000-000000000001', name: 'Max Clients', providerId: 'max-clients', subType: 'anonymous', subComponents: {}, config: { 'max-clients': ['200'] } }] },
    smtpServer: {}, eventsEnabled: false, internationalizationEnabled: false, supportedLocales: [], browserFlow: 'browser',
    attributes: { cibaInterval: '5', 'garita.setup.token': 'stolen' }, ...more,
  };
}

// People with one of each.
export function people(realm) {
  return [
    { id: '40000000-0000-4000-8000-000000000001', username: 'ana', enabled: true, email: 'ana@example.pe', emailVerified: true, firstName: 'Ana', lastName: 'Díaz', createdTimestamp: 1600000000123,
      attributes: { branch: ['Lima 3'] }, credentials: [argon2Secret], requiredActions: [], disableableCredentialTypes: [],
      federatedIdentities: [{ identityProvider: 'corp', userId: 'corp-7', userName: 'ana@corp' }],
      realmRoles: [`default-roles-${realm}`, 'manager'], clientRoles: { account: ['view-profile'] }, groups: ['/branches/lima'], notBefore: 0,
      clientConsents: [{ clientId: 'portal', grantedClientScopes: ['profile', 'email'], createdDate: 1650000000000, lastUpdatedDate: 1650000000000 }] },
    { username: 'José.Ñandú', enabled: true, email: 'not an address', credentials: [pbkdf2('clave de José')], realmRoles: ['teller'] },
    { username: 'sha512', enabled: true, credentials: [pbkdf2('secret 512', { digest: 'sha512', iterations: 30000 })] },
    { username: 'sha1', enabled: true, credentials: [pbkdf2('secret 1', { digest: 'sha1', iterations: 20000, bytes: 20 })] },
    { username: 'clear', enabled: true, credentials: [{ type: 'password', value: 'in clear, 1', temporary: false }] },
    { username: 'fresh', enabled: true, credentials: [{ type: 'password', value: 'in clear, 2', temporary: true }] },
    { username: 'nosalt', enabled: true, credentials: [{ type: 'password', secretData: '{"value":"aGFzaA==","salt":"__SALT__"}', credentialData: '{"hashIterations":27500,"algorithm":"pbkdf2-sha256"}' }] },
    { username: 'off', enabled: false, credentials: [pbkdf2('secret off')] },
    { id: '40000000-0000-4000-8000-000000000002', username: 'segundo', enabled: true, totp: true, credentials: [argon2Secret, otp], disableableCredentialTypes: ['otp'] },
    { username: 'service-account-portal', enabled: true, serviceAccountClientId: 'portal', realmRoles: ['teller'], credentials: [] },
  ];
}
