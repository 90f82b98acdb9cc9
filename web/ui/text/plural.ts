/** English for one and for many: `1 port`, `3 ports`. */
export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
