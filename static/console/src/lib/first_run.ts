/* What is left of the first steps of a new server. What was done is read from the server as it is now, so that a
 * reload, another administrator and a command on the machine all lead to the same picture; only what
 * somebody left out is remembered, as an attribute of master. */
import type { NodeStatus } from './node';

export const stepIds = ['factor', 'address', 'realm', 'backup', 'standby', 'summary'] as const;
export type StepId = (typeof stepIds)[number];
export type Mark = 'done' | 'skipped' | 'open';

export const ATTRIBUTE = 'garita.firstRun';
export const OVER = 'over';

export interface Known {
  status: NodeStatus;
  credentials: { type: string }[]; // of who asks
  realms: string[];
  noted: string | undefined; // the attribute
}

export function isStep(text: string | undefined): text is StepId {
  return (stepIds as readonly string[]).includes(text ?? '');
}

export function isOver(noted: string | undefined): boolean {
  return noted === OVER;
}

export function skippedOf(noted: string | undefined): StepId[] {
  return (noted ?? '').split(' ').filter(isStep);
}

/* The attribute with one more step left out, or one less. */
export function noteStep(noted: string | undefined, step: StepId, isSkipped: boolean): string {
  const kept = skippedOf(noted).filter((s) => s !== step);
  return (isSkipped ? [...kept, step] : kept).join(' ');
}

function isDone(step: StepId, k: Known): boolean {
  const { status } = k;
  switch (step) {
    case 'factor': return k.credentials.some((c) => c.type === 'otp');
    case 'address': return status.settings.hostname !== '' && status.certificates.length > 0 && !status.certificates[0]!.selfSigned;
    case 'realm': return k.realms.some((name) => name !== 'master');
    case 'backup': return status.backup.configured && status.backup.lastMs > 0 && !status.backup.failed;
    case 'standby': return status.replication.peer !== undefined;
    case 'summary': return isOver(k.noted);
  }
}

export function marksOf(k: Known): Record<StepId, Mark> {
  const skipped = skippedOf(k.noted);
  const mark = (step: StepId): Mark => (isDone(step, k) ? 'done' : skipped.includes(step) ? 'skipped' : 'open');
  return Object.fromEntries(stepIds.map((step) => [step, mark(step)])) as Record<StepId, Mark>;
}

/* Where to go on: the first that nobody did or left out. */
export function nextOpen(marks: Record<StepId, Mark>): StepId {
  return stepIds.find((step) => marks[step] === 'open') ?? 'summary';
}

export function stepAfter(step: StepId): StepId {
  return stepIds[Math.min(stepIds.indexOf(step) + 1, stepIds.length - 1)]!;
}

/* --- Address and certificate --- */

/* The origin that a person means: "id.example.pe" is https. Undefined for what is no address of a host alone. */
export function originOf(typed: string): string | undefined {
  const text = typed.trim();
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
    const isOrigin = url.protocol === 'https:' && url.pathname === '/' && !url.search && !url.hash && !url.username;
    return isOrigin && /^[\w.:[\]-]+$/.test(url.host) ? url.origin : undefined;
  } catch {
    return undefined;
  }
}

/* "*.example.pe" stands for one label. */
export function covers(names: string[], host: string): boolean {
  const wanted = host.toLowerCase().replace(/^\[|\]$/g, '');
  return names.some((name) => {
    const n = name.toLowerCase();
    return n.startsWith('*.') ? wanted.indexOf('.') > 0 && wanted.slice(wanted.indexOf('.')) === n.slice(1) : n === wanted;
  });
}

/* --- Commands to copy --- */

/* As one word of a shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/* A value of the configuration, which is YAML. */
export function setting(name: string, value: string): string {
  return `${name}: ${/^[\w./-][\w./:-]*$/.test(value) ? value : JSON.stringify(value)}`;
}

export function hostOf(origin: string): string {
  const host = new URL(origin).hostname;
  return host.replace(/^\[|\]$/g, '');
}
