// A realm with one of each kind of object, made through the command line, the Admin API and a login.
import { Browser } from './oidc.mjs';
import { forms } from './html.mjs';

const ALGORITHMS = ['RS256', 'PS384', 'ES256', 'ES384', 'ES512', 'EdDSA', 'HS512'];

// root: the stock client of an administrator, in realm peru.
export async function fillRealm(world, root) {
  const { cli } = world;
  await cli.ok('realm', 'set', 'peru', 'displayName=Perú', 'attributes.garita.country=PE', 'accessTokenLifespan=321');
  for (const alg of ALGORITHMS) await cli.ok('keys', 'rotate', '--realm', 'peru', '--alg', alg);
  await cli.ok('role', 'add', '--realm', 'peru', '--name', 'teller');
  await cli.ok('role', 'add', '--realm', 'peru', '--name', 'clerk');
  await world.addClient('portal', { serviceAccount: true, values: { consentRequired: true, fullScopeAllowed: false } });
  await world.addClient('spa', { isPublic: true });
  await world.addMapper('portal', 'dni', 'oidc-usermodel-attribute-mapper', { 'user.attribute': 'dni', 'claim.name': 'dni' });
  const portal = (await root.clients.find({ clientId: 'portal' }))[0].id;
  await root.clients.createRole({ id: portal, name: 'approve', attributes: { level: ['2'] } });
  const approve = await root.clients.findRole({ id: portal, roleName: 'approve' });
  const [teller, clerk] = await Promise.all(['teller', 'clerk'].map((name) => root.roles.findOneByName({ name })));
  await root.roles.createComposite({ roleId: teller.id }, [clerk, approve]);
  await root.clients.addRealmScopeMappings({ id: portal }, [clerk]);
  await root.clients.addClientScopeMappings({ id: portal, client: portal }, [approve]);
  await root.clientScopes.create({ name: 'branch', protocol: 'openid-connect', attributes: { 'include.in.token.scope': 'true' } });
  const lima = await root.groups.create({ name: 'lima', attributes: { city: ['Lima'] } });
  const cash = await root.groups.createChildGroup({ id: lima.id }, { name: 'cash' });
  await root.groups.addRealmRoleMappings({ id: cash.id, roles: [clerk] });
  await root.groups.addClientRoleMappings({ id: cash.id, clientUniqueId: portal, roles: [approve] });
  await root.realms.addDefaultGroup({ realm: 'peru', id: lima.id });
  await root.users.updateProfile({ ...(await root.users.getProfile({ realm: 'peru' })), realm: 'peru', unmanagedAttributePolicy: 'ENABLED' });
  await world.addUser('maria', { email: 'maria@example.pe', firstName: 'María', lastName: 'Quispe', attributes: { dni: ['12345678'] } });
  const maria = (await root.users.find({ username: 'maria' }))[0].id;
  await root.users.addRealmRoleMappings({ id: maria, roles: [teller] });
  await root.users.addClientRoleMappings({ id: maria, clientUniqueId: portal, roles: [approve] });
  await root.users.addToGroup({ id: maria, groupId: cash.id });
  await root.users.addToFederatedIdentity({ id: maria, federatedIdentityId: 'google', federatedIdentity: { identityProvider: 'google', userId: 'g-1', userName: 'maria@gmail' } });
  for (const name of ['beto', 'carla', 'diego', 'elena']) await world.addUser(name);
  await root.components.create({ name: 'few', providerId: 'max-clients', providerType: 'org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy', subType: 'anonymous', config: { 'max-clients': ['7'] } });
  await root.components.create({ name: 'mine', providerId: 'rsa-generated', providerType: 'org.keycloak.keys.KeyProvider', config: { priority: ['7'], algorithm: ['RS512'] } });
  await cli.ok('realm', 'set', 'peru', 'organizationsEnabled=true');
  const acme = await root.organizations.create({ name: 'Acme', domains: [{ name: 'acme.example.pe', verified: true }], attributes: { ruc: ['20123456789'] } });
  await root.organizations.addMember({ orgId: acme.id, userId: maria });
  const sales = await root.organizations.groups(acme.id).create({ name: 'sales', attributes: { floor: ['2'] } });
  const south = await root.organizations.groups(acme.id).createChildGroup({ id: sales.id }, { name: 'south' });
  await root.organizations.groups(acme.id).addRealmRoleMappings({ id: south.id, roles: [clerk] });
  await world.call('PUT', `/realms/peru/organizations/${acme.id}/groups/${south.id}/members/${maria}`, { token: await root.getAccessToken() });
  await root.identityProviders.create({ alias: 'corp', providerId: 'oidc', config: { clientId: 'x', clientSecret: 'secret-of-corp', authorizationUrl: 'https://corp.example.pe/a', tokenUrl: 'https://corp.example.pe/t' } });
  await root.organizations.linkIdp({ orgId: acme.id, alias: 'corp' });
  await root.identityProviders.createMapper({ alias: 'corp', identityProviderMapper: { name: 'dni', identityProviderAlias: 'corp', identityProviderMapper: 'oidc-user-attribute-idp-mapper', config: { claim: 'dni', 'user.attribute': 'dni' } } });
  for (const locale of ['qu', 'es', 'en']) await root.realms.addLocalization({ realm: 'peru', selectedLocale: locale, key: 'loginTitle' }, `Perú ${locale}`);
  await root.authenticationManagement.copyFlow({ flow: 'browser', newName: 'browser of Peru' });
  await root.realms.update({ realm: 'peru' }, { browserFlow: 'browser of Peru', otpPolicyDigits: 8, otpPolicyAlgorithm: 'HmacSHA512', webAuthnPolicyRpId: 'example.pe',
    webAuthnPolicySignatureAlgorithms: ['ES256'], webAuthnPolicyPasswordlessRequireResidentKey: 'Yes', adminTheme: 'banco',
    smtpServer: { host: 'mail.example.pe', port: '587', from: 'id@example.pe', auth: 'true', user: 'id', password: 'secret-of-mail' } });
  await root.authenticationManagement.copyFlow({ flow: 'direct grant', newName: 'grant of the portal' });
  const flow = (await root.authenticationManagement.getFlows()).find((f) => f.alias === 'grant of the portal');
  await root.clients.update({ id: portal }, { authenticationFlowBindingOverrides: { direct_grant: flow.id } });
  await rotateOnce(root, await root.clients.create({ clientId: 'rotating', publicClient: false }));
  await consent(world, 'portal', 'maria');
}

// A policy that is there, and a client with two secrets by it.
async function rotateOnce(root, client) {
  const rotation = { executor: 'secret-rotation', configuration: { 'expiration-period': 86400, 'rotated-expiration-period': 43200, 'remaining-rotation-period': 3600 } };
  await root.clientPolicies.createProfiles({ profiles: [{ name: 'rotation', description: '', executors: [rotation] }] });
  await root.clientPolicies.updatePolicy({ policies: [{ name: 'rotate', description: '', enabled: true, profiles: ['rotation'],
    conditions: [{ condition: 'client-access-type', configuration: { type: ['confidential'] } }] }] });
  await root.clients.generateNewClientSecret({ id: client.id });
}

async function consent(world, clientId, username) {
  const browser = new Browser(world.server, 'peru');
  let page = await browser.follow(await browser.authorize({ client_id: clientId, scope: 'openid email' }));
  page = await browser.follow(await browser.logIn(page, username));
  const form = forms(page.text).find((f) => f.buttons.some((b) => b.name === 'accept'));
  await browser.follow(await browser.submit(page, form, { accept: form.buttons.find((b) => b.name === 'accept').value }));
}
