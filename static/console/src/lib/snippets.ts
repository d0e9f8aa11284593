/* How well-known libraries are told about a client. A secret is never in them. */
import type { Client } from './types';

export interface Snippet {
  title: string;
  text: string;
}

function firstRedirect(c: Client): string {
  const uri = c.redirectUris?.[0] ?? 'https://app.example.com/callback';
  return uri.replace(/\*$/, 'callback');
}

function browser(c: Client, issuer: string): Snippet[] {
  const [, server = issuer, realm = ''] = /^(.*)\/realms\/([^/]+)$/.exec(issuer) ?? [];
  return [
    {
      title: 'keycloak-js',
      text: `const keycloak = new Keycloak({\n  url: '${server}',\n  realm: '${decodeURIComponent(realm)}',\n  clientId: '${c.clientId}',\n});\nawait keycloak.init({ onLoad: 'login-required', pkceMethod: 'S256' });`,
    },
    {
      title: 'oidc-client-ts',
      text: `const manager = new UserManager({\n  authority: '${issuer}',\n  client_id: '${c.clientId}',\n  redirect_uri: '${firstRedirect(c)}',\n  scope: 'openid profile',\n});\nawait manager.signinRedirect();`,
    },
  ];
}

function server(c: Client, issuer: string): Snippet[] {
  return [
    {
      title: 'openid-client (Node.js)',
      text: `const config = await client.discovery(\n  new URL('${issuer}'),\n  '${c.clientId}',\n  process.env.CLIENT_SECRET,\n);`,
    },
    {
      title: 'Spring Boot (application.yaml)',
      text: `spring:\n  security:\n    oauth2:\n      client:\n        registration:\n          garita:\n            client-id: ${c.clientId}\n            client-secret: \${CLIENT_SECRET}\n            authorization-grant-type: authorization_code\n            scope: openid,profile\n        provider:\n          garita:\n            issuer-uri: ${issuer}`,
    },
  ];
}

function service(c: Client, issuer: string): Snippet[] {
  return [
    {
      title: 'curl',
      text: `curl ${issuer}/protocol/openid-connect/token \\\n  -d grant_type=client_credentials \\\n  -u ${c.clientId}:"$CLIENT_SECRET"`,
    },
  ];
}

export function snippetsFor(c: Client, issuer: string): Snippet[] {
  if (c.bearerOnly) return [];
  const out: Snippet[] = [];
  if (c.standardFlowEnabled) out.push(...(c.publicClient ? browser(c, issuer) : server(c, issuer)));
  if (c.serviceAccountsEnabled) out.push(...service(c, issuer));
  return out;
}
