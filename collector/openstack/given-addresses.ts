export interface Pool {
  /** First and last address. */
  readonly start: string;
  readonly end: string;
}

/** IPv4 pools of one subnet, so that an address is found among them by halving. */
export interface CountedPools {
  readonly pools: readonly CountedPool[];
  /**
   * Where a pool begins or has ended, ascending: from each up to the next lies a stretch of addresses that all are of the same pools.
   * Neutron has no pools that overlap; those that do share stretches.
   */
  readonly bounds: readonly number[];
  /** How many pools have the addresses of each stretch. */
  readonly poolsOfStretch: readonly number[];
  /** Addresses of all pools. */
  readonly total: number;
}

export interface CountedPool {
  /** `<first>-<last>` */
  readonly range: string;
  readonly total: number;
  /** Its stretches, without `toStretch`. */
  readonly fromStretch: number;
  readonly toStretch: number;
}

/** What is no pool of IPv4 is left out. */
export function countedPools(pools: readonly Pool[]): CountedPools {
  const parsed = pools.flatMap(({ start, end }) => {
    const [first, last] = [numberOfIpv4(start), numberOfIpv4(end)];
    return first === undefined || last === undefined || last < first
      ? []
      : [{ range: `${start}-${end}`, first, behind: last + 1 }];
  });
  const bounds = [...new Set(parsed.flatMap(({ first, behind }) => [first, behind]))].sort((a, b) => a - b);
  const poolsOfStretch = bounds.map(() => 0);
  const counted = parsed.map(({ range, first, behind }) => {
    const [fromStretch, toStretch] = [stretchAt(bounds, first), stretchAt(bounds, behind)];
    poolsOfStretch[fromStretch] = (poolsOfStretch[fromStretch] ?? 0) + 1;
    poolsOfStretch[toStretch] = (poolsOfStretch[toStretch] ?? 0) - 1;
    return { range, total: behind - first, fromStretch, toStretch };
  });
  // Of what begins and ends at each bound the sum is what there is.
  for (let i = 1; i < bounds.length; i++) poolsOfStretch[i] = (poolsOfStretch[i] ?? 0) + (poolsOfStretch[i - 1] ?? 0);
  return { pools: counted, bounds, poolsOfStretch, total: counted.reduce((sum, { total }) => sum + total, 0) };
}

/** Addresses of one subnet that ports have. What each change costs does not depend on how many addresses there are. */
export class GivenAddresses {
  /** How many ports have an address. */
  readonly #ports = new Map<number, number>();
  #pools = NO_POOLS;
  /** By stretch. */
  #counts: number[] = [];
  #used = 0;

  get isEmpty(): boolean {
    return this.#ports.size === 0;
  }

  /** A port got the address, or lost it. */
  count(address: number, step: 1 | -1): void {
    const ports = (this.#ports.get(address) ?? 0) + step;
    if (ports > 0) this.#ports.set(address, ports);
    else this.#ports.delete(address);
    this.#countInPools(address, step);
  }

  /** How many addresses of these pools ports have. Only of other pools than those of last time all are counted again. */
  usedOf(pools: CountedPools): number {
    this.#countIn(pools);
    return this.#used;
  }

  /** The same of each pool, in their order. */
  usedByPool(pools: CountedPools): readonly number[] {
    this.#countIn(pools);
    const before = [0];
    for (const [i, count] of this.#counts.entries()) before[i + 1] = (before[i] ?? 0) + count;
    return pools.pools.map(({ fromStretch, toStretch }) => (before[toStretch] ?? 0) - (before[fromStretch] ?? 0));
  }

  #countIn(pools: CountedPools): void {
    if (areSame(pools, this.#pools)) return;
    this.#pools = pools;
    this.#counts = pools.bounds.map(() => 0);
    this.#used = 0;
    for (const [address, ports] of this.#ports) this.#countInPools(address, ports);
  }

  #countInPools(address: number, ports: number): void {
    const { bounds, poolsOfStretch } = this.#pools;
    const stretch = stretchAt(bounds, address);
    if (stretch < 0) return;
    this.#counts[stretch] = (this.#counts[stretch] ?? 0) + ports;
    this.#used += ports * (poolsOfStretch[stretch] ?? 0);
  }
}

const NO_POOLS = countedPools([]);

/** Whether what is counted of one is so of the other. */
function areSame(a: CountedPools, b: CountedPools): boolean {
  if (a === b) return true;
  if (a.bounds.length !== b.bounds.length) return false;
  return a.bounds.every(
    (bound, i) => bound === b.bounds[i] && (a.poolsOfStretch[i] ?? 0) === (b.poolsOfStretch[i] ?? 0),
  );
}

/** The last that begins at the address or before; -1 without any. */
function stretchAt(bounds: readonly number[], address: number): number {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bounds[middle] ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function numberOfIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let number = 0;
  for (const part of parts) {
    const byte = Number(part);
    if (!Number.isInteger(byte) || byte < 0 || byte > 255 || part === "") return undefined;
    number = number * 256 + byte;
  }
  return number;
}
