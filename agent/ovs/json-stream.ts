/** A message longer than this is taken for damage: a database of 10,000 ports is about 10 MB. */
const MAX_MESSAGE_CHARS = 32 * 1024 * 1024;

/**
 * Splits a stream of JSON values that follow one another without any framing, as OVSDB's JSON-RPC does (RFC 7047 §4):
 * a value ends where its outermost brace closes. The returned function takes text and gives the texts of whole values.
 */
export function createJsonSplitter(maxChars = MAX_MESSAGE_CHARS): (chunk: string) => readonly string[] {
  let pending: string[] = [];
  let pendingChars = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;

  return (chunk) => {
    const values: string[] = [];
    let start = 0;
    let at = escaped ? 1 : 0;
    escaped = escaped && chunk.length === 0;
    // Without a compiler a regular expression finds the next character that matters faster than a loop looks at each.
    for (;;) {
      const pattern = inString ? IN_STRING : BETWEEN;
      pattern.lastIndex = at;
      if (!pattern.test(chunk)) break;
      at = pattern.lastIndex;
      const code = chunk.charCodeAt(at - 1);
      if (code === QUOTE) inString = !inString;
      else if (code === BACKSLASH) {
        escaped = at === chunk.length;
        at++;
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
      else if (--depth === 0) {
        values.push(pending.join("") + chunk.slice(start, at));
        [pending, pendingChars, start] = [[], 0, at];
      }
    }
    pending.push(chunk.slice(start));
    pendingChars += chunk.length - start;
    if (depth < 0 || pendingChars > maxChars) throw new RangeError("the stream is not a sequence of JSON values");
    return values;
  };
}

const IN_STRING = /["\\]/g;
const BETWEEN = /["[\]{}]/g;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
