/* Finding a realm among thousands by a part of its name: those that begin so come first. */
export function realmsMatching(names: readonly string[], text: string): string[] {
  const wanted = text.trim().toLowerCase();
  const begins = (name: string) => name.toLowerCase().startsWith(wanted);
  return names
    .filter((n) => n.toLowerCase().includes(wanted))
    .sort((a, b) => Number(begins(b)) - Number(begins(a)) || (a < b ? -1 : a > b ? 1 : 0));
}
