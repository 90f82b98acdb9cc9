/** A message longer than this is taken for damage: a database of 10,000 ports is about 10 MB. */
const MAX_MESSAGE_CHARS = 256 * 1024 * 1024;

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
    for (let i = 0; i < chunk.length; i++) {
      const code = chunk.charCodeAt(i);
      if (inString) {
        if (escaped) escaped = false;
        else if (code === BACKSLASH) escaped = true;
        else if (code === QUOTE) inString = false;
      } else if (code === QUOTE) inString = true;
      else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
      else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) {
        values.push(pending.join("") + chunk.slice(start, i + 1));
        [pending, pendingChars, start] = [[], 0, i + 1];
      }
    }
    pending.push(chunk.slice(start));
    pendingChars += chunk.length - start;
    if (depth < 0 || pendingChars > maxChars) throw new RangeError("the stream is not a sequence of JSON values");
    return values;
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
