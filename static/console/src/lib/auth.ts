/* Signing in as any application does: authorization code with PKCE. Tokens live in the memory of
 * this page and nowhere else; a reload goes by the login page, which knows the session. */
import * as oauth from 'oauth4webapi';

import { placeOf } from './place';

const EARLY_MS = 20_000; // a token that ends while the request is on its way is no use

export interface Config {
  realm: string;
  'auth-server-url': string;
  logo?: string; // path of this site
  displayName?: string; // of the realm, and the rest, for people's own console
  supportedLocales?: string[];
  defaultLocale?: string;
  actions?: string[]; // that an application may ask for (kc_action)
}

interface Pending {
  state: string;
  verifier: string;
  hash: string;
}

export class SessionEnded extends Error {}

export const place = placeOf(location.pathname);
export let config: Config;
/* What became of the action that signIn asked for; read once. */
export let answered: { action?: string; status?: string } = {};

const PENDING = `garita.${place.client}.login`;

let server: oauth.AuthorizationServer;
let tokens: oauth.TokenEndpointResponse | undefined;
let endsAt = 0;
let renewing: Promise<void> | undefined;

const client: oauth.Client = { client_id: place.client };
const options = { [oauth.allowInsecureRequests]: location.protocol === 'http:' };

function here(): string {
  return `${location.origin}${location.pathname}`;
}

/* What the page must know before anybody signs in. */
export async function discover(): Promise<void> {
  const answer = await fetch('config', { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(`configuration: ${answer.status}`);
  config = (await answer.json()) as Config;
  const issuer = new URL(`${config['auth-server-url']}/realms/${encodeURIComponent(config.realm)}`);
  server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, options),
  );
}

/* Leaves the page. more: parameters of the authorization request. */
export async function signIn(more: Record<string, string> = {}): Promise<never> {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const pending: Pending = { state, verifier, hash: location.hash };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const url = new URL(server.authorization_endpoint!);
  url.search = new URLSearchParams({
    client_id: place.client,
    redirect_uri: here(),
    response_type: 'code',
    scope: 'openid',
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  }).toString();
  location.assign(url);
  return new Promise<never>(() => {});
}

function keep(answer: oauth.TokenEndpointResponse): void {
  tokens = answer;
  endsAt = Date.now() + (answer.expires_in ?? 60) * 1000;
}

async function redeem(pending: Pending): Promise<void> {
  const url = new URL(location.href);
  answered = {
    action: url.searchParams.get('kc_action') ?? undefined,
    status: url.searchParams.get('kc_action_status') ?? undefined,
  };
  history.replaceState(null, '', `${location.pathname}${pending.hash}`);
  const params = oauth.validateAuthResponse(server, client, url, pending.state);
  keep(
    await oauth.processAuthorizationCodeResponse(
      server,
      client,
      await oauth.authorizationCodeGrantRequest(
        server, client, oauth.None(), params, here(), pending.verifier, options,
      ),
    ),
  );
}

function takePending(): Pending | undefined {
  const text = sessionStorage.getItem(PENDING);
  sessionStorage.removeItem(PENDING);
  return text ? (JSON.parse(text) as Pending) : undefined;
}

export function forgetAnswer(): void {
  answered = {};
}

/* Returns when somebody is signed in. An answer that belongs to no login of ours is forgotten. */
export async function start(): Promise<void> {
  const pending = takePending();
  const query = new URLSearchParams(location.search);
  if (!pending || !query.has('state') || query.get('state') !== pending.state) {
    if (query.has('state')) history.replaceState(null, '', `${location.pathname}${location.hash}`);
    await signIn();
  }
  await redeem(pending!);
}

async function renew(): Promise<void> {
  if (!tokens?.refresh_token) throw new SessionEnded();
  try {
    keep(
      await oauth.processRefreshTokenResponse(
        server,
        client,
        await oauth.refreshTokenGrantRequest(
          server, client, oauth.None(), tokens.refresh_token, options,
        ),
      ),
    );
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError) {
      tokens = undefined;
      throw new SessionEnded();
    }
    throw error;
  }
}

/* Refresh tokens are spent by their use: one renewal at a time, whoever asks. */
export async function accessToken(): Promise<string> {
  if (!tokens || Date.now() > endsAt - EARLY_MS) {
    renewing ??= renew().finally(() => (renewing = undefined));
    await renewing;
  }
  return tokens!.access_token;
}

/* The token was refused: the next call asks for another. */
export function distrust(): void {
  endsAt = 0;
}

export function signOut(): void {
  const url = new URL(server.end_session_endpoint!);
  url.search = new URLSearchParams({
    client_id: place.client,
    post_logout_redirect_uri: here(),
    ...(tokens?.id_token ? { id_token_hint: tokens.id_token } : {}),
  }).toString();
  tokens = undefined;
  location.assign(url);
}

export function issuerOf(realm: string): string {
  return server.issuer.replace(/\/realms\/[^/]+$/, `/realms/${encodeURIComponent(realm)}`);
}
