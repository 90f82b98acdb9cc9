/** A name in at most `room` characters: cut in the middle, since names of ports differ at their ends. */
export function labelOf(name: string, room: number): string {
  if (name.length <= room) return name;
  if (room < 3) return "";
  const tail = Math.floor((room - 1) * 0.4);
  return `${name.slice(0, room - 1 - tail)}…${name.slice(name.length - tail)}`;
}
