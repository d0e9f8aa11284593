/* What somebody says who adds an application, and which settings that means (RFC 9700: code with
 * PKCE for whoever has a browser, no implicit flow, no password grant). */
import type { Client } from './types';

export type Kind = 'web' | 'spa' | 'mobile' | 'service';
export const kinds: Kind[] = ['web', 'spa', 'mobile', 'service'];

export interface Wish {
  kind: Kind;
  clientId: string;
  name: string;
  url: string; // of the application; of a mobile one its redirect, such as com.example:/done
}

const pkce = { 'pkce.code.challenge.method': 'S256' };

function originOf(url: string): string | undefined {
  try {
    const { origin } = new URL(url);
    return origin === 'null' ? undefined : origin;
  } catch {
    return undefined;
  }
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

export function clientFor(w: Wish): Partial<Client> {
  const common: Partial<Client> = {
    clientId: w.clientId,
    name: w.name,
    protocol: 'openid-connect',
    enabled: true,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    fullScopeAllowed: false,
  };
  if (w.kind === 'service')
    return { ...common, publicClient: false, standardFlowEnabled: false, serviceAccountsEnabled: true };
  const pages: Partial<Client> = { standardFlowEnabled: true, serviceAccountsEnabled: false };
  if (w.kind === 'mobile')
    return { ...common, ...pages, publicClient: true, redirectUris: [w.url], attributes: pkce };
  const origin = originOf(w.url);
  return {
    ...common,
    ...pages,
    publicClient: w.kind === 'spa',
    baseUrl: w.url,
    redirectUris: [`${withSlash(w.url)}*`],
    webOrigins: origin && w.kind === 'spa' ? [origin] : [],
    attributes: {
      ...pkce,
      'post.logout.redirect.uris': `${withSlash(w.url)}*`,
    },
  };
}

export function isGood(w: Wish): boolean {
  if (!w.clientId.trim()) return false;
  if (w.kind === 'service') return true;
  if (w.kind === 'mobile') return /^[a-z][a-z0-9+.-]*:\S+$/i.test(w.url);
  return originOf(w.url) !== undefined;
}
