/* Keycloak's text of a password policy: "length(12) and notUsername and hashIterations(3)". */
export interface Rule {
  id: string;
  value: string | undefined;
}

export function parsePolicy(text: string | undefined): Rule[] {
  return (text ?? '')
    .split(' and ')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const match = /^([^(]+)\((.*)\)$/s.exec(part);
      const value = match?.[2];
      return match
        ? { id: match[1]!, value: value === 'undefined' || value === '' ? undefined : value }
        : { id: part, value: undefined };
    });
}

export function formatPolicy(rules: Rule[]): string {
  return rules.map((r) => (r.value === undefined ? r.id : `${r.id}(${r.value})`)).join(' and ');
}

export function withRule(rules: Rule[], id: string, value: string | undefined, on: boolean): Rule[] {
  if (!on) return rules.filter((r) => r.id !== id);
  if (rules.some((r) => r.id === id)) return rules.map((r) => (r.id === id ? { id, value } : r));
  return [...rules, { id, value }];
}
