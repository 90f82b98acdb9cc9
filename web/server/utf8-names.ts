/**
 * The label's name in a path: as it is, or with `U__` before it and every character a label could not have before
 * Prometheus 3 as `_<code point in hex>_`, an underscore as two. What is not well-formed is a name as it is.
 * Source: https://prometheus.io/docs/prometheus/latest/querying/api/#querying-label-values
 */
export function unescapedLabelName(text: string): string {
  if (!/^U__(?:__|_[0-9a-fA-F]{1,6}_|[A-Za-z0-9:])*$/.test(text)) return text;
  const codes = [...text.slice(3).matchAll(/__|_([0-9a-fA-F]{1,6})_|[A-Za-z0-9:]/g)];
  const characters = codes.map(([whole, code]) =>
    code === undefined ? whole[0] : characterOf(Number.parseInt(code, 16)),
  );
  return characters.includes(undefined) ? text : characters.join("");
}

function characterOf(code: number): string | undefined {
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : String.fromCodePoint(code);
}
