/* What the server says of an import, tried or done. */
export interface Remark {
  reason: string;
  count: number;
  places: string[];
}

/* Of a whole realm. */
export interface RealmReport {
  realm: string;
  taken: Record<string, number>;
  adapted: Remark[];
  left: Remark[];
}

/* Of objects that are put into a realm. */
export interface PartialReport {
  added: number;
  overwritten: number;
  skipped: number;
  results: { action: 'ADDED' | 'OVERWRITTEN' | 'SKIPPED'; resourceType: string; resourceName: string }[];
}

export const isPartial = (report: RealmReport | PartialReport): report is PartialReport => 'results' in report;
