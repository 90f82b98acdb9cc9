import type { LabelMatcher } from "../core/series.ts";

/** A matcher as a store with RE2 patterns understands it. */
export interface PushedMatcher {
  readonly kind: LabelMatcher["kind"];
  readonly name: string;
  /** A value, or an RE2 pattern without anchors. */
  readonly text: string;
}

/**
 * The matcher for a store, or undefined when it may mean something else there: then it is for us alone. We look at every
 * series again in any case, so a store may tell too many, never too few.
 */
export function pushedMatcher(matcher: LabelMatcher): PushedMatcher | undefined {
  const { kind, name } = matcher;
  switch (kind) {
    case "=":
    case "!=":
      // A lone half of a character pair cannot be said in UTF-8.
      return matcher.value.isWellFormed() ? { kind, name, text: matcher.value } : undefined;
    case "=~":
    case "!~": {
      const text = re2Of(matcher.pattern);
      return text === undefined ? undefined : { kind, name, text };
    }
  }
}

/** Whether series without the label may match. */
export function matchesEmpty(matcher: LabelMatcher): boolean {
  switch (matcher.kind) {
    case "=":
      return matcher.value === "";
    case "!=":
      return matcher.value !== "";
    case "=~":
      return matcher.pattern.test("");
    case "!~":
      return !matcher.pattern.test("");
  }
}

/** What means the same in JavaScript and in RE2: literals, classes of them, groups, repetition; escaped punctuation. */
const SAME_MEANING = /^(?:[\w ,:;@%&=!"'<>~#/|.*+?{}()[\]^$-]|\\[-.*+?^$|()[\]{}/\\]|\\d)*$/;
/** Groups that do more than group, classes in classes or that begin with their end, ranges to a class, endless repetition. */
const DOUBTFUL = /\(\?(?!:)|\[[^\]]*\[|\[\^?\]|-\\d|\\d-|\{[^}]*\d{4}/;

function re2Of({ source, flags }: RegExp): string | undefined {
  const inner = /^\^\(\?:(.*)\)\$$/.exec(source)?.[1];
  if (inner === undefined || /[^su]/.test(flags) || !SAME_MEANING.test(inner) || DOUBTFUL.test(inner)) return undefined;
  const mayBeAnything = /\./.test(inner.replaceAll("\\.", ""));
  return mayBeAnything && flags.includes("s") ? `(?s)${inner}` : inner;
}
