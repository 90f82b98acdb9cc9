const MAX_PATTERN_LENGTH = 2_000;

/**
 * An RE2 pattern as a JavaScript one, anchored at both ends and with `.` matching newlines, as in Prometheus.
 * What RE2 does not know (look-around, back references) is refused, so that a query means the same everywhere.
 * Errors: RangeError with what is wrong.
 */
export function anchoredPattern(source: string): RegExp {
  if (source.length > MAX_PATTERN_LENGTH) throw new RangeError(`longer than ${MAX_PATTERN_LENGTH} characters`);
  const { flags, rest } = leadingFlags(withoutQuotes(source));
  if (/\(\?(?:=|!|<=|<!)/.test(rest)) throw new RangeError("look-around is not part of RE2");
  for (const [whole, most, least] of rest.matchAll(/\{(?:\d+,)?(\d+)\}|\{(\d+),\}/g)) {
    if (Number(most ?? least) > MOST_REPEATS) throw new RangeError(`invalid repeat count: ${whole}`);
  }
  const unicode = /\\[pP]|\\x\{/.test(rest) ? "u" : "";
  const translated = rest
    .replace(/\\(?:[pP]\{\^?\w+\}|[pP]\w|x\{[0-9a-fA-F]+\}|[\s\S])/g, (sequence) => translatedEscape(sequence, unicode))
    .replaceAll("(?P<", "(?<")
    .replace(/\[:(\w+):\]/g, (whole, name: string) => POSIX_CLASSES[name] ?? whole);
  try {
    return new RegExp(`^(?:${translated})$`, `s${flags}${unicode}`);
  } catch (cause) {
    throw new RangeError(cause instanceof Error ? cause.message : String(cause));
  }
}

/** RE2 allows no more. */
const MOST_REPEATS = 1_000;

/** `\Q…\E`, or up to the end: what is between them stands for itself. */
function withoutQuotes(source: string): string {
  return source.replace(/(\\[^Q])|\\Q([\s\S]*?)(?:\\E|$)/g, (whole, other?: string, quoted?: string) => {
    return other !== undefined ? whole : (quoted ?? "").replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  });
}

function translatedEscape(sequence: string, unicode: string): string {
  if (sequence === "\\A") return "^";
  if (sequence === "\\z") return "$";
  const [, p, name] = /^\\([pP])\{?(\^?\w+)\}?$/.exec(sequence) ?? [];
  if (p !== undefined && name !== undefined) {
    const isNegated = (p === "P") !== name.startsWith("^");
    const property = name.replace("^", "");
    return `\\${isNegated ? "P" : "p"}{${property.length > 2 ? "Script=" : ""}${property}}`;
  }
  if (/^\\[1-9k]$/.test(sequence)) throw new RangeError("back references are not part of RE2");
  if (/^\\[A-Za-z]$/.test(sequence) && !/[aftnrvdDsSwWbBx]$/.test(sequence)) {
    throw new RangeError(`invalid escape sequence: ${sequence}`);
  }
  if (sequence.startsWith("\\x{")) return sequence.replace("x", "u");
  if (sequence === "\\a") return "\\x07";
  if (unicode === "" || !/^\\[!-/:-@[-`{-~]$/.test(sequence)) return sequence;
  // Punctuation stands for itself, but with that flag JavaScript does not allow every escape; it does allow the code.
  return `\\x${sequence.charCodeAt(1).toString(16).padStart(2, "0")}`;
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
