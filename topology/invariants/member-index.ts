/** Members past this are kept in a set: most keys have one or two, for which a set would be ten times as large. */
const MAX_IN_ARRAY = 16;

/**
 * Which members each key has. Made for millions of keys that mostly have one member, which then stands alone. A member is
 * neither an array nor a set.
 */
export class MemberIndex<M extends string | { readonly id: string }> {
  readonly #members = new Map<string, M | M[] | Set<M>>();

  get keyCount(): number {
    return this.#members.size;
  }

  add(key: string, member: M): void {
    const members = this.#members.get(key);
    if (members === undefined) this.#members.set(key, member);
    else if (members instanceof Set) members.add(member);
    else if (!Array.isArray(members)) {
      if (members !== member) this.#members.set(key, [members, member]);
    } else if (!members.includes(member)) {
      members.push(member);
      if (members.length > MAX_IN_ARRAY) this.#members.set(key, new Set(members));
    }
  }

  delete(key: string, member: M): void {
    const members = this.#members.get(key);
    if (members instanceof Set) {
      members.delete(member);
      if (members.size === 0) this.#members.delete(key);
    } else if (Array.isArray(members)) {
      const place = members.indexOf(member);
      if (place >= 0) members.splice(place, 1);
      if (members.length === 0) this.#members.delete(key);
    } else if (members === member) this.#members.delete(key);
  }

  of(key: string): Iterable<M> {
    const members = this.#members.get(key);
    if (members === undefined) return [];
    return members instanceof Set || Array.isArray(members) ? members : [members];
  }
}
