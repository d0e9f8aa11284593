/* What exists on this server: asked once. */
import { get } from './api';

export interface Property {
  name: string;
  label?: string;
  helpText?: string;
  type?: string;
  defaultValue?: unknown;
  options?: string[];
  secret?: boolean;
  required?: boolean;
}
export interface MapperType {
  id: string;
  name: string;
  category?: string;
  helpText?: string;
  properties: Property[];
}
export interface ProviderType {
  id: string;
  helpText?: string;
  properties: Property[];
}
interface ServerInfo {
  protocolMapperTypes?: Record<string, MapperType[]>;
  componentTypes?: Record<string, ProviderType[]>;
  systemInfo?: Record<string, unknown>;
}

let asked: Promise<ServerInfo> | undefined;

function serverInfo(_signal: AbortSignal): Promise<ServerInfo> {
  asked ??= get<ServerInfo>('/serverinfo').catch((error) => {
    asked = undefined;
    throw error;
  });
  return asked;
}

export async function mapperTypes(signal: AbortSignal): Promise<MapperType[]> {
  return (await serverInfo(signal)).protocolMapperTypes?.['openid-connect'] ?? [];
}

/* The kinds of one catalogue: a type of components, or "identity-provider". */
export async function providerTypes(signal: AbortSignal, catalogue: string): Promise<ProviderType[]> {
  return (await serverInfo(signal)).componentTypes?.[catalogue] ?? [];
}
