/* The representations of Keycloak's Admin API, as far as these pages read them. What else is in them
 * goes back as it came. */
export interface User {
  id: string;
  username: string;
  email?: string;
  firstName?: string;
  lastName?: string;
  enabled: boolean;
  emailVerified?: boolean;
  createdTimestamp?: number;
  requiredActions?: string[];
  attributes?: Record<string, string[]>;
  access?: Record<string, boolean>;
}
export interface Role {
  id: string;
  name: string;
  description?: string;
  composite?: boolean;
  clientRole?: boolean;
  containerId?: string;
  attributes?: Record<string, string[]>;
}
export interface Group {
  id: string;
  name: string;
  path?: string;
  description?: string;
  subGroupCount?: number;
  subGroups?: Group[];
  attributes?: Record<string, string[]>;
}
export interface Client {
  id: string;
  clientId: string;
  name?: string;
  description?: string;
  enabled?: boolean;
  protocol?: string;
  publicClient?: boolean;
  bearerOnly?: boolean;
  rootUrl?: string;
  baseUrl?: string;
  adminUrl?: string;
  redirectUris?: string[];
  webOrigins?: string[];
  standardFlowEnabled?: boolean;
  implicitFlowEnabled?: boolean;
  directAccessGrantsEnabled?: boolean;
  serviceAccountsEnabled?: boolean;
  consentRequired?: boolean;
  fullScopeAllowed?: boolean;
  clientAuthenticatorType?: string;
  attributes?: Record<string, string>;
  protocolMappers?: Mapper[];
}
export interface Scope {
  id: string;
  name: string;
  description?: string;
  protocol?: string;
  attributes?: Record<string, string>;
  protocolMappers?: Mapper[];
}
export interface Mapper {
  id?: string;
  name: string;
  protocol: string;
  protocolMapper: string;
  config?: Record<string, string>;
}
export interface Session {
  id: string;
  username?: string;
  userId?: string;
  ipAddress?: string;
  start?: number;
  lastAccess?: number;
  clients?: Record<string, string>;
}
export interface Credential {
  id: string;
  type: string;
  userLabel?: string;
  createdDate?: number;
}
export interface Consent {
  clientId: string;
  grantedClientScopes?: string[];
  createdDate?: number;
  lastUpdatedDate?: number;
}
export interface LoginEvent {
  id?: string;
  time: number;
  type: string;
  clientId?: string;
  userId?: string;
  sessionId?: string;
  ipAddress?: string;
  error?: string;
  details?: Record<string, string>;
}
export interface AdminEvent {
  id?: string;
  time: number;
  operationType: string;
  resourceType?: string;
  resourcePath?: string;
  representation?: string;
  error?: string;
  details?: Record<string, string>;
  authDetails?: { realmId?: string; clientId?: string; userId?: string; ipAddress?: string };
}
export interface RequiredAction {
  alias: string;
  name: string;
  enabled: boolean;
  defaultAction: boolean;
  priority: number;
  available: boolean; // whether this server can carry it out
}
export type Realm = Record<string, any> & { realm: string; enabled?: boolean; displayName?: string };
