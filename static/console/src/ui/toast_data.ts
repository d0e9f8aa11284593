/* Which notices are shown. A good one goes by itself; a bad one stays until it is closed, or until what it is about was
 * done after all: something succeeds on the page where it failed. */
export interface Toast {
  id: number;
  kind: 'good' | 'bad';
  text: string;
  place: string; // the page that it is about
  undo?: () => void;
}

const SHOWN = 4;

export const settled = (toasts: Toast[], place: string): Toast[] =>
  toasts.filter((x) => x.kind === 'good' || x.place !== place);

export function said(toasts: Toast[], next: Toast): Toast[] {
  const rest = next.kind === 'good' ? settled(toasts, next.place) : toasts;
  return [...rest.filter((x) => x.text !== next.text).slice(1 - SHOWN), next];
}
