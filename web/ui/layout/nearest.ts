import type { Rect } from "./shapes.ts";

export type Direction = "up" | "down" | "left" | "right";

/**
 * The nearest of `candidates` in a direction: what lies straight ahead counts as nearer than what lies aside.
 * Undefined when there is nothing that way.
 */
export function nearestInDirection(
  from: Rect,
  direction: Direction,
  candidates: Iterable<readonly [string, Rect]>,
): string | undefined {
  let best: string | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const [id, rect] of candidates) {
    const [ahead, aside] = offsets(from, rect, direction);
    if (ahead <= 0) continue;
    const cost = ahead + aside * 3;
    if (cost < bestCost) [best, bestCost] = [id, cost];
  }
  return best;
}

function offsets(from: Rect, to: Rect, direction: Direction): readonly [ahead: number, aside: number] {
  const dx = to.x + to.width / 2 - (from.x + from.width / 2);
  const dy = to.y + to.height / 2 - (from.y + from.height / 2);
  const isSameRow = Math.abs(dy) < Math.min(from.height, to.height) / 2;
  switch (direction) {
    case "up":
      return [isSameRow ? 0 : -dy, Math.abs(dx)];
    case "down":
      return [isSameRow ? 0 : dy, Math.abs(dx)];
    case "left":
      return [-dx, Math.abs(dy)];
    case "right":
      return [dx, Math.abs(dy)];
  }
}
