/** A configured expression is no longer than this. */
export const MAX_EXPRESSION_CHARS = 500;

/**
 * Why an expression from the configuration is not taken; undefined when it is. Besides what JavaScript cannot compile,
 * refused is what can take time that grows as a power of two: a repetition without an upper bound (`*`, `+`, `{2,}`) of a group that
 * itself repeats without a bound or has alternatives, and references back to a group. What is left can still be slow (`.*.*.*x`);
 * the watchdog of `match-guard.ts` ends that.
 */
export function refusalOf(source: string): string | undefined {
  if (source.length > MAX_EXPRESSION_CHARS) return `is longer than ${MAX_EXPRESSION_CHARS} characters`;
  try {
    new RegExp(source);
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
  /** Of each open group: whether something in it repeats without a bound, or has alternatives. */
  const groups: boolean[] = [];
  let closed = false;
  for (const { text } of tokensOf(source)) {
    if (/^\\(?:[1-9]|k<)/.test(text)) return "refers back to a group";
    if (text === "(") groups.push(false);
    else if (text === "|") markLast(groups);
    else if (isUnbounded(text)) {
      if (closed) return "repeats a group that repeats by itself or has alternatives: this can take for ever";
      markLast(groups);
    }
    if (text === ")") {
      closed = groups.pop() ?? false;
      if (closed) markLast(groups);
    } else closed = false;
  }
  return undefined;
}

function markLast(groups: boolean[]): void {
  if (groups.length > 0) groups[groups.length - 1] = true;
}

/**
 * The longest plain text that every line must contain to fit; undefined when there is none of three characters or more. It is
 * found outside of groups, and only when there are no alternatives on the outermost level.
 */
export function literalOf(source: string): string | undefined {
  let depth = 0;
  let current = "";
  let longest = "";
  const end = () => {
    if (current.length > longest.length) longest = current;
    current = "";
  };
  for (const { text, plain } of tokensOf(source)) {
    if (text === "|" && depth === 0) return undefined;
    if (isQuantifier(text)) {
      // What is repeated may be absent (`x*`), or stand there once only.
      current = current.slice(0, -1);
      end();
    } else if (plain !== undefined && depth === 0) current += plain;
    else end();
    if (text === "(") depth++;
    if (text === ")") depth--;
  }
  end();
  return longest.length >= 3 ? longest : undefined;
}

interface Token {
  readonly text: string;
  /** The character it stands for, when it stands for one. */
  readonly plain: string | undefined;
}

const TOKEN =
  /\\(?:k<[^>]*>|[pP]\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\{\d+(?:,\d*)?\}\??|[*+?]\??|\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?|[\s\S]/g;

function* tokensOf(source: string): Generator<Token> {
  for (const [text] of source.matchAll(TOKEN)) {
    if (text.startsWith("(")) yield { text: "(", plain: undefined };
    else if (text.startsWith("\\")) yield { text, plain: /^\\[^\w]$/.test(text) ? text.slice(1) : undefined };
    else yield { text, plain: /^[^\\^$.|?*+()[\]{}]$/.test(text) ? text : undefined };
  }
}

function isQuantifier(text: string): boolean {
  return /^(?:[*+?]|\{\d)/.test(text);
}

function isUnbounded(text: string): boolean {
  return /^(?:[*+]|\{\d+,\})/.test(text);
}
