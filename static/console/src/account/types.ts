/* What the account API gives, as far as it is shown. */
export interface Attribute {
  name: string;
  displayName?: string;
  required: boolean;
  readOnly: boolean;
  multivalued: boolean;
  group?: string;
  validators: { options?: { options?: string[] } };
}

export interface Me {
  id: string;
  username: string;
  firstName: string;
  lastName: string;
  email: string;
  emailVerified: boolean;
  pendingEmail?: string; // waits for its proof
  attributes?: Record<string, string[]>;
  userProfileMetadata: { attributes: Attribute[]; groups: { name: string; displayHeader?: string }[] };
}

export interface Session {
  id: string;
  ipAddress?: string;
  started: number; // seconds
  lastAccess: number;
  expires: number;
  browser: string;
  current: boolean;
  clients: { clientId: string; clientName: string }[];
}

export interface Device {
  os: string;
  osVersion: string;
  device: string;
  mobile: boolean;
  ipAddress?: string;
  current: boolean;
  lastAccess: number;
  sessions: Session[];
}

export interface CredentialKind {
  type: string;
  category: string;
  removeable: boolean;
  createAction?: string;
  updateAction?: string;
  userCredentialMetadatas: { credential: { id: string; userLabel?: string; createdDate: number } }[];
}

export interface Application {
  clientId: string;
  clientName: string;
  description: string;
  inUse: boolean;
  offlineAccess: boolean;
  effectiveUrl?: string;
  consent?: { grantedScopes: { id: string; name: string; displayText: string }[]; createdDate: number };
}

/* An application that the person made. */
export interface OwnClient {
  id: string;
  clientId: string;
  kind: string;
  name: string;
  description: string;
  enabled: boolean;
  redirectUris: string[];
  secretCreated?: number; // seconds
  secretExpires?: number;
  secret?: string; // once
  usage?: { days: number; logins: number; tokens: number; refused: number; more: boolean };
}

export interface Link {
  providerAlias: string;
  displayName: string;
  linkedUsername: string;
}
