const MAX_PATTERN_LENGTH = 500;

/**
 * An RE2 pattern as a JavaScript one, anchored at both ends as in Skydive. What RE2 does not know (look-around, back
 * references) is refused: without those the engine can fall back to linear time (see cli/main.ts).
 * Errors: RangeError with what is wrong.
 */
export function anchoredPattern(source: string): RegExp {
  if (source.length > MAX_PATTERN_LENGTH) throw new RangeError(`longer than ${MAX_PATTERN_LENGTH} characters`);
  const insensitive = source.startsWith("(?i)");
  const rest = insensitive ? source.slice(4) : source;
  if (/\(\?(?:=|!|<=|<!)/.test(rest)) throw new RangeError("look-around is not supported");
  if (/(?:^|[^\\])(?:\\\\)*\\[1-9k]/.test(rest)) throw new RangeError("back references are not supported");
  try {
    return new RegExp(`^(?:${rest.replaceAll("(?P<", "(?<")})$`, insensitive ? "si" : "s");
  } catch (cause) {
    throw new RangeError(cause instanceof Error ? cause.message : String(cause));
  }
}
