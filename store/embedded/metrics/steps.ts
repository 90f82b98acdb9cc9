/**
 * Numbers of which each but the first is told by its step from the one before, all in as many bytes, lowest first: what a step has above the
 * least one. In no bytes when all steps are the least.
 */
export function putSteps(
  view: DataView,
  at: number,
  { width, least }: { readonly width: number; readonly least: number },
  numbers: Float64Array,
  count: number,
): void {
  for (let place = 1; place < count; place++) {
    const above = (numbers[place] ?? 0) - (numbers[place - 1] ?? 0) - least;
    putStep(view, at + (place - 1) * width, width, above);
  }
}

/** What one step has above the least. */
export function putStep(view: DataView, at: number, width: number, above: number): void {
  if (width === 1) view.setUint8(at, above);
  else if (width === 2) view.setUint16(at, above, true);
  else if (width === 3) {
    view.setUint16(at, above, true);
    view.setUint8(at + 2, above >>> 16);
  } else if (width === 4) view.setUint32(at, above, true);
}

/** The first number is at `begin`; puts the others behind it, which are the first and the sum of steps, which is whole. */
export function addSteps(
  view: DataView,
  at: number,
  width: number,
  least: number,
  numbers: Float64Array,
  begin: number,
  end: number,
): void {
  const first = numbers[begin] ?? 0;
  let sum = 0;
  let from = at;
  if (width === 0) {
    for (let place = begin + 1; place < end; place++) {
      sum += least;
      numbers[place] = first + sum;
    }
  } else if (width === 1) {
    for (let place = begin + 1; place < end; place++, from++) {
      sum = (sum + view.getUint8(from) + least) | 0;
      numbers[place] = first + sum;
    }
  } else if (width === 2) {
    for (let place = begin + 1; place < end; place++, from += 2) {
      sum = (sum + view.getUint16(from, true) + least) | 0;
      numbers[place] = first + sum;
    }
  } else if (width === 3) {
    for (let place = begin + 1; place < end; place++, from += 3) {
      sum = (sum + (view.getUint16(from, true) | (view.getUint8(from + 2) << 16)) + least) | 0;
      numbers[place] = first + sum;
    }
  } else {
    for (let place = begin + 1; place < end; place++, from += 4) {
      sum += view.getUint32(from, true) + least;
      numbers[place] = first + sum;
    }
  }
}

/** How many bytes hold every number from 0 to this one, which is whole and less than 2^32. */
export function widthOf(most: number): number {
  return most === 0 ? 0 : 4 - (Math.clz32(most) >> 3);
}
