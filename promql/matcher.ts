const MAX_PATTERN_LENGTH = 2_000;

/**
 * An RE2 pattern as a JavaScript one, anchored at both ends and with `.` matching newlines, as in Prometheus.
 * What RE2 does not know (look-around, back references) is refused, so that a query means the same everywhere.
 * Errors: RangeError with what is wrong.
 */
export function anchoredPattern(source: string): RegExp {
  if (source.length > MAX_PATTERN_LENGTH) throw new RangeError(`longer than ${MAX_PATTERN_LENGTH} characters`);
  const { flags, rest } = leadingFlags(source);
  if (/\(\?(?:=|!|<=|<!)/.test(rest)) throw new RangeError("look-around is not part of RE2");
  if (/(?:^|[^\\])(?:\\\\)*\\[1-9k]/.test(rest)) throw new RangeError("back references are not part of RE2");
  const translated = rest
    .replaceAll("(?P<", "(?<")
    .replace(/\\A/g, "^")
    .replace(/\\z/g, "$")
    .replace(/\[:(\w+):\]/g, (whole, name: string) => POSIX_CLASSES[name] ?? whole);
  const unicode = /\\p\{|\\x\{/i.test(translated) ? "u" : "";
  try {
    return new RegExp(`^(?:${translated})$`, `s${flags}${unicode}`);
  } catch (cause) {
    throw new RangeError(cause instanceof Error ? cause.message : String(cause));
  }
}

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  digit: "0-9",
  lower: "a-z",
  space: "\\s",
  upper: "A-Z",
  word: "\\w",
  xdigit: "0-9A-Fa-f",
};

function leadingFlags(source: string): { readonly flags: string; readonly rest: string } {
  const match = /^\(\?([ims]+)\)/.exec(source);
  if (match?.[1] === undefined) return { flags: "", rest: source };
  const flags = [...new Set(match[1])].filter((flag) => flag !== "s").join("");
  return { flags, rest: source.slice(match[0].length) };
}
