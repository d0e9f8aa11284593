/* The colours of a realm's login pages, worked out as the server does (web/login/brand.c), so that a preview
 * shows what people will see: text on the brand colour is black or white, links are mixed until they can be
 * read. */
export type Colour = readonly [number, number, number];

const AA = 4.5; // WCAG 2.2, 1.4.3
const BLACK: Colour = [0, 0, 0];
const WHITE: Colour = [255, 255, 255];
const CARD: Record<Scheme, Colour> = { light: WHITE, dark: [0x17, 0x1f, 0x1c] };
const PLAIN = { brand: '#0b6b50', link: { light: '#0b6b50', dark: '#58c8a2' }, page: { light: '#f3f5f4', dark: '#0e1412' } };

export type Scheme = 'light' | 'dark';

export function parseColour(text: string | undefined): Colour | undefined {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text ?? '')?.[1];
  if (!hex) return undefined;
  const six = hex.length === 3 ? [...hex].map((c) => c + c).join('') : hex;
  const at = (i: number) => parseInt(six.slice(i, i + 2), 16);
  return [at(0), at(2), at(4)];
}

export const hexOf = (c: Colour): string => `#${c.map((v) => v.toString(16).padStart(2, '0')).join('')}`;

/* The server's own polynomial for the curve of WCAG, within 0.3 % of it. */
function linear(channel: number): number {
  const c = channel / 255;
  return 0.012523 * c + 0.682171 * c ** 2 + 0.305306 * c ** 3;
}

const luminance = (c: Colour): number => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);

/* 1 to 21, cut to two digits as the server counts. */
export function contrast(a: Colour, b: Colour): number {
  const [low, high] = [luminance(a) + 0.05, luminance(b) + 0.05].sort((x, y) => x - y) as [number, number];
  return Math.floor((high / low) * 100) / 100;
}

function mix(c: Colour, towards: Colour, percent: number): Colour {
  const part = (i: 0 | 1 | 2) => c[i] + Math.trunc(((towards[i] - c[i]) * percent) / 100);
  return [part(0), part(1), part(2)];
}

function readable(c: Colour, background: Colour): Colour {
  const end = contrast(background, WHITE) > contrast(background, BLACK) ? WHITE : BLACK;
  for (let percent = 0; percent < 100; percent += 5) {
    const tried = mix(c, end, percent);
    if (contrast(tried, background) >= AA) return tried;
  }
  return end;
}

export interface Look {
  logo: string;
  primary: string;
  background: string;
}

export interface Shown {
  brand: string;
  onBrand: string;
  link: string;
  page: string;
  beside: string; // the realm's name on the page
}

/* What a scheme shows; what is no colour counts as none, as on the server. */
export function shownOf(look: Look, scheme: Scheme): Shown {
  const primary = parseColour(look.primary);
  const background = scheme === 'light' ? parseColour(look.background) : undefined;
  const dark = primary && contrast(primary, WHITE) < AA && contrast(primary, BLACK) >= AA;
  const end = background && (contrast(background, BLACK) >= contrast(background, WHITE) ? BLACK : WHITE);
  return {
    brand: primary ? hexOf(primary) : PLAIN.brand,
    onBrand: dark ? '#000000' : '#ffffff',
    link: primary ? hexOf(readable(primary, CARD[scheme])) : PLAIN.link[scheme],
    page: background ? hexOf(background) : PLAIN.page[scheme],
    beside: background && end ? hexOf(readable(mix(end, background, 10), background)) : scheme === 'light' ? '#16201c' : '#e8efec',
  };
}

export interface Check {
  what: 'button' | 'link-light' | 'link-dark' | 'beside';
  given: number; // of the colours as they were given
  shown: number; // of what people see
  adapted?: string; // the colour that is shown in the place of the given one
}

const of = (hex: string): Colour => parseColour(hex)!;

/* 4.5:1 or not, for each pair of colours that somebody has to read. */
export function checks(look: Look): Check[] {
  const light = shownOf(look, 'light');
  const primary = parseColour(look.primary) ?? of(light.brand);
  const links = (['light', 'dark'] as const).map((scheme): Check => {
    const link = shownOf(look, scheme).link;
    const given = look.primary && parseColour(look.primary) ? primary : of(link);
    return {
      what: `link-${scheme}`, given: contrast(given, CARD[scheme]), shown: contrast(of(link), CARD[scheme]),
      ...(hexOf(given) === link ? {} : { adapted: link }),
    };
  });
  const button = contrast(of(light.onBrand), primary);
  const beside = contrast(of(light.beside), of(light.page));
  return [{ what: 'button', given: button, shown: button }, ...links, { what: 'beside', given: beside, shown: beside }];
}

export const passes = (ratio: number): boolean => ratio >= AA;

/* As the server takes it: https, or a path of this site. "//host" would be another one. */
export function logoKind(logo: string): 'none' | 'own' | 'elsewhere' | 'ignored' {
  if (!logo) return 'none';
  if (logo.startsWith('/')) return logo.startsWith('//') ? 'ignored' : 'own';
  try {
    return new URL(logo).protocol === 'https:' ? 'elsewhere' : 'ignored';
  } catch {
    return 'ignored';
  }
}
