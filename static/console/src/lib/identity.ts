/* Identity providers, as the Admin API has them. */
export interface Provider {
  alias: string;
  displayName?: string;
  providerId: string;
  enabled?: boolean;
  trustEmail?: boolean;
  storeToken?: boolean;
  linkOnly?: boolean;
  hideOnLogin?: boolean;
  firstBrokerLoginFlowAlias?: string;
  postBrokerLoginFlowAlias?: string;
  config?: Record<string, string>;
}

const names: Record<string, string> = {
  oidc: 'OpenID Connect', 'keycloak-oidc': 'Keycloak (OpenID Connect)', oauth2: 'OAuth 2.0', saml: 'SAML 2.0', google: 'Google', github: 'GitHub',
  gitlab: 'GitLab', bitbucket: 'Bitbucket', facebook: 'Facebook', instagram: 'Instagram', 'linkedin-openid-connect': 'LinkedIn', microsoft: 'Microsoft',
  twitter: 'X (Twitter)', stackoverflow: 'Stack Overflow', paypal: 'PayPal', 'openshift-v4': 'OpenShift',
};
export const kindName = (kind: string): string => (Object.hasOwn(names, kind) ? names[kind]! : kind);

/* Those that can tell their settings in a discovery document. */
export const discovers = (kind: string): boolean => kind === 'oidc' || kind === 'keycloak-oidc';

export const discoveryUrl = (issuer: string): string => `${issuer.trim().replace(/\/+$/, '')}/.well-known/openid-configuration`;
