// Reads the forms of our own pages: enough HTML for a test, no more.
const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

export function unescapeHtml(text) {
  return text.replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (all, name) => {
    if (/^#x/i.test(name)) return String.fromCodePoint(parseInt(name.slice(2), 16));
    if (name[0] === '#') return String.fromCodePoint(Number(name.slice(1)));
    return ENTITIES[name.toLowerCase()] ?? all;
  });
}

function attributesOf(tag) {
  const found = {};
  for (const m of tag.matchAll(/([a-z][a-z0-9-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/gi)) {
    found[m[1].toLowerCase()] = unescapeHtml(m[2] ?? m[3] ?? m[4] ?? '');
  }
  return found;
}

// [{id, action, method, fields: {name: value}, buttons: [{name, value, id}]}]
export function forms(html) {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, open, inner]) => {
    const { id, action, method } = attributesOf(open);
    const fields = {};
    const buttons = [];
    for (const [, kind, rest] of inner.matchAll(/<(input|button)\b([^>]*)>/gi)) {
      const a = attributesOf(rest);
      const isButton = kind.toLowerCase() === 'button' || a.type === 'submit';
      if (isButton) buttons.push(a);
      else if (a.name && a.type !== 'checkbox') fields[a.name] = a.value ?? '';
    }
    return { id, action, method: (method ?? 'get').toUpperCase(), fields, buttons };
  });
}

export const formById = (html, id) => forms(html).find((form) => form.id === id);
export const visibleText = (html) =>
  unescapeHtml(html.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ').trim();
