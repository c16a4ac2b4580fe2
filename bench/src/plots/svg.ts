type Attributes = Readonly<Record<string, string | number>>;

/** One element as text. Numbers are cut to a tenth of a pixel. */
export function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? tenth(value) : escaped(value)}"`,
  );
  return content.length === 0 ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${content.join('')}</${name}>`;
}

export interface TextStyle {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: 'normal' | 'bold';
  readonly color?: string;
  readonly turned?: boolean;
}

/** A line of text; `turned` reads upwards. */
export function label(x: number, y: number, text: string, style: TextStyle = {}): string {
  const { size = 13, anchor = 'start', weight = 'normal', color = '#222222', turned = false } = style;
  return element(
    'text',
    {
      x,
      y,
      'font-size': size,
      'text-anchor': anchor,
      'font-weight': weight,
      fill: color,
      ...(turned && { transform: `rotate(-90 ${tenth(x)} ${tenth(y)})` }),
    },
    escaped(text),
  );
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string, width = 1): string {
  return element('line', { x1, y1, x2, y2, stroke, 'stroke-width': width });
}

/** A picture on white, in the reader's own sans-serif. */
export function picture(width: number, height: number, content: readonly string[]): string {
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    'font-family': 'Helvetica, Arial, sans-serif',
  };
  return `${element('svg', root, element('rect', { width, height, fill: '#ffffff' }), ...content)}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function tenth(value: number): string {
  return String(Math.round(value * 10) / 10);
}
