/** Which metrics are kept, by their names. `*` stands for any text, `?` for one character. */
export interface NameFilter {
  /** When there are any, only what one of them matches is kept. */
  readonly include: readonly string[];
  /** What one of these matches is left out, even if included. */
  readonly exclude: readonly string[];
}

export function keepsName({ include, exclude }: NameFilter, name: string): boolean {
  const isMatched = (pattern: string) => matchesGlob(pattern, name);
  return (include.length === 0 || include.some(isMatched)) && !exclude.some(isMatched);
}

/**
 * Only the last `*` is ever gone back to, so that no pattern takes longer than the product of both lengths: names come from
 * strangers, and a regular expression could be made to backtrack for ever.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let [at, place] = [0, 0];
  let [star, resume] = [-1, 0];
  while (at < text.length) {
    if (pattern[place] === "*") {
      star = place++;
      resume = at;
    } else if (pattern[place] === "?" || pattern[place] === text[at]) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[place] === "*") place++;
  return place === pattern.length;
}
