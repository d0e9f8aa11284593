/* What the node says of itself. */
import type { Key } from './i18n';

export interface Trial {
  state: 'none' | 'wanted' | 'running' | 'good' | 'failed';
  backup: string;
  beganMs: number;
  endedMs: number;
  realms: number;
  people: number;
  events: number;
  reason?: string;
}

export interface BackupStatus {
  configured: boolean;
  hourUtc: number; // negative: none by itself
  last: string;
  lastMs: number;
  lastBytes: number;
  provedMs: number;
  failed: boolean;
  trial: Trial;
}

export interface NodeStatus {
  node: { name: string; version: string; startedMs: number; nowMs: number };
  health: 'UP' | 'DEGRADED' | 'DOWN';
  disk: { freeBytes: number; totalBytes: number };
  memory: { machineBytes: number; processors: number };
  realms: { count: number; sessions: number; countedMs: number };
  replication: {
    role: 'alone' | 'primary' | 'standby' | 'fenced';
    mode?: string;
    peer?: { address: string };
    standby?: { connected: boolean; inStep: boolean; degraded: boolean; behindCommits: number; behindMs: number };
    primary?: { connected: boolean };
  };
  backup: BackupStatus;
  certificates: { host: string; subject: string; names: string[]; selfSigned: boolean; expiresMs: number }[];
  settings: {
    file: string;
    data: string;
    hostname: string;
    backupDir: string;
    replicationPort: number;
    certificate: 'none' | 'self-signed' | 'installed' | 'primary' | 'configured';
  };
  jobs: { name: string; endedMs: number; everySeconds: number }[];
  alerts: { id: string; severity: 'warning' | 'critical'; about: string; text: string }[];
}

const alerts: Record<string, Key> = {
  'realm-fenced': 'alert.realm-fenced',
  'realm-failed': 'alert.realm-failed',
  'disk-low': 'alert.disk-low',
  'backup-none': 'alert.backup-none',
  'backup-late': 'alert.backup-late',
  'backup-failed': 'alert.backup-failed',
  'archive-behind': 'alert.archive-behind',
  'backup-copy-failed': 'alert.backup-copy-failed',
  'settings-unlike': 'alert.settings-unlike',
  'export-failed': 'alert.export-failed',
  'certificate-expires': 'alert.certificate-expires',
  'certificate-expired': 'alert.certificate-expired',
  'clock-behind': 'alert.clock-behind',
  'standby': 'alert.standby',
};

/* Our words for an alert; undefined for one of a newer server, which brings its own. */
export function alertKey(id: string): Key | undefined {
  return Object.hasOwn(alerts, id) ? alerts[id] : undefined;
}
