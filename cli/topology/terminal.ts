import { stripVTControlCharacters } from "node:util";
import type { CommandContext } from "../command.ts";

/** What a line says at a glance. */
export type Tone = "added" | "removed" | "changed" | "moved" | "unknown" | "quiet" | "plain";

/** How lines are written: plain into a file, coloured and as wide as the window on a terminal. */
export interface Pen {
  paint(tone: Tone, text: string): string;
  /** Cut to the window's width; text that goes into a file is never cut. */
  line(text: string): string;
  /** `left`, and `right` at the window's edge. */
  spread(left: string, right: string): string;
}

const CODES: Readonly<Record<Tone, number | undefined>> = {
  added: 32,
  removed: 31,
  changed: 33,
  moved: 36,
  unknown: 35,
  quiet: 90,
  plain: undefined,
};
const ESCAPE = String.fromCharCode(27);

export function penOf({ terminal, env }: CommandContext): Pen {
  const columns = terminal?.columns;
  const isColoured = columns !== undefined && (env.NO_COLOR ?? "") === "";
  const fitted = (text: string): string => (columns === undefined ? text : cut(text, columns));
  return {
    paint: (tone, text) => {
      const code = CODES[tone];
      return isColoured && code !== undefined ? `${ESCAPE}[${code}m${text}${ESCAPE}[0m` : text;
    },
    line: fitted,
    spread: (left, right) => {
      if (columns === undefined) return right === "" ? left : `${left}  ${right}`;
      const room = columns - widthOf(right) - 2;
      const shown = cut(left, room);
      return right === ""
        ? fitted(left)
        : `${shown}${" ".repeat(Math.max(2, columns - widthOf(shown) - widthOf(right)))}${right}`;
    },
  };
}

/** Cells of a terminal; East Asian wide characters take two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += isWide(character) ? 2 : 1;
  return width;
}

function isWide(character: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uFF00-\uFF60]/u.test(character);
}

function cut(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let [shown, width, isColoured] = ["", 0, false];
  for (const [piece] of line.matchAll(new RegExp(`${ESCAPE}\\[\\d+m|.`, "gsu"))) {
    if (piece.startsWith(ESCAPE)) {
      shown += piece;
      isColoured = piece !== `${ESCAPE}[0m`;
      continue;
    }
    width += widthOf(piece);
    if (width > columns - 1) break;
    shown += piece;
  }
  return `${shown}…${isColoured ? `${ESCAPE}[0m` : ""}`;
}
