/** The instants a query is evaluated at: `count` of them, `stepMs` apart. An instant query has one. */
export interface Grid {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly count: number;
}

export function timeAt(grid: Grid, step: number): number {
  return grid.fromMs + step * grid.stepMs;
}

export function timesOf(grid: Grid): Float64Array {
  const timesMs = new Float64Array(grid.count);
  for (let step = 0; step < grid.count; step++) timesMs[step] = timeAt(grid, step);
  return timesMs;
}
